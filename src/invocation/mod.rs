//! Program calls as far as they are known by reading. A [`Value`] is what an expression may be: a
//! bounded set of [`Word`]s, each of known text and holes; an [`Invocation`] is an argv of words.
//! Every reader (shell, JavaScript, …) produces these, and everything after it, at run time too,
//! judges them; an argv that the kernel hands over is an invocation without holes.

mod call;
mod path;
mod value;

pub use call::Invocation;
pub use value::{Hole, Origin, Piece, Selection, Value, Word};
