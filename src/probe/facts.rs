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
            return self.set_absent(name, TOO_LONG);
        }
        let text = String::from_utf8_lossy(&read.bytes);
        self.set_text(name, text.trim_end_matches(['\r', '\n']));
    }

    /// The same, and what it is as `json`.
    pub fn set_text_and_json(&mut self, name: &'static str, read: &Bounded) {
        self.set_text_of(name, read);
        if read.cut {
            return self.set_absent("json", TOO_LONG);
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
}

/// How much of a body or of an output is kept, in bytes.
const LIMIT: usize = 1 << 20;
const TOO_LONG: &str = "it is longer than 1 MiB";

/// What was read of something that may have no end.
#[derive(Debug, Default)]
pub struct Bounded {
    pub bytes: Vec<u8>,
    /// There was more.
    pub cut: bool,
}

impl Bounded {
    /// Takes in more, as far as there is room.
    pub fn push(&mut self, more: &[u8]) {
        let room = LIMIT - self.bytes.len();
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
        Json::Object(object) => {
            let entries = object.into_iter().map(|(key, value)| (key.into(), of_json(value)));
            Value::Map(Map { map: Arc::new(entries.collect()) })
        }
    }
}
