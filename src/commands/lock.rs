use super::Exit;
use crate::cli::{Lock, LockAction, LockRelease};
use crate::guard::lock::{self, LockPlace, Status};
use crate::guard::release::{Next, Released, Right, release};
use crate::report::print;
use crate::store::Store;

/// What there is to do with the host's lock.
pub fn run(arguments: &Lock) -> miette::Result<Exit> {
    match arguments.action.as_ref().unwrap_or(&LockAction::Status) {
        LockAction::Status => status(),
        LockAction::Release(arguments) => let_go(arguments),
    }
}

/// Says who holds it. It ends with [`Exit::Locked`] when somebody does, so that a script can ask.
fn status() -> miette::Result<Exit> {
    let place = LockPlace::of_this_host()?;
    let (text, exit) = match lock::status(&place)? {
        Status::Free(None) => ("free\n".to_owned(), Exit::Fine),
        Status::Free(Some(dead)) => (
            format!("free; its last holder died without releasing it\n{}", dead.described()),
            Exit::Fine,
        ),
        Status::Held(Some(holder)) => (format!("held\n{}", holder.described()), Exit::Locked),
        Status::Held(None) => ("held, by a process that left no record\n".to_owned(), Exit::Locked),
    };
    print(&format!("{text}  file      {}\n", place.path.display()))?;
    Ok(exit)
}

/// Takes it from its holder.
fn let_go(arguments: &LockRelease) -> miette::Result<Exit> {
    let right = match (&arguments.token, &arguments.reason) {
        (Some(token), _) => Right::Token(token),
        (None, reason) => Right::Force { reason: reason.as_deref().unwrap_or_default() },
    };
    let store = Store::from_env()?;
    let taken = match release(&LockPlace::of_this_host()?, &store, right)? {
        Released::Free => {
            print("nobody holds the lock\n")?;
            return Ok(Exit::Fine);
        }
        Released::Taken(taken) => taken,
    };
    let how = if taken.killed { ", which did not let go and was killed" } else { "" };
    print(&format!("taken from {}{how}\n", taken.from))?;
    let lock = match taken.next {
        Next::Us(lock) => lock,
        Next::Other(next) => {
            print(&format!("it is held now by {next}\n"))?;
            return Ok(Exit::Fine);
        }
    };
    if let Some(story) = taken.left {
        super::finish::finish(story, &store)?;
    }
    lock.release();
    print("the host is free; what has changed: `tagout snapshot diff`\n")?;
    Ok(Exit::Fine)
}
