//! The end of a deploy, be it by the one who began it, by its watchdog or by whoever comes next.

use super::Exit;
use crate::guard::fleet;
use crate::guard::journal::{self, Step, Story};
use crate::guard::lock::HostLock;
use crate::guard::record::{Outcome, Record};
use crate::guard::recovery;
use crate::guard::voice::say;
use crate::guard::watchdog;
use crate::host::proc::Identity;
use crate::incident;
use crate::store::Store;
use std::path::{Path, PathBuf};

/// Finishes the deploys that were killed, with all who would have gone on with them. The exit is
/// that of the last; nothing if there was none.
pub fn left_behind(store: &Store, lock: &HostLock) -> miette::Result<Option<Exit>> {
    let stories = journal::left_behind(store)?;
    if let (Some(dead), true) = (&lock.left_behind, stories.is_empty()) {
        say(format_args!("the last holder of the lock died without releasing it: {dead}"));
    }
    let mut exit = None;
    for story in stories {
        say("a deploy was killed, and nobody went on with it");
        exit = finish(story, store)?.or(exit);
    }
    Ok(exit)
}

/// Goes on with one deploy that was killed. Nothing if it had changed nothing.
pub fn finish(story: Story, store: &Store) -> miette::Result<Option<Exit>> {
    let reports: Vec<PathBuf> =
        story.begun.iter().flat_map(|begun| begun.reports.iter().cloned()).collect();
    let Some(record) = recovery::finish(story, store)? else {
        say("it had changed nothing");
        return Ok(None);
    };
    Ok(Some(tell(record, store, &reports)))
}

/// What a watchdog does: waits for the end of a deploy, and finishes it if it was killed.
pub fn watch(journal: &Path, stay: bool) -> miette::Result<Exit> {
    if !stay {
        watchdog::start(journal)?;
        return Ok(Exit::Fine);
    }
    let Some((story, lock)) = watchdog::watch(journal)? else { return Ok(Exit::Fine) };
    if let Some(begun) = &story.begun {
        let why = if story.waits_for_its_end() { "it never ended" } else { "it was killed" };
        let command = format!("finishing, after {why}: {}", begun.command);
        lock.sign(Identity::of_this_process(), command, begun.ci.url.clone());
        // What probes and hooks call by a relative path starts there.
        let _ = std::env::set_current_dir(&begun.folder);
    }
    let exit = finish(story, &Store::from_env()?)?;
    lock.release();
    Ok(exit.unwrap_or(Exit::Fine))
}

/// Writes the report, says how the deploy ended, and closes its journal. What the deploy did is done,
/// so a report that cannot be written changes nothing of its outcome.
pub fn tell(mut record: Record, store: &Store, reports: &[PathBuf]) -> Exit {
    let written = incident::write(&record, store, reports);
    for path in &written.paths {
        say(format_args!("report: {}", path.display()));
    }
    for (path, error) in &written.failed {
        say(format_args!("the report could not be written to {}: {error}", path.display()));
    }
    say(record.headline());
    record.timeline.must(Step::Closed);
    if let Some(journal) = record.timeline.path() {
        fleet::over(journal, store, record.headline());
    }
    match record.outcome {
        Outcome::Deployed => Exit::Fine,
        Outcome::RolledBack => Exit::RolledBack,
        Outcome::Incomplete | Outcome::LetGo => Exit::NeedsPerson,
    }
}
