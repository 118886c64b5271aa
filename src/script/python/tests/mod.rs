//! What users write, and what is read from it.

mod bounds;
mod commands;
mod loops;
mod values;

use super::read;
use crate::script::evaluator::Reading;
use crate::script::evaluator::shown::{command, nothing_around};
use crate::script::marks::Marks;
use crate::source::{SourceFile, Text};
use std::sync::Arc;

fn reading(script: &str) -> Reading {
    let file = Arc::new(SourceFile::new("x.py", script));
    let code = Marks::default().value(&Text::of_file(file));
    read(&code.alternatives()[0], &nothing_around())
}

/// The commands that a script runs: shell text after `$ `, an argv in brackets, holes as `‹…›`.
fn commands(script: &str) -> Vec<String> {
    let reading = reading(script);
    assert!(reading.unread.is_empty(), "unread: {:?} in {script}", reading.unread);
    reading.calls.iter().map(command).collect()
}

/// Each script runs exactly the one command.
fn each_runs(command: &str, scripts: &[&str]) {
    for script in scripts {
        assert_eq!(commands(script), [command], "{script}");
    }
}
