//! Our reading of shell scripts, compared with what bash does.
//!
//! Generated scripts run in real bash, with shims on their `PATH` that record how they are called.
//! No call that bash makes may be missing from what tagout says; what tagout says for certain
//! should be what bash does.
//!
//! `BASH_SCRIPTS=50000 cargo test --test bash -- --nocapture` runs more of them.

#![cfg(unix)]

mod grammar;
mod reader;
mod recorder;
mod regressions;

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use recorder::Recorder;
use std::{cell::RefCell, env, fmt};

/// What a script is started with, which its text does not say.
const ARGUMENTS: [&str; 2] = ["in-1", "in 2"];

/// How well the readings of many scripts fit.
#[derive(Default)]
struct Figures {
    scripts: usize,
    made: usize,
    said: usize,
    exact: usize,
    exact_and_made: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scripts, made, said, exact, exact_and_made } = self;
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        write!(
            f,
            "{scripts} scripts: bash made {made} calls; tagout said {said}, {exact} of them exactly \
             ({:.1} %), of which bash made {exact_and_made} ({:.1} %)",
            percent(*exact, *said),
            percent(*exact_and_made, *exact),
        )
    }
}

/// Compares a script's reading with its run. The error says which call is missing.
fn compare(recorder: &Recorder, script: &str, figures: &mut Figures) -> Result<(), String> {
    let made = recorder.calls(script, &ARGUMENTS);
    let said = reader::calls(script);
    for argv in &made {
        if !said.iter().any(|invocation| reader::covers(invocation, argv)) {
            let said: Vec<String> =
                said.iter().map(|invocation| tagout::script::display(&invocation.argv)).collect();
            return Err(format!("{argv:?} is missing from {said:#?} of\n{script}"));
        }
    }
    let exact = || said.iter().filter(|invocation| reader::is_exact(invocation));
    figures.scripts += 1;
    figures.made += made.len();
    figures.said += said.len();
    figures.exact += exact().count();
    figures.exact_and_made += exact()
        .filter(|invocation| made.iter().any(|argv| reader::covers(invocation, argv)))
        .count();
    Ok(())
}

#[test]
fn no_call_that_bash_makes_is_missing() {
    let scripts = env::var("BASH_SCRIPTS").ok().and_then(|number| number.parse().ok());
    let config =
        Config { cases: scripts.unwrap_or(300), failure_persistence: None, ..Config::default() };
    let recorder = Recorder::new();
    let figures = RefCell::new(Figures::default());
    let outcome = TestRunner::new(config).run(&grammar::script(), |script| {
        compare(&recorder, &script, &mut figures.borrow_mut()).map_err(TestCaseError::fail)
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    println!("{}", figures.borrow());
}
