//! What a deploy has done, on disk before the next thing is done: in come its steps, out comes the
//! [`Story`] of a deploy that was killed, from which whoever comes next finishes it. Each line is one
//! step, flushed to the disk before [`Journal::append`] returns, so whatever dies, and whenever, at
//! most the last line is cut off, and what it would have said was not done yet.

mod restored;
mod step;
mod story;

pub use restored::{CodeRestored, Restored};
pub use step::{Begun, Entry, Step, Turn, WrittenConfig};
pub use story::Story;

use crate::host::Snapshot;
use crate::store::{Store, create_private};
use jiff::Timestamp;
use miette::Diagnostic;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// How many journals are kept.
const KEPT: usize = 50;
const SUFFIX: &str = "jsonl";

#[derive(Debug, Error, Diagnostic)]
pub enum JournalError {
    #[error("the journal {path} cannot be written: {cause}")]
    #[diagnostic(help("a deploy that cannot be undone if it is killed is not begun"))]
    Write { path: PathBuf, cause: io::Error },
    #[error("the journal {path} cannot be read: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("line {line} of the journal {path} is damaged: {cause}")]
    #[diagnostic(help(
        "the deploy that wrote it cannot be finished from it; compare the host with `tagout snapshot diff`, \
         bring back what is missing with `tagout rollback`, and move the file away"
    ))]
    Damaged { path: PathBuf, line: usize, cause: serde_json::Error },
}

/// The journal of one deploy, open for writing at its end.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// A new one, that begins with `begun`.
    pub fn begin(store: &Store, begun: Begun) -> Result<Self, JournalError> {
        let folder = folder(store);
        let failed = |path: &Path, cause| JournalError::Write { path: path.to_owned(), cause };
        create_private(&folder).map_err(|cause| failed(&folder, cause))?;
        let mut at = Timestamp::now();
        let mut journal = loop {
            let path = folder.join(Snapshot::id_for(at)).with_extension(SUFFIX);
            match options().create_new(true).open(&path) {
                Ok(file) => break Self { file, path },
                // Of two in one millisecond, the second is later.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    at += jiff::SignedDuration::from_millis(1);
                }
                Err(cause) => return Err(failed(&path, cause)),
            }
        };
        journal.append(Step::Begun(Box::new(begun)))?;
        // Its name must survive a power cut too.
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(|cause| failed(&folder, cause))?;
        forget_oldest(&folder);
        Ok(journal)
    }

    /// One that another process has begun, to be gone on with.
    pub fn resume(path: &Path) -> Result<Self, JournalError> {
        let mut journal = Self::beside(path)?;
        journal.end_line()?;
        Ok(journal)
    }

    /// One that another process writes at the same time.
    pub fn beside(path: &Path) -> Result<Self, JournalError> {
        let opened = options().open(path);
        let file = opened.map_err(|cause| JournalError::Write { path: path.to_owned(), cause })?;
        Ok(Self { file, path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes a step, which is on the disk when this returns.
    pub fn append(&mut self, step: Step) -> Result<(), JournalError> {
        let written = serde_json::to_vec(&Entry { at: Timestamp::now(), step })
            .map_err(io::Error::other)
            .and_then(|mut line| {
                line.push(b'\n');
                // At once, so that lines of two writers do not mix.
                self.file.write_all(&line)?;
                self.file.sync_data()
            });
        written.map_err(|cause| JournalError::Write { path: self.path.clone(), cause })
    }

    /// Ends the line that its writer was killed in.
    fn end_line(&mut self) -> Result<(), JournalError> {
        let read = std::fs::read(&self.path);
        let text = read.map_err(|cause| JournalError::Read { path: self.path.clone(), cause })?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let cut = self.file.set_len(whole as u64);
        cut.map_err(|cause| JournalError::Write { path: self.path.clone(), cause })
    }
}

/// The deploys of this store that were begun and not ended, the oldest first.
pub fn left_behind(store: &Store) -> Result<Vec<Story>, JournalError> {
    let mut stories = all(store)?;
    stories.retain(|story| !story.closed);
    Ok(stories)
}

/// The deploys of this store that are remembered, the oldest first.
pub fn all(store: &Store) -> Result<Vec<Story>, JournalError> {
    list(&folder(store)).iter().map(|path| Story::read(path)).collect()
}

fn folder(store: &Store) -> PathBuf {
    store.root().join("journal")
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = listed
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX))
        .collect();
    paths.sort();
    paths
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).mode(0o600);
    options
}

/// Those that are not ended are kept, however many there are.
fn forget_oldest(folder: &Path) {
    let paths = list(folder);
    for path in paths.iter().take(paths.len().saturating_sub(KEPT)) {
        if Story::read(path).is_ok_and(|story| story.closed) {
            let _ = std::fs::remove_file(path);
            let _ = std::fs::remove_file(path.with_extension("log"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        serde_json::from_value(serde_json::json!({
            "tagout": "0", "token": "t", "supervisor": {"pid": 1, "started": null, "boot": null}, "command": "npm run deploy", "folder": "/srv/shop",
            "target": {"environments": [["shop", "production"]], "known_by": "Name"},
            "ci": {}, "config": null, "reports": [], "limit": 3600,
        }))
        .unwrap()
    }

    #[test]
    fn a_journal_that_was_cut_off_in_a_line_tells_all_the_lines_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        let mut journal = Journal::begin(&store, begun()).unwrap();
        journal.append(Step::Snapshot { id: "one".into() }).unwrap();
        journal.append(Step::Starting).unwrap();
        let path = journal.path().to_owned();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let story = Story::read(&path).unwrap();
        assert_eq!(story.snapshot.as_deref(), Some("one"));
        assert!(!story.started && !story.closed);
        let mut journal = Journal::resume(&path).unwrap();
        journal.append(Step::Starting).unwrap();
        assert!(Story::read(&path).unwrap().started);
        assert_eq!(left_behind(&store).unwrap().len(), 1);
        journal.append(Step::Closed).unwrap();
        assert!(left_behind(&store).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        let journal = Journal::begin(&store, begun()).unwrap();
        let text = std::fs::read_to_string(journal.path()).unwrap();
        std::fs::write(journal.path(), format!("{text}{{\"at\":\n{text}")).unwrap();
        let error = left_behind(&store).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { line: 2, .. }), "{error}");
    }
}
