use super::Exit;
use super::ready::Ready;
use crate::cli::{self, Global};
use crate::guard::deploy;
use crate::guard::masking::shown_command;

/// Runs a deploy under guard, holding the host's lock until the report is written.
pub fn run(global: &Global, arguments: &cli::Deploy) -> miette::Result<Exit> {
    let command = |_: &_| shown_command(&arguments.command);
    let ready = match Ready::make(global, &arguments.guard, command)? {
        Ok(ready) => ready,
        Err(exit) => return Ok(exit),
    };
    let (record, watchdog) = deploy::run(&ready.deploy(false), &arguments.command)?;
    let exit = super::finish::tell(record, &ready.store, &arguments.guard.report);
    watchdog.disarm();
    ready.lock.release();
    Ok(exit)
}
