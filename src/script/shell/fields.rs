//! Words while they are put together: every alternative, split into fields as the shell does.

use super::variable::{may_be_empty, unknown_list};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Text,
};

/// More alternatives of one word or argv than this are given up for a hole.
pub const MAX_EXPANSIONS: usize = 48;

/// The alternatives of a list of words.
pub type Fields = Vec<Vec<Word>>;

/// What separates words.
pub const BLANKS: &str = " \t\r\n";

/// A word while it is put together, in all its alternatives.
#[derive(Clone)]
pub(super) struct Builder {
    partial: Vec<Partial>,
    /// What separates the words of what is expanded: `$IFS`, if it is set.
    separators: Option<String>,
    /// What else may.
    others: Vec<String>,
}

#[derive(Clone, Default)]
struct Partial {
    done: Vec<Word>,
    /// The word that is being written; nothing between words.
    open: Option<Word>,
}

impl Builder {
    pub fn new(separators: Option<String>) -> Self {
        Self { partial: vec![Partial::default()], separators, others: Vec::new() }
    }

    /// One of which the separators may be these or others; an empty one is an unset variable.
    pub fn with_any_of(separators: String, others: impl IntoIterator<Item = String>) -> Self {
        let set = |text: String| if text.is_empty() { BLANKS.to_owned() } else { text };
        let others = others.into_iter().map(set).collect();
        Self { others, ..Self::new(Some(set(separators))) }
    }

    /// Appends something in each way in which words may be separated.
    fn in_each(&mut self, append: impl Fn(&mut Self, &str)) {
        let before = (!self.others.is_empty()).then(|| self.clone());
        let separators = self.separators.clone();
        append(self, separators.as_deref().unwrap_or(BLANKS));
        let Some(before) = before else { return };
        for other in &before.others {
            let mut way = before.clone();
            append(&mut way, other);
            self.or(way);
        }
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

    /// Appends text of the script as it is.
    pub fn written(&mut self, value: &Value) {
        self.append(value, |partial, word| partial.open.get_or_insert_default().append(word));
    }

    /// Appends unquoted text of the script; what a hole in it stands for is split.
    pub fn literal(&mut self, value: &Value) {
        self.append(value, |partial, word| {
            partial.open.get_or_insert_default().append(&unquoted(word));
        });
    }

    /// Appends a value; unquoted, its blanks separate words.
    pub fn value(&mut self, value: &Value, quoted: bool) {
        if quoted {
            return self.written(&as_one(value, BLANKS));
        }
        self.in_each(|builder, separators| {
            builder.append(value, |partial, word| partial.split(&unquoted(word), separators));
        });
    }

    fn append(&mut self, value: &Value, append: impl Fn(&mut Partial, &Word)) {
        if let [word] = value.alternatives() {
            self.partial.iter_mut().for_each(|partial| append(partial, word));
            return;
        }
        let words = bounded(value.alternatives(), MAX_EXPANSIONS / self.partial.len().max(1));
        let mut all = Vec::new();
        for word in words.iter() {
            for partial in &self.partial {
                let mut partial = partial.clone();
                append(&mut partial, word);
                all.push(partial);
            }
        }
        self.partial = all;
    }

    /// Appends words that stay apart, as `"$@"` does; unquoted, each is split further.
    pub fn list(&mut self, values: &[Value], quoted: bool) {
        // Where words may be missing, what stands before and after them is not apart for sure.
        let begun =
            |partial: &Partial| partial.open.as_ref().is_some_and(|word| !word.pieces.is_empty());
        if quoted && values.iter().any(Value::splits) && self.partial.iter().any(begun) {
            return self.written(&unknown_list("…", None));
        }
        for (position, value) in values.iter().enumerate() {
            if position > 0 {
                self.partial.iter_mut().for_each(Partial::close);
            }
            match quoted {
                true => self.written(value),
                false => self.value(value, false),
            }
        }
    }

    /// Appends words as one, as `"$*"` does.
    pub fn joined(&mut self, values: &[Value]) {
        self.in_each(|builder, separators| {
            let between = separators.chars().next().map(String::from).unwrap_or_default();
            let between = Value::one(Word::made_up(&between));
            let words = values.iter().cloned().reduce(|all, next| all.then(&between).then(&next));
            let words = words.unwrap_or_else(Value::empty);
            builder.written(&as_one(&words, separators));
        });
    }

    /// This, or what another way makes of it.
    pub fn or(&mut self, other: Self) {
        let room = MAX_EXPANSIONS.saturating_sub(self.partial.len());
        if other.partial.len() <= room {
            self.partial.extend(other.partial);
        } else {
            self.push(Piece::Hole(Hole::unknown("…", None)));
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
        Value::any_of(self.partial.into_iter().map(|mut partial| {
            if partial.done.is_empty() {
                return partial.open.unwrap_or_default();
            }
            partial.close();
            with_blanks(&partial.done)
        }))
    }
}

/// Words as one, with blanks between them.
pub fn with_blanks(words: &[Word]) -> Word {
    with_between(words, " ")
}

/// Words as one, with that between them.
pub fn with_between(words: &[Word], between: &str) -> Word {
    let mut whole = Word::default();
    for (position, word) in words.iter().enumerate() {
        if position > 0 {
            let mut known = Text::default();
            known.push_made_up(between, word.location().as_ref());
            whole.push(Piece::Known(known));
        }
        whole.append(word);
    }
    whole
}

/// The words, or the first of them and a hole for the others.
fn bounded(words: &[Word], most: usize) -> std::borrow::Cow<'_, [Word]> {
    if words.len() <= most.max(1) {
        return words.into();
    }
    let mut some = words[..most.saturating_sub(1)].to_vec();
    some.push(unknown_of(words.iter()));
    some.into()
}

/// A hole for any of these.
fn unknown_of<'w>(words: impl Iterator<Item = &'w Word> + Clone) -> Word {
    let location = words.clone().next().and_then(Word::location);
    let may_be_empty = words.clone().any(may_be_empty);
    let splits = words.clone().any(Word::splits);
    Word::hole(Hole { may_be_empty, splits, ..Hole::unknown("…", location) })
}

/// A word of which the holes are split. An expression is pasted in before the shell runs, mostly as
/// one word.
fn unquoted(word: &Word) -> Word {
    let mut word = word.clone();
    for piece in &mut word.pieces {
        if let Piece::Hole(hole) = piece {
            hole.splits = !matches!(hole.origin, Origin::Expression);
        }
    }
    word
}

/// A value in quotes: what was several words, or none, is one, of which the blank beside it went, too.
fn as_one(value: &Value, separators: &str) -> Value {
    Value::any_of(value.alternatives().iter().flat_map(|word| {
        let without = word.splits().then(|| without_gaps_at_lists(word, separators));
        [word.clone().splitting(false)].into_iter().chain(without)
    }))
}

fn without_gaps_at_lists(word: &Word, separators: &str) -> Word {
    let is_gap = |c: char| separators.contains(c);
    let mut whole = Word::default();
    let mut blank_left = false;
    for piece in &word.pieces {
        match piece {
            Piece::Hole(hole) => {
                if hole.splits {
                    blank_left = match whole.pieces.last_mut() {
                        Some(Piece::Known(text)) if text.as_str().ends_with(is_gap) => {
                            *text = text.slice(0..text.len() - 1);
                            false
                        }
                        _ => true,
                    };
                }
                whole.push(piece.clone());
            }
            Piece::Known(text) => {
                let from = usize::from(blank_left && text.as_str().starts_with(is_gap));
                whole.push(Piece::Known(text.slice(from..text.len())));
                blank_left = false;
            }
        }
    }
    whole.splitting(false)
}

/// Splits a word at separators, of which blanks count together and others each.
pub fn split(word: &Word, separators: &str) -> Vec<Word> {
    let mut partial = Partial::default();
    partial.split(word, separators);
    partial.close();
    partial.done
}

impl Partial {
    fn close(&mut self) {
        self.done.extend(self.open.take());
    }

    fn split(&mut self, word: &Word, separators: &str) {
        // After a separator that is no blank, another one makes an empty word.
        let mut apart = self.open.is_none();
        for piece in &word.pieces {
            let Piece::Known(text) = piece else {
                self.open.get_or_insert_default().push(piece.clone());
                apart = false;
                continue;
            };
            let string = text.as_str();
            let mut from = 0;
            for (at, c) in string.char_indices().filter(|(_, c)| separators.contains(*c)) {
                if from < at {
                    let part = text.slice(from..at);
                    self.open.get_or_insert_default().push(Piece::Known(part));
                    apart = false;
                }
                from = at + c.len_utf8();
                if BLANKS.contains(c) {
                    self.close();
                } else {
                    if apart {
                        self.open();
                    }
                    self.close();
                    apart = true;
                }
            }
            if from < string.len() {
                let part = text.slice(from..string.len());
                self.open.get_or_insert_default().push(Piece::Known(part));
                apart = false;
            }
        }
    }

    fn open(&mut self) {
        self.open.get_or_insert_default();
    }
}

/// The alternatives of a list of words as one list, of which some may be missing.
pub fn together(alternatives: &Fields) -> Vec<Value> {
    let most = alternatives.iter().map(Vec::len).max().unwrap_or_default();
    let at = |position: usize| {
        let words = alternatives.iter().filter_map(|words| words.get(position)).cloned();
        let value = Value::any_of(words);
        match alternatives.iter().all(|words| position < words.len()) {
            true => value,
            false => value.or(unknown_list("…", None)),
        }
    };
    (0..most).map(at).collect()
}

/// Every alternative of the one followed by every alternative of the other; what is too much is one
/// more alternative with holes.
pub fn product(mut heads: Fields, mut tails: Fields) -> Fields {
    match (heads.as_mut_slice(), tails.as_mut_slice()) {
        ([head], [tail]) => {
            head.append(tail);
            return heads;
        }
        (heads_of_one, [tail]) => {
            heads_of_one.iter_mut().for_each(|head| head.extend_from_slice(tail));
            return heads;
        }
        _ => {}
    }
    let join = |head: &[Word], tail: &[Word]| head.iter().chain(tail).cloned().collect();
    let all = heads.len() * tails.len();
    let most = if all > MAX_EXPANSIONS { MAX_EXPANSIONS - 1 } else { all };
    let pairs = heads.iter().flat_map(|head| tails.iter().map(move |tail| (head, tail)));
    let mut joined: Fields = pairs.take(most).map(|(head, tail)| join(head, tail)).collect();
    if all > most {
        joined.push(join(&any(&heads), &any(&tails)));
    }
    joined
}

/// One alternative in place of all of the same length.
pub fn one_of_each_length(alternatives: &Fields) -> Fields {
    let mut lengths: Vec<usize> = alternatives.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let of = |len: usize| alternatives.iter().filter(|words| words.len() == len).cloned().collect();
    lengths.into_iter().map(|len| any(&of(len))).collect()
}

/// One list of words for all alternatives, with holes where they differ.
fn any(alternatives: &Fields) -> Vec<Word> {
    let most = alternatives.iter().map(Vec::len).max().unwrap_or_default();
    let column = |at: usize| alternatives.iter().filter_map(move |words| words.get(at));
    let one = |at: usize| {
        let first = column(at).next().cloned().unwrap_or_default();
        let text = first.to_string();
        match column(at).all(|word| word.to_string() == text) {
            true => first,
            false => unknown_of(column(at)),
        }
    };
    (0..most).map(one).collect()
}
