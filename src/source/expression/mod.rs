//! The expressions of workflows, `${{ … }}`. In come texts with expressions and the [`Contexts`]
//! that their names are looked up in; out go the texts with every expression filled in that the
//! workflow itself decides, once for each way in which it can come out.
//!
//! An expression is parsed (`syntax`) and evaluated in a `World`: one decision for every open
//! question, such as which row of the matrix it is, what a person typed as input, or whether a
//! condition on the event holds. So the same name has the same value everywhere in a script, and
//! evaluating is as plain as on a runner. What no world decides stays as it is written.

mod contexts;
mod evaluate;
mod fill;
mod functions;
mod matrix;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod world;

pub use contexts::{Contexts, PossibleValues, Setting, Settings};
pub use fill::Filled;
pub use matrix::Matrix;
pub use value::Value;

use std::ops::Range;

/// A `${{ }}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression<'t> {
    /// With the braces.
    pub range: Range<usize>,
    /// What stands between the braces, trimmed.
    pub inner: &'t str,
}

/// Longer expressions, in bytes, are no expressions; GitHub's own limit.
pub const MAX_LENGTH: usize = 21_000;

/// The expressions of a text, in order.
pub fn expressions(text: &str) -> impl Iterator<Item = Expression<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + memchr::memchr(b'$', &text.as_bytes()[from..])?;
            from = start + 1;
            if let Some(expression) = expression_at(text, start) {
                from = expression.range.end;
                return Some(expression);
            }
        }
    })
}

/// The expression that starts at a byte of a text, if one does.
pub fn expression_at(text: &str, start: usize) -> Option<Expression<'_>> {
    let rest = text.get(start..)?.strip_prefix("${{")?;
    let rest = &rest[..rest.floor_char_boundary(MAX_LENGTH)];
    let len = length(rest)?;
    Some(Expression { range: start..start + len + 5, inner: rest[..len].trim() })
}

impl Expression<'_> {
    /// Whether it is a plain name of which no workflow says anything, which most are: that can be
    /// told without parsing.
    pub fn is_for_the_run(&self) -> bool {
        let Some((context, name)) = self.inner.split_once('.') else { return false };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        matches!(context, "secrets" | "vars" | "github" | "runner")
            && name.chars().all(is_plain)
            && !name.to_ascii_lowercase().starts_with("event.inputs")
            && name != "action_path"
    }
}

/// Where the `}}` stands that ends an expression. One in a string does not, unless the string has
/// no end; and one that stands after another `${{` ends that.
fn length(inner: &str) -> Option<usize> {
    let mut in_string = false;
    for (at, byte) in inner.bytes().enumerate() {
        in_string ^= byte == b'\'';
        match inner.as_bytes()[at..] {
            [b'}', b'}', ..] if !in_string => return Some(at),
            [b'$', b'{', b'{', ..] if !in_string => return None,
            _ => {}
        }
    }
    inner.find("}}")
}
