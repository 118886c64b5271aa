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
use recorder::{OTHERS, Recorder, USUAL};
use std::{env, fmt};
use tagout::invocation::Invocation;

/// How well the readings of many scripts fit.
#[derive(Default)]
struct Figures {
    scripts: usize,
    made: usize,
    missing: usize,
    said: usize,
    exact: usize,
    /// Scripts that make the same calls whatever the world is like.
    constant: usize,
    /// Calls that are said exactly in those, and how many of them bash does not make.
    certain: usize,
    wrong: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scripts, made, missing, said, exact, constant, certain, wrong } = self;
        write!(
            f,
            "{scripts} scripts: bash made {made} calls, {missing} of them missing; tagout said \
             {said}, {exact} of them exactly; {certain} of these in the {constant} scripts that \
             do the same in every world, of which bash did not make {wrong} ({:.1} %)",
            percent(*wrong, *certain),
        )
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Compares a script's reading with its run; gives the calls that are missing, in words.
fn compare(recorder: &Recorder, script: &str, figures: &mut Figures) -> Option<String> {
    let made = recorder.calls(script, &USUAL);
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
    if OTHERS.iter().all(|world| recorder.calls(script, world) == made) {
        let is_made = |call: &&Invocation| made.iter().any(|argv| reader::covers(call, argv));
        figures.constant += 1;
        figures.certain += exact().count();
        let wrong = exact().filter(|call| !is_made(call)).count();
        figures.wrong += wrong;
        if wrong > 0 && env::var("BASH_EXTRA").is_ok() && script.len() < 900 {
            println!(
                "=====EXTRA {:?}\nmade {made:?}\n{script}",
                exact()
                    .filter(|call| !is_made(call))
                    .map(|i| tagout::script::display(&i.argv))
                    .collect::<Vec<_>>()
            );
        }
    }
    let said = || said.iter().map(|invocation| tagout::script::display(&invocation.argv));
    (!missing.is_empty())
        .then(|| format!("{missing:?} missing from {:#?} of\n{script}", said().collect::<Vec<_>>()))
}

/// Of what is said for certain of scripts that do the same in every world, bash does all but this
/// share, in percent.
const MOST_WRONG: f64 = 5.0;

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
    assert!(figures.missing == 0, "{figures}");
    assert!(percent(figures.wrong, figures.certain) <= MOST_WRONG, "{figures}");
}
