//! What the methods of strings, lists, promises and objects give.

use super::{
    code::Span,
    knowledge::Knowledge,
    selection::of_regex,
    state::Evaluator,
    syntax::{Expression, Kind},
    thing::{Contents, Thing},
};
use crate::{
    invocation::{Piece, Selection, Value, Word},
    source::Text,
};

impl Evaluator<'_> {
    /// `receiver.method(arguments)`; `object` is the expression before the dot, `at` the call.
    pub fn method(
        &mut self,
        receiver: &Thing,
        object: &Expression,
        method: &str,
        mut arguments: Vec<Thing>,
        at: Span,
    ) -> Thing {
        if let Thing::Object(fields) = receiver
            && let Some(function) = fields.inner.get(method)
        {
            return match function {
                Thing::Function(function) => {
                    self.call_method(function, receiver, object, arguments, at)
                }
                function => self.call_thing(&function.clone(), arguments, at),
            };
        }
        if let Thing::Session(session) = receiver {
            return self.call_session(session, method, arguments, at);
        }
        let dialect = self.dialect;
        if let Some(result) = dialect.method(self, receiver, method, &arguments, at) {
            return result;
        }
        let method = dialect.method_name(method);
        if let Some(result) = self.list_method(receiver, method, &arguments, at) {
            return result;
        }
        match (method, arguments.as_slice()) {
            (
                "toString" | "valueOf" | "toArray" | "values" | "keys" | "flat" | "reverse"
                | "sort",
                _,
            )
            | ("toLowerCase" | "toUpperCase" | "normalize", _) => receiver.clone(),
            ("trim" | "trimEnd" | "trimStart", _) => match receiver {
                Thing::Text(value) => Thing::Text(trimmed(value)),
                other => other.clone(),
            },
            ("slice", []) => receiver.clone(),
            ("slice", _) if matches!(receiver, Thing::Array(_) | Thing::Each(_)) => {
                receiver.clone()
            }
            ("includes" | "has" | "indexOf" | "lastIndexOf" | "contains", [item, ..])
                if matches!(receiver, Thing::Array(_) | Thing::Each(_)) =>
            {
                Thing::Test(self.is_among(receiver, item))
            }
            ("has", [item]) => Thing::Test(self.is_among(receiver, item)),
            ("includes" | "startsWith" | "endsWith" | "indexOf", [part, ..]) => {
                Thing::Test(self.is_part(receiver, method, part))
            }
            ("test" | "exec", [text]) => Thing::Test(self.matches(receiver, text)),
            ("match" | "search", [regex]) => Thing::Test(self.matches(regex, receiver)),
            ("join", _) => self.join(receiver, arguments.first(), at),
            ("split", [separator, ..]) => self.split(receiver, separator, at),
            ("replace" | "replaceAll", [from, to]) => self.replace(receiver, from, to, at),
            ("concat", _) => self.concat(receiver, arguments, at),
            ("push" | "add" | "unshift", _) => self.push(receiver, object, arguments, at),
            ("extend", [Thing::Array(items)]) => {
                let items = items.inner.clone();
                self.push(receiver, object, items, at)
            }
            ("at", [_]) | ("pop" | "shift", []) => self.index_unknown(receiver, "", at),
            ("apply" | "call", _) if receiver.is_callable() => {
                let mut given: Vec<_> = arguments.drain(1.min(arguments.len())..).collect();
                if method == "apply"
                    && let [Thing::Array(list)] = given.as_slice()
                {
                    given = list.inner.clone();
                }
                self.call_thing(receiver, given, at)
            }
            ("bind", _) if receiver.is_callable() => receiver.clone(),
            ("then", _) => self.then(receiver, arguments, at),
            ("catch" | "finally", _) => {
                self.call_unknown(&Thing::Undefined, arguments, at);
                receiver.clone()
            }
            ("on" | "once" | "addListener" | "addEventListener", _) => {
                self.listen(receiver, &arguments, at);
                receiver.clone()
            }
            _ => {
                let thing = self.call_unknown(receiver, arguments, at);
                match (receiver, thing) {
                    (Thing::Unknown(unknown), Thing::Unknown(_)) => {
                        let hole = self.hole(at);
                        Thing::Unknown(unknown.derived(hole))
                    }
                    (_, thing) => thing,
                }
            }
        }
    }

    /// What `/regex/.test(text)` tells.
    pub fn matches(&self, regex: &Thing, text: &Thing) -> Knowledge {
        let selection = match regex {
            Thing::Regex { pattern, ignores_case } => of_regex(pattern, *ignores_case),
            _ => Selection::SomeName,
        };
        self.is_named(text, selection)
    }

    fn join(&mut self, list: &Thing, by: Option<&Thing>, at: Span) -> Thing {
        match list {
            Thing::Array(items) => {
                // Pieces of a buffer, put together.
                if let [Thing::Unknown(only)] = items.inner.as_slice() {
                    return Thing::Unknown(only.clone());
                }
                let separator = match by {
                    Some(Thing::Text(value)) => value.alternatives().first().cloned(),
                    _ => None,
                };
                let separator = separator.unwrap_or_else(|| Word::known(self.made_up(",", at)));
                Thing::Text(self.joined(&items.inner, &separator, at))
            }
            Thing::Each(item) => item.inner.clone(),
            Thing::Unknown(unknown) => Thing::Unknown(unknown.clone()),
            _ => self.unknown(at),
        }
    }

    fn split(&mut self, text: &Thing, by: &Thing, at: Span) -> Thing {
        let parts = match (text, by) {
            (Thing::Text(value), Thing::Text(by)) => match (value.alternatives(), by.text()) {
                ([word], Some(by)) if !by.is_empty() => split_word(word, &by),
                _ => None,
            },
            _ => None,
        };
        let list = parts.and_then(|parts| {
            Thing::array(parts.into_iter().map(|part| Thing::Text(Value::one(part))).collect())
        });
        match (list, text) {
            (Some(list), _) => list,
            (None, Thing::Unknown(unknown)) => Thing::Unknown(unknown.derived(self.hole(at))),
            _ => self.unknown(at),
        }
    }

    /// Replaces the first place of a known text in a known text.
    fn replace(&mut self, text: &Thing, from: &Thing, to: &Thing, at: Span) -> Thing {
        if let (Thing::Text(text), Thing::Text(from), Thing::Text(to)) = (text, from, to)
            && let ([word], Some(from)) = (text.alternatives(), from.text())
            && let [Piece::Known(known)] = word.pieces.as_slice()
        {
            let Some(found) = known.as_str().find(&*from) else { return Thing::Text(text.clone()) };
            let head = Value::known(known.slice(0..found));
            let tail = Value::known(known.slice(found + from.len()..known.len()));
            let head = self.concatenated(head, to, at);
            return Thing::Text(self.concatenated(head, &tail, at));
        }
        match text {
            Thing::Unknown(unknown) => Thing::Unknown(unknown.derived(self.hole(at))),
            _ => self.unknown(at),
        }
    }

    fn concat(&mut self, receiver: &Thing, arguments: Vec<Thing>, at: Span) -> Thing {
        match receiver {
            Thing::Text(_) => {
                arguments.into_iter().fold(receiver.clone(), |text, next| self.plus(text, next, at))
            }
            list => arguments.into_iter().fold(list.clone(), Thing::or),
        }
    }

    /// Adds to the list that a variable holds.
    fn push(
        &mut self,
        list: &Thing,
        variable: &Expression,
        arguments: Vec<Thing>,
        at: Span,
    ) -> Thing {
        let Thing::Array(items) = list else { return self.call_unknown(list, arguments, at) };
        let mut items = items.inner.clone();
        items.extend(arguments.into_iter().map(|argument| self.settled(argument)));
        let longer = Thing::array(items).unwrap_or_else(|| self.unknown(at));
        if let Kind::Name(name) = &variable.kind {
            self.replace_variable(name, longer.clone());
        }
        longer
    }

    /// `promise.then(callback)`: a promise is what it will be.
    fn then(&mut self, promise: &Thing, mut arguments: Vec<Thing>, at: Span) -> Thing {
        if arguments.is_empty() {
            return promise.clone();
        }
        let rest = arguments.split_off(1);
        self.call_unknown(&Thing::Undefined, rest, at);
        arguments.pop().map_or(Thing::Undefined, |callback| {
            self.call_thing(&callback, vec![promise.clone()], at)
        })
    }

    /// `stream.on('data', callback)`: the callback gets what the stream is.
    fn listen(&mut self, stream: &Thing, arguments: &[Thing], at: Span) {
        for argument in arguments {
            match argument {
                Thing::Function(function) => {
                    let given = match stream {
                        Thing::Unknown(unknown) => Thing::Unknown(unknown.derived(self.hole(at))),
                        _ => self.unknown(at),
                    };
                    self.call_later(function.clone(), vec![given]);
                }
                Thing::Library(_) => {
                    self.call_thing(argument, Vec::new(), at);
                }
                _ => {}
            }
        }
    }

    /// The keys, the values or the pairs of both of an object.
    pub fn parts_of_object(&mut self, object: Option<&Thing>, parts: &str, at: Span) -> Thing {
        let Some(Thing::Object(fields)) = object else { return self.unknown(at) };
        let pairs = fields.inner.iter().map(|(name, value)| {
            let name = Thing::Text(Value::known(self.made_up(name, at)));
            match parts {
                "keys" => Some(name),
                "values" => Some(value.clone()),
                _ => Thing::array(vec![name, value.clone()]),
            }
        });
        let pairs: Option<Vec<Thing>> = pairs.collect();
        pairs.and_then(Thing::array).unwrap_or_else(|| self.unknown(at))
    }

    /// The path that its parts make, `path.join(…)`; what stands before an absolute part is dropped.
    pub fn path_of(&mut self, parts: &[Thing], at: Span) -> Thing {
        let texts: Vec<Thing> = parts.iter().map(|part| Thing::Text(self.text(part, at))).collect();
        let is_absolute =
            |part: &Thing| part.known_text().is_some_and(|part| part.starts_with('/'));
        let start = texts.iter().rposition(is_absolute).unwrap_or(0);
        let slash = Word::known(self.made_up("/", at));
        Thing::Text(self.joined(&texts[start..], &slash, at))
    }

    /// The folder of a path.
    pub fn folder_of(&mut self, path: Option<&Thing>, at: Span) -> Thing {
        path.and_then(folder).unwrap_or_else(|| self.unknown(at))
    }

    /// `JSON.parse(text)`.
    pub fn parse_json(&mut self, text: Option<&Thing>, at: Span) -> Thing {
        match text {
            Some(Thing::Unknown(text)) => {
                let mut parsed = text.clone();
                parsed.path.clear();
                if parsed.list.contents() == Contents::ProcessesAsText {
                    parsed.list.is_of_processes();
                }
                Thing::Unknown(parsed)
            }
            _ => self.unknown(at),
        }
    }
}

/// The folder of a path, if it is known.
pub fn folder(path: &Thing) -> Option<Thing> {
    let Thing::Text(path) = path else { return None };
    let folders = path.alternatives().iter().map(Word::folder);
    Some(Thing::Text(Value::any_of(folders.collect::<Option<Vec<_>>>()?)))
}

/// Without blanks at its ends, as far as these are known.
fn trimmed(value: &Value) -> Value {
    Value::any_of(value.alternatives().iter().map(|word| {
        let mut word = word.clone();
        if let Some(Piece::Known(text)) = word.pieces.first_mut() {
            let start = text.len() - text.as_str().trim_start().len();
            *text = text.slice(start..text.len());
        }
        if let Some(Piece::Known(text)) = word.pieces.last_mut() {
            let end = text.as_str().trim_end().len();
            *text = text.slice(0..end);
        }
        word.pieces.retain(|piece| !matches!(piece, Piece::Known(text) if text.is_empty()));
        word
    }))
}

/// The parts of a word between separators; nothing if it is not all known.
fn split_word(word: &Word, by: &str) -> Option<Vec<Word>> {
    let text: &Text = match word.pieces.as_slice() {
        [] => return Some(vec![Word::default()]),
        [Piece::Known(text)] => text,
        _ => return None,
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.as_str().match_indices(by) {
        parts.push(Word::known(text.slice(start..at)));
        start = at + by.len();
    }
    parts.push(Word::known(text.slice(start..text.len())));
    Some(parts)
}
