use super::ManagerKind;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    /// It is the host's and runs, but this user may not ask it, so neither may what this user
    /// deploys.
    OutOfReach { socket: PathBuf, reason: String },
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

    /// Whether it should be known and is not, so that nothing should be begun on this host.
    pub fn is_gap(&self) -> bool {
        !self.is_known() && !matches!(self, Self::OutOfReach { .. })
    }

    /// What is wrong, or that all is well, in a sentence without a full stop.
    pub fn describe(&self, manager: ManagerKind) -> String {
        let at = |socket: &Path| socket.display().to_string();
        match self {
            Self::Running { .. } if manager == ManagerKind::Ports => format!("{manager} are seen"),
            Self::Running { version } if version.is_empty() => format!("{manager} runs"),
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
            Self::OutOfReach { socket, reason } => {
                format!("{manager} cannot be asked over {} by this user: {reason}", at(socket))
            }
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
    pub fn advice(&self, manager: ManagerKind) -> Option<&'static str> {
        match (self, manager) {
            (Self::Running { .. } | Self::NoDaemon { .. }, _) => None,
            (Self::DeadSocket { .. }, _) => Some("its processes may still run without it"),
            (Self::ForeignOwner { .. }, _) => {
                Some("run tagout as that user, or set PM2_HOME to a PM2 of your own")
            }
            (Self::OutOfReach { .. }, ManagerKind::Docker) => {
                Some("so its containers are not watched; a member of the group docker may ask it")
            }
            (Self::OutOfReach { .. }, _) => Some("so what it runs is not watched"),
            (Self::Hung { .. }, ManagerKind::Pm2) => {
                Some("look at the daemon (`ps`, its pm2.log); is it stopped or out of memory?")
            }
            (Self::Hung { .. }, _) => Some("is it stopped, or is the host out of memory?"),
            (Self::NotASocket { .. }, ManagerKind::Docker) => {
                Some("move the file away, or set DOCKER_HOST")
            }
            (Self::NotASocket { .. }, _) => Some("move the file away, or set PM2_HOME"),
            (Self::Unreadable { .. }, ManagerKind::Docker) => Some("check DOCKER_HOST"),
            (Self::Unreadable { .. }, ManagerKind::Pm2) => {
                Some("check PM2_HOME and PM2_DAEMON_RPC_PORT")
            }
            (Self::Unreadable { .. }, _) => Some("look at it first"),
        }
    }
}
