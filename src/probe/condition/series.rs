use super::{Problem, compare::order, say};
use cel::Value;

/// Functions of one list, which CEL does not have or has otherwise.
pub const FUNCTIONS: &[&str] =
    &["max", "min", "sum", "avg", "median", "p95", "first", "last", "slope"];

/// What a list comes to; it is not empty. `times` are those of `samples`, in seconds.
pub fn of(function: &str, items: &[Value], times: &[f64]) -> Result<Value, Problem> {
    let (Some(first), Some(last)) = (items.first(), items.last()) else {
        return Err(Problem("it is empty".to_owned()));
    };
    if let Some(at) = items.iter().position(|item| matches!(item, Value::Null)) {
        return Err(Problem(format!("[{at}] is null")));
    }
    match function {
        "first" => Ok(first.clone()),
        "last" => Ok(last.clone()),
        "max" | "min" | "median" | "p95" => {
            let sorted = sorted(items)?;
            let at = match function {
                "min" => 0,
                "max" => sorted.len() - 1,
                // The smallest that so many percent do not exceed.
                "median" => rank(50, sorted.len()),
                _ => rank(95, sorted.len()),
            };
            Ok(sorted[at].clone())
        }
        "slope" => slope(&numbers(items)?.0, times),
        _ => {
            let (numbers, unit) = numbers(items)?;
            let sum: f64 = numbers.iter().sum();
            let whole = |item: &Value| match item {
                Value::Int(int) => Some(*int),
                _ => None,
            };
            match (function, unit) {
                ("sum", Unit::Number) => {
                    let exact =
                        items.iter().try_fold(0i64, |sum, item| sum.checked_add(whole(item)?));
                    Ok(exact.map_or(Value::Float(sum), Value::Int))
                }
                (_, Unit::Number) => Ok(Value::Float(sum / numbers.len() as f64)),
                ("sum", Unit::Seconds) => seconds(sum),
                (_, Unit::Seconds) => seconds(sum / numbers.len() as f64),
            }
        }
    }
}

fn rank(percent: usize, len: usize) -> usize {
    (len * percent).div_ceil(100).max(1) - 1
}

fn sorted(items: &[Value]) -> Result<Vec<Value>, Problem> {
    // What compares with the first compares with all; itself it compares with unless it is NaN.
    for item in items {
        order(item, item)?;
        order(&items[0], item)?;
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(|a, b| order(a, b).unwrap_or(std::cmp::Ordering::Equal));
    Ok(sorted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Number,
    Seconds,
}

fn numbers(items: &[Value]) -> Result<(Vec<f64>, Unit), Problem> {
    let mut unit = None;
    let mut numbers = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let (number, its) = match item {
            Value::Int(int) => (*int as f64, Unit::Number),
            Value::UInt(uint) => (*uint as f64, Unit::Number),
            Value::Float(float) if float.is_finite() => (*float, Unit::Number),
            Value::Duration(time) => (time.as_seconds_f64(), Unit::Seconds),
            other => {
                let (shown, kind) = (say::shown(other), say::kind_of(other));
                return Err(Problem(format!(
                    "[{at}] is {shown}, which is {kind} and cannot be added"
                )));
            }
        };
        if unit.is_some_and(|unit| unit != its) {
            return Err(Problem("it has numbers and durations".to_owned()));
        }
        unit = Some(its);
        numbers.push(number);
    }
    Ok((numbers, unit.unwrap_or(Unit::Number)))
}

fn seconds(seconds: f64) -> Result<Value, Problem> {
    let micros = seconds * 1e6;
    let fits = micros.is_finite() && micros.abs() < i64::MAX as f64;
    let value = fits.then(|| Value::Duration(chrono::Duration::microseconds(micros as i64)));
    value.ok_or_else(|| Problem("it is too large".to_owned()))
}

/// How fast the values grow in a second: the slope of the line that fits them best.
fn slope(values: &[f64], times: &[f64]) -> Result<Value, Problem> {
    let count = values.len() as f64;
    if values.len() < 2 || times.len() != values.len() {
        return Err(Problem("a slope needs two samples at least".to_owned()));
    }
    let (mean_time, mean) = (times.iter().sum::<f64>() / count, values.iter().sum::<f64>() / count);
    let pairs = || times.iter().zip(values);
    let along: f64 = pairs().map(|(time, value)| (time - mean_time) * (value - mean)).sum();
    let spread: f64 = times.iter().map(|time| (time - mean_time).powi(2)).sum();
    let slope = along / spread;
    if slope.is_finite() {
        Ok(Value::Float(slope))
    } else {
        Err(Problem("the samples have no times of their own".to_owned()))
    }
}
