//! A deploy whose command has run, or whose supervisor was killed: looks at the host, says who is
//! harmed, and checks. Bringing the host back to its snapshot is in `restoring`.

use super::around::{self, Around};
use super::checks::Checks;
use super::evidence::{self, Evidence};
use super::judge::{Judgement, judge};
use super::masking::Secrets;
use super::record::{CommitMove, Timeline};
use super::target::Target;
use crate::config::Config;
use crate::host::diff::compare;
use crate::host::settle::{Patience, settle};
use crate::host::{self, Manager, Snapshot, snapshot};
use std::path::Path;

pub enum Look {
    /// After what is on its way up or down has arrived.
    WhenQuiet,
    AtOnce,
}

/// What it takes to look at the host and bring it back.
pub struct Guarded<'a> {
    pub config: &'a Config,
    pub target: &'a Target,
    pub managers: Vec<Box<dyn Manager>>,
    pub before: Snapshot,
    pub timeline: Timeline,
    /// The names of the questions that are answered with yes.
    pub confirmed: Vec<String>,
}

impl Guarded<'_> {
    /// The host now, and what the deploy has to answer for.
    pub fn look(&self, deployed: bool, look: Look) -> (Snapshot, Judgement) {
        let Self { config, target, .. } = self;
        let now = match look {
            Look::WhenQuiet => settle(&self.before, &self.managers, config, Patience::default()),
            Look::AtOnce => snapshot::take(&self.managers, config),
        };
        let diff = compare(&self.before, &now, config);
        let judgement = judge(&diff, deployed.then_some(&now), target, config);
        (now, judgement)
    }

    /// Says who is harmed, or still is.
    pub fn tell(&mut self, harmed: &str, judgement: &Judgement) {
        for affected in &judgement.harmed {
            self.timeline.say(format!("{harmed}: {affected}"));
        }
        for blind in &judgement.blind {
            self.timeline.say(format!("{harmed}: {blind}"));
        }
    }

    /// Runs the checklist, its entry `neighbours` by the same verdict as everything here.
    pub fn check(&mut self, run: fn(&Config, &Around<'_>) -> Checks, deployed: bool) -> Checks {
        let compare = || self.look(deployed, Look::AtOnce).1.comparison();
        let around = Around {
            config: self.config,
            compare: &compare,
            before: Some(&self.before),
            holds_lock: true,
            confirmed: &self.confirmed,
            ask: &around::nobody,
            tell: &around::silently,
        };
        let checks = run(self.config, &around);
        self.timeline.say(checks.to_string());
        checks
    }

    /// How the host was left, for those who look into it later.
    pub fn evidence(&self, harm: &Judgement, secrets: &Secrets) -> Evidence {
        evidence::collect(&self.before, harm, self.target, self.config, secrets)
    }

    pub fn commits(&self, after: &Snapshot) -> Vec<CommitMove> {
        let now = |path: &Path| after.commits.iter().find(|one| one.path == path);
        let moved = |then: &host::Commit| CommitMove {
            path: then.path.clone(),
            before: then.commit.clone(),
            after: now(&then.path).map(|now| now.commit.clone()),
        };
        self.before.commits.iter().map(moved).collect()
    }
}
