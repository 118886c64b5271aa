use serde::Serialize;
use std::{fmt, time::Duration};

/// What became of a checklist.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The version of this format: 1.
    version: u32,
    pub checklist: String,
    overall: Overall,
    /// The worst severity among the probes that failed or could not be answered.
    pub severity: Option<String>,
    pub probes: Vec<ProbeReport>,
}

/// How the checked thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    Healthy,
    /// It works, but something is wrong: a warning, or a probe of the milder half of the scale of
    /// severities has failed.
    Degraded,
    Unhealthy,
}

/// What became of one probe.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeReport {
    pub name: String,
    pub kind: &'static str,
    pub outcome: Outcome,
    pub severity: String,
    pub attempts: u32,
    /// How long the last attempt took.
    pub latency_ms: Option<f64>,
    /// What is to be said of it; nothing if it just passed.
    pub message: Option<String>,
    /// The conditions that did not hold, for those who show each by itself.
    #[serde(skip)]
    pub unmet: Vec<Unmet>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Pass,
    /// It passed, but not at the first attempt.
    Flaky,
    /// Something is worth a look, but nothing failed.
    Warn,
    Fail,
    /// It could not be answered, which is never a pass.
    Error,
}

/// A condition that does not hold, or cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// As it is written.
    pub condition: String,
    /// What it saw, or why it cannot be answered.
    pub reason: String,
    /// In `tagout.yml`, both from 1.
    pub line: usize,
    pub column: usize,
    /// Whether it cannot be answered.
    pub unclear: bool,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({})", self.condition, self.reason)
    }
}

/// A time in milliseconds, as exact as reports have it.
pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

impl Outcome {
    /// Whether it stands in the way of health.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Fail | Self::Error)
    }
}

impl CheckReport {
    /// Sums up the probes; `scale` has the severities, the worst first.
    pub(super) fn new(checklist: &str, probes: Vec<ProbeReport>, scale: &[String]) -> Self {
        let rank = |probe: &ProbeReport| scale.iter().position(|known| *known == probe.severity);
        let worst = probes.iter().filter(|probe| probe.outcome.is_bad()).min_by_key(|p| rank(p));
        let overall = match worst {
            Some(worst) if rank(worst).is_none_or(|rank| rank < scale.len().div_ceil(2)) => {
                Overall::Unhealthy
            }
            Some(_) => Overall::Degraded,
            None if probes.iter().any(|probe| probe.outcome == Outcome::Warn) => Overall::Degraded,
            None => Overall::Healthy,
        };
        let severity = worst.map(|worst| worst.severity.clone());
        Self { version: 1, checklist: checklist.to_owned(), overall, severity, probes }
    }

    pub fn overall(&self) -> Overall {
        self.overall
    }

    /// Whether no probe failed, however mild, and every one could be answered.
    pub fn is_clean(&self) -> bool {
        !self.probes.iter().any(|probe| probe.outcome.is_bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overall(probes: &[(Outcome, &str)]) -> (Overall, Option<String>) {
        let scale = ["P1", "P2", "P3", "P4"].map(str::to_owned);
        let probes = probes.iter().map(|(outcome, severity)| ProbeReport {
            name: "x".into(),
            kind: "http",
            outcome: *outcome,
            severity: (*severity).to_owned(),
            attempts: 1,
            latency_ms: None,
            message: None,
            unmet: Vec::new(),
        });
        let report = CheckReport::new("c", probes.collect(), &scale);
        (report.overall, report.severity)
    }

    #[test]
    fn the_worst_severity_decides() {
        use Outcome::{Error, Fail, Flaky, Pass, Warn};
        let named = |severity: &str| Some(severity.to_owned());
        assert_eq!(overall(&[(Pass, "P1"), (Flaky, "P1")]), (Overall::Healthy, None));
        assert_eq!(overall(&[(Pass, "P1"), (Warn, "P1")]), (Overall::Degraded, None));
        assert_eq!(overall(&[(Pass, "P1"), (Fail, "P3")]), (Overall::Degraded, named("P3")));
        assert_eq!(overall(&[(Fail, "P4"), (Error, "P2")]), (Overall::Unhealthy, named("P2")));
    }
}
