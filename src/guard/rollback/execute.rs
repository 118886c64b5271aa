use super::end::end;
use super::plan::action;
use super::verify::{Goal, Seen, Watch};
use super::{Action, Item, Plan};
use crate::config::Config;
use crate::host::diff::{Diff, compare};
use crate::host::settle::{Patience, settle};
use crate::host::{Key, Manager, ManagerKind, Orphan, Process, Section, Snapshot, pairs};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(50);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A process that was started must run so long without a restart before the next priority is
    /// begun.
    pub hold: Duration,
    /// It must get there within this time.
    pub per_item: Duration,
    /// For all items together; those that are not begun by then are left undone.
    pub budget: Duration,
    /// For the comparison at the end.
    pub settle: Patience,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            hold: Duration::from_millis(500),
            per_item: Duration::from_secs(30),
            budget: Duration::from_secs(300),
            settle: Patience::default(),
        }
    }
}

/// What a rollback tells while it goes on.
#[derive(Debug)]
pub enum Event<'a> {
    EndingOrphan(&'a Orphan),
    OrphanLeft(&'a Orphan, &'a str),
    Waking(ManagerKind),
    NotAwake(ManagerKind, &'a str),
    Done(&'a ItemResult),
    Comparing,
    Saved(ManagerKind),
    NotSaved(ManagerKind, &'a str),
}

/// What became of one item.
#[derive(Clone, Debug)]
pub struct ItemResult {
    pub key: Key,
    pub action: Action,
    /// Until it was verified, or given up.
    pub took: Duration,
    /// Verified, or the reason why not.
    pub result: Result<(), String>,
}

/// What became of a rollback.
#[derive(Debug)]
pub struct Outcome<'c> {
    pub items: Vec<ItemResult>,
    /// What went wrong apart from the items.
    pub troubles: Vec<String>,
    /// The snapshot against the host at the end.
    pub left: Diff<'c>,
}

impl Outcome<'_> {
    /// Whether everything was restored, and verified to stand.
    pub fn is_complete(&self) -> bool {
        self.troubles.is_empty()
            && self.items.iter().all(|item| item.result.is_ok())
            && !self.left.has_harm()
    }
}

/// Carries out `plan`, which was made for the way back to `before`. An item that fails does not
/// keep the next from being tried.
pub fn execute<'c>(
    plan: &Plan<'_>,
    before: &Snapshot,
    config: &'c Config,
    pace: Pace,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Outcome<'c> {
    let managers = before.managers();
    let mut troubles = plan.blocked.clone();
    let mut items: Vec<ItemResult> = Vec::new();
    if troubles.is_empty() {
        end_orphans(plan, &mut troubles, on_event);
        wake(plan, before, &managers, &mut troubles, on_event);
        let deadline = Instant::now() + pace.budget;
        // The next priority is begun when all of this one stand, or are given up.
        for group in plan.items.chunk_by(|one, next| one.priority == next.priority) {
            items.extend(restore_group(group, before, &managers, pace, deadline, on_event));
        }
    }
    on_event(Event::Comparing);
    let after = settle(before, &managers, config, pace.settle);
    let left = compare(before, &after, config);
    for item in items.iter_mut().filter(|item| item.result.is_ok()) {
        if let Some(change) = left.harmed().find(|change| change.key == item.key) {
            item.result = Err(format!("it did not last: {}", change.what.word()));
        }
    }
    let mut outcome = Outcome { items, troubles, left };
    // What a reboot brings back is not to be less than what was there.
    if outcome.is_complete() {
        save(before, &managers, &mut outcome.troubles, on_event);
    }
    outcome
}

fn save(
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
    troubles: &mut Vec<String>,
    on_event: &mut dyn FnMut(Event<'_>),
) {
    for (section, manager) in before.sections.iter().zip(managers) {
        match manager.save(section) {
            Ok(false) => {}
            Ok(true) => on_event(Event::Saved(section.manager)),
            Err(error) => {
                let reason = error.to_string();
                on_event(Event::NotSaved(section.manager, &reason));
                troubles.push(reason);
            }
        }
    }
}

fn end_orphans(plan: &Plan<'_>, troubles: &mut Vec<String>, on_event: &mut dyn FnMut(Event<'_>)) {
    for orphan in &plan.orphans {
        on_event(Event::EndingOrphan(orphan));
        if let Err(reason) = end(orphan) {
            on_event(Event::OrphanLeft(orphan, &reason));
            troubles.push(format!("{} was left behind and still runs: {reason}", orphan.key));
        }
    }
}

fn wake(
    plan: &Plan<'_>,
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
    troubles: &mut Vec<String>,
    on_event: &mut dyn FnMut(Event<'_>),
) {
    for &kind in &plan.wake {
        on_event(Event::Waking(kind));
        let recorded = before.sections.iter().find(|section| section.manager == kind);
        let manager = managers.iter().find(|manager| manager.kind() == kind);
        let Some((manager, recorded)) = manager.zip(recorded) else { continue };
        if let Err(error) = manager.wake(recorded) {
            let reason = error.to_string();
            on_event(Event::NotAwake(kind, &reason));
            troubles.push(reason);
        }
    }
}

/// Starts one after the other, then watches them all together: the time that each must stand is
/// spent once.
fn restore_group(
    group: &[Item<'_>],
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
    pace: Pace,
    deadline: Instant,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Vec<ItemResult> {
    let mut results = Vec::new();
    let mut over = |item: &Item<'_>, begun: Instant, result: Result<(), String>| {
        let (key, action) = (item.key.clone(), item.action);
        let done = ItemResult { key, action, took: begun.elapsed(), result };
        on_event(Event::Done(&done));
        results.push(done);
    };
    let mut watched: Vec<(&Item<'_>, Instant, Watch)> = Vec::new();
    for item in group {
        let begun = Instant::now();
        let acted = if begun < deadline {
            act(item, before, managers)
        } else {
            Err(format!("not begun: {} s were over", pace.budget.as_secs()))
        };
        match acted {
            Ok(Some(goal)) => watched.push((item, begun, Watch::new(goal, pace))),
            // Somebody else, or PM2 itself, was quicker.
            Ok(None) => over(item, begun, Ok(())),
            Err(why) => over(item, begun, Err(why)),
        }
    }
    while !watched.is_empty() {
        let now: Vec<Section> = managers.iter().map(|manager| manager.read()).collect();
        let pairs = pairs(before.processes(), now.iter().flat_map(|section| &section.processes));
        watched.retain_mut(|(item, begun, watch)| {
            let unknown = now
                .iter()
                .find(|section| section.manager == item.key.manager && !section.state.is_known());
            let is_it = |one: &Process| one.id == item.recorded_id && one.key == item.key;
            let pair = pairs.iter().find(|pair| pair.before.is_some_and(is_it));
            let seen = match unknown {
                Some(section) => Err(section.state.describe(section.manager)),
                None => watch.look(pair.and_then(|pair| pair.after)),
            };
            match seen {
                Ok(Seen::NotYet) => return true,
                Ok(Seen::Stands) => over(item, *begun, Ok(())),
                Err(why) => over(item, *begun, Err(why)),
            }
            false
        });
        if !watched.is_empty() {
            sleep(STEP);
        }
    }
    results
}

/// Does what is right for one process by what is there now, which may be more than was there when
/// the plan was made. Out comes what should come of it, if anything was done.
fn act(
    item: &Item<'_>,
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
) -> Result<Option<Goal>, String> {
    let kind = item.key.manager;
    let recorded = before
        .processes()
        .find(|one| one.key == item.key && one.id == item.recorded_id)
        .ok_or("the snapshot does not have it")?;
    let manager = managers
        .iter()
        .find(|manager| manager.kind() == kind)
        .ok_or("its manager is not in the snapshot")?
        .as_ref();
    let now = manager.read();
    if !now.state.is_known() {
        return Err(now.state.describe(kind));
    }
    let pairs = pairs(before.processes(), &now.processes);
    let same = pairs.iter().find(|pair| pair.before.is_some_and(|one| same_one(one, recorded)));
    let now = same.and_then(|pair| pair.after);
    let Some(action) = action(recorded, now) else { return Ok(None) };
    let done = match (action, now) {
        (Action::Restart, Some(now)) => manager.restart(now),
        (Action::Stop, Some(now)) => manager.stop(now, recorded),
        (Action::Replace, Some(now)) => manager.replace(now, recorded),
        _ => manager.put_back(recorded),
    };
    done.map_err(|error| error.to_string())?;
    Ok(Some(Goal::of(action, recorded, recorded.is_unsteady(before.taken))))
}

fn same_one(one: &Process, other: &Process) -> bool {
    one.id == other.id && one.key == other.key
}
