use super::Instance;
use crate::host::{self, Condition, Key, Manager, Status, docker, pm2::Pm2, systemd::Systemd};

/// How the processes of one manager are found by name.
pub type Find = fn(&str) -> Result<Vec<host::Process>, String>;

/// The instances of what a manager calls so.
pub async fn read(find: Find, name: &str) -> Result<Vec<Instance>, String> {
    Ok(named(find, name).await?.into_iter().map(instance).collect())
}

/// The processes that PM2 knows by this name.
pub async fn pm2_named(name: &str) -> Result<Vec<host::Process>, String> {
    named(pm2, name).await
}

async fn named(find: Find, name: &str) -> Result<Vec<host::Process>, String> {
    let name = name.to_owned();
    let found = tokio::task::spawn_blocking(move || find(&name));
    found.await.map_err(|_| "the process manager could not be read")?
}

/// A PM2 app, by its name or by namespace and name: `payments/billing-api`.
pub fn pm2(name: &str) -> Result<Vec<host::Process>, String> {
    let section = Pm2::from_env().read();
    if !section.state.is_running() {
        return Err(section.state.describe(section.manager));
    }
    let is_named =
        |key: &Key| key.name == name || name.split_once('/') == Some((&key.namespace, &key.name));
    Ok(section.processes.into_iter().filter(|process| is_named(&process.key)).collect())
}

/// A unit of systemd; `user/NAME` is one of this user's own.
pub fn unit(name: &str) -> Result<Vec<host::Process>, String> {
    let (systemd, unit, whose) = match name.strip_prefix("user/") {
        Some(unit) => (Systemd::of_this_user(), unit, "this user has no systemd of their own"),
        None => (Systemd::of_the_host(), name, "this host was not booted with systemd"),
    };
    let systemd = systemd.ok_or(format!("systemd cannot be asked: {whose}"))?;
    let found = systemd.named(unit).map_err(|state| state.describe(systemd.kind()))?;
    Ok(found.into_iter().collect())
}

/// A container of Docker.
pub fn container(name: &str) -> Result<Vec<host::Process>, String> {
    let docker = docker::Docker::from_env().ok_or("there is no Docker on this host")?;
    let found = docker.named(name).map_err(|state| state.describe(docker.kind()))?;
    Ok(found.into_iter().collect())
}

fn instance(process: host::Process) -> Instance {
    let up = process.condition() == Condition::Up;
    let status = match process.status {
        Status::Online if !up => "online, but without a process",
        ref status => status.as_str(),
    };
    Instance {
        key: process.key.to_string(),
        up,
        status: status.to_owned(),
        pid: process.pid,
        restarts: process.restarts,
        started: process.started,
        memory: process.memory,
        cpu: process.cpu,
    }
}
