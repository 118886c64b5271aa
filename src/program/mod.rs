//! What tagout knows about programs. In come the files of `rules/programs` (built in, each parsed
//! when one of its programs is first met); out goes, for an argv, what its words mean: which are
//! options and which operands, whether the program runs another one, and which effect its own
//! command has on which targets. Everything here is data; adding a program needs no Rust.

mod arguments;
mod catalog;
mod definition;
mod pattern;
mod tells;

pub use arguments::{Arguments, Operand, split_assignment};
pub use catalog::{Catalog, bare_name, package_of};
pub use definition::{
    Command, Connects, EffectSpec, Example, Items, Program, Runs, RunsWhat, Scope, Source, Verb,
};
pub use pattern::{Match, Pattern};
pub use tells::{Hooks, Tells, Verbs};
