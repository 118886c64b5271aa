//! What must stand before anything on the host is changed: the way back, and somebody who knows it.

use super::checks;
use super::deploy::{Deploy, DeployError};
use super::journal::{Begun, Journal, Step, WrittenConfig};
use super::record::Timeline;
use super::watchdog::Watchdog;
use crate::host::proc::Identity;
use crate::host::{Manager, Snapshot, snapshot};
use crate::probe;
use std::path::{Path, PathBuf};

/// A deploy that can be undone, whatever happens from now on.
pub struct Prepared {
    pub before: Snapshot,
    pub watchdog: Watchdog,
    pub timeline: Timeline,
    /// The path of its journal.
    pub story: PathBuf,
}

/// Begins the journal, takes the snapshot and arms the watchdog.
pub fn prepare(
    deploy: &Deploy<'_>,
    managers: &[Box<dyn Manager>],
) -> Result<Prepared, DeployError> {
    let journal = Journal::begin(deploy.store, begun(deploy))?;
    let story = journal.path().to_owned();
    let mut timeline = Timeline::in_journal(journal, Vec::new());
    match safeguard(deploy, managers, &mut timeline, &story) {
        Ok((before, watchdog)) => Ok(Prepared { before, watchdog, timeline, story }),
        Err(error) => {
            // Nothing was run, so there is nothing to be finished.
            timeline.must(Step::Closed);
            Err(error)
        }
    }
}

fn safeguard(
    deploy: &Deploy<'_>,
    managers: &[Box<dyn Manager>],
    timeline: &mut Timeline,
    journal: &Path,
) -> Result<(Snapshot, Watchdog), DeployError> {
    if let Some(version) = deploy.version {
        timeline.say(version);
    }
    let before = record_host(deploy, managers)?;
    timeline.step(Step::Snapshot { id: before.id.clone() })?;
    let count = before.processes().filter(|one| one.key.manager.restores()).count();
    timeline.say(format!("snapshot {} of {count} processes", before.id));
    let watchdog = Watchdog::arm(journal, deploy.lock)?;
    timeline.step(Step::Armed { watchdog: watchdog.process.clone() })?;
    if let Some(held) = deploy.turn {
        held.give()?;
    }
    Ok((before, watchdog))
}

/// Takes the snapshot that the host can be brought back to, and keeps it.
fn record_host(
    deploy: &Deploy<'_>,
    managers: &[Box<dyn Manager>],
) -> Result<Snapshot, DeployError> {
    let mut before = snapshot::take(managers, deploy.config);
    if let Some(blind) = before.gaps().next() {
        return Err(DeployError::Blind {
            reason: blind.state.describe(blind.manager),
            advice: blind.state.advice(blind.manager).unwrap_or("look at it first").to_owned(),
        });
    }
    // Where a measurement is missing, the check that asks for it says so.
    before.measured = probe::measure(deploy.config, &[checks::CHECKLIST]).unwrap_or_default();
    deploy.store.save(&mut before, &[])?;
    Ok(before)
}

/// What somebody else would need to finish this deploy.
fn begun(deploy: &Deploy<'_>) -> Begun {
    let here = std::env::current_dir().unwrap_or_default();
    let config = deploy.config.path.as_ref().and_then(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(WrittenConfig { path: here.join(path), text })
    });
    Begun {
        tagout: env!("CARGO_PKG_VERSION").to_owned(),
        supervisor: Identity::of_this_process(),
        token: deploy.lock.token().to_owned(),
        command: deploy.command.clone(),
        lease: deploy.lease,
        target: deploy.target.clone(),
        ci: deploy.ci.clone(),
        config,
        reports: deploy.reports.iter().map(|path| here.join(path)).collect(),
        folder: here,
        limit: deploy.limit.as_secs(),
        confirmed: deploy.confirmed.to_vec(),
        turn: deploy.turn.map(|held| held.turn().clone()),
    }
}
