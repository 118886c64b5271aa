use super::end::end;
use super::plan::action;
use super::verify::{Goal, verify};
use super::{Action, Item, Plan};
use crate::config::Config;
use crate::host::diff::{Diff, compare};
use crate::host::settle::{Patience, settle};
use crate::host::{Key, Manager, ManagerKind, Orphan, Process, Snapshot, pairs};
use std::time::{Duration, Instant};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A process that was started must run so long without a restart before the next is touched.
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
    Begun(&'a Item<'a>),
    Done(&'a ItemResult),
    Comparing,
}

/// What became of one item.
#[derive(Clone, Debug)]
pub struct ItemResult {
    pub key: Key,
    pub action: Action,
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
        for item in &plan.items {
            on_event(Event::Begun(item));
            let result = if Instant::now() < deadline {
                restore(item, before, &managers, pace)
            } else {
                Err(format!("not begun: {} s were over", pace.budget.as_secs()))
            };
            let done = ItemResult { key: item.key.clone(), action: item.action, result };
            on_event(Event::Done(&done));
            items.push(done);
        }
    }
    on_event(Event::Comparing);
    let after = settle(&managers, config, pace.settle);
    let left = compare(before, &after, config);
    for item in items.iter_mut().filter(|item| item.result.is_ok()) {
        if let Some(change) = left.harmed().find(|change| change.key == item.key) {
            item.result = Err(format!("it did not last: {}", change.what.word()));
        }
    }
    Outcome { items, troubles, left }
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

/// Does what is right for one process by what is there now, which may be more than was there when
/// the plan was made, and verifies it.
fn restore(
    item: &Item<'_>,
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
    pace: Pace,
) -> Result<(), String> {
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
    let look = || -> Result<Option<Process>, String> {
        let now = manager.read();
        if !now.state.is_known() {
            return Err(now.state.describe(kind));
        }
        let pairs = pairs(before.processes(), &now.processes);
        let same = pairs.iter().find(|pair| pair.before.is_some_and(|one| same_one(one, recorded)));
        Ok(same.and_then(|pair| pair.after).cloned())
    };
    let now = look()?;
    // Somebody else, or PM2 itself, may have been quicker.
    let Some(action) = action(recorded, now.as_ref()) else { return Ok(()) };
    let done = match (action, &now) {
        (Action::Restart, Some(now)) => manager.restart(now),
        (Action::Stop, Some(now)) => manager.stop(now),
        (Action::Replace, Some(now)) => manager.replace(now, recorded),
        _ => manager.put_back(recorded),
    };
    done.map_err(|error| error.to_string())?;
    let goal = Goal::of(action, recorded, recorded.is_unsteady(before.taken));
    verify(goal, pace, look)
}

fn same_one(one: &Process, other: &Process) -> bool {
    one.id == other.id && one.key == other.key
}
