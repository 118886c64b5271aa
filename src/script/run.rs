use super::{Unread, shell::words};
use crate::{
    invocation::{Hole, Invocation, Piece, Value, Word},
    source::{Location, Text},
};
use std::{ops::Range, path::PathBuf};

/// What one reading of a script gathers, however deep it goes.
#[derive(Debug, Default)]
pub struct Run {
    pub invocations: Vec<Invocation>,
    pub unread: Vec<Unread>,
    pub marks: Marks,
    /// The folder of the repository, for the files that scripts call.
    pub root: Option<PathBuf>,
    steps: usize,
    /// The functions and files that are being read, outermost first.
    pub active: Vec<(PathBuf, Range<usize>)>,
}

/// Commands that are read of one script, in all nesting.
const MAX_STEPS: usize = 20_000;

impl Run {
    pub fn in_repository(root: Option<PathBuf>) -> Self {
        Self { root, ..Self::default() }
    }

    /// Counts a command; false when there were too many.
    pub fn step(&mut self, location: Option<&Location>) -> bool {
        self.steps += 1;
        if self.steps == MAX_STEPS {
            let reason = format!("it makes more than {MAX_STEPS} calls; the rest was not read");
            self.unread.push(Unread::code(location.cloned(), reason));
        }
        self.steps < MAX_STEPS
    }
}

/// Holes in text that is code: each stands there as a mark until the text is read.
#[derive(Clone, Debug, Default)]
pub struct Marks(Vec<Hole>);

const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

impl Marks {
    /// The text of a word, its holes as marks.
    pub fn text(&mut self, word: &Word) -> Text {
        let mut text = Text::default();
        for piece in &word.pieces {
            match piece {
                Piece::Known(known) => text.push(known),
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
            let (end, hole) = match super::shell::scan::expression(source, at) {
                Some(end) => (end, Some(words::expression(text, at, end))),
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
