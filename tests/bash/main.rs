//! Our reading of shell scripts, compared with what bash does.
//!
//! Generated scripts run in real bash, with shims on their `PATH` that record how they are called.
//! A call that bash makes should not be missing from what tagout says; what tagout says for certain
//! should be what bash does.
//!
//! `BASH_SCRIPTS=5000 cargo test --test bash -- --nocapture` runs more of them, and others each
//! time, and prints the shortest that are read wrongly.

#![cfg(unix)]

mod grammar;
mod reader;
mod recorder;
mod regressions;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use recorder::Recorder;
use std::{env, fmt};

/// What a script is started with, which its text does not say.
const ARGUMENTS: [&str; 2] = ["in-1", "in-2"];

/// How well the readings of many scripts fit.
#[derive(Default)]
struct Figures {
    scripts: usize,
    made: usize,
    missing: usize,
    said: usize,
    exact: usize,
    exact_and_made: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scripts, made, missing, said, exact, exact_and_made } = self;
        write!(
            f,
            "{scripts} scripts: bash made {made} calls, {missing} of them missing ({:.2} %); \
             tagout said {said}, {exact} of them exactly ({:.1} %), of which bash made \
             {exact_and_made} ({:.1} %)",
            percent(*missing, *made),
            percent(*exact, *said),
            percent(*exact_and_made, *exact),
        )
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Compares a script's reading with its run; gives the calls that are missing, in words.
fn compare(recorder: &Recorder, script: &str, figures: &mut Figures) -> Option<String> {
    let made = recorder.calls(script, &ARGUMENTS);
    let said = reader::calls(script);
    let missing: Vec<&Vec<String>> = made
        .iter()
        .filter(|argv| !said.iter().any(|invocation| reader::covers(invocation, argv)))
        .collect();
    let exact = || said.iter().filter(|invocation| reader::is_exact(invocation));
    figures.scripts += 1;
    figures.made += made.len();
    figures.missing += missing.len();
    figures.said += said.len();
    figures.exact += exact().count();
    figures.exact_and_made += exact()
        .filter(|invocation| made.iter().any(|argv| reader::covers(invocation, argv)))
        .count();
    let said = || said.iter().map(|invocation| tagout::script::display(&invocation.argv));
    (!missing.is_empty())
        .then(|| format!("{missing:?} missing from {:#?} of\n{script}", said().collect::<Vec<_>>()))
}

/// What is not read as bash runs it yet is this share of the calls at most, in percent: `$0`,
/// an unknown word that becomes several words or none in text that is put together, and
/// `export X=…` that goes on after a line break.
const MOST_MISSING: f64 = 1.0;

/// Of what is said for certain, bash does this share at least; the rest are the other branches.
const LEAST_MADE: f64 = 85.0;

#[test]
fn calls_that_bash_makes_are_said() {
    let more = env::var("BASH_SCRIPTS").ok().and_then(|number| number.parse().ok());
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = match more {
        Some(_) => TestRunner::new(config),
        // The same scripts each time.
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let recorder = Recorder::new();
    let mut figures = Figures::default();
    let scripts = grammar::script();
    let mut failures = Vec::new();
    for _ in 0..more.unwrap_or(300_usize) {
        let script = scripts.new_tree(&mut runner).unwrap().current();
        failures.extend(compare(&recorder, &script, &mut figures));
    }
    println!("{figures}");
    failures.sort_by_key(String::len);
    failures.iter().take(20).for_each(|failure| println!("\n{failure}"));
    assert!(percent(figures.missing, figures.made) <= MOST_MISSING, "{figures}");
    assert!(percent(figures.exact_and_made, figures.exact) >= LEAST_MADE, "{figures}");
}
