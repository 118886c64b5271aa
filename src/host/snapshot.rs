use super::facts::{self, Commit};
use super::pm2::Pm2Facts;
use super::{Manager, ManagerKind, ManagerState, Process};
use crate::config::Config;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the snapshot format that this program writes.
pub const FORMAT: u32 = 1;

/// What ran on a host at one time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The format: [`FORMAT`].
    pub version: u32,
    /// Sorts by time.
    pub id: String,
    pub taken: Timestamp,
    pub host: String,
    /// Changes with every boot: pids of another boot mean nothing.
    pub boot: Option<String>,
    /// The commits that the inventory's paths are at.
    pub commits: Vec<Commit>,
    pub sections: Vec<Section>,
    /// What probes have measured, by their names, to be compared with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
}

/// What ran under one manager.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Section {
    pub manager: ManagerKind,
    pub state: ManagerState,
    pub processes: Vec<Process>,
    /// What only PM2 has.
    #[serde(default)]
    pub pm2: Option<Pm2Facts>,
}

impl Snapshot {
    /// `20261121T233145.123Z`: sorts by time, and can be typed and used as a file name.
    pub fn id_for(taken: Timestamp) -> String {
        taken.strftime("%Y%m%dT%H%M%S.%3fZ").to_string()
    }

    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.sections.iter().flat_map(|section| &section.processes)
    }

    /// The managers that could not be asked: of their processes nothing is known.
    pub fn blind_spots(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| !section.state.is_known())
    }

    /// The managers that this was read from.
    pub fn managers(&self) -> Vec<Box<dyn Manager>> {
        self.sections.iter().map(Section::manager).collect()
    }
}

impl Section {
    /// The manager that this was read from, whatever the environment says now.
    pub fn manager(&self) -> Box<dyn Manager> {
        match self.manager {
            ManagerKind::Pm2 => Box::new(match &self.pm2 {
                Some(facts) => super::pm2::Pm2::at(&facts.home, &facts.socket),
                None => super::pm2::Pm2::from_env(),
            }),
        }
    }
}

/// Reads all `managers` now. The configuration only says which folders' commits to note.
pub fn take(managers: &[Box<dyn Manager>], config: &Config) -> Snapshot {
    let taken = Timestamp::now();
    Snapshot {
        version: FORMAT,
        id: Snapshot::id_for(taken),
        taken,
        host: facts::host_name(),
        boot: super::proc::boot_id(),
        commits: facts::commits(config),
        sections: managers.iter().map(|manager| manager.read()).collect(),
        measured: BTreeMap::new(),
    }
}
