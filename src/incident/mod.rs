//! The report of a deploy. In comes the guard's [`Record`], out goes a Markdown page for the people
//! who have to understand at night what happened: how it ended, how bad it was, who was harmed, what
//! was restored in which order, and what is left to do. No secret is on it: no process's environment
//! ever, and the command line masked.

pub mod escape;
mod markdown;
mod page;
mod severity;
mod write;

pub use markdown::{ReportError, markdown};
pub use severity::Severity;
pub use write::{Written, write};
