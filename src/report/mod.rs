//! What people and programs read. In come findings, results, differences and plans; out goes text
//! in one of the [`Format`]s. Nothing is decided here.

pub mod check;
pub mod progress;
pub mod radius;
mod columns;
pub mod docs;
pub mod host;
pub mod lint;
mod output;

pub use output::{Format, Output, print, write_file};
