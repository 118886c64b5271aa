//! Words while they are put together: every alternative, split into fields as the shell does.

use crate::{
    invocation::{Piece, Value, Word},
    source::Text,
};

/// More alternatives of one word or argv than this are given up.
pub const MAX_EXPANSIONS: usize = 48;

/// The alternatives of a list of words.
pub type Fields = Vec<Vec<Word>>;

/// A word while it is put together, in all its alternatives.
pub(super) struct Builder {
    partial: Vec<Partial>,
}

#[derive(Clone, Default)]
struct Partial {
    done: Vec<Word>,
    /// The word that is being written; nothing between words.
    open: Option<Word>,
}

impl Builder {
    pub fn new() -> Self {
        Self { partial: vec![Partial::default()] }
    }

    pub fn push(&mut self, piece: Piece) {
        for partial in &mut self.partial {
            partial.open.get_or_insert_default().push(piece.clone());
        }
    }

    pub fn text(&mut self, text: Text) {
        self.push(Piece::Known(text));
    }

    /// An empty pair of quotes is a word, too.
    pub fn open(&mut self) {
        for partial in &mut self.partial {
            partial.open.get_or_insert_default();
        }
    }

    /// Appends a value; unquoted, its known blanks separate words.
    pub fn value(&mut self, value: &Value, quoted: bool) {
        let room = (MAX_EXPANSIONS / self.partial.len().max(1)).max(1);
        let alternatives = &value.alternatives()[..value.alternatives().len().min(room)];
        self.partial = alternatives
            .iter()
            .flat_map(|word| {
                self.partial.iter().map(move |partial| {
                    let mut partial = partial.clone();
                    if quoted {
                        partial.open.get_or_insert_default().append(word);
                    } else {
                        partial.split(word);
                    }
                    partial
                })
            })
            .collect();
    }

    /// Appends words that stay apart, as `"$@"` does.
    pub fn words(&mut self, words: &[Word]) {
        for partial in &mut self.partial {
            for (position, word) in words.iter().enumerate() {
                if position > 0 {
                    partial.close();
                }
                partial.open.get_or_insert_default().append(word);
            }
        }
    }

    /// The same for values.
    pub fn arguments(&mut self, values: &[Value]) {
        for (position, value) in values.iter().enumerate() {
            if position > 0 {
                self.partial.iter_mut().for_each(Partial::close);
            }
            self.open();
            self.value(value, true);
        }
    }

    pub fn fields(self) -> Fields {
        self.partial
            .into_iter()
            .map(|mut partial| {
                partial.close();
                partial.done
            })
            .collect()
    }

    pub fn into_value(self) -> Value {
        Value::any_of(self.partial.into_iter().map(|partial| {
            let mut whole = Word::default();
            let words = partial.done.iter().chain(&partial.open);
            for (position, word) in words.enumerate() {
                if position > 0 {
                    let mut blank = Text::default();
                    blank.push_made_up(" ", word.location().as_ref());
                    whole.push(Piece::Known(blank));
                }
                whole.append(word);
            }
            whole
        }))
    }
}

impl Partial {
    fn close(&mut self) {
        self.done.extend(self.open.take());
    }

    fn split(&mut self, word: &Word) {
        for piece in &word.pieces {
            let Piece::Known(text) = piece else {
                self.open.get_or_insert_default().push(piece.clone());
                continue;
            };
            let string = text.as_str();
            let mut at = 0;
            while at < string.len() {
                let blank = string[at..].starts_with(char::is_whitespace);
                let run = string[at..].find(|c: char| c.is_whitespace() != blank);
                let end = run.map_or(string.len(), |run| at + run);
                if blank {
                    self.close();
                } else {
                    self.open.get_or_insert_default().push(Piece::Known(text.slice(at..end)));
                }
                at = end;
            }
        }
    }
}

/// Every alternative of the one followed by every alternative of the other, bounded.
pub fn product(heads: Fields, tails: Fields) -> Fields {
    if let [tail] = tails.as_slice() {
        let mut joined = heads;
        joined.iter_mut().for_each(|head| head.extend(tail.iter().cloned()));
        return joined;
    }
    let joined = heads.iter().flat_map(|head| {
        tails.iter().map(|tail| head.iter().chain(tail).cloned().collect::<Vec<_>>())
    });
    joined.take(MAX_EXPANSIONS).collect()
}
