//! Holes in text that is code, and the expressions of workflows, which are holes too.

use super::shell::scan;
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Text,
};

/// Holes in text that is code: each stands there as a mark until the text is read.
#[derive(Clone, Debug, Default)]
pub struct Marks(Vec<Hole>);

const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// Whether text starts with a mark.
pub fn starts_with_mark(text: &str) -> bool {
    text.starts_with(OPEN)
}

impl Marks {
    /// The text of a word, its holes as marks. What no shell expanded is a pattern still.
    pub fn text(&mut self, word: &Word) -> Text {
        self.marked(word, |hole| !matches!(hole.origin, Origin::Glob))
    }

    /// The text that a program prints of a word, whose patterns were expanded.
    pub fn printed(&mut self, word: &Word) -> Text {
        self.marked(word, |_| true)
    }

    fn marked(&mut self, word: &Word, is_marked: impl Fn(&Hole) -> bool) -> Text {
        let mut text = Text::default();
        for piece in &word.pieces {
            match piece {
                Piece::Known(known) => text.push(known),
                Piece::Hole(hole) if !is_marked(hole) => {
                    text.push_made_up(&hole.written, hole.location.as_ref());
                }
                Piece::Hole(hole) => {
                    let mark = format!("{OPEN}{}{CLOSE}", self.0.len());
                    text.push_made_up(&mark, hole.location.as_ref());
                    self.0.push(hole.clone());
                }
            }
        }
        text
    }

    /// Text with its marks and expressions as holes.
    pub fn value(&self, text: &Text) -> Value {
        let source = text.as_str();
        let mut word = Word::default();
        let mut from = 0;
        while let Some(at) = source[from..].find(['$', OPEN]).map(|at| from + at) {
            let (end, hole) = match scan::expression(source, at) {
                Some(end) => (end, Some(expression(text, at, end))),
                None => self.mark(source, at),
            };
            if let Some(hole) = hole {
                word.push(Piece::Known(text.slice(from..at)));
                word.push(Piece::Hole(hole));
            } else {
                word.push(Piece::Known(text.slice(from..end)));
            }
            from = end;
        }
        word.push(Piece::Known(text.slice(from..source.len())));
        Value::one(word)
    }

    fn mark(&self, source: &str, at: usize) -> (usize, Option<Hole>) {
        let next = at + source[at..].chars().next().map_or(1, char::len_utf8);
        let found = source[at..].strip_prefix(OPEN).and_then(|rest| {
            let (number, _) = rest.split_once(CLOSE)?;
            let hole = self.0.get(number.parse::<usize>().ok()?)?;
            Some((at + OPEN.len_utf8() + number.len() + CLOSE.len_utf8(), Some(hole.clone())))
        });
        found.unwrap_or((next, None))
    }
}

/// The value of an environment variable of a workflow: text with expressions.
pub fn environment_value(text: &Text) -> Value {
    Marks::default().value(text)
}

/// The hole of a `${{ … }}`.
pub fn expression(text: &Text, from: usize, to: usize) -> Hole {
    let written = &text.as_str()[from..to];
    // Secrets and variables of a repository are set once; what comes with an event may be missing.
    let may_be_empty =
        ["github.event", "github.head_ref", "inputs."].iter().any(|c| written.contains(c));
    Hole {
        origin: Origin::Expression,
        written: written.to_owned(),
        location: text.locate(from..to),
        may_be_empty,
        splits: false,
    }
}
