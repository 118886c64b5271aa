//! Our reading of shell scripts, compared with what bash does.
//!
//! Generated scripts run in real bash, with shims on their `PATH` that record how they are called.
//! No call that bash makes is missing from what tagout says, be it word for word or with holes for
//! what cannot be known; and what tagout says for certain is what bash does.
//!
//! `BASH_SCRIPTS=5000 cargo test --test bash -- --nocapture` runs more of them, and others each
//! time, and prints the shortest that are read wrongly.

#![cfg(unix)]

mod grammar;
mod reader;
mod recorder;
mod regressions;
mod templates;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use recorder::{OTHERS, Recorder, USUAL};
use std::{env, fmt};
use tagout::{invocation::Invocation, script};

/// How well the readings of many scripts fit.
#[derive(Default)]
struct Figures {
    scripts: usize,
    /// Scripts that bash does not understand.
    nonsense: usize,
    made: usize,
    /// Of the calls that bash makes, those that are said word for word, and those that are not said.
    exact: usize,
    missing: usize,
    /// Scripts that know their variables and make the same calls whatever the world is like.
    constant: usize,
    /// The calls that are said of them without a hole, and those that bash does not make.
    certain: usize,
    wrong: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scripts, nonsense, made, exact, missing, constant, certain, wrong } = self;
        write!(
            f,
            "{scripts} scripts ({nonsense} more have syntax errors): bash made {made} calls, of \
             which {exact} are said word for word ({:.1} %) and {missing} are missing; of \
             {constant} constant scripts, {certain} calls are said for certain, of which bash did \
             not make {wrong} ({:.1} %)",
            percent(*exact, *made),
            percent(*wrong, *certain),
        )
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Compares a script's reading with its run; gives the calls that are missing, in words.
fn compare(recorder: &Recorder, script: &str, figures: &mut Figures) -> Option<String> {
    let Some(made) = recorder.calls(script, &USUAL) else {
        figures.nonsense += 1;
        return None;
    };
    let said = reader::calls(script);
    let (certain, open): (Vec<_>, Vec<_>) = said.iter().partition(|call| reader::is_exact(call));
    let is_in = |calls: &[&Invocation], argv: &[String]| {
        calls.iter().any(|call| reader::covers(call, argv))
    };
    let (exact, others): (Vec<_>, Vec<_>) = made.iter().partition(|argv| is_in(&certain, argv));
    let missing: Vec<_> = others.into_iter().filter(|argv| !is_in(&open, argv)).collect();
    figures.scripts += 1;
    figures.made += made.len();
    figures.exact += exact.len();
    figures.missing += missing.len();
    let does_the_same = |world| recorder.calls(script, world).as_ref() == Some(&made);
    if script.starts_with(templates::KNOWN) && OTHERS.iter().all(does_the_same) {
        let is_made = |call: &Invocation| made.iter().any(|argv| reader::covers(call, argv));
        figures.constant += 1;
        figures.certain += certain.len();
        figures.wrong += certain.iter().filter(|call| !is_made(call)).count();
    }
    let said = || said.iter().map(|call| script::display(&call.argv)).collect::<Vec<_>>();
    (!missing.is_empty()).then(|| format!("{missing:?} missing from {:#?} of\n{script}", said()))
}

/// Of what is said for certain of constant scripts, bash does all but this share, in percent. The
/// rest are branches of which the reading does not know that they are never taken.
const MOST_WRONG: f64 = 3.0;

/// At least this share of the calls is said word for word, in percent; the others have holes.
const LEAST_EXACT: f64 = 75.0;

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
    assert_eq!(figures.missing, 0, "{figures}");
    assert!(percent(figures.exact, figures.made) >= LEAST_EXACT, "{figures}");
    assert!(percent(figures.wrong, figures.certain) <= MOST_WRONG, "{figures}");
}
