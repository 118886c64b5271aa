use super::{Exit, configuration};
use crate::cli::{Global, Rollback};
use crate::guard::lock::{self, Attempt, Holder, LockPlace};
use crate::guard::rollback::{Pace, execute, survey};
use crate::host::settle::Patience;
use crate::report::{self, print};
use crate::store::Store;

/// Brings back what a snapshot has and the host lacks.
pub fn run(global: &Global, arguments: &Rollback) -> miette::Result<Exit> {
    let config = configuration(global)?;
    let store = Store::from_env()?;
    let before = store.load(arguments.snapshot.as_deref())?;
    // Two at once would each put back what is missing, and a deploy is not to be worked against.
    let _lock = if arguments.dry_run {
        None
    } else {
        let holder = Holder::this_process("tagout rollback".to_owned(), None);
        match lock::try_take(&LockPlace::of_this_host()?, &holder)? {
            Attempt::Taken(lock) => {
                // The plan is made for what is left after that.
                super::finish::left_behind(&store, &lock)?;
                Some(lock)
            }
            Attempt::Busy(current) => {
                let whom = lock::named(current.as_ref());
                eprintln!("the host is locked by {whom}; nothing was rolled back");
                return Ok(Exit::Locked);
            }
        }
    };
    let pace = Pace { budget: config.rollback.within, ..Pace::default() };
    let plan = survey(&before, &config, Patience::brief());
    print(&report::host::plan(&plan))?;
    if plan.is_empty() {
        return Ok(Exit::Fine);
    }
    if !plan.blocked.is_empty() {
        return Ok(Exit::NeedsPerson);
    }
    if arguments.dry_run {
        return Ok(Exit::Fine);
    }
    // Printing must not keep a process from being restored.
    let outcome = execute(&plan, &before, &config, pace, &mut |event| {
        let _ = print(&format!("{}\n", report::host::event(&event)));
    });
    print(&report::host::outcome(&before, &outcome))?;
    Ok(if outcome.is_complete() { Exit::Fine } else { Exit::NeedsPerson })
}
