//! JavaScript: which commands does a script run, with what text? In comes the text of a script (with
//! holes where a shell or a workflow puts something in); out go the [`Call`]s that it makes, and
//! what could not be read. The script is not run but evaluated over what each expression may be
//! (see [`thing`]): constants are followed through variables, functions, templates and arrays, and
//! an item of a list of processes remembers by which tests of its name it was chosen
//! (see [`knowledge`]). A string that nothing runs is no command, and neither is a function that
//! nothing calls.
//!
//! `code` makes the text ready for the parser; `evaluator` holds the state; `statements`,
//! `expressions`, `operators`, `bindings`, `functions` and `methods` say what each part of the language does;
//! `library` knows the functions that run commands.

mod bindings;
mod code;
mod evaluator;
mod expressions;
mod functions;
mod knowledge;
mod library;
mod lists;
mod methods;
mod operators;
mod printed;
mod selection;
mod statements;
#[cfg(test)]
mod tests;
mod thing;

use crate::invocation::{Value, Word};
use crate::source::Location;
use code::Code;
use evaluator::Evaluator;

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
    /// In the order in which they stand in the script.
    pub calls: Vec<Call>,
    /// What it writes to its standard output, without the last line's end, if it writes anything.
    pub printed: Option<Value>,
    /// Where the text could not be parsed, or was too deep, long or tangled to be followed.
    pub unread: Vec<Location>,
}

/// What a variable of the environment holds, if that is known.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// Finds the commands that `script` runs where these variables are set.
pub fn read(script: &Word, environment: Environment<'_>) -> Reading {
    let code = Code::new(script);
    let Some(tree) = code.parse() else {
        let unread = code.locate(0..usize::MAX).into_iter().collect();
        return Reading { unread, ..Reading::default() };
    };
    let mut evaluator = Evaluator::new(&code, environment);
    evaluator.run(tree.root_node());
    let printed = evaluator.printed(tree.root_node());
    let mut unread = code::errors(&tree);
    let (calls, limit) = evaluator.finish();
    unread.extend(limit);
    unread.sort_by_key(|range| (range.start, range.end));
    let unread = unread.into_iter().filter_map(|range| code.locate(range)).collect();
    Reading { calls, printed, unread }
}
