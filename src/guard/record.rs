//! What happened in one deploy, from the lock to the verdict: all that a report can be written from.

use super::checks::Checks;
use super::ci::CiRun;
use super::evidence::Evidence;
use super::journal::{CodeRestored, Journal, JournalError, Restored, Step, Story};
use super::judge::{Affected, Judgement};
use super::masking::Secrets;
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
    /// How the deploy left the host, where it did not stand.
    pub evidence: Option<Evidence>,
    /// What no report may tell.
    pub secrets: Secrets,
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
            (Outcome::LetGo, _) => "Ended, for its lock was taken away: a person goes on",
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
    /// The lock was taken away from it, and nobody has looked at the host.
    LetGo,
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
    /// What the CI system says of a job that did not succeed.
    JobFailed(String),
    /// The lock was taken away, by whom and why.
    Released(String),
    /// The job never came to `tagout end`.
    NotEnded,
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
            Self::JobFailed(status) if status == "failure" => {
                f.write_str("a step of the job failed")
            }
            Self::JobFailed(status) if status == "cancelled" => {
                f.write_str("the job was cancelled")
            }
            Self::JobFailed(status) => {
                write!(f, "the job's status is `{status}`, which is not `success`")
            }
            Self::Released(by) => write!(f, "the lock was taken away by {by}"),
            Self::NotEnded => f.write_str("the job did not come to `tagout end`"),
            Self::Killed => f.write_str("tagout was killed before the deploy was proven good"),
            Self::Checks(names) => write!(f, "these checks failed: {}", names.join(", ")),
            Self::ChecksBroken(why) => write!(f, "the checks could not be run: {why}"),
        }
    }
}

/// What was done to bring the host back.
#[derive(Debug)]
pub struct Restoration {
    /// The folders whose code was taken back.
    pub code: Vec<CodeRestored>,
    /// In the order in which they were restored.
    pub items: Vec<Restored>,
    /// What went wrong apart from the items.
    pub troubles: Vec<String>,
    pub checks: Checks,
    /// What is still worse than before.
    pub left: Judgement,
}

impl Restoration {
    pub fn outcome(&self) -> Outcome {
        if self.is_complete() { Outcome::RolledBack } else { Outcome::Incomplete }
    }

    pub fn is_complete(&self) -> bool {
        self.failures().is_empty()
    }

    /// Why the host is not as it was, if it is not.
    pub fn failures(&self) -> Vec<String> {
        let code = self.code.iter().filter_map(|code| {
            let why = code.error.as_ref()?;
            Some(format!("the code in {} was not taken back: {why}", code.folder.display()))
        });
        let items = self.items.iter().filter_map(|item| {
            Some(format!("{} could not be restored: {}", item.process, item.error.as_ref()?))
        });
        let told = |harmed: &&Affected| {
            !self.items.iter().any(|item| item.process == harmed.process && item.error.is_some())
        };
        let harmed = self.left.harmed.iter().filter(told).map(|one| format!("still harmed: {one}"));
        let checks = self.checks.cause().map(|cause| format!("after the rollback, {cause}"));
        let all = self.troubles.iter().cloned().chain(code).chain(items).chain(harmed);
        all.chain(self.left.blind.iter().cloned()).chain(checks).collect()
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

    /// Who has taken the lock away, and why; there may be nobody to ask but the journal.
    pub fn released(&self) -> Option<Cause> {
        let journal = self.journal.as_ref()?;
        Story::read(journal.path()).ok()?.released.map(Cause::Released)
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

    /// What was refused meanwhile, as others have put it in the journal.
    pub fn refused(&self) -> Vec<(Timestamp, Refusal)> {
        let story = self.journal.as_ref().and_then(|journal| Story::read(journal.path()).ok());
        story.map(|story| story.refused).unwrap_or_default()
    }

    /// The same, of what is only to be known.
    pub fn remember(&mut self, said: Vec<(Timestamp, String)>) {
        self.entries.extend(said);
        self.entries.sort_by_key(|(at, _)| *at);
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
