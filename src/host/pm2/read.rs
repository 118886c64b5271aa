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
        memory: number(monitored("memory")),
        cpu: monitored("cpu").and_then(Value::as_f64),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Condition;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(entry: Value) -> Vec<Process> {
        processes(json!([entry]), Path::new("rpc.sock")).unwrap()
    }

    #[test]
    fn odd_and_missing_parts_do_not_hide_a_process() {
        let read = read(json!({"pm2_env": {
            "name": "api", "pm_id": "3", "status": "online", "restart_time": "2", "watch": ["lib"],
            "created_at": null, "instance_var": "WORKER", "WORKER": "1", "autorestart": "false",
            "of_a_later_pm2": {},
        }}));
        let [process] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((process.id, process.restarts, process.key.instance), (3, 2, Some(1)));
        assert_eq!((process.watch, process.autorestart), (true, false));
        assert_eq!(process.key.namespace, "default");
        // `online` without a pid: PM2 could not start it.
        assert_eq!(process.condition(), Condition::Failed);
    }

    #[test]
    fn a_pid_of_zero_and_the_pid_of_an_ended_process_are_none() {
        for (status, pid) in [("online", 0), ("stopped", 77), ("errored", 77)] {
            let env = json!({"name": "api", "pm_id": 0, "status": status});
            assert_eq!(read(json!({"pid": pid, "pm2_env": env}))[0].pid, None, "{status}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_an_error() {
        assert!(processes(json!({"error": 1}), Path::new("rpc.sock")).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z0-9]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(Value::from)
        })
    }

    proptest! {
        #[test]
        fn no_value_of_any_setting_makes_it_panic(values in prop::collection::vec(any_json(), 12)) {
            let keys = [
                "name", "namespace", "pm_id", "status", "restart_time", "pm_uptime", "watch",
                "autorestart", "cron_restart", "pm_exec_path", "instance_var", "env",
            ];
            let env: Map<String, Value> =
                keys.iter().map(|key| key.to_string()).zip(values.iter().cloned()).collect();
            let _ = processes(json!([{"pid": values[0], "monit": values[1], "pm2_env": env}]), Path::new(""));
        }
    }
}
