use crate::config::{Config, Owner};
use crate::host::{
    Condition, Key, ManagerKind, Orphan, Pair, Process, Snapshot, Status, differences, pairs,
};

/// What a rollback would do, in this order.
#[derive(Debug)]
pub struct Plan<'c> {
    /// The id of the snapshot that it leads back to.
    pub snapshot: String,
    /// Why nothing can be done, in sentences for people.
    pub blocked: Vec<String>,
    /// Left behind by a manager that was killed, and holding what their successors need.
    pub orphans: Vec<Orphan>,
    /// Managers to start first.
    pub wake: Vec<ManagerKind>,
    pub items: Vec<Item<'c>>,
    /// Ports of the inventory that nobody listens on any more. Only who did can open them again.
    pub silent: Vec<Key>,
    /// Not in the snapshot, and left alone.
    pub strangers: Vec<Key>,
}

/// What is to be done about one process.
#[derive(Clone, Debug)]
pub struct Item<'c> {
    pub key: Key,
    /// Its number in the list when the snapshot was taken.
    pub recorded_id: u64,
    pub owner: Owner<'c>,
    /// Those of one priority are started together, units of the host before all others.
    pub priority: (bool, u32),
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is missing and ran: start it again exactly as recorded.
    PutBack,
    /// It is missing and was down: put it into the list again, and do not start it.
    PutBackDown,
    /// It is there and down, with the settings that it had: start it.
    Restart,
    /// It is there with other settings: take it out, and put back what was recorded.
    Replace,
    /// It was stopped on purpose and has been started: stop it.
    Stop,
}

impl Plan<'_> {
    /// Whether the host already has all that the snapshot has.
    pub fn is_empty(&self) -> bool {
        self.blocked.is_empty()
            && self.items.is_empty()
            && self.orphans.is_empty()
            && self.silent.is_empty()
            && self.wake.is_empty()
    }
}

/// Plans the way from `now` back to `before`. `orphans` are those of all managers.
pub fn plan<'c>(
    before: &Snapshot,
    now: &Snapshot,
    orphans: Vec<Orphan>,
    config: &'c Config,
) -> Plan<'c> {
    let blocked = blocked(before, now);
    let mut items = Vec::new();
    let mut strangers = Vec::new();
    let (kept, ports): (Vec<_>, Vec<_>) = pairs(before.processes(), now.processes())
        .into_iter()
        .partition(|pair| pair.before.or(pair.after).is_some_and(|it| it.key.manager.restores()));
    let silent = ports
        .into_iter()
        .filter_map(|pair| pair.before.filter(|_| pair.after.is_none()))
        .filter(|port| port.key.owner(config) != Owner::Unknown)
        .map(|port| port.key.clone())
        .collect();
    for pair in kept {
        match pair {
            Pair { before: Some(one), after: None }
                if one.is_idle_unit() || one.may_vanish(config) => {}
            Pair { before: None, after: Some(one) } if one.is_idle_unit() => {}
            Pair { before: Some(recorded), after } => {
                if let Some(action) = action(recorded, after) {
                    items.push(Item {
                        key: recorded.key.clone(),
                        recorded_id: recorded.id,
                        owner: recorded.key.owner(config),
                        priority: recorded.key.priority(config),
                        action,
                    });
                }
            }
            Pair { before: None, after } => strangers.extend(after.map(|one| one.key.clone())),
        }
    }
    items.sort_by_key(|item| item.key.restore_order(config));
    let wake = now
        .sections
        .iter()
        .filter(|section| section.state.is_gone() && needs(before, section.manager))
        .map(|section| section.manager)
        .collect();
    if !blocked.is_empty() {
        items.clear();
    }
    Plan { snapshot: before.id.clone(), blocked, orphans, wake, items, silent, strangers }
}

fn needs(before: &Snapshot, manager: ManagerKind) -> bool {
    before.processes().any(|process| process.key.manager == manager)
}

fn blocked(before: &Snapshot, now: &Snapshot) -> Vec<String> {
    let mut reasons: Vec<String> = now
        .blind_spots()
        .filter(|section| needs(before, section.manager))
        .map(|section| section.state.describe(section.manager))
        .collect();
    for section in now.sections.iter().filter(|section| section.state.is_gone()) {
        let recorded = before.sections.iter().find(|one| one.manager == section.manager);
        let daemon = recorded.and_then(|one| one.pm2.as_ref()?.daemon.as_ref());
        // With a second daemon beside it, each process would be kept twice.
        if let Some(daemon) = daemon.filter(|daemon| before.boot == now.boot && daemon.runs()) {
            reasons.push(format!(
                "the {} daemon (pid {}) still runs, but its socket is gone, so it cannot be told anything",
                section.manager,
                daemon.pid.unwrap_or_default()
            ));
        }
    }
    reasons
}

/// What brings one process back to what is recorded of it, if anything is to be done.
pub fn action(recorded: &Process, now: Option<&Process>) -> Option<Action> {
    let ran = recorded.ran();
    let Some(now) = now else {
        return Some(if ran { Action::PutBack } else { Action::PutBackDown });
    };
    // What ran to its end is right as it is. What is kept up is not, though it is restarted at night.
    let by_itself = recorded.may_rest(now);
    let changed = !differences(recorded, now).is_empty();
    let again = if changed { Action::Replace } else { Action::Restart };
    match (recorded.condition(), now.condition()) {
        (_, Condition::Stopped) if ran && by_itself && !changed => None,
        (_, Condition::Stopped | Condition::Failed) if ran => Some(again),
        (_, Condition::Up | Condition::Changing) if ran && now.looping => Some(again),
        (_, Condition::Changing) if ran && now.status == Status::WaitingRestart => Some(again),
        (_, Condition::Up | Condition::Changing) if ran => changed.then_some(Action::Replace),
        (Condition::Stopped, Condition::Stopped) => changed.then_some(Action::Replace),
        // With what the deploy gave it, it might start tomorrow.
        (Condition::Failed, Condition::Stopped | Condition::Failed) if changed => {
            Some(Action::Replace)
        }
        (Condition::Stopped, _) if recorded.cron && !changed => None,
        (Condition::Stopped, _) => Some(if changed { Action::Replace } else { Action::Stop }),
        // It had failed; if it runs now, all the better.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A process with this status and pid, and more settings of PM2's.
    fn process(status: &str, pid: Option<u32>, settings: Value) -> Process {
        let set = |key: &str| settings.get(key).is_some_and(|value| value != false);
        serde_json::from_value(json!({
            "manager": "pm2", "name": "app", "namespace": "default", "instance": 0, "id": 0,
            "status": status, "pid": pid, "pid_start": null, "restarts": 0, "started": null,
            "memory": 0, "cpu": 0.0, "script": null, "cwd": null, "exec_mode": null,
            "watch": set("watch"), "autorestart": settings.get("autorestart") != Some(&json!(false)),
            "cron": set("cron_restart"), "module": false, "recipe": settings,
        }))
        .unwrap()
    }

    #[test]
    fn each_process_gets_what_brings_it_back_and_no_more() {
        let plain = || json!({"pm_exec_path": "/a.js"});
        let up = |settings| process("online", Some(7), settings);
        let down = |status, settings| process(status, None, settings);
        let looping = || Process { looping: true, ..up(plain()) };
        let other = || json!({"pm_exec_path": "/b.js"});
        let cron = || json!({"cron_restart": "0 * * * *", "autorestart": false});
        let nightly = || json!({"cron_restart": "0 4 * * *"});
        let once = || json!({"autorestart": false});
        let watched = || json!({"pm_exec_path": "/a.js", "watch": true});
        let cases = [
            ("deleted", up(plain()), None, Some(Action::PutBack)),
            ("deleted while stopped", down("stopped", plain()), None, Some(Action::PutBackDown)),
            ("deleted while errored", down("errored", plain()), None, Some(Action::PutBackDown)),
            ("untouched", up(plain()), Some(up(plain())), None),
            ("stopped", up(plain()), Some(down("stopped", plain())), Some(Action::Restart)),
            ("errored", up(plain()), Some(down("errored", plain())), Some(Action::Restart)),
            (
                "given up",
                up(plain()),
                Some(down("waiting restart", plain())),
                Some(Action::Restart),
            ),
            (
                "no process behind it",
                up(plain()),
                Some(down("online", plain())),
                Some(Action::Restart),
            ),
            ("in a crash loop", up(plain()), Some(looping()), Some(Action::Restart)),
            ("starting", up(plain()), Some(process("launching", Some(8), plain())), None),
            ("another script", up(plain()), Some(up(other())), Some(Action::Replace)),
            (
                "stopped and changed",
                up(plain()),
                Some(down("stopped", other())),
                Some(Action::Replace),
            ),
            // `pm2 stop` switches watching off, and `pm2 start` not on again.
            (
                "stopped, watched",
                up(watched()),
                Some(down("stopped", plain())),
                Some(Action::Replace),
            ),
            ("started", down("stopped", plain()), Some(up(plain())), Some(Action::Stop)),
            (
                "started and failed",
                down("stopped", plain()),
                Some(down("errored", plain())),
                Some(Action::Stop),
            ),
            (
                "changed while stopped",
                down("stopped", plain()),
                Some(down("stopped", other())),
                Some(Action::Replace),
            ),
            ("recovered", down("errored", plain()), Some(up(plain())), None),
            (
                "failed and changed",
                down("errored", plain()),
                Some(down("errored", other())),
                Some(Action::Replace),
            ),
            ("still failed", down("errored", plain()), Some(down("stopped", plain())), None),
            ("ran to its end", up(once()), Some(down("stopped", once())), None),
            ("between two times", up(cron()), Some(down("stopped", cron())), None),
            (
                "restarted at night",
                up(nightly()),
                Some(down("stopped", nightly())),
                Some(Action::Restart),
            ),
            ("at its time", down("stopped", cron()), Some(up(cron())), None),
        ];
        for (what, before, now, expected) in cases {
            assert_eq!(action(&before, now.as_ref()), expected, "{what}");
        }
    }
}
