use crate::host::process::DEFAULT_NAMESPACE;
use crate::host::{Key, ManagerKind, ManagerState, Process, Recipe, Status, proc};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The processes in PM2's list. An entry that lacks a part, or has it in an odd type, is read as
/// far as it goes; a list that is none is an error.
pub fn processes(listed: Value, socket: &Path) -> Result<Vec<Process>, ManagerState> {
    let Value::Array(entries) = listed else {
        let reason = "its list of processes is not a list".to_owned();
        return Err(ManagerState::Unreadable { socket: socket.to_owned(), reason });
    };
    Ok(entries.into_iter().filter_map(process).collect())
}

fn process(entry: Value) -> Option<Process> {
    let Value::Object(mut entry) = entry else { return None };
    let Some(Value::Object(env)) = entry.remove("pm2_env") else { return None };
    let text = |key: &str| env.get(key).and_then(Value::as_str);
    let path = |key: &str| text(key).map(PathBuf::from);
    let monitored = |key: &str| entry.get("monit").and_then(|monit| monit.get(key));
    let status = Status::from(text("status").unwrap_or("unknown").to_owned());
    // PM2 keeps the old pid for a moment after a process has ended.
    let has_ended = matches!(status, Status::Stopped | Status::Errored);
    let pid = number(entry.get("pid")).and_then(|pid| u32::try_from(pid).ok());
    let pid = pid.filter(|&pid| pid > 0 && !has_ended);
    let instance_key = text("instance_var").unwrap_or("NODE_APP_INSTANCE");
    Some(Process {
        key: Key {
            manager: ManagerKind::Pm2,
            name: text("name").or_else(|| entry.get("name")?.as_str())?.to_owned(),
            namespace: text("namespace").unwrap_or(DEFAULT_NAMESPACE).to_owned(),
            instance: number(env.get(instance_key)),
        },
        id: number(entry.get("pm_id")).or_else(|| number(env.get("pm_id")))?,
        status,
        pid,
        pid_start: pid.and_then(proc::stat).map(|stat| stat.start),
        restarts: number(env.get("restart_time")).unwrap_or(0),
        started: env
            .get("pm_uptime")
            .and_then(Value::as_i64)
            .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        memory: number(monitored("memory")).unwrap_or(0),
        cpu: monitored("cpu").and_then(Value::as_f64).unwrap_or(0.0),
        script: path("pm_exec_path"),
        cwd: path("pm_cwd"),
        exec_mode: text("exec_mode").map(str::to_owned),
        watch: is_set(env.get("watch")),
        autorestart: is_set(env.get("autorestart")),
        cron: is_set(env.get("cron_restart")),
        module: is_set(env.get("pmx_module")),
        looping: false,
        recipe: Recipe(env),
    })
}

/// A whole number, also one that was written as text.
fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Whether a setting is on: PM2 has booleans, their names as text, numbers, lists and cron lines.
fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(on)) => *on,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !matches!(text.as_str(), "" | "0" | "false"),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !Map::is_empty(map),
    }
}
