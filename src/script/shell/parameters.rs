//! `${…}`: defaults, trimming, replacing, slicing, lengths, arrays and indirect names.

use super::{
    Shell,
    fields::Builder,
    lists::unknown_list_of,
    patterns::{Pattern, Symbols, Which},
    scan,
    variable::{Fact, Known, may_be_empty, not_empty},
    words::Quoting,
};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Text,
};

/// `${NAME[KEY]OPERATOR…}`, taken apart.
pub(super) struct Parameter<'t> {
    pub inner: &'t Text,
    pub name: &'t str,
    pub key: Option<Text>,
    /// The operator and what follows.
    pub operation: Text,
}

impl Parameter<'_> {
    /// Whether a `:` stands before a `-`, `=`, `?` or `+`, and the operator.
    pub fn operator(&self) -> (bool, Option<char>) {
        let source = self.operation.as_str();
        match source.strip_prefix(':').and_then(|rest| rest.chars().next()) {
            Some(operator @ ('-' | '=' | '?' | '+')) => (true, Some(operator)),
            _ => (false, source.chars().next()),
        }
    }
}

/// What `${X:-word}` and its relatives give: what the variable holds, the word, or either.
struct Choice {
    value: Option<Value>,
    word: Option<Text>,
}

/// What an expansion starts from.
enum Subject {
    One(Known),
    /// `@` or `*`
    List {
        items: Vec<Value>,
        joined: bool,
    },
}

impl Shell<'_> {
    /// Appends `${…}`, given what stands between the braces.
    pub(super) fn parameter(&mut self, inner: &Text, builder: &mut Builder, quoting: Quoting) {
        let source = inner.as_str();
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '*' | '#');
        let is_sign =
            |sign: &char| source.strip_prefix(*sign).is_some_and(|r| r.starts_with(of_name));
        let sign = ['#', '!'].into_iter().find(is_sign);
        let rest = || inner.slice(1..inner.len());
        match sign {
            Some('#') => {
                let value = self.length(&rest()).unwrap_or_else(|| unknown(inner));
                self.put(builder, &value, quoting);
            }
            Some('!') => self.indirect(inner, &rest(), builder, quoting),
            _ => match taken_apart(inner) {
                Some(parameter) => self.expansion(&parameter, builder, quoting),
                None => self.put(builder, &unknown(inner), quoting),
            },
        }
    }

    fn expansion(&mut self, parameter: &Parameter<'_>, builder: &mut Builder, quoting: Quoting) {
        match self.subject(parameter) {
            Subject::One(known) => match self.choice(parameter, &known) {
                Some(choice) => self.put_choice(parameter, choice, builder, quoting),
                None => {
                    let value = self.operated(parameter, known);
                    self.put(builder, &value, quoting);
                }
            },
            Subject::List { items, joined } => match parameter.operator().1 {
                Some(operator @ ('-' | '=' | '+')) => {
                    self.put_list_or_word(parameter, items, joined, operator, builder, quoting)
                }
                _ => {
                    let items = self.operated_list(parameter, items);
                    let joined = joined && !(parameter.name == "*" && quoting == Quoting::Heredoc);
                    self.put_list(builder, items, joined, quoting);
                }
            },
        }
    }

    fn subject(&mut self, parameter: &Parameter<'_>) -> Subject {
        let name = parameter.name;
        match (name, parameter.key.as_ref().map(Text::as_str)) {
            ("@" | "*", _) => {
                Subject::List { items: self.state.positional.to_vec(), joined: name == "*" }
            }
            (_, Some(all @ ("@" | "*"))) => {
                let items = self.state.items(name);
                let items = items.unwrap_or_else(|| vec![unknown_list_of(parameter.inner)]);
                Subject::List { items, joined: all == "*" }
            }
            (_, Some(_)) => {
                let key = parameter.key.clone().unwrap_or_default();
                let keys = match self.item_key(name, &key) {
                    Some(key) => Some(vec![key]),
                    None => self.possible_keys(&key),
                };
                Subject::One(match keys {
                    Some(keys) => {
                        let items = keys.iter().map(|key| self.state.item(name, key));
                        items.reduce(Known::or).unwrap_or(Known::Unknown)
                    }
                    // One of them, or none.
                    None => match self.state.items(name) {
                        Some(items) => {
                            let items = items.into_iter().map(Known::Set);
                            items.fold(Known::Unset, Known::or)
                        }
                        None => Known::Unknown,
                    },
                })
            }
            _ => Subject::One(self.known(name)),
        }
    }

    /// The key that a subscript means: a word, or a number.
    pub(super) fn item_key(&mut self, name: &str, subscript: &Text) -> Option<String> {
        if self.state.is_keyed(name) {
            return self.value(subscript).text().map(|text| text.into_owned());
        }
        let number = self.number(subscript)?;
        let len = || Some(self.state.keys(name)?.last()?.parse::<i64>().ok()? + 1);
        let number = if number < 0 { len()? + number } else { number };
        Some(number.to_string())
    }

    /// The numbers that a subscript may be: `$N`, or a variable's bare name.
    fn possible_keys(&mut self, subscript: &Text) -> Option<Vec<String>> {
        let value = match self.known(subscript.as_str()).into_value() {
            Some(value) => value,
            None => self.value(subscript),
        };
        let number = |word: &Word| Some(word.text()?.parse::<u32>().ok()?.to_string());
        value.alternatives().iter().map(number).collect()
    }

    fn length(&mut self, inner: &Text) -> Option<Value> {
        let parameter = taken_apart(inner).filter(|parameter| parameter.operation.is_empty())?;
        let lens: Vec<usize> = match self.subject(&parameter) {
            Subject::List { items, .. } if items.iter().any(Value::splits) => return None,
            Subject::List { items, .. } => vec![items.len()],
            Subject::One(known) => {
                let value = known.into_value()?;
                let texts =
                    value.alternatives().iter().map(|word| Some(word.text()?.chars().count()));
                texts.collect::<Option<_>>()?
            }
        };
        let location = inner.location();
        Some(Value::any_of(lens.into_iter().map(|len| {
            let mut text = Text::default();
            text.push_made_up(&len.to_string(), location.as_ref());
            Word::known(text)
        })))
    }

    /// `${!NAME}`: the variable that another one names; `${!ARRAY[@]}`: the keys.
    fn indirect(&mut self, whole: &Text, inner: &Text, builder: &mut Builder, quoting: Quoting) {
        let Some(parameter) = taken_apart(inner) else {
            return self.put(builder, &unknown(whole), quoting);
        };
        let key = parameter.key.as_ref().map(Text::as_str);
        if let Some(all @ ("@" | "*")) = key {
            // Where an item may be missing, so may its key.
            let items = self.state.items(parameter.name);
            let are_there = items.is_some_and(|items| !items.iter().any(Value::splits));
            let known = self.state.keys(parameter.name).filter(|_| are_there);
            let keys = known.map(|keys| {
                let value = |key: String| {
                    let mut text = Text::default();
                    text.push_made_up(&key, inner.location().as_ref());
                    Value::known(text)
                };
                keys.into_iter().map(value).collect()
            });
            let keys = keys.unwrap_or_else(|| vec![unknown_list_of(whole)]);
            return self.put_list(builder, keys, all == "*", quoting);
        }
        let names = match self.known(parameter.name) {
            Known::Set(value) => value,
            _ => {
                self.may_fail = true;
                return self.put(builder, &unknown(whole), quoting);
            }
        };
        let mut values: Vec<Value> = Vec::new();
        for word in names.alternatives() {
            let name = word.text().map(|name| name.into_owned()).unwrap_or_default();
            let mut written = Text::default();
            written.push_made_up(&name, inner.location().as_ref());
            written.push(&parameter.operation);
            values.push(match taken_apart(&written) {
                Some(named) if !name.is_empty() => match self.subject(&named) {
                    Subject::One(known) => match self.choice(&named, &known) {
                        Some(choice) => self.chosen(&named, choice, Quoting::Assignment),
                        None => self.operated(&named, known),
                    },
                    Subject::List { items, .. } => {
                        items.into_iter().reduce(Value::or).unwrap_or_else(|| unknown(whole))
                    }
                },
                _ => {
                    self.may_fail = true;
                    unknown(whole)
                }
            });
        }
        let value = values.into_iter().reduce(Value::or).unwrap_or_else(|| unknown(whole));
        self.put(builder, &value, quoting);
    }

    /// Whether `-`, `=` and `+` give what the variable holds or their word, or either; nothing for
    /// other operators.
    fn choice(&mut self, parameter: &Parameter<'_>, known: &Known) -> Option<Choice> {
        let (colon, operator) = parameter.operator();
        let word = parameter.operation.slice(usize::from(colon)..parameter.operation.len());
        let word = || Some(word.slice(1..word.len()));
        let value = match operator {
            Some('-' | '=') => known,
            Some('+') => {
                let (set, unset) = match known {
                    Known::Unset => (false, true),
                    Known::Unknown => (true, true),
                    Known::Set(value) if colon => {
                        let words = value.alternatives();
                        (words.iter().any(|w| !w.pieces.is_empty()), words.iter().any(may_be_empty))
                    }
                    Known::Set(_) => (true, false),
                };
                let value = unset.then(Value::empty);
                return Some(Choice { value, word: word().filter(|_| set) });
            }
            _ => return None,
        };
        Some(match value {
            Known::Unset => Choice { value: None, word: word() },
            Known::Unknown => {
                let written = parameter.inner.slice(0..parameter.name.len());
                let value = self.unknown_value(parameter.name, &written);
                let value = if colon { not_empty(&value) } else { value };
                Choice { value: Some(value), word: word() }
            }
            Known::Set(value) if colon && value.alternatives().iter().any(may_be_empty) => {
                let all_empty = value.alternatives().iter().all(|word| word.pieces.is_empty());
                Choice { value: (!all_empty).then(|| not_empty(value)), word: word() }
            }
            Known::Set(value) => Choice { value: Some(value.clone()), word: None },
        })
    }

    /// Appends what is chosen; the word of `${X:-word}` keeps its quotes from being split.
    fn put_choice(
        &mut self,
        parameter: &Parameter<'_>,
        choice: Choice,
        builder: &mut Builder,
        quoting: Quoting,
    ) {
        let assigns = parameter.operator().1 == Some('=');
        match choice {
            Choice { value, word: Some(word) } if !assigns => {
                let other = value.map(|value| {
                    let mut other = builder.clone();
                    self.put(&mut other, &value, quoting);
                    other
                });
                self.expand(&word, builder, quoting.of_operand());
                if let Some(other) = other {
                    builder.or(other);
                }
            }
            choice => {
                let value = self.chosen(parameter, choice, quoting);
                self.put(builder, &value, quoting);
            }
        }
    }

    /// The value of what is chosen; `=` assigns it.
    fn chosen(&mut self, parameter: &Parameter<'_>, choice: Choice, quoting: Quoting) -> Value {
        let assigns = parameter.operator().1 == Some('=');
        let quoting = if quoting.splits() { Quoting::Assignment } else { quoting.of_operand() };
        let word = choice.word.map(|word| self.expanded(&word, quoting).into_value());
        let value = word.into_iter().chain(choice.value).reduce(Value::or);
        let value = value.unwrap_or_else(Value::empty);
        if assigns {
            self.state.set(parameter.name, value.clone());
        }
        value
    }

    /// The value after the operator, if that is none of `-`, `=` and `+`.
    fn operated(&mut self, parameter: &Parameter<'_>, known: Known) -> Value {
        let (colon, operator) = parameter.operator();
        if operator == Some('?') {
            return self.or_end(parameter, known, colon);
        }
        let value = match known {
            Known::Set(value) => value,
            Known::Unset => self.unset_value(),
            Known::Unknown if parameter.key.is_some() => unknown(parameter.inner),
            Known::Unknown => {
                let written = parameter.inner.slice(0..parameter.name.len());
                self.unknown_value(parameter.name, &written)
            }
        };
        match operator {
            Some(_) => self.changed(parameter, &value),
            None => value,
        }
    }

    /// `${X:?}`: there, or the script ends.
    fn or_end(&mut self, parameter: &Parameter<'_>, known: Known, colon: bool) -> Value {
        let value = match known {
            Known::Unset => {
                self.fail_to_expand();
                return Value::empty();
            }
            Known::Set(value) => value,
            Known::Unknown => {
                self.may_fail = true;
                let written = parameter.inner.slice(0..parameter.name.len());
                self.unknown_value(parameter.name, &written)
            }
        };
        if !colon {
            return value;
        }
        if value.alternatives().iter().all(|word| word.pieces.is_empty()) {
            self.fail_to_expand();
            return Value::empty();
        }
        self.may_fail |= value.alternatives().iter().any(may_be_empty);
        if parameter.key.is_none() {
            self.state.learn(&[Fact::NotEmpty(parameter.name.to_owned())]);
        }
        not_empty(&value)
    }

    /// The value after `%`, `#`, `/`, `:`, `^`, `,` or `@`; a hole where that is unknown.
    pub(super) fn changed(&mut self, parameter: &Parameter<'_>, value: &Value) -> Value {
        let source = parameter.operation.as_str();
        let Some(operator) = source.chars().next() else { return value.clone() };
        let words = match operator {
            '%' | '#' => self.trimmed(parameter, value),
            '/' => self.replaced(parameter, value),
            ':' => self.sliced(parameter, value),
            '^' | ',' if matches!(source, "^" | "^^" | "," | ",,") => recased(source, value),
            '@' if matches!(source, "@U" | "@L" | "@u") => recased(
                match source {
                    "@U" => "^^",
                    "@L" => ",,",
                    _ => "^",
                },
                value,
            ),
            '@' if source == "@Q" => Some(value.alternatives().to_vec()),
            _ => None,
        };
        let unknown = || {
            let may_be_empty = value.alternatives().iter().any(may_be_empty);
            // What is cut off a pattern is none.
            let keeps_origin = |hole: &&Hole| !matches!(hole.origin, Origin::Glob);
            let holes = value.alternatives().iter().flat_map(Word::holes);
            let origin = holes.into_iter().find(keeps_origin);
            let hole = Hole {
                may_be_empty,
                splits: value.splits(),
                ..Hole::unknown(braced(parameter.inner), parameter.inner.location())
            };
            Value::hole(match origin {
                Some(of) => Hole { origin: of.origin.clone(), ..hole },
                None => hole,
            })
        };
        words.map_or_else(unknown, Value::any_of)
    }

    /// `${X%pattern}` and `${X#pattern}`, twice for the longest match.
    fn trimmed(&mut self, parameter: &Parameter<'_>, value: &Value) -> Option<Vec<Word>> {
        let operation = &parameter.operation;
        let source = operation.as_str();
        let operator = source.get(..1)?;
        let longest = source[1..].starts_with(operator);
        let from = if longest { 2 } else { 1 };
        let pattern = self.pattern(&operation.slice(from..source.len()));
        let mut words = Vec::new();
        for pattern in pattern.alternatives() {
            let pattern = Pattern::of(pattern)?;
            for word in value.alternatives() {
                words.push(match operator {
                    "%" => pattern.without_suffix(word, longest)?,
                    _ => pattern.without_prefix(word, longest)?,
                });
            }
        }
        Some(words)
    }

    /// `${X/pattern/word}`
    fn replaced(&mut self, parameter: &Parameter<'_>, value: &Value) -> Option<Vec<Word>> {
        let operation = &parameter.operation;
        let source = operation.as_str();
        let (which, from) = match source.as_bytes().get(1) {
            Some(b'/') => (Which::All, 2),
            Some(b'#') => (Which::AtStart, 2),
            Some(b'%') => (Which::AtEnd, 2),
            _ => (Which::First, 1),
        };
        let mut slash = from;
        while slash < source.len() && source.as_bytes()[slash] != b'/' {
            slash = scan::quoted_or_next(source, slash);
        }
        let pattern = self.pattern(&operation.slice(from..slash));
        let by = self.value(&operation.slice((slash + 1).min(source.len())..source.len()));
        let mut words = Vec::new();
        for pattern in pattern.alternatives() {
            let pattern = Pattern::of(pattern)?;
            for word in value.alternatives() {
                for by in by.alternatives() {
                    words.push(pattern.replaced(word, by, which)?);
                }
            }
        }
        Some(words)
    }

    /// `${X:offset:length}`
    fn sliced(&mut self, parameter: &Parameter<'_>, value: &Value) -> Option<Vec<Word>> {
        let (offset, len) = self.bounds(parameter)?;
        let cut = |word: &Word| {
            let symbols = Symbols::of(word)?;
            let all = symbols.len() as i64;
            let known = symbols.known() as i64;
            let from = if offset < 0 { (all + offset).max(0) } else { offset.min(all) };
            let to = match len {
                None => all,
                Some(len) if len < 0 => (all + len).max(from),
                Some(len) => from.saturating_add(len).min(all),
            };
            let counts_from_end = offset < 0 || len.is_some_and(|len| len < 0);
            let is_known =
                all == known || !counts_from_end && from <= known && (len.is_none() || to <= known);
            is_known.then(|| symbols.slice(from as usize..to as usize))
        };
        value.alternatives().iter().map(cut).collect()
    }

    /// The numbers of `:offset:length`.
    pub(super) fn bounds(&mut self, parameter: &Parameter<'_>) -> Option<(i64, Option<i64>)> {
        let operation = &parameter.operation;
        let rest = operation.slice(1..operation.len());
        match rest.as_str().find(':') {
            None => Some((self.number(&rest)?, None)),
            Some(colon) => {
                let offset = self.number(&rest.slice(0..colon))?;
                Some((offset, Some(self.number(&rest.slice(colon + 1..rest.len()))?)))
            }
        }
    }
}

fn taken_apart(inner: &Text) -> Option<Parameter<'_>> {
    let source = inner.as_str();
    let name_end = match source.find(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        Some(0) if source.starts_with(['@', '*', '#', '?', '$', '!', '-']) => 1,
        Some(0) => return None,
        end => end.unwrap_or(source.len()),
    };
    let mut rest = name_end;
    let mut key = None;
    if source[rest..].starts_with('[') {
        let end = scan::bracket(source, rest + 1);
        key = Some(inner.slice(rest + 1..end));
        rest = (end + 1).min(source.len());
    }
    let operation = inner.slice(rest..source.len());
    Some(Parameter { inner, name: &source[..name_end], key, operation })
}

/// As it stands in the script.
pub(super) fn braced(inner: &Text) -> String {
    format!("${{{}}}", inner.as_str())
}

fn unknown(inner: &Text) -> Value {
    Value::hole(Hole::unknown(braced(inner), inner.location()))
}

/// `${X^^}` and its relatives.
fn recased(operator: &str, value: &Value) -> Option<Vec<Word>> {
    let change = |text: &Text| {
        let mut changed = Text::default();
        for (position, (at, c)) in text.as_str().char_indices().enumerate() {
            let location = text.locate(at..at + c.len_utf8());
            let new: String = match operator {
                "^^" => c.to_uppercase().collect(),
                ",," => c.to_lowercase().collect(),
                "^" if position == 0 => c.to_uppercase().collect(),
                "," if position == 0 => c.to_lowercase().collect(),
                _ => c.to_string(),
            };
            changed.push_made_up(&new, location.as_ref());
        }
        changed
    };
    let words = value.alternatives().iter().map(|word| {
        let mut new = Word::default();
        for piece in &word.pieces {
            new.push(match piece {
                Piece::Known(text) => Piece::Known(change(text)),
                hole => hole.clone(),
            });
        }
        new
    });
    Some(words.collect())
}
