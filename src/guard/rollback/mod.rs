//! Bringing back what a snapshot has and the host lacks. In come the snapshot, the host as it is
//! now and the inventory; out goes first a [`Plan`], which changes nothing and can be shown, then
//! an [`Outcome`] with the result of every item of it.
//!
//! One process after the other, the most important first; those of one priority are then watched
//! together, and must stand before the next priority is begun. There is no step that acts on all.
//! What the snapshot does not name is left alone. Code is taken back by the team's own command.

mod code;
mod end;
mod execute;
mod plan;
mod verify;

pub use code::{Hook, run as run_hook};
pub use execute::{Event, ItemResult, Outcome, Pace, execute};
pub use plan::{Action, Item, Plan, plan};

use crate::config::Config;
use crate::host::Snapshot;
use crate::host::settle::{Patience, settle};

/// Looks at the host, once it is at rest, and plans the way back to `before`.
pub fn survey<'c>(before: &Snapshot, config: &'c Config, patience: Patience) -> Plan<'c> {
    let managers = before.managers();
    let now = settle(before, &managers, config, patience);
    let orphans = managers.iter().flat_map(|manager| manager.orphans(before, &now)).collect();
    plan(before, &now, orphans, config)
}
