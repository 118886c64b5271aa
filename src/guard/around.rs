//! What a checklist asks of this host, beside its probes. In comes an entry that is built in, or a
//! question for a person; out goes what became of it.

use super::lock::{self, LockPlace, Status};
use crate::config::{BuiltIn, Config, Manual, Owner};
use crate::host::{self, Condition, Snapshot, snapshot};
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

/// Whether all that the inventory names runs, and all that runs is named in it.
fn inventory(config: &Config) -> Comparison {
    let managers = host::managers();
    let now = snapshot::take(&managers, config);
    if let Some(blind) = now.sections.iter().find(|section| !section.state.is_running()) {
        return with(Outcome::Error, blind.state.describe(blind.manager));
    }
    let declared = config.environments().flat_map(|(_, _, environment)| &environment.pm2);
    let declared: Vec<&String> = declared.chain(&config.neighbours.pm2).collect();
    if declared.is_empty() {
        return with(Outcome::Error, "the inventory names no process".to_owned());
    }
    let named = |pattern: &str| {
        let fits = move |name: &str| crate::config::matches_name(pattern, name);
        now.processes().filter(move |process| fits(&process.key.name)).collect::<Vec<_>>()
    };
    let mut wrong = Vec::new();
    for pattern in declared {
        let found = named(pattern);
        match found.iter().find(|process| process.condition() != Condition::Up) {
            Some(down) => wrong.push(format!("{} is {}", down.key, down.status)),
            // A pattern may stand for none.
            None if found.is_empty() && !pattern.contains('*') => {
                wrong.push(format!("{pattern} is missing"));
            }
            None => {}
        }
    }
    wrong.dedup();
    if !wrong.is_empty() {
        return with(Outcome::Fail, wrong.join(", "));
    }
    let unknown = now.processes().filter(|process| !process.module);
    let unknown = unknown.filter(|it| config.owner_of_pm2(&it.key.name) == Owner::Unknown);
    let unknown: Vec<String> = unknown.map(|process| process.key.to_string()).collect();
    if unknown.is_empty() {
        well()
    } else {
        with(Outcome::Warn, format!("in no list: {}", unknown.join(", ")))
    }
}
