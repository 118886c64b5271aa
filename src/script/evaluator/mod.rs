//! Which commands does a script in JavaScript or Python run, with what text? In comes the script in
//! the small language of [`syntax`], which both are brought into; out go the [`Call`]s that it
//! makes, and what could not be read. The script is not run but evaluated over what each expression
//! may be (see [`thing`]): constants are followed through variables, functions, templates and lists,
//! and an item of a list of processes remembers by which tests of its name it was chosen (see
//! [`knowledge`]). A string that nothing runs is no command, and neither is a function that nothing
//! calls.
//!
//! `code` makes text ready for a parser; `state` holds what is known; `statements`, `expressions`,
//! `operators`, `targets`, `functions`, `lists` and `methods` say what each part of the language
//! does; `commands` are the ways in which functions take what they run; a [`Dialect`] knows the
//! functions of one language.

pub mod code;
mod commands;
mod expressions;
mod formatting;
mod functions;
mod knowledge;
mod lists;
pub mod lowering;
mod methods;
mod modules;
mod operators;
mod printed;
pub mod selection;
#[cfg(test)]
pub mod shown;
mod state;
mod statements;
pub mod syntax;
mod targets;
mod thing;

use crate::{
    invocation::{Value, Word},
    source::{Location, Text},
};
use code::{Code, Parsed, Span};
pub use commands::{Runs, SessionMethod};
pub use state::Evaluator;
use syntax::Statement;
pub use thing::{Contents, List, Thing};
use tree_sitter::Node;

/// A command that a script runs.
#[derive(Clone, Debug)]
pub struct Call {
    pub command: Command,
    /// What it is given as its standard input, if that is said.
    pub input: Option<Value>,
    /// The host that it runs on, if that is another one.
    pub host: Option<Value>,
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

/// What a script finds around it when it starts.
pub struct Surroundings<'a> {
    /// What a variable of the environment holds, if that is known.
    pub environment: &'a dyn Fn(&str) -> Option<Value>,
    /// Its arguments; nothing if they are unknown.
    pub arguments: Option<Vec<Value>>,
    /// The text of a file, by its path from the folder that the script runs in.
    pub file: &'a dyn Fn(&str) -> Option<Text>,
    /// The folder that the script is in, from there.
    pub folder: String,
    /// Nobody asks for anything but what it runs.
    pub only_calls: bool,
}

/// What is particular to a language: its syntax, and the functions that it comes with.
pub trait Dialect {
    fn grammar(&self) -> tree_sitter::Language;

    /// Code that the grammar does not understand as it does, every byte in its place.
    fn without_types(&self, _code: &str) -> Option<String> {
        None
    }

    /// Whether code can run nothing, as far as its words tell: then it need not be parsed.
    fn is_harmless(&self, _code: &str) -> bool {
        false
    }

    /// Brings a tree into the common form.
    fn lower(&self, code: &Code, parsed: &Parsed, root: Node<'_>) -> Vec<Statement>;

    /// What a name means that the script does not declare.
    fn global(&self, name: &str) -> Option<String>;

    /// The path of a part of a module, or of something else that is known.
    fn member(&self, path: &str, name: &str) -> String;

    /// How a function takes what it runs; nothing if it runs nothing.
    fn runs(&self, path: &str) -> Option<Runs>;

    /// Calls a function that runs nothing.
    fn call(
        &self,
        evaluator: &mut Evaluator<'_>,
        path: &str,
        arguments: Vec<Thing>,
        at: Span,
    ) -> Thing;

    /// What a method gives, where it is not as in JavaScript.
    fn method(
        &self,
        _evaluator: &mut Evaluator<'_>,
        _receiver: &Thing,
        _method: &str,
        _arguments: &[Thing],
        _at: Span,
    ) -> Option<Thing> {
        None
    }

    /// The name that JavaScript gives to a method.
    fn method_name<'n>(&self, name: &'n str) -> &'n str {
        name
    }

    /// The files that an import may mean, from the folder that the script is in.
    fn module_files(&self, name: &str) -> Vec<String>;

    /// The path by which the functions of a module are known.
    fn module_path<'n>(&self, name: &'n str) -> &'n str {
        name
    }

    /// What a method of a connection does, by what made the connection.
    fn session_method(&self, session: &str, method: &str) -> Option<SessionMethod>;

    /// How many words stand before the arguments in the list of a script's arguments.
    fn arguments_before(&self) -> usize;
}

/// Finds the commands that `script` runs.
pub fn read(script: &Word, dialect: &dyn Dialect, surroundings: &Surroundings<'_>) -> Reading {
    if surroundings.only_calls && script.text().is_some_and(|code| dialect.is_harmless(&code)) {
        return Reading::default();
    }
    let mut evaluator = Evaluator::new(dialect, surroundings);
    evaluator.run(script);
    evaluator.finish()
}
