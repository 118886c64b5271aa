//! The functions of the expression language.

use super::{Value, evaluate::MAX_TEXT, world::World};

impl World<'_> {
    /// What a function gives; nothing if it is not known, or only a run decides.
    pub(super) fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Value> {
        let is_known = arguments.iter().all(Value::is_known);
        match (name, arguments) {
            ("always", []) => Some(Value::Bool(true)),
            ("contains" | "startswith" | "endswith", [text, part]) if is_known => {
                Some(Value::Bool(finds(name, text, part)))
            }
            ("contains" | "startswith" | "endswith", [text, part]) => {
                self.decide_truth(&format!("{name}({text}, {part})")).map(Value::Bool)
            }
            ("success" | "failure" | "cancelled", []) => self.decide_truth(name).map(Value::Bool),
            ("format", [format, values @ ..]) if format.is_known() => {
                let filled = fill(&format.to_string(), values)?;
                Some(if is_known { Value::String(filled) } else { Value::Unknown(filled) })
            }
            ("join", [list]) => join(list, ","),
            ("join", [list, separator]) if separator.is_known() => {
                join(list, &separator.to_string())
            }
            ("tojson", [value]) if is_known => Some(Value::String(value.to_json())),
            ("fromjson", [text]) if is_known => Value::of_json(&text.to_string()),
            _ => None,
        }
    }
}

/// `contains`, `startsWith` and `endsWith`, without regard to case.
fn finds(function: &str, text: &Value, part: &Value) -> bool {
    if let (Value::Array(items), "contains") = (text, function) {
        return items.iter().any(|item| item.equals(part));
    }
    let (text, part) = (text.to_string().to_uppercase(), part.to_string().to_uppercase());
    match function {
        "contains" => text.contains(&part),
        "startswith" => text.starts_with(&part),
        _ => text.ends_with(&part),
    }
}

/// `format('{0} and {{braces}}', value)`; nothing if the format is none.
fn fill(format: &str, values: &[Value]) -> Option<String> {
    let mut filled = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        rest = if let Some(after) = after.strip_prefix(brace) {
            filled.push_str(brace);
            after
        } else if brace == "{" {
            let (number, after) = after.split_once('}')?;
            filled.push_str(&values.get(number.parse::<usize>().ok()?)?.to_string());
            after
        } else {
            return None;
        };
        if filled.len() > MAX_TEXT {
            return None;
        }
    }
    filled.push_str(rest);
    Some(filled)
}

fn join(list: &Value, separator: &str) -> Option<Value> {
    let items = match list {
        Value::Array(items) => items.as_slice(),
        Value::Unknown(_) => return None,
        one => std::slice::from_ref(one),
    };
    let texts: Vec<String> = items.iter().map(Value::to_string).collect();
    let joined = texts.join(separator);
    Some(if list.is_known() { Value::String(joined) } else { Value::Unknown(joined) })
}
