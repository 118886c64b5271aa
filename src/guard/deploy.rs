//! The steps of a guarded deploy, from the snapshot to the verdict. The lock is taken before, and
//! held by the caller until the report is written.

use super::checks::{self, Checks};
use super::ci::CiRun;
use super::doors::Doors;
use super::exec;
use super::guarded::{Guarded, Look};
use super::journal::{Begun, Journal, JournalError, Step, Story, WrittenConfig};
use super::judge::Judgement;
use super::lock::HostLock;
use super::masking::shown_command;
use super::record::{Cause, CommandEnd, Outcome, Record, Timeline};
use super::supervise::{self, Interrupt, Interrupts, Run, SuperviseError};
use super::target::Target;
use super::voice::{say, shown_duration};
use super::watchdog::{Watchdog, WatchdogError};
use crate::config::Config;
use crate::host::proc::Identity;
use crate::host::{self, Manager, Snapshot, snapshot};
use crate::probe;
use crate::store::{Store, StoreError};
use miette::Diagnostic;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Runtime;

/// What is deployed, and how.
pub struct Deploy<'a> {
    pub config: &'a Config,
    pub target: &'a Target,
    pub ci: CiRun,
    pub argv: &'a [OsString],
    pub store: &'a Store,
    pub lock: &'a HostLock,
    /// How long the command may take.
    pub limit: Duration,
    /// Where the report is wanted as well.
    pub report: Option<PathBuf>,
    /// The names of the questions of `post-deploy` that are answered with yes.
    pub confirmed: &'a [String],
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
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Watchdog(#[from] WatchdogError),
    #[error("the program of this deploy cannot be found: {cause}")]
    OwnProgram { cause: std::io::Error },
}

/// Deploys under guard: snapshot, run, compare, check; and roll back, compare and check again if the
/// command failed, was interrupted, harmed anybody or left checks failing. Returns with the watchdog
/// that goes on watching until the record is told.
pub fn run(deploy: &Deploy<'_>) -> Result<(Record, Watchdog), DeployError> {
    let runtime = runtime()?;
    let mut interrupts = runtime.block_on(async { Interrupts::catch() })?;
    let managers = host::managers();
    let command = shown_command(deploy.argv);
    let journal = Journal::begin(deploy.store, begun(deploy, &command))?;
    let story = journal.path().to_owned();
    let mut timeline = Timeline::in_journal(journal, Vec::new());
    let prepared = prepare(deploy, &managers, &mut timeline, &story);
    let (before, watchdog) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            // Nothing was run, so there is nothing to be finished.
            timeline.must(Step::Closed);
            return Err(error);
        }
    };
    timeline.say(format!("deploying {}: {command}", deploy.target));
    let argv =
        exec::argv(&story, deploy.argv).map_err(|cause| DeployError::OwnProgram { cause })?;
    timeline.step(Step::Starting)?;
    let doors = Doors::open(&story);
    let run =
        supervise::run(&argv, doors.environment(), deploy.limit, supervise::GRACE, &mut interrupts);
    let run = runtime.block_on(run)?;
    if let Some(cause) = Story::read(&story)?.not_started {
        timeline.must(Step::Closed);
        watchdog.disarm();
        let program = deploy.argv.first().map(|word| word.to_string_lossy().into_owned());
        let program = program.unwrap_or_default();
        return Err(SuperviseError::NotStarted { program, cause }.into());
    }
    timeline.must(Step::Ended { how: run.ended.to_string(), took: run.took });
    timeline.say(ending(&run));
    let interrupted = listen(&runtime, interrupts);

    timeline.say("comparing the host with the snapshot");
    let Deploy { config, target, .. } = *deploy;
    let confirmed = deploy.confirmed.to_vec();
    let mut guarded = Guarded { config, target, managers, before, timeline, confirmed };
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
    let verified = causes.is_empty() && matches!(checks, Checks::Ran(_));
    let (restoration, outcome) = if causes.is_empty() {
        guarded.timeline.must(Step::Stands { verified });
        (None, Outcome::Deployed)
    } else {
        let restoration = guarded.restore(&causes, &after);
        let outcome = restoration.outcome();
        (Some(restoration), outcome)
    };
    let record = Record {
        host: guarded.before.host.clone(),
        command,
        target: deploy.target.to_string(),
        ci: deploy.ci.clone(),
        snapshot: guarded.before.id.clone(),
        commits,
        end: CommandEnd::from(&run),
        harm,
        checks,
        causes,
        restoration,
        outcome,
        verified,
        timeline: guarded.timeline,
    };
    Ok((record, watchdog))
}

/// What somebody else would need to finish this deploy.
fn begun(deploy: &Deploy<'_>, command: &str) -> Begun {
    let here = std::env::current_dir().unwrap_or_default();
    let config = deploy.config.path.as_ref().and_then(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(WrittenConfig { path: here.join(path), text })
    });
    Begun {
        tagout: env!("CARGO_PKG_VERSION").to_owned(),
        supervisor: Identity::of_this_process(),
        token: deploy.lock.token().to_owned(),
        command: command.to_owned(),
        target: deploy.target.clone(),
        ci: deploy.ci.clone(),
        config,
        report: deploy.report.as_ref().map(|path| here.join(path)),
        folder: here,
        limit: deploy.limit.as_secs(),
        confirmed: deploy.confirmed.to_vec(),
    }
}

/// All that must stand before anything is changed: the way back, and somebody who knows it.
fn prepare(
    deploy: &Deploy<'_>,
    managers: &[Box<dyn Manager>],
    timeline: &mut Timeline,
    journal: &Path,
) -> Result<(Snapshot, Watchdog), DeployError> {
    let before = record_host(deploy, managers)?;
    timeline.step(Step::Snapshot { id: before.id.clone() })?;
    let count = before.processes().count();
    timeline.say(format!("snapshot {} of {count} processes", before.id));
    let watchdog = Watchdog::arm(journal, deploy.lock)?;
    timeline.step(Step::Armed { watchdog: watchdog.process.clone() })?;
    Ok((before, watchdog))
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
    // Where a measurement is missing, the check that asks for it says so.
    before.measured = probe::measure(deploy.config, &[checks::CHECKLIST]).unwrap_or_default();
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
