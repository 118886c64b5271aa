//! What PM2 needs to start a process again exactly, and whether two of those are the same.

use crate::host::{ActionError, Condition, Difference, Process, Recipe};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What belongs to one life of a process and must not be given to its next.
const OF_ONE_LIFE: &[&str] = &[
    "pm_id",
    // Makes PM2 start so many, instead of this one with its own index.
    "instances",
    // An old time switches off PM2's own guard against crash loops.
    "created_at",
    "prev_restart_delay",
    "restart_time",
    "unstable_restarts",
    "exit_code",
    "_tree_pids",
    // Found out anew each time, and told to the process where it stands here already.
    "node_version",
    "version",
    "versioning",
];

/// What makes PM2 start `recorded` again exactly as it was; one that was down comes back to the
/// list and stays down.
pub fn entry(recorded: &Process) -> Result<Value, ActionError> {
    let mut entry = recorded.recipe.0.clone();
    for key in OF_ONE_LIFE {
        entry.remove(*key);
    }
    // The daemon itself breaks on an entry without these.
    for (key, there) in [
        ("env", entry.get("env").is_some_and(Value::is_object)),
        ("pm_exec_path", entry.get("pm_exec_path").is_some_and(Value::is_string)),
        ("pm_pid_path", entry.get("pm_pid_path").is_some_and(Value::is_string)),
    ] {
        if !there {
            let reason = format!("its {key} is missing");
            return Err(ActionError::BadRecipe { name: recorded.key.to_string(), reason });
        }
    }
    let down = matches!(recorded.condition(), Condition::Stopped | Condition::Failed);
    entry.insert("status".into(), if down { "stopped" } else { "online" }.into());
    Ok(Value::Object(entry))
}

/// The settings that make a process what it is.
const SETTINGS: &[(&str, &str)] = &[
    ("pm_exec_path", "script"),
    ("pm_cwd", "folder"),
    ("args", "arguments"),
    ("node_args", "interpreter arguments"),
    ("exec_interpreter", "interpreter"),
    ("exec_mode", "mode"),
    ("namespace", "namespace"),
    ("watch", "watch"),
    ("ignore_watch", "ignore_watch"),
    ("autorestart", "autorestart"),
    ("cron_restart", "cron_restart"),
    ("max_memory_restart", "max_memory_restart"),
    ("max_restarts", "max_restarts"),
    ("min_uptime", "min_uptime"),
    ("restart_delay", "restart_delay"),
    ("exp_backoff_restart_delay", "exp_backoff_restart_delay"),
    ("stop_exit_codes", "stop_exit_codes"),
    ("kill_timeout", "kill_timeout"),
    ("listen_timeout", "listen_timeout"),
    ("wait_ready", "wait_ready"),
    ("treekill", "treekill"),
    ("uid", "user"),
    ("gid", "group"),
];

/// Variables that tell of the shell or of PM2's command line and not of the app.
const NOISE: &[&str] = &[
    "_",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "PM2_USAGE",
    "PM2_DISCRETE_MODE",
    "PM2_INTERACTOR_PROCESSING",
    "PM2_JSON_PROCESSING",
    "PM2_PROGRAMMATIC",
    "PM2_SILENT",
    "unique_id",
];

/// How the settings and the environment of two recordings differ.
pub fn differences(before: &Recipe, after: &Recipe) -> BTreeSet<Difference> {
    let (before, after) = (&before.0, &after.0);
    let settings = SETTINGS
        .iter()
        .filter(|(key, _)| plain(before.get(*key)) != plain(after.get(*key)))
        .map(|(_, name)| Difference::Setting(name));
    // PM2 leaves one there that has the name of the app.
    let app = before.get("name").and_then(Value::as_str);
    let names = variables(before)
        .chain(variables(after))
        .filter(|name| !NOISE.contains(name) && Some(*name) != app);
    let environment = names
        .filter(|name| variable(before, name) != variable(after, name))
        .map(|name| Difference::Variable(name.to_owned()));
    settings.chain(environment).collect()
}

/// PM2 leaves out what is off or empty in one place and writes it in another.
fn plain(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(list) => !list.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    })
}

fn variables(recipe: &Map<String, Value>) -> impl Iterator<Item = &str> {
    recipe.get("env").and_then(Value::as_object).into_iter().flat_map(Map::keys).map(String::as_str)
}

/// A variable as the process gets it: PM2 spreads `env` over the settings and hands on both, and
/// after `pm2 restart FILE` what is left of `env` is not all of it.
fn variable(recipe: &Map<String, Value>, name: &str) -> Option<String> {
    let own = recipe.get("env").and_then(|env| env.get(name));
    match own.or_else(|| recipe.get(name))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(on) => Some(on.to_string()),
        // Not handed on to the process. PM2 leaves such things there itself.
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recipe(settings: Value) -> Recipe {
        Recipe(settings.as_object().unwrap().clone())
    }

    fn recorded(settings: Value) -> Process {
        serde_json::from_value(json!({
            "manager": "pm2", "name": "api", "namespace": "default", "instance": 1, "id": 4,
            "status": "online", "pid": 7, "pid_start": null, "restarts": 9, "started": null,
            "memory": 0, "cpu": 0.0, "script": null, "cwd": null, "exec_mode": null,
            "watch": false, "autorestart": true, "cron": false, "module": false, "recipe": settings,
        }))
        .unwrap()
    }

    #[test]
    fn an_entry_keeps_the_app_and_leaves_its_former_life_behind() {
        let entry = entry(&recorded(json!({
            "name": "api", "env": {"KEY": "k"}, "pm_exec_path": "/a.js", "pm_pid_path": "/a.pid",
            "NODE_APP_INSTANCE": 1, "instances": 2, "pm_id": 4, "created_at": 1, "restart_time": 9,
        })));
        assert_eq!(
            entry.unwrap(),
            json!({
                "name": "api", "env": {"KEY": "k"}, "pm_exec_path": "/a.js", "pm_pid_path": "/a.pid",
                "NODE_APP_INSTANCE": 1, "status": "online",
            })
        );
    }

    #[test]
    fn what_would_break_the_daemon_is_not_sent() {
        let broken = recorded(json!({"name": "api", "pm_exec_path": "/a.js", "pm_pid_path": "/a"}));
        assert!(matches!(entry(&broken), Err(ActionError::BadRecipe { .. })));
    }

    #[test]
    fn a_restart_from_a_file_does_not_look_like_another_environment() {
        let before = json!({"name": "api", "env": {"A": "1", "B": "2"}, "A": "1", "B": "2"});
        // PM2 keeps the whole environment beside `env`, and of `env` only what the file has.
        let after = json!({"name": "api", "env": {"A": "1", "api": {}}, "A": "1", "B": "2"});
        assert_eq!(differences(&recipe(before), &recipe(after)), BTreeSet::new());
    }

    #[test]
    fn other_settings_and_other_variables_are_named_without_their_values() {
        let before = json!({"pm_exec_path": "/a.js", "args": [], "env": {"A": "1", "SHLVL": "1"}});
        let after = json!({"pm_exec_path": "/b.js", "env": {"A": "2", "TOKEN": "t", "SHLVL": "2"}});
        let told: Vec<_> = differences(&recipe(before), &recipe(after)).into_iter().collect();
        assert_eq!(
            told,
            [
                Difference::Setting("script"),
                Difference::Variable("A".into()),
                Difference::Variable("TOKEN".into())
            ]
        );
    }
}
