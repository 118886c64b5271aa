use crate::source::{Location, Text};
use std::{borrow::Cow, fmt, sync::Arc};

/// More alternatives than this are given up for a hole.
const MAX_ALTERNATIVES: usize = 24;

/// Longer text is given up for a hole, in bytes.
const MAX_TEXT: usize = 1 << 18;

/// Text that is put together of more places is given up for a hole: each takes memory.
const MAX_PLACES: usize = 1 << 14;

/// A word of more pieces is not known any more closely by the rest.
const MAX_PIECES: usize = 64;

/// What an expression may be: one of a bounded set of words.
#[derive(Clone, Debug)]
pub struct Value {
    alternatives: Vec<Word>,
}

/// One possible value: known text and holes, in order.
#[derive(Clone, Debug, Default)]
pub struct Word {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
pub enum Piece {
    Known(Text),
    Hole(Hole),
}

/// A part that cannot be known by reading.
#[derive(Clone, Debug)]
pub struct Hole {
    pub origin: Origin,
    /// As it is written, for messages: `$APP_DIR`, `*`, `p.pm2_env.pm_id`.
    pub written: String,
    pub location: Option<Location>,
    /// Whether it can be the empty string.
    pub may_be_empty: bool,
    /// Whether the shell makes words of it, so that it can be several, or none: unquoted, or a list.
    pub splits: bool,
}

/// Where a hole comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A variable that nothing here sets, by its name.
    Variable(String),
    /// `${{ … }}`.
    Expression,
    /// The folder of the repository that is read, wherever it is.
    Repository,
    /// A pattern that the shell expands to file names.
    Glob,
    /// The output of a pipeline, by the invocations of its stages.
    Output(Arc<[Arc<super::Invocation>]>),
    /// Text in base64, by what it is before.
    Encoded(Arc<Word>),
    /// An item of a list of what runs, such as `pm2 jlist`; see [`Selection`].
    Item(Selection),
    /// Anything else: arithmetic, a function's result, user input.
    Unknown,
}

/// How a loop or a filter over a list of what runs chooses its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every item, or by what does not tell whose it is (status, id, memory).
    Any,
    /// By one of these exact names.
    Names(Vec<String>),
    /// By a pattern on the name, with `*` for any text: `*-test`.
    Pattern(String),
    /// By name, but which names is unknown.
    SomeName,
}

impl Hole {
    /// A part of which nothing is known but how it is written.
    pub fn unknown(written: impl Into<String>, location: Option<Location>) -> Self {
        let origin = Origin::Unknown;
        Self { origin, written: written.into(), location, may_be_empty: false, splits: false }
    }
}

impl Word {
    pub fn known(text: Text) -> Self {
        Self { pieces: vec![Piece::Known(text)] }
    }

    pub fn hole(hole: Hole) -> Self {
        Self { pieces: vec![Piece::Hole(hole)] }
    }

    /// Known text that stands in no file.
    pub fn made_up(text: &str) -> Self {
        let mut known = Text::default();
        known.push_made_up(text, None);
        Self::known(known)
    }

    /// The text, if all of it is known.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self.pieces.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [Piece::Known(text)] => Some(Cow::Borrowed(text.as_str())),
            pieces => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Known(text) => Some(text.as_str()),
                    Piece::Hole(_) => None,
                })
                .collect::<Option<String>>()
                .map(Cow::Owned),
        }
    }

    /// The known text that it starts with.
    pub fn head(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known(text)) => text.as_str(),
            _ => "",
        }
    }

    /// The known text that it ends with.
    pub fn tail(&self) -> &str {
        match self.pieces.last() {
            Some(Piece::Known(text)) => text.as_str(),
            _ => "",
        }
    }

    /// Whether a word with holes can be `text`.
    pub fn could_be(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.head());
        rest.is_some_and(|rest| rest.ends_with(self.tail()))
    }

    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Known(_) => None,
        })
    }

    /// What is left when every hole is empty, glob patterns as they are written.
    pub fn without_holes(&self) -> Option<String> {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known(text) => text.as_str(),
                Piece::Hole(Hole { origin: Origin::Glob, written, .. }) => written,
                Piece::Hole(_) => "",
            })
            .collect();
        (!text.is_empty()).then_some(text)
    }

    pub fn is_known(&self) -> bool {
        self.holes().next().is_none()
    }

    /// Whether it can be several words, or none.
    pub fn splits(&self) -> bool {
        self.holes().any(|hole| hole.splits)
    }

    /// The word where its holes do, or do not, become words of their own.
    pub fn splitting(mut self, splits: bool) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Hole(hole) = piece {
                hole.splits = splits;
            }
        }
        self
    }

    /// Appends, joining known text with known text.
    pub fn push(&mut self, piece: Piece) {
        let full = self.pieces.len() >= MAX_PIECES;
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Known(text)) if text.is_empty() => {}
            // What doubles itself again and again ends here.
            (Some(Piece::Known(last)), Piece::Known(text))
                if last.len() + text.len() > MAX_TEXT
                    || last.places() + text.places() > MAX_PLACES =>
            {
                if !full {
                    self.pieces.push(Piece::Hole(Hole::unknown("…", text.location())));
                }
            }
            _ if full => {}
            (Some(Piece::Known(last)), Piece::Known(text)) => last.push(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }

    pub fn append(&mut self, other: &Word) {
        for piece in &other.pieces {
            self.push(piece.clone());
        }
    }

    /// Whether a person would read the same in both.
    pub fn reads_as(&self, other: &Word) -> bool {
        self.written().flat_map(str::bytes).eq(other.written().flat_map(str::bytes))
    }

    /// Its pieces as they would be read.
    fn written(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Known(text) => text.as_str(),
            Piece::Hole(hole) => &hole.written,
        })
    }

    /// Takes over from a word that reads the same which of its holes can be empty, or several words.
    fn take_over(&mut self, other: &Word) {
        for (held, new) in self.pieces.iter_mut().zip(&other.pieces) {
            if let (Piece::Hole(held), Piece::Hole(new)) = (held, new) {
                held.may_be_empty |= new.may_be_empty;
                held.splits |= new.splits;
            }
        }
    }

    /// Where it is written.
    pub fn location(&self) -> Option<Location> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Known(text) => text.location(),
            Piece::Hole(hole) => hole.location.clone(),
        })
    }
}

/// As it would be read by a person: holes as they are written.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written().try_for_each(|written| f.write_str(written))
    }
}

impl Value {
    pub fn one(word: Word) -> Self {
        Self { alternatives: vec![word] }
    }

    pub fn known(text: Text) -> Self {
        Self::one(Word::known(text))
    }

    pub fn hole(hole: Hole) -> Self {
        Self::one(Word::hole(hole))
    }

    pub fn empty() -> Self {
        Self::one(Word::default())
    }

    /// Any of these; a hole if they are too many, an empty word if they are none.
    pub fn any_of(words: impl IntoIterator<Item = Word>) -> Self {
        let mut value = Self { alternatives: Vec::new() };
        for word in words {
            value.offer(word);
        }
        if value.alternatives.is_empty() {
            return Self::empty();
        }
        value
    }

    pub fn alternatives(&self) -> &[Word] {
        &self.alternatives
    }

    /// The text, if it is known and only one is possible.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self.alternatives.as_slice() {
            [word] => word.text(),
            _ => None,
        }
    }

    /// Whether it can be several words, or none.
    pub fn splits(&self) -> bool {
        self.alternatives.iter().any(Word::splits)
    }

    /// What is possible in either.
    pub fn or(mut self, other: Value) -> Self {
        for word in other.alternatives {
            self.offer(word);
        }
        self
    }

    /// Every alternative of this followed by every alternative of the other.
    pub fn then(self, other: &Value) -> Self {
        if let ([_], [only]) = (self.alternatives.as_slice(), other.alternatives.as_slice()) {
            let mut joined = self;
            joined.alternatives[0].append(only);
            return joined;
        }
        Self::any_of(self.alternatives.iter().flat_map(|head| {
            other.alternatives.iter().map(|tail| {
                let mut word = head.clone();
                word.append(tail);
                word
            })
        }))
    }

    fn offer(&mut self, word: Word) {
        let same = |held: &Word| match (held.text(), word.text()) {
            (Some(held), Some(new)) => held == new,
            (None, None) => held.reads_as(&word),
            _ => false,
        };
        if let Some(position) = self.alternatives.iter().position(same) {
            self.alternatives[position].take_over(&word);
            return;
        }
        match self.alternatives.len() {
            MAX_ALTERNATIVES => {
                let more = Hole { may_be_empty: true, ..Hole::unknown("…", word.location()) };
                self.alternatives.push(Word::hole(more));
            }
            n if n > MAX_ALTERNATIVES => {}
            _ => self.alternatives.push(word),
        }
    }
}
