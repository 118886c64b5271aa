use super::docker::{Docker, DockerFacts};
use super::facts::{self, Commit};
use super::pm2::{Pm2, Pm2Facts};
use super::ports::Ports;
use super::systemd::Systemd;
use super::{Manager, ManagerKind, ManagerState, Process};
use crate::config::Config;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

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
    /// What only Docker has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docker: Option<DockerFacts>,
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

    /// The managers of which more should be known than is: a way back to this would have a hole.
    pub fn gaps(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| section.state.is_gap())
    }

    /// The managers that this was read from.
    pub fn managers(&self) -> Vec<Box<dyn Manager>> {
        self.sections.iter().map(Section::manager).collect()
    }
}

impl Section {
    /// What a manager has that has nothing more to tell.
    pub fn of(manager: ManagerKind, state: ManagerState, processes: Vec<Process>) -> Self {
        Self { manager, state, processes, pm2: None, docker: None }
    }

    /// The manager that this was read from, whatever the environment says now.
    pub fn manager(&self) -> Box<dyn Manager> {
        match self.manager {
            ManagerKind::Pm2 => Box::new(match &self.pm2 {
                Some(facts) => Pm2::at(&facts.home, &facts.socket),
                None => Pm2::from_env(),
            }),
            ManagerKind::Systemd | ManagerKind::UserSystemd => {
                Box::new(Systemd::at(self.manager, &self.processes))
            }
            ManagerKind::Docker => Box::new(match &self.docker {
                Some(facts) => Docker::at(&facts.socket, facts.networks.clone()),
                None => Docker::at(Path::new("/var/run/docker.sock"), Vec::new()),
            }),
            ManagerKind::Ports => Box::new(Ports),
        }
    }
}

/// Reads all `managers` now, at the same time. The configuration only says which folders' commits to note.
pub fn take(managers: &[Box<dyn Manager>], config: &Config) -> Snapshot {
    let taken = Timestamp::now();
    Snapshot {
        version: FORMAT,
        id: Snapshot::id_for(taken),
        taken,
        host: facts::host_name(),
        boot: super::proc::boot_id(),
        commits: facts::commits(config),
        sections: read_all(managers),
        measured: BTreeMap::new(),
    }
}

fn read_all(managers: &[Box<dyn Manager>]) -> Vec<Section> {
    thread::scope(|scope| {
        let reading: Vec<_> =
            managers.iter().map(|manager| scope.spawn(|| manager.read())).collect();
        let read = managers.iter().zip(reading).map(|(manager, reading)| {
            reading.join().unwrap_or_else(|_| {
                let reason = "reading it failed".to_owned();
                let state = ManagerState::Unreadable { socket: "?".into(), reason };
                Section::of(manager.kind(), state, Vec::new())
            })
        });
        read.collect()
    })
}
