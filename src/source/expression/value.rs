use indexmap::IndexMap;
use std::{cmp::Ordering, fmt};

/// What an expression comes to in one world.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    Object(IndexMap<String, Value>),
    /// Text with `${{ … }}` in it, which only a run decides.
    Unknown(String),
}

impl Value {
    /// The unknown value of an expression.
    pub fn unknown(expression: &str) -> Self {
        Self::Unknown(format!("${{{{ {expression} }}}}"))
    }

    /// Text as it is written in a workflow, which may hold expressions.
    pub fn template(text: impl Into<String>) -> Self {
        let text = text.into();
        let is_open = super::expressions(&text).next().is_some();
        if is_open { Self::Unknown(text) } else { Self::String(text) }
    }

    /// Whether nothing in it is left to a run.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Array(items) => items.iter().all(Self::is_known),
            Self::Object(entries) => entries.values().all(Self::is_known),
            _ => true,
        }
    }

    /// Whether it counts as true; nothing if only a run decides.
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::String(text) => !text.is_empty(),
            Self::Array(_) | Self::Object(_) => true,
            Self::Unknown(_) => return None,
        })
    }

    /// As a number; what is none is NaN.
    pub fn number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Number(number) => *number,
            Self::String(text) => parse_number(text),
            Self::Array(_) | Self::Object(_) | Self::Unknown(_) => f64::NAN,
        }
    }

    /// `==`: values of two types are compared as numbers, text without regard to case.
    pub fn equals(&self, other: &Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    /// `<`, `==` and `>`; nothing where none of them holds.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::String(left), Self::String(right)) => {
                Some(left.to_uppercase().cmp(&right.to_uppercase()))
            }
            _ => self.number().partial_cmp(&other.number()),
        }
    }

    /// `a.name` or `a['name']`: the entry of an object or the item of an array, else null.
    pub fn part(&self, key: &Self) -> Self {
        let part = match self {
            Self::Array(items) => index(key).and_then(|index| items.get(index)),
            Self::Object(entries) => {
                let name = key.to_string();
                let same = |entry: &(&String, &Self)| entry.0.eq_ignore_ascii_case(&name);
                let exact = entries.get(&name);
                exact.or_else(|| entries.iter().find(same).map(|(_, value)| value))
            }
            _ => None,
        };
        part.cloned().unwrap_or(Self::Null)
    }

    /// The value that JSON text says.
    pub fn of_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self::of_json_value)
    }

    fn of_json_value(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::of_json_value).collect()),
            Json::Object(entries) => {
                let known =
                    entries.into_iter().map(|(key, value)| (key, Self::of_json_value(value)));
                Self::Object(known.collect())
            }
        }
    }

    /// As JSON text over several lines, as `toJSON` writes it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.json_value()).unwrap_or_default()
    }

    fn json_value(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Json::from(*number as i64)
            }
            Self::Number(number) => Json::from(*number),
            Self::String(text) | Self::Unknown(text) => Json::String(text.clone()),
            Self::Array(items) => items.iter().map(Self::json_value).collect(),
            Self::Object(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.json_value())).collect()
            }
        }
    }
}

/// As it is filled into a text.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(&shown_number(*number)),
            Self::String(text) | Self::Unknown(text) => f.write_str(text),
            Self::Array(_) => f.write_str("Array"),
            Self::Object(_) => f.write_str("Object"),
        }
    }
}

fn index(key: &Value) -> Option<usize> {
    let number = key.number();
    (number >= 0.0 && number <= f64::from(i32::MAX)).then_some(number as usize)
}

/// Text as a number: decimal, `0x` or `0o`; blank text is 0.
pub(super) fn parse_number(text: &str) -> f64 {
    let text = text.trim();
    let radix = |digits: &str, radix| {
        // As the runner's 32 bits have it.
        u32::from_str_radix(digits, radix).map_or(f64::NAN, |number| f64::from(number as i32))
    };
    match text {
        "" => 0.0,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.starts_with("0x") => radix(&text[2..], 16),
        _ if text.starts_with("0o") => radix(&text[2..], 8),
        // Rust also reads `inf` and `nan`.
        _ if text.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) => f64::NAN,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// With at most 15 significant digits, as the runner writes it.
fn shown_number(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        return match number {
            f64::INFINITY => "Infinity".to_owned(),
            f64::NEG_INFINITY => "-Infinity".to_owned(),
            _ if number.is_nan() => "NaN".to_owned(),
            _ => "0".to_owned(),
        };
    }
    let scientific = format!("{number:.14e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-5..15).contains(&exponent) {
        let decimals = usize::try_from(14 - exponent).unwrap_or(0);
        return trimmed(&format!("{number:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}E{sign}{:02}", trimmed(digits), exponent.abs())
}
