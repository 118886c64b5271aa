//! A deploy that is several steps of a workflow.

use super::Exit;
use super::ready::Ready;
use crate::cli::{End, Global, Guard};
use crate::guard::ci::{self, CiRun};
use crate::guard::doors::LEASE_VARIABLE;
use crate::guard::lease::{self, Ending};
use crate::guard::masking::in_single_quotes;
use crate::guard::record::Outcome;
use crate::guard::voice::say;
use crate::report::print;
use crate::store::Store;
use miette::{IntoDiagnostic, miette};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Begins one, and leaves it to its watchdog until [`end`].
pub fn begin(global: &Global, arguments: &Guard) -> miette::Result<Exit> {
    let ready = match Ready::make(global, arguments, steps)? {
        Ok(ready) => ready,
        Err(exit) => return Ok(exit),
    };
    let variables = lease::begin(&ready.deploy(true))?;
    // Where there is no CI system, for `eval` in a shell.
    for (name, value) in variables {
        print(&format!("export {name}={}\n", in_single_quotes(&value)))?;
    }
    Ok(Exit::Fine)
}

/// What deploys, in words.
fn steps(ci: &CiRun) -> String {
    match &ci.workflow {
        Some(workflow) => format!("the steps of {workflow}"),
        None => "the steps after `tagout begin`".to_owned(),
    }
}

/// Ends one: verifies it, and rolls it back if it cannot stand.
pub fn end(arguments: &End) -> miette::Result<Exit> {
    let Some(token) = arguments.lease.clone().or_else(lease::of_this_job) else {
        return Err(miette!(
            help = "`tagout begin` comes first, in the same job: it hands the lease on in TAGOUT_LEASE; \
                    or name it with --lease",
            "there is nothing to end: TAGOUT_LEASE is not set"
        ));
    };
    let store = Store::from_env()?;
    let handed_on = lease::find(&store, &token)?.map(|story| story.handed_on).unwrap_or_default();
    shed(&handed_on)?;
    let reports = arguments.report.iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>();
    let reports = reports.into_diagnostic()?;
    if arguments.job_status.is_none() {
        say("without --job-status nobody says whether a step failed");
    }
    let ending = Ending {
        store: &store,
        token: &token,
        status: arguments.job_status.as_deref(),
        confirmed: &arguments.confirm,
    };
    match lease::end(&ending)? {
        lease::End::Judged { record, reports: begun_with, watchdog, lock } => {
            let reports = if reports.is_empty() { begun_with } else { reports };
            let exit = super::finish::tell(*record, &store, &reports);
            watchdog.disarm();
            lock.release();
            Ok(exit)
        }
        lease::End::Over { outcome, snapshot } => Ok(over(outcome, snapshot.as_deref(), &store)),
        lease::End::Lost => {
            say("the watchdog was killed, and somebody else had the host since: nothing was done");
            say("look at the host with `tagout snapshot diff`: a person is needed");
            Ok(Exit::NeedsPerson)
        }
    }
}

/// Takes back what the steps had for the time of the lease: from the steps after this one, and from
/// ourselves, who are to see the host as it is. That takes a new process.
fn shed(handed_on: &[(String, Option<String>)]) -> miette::Result<()> {
    let of_lease = |(name, before): &&(String, Option<String>)| {
        // The lease itself says to those who come late that it is over.
        ![LEASE_VARIABLE, "PATH"].contains(&name.as_str())
            && std::env::var(name).unwrap_or_default() != before.as_deref().unwrap_or("")
    };
    let mut left = handed_on.iter().filter(of_lease).peekable();
    if left.peek().is_none() {
        return Ok(());
    }
    let mut us = Command::new(std::env::current_exe().into_diagnostic()?);
    us.args(std::env::args_os().skip(1));
    let mut variables = Vec::new();
    for (name, before) in left {
        match before {
            Some(value) => us.env(name, value),
            None => us.env_remove(name),
        };
        variables.push((name.as_str(), before.as_deref().unwrap_or_default()));
    }
    if let Err(error) = ci::export(variables) {
        say(format_args!("the steps after this one cannot be told of its end: {error}"));
    }
    Err(us.exec()).into_diagnostic()
}

/// Says how a deploy ended before its `tagout end`.
fn over(outcome: Option<Outcome>, snapshot: Option<&str>, store: &Store) -> Exit {
    let (how, exit) = match outcome {
        Some(Outcome::Deployed) => ("it stands", Exit::Fine),
        Some(Outcome::RolledBack) => ("the host is as it was", Exit::RolledBack),
        Some(Outcome::Incomplete) => {
            ("the rollback is incomplete: a person is needed", Exit::NeedsPerson)
        }
        Some(Outcome::LetGo) => {
            ("its lock was taken away, and nothing was rolled back", Exit::NeedsPerson)
        }
        None => ("it had changed nothing", Exit::RolledBack),
    };
    say(format_args!("this deploy was ended before its `tagout end`: {how}"));
    if let Some(id) = snapshot {
        say(format_args!("report: {}", store.report_of(id).display()));
    }
    exit
}
