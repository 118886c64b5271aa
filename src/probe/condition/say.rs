use cel::{Value, objects::Key};

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

/// A number of bytes as people say it; nothing for what is no number.
pub fn size(value: &Value) -> Option<String> {
    let bytes = match value {
        Value::Int(bytes) => *bytes as f64,
        Value::UInt(bytes) => *bytes as f64,
        Value::Float(bytes) => *bytes,
        _ => return None,
    };
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut shown = format!("{bytes} bytes");
    for (power, unit) in (1..).zip(units) {
        let scaled = bytes / 1024f64.powi(power);
        if scaled.abs() >= 1.0 {
            shown = format!("{scaled:.1} {unit}");
        }
    }
    Some(shown)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn duration(value: &chrono::Duration) -> String {
    let seconds = value.num_milliseconds() as f64 / 1000.0;
    let whole = value.num_seconds().abs();
    if whole >= 120 {
        let sign = if value.num_seconds() < 0 { "-" } else { "" };
        let parts = [
            (whole / 86400, "d"),
            (whole / 3600 % 24, "h"),
            (whole / 60 % 60, "m"),
            (whole % 60, "s"),
        ];
        // The largest and the one below it say enough.
        let parts = parts.iter().skip_while(|(count, _)| *count == 0).take(2);
        let parts = parts.filter(|(count, _)| *count > 0);
        return format!(
            "{sign}{}",
            parts.map(|(count, unit)| format!("{count}{unit}")).collect::<String>()
        );
    }
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
