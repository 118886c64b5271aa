//! What must be so before a deploy under guard begins: the host's lock is ours, nothing is left of
//! those before, and the host is fit for it.

use super::{Exit, configuration};
use crate::approval::{self, Version};
use crate::cli::{Global, Guard};
use crate::config::Config;
use crate::guard::around::{self, Around};
use crate::guard::checks;
use crate::guard::ci::CiRun;
use crate::guard::deploy::Deploy;
use crate::guard::fleet::{self, Fleet, Held};
use crate::guard::lease;
use crate::guard::lock::{self, Attempt, Holder, HostLock, LockPlace, Reach};
use crate::guard::target::Target;
use crate::guard::voice::{say, shown_duration};
use crate::host::host_name;
use crate::report;
use crate::store::Store;
use crate::store::lease::LeaseHolder;
use jiff::Timestamp;
use miette::miette;
use std::path::Path;
use std::time::{Duration, Instant};

/// A deploy that may begin.
pub struct Ready<'a> {
    pub store: Store,
    pub lock: HostLock,
    arguments: &'a Guard,
    command: String,
    config: Config,
    target: Target,
    ci: CiRun,
    version: Option<String>,
    turn: Option<Held>,
}

impl<'a> Ready<'a> {
    /// Makes ready for `command` (already masked), or says why not, and how to exit.
    pub fn make(
        global: &Global,
        arguments: &'a Guard,
        command: impl FnOnce(&CiRun) -> String,
    ) -> miette::Result<Result<Self, Exit>> {
        refuse_a_second()?;
        let ci = CiRun::from_env();
        let config = configuration(global)?;
        super::check::unknown_questions(&config, &arguments.confirm)?;
        let target = Target::find(&config, arguments.app.as_deref(), &ci)?;
        let version = approval::version(&approval::Run::from_env(), Path::new("."))?;
        let version = match allowed(&version, arguments) {
            Ok(version) => version,
            Err(exit) => return Ok(Err(exit)),
        };
        let store = Store::from_env()?;
        let command = command(&ci);
        let turn = match turn(&config, &target, &command, &ci, arguments.wait)? {
            Ok(turn) => turn,
            Err(exit) => return Ok(Err(exit)),
        };
        let Some(lock) = take_lock(arguments, &command, &ci)? else {
            return Ok(Err(Exit::Locked));
        };
        if super::finish::left_behind(&store, &lock)? == Some(Exit::NeedsPerson) {
            say("nothing was run: first bring back what is missing on this host");
            return Ok(Err(Exit::NeedsPerson));
        }
        if !preflight(&config, arguments)? {
            return Ok(Err(Exit::Failed));
        }
        if config.path.is_none() {
            say("there is no tagout.yml here or above: every process counts as a neighbour");
        }
        Ok(Ok(Self { store, lock, arguments, command, config, target, ci, version, turn }))
    }

    pub fn deploy(&self, lease: bool) -> Deploy<'_> {
        Deploy {
            config: &self.config,
            target: &self.target,
            ci: self.ci.clone(),
            command: self.command.clone(),
            lease,
            store: &self.store,
            lock: &self.lock,
            confirmed: &self.arguments.confirm,
            limit: self.arguments.time_limit,
            reports: self.arguments.report.clone(),
            version: self.version.as_deref(),
            turn: self.turn.as_ref(),
        }
    }
}

/// A job that deploys within its own lease would wait for itself.
fn refuse_a_second() -> miette::Result<()> {
    let Some(token) = lease::of_this_job() else { return Ok(()) };
    match lease::find(&Store::from_env()?, &token)? {
        Some(story) if !story.closed => Err(miette!(
            help = "`tagout end` ends it; until then, run what deploys as it is, without `tagout deploy`",
            "this job has begun a deploy already"
        )),
        _ => Ok(()),
    }
}

/// What there is to say of the workflow that runs, if it may deploy.
fn allowed(version: &Version, arguments: &Guard) -> Result<Option<String>, Exit> {
    let Version::Unapproved { workflow, why } = version else {
        return Ok((*version != Version::NoWorkflow).then(|| version.to_string()));
    };
    if let Some(reason) = &arguments.unapproved {
        return Ok(Some(format!("{version}; it deploys all the same: {reason}")));
    }
    say(format_args!("the workflow {workflow} is not the one that was approved:"));
    why.iter().for_each(|reason| say(format_args!("  {reason}")));
    say("nothing was run: review it and run `tagout approve`, or deploy with --unapproved REASON");
    Err(Exit::Failed)
}

/// Waits for a turn among the deploys of all hosts, if there is a limit.
fn turn(
    config: &Config,
    target: &Target,
    command: &str,
    ci: &CiRun,
    wait: Duration,
) -> miette::Result<Result<Option<Held>, Exit>> {
    let Some(deploys) = &config.deploys else { return Ok(Ok(None)) };
    let Some(fleet) = Fleet::of(config)? else { return Ok(Ok(None)) };
    let holder = LeaseHolder {
        host: host_name(),
        command: command.to_owned(),
        run: ci.url.clone(),
        since: Timestamp::now(),
    };
    match fleet.turn(deploys, target, &holder, wait)? {
        Ok(held) => Ok(Ok(Some(held))),
        Err(other) => {
            say(format_args!("it is not our turn: {} deploys now", fleet::named(other.as_ref())));
            say("nothing was run; `--wait 10m` waits for its turn");
            Ok(Err(Exit::Locked))
        }
    }
}

/// Runs the checklist `pre-deploy`; whether the deploy may begin.
fn preflight(config: &Config, arguments: &Guard) -> miette::Result<bool> {
    let before = super::check::newest_snapshot();
    let neighbours = || super::check::neighbours(config, &before);
    let around = Around {
        config,
        compare: &neighbours,
        before: before.as_ref().ok(),
        holds_lock: true,
        confirmed: &arguments.confirm,
        ask: &super::check::ask,
        tell: &around::silently,
    };
    let Some(report) = checks::preflight(config, &around)? else { return Ok(true) };
    if report.is_clean() {
        say(report::check::summary(&report));
        return Ok(true);
    }
    eprint!("{}", report::check::human(&report, config.path.as_deref()));
    say("nothing was run: the host is not fit for a deploy");
    Ok(false)
}

fn take_lock(arguments: &Guard, command: &str, ci: &CiRun) -> miette::Result<Option<HostLock>> {
    let place = LockPlace::of_this_host()?;
    if place.reach == Reach::User {
        say(
            "this host has no folder that all users share: deploys of other users are not kept out",
        );
    }
    let holder = Holder::this_process(command.to_owned(), ci.url.clone());
    let wait = arguments.wait;
    let mut waited = None;
    let attempt = lock::take(&place, &holder, wait, |current, so_far| {
        let whom = lock::named(current);
        let begun = *waited.get_or_insert_with(Instant::now);
        match so_far.as_secs() {
            0 => say(format_args!("waiting up to {} for {whom}", shown_duration(wait))),
            _ => {
                let so_far = shown_duration(begun.elapsed());
                say(format_args!("waited {so_far} so far, now for {whom}"));
            }
        }
    })?;
    match attempt {
        Attempt::Taken(lock) => {
            if let Some(begun) = waited {
                say(format_args!("the host is ours after {}", shown_duration(begun.elapsed())));
            }
            Ok(Some(lock))
        }
        Attempt::Busy(current) => {
            say(format_args!("the host is locked by {}", lock::named(current.as_ref())));
            if wait.is_zero() {
                say("nothing was run; `--wait 10m` waits for its turn");
            } else {
                say(format_args!("nothing was run; waited {}", shown_duration(wait)));
            }
            Ok(None)
        }
    }
}
