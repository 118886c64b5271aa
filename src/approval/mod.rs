//! Whether the workflow that runs is the one that was approved. In come a workflow and all files of
//! the repository that it reaches; out goes their hashes, which `tagout approve` writes into
//! `tagout.lock` and a deploy compares with, so that a runner that executes a stale or unreviewed
//! workflow is caught before it acts.

mod files;
mod lockfile;
mod running;

pub use files::{Change, Files, differences, hash_of};
pub use lockfile::{FILE_NAME, LockError, Lockfile};
pub use running::{Run, Running, Version, version};
