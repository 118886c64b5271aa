//! Becoming the deploy command. Between starting a process and noting its number, tagout could be
//! killed, and nobody would know what to end. So the process notes itself, and only then becomes the
//! command.

use super::journal::{Journal, Step};
use crate::host::proc::Identity;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The hidden subcommand that calls [`become_command`].
pub const SUBCOMMAND: &str = "become";

/// The command line of a process that notes itself in `journal` and becomes `argv`.
pub fn argv(journal: &Path, argv: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut words: Vec<OsString> = vec![std::env::current_exe()?.into(), SUBCOMMAND.into()];
    words.extend([journal.into(), "--".into()]);
    words.extend(argv.iter().cloned());
    Ok(words)
}

/// Turns this process into `argv`. Returns only if that cannot be.
pub fn become_command(journal: &Path, argv: &[OsString]) -> miette::Result<()> {
    let mut journal = Journal::resume(journal)?;
    let [program, arguments @ ..] = argv else { return Ok(()) };
    journal.append(Step::Running { command: Identity::of_this_process() })?;
    let cause = Command::new(program).args(arguments).exec().to_string();
    journal.append(Step::NotStarted { cause })?;
    Ok(())
}
