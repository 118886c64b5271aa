//! Programs that stand in front of programs. While a deploy runs, a folder is first on its `PATH` in
//! which every program that is known to be able to do harm is this one. In comes the argv that the
//! deploy really calls; it is read and judged as the linter reads and judges a script, with the
//! target of the deploy as owner. Out goes the real program in the place of this process, or a
//! refusal that says what, why and what to do. It guards against accidents, not against who wants
//! to get past it.

mod allowance;
mod called;
mod deploy;
mod environment;
mod folder;
mod judge;
mod real;
mod say;

pub use folder::stand_in;

use called::Called;
use deploy::Deploy;
use judge::Judged;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

/// As shells say that there is no such program.
const NOT_FOUND: u8 = 127;
/// As shells say that a program cannot be run.
const NOT_RUN: u8 = 126;
/// As shells say that a program failed.
const REFUSED: u8 = 1;

/// Stands in for the program by whose name this process was called; None if that is tagout's own.
/// Returns only if the program is not run.
pub fn run() -> Option<ExitCode> {
    let called = Called::of_this_process()?;
    let deploy = Deploy::find();
    let judged = Judged::of(&called, &deploy);
    say::tell(&judged, &called, &deploy);
    if judged.is_refused() {
        return Some(ExitCode::from(REFUSED));
    }
    Some(become_real(&called, &judged))
}

fn become_real(called: &Called, judged: &Judged) -> ExitCode {
    let Some(program) = real::find(&called.name) else {
        say::not_found(&called.name);
        return ExitCode::from(NOT_FOUND);
    };
    let mut command = real::command(&program, called);
    environment::prepare(&mut command, judged);
    let cause = command.exec();
    say::not_run(&program, &cause);
    ExitCode::from(NOT_RUN)
}
