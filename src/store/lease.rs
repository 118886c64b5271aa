//! Leases: who may deploy now, of all hosts that share a store. In come a store, a scope and how many
//! may at a time; out goes a [`Lease`] with a fencing token, which has to be renewed.
//!
//! Nobody's clock is trusted. A lease that its holder does not renew is taken for dead by whoever has
//! watched it stand still for [`TTL`], by their own clock; the holder gives up before that, since it
//! counts from before its last renewal. Every holder has a higher fencing token than all before, and
//! what is [written under it](Lease::write) never replaces what a later one wrote.

use super::backend::{Backend, BackendError, Expected, Version};
use jiff::Timestamp;
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fmt,
    time::{Duration, Instant},
};
use thiserror::Error;

/// How long a lease stands without being renewed.
pub const TTL: Duration = Duration::from_secs(60);
/// How often it is renewed.
pub const RENEWAL: Duration = Duration::from_secs(15);
/// How often one who waits looks again.
const POLL: Duration = Duration::from_secs(1);
/// How often one write is tried again that another came before.
const TRIES: usize = 20;

/// How many may hold a lease at a time, of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// `app/shop`, for example.
    pub scope: String,
    pub limit: u32,
}

/// Who holds a lease, as others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHolder {
    pub host: String,
    /// The deploy command, its secrets masked.
    pub command: String,
    /// The page of the CI run.
    pub run: Option<String>,
    pub since: Timestamp,
}

impl fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {} since {}", self.command, self.host, self.since)?;
        self.run.as_ref().map_or(Ok(()), |run| write!(f, " ({run})"))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    /// Higher than those of all holders before.
    token: u64,
    holder: Option<LeaseHolder>,
    /// Counts up, so that each renewal can be seen.
    renewed: u64,
}

/// A lease that is held.
#[derive(Debug)]
pub struct Lease {
    key: String,
    record: Record,
    version: Version,
    /// From before the last renewal.
    renewed: Instant,
}

/// What came of asking for one.
#[derive(Debug)]
pub enum Attempt {
    Taken(Lease),
    /// As many as may hold one already, the first of which this is.
    Busy(Option<LeaseHolder>),
}

/// Why a lease does not hold any more.
#[derive(Debug, Error, Diagnostic)]
pub enum LostError {
    #[error("another deploy has taken the lease {key}")]
    #[diagnostic(help("this one was not heard of for too long"))]
    Taken { key: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backend(#[from] BackendError),
}

/// What is written under a lease.
#[derive(Serialize, Deserialize)]
struct Fenced {
    token: u64,
    value: serde_json::Value,
}

/// Asks for a lease, for as long as `wait`. `tell` hears once who is waited for.
pub fn take(
    backend: &dyn Backend,
    terms: &Terms,
    holder: &LeaseHolder,
    wait: Duration,
    ttl: Duration,
    mut tell: impl FnMut(Option<&LeaseHolder>),
) -> Result<Attempt, BackendError> {
    let begun = Instant::now();
    // When each slot was first seen as it is.
    let mut seen: HashMap<u32, (Version, Instant)> = HashMap::new();
    let mut told = false;
    loop {
        let mut busy = None;
        for slot in 0..terms.limit.max(1) {
            let key = format!("leases/{}/{slot}", terms.scope);
            let asked = Instant::now();
            let item = backend.read(&key)?;
            let record =
                item.as_ref().and_then(|item| serde_json::from_slice::<Record>(&item.bytes).ok());
            let (expected, token) = match (&item, &record) {
                (None, _) => (Expected::Nothing, 1),
                (Some(item), Some(record)) => {
                    let (version, since) =
                        seen.entry(slot).or_insert_with(|| (item.version.clone(), asked));
                    if *version != item.version {
                        (*version, *since) = (item.version.clone(), asked);
                    }
                    if record.holder.is_some() && since.elapsed() < ttl {
                        busy = busy.or_else(|| record.holder.clone());
                        continue;
                    }
                    (Expected::Version(&item.version), record.token + 1)
                }
                // Nobody can hold what cannot be read.
                (Some(item), None) => (Expected::Version(&item.version), 1),
            };
            let record = Record { token, holder: Some(holder.clone()), renewed: 0 };
            if let Some(version) = backend.write(&key, &bytes_of(&record), expected)? {
                return Ok(Attempt::Taken(Lease { key, record, version, renewed: asked }));
            }
            // Somebody was faster.
        }
        if begun.elapsed() >= wait {
            return Ok(Attempt::Busy(busy));
        }
        if !std::mem::replace(&mut told, true) {
            tell(busy.as_ref());
        }
        std::thread::sleep(POLL.min(ttl / 4).min(wait.saturating_sub(begun.elapsed())));
    }
}

impl Lease {
    /// Higher than those of all holders before.
    pub fn token(&self) -> u64 {
        self.record.token
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// One that another process of this host holds, to be gone on with; nothing if it is another's
    /// by now.
    pub fn resume(
        backend: &dyn Backend,
        key: &str,
        token: u64,
    ) -> Result<Option<Self>, BackendError> {
        let asked = Instant::now();
        let Some(item) = backend.read(key)? else { return Ok(None) };
        let record: Option<Record> = serde_json::from_slice(&item.bytes).ok();
        Ok(record.filter(|record| record.token == token && record.holder.is_some()).map(|record| {
            Self { key: key.to_owned(), record, version: item.version, renewed: asked }
        }))
    }

    /// Shows that its holder lives.
    pub fn renew(&mut self, backend: &dyn Backend) -> Result<(), LostError> {
        for _ in 0..TRIES {
            if self.try_renew(backend)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// False if another process of the same deploy was faster, which is to be tried again.
    fn try_renew(&mut self, backend: &dyn Backend) -> Result<bool, LostError> {
        let asked = Instant::now();
        let record = Record { renewed: self.record.renewed + 1, ..self.record.clone() };
        let written =
            backend.write(&self.key, &bytes_of(&record), Expected::Version(&self.version))?;
        let Some(version) = written else {
            return match Self::resume(backend, &self.key, self.record.token)? {
                Some(lease) => {
                    *self = Self { renewed: self.renewed, ..lease };
                    Ok(false)
                }
                None => Err(LostError::Taken { key: self.key.clone() }),
            };
        };
        (self.record, self.version, self.renewed) = (record, version, asked);
        Ok(true)
    }

    /// Whether nobody can have taken it yet, by the time that has gone by.
    pub fn is_sure(&self, ttl: Duration) -> bool {
        self.renewed.elapsed() < ttl
    }

    /// Lets it go. What fails then is over after [`TTL`] by itself.
    pub fn release(self, backend: &dyn Backend) -> Result<(), BackendError> {
        let record = Record { holder: None, renewed: self.record.renewed + 1, ..self.record };
        backend.write(&self.key, &bytes_of(&record), Expected::Version(&self.version)).map(drop)
    }

    /// Writes a value that a later holder's is never replaced by; whether it was written.
    pub fn write(
        &self,
        backend: &dyn Backend,
        key: &str,
        value: serde_json::Value,
    ) -> Result<bool, BackendError> {
        let fenced = Fenced { token: self.record.token, value };
        for _ in 0..TRIES {
            let item = backend.read(key)?;
            let before =
                item.as_ref().and_then(|item| serde_json::from_slice::<Fenced>(&item.bytes).ok());
            if before.is_some_and(|before| before.token > fenced.token) {
                return Ok(false);
            }
            let expected = match &item {
                Some(item) => Expected::Version(&item.version),
                None => Expected::Nothing,
            };
            if backend.write(key, &bytes_of(&fenced), expected)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    // It has only texts and numbers, which are always JSON.
    serde_json::to_vec(value).unwrap_or_default()
}
