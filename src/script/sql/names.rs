use crate::{
    invocation::{Hole, Piece, Word},
    source::{Location, Text},
};
use sqlparser::ast::ObjectName;

/// A letter that stands in no name: between two of it is the number of a hole.
const MARK: char = 'ꙮ';

/// The holes of a statement, which the parser sees as parts of names.
pub struct Names<'s> {
    holes: Vec<&'s Hole>,
    location: Option<Location>,
}

impl<'s> Names<'s> {
    /// A statement as text for the parser, and what its holes stand for.
    pub fn of(statement: &'s Word, location: Option<Location>) -> (String, Self) {
        let mut names = Self { holes: Vec::new(), location };
        let mut code = String::new();
        for piece in &statement.pieces {
            match piece {
                Piece::Known(text) => code.push_str(text.as_str()),
                Piece::Hole(hole) => {
                    code.push_str(&format!("{MARK}{}{MARK}", names.holes.len()));
                    names.holes.push(hole);
                }
            }
        }
        (code, names)
    }

    /// `sql`, what is done, to what, and how.
    pub fn call(&self, verb: &[&str], targets: &[ObjectName], flags: &[&str]) -> Vec<Word> {
        let targets = targets.iter().map(|name| {
            let parts = name.0.iter().map(|part| match part.as_ident() {
                Some(ident) => ident.value.clone(),
                None => part.to_string(),
            });
            parts.collect::<Vec<_>>().join(".")
        });
        self.words(verb, targets, flags)
    }

    pub fn words(
        &self,
        verb: &[&str],
        targets: impl IntoIterator<Item = String>,
        flags: &[&str],
    ) -> Vec<Word> {
        let mut words = vec![self.word("sql")];
        words.extend(verb.iter().map(|word| self.word(word)));
        words.extend(targets.into_iter().map(|target| self.word(&target)));
        words.extend(flags.iter().map(|flag| self.word(flag)));
        words
    }

    /// A name, with its holes.
    fn word(&self, name: &str) -> Word {
        let mut word = Word::default();
        for (position, part) in name.split(MARK).enumerate() {
            let hole = part.parse().ok().and_then(|number: usize| self.holes.get(number));
            match hole {
                Some(hole) if position % 2 == 1 => word.push(Piece::Hole((*hole).clone())),
                None if position % 2 == 1 => {
                    word.push(Piece::Hole(Hole::unknown("…", self.location.clone())));
                }
                _ => {
                    let mut text = Text::default();
                    text.push_made_up(part, self.location.as_ref());
                    word.push(Piece::Known(text));
                }
            }
        }
        word
    }
}

/// A hole of which nothing is known, as text for the parser; it has no number.
pub fn unknown_name() -> String {
    format!("{MARK}{MARK}")
}
