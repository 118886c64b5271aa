use cel::{
    IdedExpr, Value,
    common::ast::{Expr, LiteralValue, operators},
    objects::Key,
};

/// The longest value that a message shows, in characters.
const LONGEST: usize = 80;

/// A value as a message shows it.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Duration(value) => duration(value),
        Value::Timestamp(value) => value.to_rfc3339(),
        Value::List(list) if list.is_empty() => "[]".to_owned(),
        Value::List(list) => {
            let items: Vec<String> = list.iter().take(LONGEST).map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let mut keys: Vec<String> = map.map.keys().map(ToString::to_string).collect();
            keys.sort();
            let pairs: Vec<String> = keys
                .iter()
                .take(LONGEST)
                .filter_map(|key| {
                    Some(format!("{key}: {}", shown(map.map.get(&Key::from(key.as_str()))?)))
                })
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::String(text) => {
            // Enough to see that it is longer.
            let start: String = text.chars().take(LONGEST + 1).collect();
            format!("{start:?}")
        }
        other => format!("{} that cannot be shown", kind_of(other)),
    };
    shortened(&text)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn duration(value: &chrono::Duration) -> String {
    let seconds = value.num_milliseconds() as f64 / 1000.0;
    match value.num_microseconds() {
        Some(micros) if micros.abs() < 1_000_000 => format!("{}ms", micros as f64 / 1000.0),
        _ => format!("{seconds}s"),
    }
}

/// What a value is, for people.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::String(_) => "a text",
        Value::Duration(_) => "a duration",
        Value::Timestamp(_) => "a time",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        _ => "a value",
    }
}

/// An expression as people would write it; what stands for an element of a list is written by
/// `name`.
pub fn spelled(expression: &IdedExpr, name: &dyn Fn(&str) -> String) -> String {
    let part = |expression: &IdedExpr| spelled(expression, name);
    match &expression.expr {
        Expr::Ident(ident) => name(ident),
        Expr::Literal(literal) => match literal {
            LiteralValue::Boolean(value) => value.inner().to_string(),
            LiteralValue::Int(value) => value.inner().to_string(),
            LiteralValue::UInt(value) => format!("{}u", value.inner()),
            LiteralValue::Double(value) => value.inner().to_string(),
            LiteralValue::String(value) => format!("{:?}", value.inner()),
            LiteralValue::Bytes(_) => "b\"…\"".to_owned(),
            LiteralValue::Null => "null".to_owned(),
        },
        Expr::Select(select) if select.test => {
            format!("has({}.{})", part(&select.operand), select.field)
        }
        Expr::Select(select) => format!("{}.{}", part(&select.operand), select.field),
        Expr::Call(call) => {
            let args: Vec<String> = call.args.iter().map(part).collect();
            match (call.func_name.as_str(), args.as_slice(), &call.target) {
                (operators::INDEX, [list, index], _) => format!("{list}[{index}]"),
                (operators::CONDITIONAL, [test, yes, no], _) => format!("{test} ? {yes} : {no}"),
                (operators::IN, [left, right], _) => format!("{left} in {right}"),
                (operator, [left, right], None) if operator.starts_with('_') => {
                    format!("{left} {} {right}", operator.trim_matches('_'))
                }
                (operator, [operand], None) if operator.ends_with('_') => {
                    format!("{}{operand}", operator.trim_matches('_'))
                }
                (function, _, Some(target)) => {
                    format!("{}.{function}({})", part(target), args.join(", "))
                }
                (function, _, None) => format!("{function}({})", args.join(", ")),
            }
        }
        Expr::List(list) => {
            let items: Vec<String> = list.elements.iter().map(part).collect();
            format!("[{}]", items.join(", "))
        }
        Expr::Comprehension(loop_) => format!("{}.…", part(&loop_.iter_range)),
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => "{…}".to_owned(),
    }
}

/// Whether it is a name with fields and indexes: `a.b[0].c`.
pub fn is_path(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_path(&select.operand),
        Expr::Call(call) => {
            call.func_name == operators::INDEX && call.args.first().is_some_and(is_path)
        }
        _ => false,
    }
}
