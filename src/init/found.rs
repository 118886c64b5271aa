use super::Repository;
use crate::{
    host::{
        Condition, Key, Manager, ManagerKind, Process, Recipe, ports::table as ports, proc,
        snapshot, systemd,
    },
    probe::{self, Page},
};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

/// What runs on this host.
#[derive(Debug, Default)]
pub struct Found {
    pub host: String,
    /// Processes of this repository that run, each once.
    pub services: Vec<Service>,
    /// Names of PM2's processes that are not of this repository.
    pub neighbours: Vec<String>,
    /// Names of running units that people wrote and that are not of this repository.
    pub units_of_others: Vec<String>,
    /// Whether PM2 runs.
    pub pm2: bool,
    /// Databases and the like that listen, by name and port.
    pub stores: Vec<(&'static str, u16)>,
    /// How much of the disk is used, in percent.
    pub disk_used: Option<f64>,
}

/// A process of this repository.
#[derive(Debug)]
pub struct Service {
    pub manager: ManagerKind,
    pub name: String,
    /// A page that tells how it is.
    pub page: Option<Page>,
    /// Ports without such a page.
    pub ports: Vec<u16>,
}

/// Where apps tell how they are, the most telling first.
const PAGES: [&str; 8] = [
    "/api/health/ready",
    "/health/ready",
    "/readyz",
    "/api/health",
    "/health",
    "/healthz",
    "/api/health/ping",
    "/status",
];

/// What is usually behind a port.
const STORES: [(&str, u16); 5] =
    [("postgres", 5432), ("mysql", 3306), ("redis", 6379), ("mongodb", 27017), ("rabbitmq", 5672)];

impl Found {
    /// Looks at what PM2 and systemd run among `managers`; `folder` is the repository's.
    pub fn look(
        mut managers: Vec<Box<dyn Manager>>,
        repository: &Repository,
        folder: &Path,
    ) -> std::io::Result<Self> {
        managers
            .retain(|manager| !matches!(manager.kind(), ManagerKind::Docker | ManagerKind::Ports));
        let now = snapshot::take(&managers, &crate::config::Config::default());
        let folder = folder.canonicalize()?;
        let is_ours = |process: &Process| {
            let declared = repository.environments.iter().flat_map(|it| &it.processes);
            let is_inside = |cwd: &Path| cwd.canonicalize().is_ok_and(|it| it.starts_with(&folder));
            declared.clone().any(|name| *name == process.key.name)
                || process.cwd.as_deref().is_some_and(is_inside)
                || is_unit_of(process, &folder)
        };
        let mut found = Self {
            host: now.host.clone(),
            pm2: now
                .sections
                .iter()
                .any(|section| section.manager == ManagerKind::Pm2 && section.state.is_running()),
            ..Self::default()
        };
        let clusters = now.processes().filter(|process| is_clustered(process));
        let is_alone =
            clusters.map(|process| &process.key.name).collect::<BTreeSet<_>>().len() == 1;
        for process in now.processes().filter(|process| is_an_app(process)) {
            let Key { manager, name, .. } = &process.key;
            if !is_ours(process) {
                let others = match manager {
                    ManagerKind::Pm2 => &mut found.neighbours,
                    _ => &mut found.units_of_others,
                };
                if !others.contains(name) {
                    others.push(name.clone());
                }
            } else if process.condition() == Condition::Up
                && !found.services.iter().any(|it| it.manager == *manager && it.name == *name)
            {
                let pids = process.pid.map(proc::tree).unwrap_or_default();
                let mut ports = ports::of(&pids);
                if is_clustered(process) {
                    ports.extend(clustered(process, is_alone));
                }
                found.services.push(service(*manager, name, ports)?);
            }
        }
        found.stores.extend(STORES.iter().filter(|(_, port)| ports::is_open(*port)));
        found.disk_used = rustix::fs::statvfs("/").ok().map(|disk| {
            let used = disk.f_blocks.saturating_sub(disk.f_bfree) as f64;
            used * 100.0 / (used + disk.f_bavail as f64).max(1.0)
        });
        Ok(found)
    }
}

/// Whether somebody runs it here: it is none of PM2's modules, and no unit of a package or a job that
/// comes and goes.
fn is_an_app(process: &Process) -> bool {
    match process.key.manager {
        ManagerKind::Pm2 => !process.module,
        _ => {
            let is_written = systemd::written_files(process).next().is_some();
            is_written && !process.cron && process.condition() == Condition::Up
        }
    }
}

/// Whether the file of a unit names something in the folder.
fn is_unit_of(process: &Process, folder: &Path) -> bool {
    let mut words =
        systemd::written_files(process).flat_map(|text| text.split([' ', '=', '\n', '"']));
    let is_inside = |word: &str| {
        word.starts_with('/')
            && Path::new(word).canonicalize().is_ok_and(|it| it.starts_with(folder))
    };
    words.any(is_inside)
}

/// Whether PM2 listens for it, and hands it what comes in.
fn is_clustered(process: &Process) -> bool {
    process.exec_mode.as_deref() == Some("cluster_mode")
}

/// The ports on which PM2 listens for a worker of a cluster. All are in the same hands; those of an
/// app are those that a variable of it names, or all, if its cluster `is_alone`.
fn clustered(process: &Process, is_alone: bool) -> Vec<u16> {
    let daemon = process.pid.and_then(proc::stat).map(|stat| stat.parent);
    let held = daemon.map(|daemon| ports::of(&[daemon])).unwrap_or_default();
    let port_in = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|port| u16::try_from(port).ok()),
    };
    let Recipe(settings) = &process.recipe;
    let variables = settings.get("env").and_then(Value::as_object).into_iter().flatten();
    let named: BTreeSet<u16> = variables
        .chain(settings)
        .filter(|(name, _)| name.ends_with("PORT"))
        .filter_map(|(_, value)| port_in(value))
        .collect();
    held.into_iter().filter(|port| is_alone || named.contains(port)).collect()
}

/// What a process listens on, and how it tells that it is well.
fn service(manager: ManagerKind, name: &str, ports: BTreeSet<u16>) -> std::io::Result<Service> {
    let mut service = Service { manager, name: name.to_owned(), page: None, ports: Vec::new() };
    for port in ports {
        let urls = PAGES.map(|page| format!("http://127.0.0.1:{port}{page}"));
        let pages = probe::answering(&urls)?;
        match pages.into_iter().find(|page| page.status == 200) {
            Some(page) if service.page.is_none() => service.page = Some(page),
            _ => service.ports.push(port),
        }
    }
    Ok(service)
}
