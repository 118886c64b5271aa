//! What the methods of strings, lists, promises and objects give.

use super::evaluator::Evaluator;
use super::knowledge::Knowledge;
use super::selection::of_regex;
use super::thing::{Contents, Thing};
use crate::invocation::{Piece, Selection, Value, Word};
use crate::source::Text;
use tree_sitter::Node;

impl<'t> Evaluator<'t> {
    /// `receiver.method(arguments)`; `object` is the expression before the dot, `node` the call.
    pub fn method(
        &mut self,
        receiver: &Thing<'t>,
        object: Node<'t>,
        method: &str,
        mut arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        if let Thing::Object(fields) = receiver
            && let Some(function) = fields.inner.get(method)
        {
            return match function {
                Thing::Function(function) => {
                    let result = self.call_function(*function, Some(receiver.clone()), arguments);
                    result.unwrap_or_else(|| self.unknown(node))
                }
                function => self.call_thing(&function.clone(), arguments, node),
            };
        }
        if let Some(result) = self.list_method(receiver, method, &arguments, node) {
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
            ("join", _) => self.join(receiver, arguments.first(), node),
            ("split", [separator, ..]) => self.split(receiver, separator, node),
            ("replace" | "replaceAll", [from, to]) => self.replace(receiver, from, to, node),
            ("concat", _) => self.concat(receiver, arguments, node),
            ("push" | "add" | "unshift", _) => self.push(receiver, object, arguments, node),
            ("at", [_]) | ("pop" | "shift", []) => self.index(receiver, "", node),
            ("apply" | "call", _) if is_callable(receiver) => {
                let mut given: Vec<_> = arguments.drain(1.min(arguments.len())..).collect();
                if method == "apply"
                    && let [Thing::Array(list)] = given.as_slice()
                {
                    given = list.inner.clone();
                }
                self.call_thing(receiver, given, node)
            }
            ("bind", _) if is_callable(receiver) => receiver.clone(),
            ("then", _) => self.then(receiver, arguments, node),
            ("catch" | "finally", _) => {
                self.call_unknown(&Thing::Undefined, arguments, node);
                receiver.clone()
            }
            ("on" | "once" | "addListener" | "addEventListener", _) => {
                self.listen(receiver, &arguments, node);
                receiver.clone()
            }
            _ => {
                let thing = self.call_unknown(receiver, arguments, node);
                match (receiver, thing) {
                    (Thing::Unknown(unknown), Thing::Unknown(_)) => {
                        let hole = self.hole(node);
                        Thing::Unknown(unknown.derived(hole))
                    }
                    (_, thing) => thing,
                }
            }
        }
    }

    /// What `/regex/.test(text)` tells.
    fn matches(&self, regex: &Thing<'t>, text: &Thing<'t>) -> Knowledge {
        let selection = match regex {
            Thing::Regex { pattern, ignores_case } => of_regex(pattern, *ignores_case),
            _ => Selection::SomeName,
        };
        self.is_named(text, selection)
    }

    fn join(&mut self, list: &Thing<'t>, by: Option<&Thing<'t>>, node: Node<'t>) -> Thing<'t> {
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
                let separator = separator.unwrap_or_else(|| Word::known(self.made_up(",", node)));
                Thing::Text(self.joined(&items.inner, &separator, node))
            }
            Thing::Each(item) => item.inner.clone(),
            Thing::Unknown(unknown) => Thing::Unknown(unknown.clone()),
            _ => self.unknown(node),
        }
    }

    fn split(&mut self, text: &Thing<'t>, by: &Thing<'t>, node: Node<'t>) -> Thing<'t> {
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
            (None, Thing::Unknown(unknown)) => Thing::Unknown(unknown.derived(self.hole(node))),
            _ => self.unknown(node),
        }
    }

    /// Replaces the first place of a known text in a known text.
    fn replace(
        &mut self,
        text: &Thing<'t>,
        from: &Thing<'t>,
        to: &Thing<'t>,
        node: Node<'t>,
    ) -> Thing<'t> {
        if let (Thing::Text(text), Thing::Text(from), Thing::Text(to)) = (text, from, to)
            && let ([word], Some(from)) = (text.alternatives(), from.text())
            && let [Piece::Known(known)] = word.pieces.as_slice()
        {
            let Some(at) = known.as_str().find(&*from) else { return Thing::Text(text.clone()) };
            let head = Value::known(known.slice(0..at));
            let tail = Value::known(known.slice(at + from.len()..known.len()));
            let head = self.concatenated(head, to, node);
            return Thing::Text(self.concatenated(head, &tail, node));
        }
        match text {
            Thing::Unknown(unknown) => Thing::Unknown(unknown.derived(self.hole(node))),
            _ => self.unknown(node),
        }
    }

    fn concat(
        &mut self,
        receiver: &Thing<'t>,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        match receiver {
            Thing::Text(_) => arguments
                .into_iter()
                .fold(receiver.clone(), |text, next| self.plus(text, next, node)),
            list => arguments.into_iter().fold(list.clone(), Thing::or),
        }
    }

    /// Adds to the list that a variable holds.
    fn push(
        &mut self,
        list: &Thing<'t>,
        variable: Node<'t>,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        let Thing::Array(items) = list else { return self.call_unknown(list, arguments, node) };
        let mut items = items.inner.clone();
        items.extend(arguments.into_iter().map(|argument| self.settled(argument)));
        let longer = Thing::array(items).unwrap_or_else(|| self.unknown(node));
        if variable.kind() == "identifier" {
            let name = self.code.parsed(variable).to_owned();
            self.replace_variable(&name, longer.clone());
        }
        longer
    }

    /// `promise.then(callback)`: a promise is what it will be.
    fn then(
        &mut self,
        promise: &Thing<'t>,
        mut arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        if arguments.is_empty() {
            return promise.clone();
        }
        let rest = arguments.split_off(1);
        self.call_unknown(&Thing::Undefined, rest, node);
        arguments.pop().map_or(Thing::Undefined, |callback| {
            self.call_thing(&callback, vec![promise.clone()], node)
        })
    }

    /// `stream.on('data', callback)`: the callback gets what the stream is.
    fn listen(&mut self, stream: &Thing<'t>, arguments: &[Thing<'t>], node: Node<'t>) {
        for argument in arguments {
            match argument {
                Thing::Function(function) => {
                    let given = match stream {
                        Thing::Unknown(unknown) => Thing::Unknown(unknown.derived(self.hole(node))),
                        _ => self.unknown(node),
                    };
                    self.call_later(*function, vec![given]);
                }
                Thing::Library(_) => {
                    self.call_thing(argument, Vec::new(), node);
                }
                _ => {}
            }
        }
    }

    /// `JSON.parse(text)`.
    pub fn parse_json(&mut self, text: Option<&Thing<'t>>, node: Node<'t>) -> Thing<'t> {
        match text {
            Some(Thing::Unknown(text)) => {
                let mut parsed = text.clone();
                parsed.path.clear();
                if parsed.list.contents() == Contents::ProcessesAsText {
                    parsed.list.is_of_processes();
                }
                Thing::Unknown(parsed)
            }
            _ => self.unknown(node),
        }
    }
}

fn is_callable(thing: &Thing<'_>) -> bool {
    matches!(thing, Thing::Function(_) | Thing::Library(_))
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
