//! A process that should keep running, watched from the first attempt on. In come its instances as
//! its manager knows them, or the kernel where there is none; out go facts about what has become of them.

mod managed;
mod unmanaged;

use super::{
    Measure, Measuring,
    facts::{Facts, whole},
};
use crate::config::{Manager, Process};
use jiff::Timestamp;
use std::time::{Duration, Instant};

pub use managed::pm2_named;

/// A process under its manager.
pub struct Prober {
    name: String,
    manager: Manager,
    /// What the first attempt has seen.
    first: Option<Vec<Instance>>,
}

/// One instance, as its manager knows it.
#[derive(Clone, Debug)]
struct Instance {
    /// Which one it is, so that it is found again.
    key: String,
    /// Whether it runs.
    up: bool,
    status: String,
    pid: Option<u32>,
    restarts: u64,
    started: Option<Timestamp>,
    /// Bytes; some managers do not know it.
    memory: Option<u64>,
    /// Percent of one processor; most managers do not know it.
    cpu: Option<f64>,
}

impl Prober {
    pub fn new(process: &Process) -> Self {
        Self { name: process.name.clone(), manager: process.manager, first: None }
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let now = match self.manager {
                Manager::None => unmanaged::read(&self.name).await?,
                Manager::Pm2 => managed::read(managed::pm2, &self.name).await?,
                Manager::Systemd => managed::read(managed::unit, &self.name).await?,
                Manager::Docker => managed::read(managed::container, &self.name).await?,
            };
            let latency = started.elapsed();
            let first = self.first.get_or_insert_with(|| now.clone());
            Ok(facts(&self.name, first, &now, latency))
        })
    }

    fn start_over(&mut self) {
        self.first = None;
    }
}

/// What has become of the instances of `name` since `first`.
fn facts(name: &str, first: &[Instance], now: &[Instance], latency: Duration) -> Facts {
    let mut facts = Facts::after(latency);
    let running = now.iter().filter(|instance| instance.up).count();
    facts.set("instances", running as i64);
    if now.is_empty() {
        facts.set("status", "missing");
        for variable in ["restarts", "restarts_ever", "new_pids", "memory", "cpu", "uptime"] {
            facts.set_absent(variable, format!("there is no process {name:?}"));
        }
        return facts;
    }
    let before = |one: &Instance| first.iter().find(|first| first.key == one.key);
    let counted: u64 = now
        .iter()
        .map(|one| one.restarts.saturating_sub(before(one).map_or(0, |before| before.restarts)))
        .sum();
    let was_there = |pid: &u32| first.iter().any(|process| process.pid == Some(*pid));
    let new_pids = now.iter().filter_map(|p| p.pid).filter(|pid| !was_there(pid)).count();
    // Nobody counts them where there is no manager.
    let restarts = counted.max(new_pids as u64);
    let status = match now.iter().find(|one| !one.up) {
        // PM2 says `online` all through a crash loop.
        _ if restarts > 0 => "restarting",
        Some(down) => &down.status,
        None => "online",
    };
    facts.set("status", status);
    facts.note = (status == "restarting")
        .then(|| format!("while it was watched: restarts {restarts}, new pids {new_pids}"));
    facts.set("restarts", whole(restarts));
    facts.set("restarts_ever", whole(now.iter().map(|one| one.restarts).sum()));
    facts.set("new_pids", new_pids as i64);
    match now.iter().map(|one| one.memory).sum::<Option<u64>>() {
        Some(memory) => facts.set("memory", whole(memory)),
        None => facts.set_absent("memory", "its manager does not know it"),
    }
    match now.iter().map(|one| one.cpu).collect::<Option<Vec<f64>>>() {
        Some(cpu) => facts.set("cpu", cpu.iter().sum::<f64>()),
        None => facts.set_absent("cpu", "its manager does not know it"),
    }
    match now.iter().filter_map(|one| one.started).max() {
        Some(youngest) => {
            let uptime = Timestamp::now().duration_since(youngest);
            facts.set("uptime", super::facts::duration(uptime.unsigned_abs()));
        }
        None => facts.set_absent("uptime", format!("{name} has not been started")),
    }
    facts
}
