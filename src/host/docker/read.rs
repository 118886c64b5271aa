use crate::host::process::DEFAULT_NAMESPACE;
use crate::host::{Condition, Key, ManagerKind, Process, Recipe, Status};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The label that Docker's compose gives every container of a project.
const PROJECT: &str = "/Config/Labels/com.docker.compose.project";

/// A container, from what `docker inspect` says. What it lacks or has in an odd type is not known;
/// nothing but a name and an id must be there.
pub fn container(inspected: &Value) -> Option<Process> {
    let at = |pointer: &str| inspected.pointer(pointer);
    let text = |pointer: &str| at(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let is = |pointer: &str| at(pointer) == Some(&Value::Bool(true));
    let number = |pointer: &str| at(pointer).and_then(Value::as_u64);
    let id = text("/Id")?;
    let pid = number("/State/Pid").and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0);
    let policy = text("/HostConfig/RestartPolicy/Name").unwrap_or("no");
    let key = Key {
        manager: ManagerKind::Docker,
        name: text("/Name")?.trim_start_matches('/').to_owned(),
        namespace: text(PROJECT).unwrap_or(DEFAULT_NAMESPACE).to_owned(),
        instance: None,
    };
    let number_of_it = u64::from_str_radix(id.get(..16)?, 16).ok()?;
    Some(Process {
        restarts: number("/RestartCount").unwrap_or(0),
        started: text("/State/StartedAt").and_then(|at| at.parse().ok()).filter(is_real),
        autorestart: policy != "no",
        // It vanishes when it ends.
        cron: is("/HostConfig/AutoRemove"),
        recipe: recipe(inspected),
        ..Process::plain(key, number_of_it, Status::Other(status(inspected)), pid)
    })
}

/// Docker writes the year 1 for what has never been.
fn is_real(at: &Timestamp) -> bool {
    at.as_second() > 0
}

/// As `docker ps` says it: `running`, `running (healthy)`, `paused`, `exited (1)`.
fn status(inspected: &Value) -> String {
    let text = |pointer: &str| inspected.pointer(pointer).and_then(Value::as_str);
    let status = text("/State/Status").unwrap_or("unknown");
    match status {
        "running" => match text("/State/Health/Status") {
            None | Some("" | "none") => status.to_owned(),
            Some(health) => format!("{status} ({health})"),
        },
        "exited" => {
            let code = inspected.pointer("/State/ExitCode").and_then(Value::as_i64).unwrap_or(-1);
            match inspected.pointer("/State/OOMKilled") == Some(&Value::Bool(true)) {
                true => format!("{status} ({code}, out of memory)"),
                false => format!("{status} ({code})"),
            }
        }
        _ => status.to_owned(),
    }
}

/// What is needed to create it again, and to find what it needs.
fn recipe(inspected: &Value) -> Recipe {
    let parts = ["Id", "Image", "Config", "HostConfig", "Mounts"];
    let found =
        parts.iter().filter_map(|key| Some(((*key).to_owned(), inspected.get(*key)?.clone())));
    let mut recipe: Map<String, Value> = found.collect();
    if let Some(networks) = inspected.pointer("/NetworkSettings/Networks") {
        recipe.insert("Networks".into(), networks.clone());
    }
    Recipe(recipe)
}

/// How a container is, from its status.
pub fn condition(container: &Process) -> Condition {
    let status = container.status.as_str();
    let (state, detail) = status.split_once(" (").unwrap_or((status, ""));
    match (state, detail.trim_end_matches(')')) {
        ("running", _) => Condition::Up,
        ("restarting" | "removing", _) => Condition::Changing,
        // So they end when they are told to: by themselves, or by the signal.
        ("exited", "0" | "130" | "137" | "143") => Condition::Stopped,
        ("paused" | "created" | "stopped", _) => Condition::Stopped,
        _ => Condition::Failed,
    }
}

/// Whether it has ended by itself, and well. Where it was told to, [`asked_to_stop`] has said so.
pub fn ran_to_its_end(container: &Process) -> bool {
    container.status.as_str() == "exited (0)"
}

/// Notes that a container did not end by itself.
pub fn asked_to_stop(container: &mut Process) {
    container.status = Status::Stopped;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn in_state(state: Value) -> Process {
        let id = "5f2b7c1d9e8a46035f2b7c1d9e8a46035f2b7c1d9e8a46035f2b7c1d9e8a4603";
        container(&json!({"Id": id, "Name": "/web", "State": state, "RestartCount": 2})).unwrap()
    }

    #[test]
    fn a_container_is_up_down_or_on_its_way() {
        for (state, status, condition) in [
            (json!({"Status": "running", "Pid": 7}), "running", Condition::Up),
            (
                json!({"Status": "running", "Health": {"Status": "unhealthy"}}),
                "running (unhealthy)",
                Condition::Up,
            ),
            (json!({"Status": "paused"}), "paused", Condition::Stopped),
            (json!({"Status": "restarting"}), "restarting", Condition::Changing),
            (json!({"Status": "exited", "ExitCode": 143}), "exited (143)", Condition::Stopped),
            (json!({"Status": "exited", "ExitCode": 1}), "exited (1)", Condition::Failed),
            (
                json!({"Status": "exited", "ExitCode": 137, "OOMKilled": true}),
                "exited (137, out of memory)",
                Condition::Failed,
            ),
            (json!({"Status": "dead"}), "dead", Condition::Failed),
        ] {
            let container = in_state(state);
            assert_eq!(container.status.as_str(), status);
            assert_eq!(container.condition(), condition, "{status}");
        }
    }

    #[test]
    fn odd_and_missing_parts_do_not_hide_a_container() {
        let container = in_state(json!({"Pid": "7", "StartedAt": "0001-01-01T00:00:00Z"}));
        assert_eq!((container.pid, container.started, container.restarts), (None, None, 2));
        assert_eq!(container.key.to_string(), "container web");
        assert!(super::container(&json!({"Id": "5f", "Name": "/web"})).is_none());
    }
}
