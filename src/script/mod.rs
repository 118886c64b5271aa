//! From scripts to invocations. In comes a [`Script`]; out go the program calls that it makes, each
//! with its argv as far as that is known, where it runs and the way that leads to it, and what
//! could not be read. The shell is read by a small abstract interpreter, not by patterns: a word is
//! a set of possible values, and a string is code only where something executes it.

mod batch;
mod calls;
mod carried;
mod databases;
mod downloads;
mod evaluated;
mod evaluator;
mod exports;
mod files;
mod items;
mod jobs;
mod javascript;
mod marks;
mod mongodb;
mod nested;
mod parameters;
mod parsing;
mod playbook;
mod powershell;
mod python;
mod recipes;
mod relevance;
mod run;
mod shell;
mod sql;
mod template;
#[cfg(test)]
mod tests;

use crate::{
    invocation::{Invocation, Word},
    source::{Location, Script, in_time},
};
pub use carried::Files;
pub(crate) use evaluator::selection;
pub use exports::Exports;
use parsing::parse;
pub use relevance::{Matters, matters, matters_as_written};
use run::Run;
use shell::Shell;
use std::sync::Arc;

/// What a script runs, and what of it could not be read.
#[derive(Debug, Default)]
pub struct Reading {
    pub invocations: Vec<Arc<Invocation>>,
    pub unread: Vec<Unread>,
    pub exports: Exports,
}

/// A part of a script that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    pub location: Option<Location>,
    pub reason: String,
    pub kind: UnreadKind,
    /// What it names that can do harm, where its reader knows.
    pub names: Option<&'static str>,
}

/// What it is that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadKind {
    /// The place holds code.
    Code,
    /// The place names what is run but not there.
    Missing,
    /// The same, and this program call fetches it from the network.
    Downloaded(String),
}

/// Reads a script and all code in it, also where none of that [`matters`].
pub fn read(script: &Script) -> Reading {
    in_time(|| read_in_time(script, &Files::default(), false))
}

/// Reads what of a script can have effects or set something for later steps, and all that it
/// depends on. What it calls besides may be missing.
pub fn read_what_matters(script: &Script) -> Reading {
    read_with(script, &Files::default())
}

/// The same, where earlier steps left files.
pub fn read_with(script: &Script, files: &Files) -> Reading {
    in_time(|| read_in_time(script, files, true))
}

/// Reads a script and all code in it, where earlier steps left files.
pub fn read_all_with(script: &Script, files: &Files) -> Reading {
    in_time(|| read_in_time(script, files, false))
}

fn read_in_time(script: &Script, files: &Files, selective: bool) -> Reading {
    let repository = script.text.file().map(|file| file.repository().clone());
    let mut run = Run::in_repository(repository);
    run.selective = selective;
    run.services.clone_from(&script.services);
    let (mut ends, mut leaves_files) = (Vec::new(), false);
    for filled in script.alternatives() {
        let mut shell = Shell::new(&mut run, script, &filled);
        let text = filled.text;
        files.put(&mut shell.state, &mut shell.run.marks);
        let before = shell.state.files.clone();
        if !shell.by_template(script, &text) {
            shell.once(&text, |shell| shell.code(script.language, &text));
        }
        shell.finish();
        leaves_files |= !shell.state.files.is_copy_of(&before);
        ends.push(std::mem::take(&mut shell.state));
    }
    let limit = run.limit().map(|reason| Unread::code(script.text.location(), reason));
    run.unread.extend(limit);
    let files = if leaves_files { Files::of(&ends, &run.marks) } else { files.clone() };
    let exports = Exports { files, ..Exports::of(&run.exports, &ends) };
    Reading { invocations: run.invocations, unread: run.unread, exports }
}

impl Unread {
    pub fn is_code(&self) -> bool {
        self.kind == UnreadKind::Code
    }

    /// Code that is not understood.
    pub(crate) fn code(location: Option<Location>, reason: impl Into<String>) -> Self {
        Self { location, reason: reason.into(), kind: UnreadKind::Code, names: None }
    }

    /// Code that is not understood and names something that can do harm.
    fn naming(names: &'static str, location: Option<Location>, reason: &str) -> Self {
        Self { names: Some(names), ..Self::code(location, reason) }
    }

    /// A file, or something in one, that is run but not there.
    fn missing(location: Option<Location>, reason: impl Into<String>) -> Self {
        Self { location, reason: reason.into(), kind: UnreadKind::Missing, names: None }
    }
}

/// An argv as a person would type it, holes as they are written.
pub fn display(argv: &[Word]) -> String {
    argv.iter().map(Word::to_string).collect::<Vec<_>>().join(" ")
}
