use cel::{Value, common::ast::operators};

/// What CEL leaves out: whole numbers with floating ones, and durations with numbers.
pub fn arithmetic(operator: &str, values: &[Value]) -> Option<Value> {
    let [left, right] = values else { return None };
    let float = |value: &Value| match value {
        Value::Int(int) => Some(*int as f64),
        Value::UInt(uint) => Some(*uint as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    };
    let scaled = |time: &chrono::Duration, factor: f64| {
        let micros = time.num_microseconds()? as f64 * factor;
        let fits = micros.is_finite() && micros.abs() < i64::MAX as f64;
        fits.then(|| Value::Duration(chrono::Duration::microseconds(micros as i64)))
    };
    match (operator, left, right) {
        (operators::MULTIPLY, Value::Duration(time), factor)
        | (operators::MULTIPLY, factor, Value::Duration(time)) => scaled(time, float(factor)?),
        (operators::DIVIDE, Value::Duration(time), divisor) => scaled(time, 1.0 / float(divisor)?),
        (_, Value::Float(_), Value::Int(_) | Value::UInt(_))
        | (_, Value::Int(_) | Value::UInt(_), Value::Float(_)) => {
            let (left, right) = (float(left)?, float(right)?);
            let result = match operator {
                operators::ADD => left + right,
                operators::SUBSTRACT => left - right,
                operators::MULTIPLY => left * right,
                operators::DIVIDE => left / right,
                _ => return None,
            };
            result.is_finite().then_some(Value::Float(result))
        }
        _ => None,
    }
}
