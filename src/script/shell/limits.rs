//! How much of a text is read. What is longer or deeper than anything that people write is read up
//! to there, and the rest is said to be unread.

use super::Shell;
use crate::{script::Unread, source::Text};
use std::borrow::Cow;

/// Longer text is not read to its end, in bytes.
const MAX_LEN: usize = 1 << 18;

/// Text is not read on from where more brackets than this are open.
const MAX_BRACKETS: usize = 300;

impl Shell<'_> {
    /// The start of a script, as far as it is read. `names` finds what the rest names that can do
    /// harm, where that is no program.
    pub fn start_of<'t>(
        &mut self,
        text: &'t Text,
        names: fn(&str) -> Option<&'static str>,
    ) -> Cow<'t, Text> {
        let (end, reason) = match (length_end(text.as_str()), nesting_end(text.as_str())) {
            (None, None) => return Cow::Borrowed(text),
            (Some(long), deep) if deep.is_none_or(|deep| long < deep) => {
                (long, format!("it is longer than {} kB", MAX_LEN >> 10))
            }
            (long, deep) => {
                let end = deep.or(long).unwrap_or_default();
                (end, format!("more than {MAX_BRACKETS} brackets are open"))
            }
        };
        let rest = text.locate(end..text.len());
        let unread = Unread::code(rest, format!("{reason}; the rest was not read"));
        self.run.unread.push(Unread { names: names(&text.as_str()[end..]), ..unread });
        Cow::Owned(text.slice(0..end))
    }
}

/// Where text is cut that is too long: after a line, if it has lines.
fn length_end(text: &str) -> Option<usize> {
    (text.len() > MAX_LEN).then(|| {
        let most = text.floor_char_boundary(MAX_LEN);
        text[..most].rfind('\n').map_or(most, |line| line + 1)
    })
}

/// Where too many brackets are open. Quotes do not count: data seldom has that many.
fn nesting_end(text: &str) -> Option<usize> {
    let opens = |byte: &u8| matches!(byte, b'(' | b'{' | b'[');
    if text.as_bytes().iter().filter(|byte| opens(byte)).count() <= MAX_BRACKETS {
        return None;
    }
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            _ if opens(&byte) => open += 1,
            b')' | b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_BRACKETS
    })
}
