use cel::{Value, objects::Map};
use indexmap::IndexMap;
use std::{sync::Arc, time::Duration};

/// What one attempt measured, by the names that conditions use.
#[derive(Debug, Default)]
pub struct Facts {
    values: IndexMap<&'static str, Fact>,
    /// How long the measured thing took, without what tagout itself did.
    pub latency: Duration,
    /// What else is good to know when a condition does not hold.
    pub note: Option<String>,
    /// Values that must never be printed, by what to print instead.
    pub secrets: Vec<(String, String)>,
    /// When each of `samples` was measured, in seconds from the first on.
    pub sample_times: Vec<f64>,
}

/// One thing that was measured, or was not.
#[derive(Clone, Debug)]
pub enum Fact {
    Known(Value),
    /// A text of no length: a condition may say that it wants just this, and nothing else.
    Empty,
    /// Not there, for this reason; a condition that asks for it is an error.
    Absent(String),
}

impl Facts {
    /// The facts of an attempt that took this long; conditions know that as `latency`.
    pub fn after(latency: Duration) -> Self {
        let mut facts = Self { latency, ..Self::default() };
        facts.set("latency", duration(latency));
        facts
    }

    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.insert(name, Fact::Known(value.into()));
    }

    pub fn set_text(&mut self, name: &'static str, text: &str) {
        let fact = if text.is_empty() { Fact::Empty } else { Fact::Known(text.into()) };
        self.values.insert(name, fact);
    }

    pub fn set_absent(&mut self, name: &'static str, reason: impl Into<String>) {
        self.values.insert(name, Fact::Absent(reason.into()));
    }

    /// Sets a text that was read up to a limit; the line break at its end is no part of it.
    pub fn set_text_of(&mut self, name: &'static str, read: &Bounded) {
        if read.cut {
            return self.set_absent(name, read.too_long());
        }
        let text = String::from_utf8_lossy(&read.bytes);
        self.set_text(name, text.trim_end_matches(['\r', '\n']));
    }

    /// The same, and what it is as `json`.
    pub fn set_text_and_json(&mut self, name: &'static str, read: &Bounded) {
        self.set_text_of(name, read);
        if read.cut {
            return self.set_absent("json", read.too_long());
        }
        if read.bytes.iter().all(u8::is_ascii_whitespace) {
            return self.set_absent("json", format!("the {name} is empty"));
        }
        match serde_json::from_slice(&read.bytes) {
            Ok(json) => self.set("json", of_json(json)),
            Err(cause) => self.set_absent("json", format!("the {name} is not JSON: {cause}")),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Fact> {
        self.values.get(name)
    }

    /// What is known of `names`, as it is kept in a snapshot.
    pub fn kept(&self, names: &[&'static str]) -> Kept {
        let known = names.iter().filter_map(|name| match self.values.get(name)? {
            Fact::Known(value) => Some(((*name).to_owned(), to_json(value)?)),
            Fact::Empty => Some(((*name).to_owned(), "".into())),
            Fact::Absent(_) => None,
        });
        known.collect()
    }
}

/// Facts of one probe as a snapshot keeps them.
pub type Kept = serde_json::Map<String, serde_json::Value>;

/// JSON has no durations and times; they are written as objects with one of these keys.
const DURATION: &str = "@microseconds";
const TIME: &str = "@time";

/// A value as JSON from which [`from_kept`] makes the same value again.
fn to_json(value: &Value) -> Option<serde_json::Value> {
    use serde_json::{Value as Json, json};
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::UInt(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(text) => json!(text.as_str()),
        Value::Duration(time) => json!({ DURATION: time.num_microseconds()? }),
        Value::Timestamp(time) => json!({ TIME: time.to_rfc3339() }),
        Value::List(list) => Json::Array(list.iter().map(to_json).collect::<Option<_>>()?),
        Value::Map(map) => {
            let pairs = map.map.iter().map(|(key, value)| Some((key.to_string(), to_json(value)?)));
            Json::Object(pairs.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// What a snapshot has kept, as conditions know it.
pub fn from_kept(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Object(object) => {
            if let Some(micros) = object.get(DURATION).and_then(Json::as_i64) {
                return Value::Duration(chrono::Duration::microseconds(micros));
            }
            let time = object.get(TIME).and_then(Json::as_str);
            if let Some(time) = time.and_then(|t| chrono::DateTime::parse_from_rfc3339(t).ok()) {
                return Value::Timestamp(time);
            }
            map(object.into_iter().map(|(key, value)| (key, from_kept(value))))
        }
        Json::Array(list) => Value::List(Arc::new(list.into_iter().map(from_kept).collect())),
        other => of_json(other),
    }
}

/// A map as conditions know it.
pub fn map(entries: impl IntoIterator<Item = (impl Into<cel::objects::Key>, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(Map { map: Arc::new(entries.collect()) })
}

/// A list as conditions know it.
pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(Arc::new(items.into_iter().collect()))
}

/// A time as conditions know it.
pub fn time(at: jiff::Timestamp) -> Value {
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    chrono::DateTime::from_timestamp(at.as_second(), nanos)
        .map_or(Value::Null, |time| Value::Timestamp(time.fixed_offset()))
}

/// A whole number as conditions know it; one that is too large for them is as large as can be.
pub fn whole(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// How much of a body or of an output is kept, in bytes.
const LIMIT: usize = 1 << 20;

/// What was read of something that may have no end.
#[derive(Debug)]
pub struct Bounded {
    pub bytes: Vec<u8>,
    /// There was more.
    pub cut: bool,
    limit: usize,
}

impl Default for Bounded {
    fn default() -> Self {
        Self::up_to(LIMIT)
    }
}

impl Bounded {
    /// Keeps so many bytes.
    pub fn up_to(limit: usize) -> Self {
        Self { bytes: Vec::new(), cut: false, limit }
    }

    /// What to say of what was cut.
    fn too_long(&self) -> String {
        match self.limit >> 20 {
            0 => format!("it is longer than {} KiB", self.limit >> 10),
            mega => format!("it is longer than {mega} MiB"),
        }
    }

    /// Takes in more, as far as there is room.
    pub fn push(&mut self, more: &[u8]) {
        let room = self.limit - self.bytes.len();
        self.cut |= more.len() > room;
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
    }
}

/// A length of time as conditions know it.
pub fn duration(time: Duration) -> Value {
    Value::Duration(chrono::Duration::from_std(time).unwrap_or(chrono::Duration::MAX))
}

/// JSON as conditions know it: whole numbers are ints, so that `json.n / 2` works.
pub fn of_json(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::UInt(uint),
            // A number that is none of the three does not exist in JSON.
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Arc::new(text)),
        Json::Array(list) => Value::List(Arc::new(list.into_iter().map(of_json).collect())),
        Json::Object(object) => map(object.into_iter().map(|(key, value)| (key, of_json(value)))),
    }
}
