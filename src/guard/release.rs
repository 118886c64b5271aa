//! Taking the host's lock from the deploy that has it. In comes who may and why, out goes a host that is
//! free. The kernel's lock cannot be taken from a process that lives, so there are never two holders:
//! the deploy is told, in its journal and by a signal, ends its command, and lets go; what does not
//! listen is killed. Nothing is rolled back: whoever takes the lock away goes on by themselves.

use super::journal::{self, Journal, JournalError, Step, Story};
use super::lock::{self, Attempt, Holder, HostLock, LockError, LockPlace, Status};
use super::supervise;
use crate::host::host_name;
use crate::store::Store;
use miette::Diagnostic;
use rustix::process::Signal;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How long a deploy has to end its command, and to say so.
const ASKED: Duration = Duration::from_secs(10);
/// How long the kernel may take to end what is killed.
const KILLED: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// By what right the lock is taken away.
#[derive(Clone, Copy, Debug)]
pub enum Right<'a> {
    Token(&'a str),
    Force { reason: &'a str },
}

/// What became of it.
#[derive(Debug)]
pub enum Released {
    /// Nobody had it.
    Free,
    Taken(Box<Taken>),
}

/// From whom it was taken.
#[derive(Debug)]
pub struct Taken {
    pub from: Holder,
    /// Whether they had to be killed.
    pub killed: bool,
    pub next: Next,
    /// What they could not tell any more; the next holder does.
    pub left: Option<Story>,
}

/// Who has the lock after them.
#[derive(Debug)]
pub enum Next {
    Us(HostLock),
    /// One who has waited for it.
    Other(Holder),
}

#[derive(Debug, Error, Diagnostic)]
pub enum ReleaseError {
    #[error("the lock is held under another token, by {holder}")]
    #[diagnostic(help(
        "it is not this token's any more; `--force --reason TEXT` takes it from whoever has it"
    ))]
    OtherToken { holder: Box<Holder> },
    #[error("the lock is held by a process that left no record")]
    #[diagnostic(help("`fuser {file}` tells which; it is free when that has ended"))]
    Unsigned { file: String },
    #[error("the lock is held on {host}, out of reach from here: {holder}")]
    #[diagnostic(help("take it away on that host, or in that container"))]
    Elsewhere { host: String, holder: Box<Holder> },
    #[error("pid {pid} holds the lock, and is not ours to end: {holder}")]
    #[diagnostic(help("ask {}, or do it as root", holder.user))]
    NotOurs { pid: u32, holder: Box<Holder> },
    #[error("the lock is still held, by {holder}")]
    #[diagnostic(help("`fuser {file}` tells by which processes"))]
    Stuck { file: String, holder: Box<Holder> },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
}

/// Takes the lock from its holder, and is done when that has let go.
pub fn release(
    place: &LockPlace,
    store: &Store,
    right: Right<'_>,
) -> Result<Released, ReleaseError> {
    let file = || place.path.display().to_string();
    let holder = match lock::status(place)? {
        Status::Free(_) => return Ok(Released::Free),
        Status::Held(None) => return Err(ReleaseError::Unsigned { file: file() }),
        Status::Held(Some(holder)) => holder,
    };
    if let Right::Token(token) = right
        && token != holder.token
    {
        return Err(ReleaseError::OtherToken { holder: Box::new(holder) });
    }
    if holder.host != host_name() {
        let host = holder.host.clone();
        return Err(ReleaseError::Elsewhere { host, holder: Box::new(holder) });
    }
    let story = of_token(store, &holder.token)?;
    if let Some(story) = &story {
        Journal::resume(&story.path)?.append(Step::Released { by: said(right) })?;
    }
    ask(story.as_ref(), &holder)?;
    let mut next = await_freedom(ASKED, place, &holder)?;
    let killed = next.is_none();
    if killed {
        kill(story.as_ref(), &holder);
        next = await_freedom(KILLED, place, &holder)?;
    }
    let Some(next) = next else {
        return Err(ReleaseError::Stuck { file: file(), holder: Box::new(holder) });
    };
    if let Some(command) = story.as_ref().and_then(|story| story.command.as_ref()) {
        supervise::end_left_behind(command);
    }
    let left = of_token(store, &holder.token)?;
    Ok(Released::Taken(Box::new(Taken { from: holder, killed, next, left })))
}

/// For the report.
fn said(right: Right<'_>) -> String {
    let user = Holder::this_process(String::new(), None).user;
    match right {
        Right::Token(_) => format!("{user}, by its token"),
        Right::Force { reason } => format!("{user}: {reason}"),
    }
}

/// The open deploy of a holder, where it is one of this store.
fn of_token(store: &Store, token: &str) -> Result<Option<Story>, JournalError> {
    let stories = journal::left_behind(store)?;
    let its = |story: &Story| story.begun.as_ref().is_some_and(|begun| begun.token == token);
    Ok(stories.into_iter().find(its))
}

/// Asks the one who is at work to end. A lease that waits for its end has only the watchdog.
fn ask(story: Option<&Story>, holder: &Holder) -> Result<(), ReleaseError> {
    let at_work = story.and_then(|story| {
        let begun = story.begun.as_ref()?;
        Some(story.ending.as_ref().unwrap_or(&begun.supervisor)).filter(|one| one.lives())
    });
    let whom = at_work.unwrap_or(&holder.process);
    match whom.signal(Signal::TERM) {
        Err(rustix::io::Errno::PERM) => {
            Err(ReleaseError::NotOurs { pid: whom.pid, holder: Box::new(holder.clone()) })
        }
        _ => Ok(()),
    }
}

/// All who share the lock, at once: none is to go on for another.
fn kill(story: Option<&Story>, holder: &Holder) {
    let mut all = vec![&holder.process];
    if let Some(story) = story {
        all.extend(story.begun.iter().map(|begun| &begun.supervisor));
        all.extend(story.ending.iter().chain(&story.watchdog));
    }
    for one in all {
        // What is not ours was said before.
        let _ = one.signal(Signal::KILL);
    }
}

/// Waits until the holder has let go of the lock, and takes it, or says who was faster.
fn await_freedom(
    patience: Duration,
    place: &LockPlace,
    from: &Holder,
) -> Result<Option<Next>, ReleaseError> {
    let us = Holder::this_process("tagout lock release".to_owned(), None);
    let end = Instant::now() + patience;
    loop {
        match lock::try_take(place, &us)? {
            Attempt::Taken(lock) => return Ok(Some(Next::Us(lock))),
            Attempt::Busy(Some(next)) if next.token != from.token => {
                return Ok(Some(Next::Other(next)));
            }
            Attempt::Busy(_) if Instant::now() >= end => return Ok(None),
            Attempt::Busy(_) => std::thread::sleep(POLL),
        }
    }
}
