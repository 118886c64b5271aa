//! One variable: what it holds, and what of it a condition tells.

use crate::{
    invocation::{Hole, Piece, Value, Word},
    source::Location,
};
use indexmap::IndexMap;

#[derive(Clone, Debug, Default)]
pub struct Variable {
    pub content: Content,
    /// Programs that are started see it.
    pub exported: bool,
    /// Nothing here sets it: it is what a condition told.
    pub learnt: bool,
}

#[derive(Clone, Debug, Default)]
pub enum Content {
    #[default]
    Unset,
    Scalar(Value),
    /// An array; `keyed` by words, or by numbers.
    List {
        keyed: bool,
        items: IndexMap<String, Value>,
    },
}

impl Content {
    /// The items by their keys; a scalar is an array of one.
    fn items(&self) -> IndexMap<String, Value> {
        match self {
            Self::Unset => IndexMap::new(),
            Self::Scalar(value) => IndexMap::from([("0".to_owned(), value.clone())]),
            Self::List { items, .. } => items.clone(),
        }
    }
}

/// What is known of a variable.
#[derive(Clone, Debug)]
pub enum Known {
    Set(Value),
    Unset,
    /// Nothing here sets it.
    Unknown,
}

impl Known {
    /// The one or the other, where one that is not set is empty.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unset, Self::Unset) => Self::Unset,
            (one, other) => match one.into_value().zip(other.into_value()) {
                Some((one, other)) => Self::Set(one.or(other)),
                None => Self::Unknown,
            },
        }
    }

    pub fn of(value: Option<Value>) -> Self {
        value.map_or(Self::Unset, Self::Set)
    }

    /// Its value, if it is known; an unset variable is empty.
    pub fn into_value(self) -> Option<Value> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unset => Some(Value::empty()),
            Self::Unknown => None,
        }
    }
}

/// What holds of a variable after a condition.
#[derive(Clone, Debug)]
pub enum Fact {
    NotEmpty(String),
    Is(String, Value),
    IsNot(String, String),
}

/// What a condition tells, by its outcome.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub holds: Vec<Fact>,
    pub fails: Vec<Fact>,
}

impl Facts {
    pub fn negated(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }

    /// Of `self && other`.
    pub fn and(mut self, other: Self) -> Self {
        self.holds.extend(other.holds);
        Self { holds: self.holds, fails: Vec::new() }
    }

    /// Of `self || other`.
    pub fn or(self, other: Self) -> Self {
        self.negated().and(other.negated()).negated()
    }
}

/// The key of items of which the keys are not known.
pub const SOME_KEY: &str = "…";

impl Variable {
    /// The items of an array; a scalar is an array of one.
    pub fn items(&self) -> Vec<Value> {
        self.content.items().into_values().collect()
    }

    /// What `$NAME` is.
    pub fn value(&self) -> Known {
        match &self.content {
            Content::Unset => Known::Unset,
            Content::Scalar(value) => Known::Set(value.clone()),
            Content::List { items, .. } => match items.get("0") {
                None if items.contains_key(SOME_KEY) => Known::Unknown,
                first => Known::of(first.cloned()),
            },
        }
    }

    pub fn same(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Unset, Content::Unset) => true,
            (Content::Scalar(one), Content::Scalar(other)) => same(one, other),
            (Content::List { items: one, .. }, Content::List { items: other, .. }) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(a, b)| a.0 == b.0 && same(a.1, b.1))
            }
            _ => false,
        }
    }

    /// What it may be after one of two ways.
    pub fn or(&self, other: &Self) -> Self {
        let content = match (&self.content, &other.content) {
            (Content::Unset, Content::Unset) => Content::Unset,
            (Content::List { keyed, .. }, _) | (_, Content::List { keyed, .. }) => {
                let (items, others) = (self.content.items(), other.content.items());
                // What only one way has may be missing.
                let maybe = |value: &Value| value.clone().or(unknown_list(SOME_KEY, None));
                let mut all: IndexMap<String, Value> = IndexMap::new();
                for (key, value) in &items {
                    let joined = match others.get(key) {
                        Some(other) => value.clone().or(other.clone()),
                        None => maybe(value),
                    };
                    all.insert(key.clone(), joined);
                }
                for (key, value) in &others {
                    all.entry(key.clone()).or_insert_with(|| maybe(value));
                }
                all.sort_by_cached_key(|key, _| rank(key, *keyed));
                Content::List { keyed: *keyed, items: all }
            }
            (one, other) => {
                let value = |content: &Content| match content {
                    Content::Scalar(value) => value.clone(),
                    _ => Value::empty(),
                };
                Content::Scalar(value(one).or(value(other)))
            }
        };
        let learnt = self.learnt && other.learnt;
        Self { content, exported: self.exported || other.exported, learnt }
    }
}

pub fn same(one: &Value, other: &Value) -> bool {
    let words = one.alternatives().iter().zip(other.alternatives());
    one.alternatives().len() == other.alternatives().len()
        && words.clone().all(|(a, b)| a.reads_as(b))
}

/// Where an item of an array stands: by its number, or where bash's hash of its key puts it.
pub fn rank(key: &str, keyed: bool) -> u64 {
    /// As many places have the hash tables of arrays.
    const BUCKETS: u32 = 1024;
    let hash = |hash: u32, byte: u8| hash.wrapping_mul(16_777_619) ^ u32::from(byte);
    match keyed {
        true => u64::from(key.bytes().fold(2_166_136_261, hash) % BUCKETS),
        false => key.parse().unwrap_or_default(),
    }
}

/// The value where it is not empty.
pub fn not_empty(value: &Value) -> Value {
    let words = value.alternatives().iter().filter(|word| !word.pieces.is_empty());
    Value::any_of(words.map(|word| {
        let mut word = word.clone();
        for piece in &mut word.pieces {
            if let Piece::Hole(hole) = piece {
                hole.may_be_empty = false;
            }
        }
        word
    }))
}

/// The value where it is not this text.
pub fn is_not(value: &Value, text: &str) -> Value {
    let words = value.alternatives().iter().filter(|word| word.text().is_none_or(|t| t != text));
    Value::any_of(words.cloned())
}

/// Whether a word can be the empty string.
pub fn may_be_empty(word: &Word) -> bool {
    word.pieces.iter().all(|piece| match piece {
        Piece::Known(text) => text.is_empty(),
        Piece::Hole(hole) => hole.may_be_empty,
    })
}

/// A list of which nothing is known but how it is written.
pub fn unknown_list(written: &str, location: Option<Location>) -> Value {
    let hole = Hole::unknown(written, location);
    Value::hole(Hole { may_be_empty: true, splits: true, ..hole })
}

/// The value at this position of a list, counted from 0. Where values may be several or none, it is
/// the one that stands there, or `unknown`.
pub fn nth(values: &[Value], position: usize, unknown: impl FnOnce() -> Value) -> Known {
    let value = values.get(position);
    match (values.iter().position(Value::splits), value) {
        (Some(first), Some(value)) if first == position => Known::Set(one_of(value, unknown)),
        (Some(first), Some(value)) if first < position => Known::Set(whole(value).or(unknown())),
        (Some(_), None) => Known::Unknown,
        _ => Known::of(value.cloned()),
    }
}

/// One of the words that a value may be.
pub fn one_of(value: &Value, unknown: impl FnOnce() -> Value) -> Value {
    match value.splits() && !is_hole(value) {
        true => whole(value).or(unknown()),
        false => whole(value),
    }
}

/// The value as one word.
fn whole(value: &Value) -> Value {
    Value::any_of(value.alternatives().iter().map(|word| word.clone().splitting(false)))
}

fn is_hole(value: &Value) -> bool {
    value.alternatives().iter().all(|word| matches!(word.pieces.as_slice(), [Piece::Hole(_)]))
}
