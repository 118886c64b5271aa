//! JavaScript: which commands does a script run?

use crate::invocation::Value;
use crate::source::{Location, Text};

/// A command that a script runs.
#[derive(Clone, Debug)]
pub struct Call {
    pub command: Command,
    /// The call expression, `exec('pm2 delete ' + id)`.
    pub location: Option<Location>,
    /// The function that runs it, for the chain: `exec`, `child_process.spawn`, `pm2.delete`.
    pub function: String,
}

#[derive(Clone, Debug)]
pub enum Command {
    /// Text for a shell.
    Shell(Value),
    /// A program and its arguments, no shell between.
    Argv(Vec<Value>),
}

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Reading {
    pub calls: Vec<Call>,
    /// Where the text could not be parsed.
    pub unread: Vec<Location>,
}

/// Finds the commands that `text` runs.
pub fn read(text: &Text) -> Reading {
    let _ = text;
    Reading::default()
}
