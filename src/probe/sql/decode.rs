use crate::probe::facts::of_json;
use cel::Value;
use chrono::{DateTime, Duration};
use tokio_postgres::types::{FromSql, Kind, Type};

/// A value of a column, or why it cannot be read. Every type is accepted, so that the reason can
/// be given in our words.
pub struct Raw(pub Result<Value, String>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(
        kind: &Type,
        bytes: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(read(kind, bytes)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Ok(Value::Null)))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Seconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH: i64 = 946_684_800;

/// Reads PostgreSQL's binary form of a value.
fn read(kind: &Type, bytes: &[u8]) -> Result<Value, String> {
    match kind.kind() {
        Kind::Domain(inner) => return read(inner, bytes),
        Kind::Enum(_) => return text(bytes),
        _ => {}
    }
    Ok(match *kind {
        // What a function gives that gives nothing.
        Type::VOID => Value::Null,
        Type::BOOL => Value::Bool(bytes == [1]),
        Type::INT2 => Value::Int(i16::from_be_bytes(fixed(bytes)?).into()),
        Type::INT4 => Value::Int(i32::from_be_bytes(fixed(bytes)?).into()),
        Type::INT8 => Value::Int(i64::from_be_bytes(fixed(bytes)?)),
        Type::OID | Type::XID => Value::Int(u32::from_be_bytes(fixed(bytes)?).into()),
        Type::FLOAT4 => Value::Float(f32::from_be_bytes(fixed(bytes)?).into()),
        Type::FLOAT8 => Value::Float(f64::from_be_bytes(fixed(bytes)?)),
        Type::NUMERIC => numeric(bytes)?,
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::CHAR | Type::UNKNOWN => {
            text(bytes)?
        }
        Type::JSON => json(bytes)?,
        // A version stands before it.
        Type::JSONB => json(bytes.get(1..).unwrap_or_default())?,
        Type::TIMESTAMPTZ | Type::TIMESTAMP => time(i64::from_be_bytes(fixed(bytes)?))?,
        Type::DATE => {
            let days = i64::from(i32::from_be_bytes(fixed(bytes)?));
            time(days.checked_mul(86_400_000_000).ok_or("the date is too far away")?)?
        }
        Type::INTERVAL => interval(bytes)?,
        Type::UUID => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|at| hex.get(at).unwrap_or(""));
            Value::from(parts.join("-"))
        }
        _ => {
            let name = kind.name();
            return Err(format!("values of the type {name} are not known; cast it: `::text`"));
        }
    })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| "the server has sent what cannot be read".to_owned())
}

fn text(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    Ok(Value::from(text))
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map(of_json).map_err(|cause| cause.to_string())
}

fn time(micros: i64) -> Result<Value, String> {
    if matches!(micros, i64::MAX | i64::MIN) {
        return Err("it is infinite".to_owned());
    }
    let micros = micros.checked_add(EPOCH * 1_000_000);
    let time = micros.and_then(DateTime::from_timestamp_micros);
    time.map(|time| Value::Timestamp(time.fixed_offset()))
        .ok_or_else(|| "the time is too far away".to_owned())
}

/// Microseconds, days and months; a day has 24 hours, but what a month has, nobody knows.
fn interval(bytes: &[u8]) -> Result<Value, String> {
    let part = |at: std::ops::Range<usize>| bytes.get(at).unwrap_or_default();
    let micros = i64::from_be_bytes(fixed(part(0..8))?);
    let days = i32::from_be_bytes(fixed(part(8..12))?);
    let months = i32::from_be_bytes(fixed(part(12..16))?);
    if months != 0 {
        return Err("an interval of months has no fixed length".to_owned());
    }
    let length = Duration::microseconds(micros).checked_add(&Duration::days(days.into()));
    length.map(Value::Duration).ok_or_else(|| "the interval is too long".to_owned())
}

/// Digits to the base of 10,000, of which `weight + 1` stand before the point. Whole numbers that
/// fit stay whole.
fn numeric(bytes: &[u8]) -> Result<Value, String> {
    let short = |at: usize| -> Result<i16, String> {
        Ok(i16::from_be_bytes(fixed(bytes.get(at * 2..at * 2 + 2).unwrap_or_default())?))
    };
    let (count, weight, sign, scale) = (short(0)?, short(1)?, short(2)? as u16, short(3)?);
    let negative = match sign {
        0x0000 => false,
        0x4000 => true,
        _ => return Err("it is NaN or infinite".to_owned()),
    };
    let mut written = String::from(if negative { "-" } else { "" });
    let digit = |at: i16| -> Result<i16, String> {
        if (0..count).contains(&at) { short(4 + at as usize) } else { Ok(0) }
    };
    written.push('0');
    for at in 0..=weight {
        written.push_str(&format!("{:04}", digit(at)?));
    }
    if scale == 0
        && let Ok(whole) = written.parse::<i64>()
    {
        return Ok(Value::Int(whole));
    }
    written.push('.');
    // Where the number is small, zeros stand between the point and the first digit.
    for _ in weight..-1 {
        written.push_str("0000");
    }
    for at in (weight + 1).max(0)..count {
        written.push_str(&format!("{:04}", digit(at)?));
    }
    written.parse().map(Value::Float).map_err(|_| "it is no number".to_owned())
}
