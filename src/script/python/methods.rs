//! Methods that JavaScript has not, or that are called otherwise there.

use super::library::words;
use crate::{
    invocation::Word,
    script::evaluator::{Evaluator, Runs, Thing, code::Span},
};

/// The name that JavaScript gives to a method.
pub fn name_in_javascript(name: &str) -> &str {
    match name {
        "startswith" => "startsWith",
        "endswith" => "endsWith",
        "strip" => "trim",
        "rstrip" => "trimEnd",
        "lstrip" => "trimStart",
        "lower" | "casefold" => "toLowerCase",
        "upper" => "toUpperCase",
        "append" | "insert" => "push",
        "find" | "index" => "indexOf",
        "decode" | "encode" | "copy" | "resolve" | "absolute" | "as_posix" | "expanduser" => {
            "toString"
        }
        // Names of JavaScript's methods that mean something else here.
        "some" | "every" | "map" | "on" | "then" | "catch" | "call" | "apply" => "",
        name => name,
    }
}

/// What a method gives, if it is one of Python's own.
pub fn call(
    evaluator: &mut Evaluator<'_>,
    receiver: &Thing,
    method: &str,
    arguments: &[Thing],
    at: Span,
) -> Option<Thing> {
    Some(match (receiver, method, arguments) {
        (Thing::Text(by), "join", [list]) => match list {
            Thing::Array(items) => {
                let by = by.alternatives().first().cloned().unwrap_or_else(Word::default);
                Thing::Text(evaluator.joined(&items.inner, &by, at))
            }
            Thing::Each(item) => item.inner.clone(),
            list => list.clone(),
        },
        (Thing::Text(_), "format", _) => evaluator.format_braces(receiver, arguments, at),
        (Thing::Text(text), "split", []) => words(text)?,
        (Thing::Text(_), "unlink", _) => {
            let path = std::slice::from_ref(receiver);
            evaluator.run_command("pathlib.unlink", Runs::Argument(&["rm"]), path, None, at)
        }
        (Thing::Text(_), "rmdir", _) => {
            let path = std::slice::from_ref(receiver);
            evaluator.run_command("pathlib.rmdir", Runs::Argument(&["rmdir"]), path, None, at)
        }
        (Thing::Text(_), "joinpath", _) => {
            let parts: Vec<Thing> = [receiver].into_iter().chain(arguments).cloned().collect();
            evaluator.path_of(&parts, at)
        }
        (Thing::Object(fields), "get", [key, rest @ ..]) => {
            let held = key.known_text().map(|key| fields.inner.get(&key).cloned());
            match (held, rest) {
                (Some(Some(held)), _) => held,
                (Some(None), [default, ..]) => default.clone(),
                (Some(None), []) => Thing::Undefined,
                (None, _) => evaluator.index_unknown(receiver, "", at),
            }
        }
        (Thing::Unknown(_), "get", [key, ..]) => {
            let key = key.known_text()?;
            evaluator.member(receiver, &key, at)
        }
        (Thing::Object(_), "items", []) => evaluator.parts_of_object(Some(receiver), "entries", at),
        (Thing::Object(_), "keys" | "values", []) => {
            evaluator.parts_of_object(Some(receiver), method, at)
        }
        (Thing::Regex { .. }, "match" | "search" | "fullmatch", [text]) => {
            Thing::Test(evaluator.matches(receiver, text))
        }
        _ => return None,
    })
}
