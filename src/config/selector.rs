use std::collections::BTreeMap;

/// Which series of a metric are meant, as PromQL writes it: `name{label="value", other=~"a|b"}`.
#[derive(Clone, Debug)]
pub struct Selector {
    pub name: String,
    labels: Vec<Matcher>,
}

#[derive(Clone, Debug)]
struct Matcher {
    label: String,
    equal: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Pattern(regex::Regex),
}

impl Selector {
    /// Reads a selector; the error says what is wrong with it.
    pub fn parse(written: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            format!("{written:?} {what}; write a metric like queue_depth{{queue=\"sync\"}}")
        };
        let (name, labels) = match written.split_once('{') {
            None => (written, ""),
            Some((name, rest)) => {
                (name, rest.trim_end().strip_suffix('}').ok_or_else(|| wrong("does not end"))?)
            }
        };
        let name = name.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(is_name)
        {
            return Err(wrong("has no name of a metric"));
        }
        let mut matchers = Vec::new();
        let mut rest = labels.trim();
        while !rest.is_empty() {
            let at = rest.find(['=', '!']).ok_or_else(|| wrong("has a label without a value"))?;
            let (label, tail) = rest.split_at(at);
            let signs =
                [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)];
            let found = signs.iter().find_map(|(sign, equal, pattern)| {
                Some((tail.strip_prefix(sign)?, *equal, *pattern))
            });
            let (tail, equal, is_pattern) = found.ok_or_else(|| wrong("has an unknown sign"))?;
            let (text, tail) =
                quoted(tail.trim_start()).ok_or_else(|| wrong("has a value without quotes"))?;
            let value = if is_pattern {
                let pattern = regex::Regex::new(&format!("^(?:{text})$"));
                Value::Pattern(pattern.map_err(|_| wrong("has a pattern that is none"))?)
            } else {
                Value::Text(text)
            };
            matchers.push(Matcher { label: label.trim().to_owned(), equal, value });
            rest = tail.trim_start();
            if !rest.is_empty() {
                rest = rest.strip_prefix(',').ok_or_else(|| wrong("lacks a comma"))?.trim_start();
            }
        }
        Ok(Self { name: name.to_owned(), labels: matchers })
    }

    /// Whether a series is meant; a label that it lacks is an empty one.
    pub fn matches(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        self.name == name
            && self.labels.iter().all(|matcher| {
                let value = labels.get(&matcher.label).map_or("", String::as_str);
                let same = match &matcher.value {
                    Value::Text(text) => text == value,
                    Value::Pattern(pattern) => pattern.is_match(value),
                };
                same == matcher.equal
            })
    }
}

/// A text in double quotes at the start of `text`, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let (mut value, mut escaped) = (String::new(), false);
    for (at, character) in inside.char_indices() {
        match character {
            _ if escaped => {
                value.push(if character == 'n' { '\n' } else { character });
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, &inside[at + 1..])),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_are_compared_as_prometheus_does() {
        let series = labels(&[("queue", "a\"b"), ("code", "503")]);
        for (selector, expected) in [
            ("depth", true),
            ("other", false),
            (r#"depth{queue="a\"b"}"#, true),
            (r#"depth{code=~"5..", queue!="x",}"#, true),
            (r#"depth{code=~"5"}"#, false),
            (r#"depth{missing=""}"#, true),
            (r#"depth{code!~"5.."}"#, false),
        ] {
            let parsed = Selector::parse(selector).unwrap();
            assert_eq!(parsed.matches("depth", &series), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for wrong in ["", "1x", "a b", "a{", "a{b}", "a{b=c}", r#"a{b="c" d="e"}"#, r#"a{b=~"["}"#]
        {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
