//! What runs on this host. In come the process managers that are found here; out go a [`Snapshot`]
//! of every process under them, ours or not, and a [`Diff`](diff::Diff) between two of them.
//! Reading never changes anything: above all, it never starts a manager that does not run.
//!
//! A manager is one implementation of [`Manager`], in a file or folder of its own.

pub mod diff;
mod facts;
mod manager;
mod pair;
pub mod pm2;
pub mod proc;
mod process;
pub mod settle;
pub mod snapshot;

pub use facts::{Commit, host_name};
pub use manager::{ActionError, Manager, ManagerKind, ManagerState, Orphan};
pub use pair::{Pair, pairs};
pub use process::{Condition, Key, Process, Recipe, Status};
pub use snapshot::{Section, Snapshot};

/// The managers of this host, as the environment names them.
pub fn managers() -> Vec<Box<dyn Manager>> {
    vec![Box::new(pm2::Pm2::from_env())]
}
