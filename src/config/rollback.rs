use super::probe::Length;
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// How a deploy that does not stand is undone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rollback {
    /// A command for `sh` that takes the code back.
    pub run: Option<String>,
    /// How long that may take, in all folders together.
    #[serde(deserialize_with = "length")]
    pub run_within: Duration,
    /// How long bringing back the processes may take.
    #[serde(deserialize_with = "length")]
    pub within: Duration,
}

impl Rollback {
    /// How long all of it may take.
    pub fn longest(&self) -> Duration {
        self.run_within + self.within
    }
}

impl Default for Rollback {
    fn default() -> Self {
        Self { run: None, run_within: Duration::from_secs(300), within: Duration::from_secs(300) }
    }
}

fn length<'de, D: Deserializer<'de>>(written: D) -> Result<Duration, D::Error> {
    Length::deserialize(written).map(|length| length.0)
}
