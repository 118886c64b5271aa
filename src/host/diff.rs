//! What has changed between two snapshots, and what of it is harm. Processes get new pids and
//! counters by every deploy, and nobody is hurt; one that is gone, down or crashing is harm, and
//! so is a neighbour that runs with other settings than its owner gave it.

use super::pair::{Pair, pairs};
use super::{
    Condition, Difference, Key, ManagerKind, ManagerState, Process, Snapshot, Status, differences,
};
use crate::config::{Config, Owner};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// All that has changed.
#[derive(Debug)]
pub struct Diff<'c> {
    /// Those that do harm first, then in the order of restoration.
    pub changes: Vec<Change<'c>>,
    /// Managers that were readable before and are not now: of their processes nothing is known,
    /// which is harm too.
    pub blind: Vec<(ManagerKind, ManagerState)>,
}

/// What has changed of one process.
#[derive(Clone, Debug)]
pub struct Change<'c> {
    pub key: Key,
    pub owner: Owner<'c>,
    pub what: What,
    pub harm: bool,
    pub before: Option<Glance>,
    pub after: Option<Glance>,
}

/// What is worth telling of a process at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    pub status: Status,
    pub pid: Option<u32>,
    pub restarts: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is not in the manager's list any more.
    Missing,
    /// It ran, and is stopped.
    Stopped,
    /// It ran, and has failed: errored, given up on, or without a process behind it.
    Errored,
    /// It runs, ends and is started again, over and over.
    CrashLooping,
    /// It is still on its way up or down after a time in which it should have arrived.
    Unsettled,
    /// It ran to its end, and is not meant to be started again by itself.
    Ended,
    /// It was stopped, and has been started.
    Started,
    /// It had failed, and runs.
    Recovered,
    /// It runs with other settings or another environment.
    Reconfigured(BTreeSet<Difference>),
    /// It was taken from the list and put there again, as it was.
    Replaced,
    /// It was restarted, this many times by the manager's count.
    Restarted { times: u64 },
    /// It was not there before.
    New,
}

impl What {
    /// One word, for tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stopped => "stopped",
            Self::Errored => "errored",
            Self::CrashLooping => "crash-looping",
            Self::Unsettled => "unsettled",
            Self::Ended => "ended",
            Self::Started => "started",
            Self::Recovered => "recovered",
            Self::Reconfigured(_) => "reconfigured",
            Self::Replaced => "replaced",
            Self::Restarted { .. } => "restarted",
            Self::New => "new",
        }
    }
}

/// So many restarts since the snapshot, with the last one just now, are more than a deploy does.
const MANY: u64 = 3;

impl Diff<'_> {
    /// Whether anything that ran before is worse off now.
    pub fn has_harm(&self) -> bool {
        !self.blind.is_empty() || self.harmed().next().is_some()
    }

    pub fn harmed(&self) -> impl Iterator<Item = &Change<'_>> {
        self.changes.iter().filter(|change| change.harm)
    }

    /// Whether harm was done to others than the inventory's own.
    pub fn harms_others(&self) -> bool {
        !self.blind.is_empty() || self.harmed().any(|c| !matches!(c.owner, Owner::Ours { .. }))
    }
}

/// Compares two snapshots; `after` is best taken by [`settle`](super::settle::settle).
pub fn compare<'c>(before: &Snapshot, after: &Snapshot, config: &'c Config) -> Diff<'c> {
    let mut changes: Vec<Change<'c>> = pairs(before.processes(), after.processes())
        .into_iter()
        .filter(|pair| !is_blind(after, pair))
        .filter_map(|pair| change(pair, before.taken, after.taken, config))
        .collect();
    changes.sort_by_key(|change| (!change.harm, change.key.restore_order(config)));
    let readable = |kind| {
        let mut sections = before.sections.iter();
        sections.any(|section| section.manager == kind && section.state.is_known())
    };
    let blind = after
        .blind_spots()
        .filter(|section| readable(section.manager))
        .map(|section| (section.manager, section.state.clone()))
        .collect();
    Diff { changes, blind }
}

fn is_blind(after: &Snapshot, pair: &Pair<'_>) -> bool {
    let manager = pair.before.or(pair.after).map(|process| process.key.manager);
    after.blind_spots().any(|section| Some(section.manager) == manager)
}

fn change<'c>(
    pair: Pair<'_>,
    then: Timestamp,
    now: Timestamp,
    config: &'c Config,
) -> Option<Change<'c>> {
    let key = &pair.before.or(pair.after)?.key;
    let owner = key.owner(config);
    if key.manager == ManagerKind::Ports && owner == Owner::Unknown {
        return port(pair);
    }
    let (what, harm) = match (pair.before, pair.after) {
        // A unit is in the list when systemd has read its file, for whatever reason.
        (None, Some(after)) if after.is_idle_unit() => return None,
        (None, _) => (What::New, false),
        (Some(before), None) if before.is_idle_unit() => return None,
        (Some(before), None) if before.may_vanish(config) => (What::Ended, false),
        (Some(_), None) => (What::Missing, true),
        (Some(before), Some(after)) => {
            let what = what(before, after, now)?;
            let harm = is_harm(&what, before.is_unsteady(then), owner);
            (what, harm)
        }
    };
    let (before, after) = (pair.before.map(glance), pair.after.map(glance));
    Some(Change { key: key.clone(), owner, what, harm, before, after })
}

/// What is worth telling of a port that nobody has declared: never harm, and nothing of those that
/// come and go.
fn port<'c>(pair: Pair<'_>) -> Option<Change<'c>> {
    let before = pair.before.filter(|port| !port.cron)?;
    let what = match pair.after {
        None => What::Missing,
        Some(after) => {
            What::Reconfigured(Some(differences(before, after)).filter(|d| !d.is_empty())?)
        }
    };
    Some(Change {
        key: before.key.clone(),
        owner: Owner::Unknown,
        what,
        harm: false,
        before: Some(glance(before)),
        after: pair.after.map(glance),
    })
}

/// The weightiest change of a process that is there before and after.
fn what(before: &Process, after: &Process, now: Timestamp) -> Option<What> {
    let times = after.restarts.saturating_sub(before.restarts);
    let looping = after.looping || times >= MANY && after.is_unsteady(now);
    let ran = before.ran();
    // Started and ended by the clock, so both are right at any time.
    let by_clock = before.cron && after.cron;
    match (ran, after.condition()) {
        (true, Condition::Up | Condition::Changing) if looping => {
            return Some(What::CrashLooping);
        }
        (true, Condition::Changing) => return Some(What::Unsettled),
        (true, Condition::Failed) => return Some(What::Errored),
        (true, Condition::Stopped) if before.may_rest(after) => return Some(What::Ended),
        (true, Condition::Stopped) => return Some(What::Stopped),
        (false, Condition::Up | Condition::Changing) if !by_clock => {
            return Some(match before.condition() {
                Condition::Stopped => What::Started,
                _ => What::Recovered,
            });
        }
        (false, Condition::Failed) if before.condition() == Condition::Stopped && !by_clock => {
            return Some(What::Started);
        }
        _ => {}
    }
    let differences = differences(before, after);
    if !differences.is_empty() {
        return Some(What::Reconfigured(differences));
    }
    // Only PM2 counts on over the restarts that somebody asked for.
    let counts_anew = before.key.manager == ManagerKind::Pm2 && after.restarts < before.restarts;
    if before.id != after.id || counts_anew {
        return Some(What::Replaced);
    }
    if before.key.manager == ManagerKind::Ports {
        return None;
    }
    (times > 0 || before.pid != after.pid).then_some(What::Restarted { times })
}

fn is_harm(what: &What, was_unsteady: bool, owner: Owner<'_>) -> bool {
    let ours = matches!(owner, Owner::Ours { .. });
    match what {
        What::Missing | What::Stopped => true,
        // What was in a crash loop before is not the deploy's doing.
        What::Errored | What::CrashLooping | What::Unsettled => !was_unsteady,
        // Whoever deploys may start and change their own.
        What::Started => !ours,
        What::Reconfigured(differences) => {
            !ours && differences.iter().any(|one| matches!(one, Difference::Setting(_)))
        }
        What::Ended | What::Recovered | What::Replaced => false,
        What::Restarted { .. } | What::New => false,
    }
}

fn glance(process: &Process) -> Glance {
    Glance { status: process.status.clone(), pid: process.pid, restarts: process.restarts }
}

impl Process {
    /// Whether it was in a crash loop: it had just come back, and too often for somebody's restart.
    pub fn was_looping(&self, then: Timestamp) -> bool {
        self.looping || self.restarts >= MANY && self.is_unsteady(then)
    }

    /// Whether it may be in a crash loop, as far as one look tells: it has just come back, and not
    /// for the first time.
    pub fn is_unsteady(&self, now: Timestamp) -> bool {
        let just_started = |started| now.duration_since(started) < SignedDuration::from_secs(10);
        self.looping
            || self.condition() == Condition::Changing
            || self.restarts > 0 && self.started.is_some_and(just_started)
    }
}
