//! What a checklist asks of this host, beside its probes. In comes an entry that is built in, or a
//! question for a person; out goes what became of it.

use super::lock::{self, LockPlace, Status};
use crate::config::{BuiltIn, Config, Manual, Owner, Thing};
use crate::host::{self, Condition, Process, Section, Snapshot, snapshot};
use crate::policy::{
    self, Level,
    baseline::{self, Baseline},
};
use crate::probe::{Answer, Comparison, Event, Measured, Outcome, Surroundings};
use crate::source::SourceFile;
use crate::workflow;

/// This host, as a checklist sees it.
pub struct Around<'a> {
    pub config: &'a Config,
    /// Compares the host with its snapshot.
    pub compare: &'a dyn Fn() -> Comparison,
    /// The snapshot whose measurements are compared with.
    pub before: Option<&'a Snapshot>,
    /// Whether this process is the one that holds the host's lock.
    pub holds_lock: bool,
    /// The names of the questions that are answered with yes.
    pub confirmed: &'a [String],
    /// Asks whoever sits there; else a question is left open.
    pub ask: &'a dyn Fn(&Manual) -> Answer,
    pub tell: &'a dyn Fn(&Event<'_>),
}

/// Nobody is there to be asked.
pub fn nobody(_: &Manual) -> Answer {
    Answer::Open
}

/// Nobody listens.
pub fn silently(_: &Event<'_>) {}

impl Surroundings for Around<'_> {
    fn look(&self, built_in: BuiltIn) -> Comparison {
        match built_in {
            BuiltIn::Neighbours => (self.compare)(),
            BuiltIn::Lint => lint(self.config),
            BuiltIn::Lock if self.holds_lock => well(),
            BuiltIn::Lock => lock(),
            BuiltIn::Inventory => inventory(self.config),
        }
    }

    fn ask(&self, manual: &Manual) -> Answer {
        if self.confirmed.contains(&manual.name) { Answer::Yes } else { (self.ask)(manual) }
    }

    fn before(&self) -> Option<Measured> {
        self.before.map(|snapshot| snapshot.measured.clone())
    }

    fn tell(&self, event: &Event<'_>) {
        (self.tell)(event);
    }
}

fn well() -> Comparison {
    Comparison { outcome: Outcome::Pass, message: None }
}

fn with(outcome: Outcome, message: String) -> Comparison {
    Comparison { outcome, message: Some(message) }
}

/// Whether the workflows of this repository do what is denied.
fn lint(config: &Config) -> Comparison {
    let found = match workflow::discover(&[config.folder().to_owned()]) {
        Ok(found) if found.files.is_empty() => {
            return with(Outcome::Error, "there is no workflow to lint".to_owned());
        }
        Ok(found) => found,
        Err(error) => return with(Outcome::Error, error.to_string()),
    };
    let mut files = Vec::new();
    for path in found.files {
        match SourceFile::read(&path) {
            Ok(file) => files.push(file),
            Err(cause) => {
                let message = format!("{} cannot be read: {cause}", path.display());
                return with(Outcome::Error, message);
            }
        }
    }
    let configs = match policy::Configs::nearest(files.iter().map(SourceFile::path), &[]) {
        Ok(configs) => configs,
        Err(error) => return with(Outcome::Error, error.to_string()),
    };
    let mut report = policy::lint(files, &configs, false);
    match Baseline::read(&config.folder().join(baseline::FILE_NAME)) {
        Ok(Some(baseline)) => drop(baseline.apply(&mut report)),
        Ok(None) => {}
        Err(error) => return with(Outcome::Error, error.to_string()),
    }
    let denied = report.open().filter(|finding| finding.level == Level::Deny);
    let said: Vec<String> = denied
        .map(|finding| format!("{}: {}", finding.location.shown_path(), finding.message))
        .collect();
    if said.is_empty() { well() } else { with(Outcome::Fail, said.join("\n")) }
}

/// Whether nobody deploys to this host.
fn lock() -> Comparison {
    let place = match LockPlace::of_this_host() {
        Ok(place) => place,
        Err(error) => return with(Outcome::Error, error.to_string()),
    };
    match lock::status(&place) {
        Ok(Status::Free(None)) => well(),
        Ok(Status::Free(Some(dead))) => {
            with(Outcome::Warn, format!("free, but its last holder died: {dead}"))
        }
        Ok(Status::Held(holder)) => {
            with(Outcome::Fail, format!("held by {}", lock::named(holder.as_ref())))
        }
        Err(error) => with(Outcome::Error, error.to_string()),
    }
}

/// What the inventory can name that runs, and is all to be named: of units and ports, every host has
/// dozens of its own.
const NAMED: [(Thing, &str, bool); 3] = [
    (Thing::Pm2, "PM2", true),
    (Thing::Unit, "systemd", false),
    (Thing::Container, "Docker", true),
];

/// Whether all that the inventory names runs, and all that runs is named in it.
fn inventory(config: &Config) -> Comparison {
    let managers = match host::managers() {
        Ok(managers) => managers,
        Err(error) => return with(Outcome::Error, error.to_string()),
    };
    let now = snapshot::take(&managers, config);
    if NAMED.iter().all(|(kind, ..)| config.declared(*kind).is_empty()) {
        return with(Outcome::Error, "the inventory names no process".to_owned());
    }
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for (kind, manager, all) in NAMED {
        let declared = config.declared(kind);
        let sections: Vec<&Section> =
            now.sections.iter().filter(|section| section.manager.thing() == kind).collect();
        let is_named = !declared.is_empty();
        match sections.iter().find(|section| !section.state.is_running()) {
            Some(blind) if is_named => {
                return with(Outcome::Error, blind.state.describe(blind.manager));
            }
            None if is_named && sections.is_empty() => {
                return with(Outcome::Error, format!("there is no {manager} on this host"));
            }
            _ => {}
        }
        let processes: Vec<&Process> =
            sections.iter().flat_map(|section| &section.processes).collect();
        wrong.extend(declared.iter().filter_map(|pattern| amiss(pattern, &processes)));
        // A container that was left lying about is nobody's app.
        let counts = |one: &Process| !one.module && (kind == Thing::Pm2 || one.ran());
        let others = processes.iter().filter(|one| all && counts(one));
        let others = others.filter(|one| one.key.owner(config) == Owner::Unknown);
        unknown.extend(others.map(|process| process.key.to_string()));
    }
    wrong.dedup();
    if !wrong.is_empty() {
        return with(Outcome::Fail, wrong.join(", "));
    }
    if unknown.is_empty() {
        well()
    } else {
        with(Outcome::Warn, format!("in no list: {}", unknown.join(", ")))
    }
}

/// What is wrong with those that a pattern names, if anything.
fn amiss(pattern: &str, processes: &[&Process]) -> Option<String> {
    let mut found = processes.iter().filter(|process| process.key.is_called(pattern)).peekable();
    // A pattern may stand for none.
    if found.peek().is_none() && !pattern.contains('*') {
        return Some(format!("{pattern} is missing"));
    }
    let down = found.find(|process| process.condition() != Condition::Up)?;
    Some(format!("{} is {}", down.key, down.status))
}
