use super::Exit;
use crate::cli::{self, Global};
use crate::config::Config;
use crate::guard::around::{self, Around};
use crate::guard::checks;
use crate::guard::ci::CiRun;
use crate::guard::deploy::{self, Deploy};
use crate::guard::lock::{self, Attempt, Holder, HostLock, LockPlace, Reach};
use crate::guard::masking::shown_command;
use crate::guard::target::Target;
use crate::guard::voice::say;
use crate::report;
use crate::store::Store;

/// Runs a deploy under guard, holding the host's lock until the report is written.
pub fn run(global: &Global, arguments: &cli::Deploy) -> miette::Result<Exit> {
    let ci = CiRun::from_env();
    let config = super::configuration(global)?;
    let target = Target::find(&config, arguments.app.as_deref(), &ci)?;
    let store = Store::from_env()?;
    let Some(lock) = take_lock(arguments, &ci)? else { return Ok(Exit::Locked) };
    if super::finish::left_behind(&store, &lock)? == Some(Exit::NeedsPerson) {
        say("nothing was run: first bring back what is missing on this host");
        return Ok(Exit::NeedsPerson);
    }
    if !preflight(&config, arguments)? {
        return Ok(Exit::Failed);
    }
    if config.path.is_none() {
        say("there is no tagout.yml here or above: every process counts as a neighbour");
    }
    let deploy = Deploy {
        config: &config,
        target: &target,
        ci,
        argv: &arguments.command,
        store: &store,
        lock: &lock,
        confirmed: &arguments.confirm,
        limit: arguments.time_limit,
        report: arguments.report.clone(),
    };
    let (record, watchdog) = deploy::run(&deploy)?;
    let exit = super::finish::tell(record, &store, arguments.report.as_deref());
    watchdog.disarm();
    Ok(exit)
}

/// Runs the checklist `pre-deploy`; whether the deploy may begin.
fn preflight(config: &Config, arguments: &cli::Deploy) -> miette::Result<bool> {
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
