//! A deploy among those of other hosts. In come the store that they share and how many may deploy at a
//! time; out goes a turn, which this process and then the watchdog renews as long as the deploy lasts,
//! and copies of what the deploy left: its snapshot, its journal and its reports.

use super::journal::{Begun, Story, Turn};
use super::recovery;
use super::target::Target;
use super::voice::say;
use crate::config::{Config, Deploys, FleetScope};
use crate::host::host_name;
use crate::store::Store;
use crate::store::backend::{self, Backend, BackendError, Expected};
use crate::store::lease::{self, Attempt, Lease, LeaseHolder, LostError, RENEWAL, TTL, Terms};
use miette::Diagnostic;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thiserror::Error;

/// How many copies of each kind are kept for each host.
const KEPT: usize = 50;
/// A holder gives up so long before others may take its lease for dead.
const MARGIN: Duration = Duration::from_secs(10);

#[derive(Debug, Error, Diagnostic)]
pub enum FleetError {
    #[error("`store:` cannot be filled in: {0}")]
    #[diagnostic(help("set it in the environment of this step; nothing was run"))]
    Unset(String),
    #[error("the turn of this deploy was lost before it began")]
    #[diagnostic(help("nothing was run; look at the store, and at what deploys now"))]
    Lost,
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backend(#[from] BackendError),
}

/// The hosts that share a store.
pub struct Fleet {
    backend: Box<dyn Backend>,
}

/// A turn that this process renews, and gives to others when it is dropped, until the watchdog has it.
pub struct Held {
    fleet: Arc<Fleet>,
    turn: Turn,
    given: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
}

impl Fleet {
    /// That of a configuration, if it has a store.
    pub fn of(config: &Config) -> Result<Option<Self>, FleetError> {
        let Some(store) = &config.store else { return Ok(None) };
        let url = store.fill(|name| std::env::var(name).ok()).map_err(FleetError::Unset)?;
        Ok(Some(Self { backend: backend::open(&url)? }))
    }

    /// That of a deploy which has begun.
    fn of_deploy(begun: &Begun) -> Result<Option<Self>, String> {
        let config = recovery::configuration(begun).map_err(|error| error.to_string())?;
        Self::of(&config).map_err(|error| error.to_string())
    }

    /// Waits for a turn; who has it instead, if it does not come in time.
    pub fn turn(
        self,
        deploys: &Deploys,
        target: &Target,
        holder: &LeaseHolder,
        wait: Duration,
    ) -> Result<Result<Held, Option<LeaseHolder>>, FleetError> {
        let terms = Terms { scope: scope(deploys.scope, target), limit: deploys.limit.get() };
        let tell = |other: Option<&LeaseHolder>| {
            say(format_args!("waiting for a turn: {} deploys now", named(other)));
        };
        let taken = lease::take(&*self.backend, &terms, holder, wait, TTL, tell)?;
        let lease = match taken {
            Attempt::Taken(lease) => lease,
            Attempt::Busy(other) => return Ok(Err(other)),
        };
        let turn = Turn { key: lease.key().to_owned(), token: lease.token() };
        let held = Held {
            fleet: Arc::new(self),
            turn: turn.clone(),
            given: Arc::default(),
            lost: Arc::default(),
        };
        let (fleet, given, lost) =
            (Arc::clone(&held.fleet), Arc::clone(&held.given), Arc::clone(&held.lost));
        std::thread::spawn(move || {
            let until = || given.load(Ordering::Acquire);
            if renew(&*fleet.backend, &turn, until).is_some() {
                lost.store(true, Ordering::Release);
            }
        });
        Ok(Ok(held))
    }

    /// Says what has become of a deploy, where no later one has, and gives its turn to others.
    fn end(&self, turn: &Turn, outcome: Option<&str>) -> Result<(), BackendError> {
        let Some(lease) = Lease::resume(&*self.backend, &turn.key, turn.token)? else {
            return Ok(());
        };
        if let (Some(outcome), Some((scope, _))) = (outcome, turn.key.rsplit_once('/')) {
            let value = serde_json::json!({
                "host": host_name(), "outcome": outcome, "at": jiff::Timestamp::now(),
            });
            let scope = scope.trim_start_matches("leases/");
            lease.write(&*self.backend, &format!("deploys/{scope}"), value)?;
        }
        lease.release(&*self.backend)
    }

    /// Copies a file to the store, under its kind and name.
    fn share(&self, kind: &str, file: &Path) -> Result<(), String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let folder = format!("hosts/{}/{kind}/", host_name());
        let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
        let written = self.backend.write(&format!("{folder}{name}"), &bytes, Expected::Anything);
        written.map_err(|error| error.to_string())?;
        // One too many is no trouble.
        let kept = self.backend.list(&folder).unwrap_or_default();
        for old in &kept[..kept.len().saturating_sub(KEPT)] {
            let _ = self.backend.remove(old);
        }
        Ok(())
    }
}

impl Held {
    pub fn turn(&self) -> &Turn {
        &self.turn
    }

    /// Leaves it to the watchdog.
    pub fn give(&self) -> Result<(), FleetError> {
        self.given.store(true, Ordering::Release);
        if self.lost.load(Ordering::Acquire) { Err(FleetError::Lost) } else { Ok(()) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.given.swap(true, Ordering::AcqRel)
            && let Err(error) = self.fleet.end(&self.turn, None)
        {
            say(format_args!("{error}; others get their turn in {} s", TTL.as_secs()));
        }
    }
}

pub fn named(holder: Option<&LeaseHolder>) -> String {
    holder.map_or_else(|| "somebody".to_owned(), ToString::to_string)
}

/// Renews the turn of a deploy in a thread, and calls `lost` if it is another's or may soon be.
pub fn keep(turn: &Turn, begun: &Begun, lost: impl FnOnce(String) + Send + 'static) {
    let (turn, fleet) = (turn.clone(), Fleet::of_deploy(begun));
    std::thread::spawn(move || {
        let why = match fleet {
            Ok(Some(fleet)) => renew(&*fleet.backend, &turn, || false),
            Ok(None) => Some("there is no store any more".to_owned()),
            Err(error) => Some(error),
        };
        if let Some(why) = why {
            lost(format!("the turn {} was lost: {why}", turn.key));
        }
    });
}

/// Returns when it need not be renewed any more, or cannot be, with the reason.
fn renew(backend: &dyn Backend, turn: &Turn, until: impl Fn() -> bool) -> Option<String> {
    let mut lease = match Lease::resume(backend, &turn.key, turn.token) {
        Ok(Some(lease)) => lease,
        Ok(None) => return Some("another deploy has taken it".to_owned()),
        Err(error) => return Some(error.to_string()),
    };
    while !until() {
        match lease.renew(backend) {
            Ok(()) => std::thread::sleep(RENEWAL),
            Err(error @ LostError::Taken { .. }) => return Some(error.to_string()),
            Err(error) if !lease.is_sure(TTL - MARGIN) => return Some(error.to_string()),
            Err(_) => std::thread::sleep(Duration::from_secs(1)),
        }
    }
    None
}

/// Copies what the deploy of a journal has left to the store that hosts share, and gives its turn to
/// others. What fails here changes nothing of the deploy.
pub fn over(journal: &Path, store: &Store, outcome: &str) {
    let Ok(Story { begun: Some(begun), snapshot, .. }) = Story::read(journal) else { return };
    let fleet = match Fleet::of_deploy(&begun) {
        Ok(Some(fleet)) => fleet,
        Ok(None) => return,
        Err(error) => return say(format_args!("nothing was copied to the store: {error}")),
    };
    if let Some(turn) = &begun.turn
        && let Err(error) = fleet.end(turn, Some(outcome))
    {
        say(format_args!("{error}; others get their turn in {} s", TTL.as_secs()));
    }
    let mut left = vec![("journal", journal.to_owned())];
    if let Some(id) = snapshot {
        left.push(("snapshots", store.path_of(&id)));
        left.push(("reports", store.report_of(&id)));
    }
    // A report that could not be written was told of.
    left.retain(|(_, file)| file.exists());
    for (kind, file) in left {
        if let Err(error) = fleet.share(kind, &file) {
            say(format_args!("{} was not copied to the store: {error}", file.display()));
        }
    }
}

/// Of what only so many are deployed at a time: `app/shop`.
fn scope(scope: FleetScope, target: &Target) -> String {
    match (scope, target.environments().next()) {
        (FleetScope::App, Some((app, _))) => format!("app/{app}"),
        (FleetScope::Environment, Some((app, environment))) => {
            format!("environment/{app}/{environment}")
        }
        (FleetScope::All, _) | (_, None) => "all".to_owned(),
    }
}
