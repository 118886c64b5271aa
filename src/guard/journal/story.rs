use super::super::refusal::Refusal;
use super::{Begun, CodeRestored, Entry, JournalError, Restored, Step};
use crate::host::proc::Identity;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a journal tells of its deploy.
#[derive(Debug)]
pub struct Story {
    pub path: PathBuf,
    pub at: Timestamp,
    /// Nothing is known of one that was killed before its first line was whole.
    pub begun: Option<Begun>,
    pub snapshot: Option<String>,
    /// The variables that the later steps of a job were given, with what they had before.
    pub handed_on: Vec<(String, Option<String>)>,
    /// Whether the host may have been changed.
    pub started: bool,
    /// Who watches, or watched last.
    pub watchdog: Option<Identity>,
    pub command: Option<Identity>,
    /// Why the command could not be started.
    pub not_started: Option<String>,
    /// The `tagout end` that goes on with it, if it is a lease.
    pub ending: Option<Identity>,
    pub ended: Option<(String, Duration)>,
    /// Whether it was proven good, and whether checks were among the proof.
    pub stands: Option<bool>,
    /// Why it is rolled back, once that has begun.
    pub causes: Option<Vec<String>>,
    /// What takes code back, and was not seen to end.
    pub restoring_code: Option<Identity>,
    pub code: Vec<CodeRestored>,
    /// Who took the lock away, and why.
    pub released: Option<String>,
    pub restored: Vec<Restored>,
    /// Whether the rollback ended, and brought everything back.
    pub rolled_back: Option<bool>,
    pub closed: bool,
    pub said: Vec<(Timestamp, String)>,
    /// What the command was not let do; said, too.
    pub refused: Vec<(Timestamp, Refusal)>,
    /// What it was let do although it is not to be done; said, too.
    pub let_through: Vec<(Timestamp, String)>,
    /// Where on the disk is what stands between the command and the host.
    pub doors: Option<PathBuf>,
}

impl Story {
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|cause| JournalError::Read { path: path.to_owned(), cause })?;
        let mut story = Self {
            path: path.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            begun: None,
            snapshot: None,
            handed_on: Vec::new(),
            started: false,
            watchdog: None,
            command: None,
            not_started: None,
            ending: None,
            ended: None,
            stands: None,
            causes: None,
            restoring_code: None,
            code: Vec::new(),
            released: None,
            restored: Vec::new(),
            rolled_back: None,
            closed: false,
            said: Vec::new(),
            refused: Vec::new(),
            let_through: Vec::new(),
            doors: None,
        };
        // What follows the last end of a line was being written when its writer was killed.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (number, line) in whole.lines().enumerate() {
            let entry: Entry = serde_json::from_str(line).map_err(|cause| {
                JournalError::Damaged { path: path.to_owned(), line: number + 1, cause }
            })?;
            story.take(entry);
        }
        Ok(story)
    }

    fn take(&mut self, Entry { at, step }: Entry) {
        match step {
            Step::Begun(begun) => (self.at, self.begun) = (at, Some(*begun)),
            Step::Snapshot { id } => self.snapshot = Some(id),
            Step::Armed { watchdog } => self.watchdog = Some(watchdog),
            Step::HandedOn { variables } => self.handed_on = variables,
            Step::Starting => self.started = true,
            Step::Running { command } => self.command = Some(command),
            Step::NotStarted { cause } => self.not_started = Some(cause),
            Step::Ending { supervisor } => self.ending = Some(supervisor),
            Step::Ended { how, took } => self.ended = Some((how, took)),
            Step::Said { what } => self.said.push((at, what)),
            Step::Refused { what, why } => {
                let refusal = Refusal { what, why };
                self.said.push((at, refusal.to_string()));
                self.refused.push((at, refusal));
            }
            Step::LetThrough { what, why } => {
                self.let_through.push((at, format!("{what} let through: {why}")));
                self.said.extend(self.let_through.last().cloned());
            }
            Step::Doors { folder } => self.doors = Some(folder),
            Step::Stands { verified } => self.stands = Some(verified),
            Step::Released { by } => self.released = Some(by),
            Step::RollingBack { causes, .. } => {
                self.causes.get_or_insert(causes);
            }
            Step::RestoringCode { command } => self.restoring_code = Some(command),
            Step::CodeRestored(code) => {
                self.restoring_code = None;
                self.code.push(code);
            }
            Step::Restored(restored) => self.restored.push(Restored { at, ..restored }),
            Step::RolledBack { complete } => self.rolled_back = Some(complete),
            Step::Closed => self.closed = true,
        }
    }

    /// Whether it goes on though its supervisor has ended: `tagout end` is yet to come.
    pub fn waits_for_its_end(&self) -> bool {
        let is_lease = self.begun.as_ref().is_some_and(|begun| begun.lease);
        is_lease && self.started && self.ending.is_none() && !self.closed
    }

    /// Whether anything on the host may be other than it was.
    pub fn may_have_changed_the_host(&self) -> bool {
        self.started && self.not_started.is_none()
    }
}
