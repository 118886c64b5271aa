//! What statements are made of: blanks, the ends of lines, words and heredocs.

use super::{
    super::{Heredoc, Span},
    Bodies, Reader,
};
use crate::script::shell::scan;

impl<'t> Reader<'t> {
    pub fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn byte_after(&self, offset: usize) -> Option<u8> {
        self.bytes.get(self.at + offset).copied()
    }

    pub fn starts_with(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    /// How long the line break is that stands at `at`.
    fn line_break(&self, at: usize) -> Option<usize> {
        match self.bytes[at..] {
            [b'\n', ..] => Some(1),
            [b'\r', b'\n', ..] => Some(2),
            _ => None,
        }
    }

    /// Goes to what is no blank, or the end of the line.
    pub fn blanks(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') => match self.line_break(self.at + 1) {
                    Some(len) => self.at += 1 + len,
                    None => break,
                },
                Some(b'\r') if self.at + 1 == self.bytes.len() => self.at += 1,
                _ => break,
            }
        }
    }

    /// Goes to what is no blank, comment or line break.
    pub fn lines(&mut self) -> Option<()> {
        loop {
            self.blanks();
            match self.byte() {
                Some(b'#') => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                Some(b'\n' | b'\r') => self.line_end()?,
                _ => return Some(()),
            }
        }
    }

    /// Whether it is at a comment or a line break, or all has been read.
    pub fn is_at_line_end(&self) -> bool {
        matches!(self.byte(), None | Some(b'#' | b'\n' | b'\r'))
    }

    /// Passes over the line break that stands here, and the heredocs after it.
    fn line_end(&mut self) -> Option<()> {
        let len = self.line_break(self.at)?;
        let line_end = self.at + len - 1;
        self.at = match self.bodies.take() {
            Some(bodies) if bodies.line_end != line_end => return None,
            Some(bodies) => bodies.end,
            None => line_end + 1,
        };
        Some(())
    }

    /// Whether a word, or a keyword, ends at `at`.
    pub fn ends_word(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None => true,
            Some(byte) => {
                matches!(
                    byte,
                    b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
                )
            }
        }
    }

    /// The word that stands here, if it looks like one that the shell may reserve.
    pub fn keyword(&self) -> &'t str {
        let is_part = |byte: &u8| byte.is_ascii_lowercase() || b"{}[]!".contains(byte);
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take(9).take_while(|byte| is_part(byte)).count();
        match self.ends_word(self.at + len) {
            true => &self.text[self.at..self.at + len],
            false => "",
        }
    }

    /// Passes over this keyword; nothing if it does not stand here.
    pub fn expect(&mut self, keyword: &str) -> Option<()> {
        if self.keyword() != keyword {
            return None;
        }
        self.at += keyword.len();
        Some(())
    }

    /// Whether a word starts here.
    pub fn is_at_word(&self) -> bool {
        match self.byte() {
            Some(b'<' | b'>') => self.byte_after(1) == Some(b'('),
            Some(b'#') => false,
            _ => !self.ends_word(self.at),
        }
    }

    /// The word that starts here; nothing if none does, or if it does not end.
    pub fn word(&mut self) -> Option<Span> {
        if !self.is_at_word() {
            return None;
        }
        let start = self.at;
        self.at = self.word_end(start)?;
        Some(start..self.at)
    }

    /// Where the word ends that starts at `start`.
    pub fn word_end(&self, start: usize) -> Option<usize> {
        let (mut at, mut end) = (start, start);
        let mut is_pattern = false;
        while let Some(byte) = self.bytes.get(at) {
            at = match byte {
                b'<' | b'>' if self.bytes.get(at + 1) == Some(&b'(') => {
                    self.closed(scan::parenthesis(self.text, at + 2))?
                }
                // A pattern such as `!(a|b)`.
                b'(' if is_pattern => self.closed(scan::parenthesis(self.text, at + 1))?,
                b'\\' if self.line_break(at + 1).is_some() => {
                    at += 1 + self.line_break(at + 1)?;
                    continue;
                }
                // What bash takes for part of a word, and other readers for a blank.
                b'\r' if self.line_break(at).is_none() && at + 1 < self.bytes.len() => return None,
                b'\x0b' | b'\x0c' => return None,
                _ if self.ends_word(at) => break,
                _ => self.part_end(at)?,
            };
            is_pattern = end + 1 == at && b"?*+@!".contains(byte);
            end = at;
        }
        Some(end)
    }

    /// The position after what is quoted or expanded at `at`, or after the byte that stands there;
    /// nothing if it does not end.
    pub fn part_end(&self, at: usize) -> Option<usize> {
        let (text, next) = (self.text, self.bytes.get(at + 1));
        match (self.bytes[at], next) {
            (b'\\', _) => Some((at + 2).min(self.bytes.len())),
            (b'\'', _) => self.closed(scan::single_quote(text, at + 1)),
            (b'"', _) => self.closed(scan::double_quote(text, at + 1)),
            (b'`', _) => self.closed(scan::backtick(text, at + 1)),
            (b'$', Some(b'{')) if self.bytes.get(at + 2) == Some(&b'{') => {
                scan::expression(text, at)
            }
            (b'$', Some(b'{')) => self.closed(scan::parameter(text, at + 2)),
            (b'$', Some(b'(')) => self.closed(scan::parenthesis(text, at + 2)),
            (b'$', Some(b'\'')) => self.closed(scan::ansi_quote(text, at + 2)),
            (b'$', Some(b'?' | b'*' | b'@' | b'!' | b'$')) => Some(at + 2),
            // `$[1 + 2]`, which nobody writes any more.
            (b'$', Some(b'[')) => None,
            _ => Some(at + 1),
        }
    }

    /// The position after a closing mark, if there is one.
    pub fn closed(&self, at: usize) -> Option<usize> {
        (at < self.bytes.len()).then_some(at + 1)
    }

    /// What stands in the `((` that it is at, if that ends with `))`.
    pub fn arithmetic(&mut self) -> Option<Span> {
        if !self.starts_with("((") {
            return None;
        }
        let start = self.at + 2;
        let (mut at, mut open) = (start, 0_usize);
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' if self.bytes.get(at + 1) == Some(&b')') => {
                    self.at = at + 2;
                    return Some(start..at);
                }
                b')' => return None,
                _ => {
                    at = self.part_end(at)?;
                    continue;
                }
            }
            at += 1;
        }
        None
    }

    /// The heredoc whose `<<` it is at.
    pub fn heredoc(&mut self) -> Option<Heredoc> {
        let scan::Delimiter { text, expands, strips_tabs, end } =
            scan::delimiter(self.text, self.at);
        if text.is_empty() && expands {
            return None;
        }
        self.at = end;
        let (line_end, start) = match &self.bodies {
            Some(bodies) => (bodies.line_end, bodies.end),
            None => {
                let line_end = self.end_of_line();
                (line_end, (line_end + 1).min(self.bytes.len()))
            }
        };
        let delimiter = scan::Delimiter { text, expands, strips_tabs, end };
        let (body, end) = delimiter.body(self.text, start);
        self.bodies = Some(Bodies { line_end, end });
        Some(Heredoc { body, expands, strips_tabs })
    }

    /// The line break that ends this line of the code.
    fn end_of_line(&self) -> usize {
        let mut at = self.at;
        while at < self.bytes.len() {
            at = match self.bytes[at] {
                b'\n' => return at,
                b'#' if scan::starts_comment(self.bytes, at) => {
                    self.text[at..].find('\n').map_or(self.bytes.len(), |line| at + line)
                }
                _ => scan::quoted_or_next(self.text, at),
            };
        }
        at
    }
}
