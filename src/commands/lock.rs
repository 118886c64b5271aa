use super::Exit;
use crate::cli::{Lock, LockAction};
use crate::guard::lock::{self, LockPlace, Status};
use crate::report::print;

/// Says who holds the host's lock. It ends with [`Exit::Locked`] when somebody does, so that a
/// script can ask.
pub fn run(arguments: &Lock) -> miette::Result<Exit> {
    let LockAction::Status = arguments.action.as_ref().unwrap_or(&LockAction::Status);
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
