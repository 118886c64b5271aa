//! A host with every kind of app that PM2 can run, and a look at it that tells all that matters.

use super::support::{INVENTORY, Pm2};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use tagout::host::{Condition, Process};

/// A host that runs on this release of PM2.
pub fn host(release: u32) -> Pm2 {
    let pm2 = Pm2::release(release);
    pm2.write("tagout.yml", INVENTORY);
    let work = pm2.write("work.sh", "while sleep 1; do :; done");
    pm2.write("measure.py", "import time\nwhile True: time.sleep(1)");
    pm2.write("fail.js", "process.exit(1)");
    pm2.write("fall.js", "setTimeout(() => process.exit(1), 1300)");
    pm2.write("once.js", "process.exit(0)");
    pm2.write(
        "ready.js",
        "setTimeout(() => process.send('ready'), 100); setInterval(() => {}, 1e6)",
    );
    fs::create_dir(pm2.folder().join("source")).unwrap();
    let log = pm2.folder().join("own.log");
    pm2.start(&[
        json!({"name": "shop-api", "script": "stay.js", "instances": 2, "exec_mode": "cluster",
               "env": {"SHOP_KEY": "s3cret-shop", "PORT": 1234}, "max_memory_restart": "200M"}),
        json!({"name": "shop-worker", "script": "stay.js", "kill_timeout": 900, "restart_delay": 50,
               "env": {"A": "1"}, "env_production": {"A": "s3cret-2"}}),
        json!({"name": "shop-worker-test", "script": "stay.js"}),
        json!({"name": "stock-alert-api", "script": "stay.js", "args": "--every 'two words' -x",
               "node_args": "--max-old-space-size=64", "env": {"STOCK_KEY": "s3cret\nstock 'ü' \"$HOME\""}}),
        json!({"name": "billing", "script": "stay.js", "namespace": "payments", "max_restarts": 7}),
        json!({"name": "py-metrics", "script": "measure.py", "interpreter": "python3",
               "interpreter_args": "-u", "args": ["a b", "--c=d"]}),
        json!({"name": "sh-loop", "script": work, "interpreter": "bash", "cwd": "/"}),
        json!({"name": "nightly", "script": "stay.js", "cron_restart": "0 4 * * *"}),
        json!({"name": "watched", "script": "stay.js", "watch": ["source"],
               "ignore_watch": ["source/tmp"]}),
        json!({"name": "slow", "script": "ready.js", "wait_ready": true, "listen_timeout": 4000}),
        json!({"name": "logging", "script": "stay.js", "out_file": log, "error_file": log,
               "merge_logs": true, "log_date_format": "YYYY", "exp_backoff_restart_delay": 100}),
        json!({"name": "legacy", "script": "stay.js"}),
        json!({"name": "crashy", "script": "fail.js", "max_restarts": 2, "min_uptime": 15000}),
        json!({"name": "falling", "script": "fall.js"}),
        json!({"name": "oneshot", "script": "once.js", "autorestart": false}),
    ]);
    pm2.pm2(&["stop", "legacy"]);
    pm2
}

/// What must be the same before and after.
#[derive(Debug, PartialEq)]
pub struct Look {
    condition: &'static str,
    settings: Map<String, Value>,
    /// As the kernel has it, where it runs.
    environment: Option<BTreeMap<String, String>>,
}

/// What belongs to one life of a process.
const OF_ONE_LIFE: &[&str] = &[
    "pm_id",
    "status",
    "restart_time",
    "unstable_restarts",
    "created_at",
    "pm_uptime",
    "exit_code",
    "pm_pid_path",
    "unique_id",
    "instances",
    "prev_restart_delay",
    "_tree_pids",
    "node_version",
    "version",
    "NODE_UNIQUE_ID",
    "pm2_env",
    "_",
    "PWD",
    "OLDPWD",
    "SHLVL",
    // Without `merge_logs` they carry the number in the list, which is a new one.
    "pm_out_log_path",
    "pm_err_log_path",
    // PM2 sets these itself when it restarts or stops something.
    "merge_logs",
    "filter_env",
    "versioning",
    "vizion_running",
];

/// All processes by their names, namespaces and numbers among their like.
pub fn look(pm2: &Pm2) -> BTreeMap<String, Look> {
    pm2.processes().into_iter().map(|process| (process.key.to_string(), one(process))).collect()
}

fn one(process: Process) -> Look {
    let condition = match process.condition() {
        // It is up and down all the time.
        _ if process.key.name == "falling" => "in a crash loop",
        Condition::Up | Condition::Changing => "up",
        Condition::Stopped | Condition::Failed => "down",
    };
    let environment = process.pid.filter(|_| condition == "up").map(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/environ")).unwrap();
        let variables = text.split('\0').filter_map(|entry| entry.split_once('='));
        variables
            .filter(|(name, value)| !OF_ONE_LIFE.contains(name) && *value != "false")
            // Of PM2's own command line, which may have started the daemon.
            .filter(|(name, _)| !name.starts_with("PM2_") || *name == "PM2_HOME")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    });
    let mut settings = process.recipe.0;
    // The whole of it is in the settings and, where it runs, with the kernel.
    settings.remove("env");
    settings.retain(|name, value| {
        let is_off = matches!(value, Value::Null | Value::Bool(false));
        !is_off && !OF_ONE_LIFE.contains(&name.as_str()) && !name.starts_with("axm_")
    });
    Look { condition, settings, environment }
}

/// How two looks differ, in lines.
pub fn differences(before: &BTreeMap<String, Look>, after: &BTreeMap<String, Look>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, then) in before {
        let Some(now) = after.get(name) else {
            found.push(format!("{name} is missing"));
            continue;
        };
        if then.condition != now.condition {
            found.push(format!("{name} was {} and is {}", then.condition, now.condition));
        }
        let keys = then.settings.keys().chain(now.settings.keys());
        for key in keys.collect::<std::collections::BTreeSet<_>>() {
            let (then, now) = (then.settings.get(key), now.settings.get(key));
            if then != now {
                found.push(format!("{name}: {key} was {then:?} and is {now:?}"));
            }
        }
        if let (Some(then), Some(now)) = (&then.environment, &now.environment) {
            let keys = then.keys().chain(now.keys());
            for key in keys.collect::<std::collections::BTreeSet<_>>() {
                let (then, now) = (then.get(key), now.get(key));
                if then != now {
                    found.push(format!("{name}: its variable {key} was {then:?} and is {now:?}"));
                }
            }
        }
    }
    found.extend(
        after
            .keys()
            .filter(|name| !before.contains_key(*name))
            .map(|name| format!("{name} is new")),
    );
    found
}
