//! `read` and `mapfile`: what variables get from standard input.

use super::{
    Done, Output, Shell,
    fields::{BLANKS, split},
    patterns::Symbols,
    state::State,
    variable::{Fact, Facts, Known},
};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Location,
};

impl Shell<'_> {
    /// `read [-ra] NAME…`: one line, split between the variables.
    pub(super) fn read_line(&mut self, words: &[Word], location: Option<&Location>) -> Done {
        let mut names = Vec::new();
        let options = Options::of(words, "dinNptu", |word| names.push(word.to_owned()));
        let (into_array, is_raw) = (options.has('a'), options.has('r'));
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let separators = match self.state.known("IFS") {
            Known::Set(value) => value.text().map(|text| text.into_owned()),
            _ => None,
        };
        let separators = separators.as_deref().unwrap_or(BLANKS);
        let (line, success) = self.next_line(options.delimiter(), location);
        let line = if is_raw { line } else { without_backslashes(&line) };
        if into_array {
            self.set_list_of(&names[0], &line, |word| split(word, separators));
            return Done::silent(success);
        }
        let mut values: Vec<Option<Value>> = vec![None; names.len()];
        for word in line.alternatives() {
            for (value, part) in values.iter_mut().zip(shared_out(word, names.len(), separators)) {
                *value = Some(match value.take() {
                    Some(held) => held.or(part),
                    None => part,
                });
            }
        }
        let mut facts = Facts::default();
        for (name, value) in names.into_iter().zip(values) {
            let value = value.unwrap_or_else(Value::empty);
            self.state.set(&name, value.clone());
            // At the end of the input there may be nothing left, or a line that does not end.
            facts.fails.push(Fact::Is(name, value.or(Value::empty())));
        }
        Done { facts, ..Done::silent(success) }
    }

    /// `mapfile [-t] [-d DELIMITER] NAME`
    pub(super) fn map_file(&mut self, words: &[Word], location: Option<&Location>) -> Done {
        let mut name = "MAPFILE".to_owned();
        let options = Options::of(words, "dnOsucC", |word| word.clone_into(&mut name));
        let value = self.stdin.value("standard input".into(), location.cloned());
        let delimiter = options.delimiter();
        self.set_list_of(&name, &value, |word| lines(word, delimiter));
        Done::silent(Some(true))
    }

    /// Sets an array to the parts of one of the alternatives.
    fn set_list_of(&mut self, name: &str, value: &Value, parts: impl Fn(&Word) -> Vec<Word>) {
        let ways = value.alternatives().iter().map(|word| {
            let mut state = self.state.clone();
            state.set_list(name, as_lists(parts(word)));
            state
        });
        if let Some(after) = ways.reduce(State::or) {
            self.state = after;
        }
    }

    /// Takes a line of the input, and tells whether there was one, if that is certain.
    fn next_line(&mut self, delimiter: char, location: Option<&Location>) -> (Value, Option<bool>) {
        if let Output::Known(value) = &self.stdin
            && let [word] = value.alternatives()
            && word.holes().all(|hole| matches!(hole.origin, Origin::Expression))
        {
            if word.pieces.is_empty() {
                return (Value::empty(), Some(false));
            }
            let (line, rest) = first_part(word, delimiter);
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
        let lines = value.alternatives().iter().flat_map(|word| lines(word, delimiter));
        (Value::any_of(lines), None)
    }
}

/// The options of `read` and `mapfile`, each a letter with its value.
struct Options(Vec<(char, String)>);

impl Options {
    /// Takes words apart; the letters of `valued` take the rest of the word or the next one.
    fn of(words: &[Word], valued: &str, mut operand: impl FnMut(&str)) -> Self {
        let mut options = Self(Vec::new());
        let mut words = words.iter().filter_map(Word::text);
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-') else {
                operand(&word);
                continue;
            };
            for (at, letter) in letters.char_indices() {
                if valued.contains(letter) {
                    let rest = &letters[at + letter.len_utf8()..];
                    let value = match rest.is_empty() {
                        true => words.next().unwrap_or_default().into_owned(),
                        false => rest.to_owned(),
                    };
                    options.0.push((letter, value));
                    break;
                }
                options.0.push((letter, String::new()));
            }
        }
        options
    }

    fn has(&self, letter: char) -> bool {
        self.0.iter().any(|(own, _)| *own == letter)
    }

    /// What ends a line. `-d ''` is a zero byte, which text has none of.
    fn delimiter(&self) -> char {
        let named = self.0.iter().rev().find(|(letter, _)| *letter == 'd');
        named.map_or('\n', |(_, value)| value.chars().next().unwrap_or('\0'))
    }
}

fn without_backslashes(line: &Value) -> Value {
    Value::any_of(line.alternatives().iter().map(|word| {
        let mut plain = Word::default();
        for piece in &word.pieces {
            match piece {
                Piece::Known(text) => {
                    let mut rest = 0..0;
                    for part in text.as_str().split('\\') {
                        rest = rest.end..rest.end + part.len();
                        plain.push(Piece::Known(text.slice(rest.clone())));
                        rest.end += 1;
                    }
                }
                hole => plain.push(hole.clone()),
            }
        }
        plain
    }))
}

/// Words of text, of which an unknown one may be several.
fn as_lists(words: Vec<Word>) -> Vec<Value> {
    words.into_iter().map(|word| Value::one(word.splitting(true))).collect()
}

/// What stands before the first `delimiter`, and what follows it.
fn first_part(word: &Word, delimiter: char) -> (Word, Option<Word>) {
    let (mut line, mut rest): (Word, Option<Word>) = (Word::default(), None);
    for piece in &word.pieces {
        match (&mut rest, piece) {
            (Some(rest), piece) => rest.push(piece.clone()),
            (None, Piece::Known(text)) if text.as_str().contains(delimiter) => {
                let at = text.as_str().find(delimiter).unwrap_or(text.len());
                let end = match delimiter {
                    '\n' => text.as_str()[..at].trim_end_matches('\r').len(),
                    _ => at,
                };
                line.push(Piece::Known(text.slice(0..end)));
                let mut after = Word::default();
                after.push(Piece::Known(text.slice(at + delimiter.len_utf8()..text.len())));
                rest = Some(after);
            }
            (None, piece) => line.push(piece.clone()),
        }
    }
    (line, rest)
}

/// The lines of a word, which `delimiter` ends.
fn lines(word: &Word, delimiter: char) -> Vec<Word> {
    /// More of them are taken together.
    const MAX_LINES: usize = 1_000;
    let mut all = Vec::new();
    let mut left = Some(word.clone());
    while let Some(word) = left.filter(|word| !word.pieces.is_empty()) {
        if all.len() >= MAX_LINES {
            all.push(word);
            break;
        }
        let (line, rest) = first_part(&word, delimiter);
        all.push(line);
        left = rest;
    }
    all
}

/// A line for so many variables, of which the last gets the rest. From the first hole on, what is one
/// word as it is written may be several or none: a variable may get any of it.
fn shared_out(line: &Word, variables: usize, separators: &str) -> Vec<Value> {
    let Some(symbols) = Symbols::of(line) else {
        return vec![Value::one(line.clone()); variables];
    };
    let separates = |at: usize| symbols.char(at).is_some_and(|c| separators.contains(c));
    let is_blank =
        |at: usize| separates(at) && symbols.char(at).is_some_and(|c| BLANKS.contains(c));
    let end = (0..symbols.len()).rfind(|at| !is_blank(*at)).map_or(0, |last| last + 1);
    let after_blanks = |at: usize| (at..end).find(|at| !is_blank(*at)).unwrap_or(end);
    let mut from = after_blanks(0);
    let mut words = Vec::new();
    for _ in 1..variables {
        let to = (from..end).find(|at| separates(*at)).unwrap_or(end);
        words.push(symbols.slice(from..to));
        let next = after_blanks(to);
        // Blanks around another separator go with it.
        from = if next < end && separates(next) { after_blanks(next + 1) } else { next };
    }
    // A separator that ends the last field goes with it.
    let mut others = (from..end).filter(|at| separates(*at) && !is_blank(*at));
    let end = others.next().filter(|at| at + 1 == end).unwrap_or(end);
    words.push(symbols.slice(from..end.max(from)));
    let unknown = words.iter().position(|word| !word.is_known()).unwrap_or(variables);
    let any =
        line.holes().next().map(|hole| Word::hole(Hole { may_be_empty: true, ..hole.clone() }));
    let may_be = |(at, word)| {
        let any = any.clone().filter(|_| at >= unknown).map(Value::one);
        any.into_iter().fold(Value::one(word), Value::or)
    };
    words.into_iter().enumerate().map(may_be).collect()
}
