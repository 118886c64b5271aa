//! What users write, and what is read from it.

mod bounds;
mod commands;
mod data;
mod loops;
mod positions;
mod printed;
mod values;

use super::read;
use crate::script::evaluator::shown::{self, command, nothing_around};
use crate::script::evaluator::{Command, Reading, Surroundings};

fn reading(script: &str) -> Reading {
    shown::reading(read, "x.js", script)
}

fn commands(script: &str) -> Vec<String> {
    shown::commands(&reading(script))
}

/// Each script runs exactly the one command.
fn each_runs(command: &str, scripts: &[&str]) {
    for script in scripts {
        assert_eq!(commands(script), [command], "{script}");
    }
}
