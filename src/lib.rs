//! tagout keeps a deploy from taking down its neighbours.
//!
//! The modules stand in the order in which data flows; each uses only those above it.

// Nothing panics on any input; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used)]

pub mod source;
pub mod config;
pub mod recipe;
pub mod workflow;
pub mod invocation;
pub mod program;
pub mod script;
pub mod effect;
pub mod policy;
pub mod approval;
pub mod host;
pub mod probe;
pub mod init;
pub mod store;
pub mod guard;
pub mod incident;
pub mod report;

pub mod cli;
pub mod commands;
