use super::{Key, Process, Section, Snapshot};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Which program keeps a process running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagerKind {
    Pm2,
}

impl fmt::Display for ManagerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pm2 => "PM2",
        })
    }
}

/// Something that keeps processes running: it can be read, and its processes can be acted on one
/// by one. There is no action on all of them, and none that ends the manager itself.
pub trait Manager {
    fn kind(&self) -> ManagerKind;

    /// What runs under it now. A manager that is not there or not readable is said in the
    /// section's state.
    fn read(&self) -> Section;

    /// Processes of `recorded` that still run although the manager, as it is `now`, does not know
    /// them: it was killed and they were left behind. They hold ports that their successors need.
    fn orphans(&self, recorded: &Snapshot, now: &Snapshot) -> Vec<Orphan>;

    /// Starts the manager itself, in the environment that `recorded` had, not in ours.
    fn wake(&self, recorded: &Section) -> Result<(), ActionError>;

    /// Puts back a process that is missing, exactly as `recorded`: one that was down comes back
    /// to the list without being started.
    fn put_back(&self, recorded: &Process) -> Result<(), ActionError>;

    /// Starts `current`, which is down, with the settings that it has.
    fn restart(&self, current: &Process) -> Result<(), ActionError>;

    /// Ends `current` and keeps it in the list.
    fn stop(&self, current: &Process) -> Result<(), ActionError>;

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

/// Whether a manager runs and can be asked. The paths are those of its socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ManagerState {
    /// It answers.
    Running { version: String },
    /// It does not run: it never did, or it was ended in good order.
    NoDaemon { socket: PathBuf },
    /// It does not run, and left its socket behind: it was killed.
    DeadSocket { socket: PathBuf },
    /// It is another user's, or we may not talk to it.
    ForeignOwner { socket: PathBuf, uid: Option<u32> },
    /// It does not answer.
    Hung { socket: PathBuf, seconds: u64 },
    /// What is at the socket's path is something else.
    NotASocket { socket: PathBuf },
    /// It cannot be talked to for another reason.
    Unreadable { socket: PathBuf, reason: String },
}

impl ManagerState {
    /// Whether the processes of the section are all that there are: the manager answered, or does
    /// not run at all.
    pub fn is_known(&self) -> bool {
        self.is_running() || self.is_gone()
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Whether no manager runs.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::NoDaemon { .. } | Self::DeadSocket { .. })
    }

    /// What is wrong, or that all is well, in a sentence without a full stop.
    pub fn describe(&self, manager: ManagerKind) -> String {
        let at = |socket: &Path| socket.display().to_string();
        match self {
            Self::Running { version } => format!("{manager} {version} runs"),
            Self::NoDaemon { socket } => {
                format!("no {manager} daemon runs here (there is no {})", at(socket))
            }
            Self::DeadSocket { socket } => format!(
                "no {manager} daemon runs here; one was killed and left {} behind",
                at(socket)
            ),
            Self::ForeignOwner { socket, uid } => match uid {
                Some(uid) => format!("{} belongs to another user (uid {uid})", at(socket)),
                None => format!("{} may not be opened by this user", at(socket)),
            },
            Self::Hung { socket, seconds } => format!(
                "the {manager} daemon behind {} has not answered for {seconds} s",
                at(socket)
            ),
            Self::NotASocket { socket } => {
                format!("{} is not a socket, so no {manager} can be asked", at(socket))
            }
            Self::Unreadable { socket, reason } => {
                format!("{manager} cannot be asked over {}: {reason}", at(socket))
            }
        }
    }

    /// What to do about it, if anything.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Running { .. } | Self::NoDaemon { .. } => None,
            Self::DeadSocket { .. } => Some("its processes may still run without it"),
            Self::ForeignOwner { .. } => {
                Some("run tagout as that user, or set PM2_HOME to a PM2 of your own")
            }
            Self::Hung { .. } => {
                Some("look at the daemon (`ps`, its pm2.log); is it stopped or out of memory?")
            }
            Self::NotASocket { .. } => Some("move the file away, or set PM2_HOME"),
            Self::Unreadable { .. } => Some("check PM2_HOME and PM2_DAEMON_RPC_PORT"),
        }
    }
}

/// Why an action on one process did not happen.
#[derive(Debug, Error)]
pub enum ActionError {
    #[error("{0}")]
    Unreachable(String),
    #[error("PM2 refused to {what}: {reason}")]
    Refused { what: String, reason: String },
    #[error("PM2 has not answered a request to {what} for {seconds} s")]
    Unanswered { what: String, seconds: u64 },
    #[error("what is recorded of {name} cannot be started again: {reason}")]
    BadRecipe { name: String, reason: String },
    #[error("what a reboot brings back could not be saved: {0}")]
    Save(String),
    #[error("the PM2 daemon could not be started: {0}")]
    Wake(String),
}
