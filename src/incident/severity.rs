//! How bad it was, by the rule of the runbook: several production apps down is P1, one is P2, only
//! test environments P3.

use crate::guard::checks::Checks;
use crate::guard::judge::{Judgement, Whose};
use crate::guard::record::{Outcome, Record};
use crate::host::diff::What;
use std::collections::BTreeSet;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    P1,
    P2,
    P3,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P1 => "P1: several production apps were down",
            Self::P2 => "P2: one production app was down",
            Self::P3 => "P3: only test environments were down",
        })
    }
}

/// Environments that nobody's customers see. Any other counts as production.
const NOT_PRODUCTION: [&str; 12] = [
    "test",
    "tests",
    "testing",
    "staging",
    "stage",
    "dev",
    "development",
    "qa",
    "ci",
    "preview",
    "sandbox",
    "demo",
];

/// How bad it was, in words: what was down decides; where nothing was, what the failed checks say.
pub fn told(record: &Record) -> String {
    match (Severity::of(&record.harm), of_checks(record)) {
        (Some(severity), _) => severity.to_string(),
        (None, Some(severity)) => format!("{severity}: nothing was down, but checks failed"),
        (None, None) if record.outcome == Outcome::LetGo => {
            "not known: nobody has looked".to_owned()
        }
        (None, None) => "none: nothing was down".to_owned(),
    }
}

/// The same, as a level of the scale.
pub fn level(record: &Record) -> Option<String> {
    let harm = Severity::of(&record.harm).map(|severity| format!("{severity:?}"));
    harm.or_else(|| of_checks(record).map(str::to_owned))
}

fn of_checks(record: &Record) -> Option<&str> {
    match &record.checks {
        Checks::Ran(report) => report.severity.as_deref(),
        _ => None,
    }
}

impl Severity {
    /// The severity of `harm`; none where nothing was down.
    pub fn of(harm: &Judgement) -> Option<Self> {
        // Of all the processes of a manager that cannot be read, none can be said to run.
        if !harm.blind.is_empty() {
            return Some(Self::P1);
        }
        let down: BTreeSet<&Whose> =
            harm.harmed.iter().filter(|one| is_down(&one.what)).map(|one| &one.whose).collect();
        let production = down.iter().filter(|whose| is_production(whose)).count();
        match (production, down.len()) {
            (_, 0) => None,
            (0, _) => Some(Self::P3),
            (1, _) => Some(Self::P2),
            _ => Some(Self::P1),
        }
    }
}

fn is_down(what: &What) -> bool {
    matches!(
        what,
        What::Missing | What::Stopped | What::Errored | What::CrashLooping | What::Unsettled
    )
}

fn is_production(whose: &Whose) -> bool {
    match whose {
        Whose::Own { environment, .. } | Whose::Other { environment, .. } => {
            !NOT_PRODUCTION.contains(&environment.as_str())
        }
        Whose::Neighbour { .. } | Whose::Unknown { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::judge::Affected;

    fn severity(down: &[Whose]) -> Option<Severity> {
        let harmed = down.iter().map(|whose| Affected {
            process: "p".into(),
            whose: whose.clone(),
            what: What::Missing,
            before: None,
            after: None,
        });
        Severity::of(&Judgement { harmed: harmed.collect(), ..Judgement::default() })
    }

    #[test]
    fn severity_counts_production_apps_and_not_processes() {
        let own =
            |environment: &str| Whose::Own { app: "shop".into(), environment: environment.into() };
        let neighbour = |declared: &str| Whose::Neighbour { declared: declared.into() };
        assert_eq!(severity(&[]), None);
        assert_eq!(severity(&[own("test"), own("staging")]), Some(Severity::P3));
        assert_eq!(severity(&[own("production"), own("production")]), Some(Severity::P2));
        assert_eq!(severity(&[own("test"), neighbour("stock-*")]), Some(Severity::P2));
        assert_eq!(severity(&[own("production"), neighbour("stock-*")]), Some(Severity::P1));
        let unknown = |name: &str| Whose::Unknown { name: name.into() };
        assert_eq!(severity(&[unknown("a"), unknown("b")]), Some(Severity::P1));
        let blind = Judgement { blind: vec!["gone".into()], ..Judgement::default() };
        assert_eq!(Severity::of(&blind), Some(Severity::P1));
    }
}
