use super::{ManagerKind, docker, proc, systemd};
use crate::config::{Config, Owner, matches_name};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// What a process is called, wherever and whenever it runs. Never its number in the manager's
/// list: those change whenever a process is put back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub manager: ManagerKind,
    pub name: String,
    /// PM2's namespace, Docker's compose project, the protocol of a port.
    pub namespace: String,
    /// Which of several instances of one app it is, from 0.
    pub instance: Option<u64>,
}

impl Key {
    /// The key of something that has a name and no more.
    pub fn plain(manager: ManagerKind, name: String) -> Self {
        Self { manager, name, namespace: DEFAULT_NAMESPACE.to_owned(), instance: None }
    }

    /// Whose it is. A container is its compose project's where nobody names it alone.
    pub fn owner<'c>(&self, config: &'c Config) -> Owner<'c> {
        config.owner_of(self.manager.thing(), self.listed_as(config))
    }

    /// The name under which the inventory has it, if it has it.
    fn listed_as(&self, config: &Config) -> &str {
        let is_unknown = config.owner_of(self.manager.thing(), &self.name) == Owner::Unknown;
        if self.manager == ManagerKind::Docker && is_unknown { &self.namespace } else { &self.name }
    }

    /// Whether an entry of the inventory means it: by its name or its compose project.
    pub fn is_called(&self, pattern: &str) -> bool {
        let project = (self.manager == ManagerKind::Docker).then_some(&self.namespace);
        [Some(&self.name), project].into_iter().flatten().any(|name| matches_name(pattern, name))
    }

    /// The entry of the inventory that makes it its owner's.
    pub fn pattern<'c>(&self, config: &'c Config) -> Option<Cow<'c, str>> {
        let name = self.listed_as(config);
        config.pattern_of(self.owner(config), self.manager.thing(), name)
    }

    /// Those of one priority are restored together, lowest first.
    pub fn priority(&self, config: &Config) -> (bool, u32) {
        let (priority, ..) = config.restore_rank(self.manager.thing(), self.listed_as(config));
        (self.manager != ManagerKind::Systemd, priority)
    }

    /// Its place in the order of restoration, lowest first: units of the host, which all apps may
    /// need; then by the inventory; then what is nearest to the host.
    pub fn restore_order(&self, config: &Config) -> impl Ord + use<> {
        let (priority, place, position) =
            config.restore_rank(self.manager.thing(), self.listed_as(config));
        let later = self.manager != ManagerKind::Systemd;
        (later, priority, place, self.manager, position, self.clone())
    }
}

impl fmt::Display for Key {
    /// As people write it: `payments/billing-api`, `api #1` for the second instance,
    /// `nginx.service`, `container web`, `tcp port 443`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manager, name, namespace, instance } = self;
        match manager {
            ManagerKind::Systemd => return write!(f, "{name}.service"),
            ManagerKind::UserSystemd => return write!(f, "{name}.service (user)"),
            ManagerKind::Docker => return write!(f, "container {name}"),
            ManagerKind::Ports => return write!(f, "{namespace} port {name}"),
            ManagerKind::Pm2 => {}
        }
        if namespace != DEFAULT_NAMESPACE {
            write!(f, "{namespace}/")?;
        }
        f.write_str(name)?;
        match instance {
            None | Some(0) => Ok(()),
            Some(instance) => write!(f, " #{instance}"),
        }
    }
}

/// The namespace of everything that nobody gave one, as PM2 calls it.
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
    /// Its number in the manager's list, where that has numbers. One that was taken out and put
    /// back has another.
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
    /// Bytes, where the manager knows it.
    pub memory: Option<u64>,
    /// Percent of one processor, where the manager knows it.
    pub cpu: Option<f64>,
    pub script: Option<PathBuf>,
    pub cwd: Option<PathBuf>,
    /// `fork_mode` or `cluster_mode` for PM2.
    pub exec_mode: Option<String>,
    /// Whether it is restarted when its files change.
    pub watch: bool,
    /// Whether the manager starts it again when it ends.
    pub autorestart: bool,
    /// Whether it is started at set times or when somebody needs it, and ends again by itself.
    pub cron: bool,
    /// Whether it is a part of its manager and not an app.
    pub module: bool,
    /// Whether it went down and came back while it was watched: it is in a crash loop, whatever
    /// its status says. Only [`settle`](super::settle) can see this.
    #[serde(default)]
    pub looping: bool,
    pub recipe: Recipe,
}

impl Process {
    /// One of which its manager tells no more than this.
    pub(super) fn plain(key: Key, id: u64, status: Status, pid: Option<u32>) -> Self {
        Self {
            key,
            id,
            status,
            pid,
            pid_start: pid.and_then(proc::stat).map(|stat| stat.start),
            restarts: 0,
            started: None,
            memory: None,
            cpu: None,
            script: None,
            cwd: None,
            exec_mode: None,
            watch: false,
            autorestart: false,
            cron: false,
            module: false,
            looping: false,
            recipe: Recipe::default(),
        }
    }

    /// Whether it ran, or was about to.
    pub fn ran(&self) -> bool {
        matches!(self.condition(), Condition::Up | Condition::Changing)
    }

    pub fn condition(&self) -> Condition {
        match self.key.manager {
            ManagerKind::Systemd | ManagerKind::UserSystemd => return systemd::condition(self),
            ManagerKind::Docker => return docker::condition(self),
            // That it is there is all that there is of it.
            ManagerKind::Ports => return Condition::Up,
            ManagerKind::Pm2 => {}
        }
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

impl Process {
    /// Whether it is right that this, which ran, does not run `now`: it has run to its end.
    pub fn may_rest(&self, now: &Self) -> bool {
        match self.key.manager {
            ManagerKind::Docker => !self.autorestart && docker::ran_to_its_end(now),
            _ => !self.autorestart,
        }
    }

    /// Whether it is a unit that does not run and has not failed.
    pub fn is_idle_unit(&self) -> bool {
        let is_unit = matches!(self.key.manager, ManagerKind::Systemd | ManagerKind::UserSystemd);
        is_unit && self.condition() == Condition::Stopped
    }

    /// Whether it is right that this is not there any more: it comes and goes, and nobody has said
    /// that it is theirs.
    pub fn may_vanish(&self, config: &Config) -> bool {
        let manager = self.key.manager;
        manager != ManagerKind::Pm2 && self.cron && self.key.owner(config) == Owner::Unknown
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
