//! The report of a deploy. In comes the guard's [`Record`](crate::guard::record::Record), out goes a
//! page for the people who have to understand at night what happened: how it ended, how bad it was, who
//! was harmed, what was restored in which order, what is left to do, and the evidence; as Markdown, as
//! HTML, and as JSON for programs. No secret is on it: no process's environment ever, and the command
//! line masked.

pub mod escape;
mod json;
mod page;
mod render;
mod severity;
mod write;

pub use render::{Format, ReportError, render};
pub use severity::Severity;
pub use write::{Written, write};
