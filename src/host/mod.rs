//! What runs on this host. In come the process managers that are found here; out go a [`Snapshot`]
//! of every process under them, ours or not, and a [`Diff`](diff::Diff) between two of them.
//! Reading never changes anything: above all, it never starts a manager that does not run.
//!
//! A manager is one implementation of [`Manager`], in a file or folder of its own.

pub mod diff;
mod difference;
pub mod docker;
mod facts;
mod manager;
mod pair;
pub mod pm2;
pub mod ports;
pub mod proc;
mod process;
pub mod settle;
pub mod snapshot;
mod state;
pub mod systemd;

pub use difference::{Difference, differences};
pub use facts::{Commit, host_name};
pub use manager::{ActionError, Manager, ManagerKind, Orphan};
pub use pair::{Pair, pairs};
pub use process::{Condition, Key, Process, Recipe, Status};
pub use snapshot::{Section, Snapshot};
pub use state::ManagerState;

use miette::Diagnostic;
use thiserror::Error;

/// The environment variable that chooses among the managers of this host.
pub const MANAGERS_VARIABLE: &str = "TAGOUT_MANAGERS";

/// A word in [`MANAGERS_VARIABLE`] that is none of theirs.
#[derive(Debug, Error, Diagnostic)]
#[error("{MANAGERS_VARIABLE} names {0:?}, which is no process manager")]
#[diagnostic(help(
    "it is a list of pm2, systemd, docker and ports, such as `pm2,docker`; unset, it means all that are here"
))]
pub struct UnknownManager(String);

/// The managers of this host, as the environment names them: all that are here, or of those the
/// chosen ones. PM2 is always one, for its processes can be there when it is not.
pub fn managers() -> Result<Vec<Box<dyn Manager>>, UnknownManager> {
    let chosen = std::env::var(MANAGERS_VARIABLE).unwrap_or_default();
    let chosen: Vec<&str> = chosen.split([',', ' ']).filter(|word| !word.is_empty()).collect();
    let known = ["pm2", "systemd", "docker", "ports"];
    if let Some(unknown) = chosen.iter().find(|word| !known.contains(word)) {
        return Err(UnknownManager((*unknown).to_owned()));
    }
    let is_chosen = |name: &str| chosen.is_empty() || chosen.contains(&name);
    let mut managers: Vec<Box<dyn Manager>> = Vec::new();
    if is_chosen("pm2") {
        managers.push(Box::new(pm2::Pm2::from_env()));
    }
    if is_chosen("systemd") {
        let both = [systemd::Systemd::of_the_host(), systemd::Systemd::of_this_user()];
        managers.extend(both.into_iter().flatten().map(|one| Box::new(one) as Box<dyn Manager>));
    }
    if is_chosen("docker") {
        managers.extend(docker::Docker::from_env().map(|one| Box::new(one) as Box<dyn Manager>));
    }
    if is_chosen("ports") {
        managers.extend(ports::Ports::of_this_host().map(|one| Box::new(one) as Box<dyn Manager>));
    }
    Ok(managers)
}
