//! The blast radius: all that a workflow can do to what others share, allowed or not. Where a lint
//! asks only for what is wrong, this keeps every effect, with the verdict on it.

use super::{Finding, Level};
use crate::{
    effect::Effect,
    invocation::{Invocation, Word},
    source::{Location, Place},
};
use std::path::PathBuf;

/// One thing that a job can do.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The file that was linted.
    pub workflow: PathBuf,
    pub job: Option<String>,
    pub effect: Effect,
    pub place: Place,
    /// Where the command stands.
    pub location: Option<Location>,
    pub command: Vec<String>,
    /// The rule that decides on it, and how; nothing for what is fine.
    pub verdict: Option<(Level, String)>,
}

impl Reach {
    pub(super) fn new(
        workflow: PathBuf,
        job: Option<String>,
        invocation: &Invocation,
        effect: Effect,
        finding: Option<&Finding>,
    ) -> Self {
        Self {
            workflow,
            job,
            place: invocation.place.clone(),
            location: invocation.location.clone(),
            command: invocation.argv.iter().map(Word::to_string).collect(),
            verdict: finding.map(|finding| (finding.level, finding.rule.clone())),
            effect,
        }
    }

    /// Whether it touches a machine that is thrown away after the job.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.place, Place::Ephemeral(_))
    }

    /// Whether reading proves that it happens when the command runs.
    pub fn is_sure(&self) -> bool {
        !self.effect.may
    }

    pub fn level(&self) -> Option<Level> {
        self.verdict.as_ref().map(|(level, _)| *level)
    }
}
