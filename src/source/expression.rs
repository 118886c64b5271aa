use super::{Script, Text};
use std::ops::Range;

/// A `${{ }}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression<'t> {
    /// With the braces.
    pub range: Range<usize>,
    /// What stands between the braces, trimmed.
    pub inner: &'t str,
}

/// What an expression can come to.
#[derive(Clone, Debug, Default)]
pub struct PossibleValues {
    pub texts: Vec<Text>,
    /// It can also be something else.
    pub others: bool,
}

/// More ways to fill a text in than this are not tried.
const MAX_ALTERNATIVES: usize = 16;

/// The expressions of a text, in order.
pub fn expressions(text: &str) -> impl Iterator<Item = Expression<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find("${{")?;
        let len = text[start..].find("}}")? + 2;
        from = start + len;
        Some(Expression { range: start..from, inner: text[start + 3..from - 2].trim() })
    })
}

impl Script {
    /// The text with its known expressions filled in, in every way; at least one text. Where an
    /// expression can be something else too, one of the ways leaves it as it is, and all do where
    /// there are too many ways. What is filled in counts as written at its expression.
    pub fn alternatives(&self) -> Vec<Text> {
        let mut ways: Vec<Vec<(&str, &Text)>> = vec![Vec::new()];
        for (name, values) in &self.expressions {
            let choices = values.texts.len() + usize::from(values.others);
            if choices == 0 || ways.len() * choices > MAX_ALTERNATIVES {
                continue;
            }
            let mut more = if values.others { ways.clone() } else { Vec::new() };
            for value in &values.texts {
                more.extend(ways.iter().map(|way| [&way[..], &[(name.as_str(), value)]].concat()));
            }
            ways = more;
        }
        ways.iter().map(|way| self.filled_in(way)).collect()
    }

    fn filled_in(&self, values: &[(&str, &Text)]) -> Text {
        if values.is_empty() {
            return self.text.clone();
        }
        let mut filled = Text::default();
        let mut at = 0;
        for Expression { range, inner } in expressions(self.text.as_str()) {
            if let Some((_, value)) = values.iter().find(|(name, _)| *name == inner) {
                filled.push(&self.text.slice(at..range.start));
                let written = self.text.locate(range.clone());
                filled.push_made_up(value.as_str(), written.as_ref());
                at = range.end;
            }
        }
        filled.push(&self.text.slice(at..self.text.len()));
        filled
    }
}
