use super::{
    condition::{Verdict, judge},
    facts::{Facts, map},
};
use crate::config::{Config, DOWN, Entry};
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
    /// A question that nobody has answered.
    Open,
    Fail,
    /// It could not be answered, which is never a pass.
    Error,
}

impl Outcome {
    /// One word, for tables and metrics; the same as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Flaky => "flaky",
            Self::Warn => "warn",
            Self::Open => "open",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
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
    /// How many characters of that line it takes.
    pub width: usize,
    pub source_line: String,
    /// Whether it cannot be answered.
    pub unclear: bool,
    /// Whether it is no failure that it does not hold.
    pub warning: bool,
}

impl ProbeReport {
    /// A report that has nothing to say but its outcome.
    pub(super) fn plain(
        name: &str,
        kind: &'static str,
        outcome: Outcome,
        severity: String,
    ) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            outcome,
            severity,
            attempts: 1,
            latency_ms: None,
            message: None,
            unmet: Vec::new(),
        }
    }
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
    /// Sums up the probes: by the team's own decision tree, else the worst severity decides.
    pub(super) fn new(checklist: &str, probes: Vec<ProbeReport>, config: &Config) -> Self {
        let scale = &config.severities;
        let rank = |severity: &String| scale.iter().position(|known| known == severity);
        let bad = probes.iter().filter(|probe| probe.outcome.is_bad());
        let worst = bad.map(|probe| &probe.severity).min_by_key(|severity| rank(severity));
        let severity = worst.map(|worst| triaged(&probes, config).unwrap_or(worst).clone());
        let overall = match &severity {
            Some(worst) if rank(worst).is_none_or(|rank| rank < scale.len().div_ceil(2)) => {
                Overall::Unhealthy
            }
            Some(_) => Overall::Degraded,
            None if probes.iter().any(|probe| probe.outcome == Outcome::Warn) => Overall::Degraded,
            None => Overall::Healthy,
        };
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

/// The severity of the first rule of `triage` that holds. What was not checked is not down.
fn triaged<'c>(probes: &[ProbeReport], config: &'c Config) -> Option<&'c String> {
    let is_down = |name: &str| {
        let inside = config.checklists.get(name).into_iter().flatten().map(Entry::name);
        let names: Vec<&str> = inside.chain([name]).collect();
        probes.iter().any(|probe| probe.outcome.is_bad() && names.contains(&probe.name.as_str()))
    };
    let entries = config.checklists.values().flatten().map(Entry::name);
    let names = config.checklists.keys().map(String::as_str).chain(entries);
    let down = names.map(|name| (name.to_owned(), cel::Value::Bool(is_down(name))));
    let mut facts = Facts::default();
    facts.set(DOWN, map(down));
    let rule = config.triage.iter().find(|rule| judge(&rule.when, &facts) == Verdict::Holds);
    rule.map(|rule| &rule.severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overall(probes: &[(Outcome, &str)]) -> (Overall, Option<String>) {
        let scale = ["P1", "P2", "P3", "P4"].map(str::to_owned).to_vec();
        let mut config = Config::default();
        config.severities = scale;
        let probes = probes.iter().map(|(outcome, severity)| {
            ProbeReport::plain("x", "http", *outcome, (*severity).to_owned())
        });
        let report = CheckReport::new("c", probes.collect(), &config);
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
