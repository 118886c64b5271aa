use super::ManagerKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::path::PathBuf;

/// What a process is called, wherever and whenever it runs. Never its number in the manager's
/// list: those change whenever a process is put back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub manager: ManagerKind,
    pub name: String,
    pub namespace: String,
    /// Which of several instances of one app it is, from 0.
    pub instance: Option<u64>,
}

impl fmt::Display for Key {
    /// As people write it: `payments/billing-api`, and `api #1` for the second instance.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace != DEFAULT_NAMESPACE {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)?;
        match self.instance {
            None | Some(0) => Ok(()),
            Some(instance) => write!(f, " #{instance}"),
        }
    }
}

/// The namespace of every PM2 process that nobody gave one.
pub const DEFAULT_NAMESPACE: &str = "default";

/// What the manager says of a process. It says less than it seems: see [`Condition`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    Online,
    Launching,
    Stopping,
    Stopped,
    Errored,
    WaitingRestart,
    Other(String),
}

impl Status {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Online => "online",
            Self::Launching => "launching",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Errored => "errored",
            Self::WaitingRestart => "waiting restart",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Status {
    fn from(text: String) -> Self {
        match text.as_str() {
            "online" => Self::Online,
            "launching" => Self::Launching,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "errored" => Self::Errored,
            "waiting restart" => Self::WaitingRestart,
            _ => Self::Other(text),
        }
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a process is, from its status and its pid together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It runs.
    Up,
    /// It is on its way up or down: look again.
    Changing,
    /// It does not run, and nothing says that it should.
    Stopped,
    /// It should run and does not.
    Failed,
}

/// One process, as its manager knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Process {
    #[serde(flatten)]
    pub key: Key,
    /// Its number in the manager's list.
    pub id: u64,
    pub status: Status,
    /// Absent where nothing runs.
    pub pid: Option<u32>,
    /// When `pid` was started, in clock ticks since the host was booted: with it, a pid that was
    /// given to another process is not mistaken for this one.
    pub pid_start: Option<u64>,
    /// How often the manager has restarted it.
    pub restarts: u64,
    /// When it was started last.
    pub started: Option<Timestamp>,
    /// Bytes.
    pub memory: u64,
    /// Percent of one processor.
    pub cpu: f64,
    pub script: Option<PathBuf>,
    pub cwd: Option<PathBuf>,
    /// `fork_mode` or `cluster_mode` for PM2.
    pub exec_mode: Option<String>,
    /// Whether it is restarted when its files change.
    pub watch: bool,
    /// Whether the manager starts it again when it ends.
    pub autorestart: bool,
    /// Whether it is restarted at set times.
    pub cron: bool,
    /// Whether it is a part of PM2 and not an app.
    pub module: bool,
    /// Whether it went down and came back while it was watched: it is in a crash loop, whatever
    /// its status says. Only [`settle`](super::settle) can see this.
    #[serde(default)]
    pub looping: bool,
    pub recipe: Recipe,
}

impl Process {
    pub fn condition(&self) -> Condition {
        match (&self.status, self.pid) {
            (Status::Online, Some(_)) => Condition::Up,
            (Status::Launching | Status::Stopping, _) => Condition::Changing,
            (Status::WaitingRestart, Some(_)) => Condition::Changing,
            (Status::Stopped, _) => Condition::Stopped,
            // `online` without a pid: its folder or its interpreter is gone. `waiting restart`
            // without one: it crashed too often and PM2 waits for ever.
            (Status::Online | Status::WaitingRestart | Status::Errored, _) => Condition::Failed,
            (Status::Other(_), Some(_)) => Condition::Up,
            (Status::Other(_), None) => Condition::Failed,
        }
    }
}

/// All that the manager needs to start a process again exactly, in the manager's own words.
/// It holds environments and arguments, so it is written to the snapshot file and nowhere else.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recipe(pub Map<String, Value>);

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipe({} settings, not shown)", self.0.len())
    }
}
