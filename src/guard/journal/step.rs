use super::super::ci::CiRun;
use super::super::target::Target;
use super::{CodeRestored, JournalError, Restored};
use crate::host::proc::Identity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    #[serde(flatten)]
    pub step: Step,
}

/// What is done next, or was just seen.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    Begun(Box<Begun>),
    /// The way back is on the disk.
    Snapshot {
        id: String,
    },
    /// Somebody watches, and rolls back if this process dies.
    Armed {
        watchdog: Identity,
    },
    /// What stands between the command and the host has its files here.
    Doors {
        folder: PathBuf,
    },
    /// What the later steps of a job were given as variables, with what they had before.
    HandedOn {
        variables: Vec<(String, Option<String>)>,
    },
    /// From now on the host may change.
    Starting,
    /// The deploy command is about to run as this process, which leads its own group.
    Running {
        command: Identity,
    },
    /// The deploy command could not be started, so nothing has changed.
    NotStarted {
        cause: String,
    },
    /// `tagout end` goes on with what `tagout begin` began.
    Ending {
        supervisor: Identity,
    },
    Ended {
        how: String,
        took: Duration,
    },
    /// For people.
    Said {
        what: String,
    },
    /// Something that the deploy command was about to do, and was not let.
    Refused {
        what: String,
        why: String,
    },
    /// The same, but somebody had allowed it beforehand.
    LetThrough {
        what: String,
        why: String,
    },
    /// The deploy is proven good: nobody rolls it back any more.
    Stands {
        verified: bool,
    },
    /// The lock was taken away, by whom and why: nobody goes on.
    Released {
        by: String,
    },
    RollingBack {
        by: Identity,
        causes: Vec<String>,
    },
    /// The code of a folder is about to be taken back by this process, which leads its own group.
    RestoringCode {
        command: Identity,
    },
    CodeRestored(CodeRestored),
    Restored(Restored),
    RolledBack {
        complete: bool,
    },
    /// All is done and told.
    Closed,
}

/// Who deploys what: all that somebody else needs to finish it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The version that wrote this.
    pub tagout: String,
    /// The process that runs the deploy.
    pub supervisor: Identity,
    /// That of the lock's holder.
    pub token: String,
    /// The deploy command, its secrets masked.
    pub command: String,
    /// Whether it goes on when its supervisor ends, until `tagout end`.
    #[serde(default)]
    pub lease: bool,
    pub target: Target,
    pub ci: CiRun,
    /// The configuration as it was, for the deploy may change it.
    pub config: Option<WrittenConfig>,
    /// Where relative paths start.
    pub folder: PathBuf,
    /// Where the report is wanted as well.
    #[serde(default)]
    pub reports: Vec<PathBuf>,
    /// Seconds that the deploy may take.
    pub limit: u64,
    /// Its turn among the deploys of all hosts, if there is a limit.
    #[serde(default)]
    pub turn: Option<Turn>,
    /// The names of the questions that are answered with yes.
    #[serde(default)]
    pub confirmed: Vec<String>,
}

/// A lease in the store that hosts share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub key: String,
    pub token: u64,
}

impl Begun {
    /// The first line of a journal, without all that happened since.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let failed = |cause| JournalError::Read { path: path.to_owned(), cause };
        let mut line = String::new();
        let file = File::open(path).map_err(failed)?;
        BufReader::new(file).read_line(&mut line).map_err(failed)?;
        let damaged = |cause| JournalError::Damaged { path: path.to_owned(), line: 1, cause };
        match serde_json::from_str(&line).map_err(damaged)? {
            Entry { step: Step::Begun(begun), .. } => Ok(*begun),
            _ => Err(damaged(serde::de::Error::custom("it does not say which deploy began"))),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenConfig {
    pub path: PathBuf,
    pub text: String,
}
