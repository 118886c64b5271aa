use super::{Measure, Measuring, facts::Facts, filling::Filling};
use crate::{
    config::{Manager, Process},
    host::{self, Condition, Key, Section, Status, pm2::Pm2},
};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// A process under its manager, watched from its first attempt on.
pub struct Prober {
    name: String,
    manager: Manager,
    /// What the first attempt has seen.
    first: Option<Vec<host::Process>>,
}

impl Prober {
    pub fn new(process: &Process, _filling: &mut Filling) -> Self {
        Self { name: process.name.clone(), manager: process.manager, first: None }
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let manager = self.manager;
            let started = Instant::now();
            let section = tokio::task::spawn_blocking(move || read(manager))
                .await
                .map_err(|_| "the process manager could not be read")?;
            let latency = started.elapsed();
            if !section.state.is_running() {
                return Err(section.state.describe(section.manager));
            }
            let named = |process: &host::Process| is_named(&process.key, &self.name);
            let now: Vec<_> = section.processes.into_iter().filter(named).collect();
            let first = self.first.get_or_insert_with(|| now.clone());
            Ok(facts(&self.name, first, &now, latency))
        })
    }

    fn start_over(&mut self) {
        self.first = None;
    }
}

fn read(manager: Manager) -> Section {
    match manager {
        Manager::Pm2 => host::Manager::read(&Pm2::from_env()),
    }
}

/// A process is named by its name, or by namespace and name: `payments/billing-api`.
fn is_named(key: &Key, name: &str) -> bool {
    key.name == name || name.split_once('/') == Some((&key.namespace, &key.name))
}

/// What has become of the instances of `name` since `first`.
fn facts(name: &str, first: &[host::Process], now: &[host::Process], latency: Duration) -> Facts {
    let mut facts = Facts::after(latency);
    let running = now.iter().filter(|process| process.condition() == Condition::Up).count();
    facts.set("instances", running as i64);
    if now.is_empty() {
        facts.set("status", "missing");
        for variable in ["restarts", "new_pids", "memory", "cpu", "uptime"] {
            facts.set_absent(variable, format!("there is no process {name:?}"));
        }
        return facts;
    }
    let before = |process: &host::Process| first.iter().find(|first| first.key == process.key);
    let restarts: u64 = now
        .iter()
        .map(|process| {
            let before = before(process).map_or(0, |before| before.restarts);
            process.restarts.saturating_sub(before)
        })
        .sum();
    let was_there = |pid: &u32| first.iter().any(|process| process.pid == Some(*pid));
    let new_pids = now.iter().filter_map(|p| p.pid).filter(|pid| !was_there(pid)).count();
    let down = now.iter().find(|process| process.condition() != Condition::Up);
    let status = match down {
        // PM2 says `online` all through a crash loop.
        _ if restarts > 0 || new_pids > 0 => "restarting",
        Some(down) if down.status == Status::Online => "online, but without a process",
        Some(down) => down.status.as_str(),
        None => "online",
    };
    facts.set("status", status);
    facts.note = (status == "restarting")
        .then(|| format!("while it was watched: restarts {restarts}, new pids {new_pids}"));
    facts.set("restarts", restarts as i64);
    facts.set("new_pids", new_pids as i64);
    facts.set("memory", now.iter().map(|process| process.memory).sum::<u64>() as i64);
    facts.set("cpu", now.iter().map(|process| process.cpu).sum::<f64>());
    match now.iter().filter_map(|process| process.started).max() {
        Some(youngest) => {
            let uptime = Timestamp::now().duration_since(youngest);
            facts.set("uptime", super::facts::duration(uptime.unsigned_abs()));
        }
        None => facts.set_absent("uptime", format!("{name} has not been started")),
    }
    facts
}
