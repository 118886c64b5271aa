//! systemd, over `systemctl`. In comes whose systemd it is, the host's or this user's; out goes the
//! section of a snapshot with its services; and single ones are started, stopped and given back the
//! unit files that they had.
//!
//! `systemctl` is asked once for all units. What comes and goes by itself, such as the job of a timer
//! or the helper of a session, is recorded only while it runs, and not missed afterwards.

mod files;
mod show;
mod systemctl;

use super::{ActionError, Condition, Difference, Manager, ManagerKind, ManagerState};
use super::{Process, Recipe, Section};
use serde_json::Value;
use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;
use systemctl::{Failure, systemctl};

/// How long systemd may take to say what runs.
const READ: Duration = Duration::from_secs(10);
/// How long it may take to start or end a unit, by its own defaults, and a little more.
const ACT: Duration = Duration::from_secs(100);

/// The texts of the unit files that people wrote for a process; none of what packages bring.
pub fn written_files(process: &Process) -> impl Iterator<Item = &str> {
    files::texts(&process.recipe).into_iter().flatten().filter_map(|(_, text)| text.as_str())
}

/// A systemd.
#[derive(Clone, Debug)]
pub struct Systemd {
    /// The folder of this user's sockets, where it is the user's own.
    runtime: Option<PathBuf>,
    /// Units that were recorded: systemd forgets those that are stopped until somebody names them.
    recorded: Vec<String>,
}

impl Systemd {
    /// The host's, if it was booted with systemd.
    pub fn of_the_host() -> Option<Self> {
        let booted = Path::new("/run/systemd/system").is_dir();
        booted.then_some(Self { runtime: None, recorded: Vec::new() })
    }

    /// This user's own, if it runs.
    pub fn of_this_user() -> Option<Self> {
        let runtime = match env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            // Where nobody has logged in, such as in a job of a runner.
            None => runtime_of_this_user()?,
        };
        runtime.join("systemd/private").exists().then(|| Self::of_user_in(&runtime))
    }

    /// The one whose sockets are in this folder.
    pub fn of_user_in(runtime: &Path) -> Self {
        Self { runtime: Some(runtime.to_owned()), recorded: Vec::new() }
    }

    /// The one that a section was read from.
    pub fn at(kind: ManagerKind, recorded: &[Process]) -> Self {
        let user = || Self::of_this_user().and_then(|one| one.runtime).unwrap_or_default();
        let runtime = (kind == ManagerKind::UserSystemd).then(user);
        Self { runtime, recorded: recorded.iter().map(unit).collect() }
    }

    /// The service that is called so, with or without `.service`, if there is one.
    pub fn named(&self, name: &str) -> Result<Option<Process>, ManagerState> {
        let unit = if name.contains('.') { name.to_owned() } else { format!("{name}.service") };
        Ok(self.show(&[&unit])?.into_iter().next())
    }

    /// All units that systemd has read, that were recorded, or whose files people wrote.
    fn show_all(&self) -> Result<Vec<Process>, ManagerState> {
        let written = files::written(self.runtime.is_some());
        let named: BTreeSet<&str> =
            self.recorded.iter().chain(&written).map(String::as_str).collect();
        let units: Vec<&str> = ["*.service"].into_iter().chain(named).collect();
        let mut shown = self.show(&units)?;
        let mut seen = BTreeSet::new();
        shown.retain(|unit| seen.insert(unit.key.name.clone()));
        Ok(shown)
    }

    fn show(&self, units: &[&str]) -> Result<Vec<Process>, ManagerState> {
        let mut arguments = vec!["show", "--property", show::PROPERTIES, "--"];
        arguments.extend(units);
        match systemctl(self.runtime.as_deref(), &arguments, READ) {
            Ok(text) => Ok(show::read(&text, self.kind())),
            Err(Failure::Slow) => {
                Err(ManagerState::Hung { socket: self.socket(), seconds: READ.as_secs() })
            }
            Err(Failure::Said(reason)) => {
                Err(ManagerState::OutOfReach { socket: self.socket(), reason })
            }
        }
    }

    fn socket(&self) -> PathBuf {
        let runtime = self.runtime.as_deref().unwrap_or(Path::new("/run"));
        runtime.join("systemd/private")
    }

    fn act(&self, what: &str, unit: &str) -> Result<(), ActionError> {
        self.order(&[what, "--", unit], &format!("{what} {unit}"))
    }

    fn order(&self, arguments: &[&str], what: &str) -> Result<(), ActionError> {
        let (manager, what) = (self.kind(), what.to_owned());
        match systemctl(self.runtime.as_deref(), arguments, ACT) {
            Ok(_) => Ok(()),
            Err(Failure::Said(reason)) => Err(ActionError::Refused { manager, what, reason }),
            Err(Failure::Slow) => {
                Err(ActionError::Unanswered { manager, what, seconds: ACT.as_secs() })
            }
        }
    }

    /// Starts it, or starts it anew where it runs: also one that has failed too often.
    pub fn start(&self, unit: &str, running: bool) -> Result<(), ActionError> {
        // Fails where it has not failed, and says nothing.
        let _ = self.act("reset-failed", unit);
        self.act(if running { "restart" } else { "start" }, unit)
    }

    /// Gives a unit the files that it had, and says whether that changed any.
    fn give_back_files(&self, now: &Recipe, recorded: &Recipe) -> Result<bool, ActionError> {
        let changed = files::restore(now, recorded)?;
        if changed {
            self.order(&["daemon-reload"], "read its unit files again")?;
        }
        Ok(changed)
    }

    /// Lets a unit start at boot, or not, as it did.
    fn give_back_start(&self, unit: &str, recorded: &Recipe) -> Result<(), ActionError> {
        let is = |name: &str| recorded.0.get("UnitFileState").and_then(Value::as_str) == Some(name);
        if is("masked") {
            return self.act("mask", unit);
        }
        self.act("unmask", unit)?;
        if is("enabled") {
            self.act("enable", unit)
        } else if is("disabled") {
            self.act("disable", unit)
        } else {
            Ok(())
        }
    }
}

#[cfg(unix)]
fn runtime_of_this_user() -> Option<PathBuf> {
    Some(format!("/run/user/{}", rustix::process::geteuid().as_raw()).into())
}

#[cfg(not(unix))]
fn runtime_of_this_user() -> Option<PathBuf> {
    None
}

impl Manager for Systemd {
    fn kind(&self) -> ManagerKind {
        match self.runtime {
            None => ManagerKind::Systemd,
            Some(_) => ManagerKind::UserSystemd,
        }
    }

    fn read(&self) -> Section {
        let (state, processes) = match self.show_all() {
            Ok(units) => {
                let kept = units.into_iter().filter(is_worth_recording).collect();
                (ManagerState::Running { version: String::new() }, kept)
            }
            Err(state) => (state, Vec::new()),
        };
        Section::of(self.kind(), state, processes)
    }

    fn wake(&self, _recorded: &Section) -> Result<(), ActionError> {
        let reason = match self.runtime {
            None => "it is started with the host and by nobody else",
            Some(_) => "it runs while its user is logged in, or lingers (`loginctl enable-linger`)",
        };
        Err(ActionError::Wake { manager: self.kind(), reason: reason.to_owned() })
    }

    fn put_back(&self, recorded: &Process) -> Result<(), ActionError> {
        let unit = unit(recorded);
        self.give_back_files(&Recipe::default(), &recorded.recipe)?;
        self.give_back_start(&unit, &recorded.recipe)?;
        if recorded.ran() { self.start(&unit, false) } else { Ok(()) }
    }

    fn restart(&self, current: &Process) -> Result<(), ActionError> {
        self.start(&unit(current), current.condition() == Condition::Up)
    }

    fn stop(&self, current: &Process, _recorded: &Process) -> Result<(), ActionError> {
        self.act("stop", &unit(current))
    }

    fn replace(&self, current: &Process, recorded: &Process) -> Result<(), ActionError> {
        let unit = unit(recorded);
        let changed = self.give_back_files(&current.recipe, &recorded.recipe)?;
        if files::starts(&current.recipe) != files::starts(&recorded.recipe) {
            self.give_back_start(&unit, &recorded.recipe)?;
        }
        match (recorded.ran(), current.condition() == Condition::Up) {
            // That it starts at boot again is no reason to disturb it.
            (true, true) if !changed => Ok(()),
            (true, running) => self.start(&unit, running),
            (false, _) => self.act("stop", &unit),
        }
    }
}

fn unit(process: &Process) -> String {
    format!("{}.service", process.key.name)
}

/// What comes and goes, and what was never started, is of no interest while it is down.
fn is_worth_recording(unit: &Process) -> bool {
    unit.condition() != Condition::Stopped || !unit.cron
}

/// How a unit is, from its state and sub-state as `show` writes them: `active (running)`.
pub fn condition(unit: &Process) -> Condition {
    let status = unit.status.as_str();
    let (state, sub) = status.split_once(" (").unwrap_or((status, ""));
    match state {
        "active" | "reloading" | "refreshing" => Condition::Up,
        // That is how a job runs that ends by itself.
        "activating" if unit.cron && sub.starts_with("start") => Condition::Up,
        "inactive" => Condition::Stopped,
        "failed" | "maintenance" => Condition::Failed,
        _ => Condition::Changing,
    }
}

/// How the unit files of two recordings differ, and whether they start at boot.
pub fn differences(before: &Recipe, after: &Recipe) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    if files::texts(before) != files::texts(after) {
        found.insert(Difference::Setting("unit file"));
    }
    if files::starts(before) != files::starts(after) {
        found.insert(Difference::Setting("start at boot"));
    }
    found
}
