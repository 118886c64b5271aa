//! From scripts to invocations. In comes a [`Script`]; out go the program calls that it makes, each
//! with its argv as far as that is known, where it runs and the way that leads to it, and what
//! could not be read. The shell is read by a small abstract interpreter, not by patterns: a word is
//! a set of possible values, and a string is code only where something executes it.

mod files;
pub mod javascript;
mod nested;
mod run;
mod shell;

use crate::{
    invocation::{Invocation, Word},
    source::{Language, Location, Script},
};
use run::Run;
use shell::Shell;

/// What a script runs, and what of it could not be read.
#[derive(Debug, Default)]
pub struct Reading {
    pub invocations: Vec<Invocation>,
    pub unread: Vec<Unread>,
}

/// A part of a script that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    pub location: Option<Location>,
    pub reason: String,
}

/// Reads a script and all code in it.
pub fn read(script: &Script) -> Reading {
    let mut run = Run::default();
    for text in script.alternatives() {
        Shell::new(&mut run, script).code(script.language, &text);
    }
    Reading { invocations: run.invocations, unread: run.unread }
}

impl Unread {
    fn language(language: Language, location: Option<Location>) -> Self {
        Self { location, reason: format!("{language} is not read yet") }
    }
}

/// An argv as a person would type it, holes as they are written.
pub fn display(argv: &[Word]) -> String {
    argv.iter().map(Word::to_string).collect::<Vec<_>>().join(" ")
}
