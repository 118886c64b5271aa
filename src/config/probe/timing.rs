use super::length::Length;
use crate::config::{ConfigError, load::Located};
use serde_saphyr::Spanned;
use std::time::Duration;

/// When a probe measures, how often, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Attempts are repeated until one passes, but for no longer than this; zero: one attempt.
    pub within: Duration,
    /// The pause between two attempts.
    pub every: Duration,
    /// Once passed, it must stay so for this long.
    pub hold: Duration,
    /// How many attempts in a row must pass.
    pub successes: u32,
}

impl Timing {
    const TIMEOUT: Duration = Duration::from_secs(5);
    const EVERY: Duration = Duration::from_secs(1);
    /// How long a process is watched, if nothing else is said: PM2 says `online` through a crash
    /// loop, so that one look tells nothing.
    const PROCESS_HOLD: Duration = Duration::from_secs(3);
}

/// The times of a probe, as far as they are written.
#[derive(Clone, Debug, Default)]
pub struct RawTiming {
    pub timeout: Option<Spanned<Length>>,
    pub within: Option<Spanned<Length>>,
    pub every: Option<Spanned<Length>>,
    pub hold: Option<Spanned<Length>>,
    pub successes: Option<Spanned<u32>>,
}

impl RawTiming {
    /// Fills in what is not written, and refuses what contradicts itself. `watched`: whether it
    /// takes more than one look to tell anything.
    pub fn settle(&self, watched: bool, file: Located) -> Result<Timing, ConfigError> {
        let timing = self.with_defaults(watched);
        match self.contradiction(&timing, watched) {
            Some((at, message)) => Err(file.error(message, &at)),
            None => Ok(timing),
        }
    }

    /// What is not written gives way to what is.
    fn with_defaults(&self, watched: bool) -> Timing {
        let written = |length: &Option<Spanned<Length>>| length.as_ref().map(|it| it.value.0);
        let within = written(&self.within).unwrap_or(Duration::ZERO);
        let hold = if watched { Timing::PROCESS_HOLD } else { Duration::ZERO };
        let hold = written(&self.hold).unwrap_or(hold);
        Timing {
            timeout: written(&self.timeout).unwrap_or(Timing::TIMEOUT.min(or_ever(within))),
            within,
            every: written(&self.every).unwrap_or(Timing::EVERY.min(shortest(within, hold))),
            hold,
            successes: self.successes.as_ref().map_or(1, |it| it.value),
        }
    }

    /// What cannot be, and where it is written.
    fn contradiction(
        &self,
        timing: &Timing,
        watched: bool,
    ) -> Option<(serde_saphyr::Location, String)> {
        let Timing { timeout, within, every, hold, successes } = *timing;
        let place = |length: &Option<Spanned<Length>>| length.as_ref().map(|it| it.referenced);
        let all = [
            (timeout.is_zero(), place(&self.timeout), "an attempt needs time".to_owned()),
            (every.is_zero(), place(&self.every), "a pause between attempts is needed".to_owned()),
            (
                timeout > or_ever(within),
                place(&self.timeout).or(place(&self.within)),
                format!("one attempt may take {timeout:?}, but all must end within {within:?}"),
            ),
            (
                every > shortest(within, hold),
                place(&self.every),
                format!(
                    "with a pause of {every:?} there is no second attempt in {:?}",
                    shortest(within, hold)
                ),
            ),
            (
                watched && hold.is_zero(),
                place(&self.hold),
                "a process must be watched for a while: one look at it cannot tell a crash loop \
                 from health"
                    .to_owned(),
            ),
            (
                successes == 0,
                self.successes.as_ref().map(|it| it.referenced),
                "at least one attempt must pass".to_owned(),
            ),
            (
                successes > 1 && within < every * (successes - 1),
                self.successes.as_ref().map(|it| it.referenced),
                format!(
                    "{successes} attempts with pauses of {every:?} need a `within` of at least {:?}",
                    every * successes.saturating_sub(1)
                ),
            ),
        ];
        all.into_iter().find_map(|(is_so, at, message)| is_so.then_some((at?, message)))
    }
}

/// Zero stands for no limit.
fn or_ever(time: Duration) -> Duration {
    if time.is_zero() { Duration::MAX } else { time }
}

fn shortest(within: Duration, hold: Duration) -> Duration {
    or_ever(within).min(or_ever(hold))
}
