//! Loops over lists: `for … of`, `forEach`, `map`, `filter` and their relatives.

use super::{
    code::Span,
    knowledge::{Facts, Knowledge},
    selection::of_pattern,
    state::Evaluator,
    thing::{Contents, List, Tells, Thing},
};
use crate::invocation::{Selection, Value, Word};

/// A loop over more known items than this is evaluated once, for any of them.
const MAX_ROUNDS: usize = 32;

impl Evaluator<'_> {
    /// Does something for each item of a list. `at` is where the items get their name.
    pub fn each_item(&mut self, list: &Thing, at: Span, mut act: impl FnMut(&mut Self, Thing)) {
        match list {
            Thing::Array(items) if items.inner.len() <= MAX_ROUNDS => {
                for item in &items.inner {
                    act(self, item.clone());
                }
            }
            _ => {
                let item = self.any_item(list, at);
                self.branch(Facts::new(), |this| act(this, item));
            }
        }
    }

    /// Any item of a list.
    pub fn any_item(&mut self, list: &Thing, at: Span) -> Thing {
        match list {
            Thing::Array(_) | Thing::Each(_) => self.index_unknown(list, "", at),
            Thing::Unknown(unknown) => Thing::Unknown(self.element(unknown, at)),
            Thing::Library(path) if path.ends_with(".stdin") => self.standard_input(at),
            // The items of an object are its keys.
            Thing::Object(fields) => {
                let keys = fields.inner.keys().map(|key| Value::known(self.made_up(key, at)));
                keys.reduce(Value::or).map_or(Thing::Undefined, Thing::Text)
            }
            _ => self.unknown(at),
        }
    }

    /// What comes from standard input: it may be the output of `pm2 jlist`.
    pub fn standard_input(&mut self, at: Span) -> Thing {
        let hole = self.hole(at);
        Thing::Unknown(self.item(List::of(Contents::ProcessesAsText), Selection::Any, hole))
    }

    /// `list.forEach(callback)` and its relatives; nothing if `method` is none of them.
    pub fn list_method(
        &mut self,
        list: &Thing,
        method: &str,
        arguments: &[Thing],
        at: Span,
    ) -> Option<Thing> {
        let callback = arguments.first()?.clone();
        let named = match &callback {
            Thing::Function(function) => function.code.first_parameter().unwrap_or(at),
            Thing::Library(_) => at,
            _ => return None,
        };
        let mut results = Vec::new();
        let mut round = |this: &mut Self, item: Thing, extra: Option<Thing>| {
            let given = extra.into_iter().chain([item.clone()]).collect();
            let result = this.call_thing(&callback, given, at);
            results.push((item, result));
        };
        match method {
            "forEach" | "map" | "flatMap" | "filter" | "find" | "findLast" | "some" | "every"
            | "findIndex" => self.each_item(list, named, |this, item| round(this, item, None)),
            "reduce" => {
                let first = arguments.get(1).cloned().unwrap_or(Thing::Undefined);
                self.each_item(list, named, |this, item| round(this, item, Some(first.clone())));
            }
            _ => return None,
        }
        let is_known = matches!(list, Thing::Array(items) if items.inner.len() == results.len());
        let listed = |items: Vec<Thing>| {
            let thing = if is_known {
                Thing::array(items)
            } else {
                items.into_iter().reduce(Thing::or).and_then(Thing::each)
            };
            thing.unwrap_or(Thing::Undefined)
        };
        Some(match method {
            "map" => listed(results.into_iter().map(|(_, result)| result).collect()),
            "flatMap" => {
                let flat = results.into_iter().flat_map(|(_, result)| match result {
                    Thing::Array(items) => items.inner.clone(),
                    other => vec![other],
                });
                flat.reduce(Thing::or).and_then(Thing::each).unwrap_or(Thing::Undefined)
            }
            "filter" => listed(self.kept(results)),
            "find" | "findLast" => {
                self.kept(results).into_iter().reduce(Thing::or).unwrap_or(Thing::Undefined)
            }
            "some" | "findIndex" => {
                let tests = results.into_iter().map(|(_, result)| result.knowledge());
                Thing::Test(tests.reduce(Knowledge::or).unwrap_or(Knowledge::constant(false)))
            }
            "every" => {
                let tests = results.into_iter().map(|(_, result)| result.knowledge());
                Thing::Test(tests.reduce(Knowledge::and).unwrap_or(Knowledge::constant(true)))
            }
            "reduce" => {
                let all = results.into_iter().map(|(_, result)| result);
                all.reduce(Thing::or).unwrap_or(Thing::Undefined)
            }
            _ => Thing::Undefined,
        })
    }

    /// The items for which a test can be true, with what that tells of them.
    fn kept(&mut self, tested: Vec<(Thing, Thing)>) -> Vec<Thing> {
        let kept = tested.into_iter().filter_map(|(item, result)| {
            let facts = result.knowledge().when_true?;
            Some(self.branch(facts, |this| this.settled(item)))
        });
        kept.collect()
    }

    /// What a pattern for file names selects.
    pub fn glob(&self, pattern: &str) -> Selection {
        match pattern.contains(['?', '[']) {
            true => Selection::SomeName,
            false => of_pattern(pattern),
        }
    }

    /// What `list.includes(thing)` tells.
    pub fn is_among(&self, list: &Thing, thing: &Thing) -> Knowledge {
        let names: Option<Vec<String>> = match list {
            Thing::Array(items) => items.inner.iter().map(Thing::known_text).collect(),
            _ => None,
        };
        match (names, thing.known_text()) {
            (Some(names), Some(name)) => Knowledge::constant(names.contains(&name)),
            (Some(names), None) => self.is_named(thing, Selection::Names(names)),
            (None, _) => self.is_named(thing, all_texts(list)),
        }
    }

    /// What `text.includes(part)`, `startsWith` or `endsWith` tells.
    pub fn is_part(&self, text: &Thing, method: &str, part: &Thing) -> Knowledge {
        match (text.known_text(), part.known_text()) {
            (Some(text), Some(part)) => Knowledge::constant(match method {
                "startsWith" => text.starts_with(&part),
                "endsWith" => text.ends_with(&part),
                _ => text.contains(&part),
            }),
            (None, Some(part)) => {
                let selection = of_pattern(&match method {
                    "startsWith" => format!("{part}*"),
                    "endsWith" => format!("*{part}"),
                    _ => format!("*{part}*"),
                });
                self.is_named(text, selection)
            }
            (_, None) => {
                // Which of the two is the name of an item?
                let is_name = |thing: &Thing| match thing {
                    Thing::Unknown(unknown) => unknown.tells() == Tells::Name || unknown.from_name,
                    _ => false,
                };
                let tested = if is_name(part) { part } else { text };
                self.is_named(tested, Selection::SomeName)
                    .and(self.is_named(text, Selection::SomeName))
            }
        }
    }
}

/// The names in a list of which only the items, not their number, are known.
fn all_texts(list: &Thing) -> Selection {
    let item = match list {
        Thing::Each(item) => &item.inner,
        _ => return Selection::SomeName,
    };
    let Thing::Text(value) = item else { return Selection::SomeName };
    let names = value.alternatives().iter().map(Word::text);
    let names: Option<Vec<String>> = names.map(|name| name.map(String::from)).collect();
    names.map_or(Selection::SomeName, Selection::Names)
}
