use super::Exit;
use crate::cli::{self, Global};
use crate::guard::ci::CiRun;
use crate::guard::deploy::{self, Deploy};
use crate::guard::lock::{self, Attempt, Holder, HostLock, LockPlace, Reach};
use crate::guard::masking::shown_command;
use crate::guard::record::{Outcome, Record};
use crate::guard::target::Target;
use crate::guard::voice::say;
use crate::incident;
use crate::store::Store;
use std::path::Path;

/// Runs a deploy under guard, holding the host's lock until the report is written.
pub fn run(global: &Global, arguments: &cli::Deploy) -> miette::Result<Exit> {
    let ci = CiRun::from_env();
    let config = super::configuration(global)?;
    let target = Target::find(&config, arguments.app.as_deref(), &ci)?;
    let store = Store::from_env()?;
    let Some(lock) = take_lock(arguments, &ci)? else { return Ok(Exit::Locked) };
    if config.path.is_none() {
        say("there is no tagout.yml here or above: every process counts as a neighbour");
    }
    let deploy = Deploy {
        config: &config,
        target: &target,
        ci,
        argv: &arguments.command,
        store: &store,
        left_behind: lock.left_behind.as_ref(),
    };
    let record = deploy::run(&deploy)?;
    report(&record, &store, arguments.report.as_deref());
    Ok(match record.outcome {
        Outcome::Deployed => Exit::Fine,
        Outcome::RolledBack => Exit::RolledBack,
        Outcome::Incomplete => Exit::NeedsPerson,
    })
}

fn take_lock(arguments: &cli::Deploy, ci: &CiRun) -> miette::Result<Option<HostLock>> {
    let place = LockPlace::of_this_host()?;
    if place.reach == Reach::User {
        say(
            "this host has no folder that all users share: deploys of other users are not kept out",
        );
    }
    let holder = Holder::this_process(shown_command(&arguments.command), ci.url.clone());
    let attempt = lock::take(&place, &holder, arguments.wait, |current| {
        say(format_args!("waiting for {}", lock::named(current)));
    })?;
    match attempt {
        Attempt::Taken(lock) => Ok(Some(lock)),
        Attempt::Busy(current) => {
            say(format_args!("the host is locked by {}", lock::named(current.as_ref())));
            say("nothing was run; `--wait 10m` waits for its turn");
            Ok(None)
        }
    }
}

/// Writes the report and says how the deploy ended. What the deploy did is done, so a report that
/// cannot be written changes nothing of its outcome.
fn report(record: &Record, store: &Store, file: Option<&Path>) {
    match incident::markdown(record) {
        Ok(text) => {
            let written = incident::write(&text, &record.snapshot, store, file);
            for path in &written.paths {
                say(format_args!("report: {}", path.display()));
            }
            for (path, error) in &written.failed {
                say(format_args!("the report could not be written to {}: {error}", path.display()));
            }
        }
        Err(error) => say(error),
    }
    say(record.headline());
}
