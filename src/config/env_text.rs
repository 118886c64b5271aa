use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A text of `tagout.yml` in which `${env:NAME}` stands for a variable of the environment. It is
/// filled in only when it is used, and what is filled in is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvText {
    written: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

const OPEN: &str = "${env:";

impl EnvText {
    /// Reads a text; the error says what is wrong with a placeholder.
    pub fn parse(written: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            let Some(name) = name else {
                return Err(format!("`{OPEN}` in {written:?} needs a variable's name and a `}}`"));
            };
            parts.extend((!before.is_empty()).then(|| Part::Text(before.to_owned())));
            parts.push(Part::Variable(name.to_owned()));
            rest = &after[name.len() + 1..];
        }
        parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
        Ok(Self { written: written.to_owned(), parts })
    }

    /// As it stands in the file, with its placeholders.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// Whether it is the same in every environment.
    pub fn is_constant(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The variables that it needs.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every variable filled in by `value_of`; the error names one that is not set.
    pub fn fill(&self, value_of: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        self.parts.iter().try_fold(String::new(), |text, part| match part {
            Part::Text(part) => Ok(text + part),
            Part::Variable(name) => value_of(name)
                .map(|value| text + &value)
                .ok_or_else(|| format!("the environment variable {name} is not set")),
        })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl fmt::Debug for EnvText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.written, f)
    }
}

impl<'de> Deserialize<'de> for EnvText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        Self::parse(&written).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_a_missing_one_is_named() {
        let text = EnvText::parse("postgres://${env:USER}:${env:PASSWORD}@db").unwrap();
        let value_of = |name: &str| (name == "USER").then(|| "me".to_owned());
        assert_eq!(
            text.fill(value_of),
            Err("the environment variable PASSWORD is not set".to_owned())
        );
        let text = EnvText::parse("a ${env:USER}$${x}").unwrap();
        assert_eq!(text.fill(value_of).as_deref(), Ok("a me$${x}"));
    }

    #[test]
    fn a_broken_placeholder_is_an_error() {
        for wrong in ["${env:}", "${env:A", "x ${env:A B}"] {
            assert!(EnvText::parse(wrong).is_err(), "{wrong}");
        }
    }
}
