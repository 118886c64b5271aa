//! A guarded deploy of one command, from the snapshot to the verdict. The lock is taken before, and
//! held by the caller until the report is written.

use super::ci::CiRun;
use super::conclude::{Over, conclude};
use super::doors::{Doors, DoorsError};
use super::exec;
use super::fleet::{FleetError, Held};
use super::guarded::Guarded;
use super::journal::{JournalError, Step, Story};
use super::lock::HostLock;
use super::prepare::{Prepared, prepare};
use super::record::{Cause, CommandEnd, Record};
use super::signals::{listen, runtime};
use super::supervise::{self, Interrupts, Run, SuperviseError};
use super::target::Target;
use super::voice::shown_duration;
use super::watchdog::{Watchdog, WatchdogError};
use crate::config::Config;
use crate::host::{self, UnknownManager};
use crate::store::{Store, StoreError};
use miette::Diagnostic;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// What is deployed, and how.
pub struct Deploy<'a> {
    pub config: &'a Config,
    pub target: &'a Target,
    pub ci: CiRun,
    /// What deploys, its secrets masked.
    pub command: String,
    pub store: &'a Store,
    pub lock: &'a HostLock,
    /// Whether it goes on when this process ends, until `tagout end`.
    pub lease: bool,
    /// How long it may take.
    pub limit: Duration,
    /// Where the report is wanted as well.
    pub reports: Vec<PathBuf>,
    /// Its turn among the deploys of all hosts, if there is a limit.
    pub turn: Option<&'a Held>,
    /// What is known of the workflow that runs, in words.
    pub version: Option<&'a str>,
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
    Managers(#[from] UnknownManager),
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
    #[error(transparent)]
    #[diagnostic(transparent)]
    Doors(#[from] DoorsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fleet(#[from] FleetError),
    #[error("the later steps of the job cannot be told: {cause}")]
    #[diagnostic(help(
        "nothing was changed; GITHUB_ENV names a file that tagout must be able to write"
    ))]
    Export { cause: std::io::Error },
    #[error("the program of this deploy cannot be found: {cause}")]
    OwnProgram { cause: std::io::Error },
}

/// Deploys under guard: snapshot, run `argv`, compare, check; and roll back, compare and check again
/// if the command failed, was interrupted, harmed anybody or left checks failing. Returns with the
/// watchdog that goes on watching until the record is told.
pub fn run(deploy: &Deploy<'_>, argv: &[OsString]) -> Result<(Record, Watchdog), DeployError> {
    let runtime = runtime()?;
    let mut interrupts = runtime.block_on(async { Interrupts::catch() })?;
    let managers = host::managers()?;
    let Prepared { before, watchdog, mut timeline, story } = prepare(deploy, &managers)?;
    timeline.say(format!("deploying {}: {}", deploy.target, deploy.command));
    let guarded_argv =
        exec::argv(&story, argv).map_err(|cause| DeployError::OwnProgram { cause })?;
    let doors = match Doors::open(&story, None, deploy.config, deploy.target) {
        Ok(doors) => doors,
        Err(error) => {
            // Nothing was run, so there is nothing to be finished.
            timeline.must(Step::Closed);
            watchdog.disarm();
            return Err(error.into());
        }
    };
    timeline.step(Step::Starting)?;
    let environment = doors.environment();
    let run =
        supervise::run(&guarded_argv, environment, deploy.limit, supervise::GRACE, &mut interrupts);
    let run = runtime.block_on(run)?;
    drop(doors);
    let told = Story::read(&story)?;
    if let Some(cause) = told.not_started {
        timeline.must(Step::Closed);
        watchdog.disarm();
        let program = argv.first().map(|word| word.to_string_lossy().into_owned());
        let program = program.unwrap_or_default();
        return Err(SuperviseError::NotStarted { program, cause }.into());
    }
    timeline.hear(told.refused);
    timeline.remember(told.let_through);
    timeline.must(Step::Ended { how: run.ended.to_string(), took: run.took });
    timeline.say(ending(&run));
    let interrupted = listen(&runtime, interrupts);

    let Deploy { config, target, .. } = *deploy;
    let confirmed = deploy.confirmed.to_vec();
    // From now on they know what there was.
    let managers = before.managers();
    let guarded = Guarded { config, target, managers, before, timeline, confirmed };
    let over = Over {
        command: deploy.command.clone(),
        ci: deploy.ci.clone(),
        end: CommandEnd::from(&run),
        failed: failure(&run),
    };
    Ok((conclude(guarded, over, &interrupted), watchdog))
}

/// Why the command did not go well, if it did not.
fn failure(run: &Run) -> Option<Cause> {
    match run.interrupted {
        Some(by) => Some(Cause::Interrupted(by)),
        None => (!run.succeeded()).then_some(Cause::CommandFailed(run.ended)),
    }
}

fn ending(run: &Run) -> String {
    let took = shown_duration(run.took);
    match run.interrupted {
        Some(by) => format!("the deploy command was ended by {by} after {took} ({})", run.ended),
        None => format!("the deploy command ended after {took} ({})", run.ended),
    }
}
