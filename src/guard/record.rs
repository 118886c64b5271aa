//! What happened in one deploy, from the lock to the verdict: all that a report can be written from.

use super::checks::Checks;
use super::ci::CiRun;
use super::journal::{Journal, JournalError, Step};
use super::judge::Judgement;
use super::refusal::Refusal;
use super::supervise::{Ended, Interrupt, Run};
use super::voice::say;
use jiff::Timestamp;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug)]
pub struct Record {
    pub host: String,
    /// The deploy command, its secrets masked.
    pub command: String,
    /// What was deployed, in words.
    pub target: String,
    pub ci: CiRun,
    /// The snapshot from before the command, by its id.
    pub snapshot: String,
    pub commits: Vec<CommitMove>,
    pub end: CommandEnd,
    /// What the command did, as it was found before anything was restored.
    pub harm: Judgement,
    pub checks: Checks,
    /// Why the deploy did not stand; empty if it did.
    pub causes: Vec<Cause>,
    pub restoration: Option<Restoration>,
    pub outcome: Outcome,
    /// Whether checks were among what proved the deploy good.
    pub verified: bool,
    pub timeline: Timeline,
}

/// How the command ended, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandEnd {
    pub how: String,
    pub started: Option<Timestamp>,
    pub took: Option<Duration>,
}

impl From<&Run> for CommandEnd {
    fn from(run: &Run) -> Self {
        Self { how: run.ended.to_string(), started: Some(run.started), took: Some(run.took) }
    }
}

impl Record {
    /// How it ended, in a line.
    pub fn headline(&self) -> &'static str {
        match (self.outcome, self.verified) {
            (Outcome::Deployed, true) => "Deployed and verified",
            (Outcome::Deployed, false) => "Deployed, and not verified by any check",
            (Outcome::RolledBack, _) => "Rolled back: the host is as it was",
            (Outcome::Incomplete, _) => "The rollback is incomplete: a person is needed",
        }
    }
}

/// How a deploy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands, and nobody was harmed.
    Deployed,
    /// It failed or did harm, and the host is verified as it was.
    RolledBack,
    /// The host is not as it was: a person is needed.
    Incomplete,
}

/// The commit of one of the inventory's folders, before and after the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitMove {
    pub path: PathBuf,
    pub before: String,
    pub after: Option<String>,
}

/// A reason to roll back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    CommandFailed(Ended),
    Interrupted(Interrupt),
    /// This many processes are worse off than before.
    Harm(usize),
    /// A process manager cannot be read any more.
    Blind(String),
    /// The names of the probes that failed.
    Checks(Vec<String>),
    /// The checklist could not be run.
    ChecksBroken(String),
    /// Tagout was killed in the middle.
    Killed,
    /// What the one who was killed had found.
    Found(String),
}

impl Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandFailed(ended) => write!(f, "the deploy command failed ({ended})"),
            Self::Interrupted(by) => write!(f, "the deploy was interrupted by {by}"),
            Self::Harm(1) => f.write_str("a process is worse off than before"),
            Self::Harm(count) => write!(f, "{count} processes are worse off than before"),
            Self::Blind(what) | Self::Found(what) => f.write_str(what),
            Self::Killed => f.write_str("tagout was killed before the deploy was proven good"),
            Self::Checks(names) => write!(f, "these checks failed: {}", names.join(", ")),
            Self::ChecksBroken(why) => write!(f, "the checks could not be run: {why}"),
        }
    }
}

/// What was done to bring the host back.
#[derive(Debug)]
pub struct Restoration {
    /// In the order in which they were restored.
    pub items: Vec<Restored>,
    /// What went wrong apart from the items.
    pub troubles: Vec<String>,
    pub checks: Checks,
    /// What is still worse than before.
    pub left: Judgement,
}

/// One process that was brought back, or was to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub process: String,
    pub action: String,
    pub took: Duration,
    pub result: Result<(), String>,
}

impl Restored {
    pub fn step(&self) -> Step {
        let Self { process, action, took, result } = self.clone();
        Step::Restored { process, action, took, error: result.err() }
    }
}

impl Restoration {
    pub fn outcome(&self) -> Outcome {
        if self.is_complete() { Outcome::RolledBack } else { Outcome::Incomplete }
    }

    pub fn is_complete(&self) -> bool {
        self.troubles.is_empty()
            && self.items.iter().all(|item| item.result.is_ok())
            && self.left.is_harmless()
            && self.checks.cause().is_none()
    }
}

/// What was done and seen, and when; in the journal too, where there is one.
#[derive(Debug, Default)]
pub struct Timeline {
    pub entries: Vec<(Timestamp, String)>,
    journal: Option<Journal>,
}

impl Timeline {
    /// One that is told to `journal` too, and goes on after `entries`.
    pub fn in_journal(journal: Journal, entries: Vec<(Timestamp, String)>) -> Self {
        Self { entries, journal: Some(journal) }
    }

    /// Notes something and says it.
    pub fn say(&mut self, what: impl Into<String>) {
        let what = what.into();
        say(&what);
        self.entries.push((Timestamp::now(), what.clone()));
        self.must(Step::Said { what });
    }

    /// The path of its journal.
    pub fn path(&self) -> Option<&Path> {
        self.journal.as_ref().map(Journal::path)
    }

    /// Takes in what others have said and put in the journal already.
    pub fn hear(&mut self, refused: Vec<(Timestamp, Refusal)>) {
        self.entries.extend(refused.into_iter().map(|(at, refusal)| (at, refusal.to_string())));
    }

    /// Puts a step on the disk before it is done.
    pub fn step(&mut self, step: Step) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.append(step))
    }

    /// The same after the command has begun, where a full disk must not end what has to be done.
    pub fn must(&mut self, step: Step) {
        if let Err(error) = self.step(step) {
            say(format_args!("{error}: if tagout is killed now, nobody else goes on from here"));
            self.journal = None;
        }
    }
}
