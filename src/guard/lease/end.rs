use super::handover;
use crate::guard::conclude::{Over, conclude};
use crate::guard::doors::{self, LEASE_VARIABLE};
use crate::guard::guarded::Guarded;
use crate::guard::journal::{self, Begun, Journal, JournalError, Step, Story};
use crate::guard::lock::{self, Attempt, Holder, HostLock, LockError, LockPlace};
use crate::guard::record::{Cause, CommandEnd, Outcome, Record, Timeline};
use crate::guard::recovery::{self, RecoveryError};
use crate::guard::signals::{listen, runtime};
use crate::guard::supervise::{Interrupts, SuperviseError};
use crate::guard::voice::{say, shown_duration, shown_time};
use crate::guard::watchdog::{SUPERVISOR_GRACE, Watchdog, WatchdogError};
use crate::host::proc::Identity;
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use miette::Diagnostic;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use thiserror::Error;

/// How often one who waits for the watchdog looks again.
const POLL: Duration = Duration::from_millis(100);

/// What ends a lease.
pub struct Ending<'a> {
    pub store: &'a Store,
    pub token: &'a str,
    /// What the CI system says of the job's steps; without it nothing but the checks speaks for them.
    pub status: Option<&'a str>,
    /// The names of the questions of `post-deploy` that are answered with yes, beside those that
    /// `tagout begin` was given.
    pub confirmed: &'a [String],
}

/// How it ended.
pub enum End {
    /// By us: to be told, and then let go.
    Judged { record: Box<Record>, reports: Vec<PathBuf>, watchdog: Watchdog, lock: Box<HostLock> },
    /// Before we came: by the watchdog, or by whoever came after it.
    Over { outcome: Option<Outcome>, snapshot: Option<String> },
    /// The watchdog was killed, and another deploy may have changed the host since.
    Lost,
}

#[derive(Debug, Error, Diagnostic)]
pub enum EndError {
    #[error("there is no lease {token} on this host")]
    #[diagnostic(help(
        "`tagout end` ends what `tagout begin` began, as the same user on the same host; `tagout begin` \
         hands the lease on in the variable {LEASE}", LEASE = LEASE_VARIABLE
    ))]
    Unknown { token: String },
    #[error("this deploy has ended already, {how}")]
    #[diagnostic(help("one `tagout end` is enough; its report says how it went"))]
    Ended { how: String },
    #[error("another `tagout end` is at work (pid {pid})")]
    AtWork { pid: u32 },
    #[error("the watchdog of this deploy lives (pid {pid}) and does not answer")]
    #[diagnostic(help("look at what it does; if it hangs, end it, and run `tagout end` again"))]
    Deaf { pid: u32 },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Recovery(#[from] RecoveryError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Watchdog(#[from] WatchdogError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Signals(#[from] SuperviseError),
}

/// Who runs the deploy from here on.
struct Helm {
    story: Story,
    begun: Begun,
    lock: HostLock,
    /// None if it was killed.
    watchdog: Option<Watchdog>,
}

enum Taken {
    Helm(Box<Helm>),
    Over(Box<Story>),
    Lost,
}

/// Becomes the supervisor of the lease's deploy again, and judges it; or says how it ended before.
pub fn end(ending: &Ending<'_>) -> Result<End, EndError> {
    let helm = match take_over(ending)? {
        Taken::Helm(helm) => helm,
        Taken::Lost => return Ok(End::Lost),
        Taken::Over(story) => return over(&story),
    };
    let Helm { story, begun, lock, watchdog } = *helm;
    if let Some(folder) = &story.doors {
        doors::clear(folder);
    }
    let runtime = runtime()?;
    let interrupts = runtime.block_on(async { Interrupts::catch() })?;
    let interrupted = listen(&runtime, interrupts);
    let mut timeline = Timeline::in_journal(Journal::resume(&story.path)?, story.said.clone());
    timeline.step(Step::Ending { supervisor: Identity::of_this_process() })?;
    lock.sign(
        Identity::of_this_process(),
        format!("ending: {}", begun.command),
        begun.ci.url.clone(),
    );
    let watchdog = match watchdog {
        Some(watchdog) => watchdog,
        None => {
            timeline.say("the watchdog was killed; another takes its place");
            let watchdog = Watchdog::arm(&story.path, &lock)?;
            timeline.step(Step::Armed { watchdog: watchdog.process.clone() })?;
            watchdog
        }
    };
    let took = Duration::try_from(Timestamp::now().duration_since(story.at)).unwrap_or_default();
    let how = match ending.status {
        Some(status) => format!("job status {status}"),
        None => "job status not told".to_owned(),
    };
    timeline.must(Step::Ended { how: how.clone(), took });
    timeline.say(format!("the steps ended after {} ({how})", shown_duration(took)));
    let config = recovery::configuration(&begun).map_err(RecoveryError::from)?;
    let snapshot = story.snapshot.as_deref();
    let before = ending.store.load(snapshot)?;
    // What probes call by a relative path starts there.
    let _ = std::env::set_current_dir(&begun.folder);
    let guarded = Guarded {
        config: &config,
        target: &begun.target,
        managers: before.managers(),
        before,
        timeline,
        confirmed: begun.confirmed.iter().chain(ending.confirmed).cloned().collect(),
    };
    let over = Over {
        command: begun.command.clone(),
        ci: begun.ci.clone(),
        end: CommandEnd { how, started: Some(story.at), took: Some(took) },
        failed: ending.status.and_then(failure),
    };
    let record = Box::new(conclude(guarded, over, &interrupted));
    Ok(End::Judged { record, reports: begun.reports, watchdog, lock: Box::new(lock) })
}

/// Only this one word means that all steps went well.
fn failure(status: &str) -> Option<Cause> {
    (status != "success").then(|| Cause::JobFailed(status.to_owned()))
}

/// The lease's deploy, whatever has become of it.
pub fn find(store: &Store, token: &str) -> Result<Option<Story>, JournalError> {
    let of_lease = |story: &Story| {
        story.begun.as_ref().is_some_and(|begun| begun.lease && begun.token == token)
    };
    Ok(journal::all(store)?.into_iter().rev().find(of_lease))
}

fn take_over(ending: &Ending<'_>) -> Result<Taken, EndError> {
    let token = ending.token;
    let unknown = || EndError::Unknown { token: token.to_owned() };
    let mut story = find(ending.store, token)?.ok_or_else(unknown)?;
    let patience = Instant::now() + SUPERVISOR_GRACE;
    let mut told = false;
    loop {
        if story.closed {
            return Ok(Taken::Over(Box::new(story)));
        }
        if let Some(other) = story.ending.as_ref().filter(|other| other.lives()) {
            return Err(EndError::AtWork { pid: other.pid });
        }
        let begun = story.begun.clone().ok_or_else(unknown)?;
        let watchdog = story.watchdog.clone().ok_or_else(unknown)?;
        if let Ok((lock, line)) = handover::ask(&story.path, token) {
            let lock = HostLock::adopt(lock, token.to_owned());
            let watchdog = Some(Watchdog::on(line, watchdog));
            return Ok(Taken::Helm(Box::new(Helm { story, begun, lock, watchdog })));
        }
        if !watchdog.lives()
            && let Some(taken) = take_abandoned(&story, begun)?
        {
            return Ok(taken);
        }
        if Instant::now() >= patience {
            return Err(EndError::Deaf { pid: watchdog.pid });
        }
        if !std::mem::replace(&mut told, true) {
            say("the watchdog has given up waiting for `tagout end`: waiting for what it does");
        }
        std::thread::sleep(POLL);
        story = Story::read(&story.path)?;
    }
}

/// Takes the lock that a killed watchdog has left. Nothing if somebody else was faster, who then
/// finishes this deploy first.
fn take_abandoned(story: &Story, begun: Begun) -> Result<Option<Taken>, EndError> {
    let holder = Holder {
        token: begun.token.clone(),
        ..Holder::this_process(begun.command.clone(), begun.ci.url.clone())
    };
    let lock = match lock::try_take(&LockPlace::of_this_host()?, &holder)? {
        Attempt::Taken(lock) => lock,
        Attempt::Busy(_) => return Ok(None),
    };
    let story = Story::read(&story.path)?;
    if story.closed {
        return Ok(Some(Taken::Over(Box::new(story))));
    }
    // Whoever takes the lock writes over the record of the dead, and takes it away at their end.
    if lock.left_behind.as_ref().is_none_or(|dead| dead.token != begun.token) {
        let mut journal = Journal::resume(&story.path)?;
        journal.append(Step::Said { what: "the host was another's in between".to_owned() })?;
        journal.append(Step::Closed)?;
        return Ok(Some(Taken::Lost));
    }
    Ok(Some(Taken::Helm(Box::new(Helm { story, begun, lock, watchdog: None }))))
}

/// How a deploy ended that is closed.
fn over(story: &Story) -> Result<End, EndError> {
    let outcome = match (story.stands, story.rolled_back) {
        (Some(_), _) => Some(Outcome::Deployed),
        (None, Some(true)) => Some(Outcome::RolledBack),
        (None, Some(false)) => Some(Outcome::Incomplete),
        (None, None) => story.released.as_ref().map(|_| Outcome::LetGo),
    };
    if let (Some(_), Some((at, _))) = (&story.ending, story.said.last()) {
        let how = match outcome {
            Some(Outcome::Deployed) => "and stands",
            Some(Outcome::RolledBack) => "and was rolled back",
            Some(Outcome::Incomplete) => "with a rollback that is incomplete",
            Some(Outcome::LetGo) => "for its lock was taken away",
            None => "without a verdict",
        };
        return Err(EndError::Ended { how: format!("{how} since {}", shown_time(*at)) });
    }
    Ok(End::Over { outcome, snapshot: story.snapshot.clone() })
}
