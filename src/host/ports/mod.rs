//! The ports that somebody listens on, from the kernel's tables. Nobody keeps them, so they are
//! compared and never restored: a port that is gone tells of a server that no manager knows, or that
//! runs and does not serve.

pub mod table;

use super::{ActionError, Difference, Key, Manager, ManagerKind, ManagerState};
use super::{Process, Recipe, Section, Status};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

/// The ports of this host.
#[derive(Clone, Copy, Debug)]
pub struct Ports;

impl Ports {
    /// Where the kernel tells of them.
    pub fn of_this_host() -> Option<Self> {
        Path::new("/proc/net/tcp").exists().then_some(Self)
    }
}

impl Manager for Ports {
    fn kind(&self) -> ManagerKind {
        ManagerKind::Ports
    }

    fn read(&self) -> Section {
        let ports = table::by_port();
        let sockets: HashSet<&str> =
            ports.values().flatten().map(|listening| listening.socket.as_str()).collect();
        let owners = table::owners(&sockets);
        let passing = passing();
        let processes = ports.iter().map(|(&(protocol, port), listening)| {
            let pid = listening.iter().find_map(|one| owners.get(&one.socket)).copied();
            process(protocol, port, pid, passing.contains(&port))
        });
        let state = ManagerState::Running { version: String::new() };
        Section::of(self.kind(), state, processes.collect())
    }

    fn wake(&self, _recorded: &Section) -> Result<(), ActionError> {
        Err(not_kept())
    }

    fn put_back(&self, _recorded: &Process) -> Result<(), ActionError> {
        Err(not_kept())
    }

    fn restart(&self, _current: &Process) -> Result<(), ActionError> {
        Err(not_kept())
    }

    fn stop(&self, _current: &Process, _recorded: &Process) -> Result<(), ActionError> {
        Err(not_kept())
    }

    fn replace(&self, _current: &Process, _recorded: &Process) -> Result<(), ActionError> {
        Err(not_kept())
    }
}

fn not_kept() -> ActionError {
    ActionError::Unreachable("nobody keeps ports open but who listens on them".to_owned())
}

fn process(protocol: &str, port: u16, pid: Option<u32>, passing: bool) -> Process {
    let program = pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    let mut recipe = Map::new();
    if let Some(program) = program {
        recipe.insert("program".into(), program.trim().into());
    }
    let key =
        Key { namespace: protocol.to_owned(), ..Key::plain(ManagerKind::Ports, port.to_string()) };
    Process {
        // One of those that the kernel gives to whoever does not choose.
        cron: passing,
        recipe: Recipe(recipe),
        ..Process::plain(key, port.into(), Status::Other("listening".to_owned()), pid)
    }
}

/// The ports that the kernel gives to whoever does not choose: they come and go.
fn passing() -> RangeInclusive<u16> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = text.split_ascii_whitespace().filter_map(|end| end.parse().ok());
    ends.next().unwrap_or(32768)..=ends.next().unwrap_or(60999)
}

/// Whether another program listens, where both are known.
pub fn differences(before: &Recipe, after: &Recipe) -> BTreeSet<Difference> {
    let program =
        |recipe: &'_ Recipe| recipe.0.get("program").and_then(Value::as_str).map(str::to_owned);
    match (program(before), program(after)) {
        (Some(then), Some(now)) if then != now => [Difference::Setting("program")].into(),
        _ => BTreeSet::new(),
    }
}
