//! One deploy at a time on a host. In comes a [`LockPlace`], out goes a [`HostLock`] or who has it.
//!
//! The kernel's lock on the file is the truth: it ends with its process, however that ends, so a
//! dead holder never blocks anybody and a live one is never robbed. The [`Holder`] record inside
//! the file is for people. It is in the file, not beside it, because in a folder that everybody may
//! write to, one user cannot replace the record that another user left.

mod holder;
mod place;

pub use holder::{Holder, Life, named};
pub use place::{LOCK_VARIABLE, LockPlace, Reach};

use crate::host::proc::Identity;
use miette::Diagnostic;
use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How long a lock without a living holder's record is tried again. `lock status` takes the lock
/// for a moment to look, and a holder that has just taken it has not signed yet.
const UNSIGNED: Duration = Duration::from_millis(250);
const UNSIGNED_POLL: Duration = Duration::from_millis(5);
/// How often a waiting deploy tries again.
const WAIT_POLL: Duration = Duration::from_millis(100);
/// How often it says that it still waits: a log that is silent looks like one that hangs.
const WAIT_TELL: Duration = Duration::from_secs(60);
/// No record is longer; the file is open to every user of the host.
const RECORD_LIMIT: u64 = 64 * 1024;

#[derive(Debug, Error, Diagnostic)]
pub enum LockError {
    #[error("the lock file {path} cannot be opened: {cause}")]
    #[diagnostic(help("set {LOCK_VARIABLE} to a file that all who deploy on this host can write"))]
    Open { path: String, cause: std::io::Error },
    #[error("{path} is not a plain file, so it cannot be the host's lock")]
    #[diagnostic(help(
        "somebody put a link or a device there; look at it, remove it, and deploy again"
    ))]
    NotPlain { path: String },
    #[error("the lock file {path} cannot be locked: {cause}")]
    Lock { path: String, cause: std::io::Error },
}

/// The host's lock. It is released when this is dropped, and when the process ends; but once it is
/// shared, whoever else has it goes on holding it, until one says that all is done.
#[derive(Debug)]
pub struct HostLock {
    file: File,
    token: String,
    is_shared: Cell<bool>,
    /// The holder before us, if it died without releasing: its deploy may be half done.
    pub left_behind: Option<Holder>,
}

impl HostLock {
    /// The same lock, for a process that is to hold it too.
    pub fn share(&self) -> std::io::Result<File> {
        self.is_shared.set(true);
        self.file.try_clone()
    }

    /// The lock that was shared with us by the holder of `token`.
    pub fn adopt(file: File, token: String) -> Self {
        Self { file, token, is_shared: Cell::new(true), left_behind: None }
    }

    /// Signs that `process` has it from now on.
    pub fn sign(&self, process: Identity, command: String, run: Option<String>) {
        let token = self.token.clone();
        let holder = Holder { token, process, ..Holder::this_process(command, run) };
        // The lock is held with or without its record.
        let _ = write_record(&self.file, &holder);
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Lets it go, for all who share it.
    pub fn release(self) {
        self.is_shared.set(false);
    }
}

/// What came of trying to take the lock.
#[derive(Debug)]
pub enum Attempt {
    Taken(HostLock),
    /// Somebody else has it; the record is missing for a moment after they took it.
    Busy(Option<Holder>),
}

/// What `tagout lock status` sees.
#[derive(Debug)]
pub enum Status {
    /// Nobody holds it; with the record of a holder that died without releasing.
    Free(Option<Holder>),
    Held(Option<Holder>),
}

/// Takes the lock for `holder`, or says who has it.
pub fn try_take(place: &LockPlace, holder: &Holder) -> Result<Attempt, LockError> {
    let patience = Instant::now() + UNSIGNED;
    loop {
        let file = place.open()?;
        match file.try_lock() {
            Ok(()) if is_the_file_at(&file, &place.path) => {
                let left_behind = read_record(&file);
                // The lock is held with or without its record: a full disk stops no deploy.
                let _ = write_record(&file, holder);
                return Ok(Attempt::Taken(HostLock {
                    file,
                    token: holder.token.clone(),
                    is_shared: Cell::new(false),
                    left_behind,
                }));
            }
            // Removed and made anew since it was opened: lock the one that others will open.
            Ok(()) => continue,
            Err(TryLockError::WouldBlock) => {
                let current = read_record(&file);
                let signed = current.as_ref().is_some_and(|holder| holder.life() != Life::Gone);
                if signed || Instant::now() >= patience {
                    return Ok(Attempt::Busy(current));
                }
                std::thread::sleep(UNSIGNED_POLL);
            }
            Err(TryLockError::Error(cause)) => {
                return Err(LockError::Lock { path: place.path.display().to_string(), cause });
            }
        }
    }
}

/// Takes the lock, trying again until `wait` is over. `tell` hears whom it waits for and for how long
/// already: for each holder, and once in a while.
pub fn take(
    place: &LockPlace,
    holder: &Holder,
    wait: Duration,
    mut tell: impl FnMut(Option<&Holder>, Duration),
) -> Result<Attempt, LockError> {
    let begun = Instant::now();
    let end = begun + wait;
    let mut told: Option<(Option<String>, Instant)> = None;
    loop {
        match try_take(place, holder)? {
            Attempt::Taken(lock) => return Ok(Attempt::Taken(lock)),
            Attempt::Busy(current) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(Attempt::Busy(current));
                }
                let whom = current.as_ref().map(|holder| holder.token.clone());
                let is_told =
                    told.as_ref().is_some_and(|(of, at)| *of == whom && at.elapsed() < WAIT_TELL);
                if !is_told {
                    tell(current.as_ref(), begun.elapsed());
                    told = Some((whom, Instant::now()));
                }
                std::thread::sleep(left.min(WAIT_POLL));
            }
        }
    }
}

/// Who holds the lock, without taking it.
pub fn status(place: &LockPlace) -> Result<Status, LockError> {
    let file = match place.open_existing() {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Status::Free(None)),
        Err(error) => return Err(error),
    };
    // Shared, so that two who look do not see each other; a deploy that comes in this moment tries
    // again.
    match file.try_lock_shared() {
        Ok(()) => {
            let left_behind = read_record(&file);
            Ok(Status::Free(left_behind))
        }
        Err(TryLockError::WouldBlock) => Ok(Status::Held(read_record(&file))),
        Err(TryLockError::Error(cause)) => {
            Err(LockError::Lock { path: place.path.display().to_string(), cause })
        }
    }
}

impl Drop for HostLock {
    fn drop(&mut self) {
        if self.is_shared.get() {
            return;
        }
        // An empty file says "released"; a record that is left says "died".
        if read_record(&self.file).is_some_and(|holder| holder.token == self.token) {
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }
}

fn is_the_file_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// The record, unless there is none or it is half written.
fn read_record(mut file: &File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(RECORD_LIMIT).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Emptied first and written at once: a reader sees nothing or a beginning, neither of which is
/// valid JSON, or all of it.
fn write_record(mut file: &File, holder: &Holder) -> std::io::Result<()> {
    let text = serde_json::to_string(holder).map_err(std::io::Error::other)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}
