//! tagout keeps a deploy from taking down its neighbours.
//!
//! The modules stand in the order in which data flows; each uses only those above it.
//! Reading: `source` → `workflow` → `script` → `effect` → `policy`. Running: `probe`, `host`,
//! `store`, `guard`, `incident`. Both end in `report`, and `commands` wires them together.

pub mod config;
pub mod effect;
pub mod guard;
pub mod host;
pub mod incident;
pub mod policy;
pub mod probe;
pub mod report;
pub mod script;
pub mod source;
pub mod store;
pub mod workflow;

pub mod cli;
pub mod commands;
