//! The checklists `pre-deploy` and `post-deploy`, as a deploy uses them.

use super::around::Around;
use super::record::Cause;
use crate::config::Config;
use crate::probe::{self, CheckError, CheckReport, ProbeReport};
use std::fmt;

/// The checklist that verifies a deploy.
pub const CHECKLIST: &str = "post-deploy";
/// The checklist that a deploy must pass before anything is touched.
pub const BEFORE: &str = "pre-deploy";

/// What the checklist said.
#[derive(Clone, Debug)]
pub enum Checks {
    /// The configuration has no such checklist: nothing but the comparison speaks for the deploy.
    None,
    /// There was reason enough to roll back without it.
    NotRun,
    /// They passed, and what they saw died with the one who ran them.
    Lost,
    Ran(CheckReport),
    Broken(String),
}

impl Checks {
    /// Why the deploy cannot stand, by these checks.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::None | Self::NotRun | Self::Lost => None,
            Self::Broken(why) => Some(Cause::ChecksBroken(why.clone())),
            Self::Ran(report) => {
                let failed: Vec<String> = failed(report).map(|probe| probe.name.clone()).collect();
                (!failed.is_empty()).then_some(Cause::Checks(failed))
            }
        }
    }
}

fn failed(report: &CheckReport) -> impl Iterator<Item = &ProbeReport> {
    report.probes.iter().filter(|probe| probe.outcome.is_bad())
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
            Self::Lost => f.write_str("the checks passed"),
            Self::Broken(why) => write!(f, "the checks could not be run: {why}"),
            Self::Ran(report) => {
                let count = report.probes.len();
                write!(f, "checks: {} of {count} passed", count - failed(report).count())?;
                failed(report).try_for_each(|probe| {
                    let message = probe.message.as_deref().unwrap_or("no reason given");
                    write!(f, "; {}: {message}", probe.name)
                })
            }
        }
    }
}

/// Runs the checklist; a signal ends it early, and then it does not speak for the deploy.
pub fn run(config: &Config, around: &Around<'_>) -> Checks {
    if !config.checklists.contains_key(CHECKLIST) {
        return Checks::None;
    }
    match probe::run(config, CHECKLIST, around) {
        Ok(report) => Checks::Ran(report),
        Err(error) => Checks::Broken(error.to_string()),
    }
}

/// Runs the checklist before a deploy, if there is one.
pub fn preflight(config: &Config, around: &Around<'_>) -> Result<Option<CheckReport>, CheckError> {
    if !config.checklists.contains_key(BEFORE) {
        return Ok(None);
    }
    probe::run(config, BEFORE, around).map(Some)
}

/// Runs the checklist to its end, whatever signals come: it verifies a rollback.
pub fn insist(config: &Config, around: &Around<'_>) -> Checks {
    if !config.checklists.contains_key(CHECKLIST) {
        return Checks::None;
    }
    loop {
        match probe::run(config, CHECKLIST, around) {
            Ok(report) => return Checks::Ran(report),
            Err(CheckError::Interrupted) => {}
            Err(error) => return Checks::Broken(error.to_string()),
        }
    }
}
