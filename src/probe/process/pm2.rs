use super::Instance;
use crate::host::{self, Condition, Key, Manager, Status, pm2::Pm2};

/// The instances of a PM2 app, named by its name or by namespace and name: `payments/billing-api`.
pub async fn read(name: &str) -> Result<Vec<Instance>, String> {
    Ok(named(name).await?.into_iter().map(instance).collect())
}

/// The processes that PM2 knows by this name.
pub async fn named(name: &str) -> Result<Vec<host::Process>, String> {
    let section = tokio::task::spawn_blocking(|| Pm2::from_env().read())
        .await
        .map_err(|_| "the process manager could not be read")?;
    if !section.state.is_running() {
        return Err(section.state.describe(section.manager));
    }
    let is_named =
        |key: &Key| key.name == name || name.split_once('/') == Some((&key.namespace, &key.name));
    Ok(section.processes.into_iter().filter(|process| is_named(&process.key)).collect())
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
        cpu: Some(process.cpu),
    }
}
