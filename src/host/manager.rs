use super::{Key, Process, Section, Snapshot};
use crate::config::Thing;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Which program keeps a process running. In this order they are restored where the inventory makes
/// no difference: apps need the databases and proxies that are units and containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManagerKind {
    Systemd,
    Docker,
    Pm2,
    /// The systemd of this user alone.
    UserSystemd,
    /// None: ports that somebody listens on. They are compared, and never restored.
    Ports,
}

impl ManagerKind {
    /// As what the inventory lists its processes.
    pub fn thing(self) -> Thing {
        match self {
            Self::Pm2 => Thing::Pm2,
            Self::Systemd | Self::UserSystemd => Thing::Unit,
            Self::Docker => Thing::Container,
            Self::Ports => Thing::Port,
        }
    }

    /// What one of its processes is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Pm2 => "process",
            Self::Systemd | Self::UserSystemd => "service",
            Self::Docker => "container",
            Self::Ports => "port",
        }
    }

    /// Whether what is missing of it can be brought back.
    pub fn restores(self) -> bool {
        self != Self::Ports
    }
}

impl fmt::Display for ManagerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd",
            Self::Docker => "Docker",
            Self::Pm2 => "PM2",
            Self::UserSystemd => "this user's systemd",
            Self::Ports => "listening ports",
        })
    }
}

/// Something that keeps processes running: it can be read, and its processes can be acted on one
/// by one. There is no action on all of them, and none that ends the manager itself.
pub trait Manager: Send + Sync {
    fn kind(&self) -> ManagerKind;

    /// What runs under it now. A manager that is not there or not readable is said in the
    /// section's state.
    fn read(&self) -> Section;

    /// Processes of `recorded` that still run although the manager, as it is `now`, does not know
    /// them: it was killed and they were left behind. They hold ports that their successors need.
    /// Of most managers there can be none.
    fn orphans(&self, _recorded: &Snapshot, _now: &Snapshot) -> Vec<Orphan> {
        Vec::new()
    }

    /// Starts the manager itself, in the environment that `recorded` had, not in ours.
    fn wake(&self, recorded: &Section) -> Result<(), ActionError>;

    /// Puts back a process that is missing, exactly as `recorded`: one that was down comes back
    /// to the list without being started.
    fn put_back(&self, recorded: &Process) -> Result<(), ActionError>;

    /// Starts `current`, which is down, with the settings that it has.
    fn restart(&self, current: &Process) -> Result<(), ActionError>;

    /// Ends `current` and keeps it in the list: it was down, in the way that is `recorded`.
    fn stop(&self, current: &Process, recorded: &Process) -> Result<(), ActionError>;

    /// Sees to it that a reboot brings back what runs now, if that was so of what is `recorded`.
    /// Whether anything had to be done for it.
    fn save(&self, _recorded: &Section) -> Result<bool, ActionError> {
        Ok(false)
    }

    /// Takes `current` from the list, and puts back what is recorded of it. Where that cannot be
    /// put back, `current` stays.
    fn replace(&self, current: &Process, recorded: &Process) -> Result<(), ActionError>;
}

/// A process that its manager left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    pub key: Key,
    pub pid: u32,
    /// As in [`Process::pid_start`].
    pub start: u64,
}

/// Why an action on one process did not happen.
#[derive(Debug, Error)]
pub enum ActionError {
    #[error("{0}")]
    Unreachable(String),
    #[error("{manager} refused to {what}: {reason}")]
    Refused { manager: ManagerKind, what: String, reason: String },
    #[error("{manager} has not answered a request to {what} for {seconds} s")]
    Unanswered { manager: ManagerKind, what: String, seconds: u64 },
    #[error("what is recorded of {name} cannot be started again: {reason}")]
    BadRecipe { name: String, reason: String },
    #[error("what a reboot brings back could not be saved: {0}")]
    Save(String),
    #[error("the {manager} daemon could not be started: {reason}")]
    Wake { manager: ManagerKind, reason: String },
}
