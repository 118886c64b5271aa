use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};
use std::{fmt, time::Duration};

/// A length of time as it is written in `tagout.yml`: `500ms`, `10s`, `1m 30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length(pub Duration);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

/// Nobody waits longer for a probe, and no clock overflows below it.
const LONGEST: Duration = Duration::from_hours(7 * 24);

struct LengthVisitor;

impl de::Visitor<'_> for LengthVisitor {
    type Value = Length;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a time with its unit, like `10s`, `500ms` or `1m 30s`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Length, E> {
        text.parse::<SignedDuration>()
            .ok()
            .and_then(|length| Duration::try_from(length).ok())
            .filter(|length| *length <= LONGEST)
            .map(Length)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Duration> {
        serde_saphyr::from_str::<Length>(text).ok().map(|length| length.0)
    }

    #[test]
    fn times_need_a_unit_and_their_order() {
        assert_eq!(parsed("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parsed("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(parsed("1.5s"), Some(Duration::from_millis(1500)));
        for wrong in ["5", "-5s", "5s 1m 500ms", "soon", "''", "[5s]", "999999h"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
