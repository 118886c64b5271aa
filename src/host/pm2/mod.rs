//! PM2, over the socket of its daemon. In comes a PM2 home, out goes the section of a snapshot;
//! and single processes are put back, restarted, stopped and removed by number.
//!
//! This is not `pm2 jlist`: nearly every call of PM2's command line starts a daemon where none
//! runs, so that no daemon and an empty one look the same. Here they do not.

#[cfg(unix)]
pub(crate) mod connection;
pub(crate) mod daemon;
#[cfg(unix)]
pub(crate) mod frame;
mod orphans;
mod read;
mod recipe;

pub use daemon::{DaemonFacts, SavedList};
pub use recipe::differences;

use super::{ActionError, Manager, ManagerKind, ManagerState, Orphan, Process, Section, Snapshot};
use connection::{CallError, Connection};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long the daemon may take to answer what it only has to look up.
const READ: Duration = Duration::from_secs(5);
/// How long its end may take after it has hung up.
const ENDING: Duration = Duration::from_secs(2);
const ENDING_POLL: Duration = Duration::from_millis(10);
/// How long it may take to start or end a process; `wait_ready` apps answer late.
const ACT: Duration = Duration::from_secs(60);

/// Names another socket than that in PM2's home, to PM2 and to us.
pub const SOCKET_VARIABLE: &str = "PM2_DAEMON_RPC_PORT";
/// Names the socket that stands between PM2 and a deploy under guard, to every tagout below it.
pub const BROKER_VARIABLE: &str = "TAGOUT_PM2_BROKER";

/// A PM2: its home and its socket.
#[derive(Clone, Debug)]
pub struct Pm2 {
    home: PathBuf,
    socket: PathBuf,
}

/// What a snapshot holds of PM2 besides the processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pm2Facts {
    pub home: PathBuf,
    pub socket: PathBuf,
    /// The list that a reboot brings back.
    pub saved: SavedList,
    /// When that was written last.
    #[serde(default)]
    pub saved_at: Option<Timestamp>,
    /// How the daemon was started, where one ran.
    pub daemon: Option<DaemonFacts>,
}

impl Pm2 {
    /// The PM2 that `pm2` itself would use: `PM2_HOME`, else `~/.pm2`.
    pub fn from_env() -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = set("PM2_HOME")
            .unwrap_or_else(|| env::home_dir().unwrap_or_else(|| "/etc".into()).join(".pm2"));
        // Below a deploy under guard, what stands in between is for the deploy's commands.
        let between = set(BROKER_VARIABLE);
        let socket = set(SOCKET_VARIABLE).filter(|socket| Some(socket) != between.as_ref());
        let socket = socket.unwrap_or_else(|| home.join("rpc.sock"));
        Self { home, socket }
    }

    /// A certain one.
    pub fn at(home: &Path, socket: &Path) -> Self {
        Self { home: home.to_owned(), socket: socket.to_owned() }
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The processes that it runs now, and nothing else: the quickest look.
    pub fn processes(&self) -> Result<Vec<Process>, ManagerState> {
        let (_, listed) =
            self.ask(|connection| connection.call("getMonitorData", json!({}), READ))?;
        read::processes(listed, &self.socket)
    }

    /// Asks the daemon. One that ends while it is asked is asked again: the next time it is clear
    /// whether one runs.
    fn ask<T>(
        &self,
        question: impl Fn(&mut Connection) -> Result<T, CallError>,
    ) -> Result<(Connection, T), ManagerState> {
        let patience = Instant::now() + ENDING;
        loop {
            let mut connection = Connection::open(&self.socket)?;
            match question(&mut connection) {
                Ok(answer) => return Ok((connection, answer)),
                Err(error) if error.is_hang_up() && Instant::now() < patience => {
                    thread::sleep(ENDING_POLL);
                }
                Err(error) => return Err(connection.state_after(&error)),
            }
        }
    }

    fn read_running(&self) -> Result<(String, Option<DaemonFacts>, Vec<Process>), ManagerState> {
        let (connection, (report, listed)) = self.ask(|connection| {
            let report = connection.call("getReport", json!({}), READ)?;
            Ok((report, connection.call("getMonitorData", json!({}), READ)?))
        })?;
        let version = report.get("pm2_version").and_then(Value::as_str).unwrap_or("(unknown)");
        let facts = DaemonFacts::from_report(&report, &self.home, connection.daemon_pid());
        Ok((version.to_owned(), facts, read::processes(listed, &self.socket)?))
    }

    fn act(&self, what: &str, method: &str, argument: Value) -> Result<(), ActionError> {
        let mut connection = Connection::open(&self.socket)
            .map_err(|state| ActionError::Unreachable(state.describe(ManagerKind::Pm2)))?;
        let (manager, what) = (ManagerKind::Pm2, what.to_owned());
        match connection.call(method, argument, ACT) {
            Ok(_) => Ok(()),
            Err(CallError::Refused(reason)) => Err(ActionError::Refused { manager, what, reason }),
            Err(CallError::Unanswered(seconds)) => {
                Err(ActionError::Unanswered { manager, what, seconds })
            }
            Err(CallError::Broken(error)) => Err(ActionError::Unreachable(error.to_string())),
        }
    }
}

impl Manager for Pm2 {
    fn kind(&self) -> ManagerKind {
        ManagerKind::Pm2
    }

    fn read(&self) -> Section {
        let (state, daemon, processes) = match self.read_running() {
            Ok((version, daemon, processes)) => {
                (ManagerState::Running { version }, daemon, processes)
            }
            Err(state) => (state, None, Vec::new()),
        };
        let saved = SavedList::compare(&self.home, &processes);
        let facts = Pm2Facts {
            home: self.home.clone(),
            socket: self.socket.clone(),
            saved,
            saved_at: SavedList::written(&self.home),
            daemon,
        };
        Section { pm2: Some(facts), ..Section::of(ManagerKind::Pm2, state, processes) }
    }

    fn orphans(&self, recorded: &Snapshot, now: &Snapshot) -> Vec<Orphan> {
        orphans::find(&self.home, recorded, now)
    }

    fn wake(&self, recorded: &Section) -> Result<(), ActionError> {
        let facts = recorded.pm2.as_ref().and_then(|facts| facts.daemon.as_ref());
        daemon::wake(&self.home, facts)
    }

    fn save(&self, recorded: &Section) -> Result<bool, ActionError> {
        let Some(facts) = &recorded.pm2 else { return Ok(false) };
        let unchanged = facts.saved_at == SavedList::written(&self.home);
        // Of an empty list PM2 saves nothing.
        if facts.saved != SavedList::Current || unchanged || recorded.processes.is_empty() {
            return Ok(false);
        }
        daemon::save(&self.home, facts.daemon.as_ref())?;
        let saved = SavedList::compare(&self.home, &self.read().processes);
        match saved {
            SavedList::Current => Ok(true),
            _ => Err(ActionError::Save(format!(
                "after `pm2 save`, {} still names others than those that run",
                self.home.join("dump.pm2").display()
            ))),
        }
    }

    fn put_back(&self, recorded: &Process) -> Result<(), ActionError> {
        let entry = recipe::entry(recorded)?;
        self.act(&format!("start {}", recorded.key), "prepare", entry)
    }

    fn restart(&self, current: &Process) -> Result<(), ActionError> {
        let what = format!("restart {}", current.key);
        self.act(&what, "restartProcessId", json!({"id": current.id}))
    }

    fn stop(&self, current: &Process, _recorded: &Process) -> Result<(), ActionError> {
        self.act(&format!("stop {}", current.key), "stopProcessId", json!(current.id))
    }

    fn replace(&self, current: &Process, recorded: &Process) -> Result<(), ActionError> {
        let entry = recipe::entry(recorded)?;
        self.act(&format!("remove {}", current.key), "deleteProcessId", json!(current.id))?;
        self.act(&format!("start {}", recorded.key), "prepare", entry)
    }
}
