use super::{Problem, say};
use cel::Value;
use std::cmp::Ordering;

/// How two values stand to each other. Numbers of all kinds are compared exactly; what has no
/// order, or is not of one kind, is an error and never an answer.
pub fn order(left: &Value, right: &Value) -> Result<Ordering, Problem> {
    use Value::{Duration, Float, Int, String, Timestamp, UInt};
    let ordering = match (left, right) {
        (Int(a), Int(b)) => a.cmp(b),
        (UInt(a), UInt(b)) => a.cmp(b),
        (Int(a), UInt(b)) => i128::from(*a).cmp(&i128::from(*b)),
        (UInt(a), Int(b)) => i128::from(*a).cmp(&i128::from(*b)),
        (Float(a), Float(b)) => a.partial_cmp(b).ok_or_else(|| misfits(left, right))?,
        (Int(a), Float(b)) => {
            int_to_float(i128::from(*a), *b).ok_or_else(|| misfits(left, right))?
        }
        (UInt(a), Float(b)) => {
            int_to_float(i128::from(*a), *b).ok_or_else(|| misfits(left, right))?
        }
        (Float(_), Int(_) | UInt(_)) => order(right, left)?.reverse(),
        (String(a), String(b)) => a.cmp(b),
        (Duration(a), Duration(b)) => a.cmp(b),
        (Timestamp(a), Timestamp(b)) => a.cmp(b),
        _ => return Err(misfits(left, right)),
    };
    Ok(ordering)
}

/// Whether two values are the same. Lists and maps are compared by what is in them.
pub fn equal(left: &Value, right: &Value) -> Result<bool, Problem> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            a.iter().zip(b.iter()).try_fold(true, |same, (a, b)| Ok(equal_inside(a, b)? && same))
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.map.len() != b.map.len() {
                return Ok(false);
            }
            a.map.iter().try_fold(true, |same, (key, a)| {
                let b = b.map.get(key);
                Ok(b.map_or(Ok(false), |b| equal_inside(a, b))? && same)
            })
        }
        _ => order(left, right).map(Ordering::is_eq),
    }
}

/// Inside a list or a map, null is a value like any other.
fn equal_inside(left: &Value, right: &Value) -> Result<bool, Problem> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        _ => equal(left, right),
    }
}

/// Nothing for NaN, which stands nowhere.
fn int_to_float(int: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // Beyond these bounds every 64-bit whole number is on one side; within, the cast is exact.
    if float >= 2f64.powi(65) {
        return Some(Ordering::Less);
    }
    if float <= -(2f64.powi(65)) {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(int.cmp(&(whole as i128)).then(0.0_f64.total_cmp(&(float - whole + 0.0))))
}

fn misfits(left: &Value, right: &Value) -> Problem {
    let nan = |value: &Value| matches!(value, Value::Float(float) if float.is_nan());
    if nan(left) || nan(right) {
        return Problem("NaN is no number and cannot be compared".to_owned());
    }
    let mut message = format!(
        "{} is {} and cannot be compared with {}, which is {}",
        say::shown(left),
        say::kind_of(left),
        say::shown(right),
        say::kind_of(right)
    );
    if let (Value::Duration(_), other) | (other, Value::Duration(_)) = (left, right)
        && matches!(other, Value::Int(_) | Value::Float(_))
    {
        message.push_str("; a duration is written `duration(\"5s\")`");
    }
    Problem(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds_are_compared_exactly() {
        let (big, float) =
            (Value::Int(9_007_199_254_740_993), Value::Float(9_007_199_254_740_992.0));
        assert_eq!(order(&big, &float), Ok(Ordering::Greater));
        assert_eq!(order(&float, &big), Ok(Ordering::Less));
        for (int, float, expected) in [
            (1, 1.0, Ordering::Equal),
            (1, 1.9, Ordering::Less),
            (-1, -1.5, Ordering::Greater),
            (0, -0.0, Ordering::Equal),
            (0, -0.25, Ordering::Greater),
            (i64::MAX, f64::INFINITY, Ordering::Less),
            (i64::MIN, f64::NEG_INFINITY, Ordering::Greater),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
        ] {
            assert_eq!(
                order(&Value::Int(int), &Value::Float(float)),
                Ok(expected),
                "{int} {float}"
            );
        }
        assert_eq!(order(&Value::UInt(u64::MAX), &Value::Int(-1)), Ok(Ordering::Greater));
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let text = Value::from("5");
        for other in [Value::Int(5), Value::Null, Value::Bool(true), Value::Float(f64::NAN)] {
            assert!(order(&text, &other).is_err() && equal(&other, &text).is_err(), "{other:?}");
        }
        assert!(equal(&Value::Float(f64::NAN), &Value::Float(f64::NAN)).is_err());
        assert!(equal(&Value::Null, &Value::Null).is_err());
    }
}
