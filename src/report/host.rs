//! Snapshots, differences and rollbacks. Never a value of an environment, never arguments.

use super::columns::columns;
use crate::config::{Config, Owner};
use crate::guard::rollback::{Action, Event, ItemResult, Outcome, Plan};
use crate::host::diff::{Change, Diff, Glance, What};
use crate::host::pm2::SavedList;
use crate::host::{Condition, Difference, ManagerKind, Process, Section, Snapshot};
use crate::store::Entry;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// What was just recorded.
pub fn taken(snapshot: &Snapshot, path: &Path) -> String {
    let mut text = format!("snapshot {}\n", snapshot.id);
    for section in &snapshot.sections {
        let _ = writeln!(text, "  {}", summary(section));
    }
    let _ = writeln!(text, "  kept in {}", path.display());
    text
}

/// What could not be recorded, and why.
pub fn not_taken(snapshot: &Snapshot) -> String {
    let mut text = "no snapshot was taken: what runs on this host cannot be seen\n".to_owned();
    for section in snapshot.gaps() {
        let _ = writeln!(text, "  {}", section.state.describe(section.manager));
        if let Some(advice) = section.state.advice(section.manager) {
            let _ = writeln!(text, "  {advice}");
        }
    }
    text
}

fn summary(section: &Section) -> String {
    let mut text = section.state.describe(section.manager);
    if section.manager == ManagerKind::Ports {
        let _ = write!(text, ": {}", section.processes.len());
    } else if section.state.is_running() {
        let up = section.processes.iter().filter(|one| one.condition() == Condition::Up).count();
        let _ = write!(
            text,
            ": {}, {up} of them up",
            count(section.processes.len(), section.manager.noun())
        );
    } else if let Some(advice) = section.state.advice(section.manager) {
        let _ = write!(text, "; {advice}");
    }
    text
}

/// The snapshots that are kept.
pub fn list(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "no snapshots are kept yet; `tagout snapshot take` takes one\n".to_owned();
    }
    let rows: Vec<[String; 2]> = entries
        .iter()
        .map(|entry| [entry.id.clone(), format!("{} kB", entry.bytes.div_ceil(1000))])
        .collect();
    columns(&rows)
}

/// Everything in a snapshot but its secrets.
pub fn shown(snapshot: &Snapshot, config: &Config) -> String {
    let mut text = format!(
        "snapshot {}\n  host {}, {}\n",
        snapshot.id,
        snapshot.host,
        snapshot.taken.strftime("%Y-%m-%d %H:%M:%S UTC")
    );
    for commit in &snapshot.commits {
        let _ = writeln!(text, "  {} is at {}", commit.path.display(), commit.commit);
    }
    for section in &snapshot.sections {
        let _ = writeln!(text, "  {}", summary(section));
        if let Some(facts) = section.pm2.as_ref().filter(|_| section.state.is_running()) {
            let _ = writeln!(text, "  {}", after_reboot(facts.saved));
        }
    }
    let row = |process: &Process| {
        let pid = process.pid.map_or("-".into(), |pid| pid.to_string());
        let kind = if process.module { "PM2 module" } else { "" };
        [
            process.key.to_string(),
            whose(process.key.owner(config)),
            process.status.to_string(),
            format!("pid {pid}"),
            count(process.restarts as usize, "restart"),
            kind.to_owned(),
        ]
    };
    // Ports are looked up in the JSON; here they would be most of the lines.
    let mut processes: Vec<&Process> =
        snapshot.processes().filter(|one| one.key.manager.restores()).collect();
    processes.sort_by(|a, b| a.key.cmp(&b.key));
    let rows: Vec<_> = processes.into_iter().map(row).collect();
    if !rows.is_empty() {
        let _ = write!(text, "\n{}", columns(&rows));
    }
    text
}

fn after_reboot(saved: SavedList) -> &'static str {
    match saved {
        SavedList::None => "PM2 has no saved list: a reboot brings nothing back (`pm2 save`)",
        SavedList::Unreadable => "PM2's saved list is damaged: a reboot brings nothing back",
        SavedList::Stale => "PM2's saved list is not what runs: a reboot brings back that list",
        SavedList::Current => "PM2's saved list names what runs",
    }
}

/// What has changed since a snapshot.
pub fn diff(before: &Snapshot, diff: &Diff<'_>) -> String {
    let mut text = String::new();
    for (manager, state) in &diff.blind {
        let _ = writeln!(text, "{}", state.describe(*manager));
        let _ = writeln!(text, "  so nothing is known of the processes that it ran");
    }
    if diff.changes.is_empty() && diff.blind.is_empty() {
        return format!("nothing has changed since {}\n", before.id);
    }
    let harmed = diff.harmed().count();
    let _ = match harmed {
        0 => writeln!(text, "since {}: no harm done", before.id),
        _ => writeln!(text, "since {}: {} harmed", before.id, count(harmed, "process")),
    };
    let _ = write!(text, "\n{}", columns(&diff.changes.iter().map(change_row).collect::<Vec<_>>()));
    text
}

fn change_row(change: &Change<'_>) -> [String; 5] {
    let mark = if change.harm { "HARM" } else { "" };
    [
        mark.to_owned(),
        change.key.to_string(),
        whose(change.owner),
        change.what.word().to_owned(),
        detail(change),
    ]
}

fn detail(change: &Change<'_>) -> String {
    let glance = |glance: &Option<Glance>| match glance {
        Some(glance) => glance.status.to_string(),
        None => "not there".to_owned(),
    };
    match &change.what {
        What::Reconfigured(differences) => told(differences),
        What::Restarted { times: 0 } => "has another pid".to_owned(),
        What::Restarted { times } => count_times(*times),
        What::CrashLooping => match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!(
                "{} since",
                count(after.restarts.saturating_sub(before.restarts) as usize, "restart")
            ),
            _ => String::new(),
        },
        What::Replaced => String::new(),
        _ => format!("was {}, is {}", glance(&change.before), glance(&change.after)),
    }
}

fn told(differences: &BTreeSet<Difference>) -> String {
    let mut parts: Vec<String> = differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Setting(name) => Some((*name).to_owned()),
            Difference::Variable(_) => None,
        })
        .collect();
    match differences.len() - parts.len() {
        0 => {}
        variables => parts.push(count(variables, "variable")),
    }
    format!("other {}", parts.join(", "))
}

/// The same for programs.
pub fn diff_json(before: &Snapshot, diff: &Diff<'_>) -> String {
    let glance = |glance: &Option<Glance>| match glance {
        Some(Glance { status, pid, restarts }) => {
            json!({"status": status.as_str(), "pid": pid, "restarts": restarts})
        }
        None => Value::Null,
    };
    let owner = |owner: Owner<'_>| match owner {
        Owner::Ours { app, environment } => {
            json!({"kind": "ours", "app": app, "environment": environment})
        }
        Owner::Neighbour => json!({"kind": "neighbour"}),
        Owner::Unknown => json!({"kind": "unknown"}),
    };
    let change = |change: &Change<'_>| {
        let (settings, variables) = match &change.what {
            What::Reconfigured(differences) => names(differences),
            _ => (Vec::new(), Vec::new()),
        };
        json!({
            "process": &change.key,
            "owner": owner(change.owner),
            "change": change.what.word(),
            "harm": change.harm,
            "before": glance(&change.before),
            "after": glance(&change.after),
            "settings": settings,
            "variables": variables,
        })
    };
    let unreadable = diff.blind.iter().map(|(manager, state)| {
        json!({"manager": manager, "state": state, "message": state.describe(*manager)})
    });
    let report = json!({
        "version": 1,
        "snapshot": &before.id,
        "harm": diff.has_harm(),
        "changes": diff.changes.iter().map(change).collect::<Vec<_>>(),
        "unreadable": unreadable.collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn names(differences: &BTreeSet<Difference>) -> (Vec<&str>, Vec<&str>) {
    let mut both = (Vec::new(), Vec::new());
    for difference in differences {
        match difference {
            Difference::Setting(name) => both.0.push(*name),
            Difference::Variable(name) => both.1.push(name.as_str()),
        }
    }
    both
}

/// What a rollback would do.
pub fn plan(plan: &Plan<'_>) -> String {
    if plan.is_empty() {
        return format!("this host has all that {} has: nothing to do\n", plan.snapshot);
    }
    let mut text = format!("back to {}:\n", plan.snapshot);
    for reason in &plan.blocked {
        let _ = writeln!(text, "  this cannot be done: {reason}");
    }
    for orphan in &plan.orphans {
        let left = "was left behind by a PM2 that was killed, and is ended first";
        let _ = writeln!(text, "  {} (pid {}) {left}", orphan.key, orphan.pid);
    }
    for manager in &plan.wake {
        let _ = writeln!(text, "  {manager} is started, with the environment that it had");
    }
    let rows: Vec<[String; 4]> = plan
        .items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            [
                format!("{}.", at + 1),
                item.key.to_string(),
                whose(item.owner),
                intent(item.action).to_owned(),
            ]
        })
        .collect();
    text.push_str(&columns(&rows));
    for port in &plan.silent {
        let _ = writeln!(text, "  {port} is not served: that comes back with who listens on it");
    }
    if !plan.strangers.is_empty() {
        let names: Vec<String> = plan.strangers.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  left alone, not in the snapshot: {}", names.join(", "));
    }
    text
}

fn intent(action: Action) -> &'static str {
    match action {
        Action::PutBack => "start again as recorded",
        Action::PutBackDown => "put back into the list, not started",
        Action::Restart => "start",
        Action::Replace => "replace by what is recorded",
        Action::Stop => "stop, as it was",
    }
}

/// A line for what a rollback does just now.
pub fn event(event: &Event<'_>) -> String {
    match event {
        Event::EndingOrphan(orphan) => {
            format!("ending {} (pid {}), which was left behind", orphan.key, orphan.pid)
        }
        Event::OrphanLeft(orphan, reason) => format!("FAILED  {}: {reason}", orphan.key),
        Event::Waking(manager) => format!("starting {manager}"),
        Event::NotAwake(manager, reason) => format!("FAILED  {manager}: {reason}"),
        Event::Done(done) => result(done),
        Event::Comparing => "comparing the host with the snapshot".to_owned(),
        Event::Saved(manager) => {
            format!("saved {manager}'s list, so that a reboot brings it back")
        }
        Event::NotSaved(_, why) => format!("FAILED  {why}"),
    }
}

fn result(done: &ItemResult) -> String {
    let what = match done.action {
        Action::PutBack | Action::Restart => "runs again",
        Action::PutBackDown => "is back in the list, not started",
        Action::Replace => "is as recorded again",
        Action::Stop => "is stopped again",
    };
    match &done.result {
        Ok(()) => format!("ok      {} {what}", done.key),
        Err(reason) => format!("FAILED  {}: {reason}", done.key),
    }
}

/// What became of a rollback.
pub fn outcome(before: &Snapshot, outcome: &Outcome<'_>) -> String {
    if outcome.is_complete() {
        let done = outcome.items.len();
        return format!("done: {} restored, and verified\n", count(done, "process"));
    }
    let failed = outcome.items.iter().filter(|item| item.result.is_err()).count();
    let mut text = format!(
        "INCOMPLETE, a person is needed: {failed} of {} failed\n",
        count(outcome.items.len(), "process")
    );
    for trouble in &outcome.troubles {
        let _ = writeln!(text, "  {trouble}");
    }
    if outcome.left.has_harm() {
        text.push_str(&diff(before, &outcome.left));
    }
    text
}

fn whose(owner: Owner<'_>) -> String {
    match owner {
        Owner::Ours { app, environment } => format!("{app} {environment}"),
        Owner::Neighbour => "neighbour".to_owned(),
        Owner::Unknown => "in no inventory".to_owned(),
    }
}

fn count(number: usize, what: &str) -> String {
    match (number, what.ends_with('s')) {
        (1, _) => format!("1 {what}"),
        (_, true) => format!("{number} {what}es"),
        (_, false) => format!("{number} {what}s"),
    }
}

fn count_times(times: u64) -> String {
    match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{times} times"),
    }
}
