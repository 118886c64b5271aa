//! The steps of a guarded deploy, from the snapshot to the verdict. The lock is taken before, and
//! held by the caller until the report is written.

use super::checks::{self, Checks};
use super::ci::CiRun;
use super::judge::{Judgement, judge};
use super::lock::Holder;
use super::masking::shown_command;
use super::record::{Cause, CommitMove, Outcome, Record, Restoration, Restored, Timeline};
use super::rollback::{self, Action, Event, Pace};
use super::supervise::{self, Interrupt, Interrupts, Run, SuperviseError};
use super::target::Target;
use super::voice::{say, shown_duration};
use crate::config::Config;
use crate::host::diff::compare;
use crate::host::settle::{Patience, settle};
use crate::host::{self, Manager, Snapshot, snapshot};
use crate::probe::Comparison;
use crate::store::{Store, StoreError};
use miette::Diagnostic;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use thiserror::Error;
use tokio::runtime::Runtime;

/// What is deployed, and how.
pub struct Deploy<'a> {
    pub config: &'a Config,
    pub target: &'a Target,
    pub ci: CiRun,
    pub argv: &'a [OsString],
    pub store: &'a Store,
    /// The deploy before, if it died in the middle.
    pub left_behind: Option<&'a Holder>,
}

/// Why nothing was run. Once the command runs, everything ends in a [`Record`].
#[derive(Debug, Error, Diagnostic)]
pub enum DeployError {
    #[error("what runs on this host cannot be recorded: {reason}")]
    #[diagnostic(help("a deploy that cannot be undone is not begun; {advice}"))]
    Blind { reason: String, advice: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Supervise(#[from] SuperviseError),
}

/// Deploys under guard: snapshot, run, compare, check; and roll back, compare and check again if the
/// command failed, was interrupted, harmed anybody or left checks failing.
pub fn run(deploy: &Deploy<'_>) -> Result<Record, DeployError> {
    let runtime = runtime()?;
    let mut interrupts = runtime.block_on(async { Interrupts::catch() })?;
    let mut timeline = Timeline::default();
    if let Some(dead) = deploy.left_behind {
        timeline.say(format!("the deploy before died in the middle, and may be half done: {dead}"));
    }
    let managers = host::managers();
    let before = record_host(deploy, &managers)?;
    let command = shown_command(deploy.argv);
    let count = before.processes().count();
    timeline.say(format!("snapshot {} of {count} processes", before.id));
    timeline.say(format!("deploying {}: {command}", deploy.target));

    let run = runtime.block_on(supervise::run(deploy.argv, supervise::GRACE, &mut interrupts))?;
    timeline.say(ending(&run));
    let interrupted = listen(&runtime, interrupts);

    timeline.say("comparing the host with the snapshot");
    let mut guarded = Guarded { deploy, managers, before, timeline };
    let deployed = run.succeeded();
    let (mut after, mut harm) = guarded.look(deployed, Look::WhenQuiet);
    let mut checks = Checks::NotRun;
    if deployed && harm.is_harmless() {
        checks = guarded.check(checks::run, deployed);
        // A crash may show only now.
        (after, harm) = guarded.look(deployed, Look::AtOnce);
        if !harm.is_harmless() {
            (after, harm) = guarded.look(deployed, Look::WhenQuiet);
        }
    }
    guarded.tell("harmed", &harm);
    let commits = guarded.commits(&after);
    let causes = causes(&run, interrupted.get().copied(), &harm, &checks);
    let (restoration, outcome) = if causes.is_empty() {
        (None, Outcome::Deployed)
    } else {
        let restoration = guarded.restore(&causes, &after);
        let outcome =
            if restoration.is_complete() { Outcome::RolledBack } else { Outcome::Incomplete };
        (Some(restoration), outcome)
    };
    Ok(Record {
        host: guarded.before.host.clone(),
        command,
        target: deploy.target.to_string(),
        ci: deploy.ci.clone(),
        snapshot: guarded.before.id.clone(),
        commits,
        run,
        harm,
        checks,
        causes,
        restoration,
        outcome,
        timeline: guarded.timeline,
    })
}

/// Takes the snapshot that the host can be brought back to, and keeps it.
fn record_host(
    deploy: &Deploy<'_>,
    managers: &[Box<dyn Manager>],
) -> Result<Snapshot, DeployError> {
    let mut before = snapshot::take(managers, deploy.config);
    if let Some(blind) = before.blind_spots().next() {
        return Err(DeployError::Blind {
            reason: blind.state.describe(blind.manager),
            advice: blind.state.advice().unwrap_or("look at it first").to_owned(),
        });
    }
    deploy.store.save(&mut before, &[])?;
    Ok(before)
}

fn ending(run: &Run) -> String {
    let took = shown_duration(run.took);
    match run.interrupted {
        Some(by) => format!("the deploy command was ended by {by} after {took} ({})", run.ended),
        None => format!("the deploy command ended after {took} ({})", run.ended),
    }
}

/// From now on signals end nothing: they are answered, and the first is remembered.
fn listen(runtime: &Runtime, mut interrupts: Interrupts) -> Arc<OnceLock<Interrupt>> {
    let first = Arc::new(OnceLock::new());
    let seen = Arc::clone(&first);
    runtime.spawn(async move {
        loop {
            let by = interrupts.next().await;
            say(format_args!("{by}: tagout ends when the host is as it should be"));
            // Only the first counts.
            let _ = seen.set(by);
        }
    });
    first
}

/// Signals are answered on its thread while this one runs the deploy.
fn runtime() -> Result<Runtime, SuperviseError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.worker_threads(1).enable_all().build();
    built.map_err(|cause| SuperviseError::Signals { cause })
}

fn causes(
    run: &Run,
    interrupted: Option<Interrupt>,
    harm: &Judgement,
    checks: &Checks,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    match run.interrupted.or(interrupted) {
        Some(by) => causes.push(Cause::Interrupted(by)),
        None if !run.succeeded() => causes.push(Cause::CommandFailed(run.ended)),
        None => {}
    }
    if !harm.harmed.is_empty() {
        causes.push(Cause::Harm(harm.harmed.len()));
    }
    causes.extend(harm.blind.iter().cloned().map(Cause::Blind));
    causes.extend(checks.cause());
    causes
}

enum Look {
    /// After what is on its way up or down has arrived.
    WhenQuiet,
    AtOnce,
}

/// A deploy whose command has run.
struct Guarded<'a> {
    deploy: &'a Deploy<'a>,
    managers: Vec<Box<dyn Manager>>,
    before: Snapshot,
    timeline: Timeline,
}

impl Guarded<'_> {
    /// The host now, and what the deploy has to answer for.
    fn look(&self, deployed: bool, look: Look) -> (Snapshot, Judgement) {
        let Deploy { config, target, .. } = self.deploy;
        let now = match look {
            Look::WhenQuiet => settle(&self.managers, config, Patience::default()),
            Look::AtOnce => snapshot::take(&self.managers, config),
        };
        let diff = compare(&self.before, &now, config);
        let judgement = judge(&diff, deployed.then_some(&now), target, config);
        (now, judgement)
    }

    /// Says who is harmed, or still is.
    fn tell(&mut self, harmed: &str, judgement: &Judgement) {
        for affected in &judgement.harmed {
            self.timeline.say(format!("{harmed}: {affected}"));
        }
        for blind in &judgement.blind {
            self.timeline.say(format!("{harmed}: {blind}"));
        }
    }

    /// Runs the checklist, its entry `neighbours` by the same verdict as everything here.
    fn check(
        &mut self,
        run: fn(&Config, &dyn Fn() -> Comparison) -> Checks,
        deployed: bool,
    ) -> Checks {
        let compare = || self.look(deployed, Look::AtOnce).1.comparison();
        let checks = run(self.deploy.config, &compare);
        self.timeline.say(checks.to_string());
        checks
    }

    /// Brings the host back to the snapshot, and looks whether it is.
    fn restore(&mut self, causes: &[Cause], now: &Snapshot) -> Restoration {
        for cause in causes {
            self.timeline.say(format!("rolling back: {cause}"));
        }
        let Deploy { config, target, .. } = self.deploy;
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
                Event::Done(done) => items.push(Restored {
                    process: done.key.to_string(),
                    action: done_word(done.action),
                    took: begun.elapsed(),
                    result: done.result.clone(),
                }),
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
        Restoration { items, troubles, checks, left }
    }

    fn commits(&self, after: &Snapshot) -> Vec<CommitMove> {
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
