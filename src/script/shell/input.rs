//! `read` and `mapfile`: what variables get from standard input.

use super::{
    Done, Output, Shell,
    fields::{BLANKS, split, with_blanks},
    variable::{Known, may_be_many},
};
use crate::{
    invocation::{Hole, Piece, Value, Word},
    source::Location,
};

impl Shell<'_> {
    /// `read [-ra] NAME…`: one line, split between the variables.
    pub(super) fn read_line(&mut self, words: &[Word], location: Option<&Location>) -> Done {
        let (mut names, mut into_array) = (Vec::new(), false);
        let mut skip = false;
        for word in words.iter().filter_map(Word::text) {
            let takes_value =
                matches!(word.as_ref(), "-d" | "-i" | "-n" | "-N" | "-p" | "-t" | "-u");
            match word.strip_prefix('-') {
                _ if skip || takes_value => skip = !skip,
                Some(flags) => {
                    into_array |= flags.contains('a');
                    skip = flags.ends_with(['d', 'i', 'n', 'N', 'p', 't', 'u']);
                }
                None => names.push(word.into_owned()),
            }
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let separators = match self.state.known("IFS") {
            Known::Set(value) => value.text().map(|text| text.into_owned()),
            _ => None,
        };
        let separators = separators.as_deref().unwrap_or(BLANKS);
        let (line, success) = self.next_line(location);
        if into_array {
            let items: Vec<Value> = line
                .alternatives()
                .iter()
                .flat_map(|word| split(word, separators))
                .map(Value::one)
                .collect();
            self.state.set_list(&names[0], items);
            return Done::silent(success);
        }
        let mut values: Vec<Option<Value>> = vec![None; names.len()];
        for word in line.alternatives() {
            for (value, part) in values.iter_mut().zip(shared_out(word, names.len(), separators)) {
                let part = Value::one(part);
                *value = Some(match value.take() {
                    Some(held) => held.or(part),
                    None => part,
                });
            }
        }
        for (name, value) in names.iter().zip(values) {
            self.state.set(name, value.unwrap_or_else(Value::empty));
        }
        Done::silent(success)
    }

    /// `mapfile [-t] NAME`
    pub(super) fn map_file(&mut self, words: &[Word], location: Option<&Location>) -> Done {
        let name = words.iter().rev().filter_map(Word::text).find(|text| !text.starts_with('-'));
        let name = name.map_or_else(|| "MAPFILE".to_owned(), |name| name.into_owned());
        let value = self.stdin.value("standard input".into(), location.cloned());
        let items: Vec<Value> = match value.alternatives() {
            [word] => lines(word).into_iter().map(Value::one).collect(),
            words => words.iter().flat_map(lines).map(Value::one).collect(),
        };
        self.state.set_list(&name, items);
        Done::silent(Some(true))
    }

    /// Takes a line of the input, and tells whether there was one, if that is certain.
    fn next_line(&mut self, location: Option<&Location>) -> (Value, Option<bool>) {
        if let Output::Known(value) = &self.stdin
            && let [word] = value.alternatives()
            && !may_be_many(word)
        {
            if word.pieces.is_empty() {
                return (Value::empty(), Some(false));
            }
            let (line, rest) = first_line(word);
            let ended = rest.is_some();
            self.stdin = Output::Known(Value::one(rest.unwrap_or_default()));
            return (Value::one(line), Some(ended));
        }
        // What nothing is piped into may be run by a person, who types it.
        let value = match &self.stdin {
            Output::Silent => Value::hole(Hole {
                may_be_empty: true,
                ..Hole::unknown("a line of standard input", location.cloned())
            }),
            stdin => stdin.value("a line of standard input".into(), location.cloned()),
        };
        (Value::any_of(value.alternatives().iter().flat_map(lines)), None)
    }
}

/// The first line, and what follows its line break.
fn first_line(word: &Word) -> (Word, Option<Word>) {
    let (mut line, mut rest): (Word, Option<Word>) = (Word::default(), None);
    for piece in &word.pieces {
        match (&mut rest, piece) {
            (Some(rest), piece) => rest.push(piece.clone()),
            (None, Piece::Known(text)) if text.as_str().contains('\n') => {
                let at = text.as_str().find('\n').unwrap_or(text.len());
                let end = text.as_str()[..at].trim_end_matches('\r').len();
                line.push(Piece::Known(text.slice(0..end)));
                let mut after = Word::default();
                after.push(Piece::Known(text.slice(at + 1..text.len())));
                rest = Some(after);
            }
            (None, piece) => line.push(piece.clone()),
        }
    }
    (line, rest)
}

/// The lines of a word.
pub(super) fn lines(word: &Word) -> Vec<Word> {
    /// More of them are taken together.
    const MAX_LINES: usize = 1_000;
    let mut all = Vec::new();
    let mut left = Some(word.clone());
    while let Some(word) = left.filter(|word| !word.pieces.is_empty()) {
        if all.len() >= MAX_LINES {
            all.push(word);
            break;
        }
        let (line, rest) = first_line(&word);
        all.push(line);
        left = rest;
    }
    all
}

/// A line for so many variables, of which the last gets the rest.
fn shared_out(line: &Word, variables: usize, separators: &str) -> Vec<Word> {
    let words = split(line, separators);
    // What is one word as it is written may be many.
    if words.len() == 1 && words[0].holes().next().is_some() {
        return vec![words[0].clone(); variables];
    }
    if words.len() <= variables {
        return words;
    }
    let (first, rest) = words.split_at(variables - 1);
    let mut shared = first.to_vec();
    shared.push(match variables {
        1 if separators.is_empty() => line.clone(),
        _ => with_blanks(rest),
    });
    shared
}
