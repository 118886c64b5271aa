//! A deploy whose command has run, or whose supervisor was killed: looks at the host, says who is
//! harmed, checks, and brings the host back to its snapshot.

use super::around::{self, Around};
use super::checks::{self, Checks};
use super::journal::Step;
use super::judge::{Judgement, judge};
use super::record::{Cause, CommitMove, Restoration, Restored, Timeline};
use super::rollback::{self, Action, Event, Pace};
use super::target::Target;
use super::voice::shown_duration;
use crate::config::Config;
use crate::host::diff::compare;
use crate::host::proc::Identity;
use crate::host::settle::{Patience, settle};
use crate::host::{self, Manager, Snapshot, snapshot};
use std::path::Path;
use std::time::Instant;

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
            Look::WhenQuiet => settle(&self.managers, config, Patience::default()),
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

    /// Brings the host back to the snapshot, and looks whether it is.
    pub fn restore(&mut self, causes: &[Cause], now: &Snapshot) -> Restoration {
        self.timeline.must(Step::RollingBack {
            by: Identity::of_this_process(),
            causes: causes.iter().map(ToString::to_string).collect(),
        });
        for cause in causes {
            self.timeline.say(format!("rolling back: {cause}"));
        }
        let Self { config, target, .. } = self;
        let orphans = self.managers.iter().flat_map(|one| one.orphans(&self.before, now)).collect();
        let plan = rollback::plan(&self.before, now, orphans, config);
        if plan.is_empty() {
            self.timeline.say("nothing has to be restored");
        }
        let (mut items, mut begun) = (Vec::new(), Instant::now());
        let timeline = &mut self.timeline;
        let done = rollback::execute(&plan, &self.before, config, Pace::default(), &mut |event| {
            match &event {
                Event::Begun(_) => begun = Instant::now(),
                Event::Done(done) => {
                    let item = Restored {
                        process: done.key.to_string(),
                        action: done_word(done.action).to_owned(),
                        took: begun.elapsed(),
                        result: done.result.clone(),
                    };
                    timeline.must(item.step());
                    items.push(item);
                }
                _ => {}
            }
            if let Some(line) = told(&event, begun) {
                timeline.say(line);
            }
        });
        let troubles = done.troubles;
        let mut left = judge(&done.left, None, target, config);
        let checks = self.check(checks::insist, false);
        if left.is_harmless() {
            (_, left) = self.look(false, Look::AtOnce);
        }
        self.tell("still harmed", &left);
        for item in items.iter_mut().filter(|item| item.result.is_ok()) {
            if let Some(fallen) = left.harmed.iter().find(|one| one.process == item.process) {
                item.result = Err(format!("it did not stay: {}", fallen.what.word()));
            }
        }
        let restoration = Restoration { items, troubles, checks, left };
        self.timeline.must(Step::RolledBack { complete: restoration.is_complete() });
        restoration
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

/// What was done to a process, for people.
fn done_word(action: Action) -> &'static str {
    match action {
        Action::PutBack => "put back",
        Action::PutBackDown => "put back, stopped as it was",
        Action::Restart => "started",
        Action::Replace => "put back with its old settings",
        Action::Stop => "stopped as it was",
    }
}

fn told(event: &Event<'_>, begun: Instant) -> Option<String> {
    Some(match event {
        Event::EndingOrphan(orphan) => {
            format!("ending {} (pid {}), left behind by its manager", orphan.key, orphan.pid)
        }
        Event::OrphanLeft(orphan, why) => format!("{} was left behind: {why}", orphan.key),
        Event::Waking(manager) => format!("starting the {manager} daemon"),
        Event::NotAwake(manager, why) => format!("the {manager} daemon does not start: {why}"),
        Event::Begun(_) => return None,
        Event::Done(done) => {
            let took = shown_duration(begun.elapsed());
            match &done.result {
                Ok(()) => format!("restored {} in {took}: {}", done.key, done_word(done.action)),
                Err(why) => format!("{} is not restored after {took}: {why}", done.key),
            }
        }
        Event::Comparing => "comparing the host with the snapshot".to_owned(),
    })
}
