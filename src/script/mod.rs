//! From scripts to invocations. In comes a [`crate::source::Script`]; out go the program calls that it makes,
//! each with its argv as far as that is known, where it runs and the way that leads to it, and what
//! could not be read. The shell is read by a small abstract interpreter, not by patterns: a word is
//! a set of possible values, and a string is code only where something executes it.

mod invocation;
pub mod javascript;
mod value;

pub use invocation::Invocation;
pub use value::{Hole, Origin, Piece, Selection, Value, Word};
