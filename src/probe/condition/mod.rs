//! Conditions, made strict. In come a condition and what an attempt measured; out comes a
//! [`Verdict`]. CEL by itself lets `||` swallow an error, calls null unequal to everything, and
//! finds that `all` holds of an empty list; here each of these is [`Verdict::Unclear`], because a
//! check that passes on nothing is worse than none.
//!
//! - Both sides of `&&` and `||` are evaluated. Only what `has(path)` guards is left out:
//!   `has(json.x) && json.x > 1`; and `a ? b : c` evaluates what it chooses.
//! - What is missing, null, NaN, or of another kind than what it is compared with is an error.
//!   Only `x == null` asks for null, and only `x == ""` and `size(x)` ask for emptiness.
//! - `all`, `exists`, `map`, `filter` and `in` over an empty list are errors.

mod arithmetic;
mod compare;
mod evaluate;
mod say;
mod series;
mod tree;

use super::Facts;
use crate::config::Condition;
use cel::Value;
use evaluate::Evaluator;

/// What became of a condition.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// It does not hold; with the values that it saw, if there are any to show.
    Fails(String),
    /// It cannot be answered, for this reason.
    Unclear(String),
}

/// Why something cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem(String);

/// Evaluates one condition.
pub fn judge(condition: &Condition, facts: &Facts) -> Verdict {
    let mut evaluator = Evaluator::new(facts);
    match evaluator.value(&condition.expression) {
        Ok(Value::Bool(true)) => Verdict::Holds,
        Ok(Value::Bool(false)) => Verdict::Fails(evaluator.seen()),
        Ok(other) => Verdict::Unclear(format!(
            "it gives {}, which is {} and not an answer",
            say::shown(&other),
            say::kind_of(&other)
        )),
        Err(Problem(reason)) => Verdict::Unclear(reason),
    }
}

/// What an expression gives, strictly; or why it cannot be said.
pub fn value(condition: &Condition, facts: &Facts) -> Result<Value, String> {
    let value = Evaluator::new(facts).value(&condition.expression);
    match value.map_err(|Problem(reason)| reason)? {
        Value::Null => Err(format!("{} is null", condition.source)),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests;
