//! Bringing the host back to its snapshot after a deploy that does not stand: first the code, if the
//! configuration says how, then the processes, then a look whether all is as it was. Each step is in
//! the journal, so that whoever goes on after a crash does nothing twice.

use super::checks;
use super::guarded::{Guarded, Look};
use super::journal::{CodeRestored, Restored, Step};
use super::judge::judge;
use super::record::{Cause, Restoration};
use super::rollback::{self, Action, Event, Hook, Pace};
use super::voice::shown_duration;
use crate::host::proc::Identity;
use crate::host::{Condition, Process, Snapshot};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

impl Guarded<'_> {
    /// Brings the host back to the snapshot, and looks whether it is. `done` is the code that was
    /// taken back already.
    pub fn restore(
        &mut self,
        causes: &[Cause],
        now: &Snapshot,
        done: &[CodeRestored],
    ) -> Restoration {
        self.timeline.must(Step::RollingBack {
            by: Identity::of_this_process(),
            causes: causes.iter().map(ToString::to_string).collect(),
        });
        for cause in causes {
            self.timeline.say(format!("rolling back: {cause}"));
        }
        let code = self.restore_code(done);
        if code.len() == done.len() {
            return self.restore_processes(now, code);
        }
        // The command may have restarted something.
        let (now, _) = self.look(false, Look::WhenQuiet);
        self.restore_processes(&now, code)
    }

    fn restore_processes(&mut self, now: &Snapshot, code: Vec<CodeRestored>) -> Restoration {
        let Self { config, target, .. } = self;
        let orphans = self.managers.iter().flat_map(|one| one.orphans(&self.before, now)).collect();
        let plan = rollback::plan(&self.before, now, orphans, config);
        if plan.is_empty() {
            self.timeline.say("nothing has to be restored");
        }
        let pace = Pace { budget: config.rollback.within, ..Pace::default() };
        let mut items = Vec::new();
        let timeline = &mut self.timeline;
        let done = rollback::execute(&plan, &self.before, config, pace, &mut |event| {
            if let Event::Done(done) = &event {
                let item = Restored {
                    at: Timestamp::now(),
                    process: done.key.to_string(),
                    action: done_word(done.action).to_owned(),
                    took: done.took,
                    error: done.result.clone().err(),
                };
                timeline.must(Step::Restored(item.clone()));
                items.push(item);
            }
            timeline.say(told(&event));
        });
        let troubles = done.troubles;
        let mut left = judge(&done.left, None, target, config);
        let checks = self.check(checks::insist, false);
        if left.is_harmless() {
            (_, left) = self.look(false, Look::AtOnce);
        }
        self.tell("still harmed", &left);
        for item in items.iter_mut().filter(|item| item.error.is_none()) {
            if let Some(fallen) = left.harmed.iter().find(|one| one.process == item.process) {
                item.error = Some(format!("it did not stay: {}", fallen.what.word()));
            }
        }
        let restoration = Restoration { code, items, troubles, checks, left };
        for failure in restoration.failures() {
            self.timeline.say(format!("the rollback is incomplete: {failure}"));
        }
        self.timeline.must(Step::RolledBack { complete: restoration.is_complete() });
        restoration
    }

    /// Takes the code back in each folder that was deployed to, if the configuration says how; all
    /// that was done, with what was `done` before.
    fn restore_code(&mut self, done: &[CodeRestored]) -> Vec<CodeRestored> {
        let mut all = done.to_vec();
        let Some(text) = self.config.rollback.run.as_deref() else { return all };
        let bad = self.was_bad();
        let deadline = Instant::now() + self.config.rollback.run_within;
        for (folder, commit) in self.deployed_folders() {
            if all.iter().any(|code| code.folder == folder) {
                continue;
            }
            let code = match &bad {
                // It would be taken from one bad state to another.
                Some(why) => CodeRestored {
                    folder,
                    commit,
                    took: Duration::ZERO,
                    error: Some(format!("it was bad before the deploy, too: {why}")),
                },
                None => self.run_hook(text, folder, commit, deadline),
            };
            let shown = code.folder.display();
            self.timeline.say(match &code.error {
                None => format!("took the code in {shown} back in {}", shown_duration(code.took)),
                Some(why) => format!("the code in {shown} is not taken back: {why}"),
            });
            self.timeline.must(Step::CodeRestored(code.clone()));
            all.push(code);
        }
        all
    }

    fn run_hook(
        &mut self,
        text: &str,
        folder: PathBuf,
        commit: Option<String>,
        deadline: Instant,
    ) -> CodeRestored {
        let hook = Hook { text, limit: deadline.saturating_duration_since(Instant::now()) };
        let here = if folder.is_dir() { folder.as_path() } else { self.config.folder() };
        let (app, environment) = self.target.environments().next().unwrap_or_default();
        let variables = [
            ("TAGOUT_FOLDER", folder.display().to_string()),
            ("TAGOUT_OLD_COMMIT", commit.clone().unwrap_or_default()),
            ("TAGOUT_SNAPSHOT", self.before.id.clone()),
            ("TAGOUT_APP", app.to_owned()),
            ("TAGOUT_ENVIRONMENT", environment.to_owned()),
        ];
        let begun = Instant::now();
        let timeline = &mut self.timeline;
        let result = rollback::run_hook(hook, here, &variables, |command| {
            timeline.must(Step::RestoringCode { command });
        });
        CodeRestored { folder, commit, took: begun.elapsed(), error: result.err() }
    }

    /// The folders of what is deployed, each with the commit that was checked out there. Where the
    /// inventory names none, the code is in the folder of the configuration.
    fn deployed_folders(&self) -> Vec<(PathBuf, Option<String>)> {
        let own = self.config.environments().filter(|(app, environment, _)| {
            self.target.environments().any(|target| target == (*app, *environment))
        });
        let mut folders: Vec<PathBuf> = own
            .flat_map(|(_, _, declared)| &declared.paths)
            .map(|path| self.config.folder().join(path))
            .collect();
        if folders.is_empty() {
            folders.push(self.config.folder().to_owned());
        }
        let commit = |folder: &Path| {
            let recorded = self.before.commits.iter().find(|commit| commit.path == folder);
            recorded.map(|commit| commit.commit.clone())
        };
        folders.into_iter().map(|folder| (folder.clone(), commit(&folder))).collect()
    }

    /// Why the state before the deploy is none to go back to: nothing of the app that should run ran.
    fn was_bad(&self) -> Option<String> {
        let own: Vec<&Process> = self
            .before
            .processes()
            .filter(|process| self.target.owns(process.key.owner(self.config)))
            .filter(|process| process.key.manager.restores())
            .filter(|process| process.condition() != Condition::Stopped)
            .collect();
        let bad = |process: &&Process| {
            process.condition() == Condition::Failed || process.was_looping(self.before.taken)
        };
        (!own.is_empty() && own.iter().all(bad)).then(|| {
            let names: Vec<String> =
                own.iter().map(|one| format!("{} was {}", one.key, one.status)).collect();
            names.join(", ")
        })
    }
}

/// What was done to a process, for people.
fn done_word(action: Action) -> &'static str {
    match action {
        Action::PutBack => "put back",
        Action::PutBackDown => "put back, down as it was",
        Action::Restart => "started",
        Action::Replace => "put back with its old settings",
        Action::Stop => "stopped as it was",
    }
}

fn told(event: &Event<'_>) -> String {
    match event {
        Event::EndingOrphan(orphan) => {
            format!("ending {} (pid {}), left behind by its manager", orphan.key, orphan.pid)
        }
        Event::OrphanLeft(orphan, why) => format!("{} was left behind: {why}", orphan.key),
        Event::Waking(manager) => format!("starting the {manager} daemon"),
        Event::NotAwake(manager, why) => format!("the {manager} daemon does not start: {why}"),
        Event::Done(done) => {
            let took = shown_duration(done.took);
            match &done.result {
                Ok(()) => format!("restored {} in {took}: {}", done.key, done_word(done.action)),
                Err(why) => format!("{} is not restored after {took}: {why}", done.key),
            }
        }
        Event::Comparing => "comparing the host with the snapshot".to_owned(),
        Event::Saved(manager) => format!("saved the {manager} list, as it was saved before"),
        Event::NotSaved(_, why) => why.to_string(),
    }
}
