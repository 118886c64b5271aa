//! Finishing a deploy that was killed. In comes its [`Story`], out goes the [`Record`] of how it ended:
//! as proven good, if it was; else the host is brought back. Whoever calls this holds the host's lock.

use super::checks::Checks;
use super::doors;
use super::guarded::{Guarded, Look};
use super::journal::{Begun, Journal, JournalError, Step, Story};
use super::judge::Judgement;
use super::masking::Secrets;
use super::record::{Cause, CommandEnd, CommitMove, Outcome, Record, Restoration, Timeline};
use super::supervise;
use crate::config::{self, Config, ConfigError};
use crate::host::Snapshot;
use crate::policy;
use crate::store::{Store, StoreError};
use miette::Diagnostic;
use thiserror::Error;

#[derive(Debug, Error, Diagnostic)]
pub enum RecoveryError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
    #[error("the deploy that was killed cannot be rolled back: {0}")]
    #[diagnostic(transparent)]
    Snapshot(#[source] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
}

/// Finishes the deploy. None if it was killed before it could have changed anything.
pub fn finish(story: Story, store: &Store) -> Result<Option<Record>, RecoveryError> {
    let mut journal = Journal::resume(&story.path)?;
    if let Some(folder) = &story.doors {
        doors::clear(folder);
    }
    let changed = story.may_have_changed_the_host();
    let (Some(begun), Some(id), true) = (&story.begun, &story.snapshot, changed) else {
        journal.append(Step::Closed)?;
        return Ok(None);
    };
    let before = store.load(Some(id)).map_err(RecoveryError::Snapshot)?;
    let config = configuration(begun)?;
    let timeline = Timeline::in_journal(journal, story.said.clone());
    Ok(Some(if let Some(by) = story.released.clone() {
        told(&story, begun, before, timeline, Told::Released { by })
    } else if let Some(verified) = story.stands {
        told(&story, begun, before, timeline, Told::Stands { verified })
    } else if let Some(complete) = story.rolled_back {
        told(&story, begun, before, timeline, Told::RolledBack { complete })
    } else {
        rolled_back(&story, begun, before, &config, timeline)
    }))
}

/// The configuration as it was when the deploy began.
pub(super) fn configuration(begun: &Begun) -> Result<Config, ConfigError> {
    let Some(written) = &begun.config else { return Ok(Config::default()) };
    let mut config = config::parse(&written.path, &written.text)?;
    policy::read_ecosystems(&mut config);
    Ok(config)
}

fn rolled_back(
    story: &Story,
    begun: &Begun,
    before: Snapshot,
    config: &Config,
    mut timeline: Timeline,
) -> Record {
    let (what, cause) = match story.waits_for_its_end() {
        true => ("never came to `tagout end`", Cause::NotEnded),
        false => ("was killed", Cause::Killed),
    };
    timeline.say(format!("going on with the deploy that {what}: {}", begun.command));
    for command in story.command.iter().chain(&story.restoring_code) {
        supervise::end_left_behind(command);
    }
    let managers = before.managers();
    let (target, confirmed) = (&begun.target, begun.confirmed.clone());
    let mut guarded = Guarded { config, target, managers, before, timeline, confirmed };
    let (after, harm) = guarded.look(false, Look::WhenQuiet);
    guarded.tell("harmed", &harm);
    let mut causes = vec![cause];
    causes.extend(story.causes.iter().flatten().cloned().map(Cause::Found));
    let secrets = Secrets::of(&guarded.before);
    let evidence = Some(guarded.evidence(&harm, &secrets));
    let mut restoration = guarded.restore(&causes, &after, &story.code);
    // What the one who was killed had restored already.
    restoration.items.splice(0..0, story.restored.iter().cloned());
    Record {
        commits: guarded.commits(&after),
        harm,
        outcome: restoration.outcome(),
        restoration: Some(restoration),
        evidence,
        causes,
        ..untold(story, begun, &guarded.before, guarded.timeline)
    }
}

/// What was over, and not told yet.
enum Told {
    Stands { verified: bool },
    RolledBack { complete: bool },
    Released { by: String },
}

fn told(story: &Story, begun: &Begun, before: Snapshot, timeline: Timeline, what: Told) -> Record {
    let record = untold(story, begun, &before, timeline);
    match what {
        Told::Stands { verified } => Record {
            outcome: Outcome::Deployed,
            checks: if verified { Checks::Lost } else { Checks::None },
            verified,
            ..record
        },
        Told::Released { by } => {
            Record { outcome: Outcome::LetGo, causes: vec![Cause::Released(by)], ..record }
        }
        Told::RolledBack { complete } => Record {
            outcome: if complete { Outcome::RolledBack } else { Outcome::Incomplete },
            causes: story.causes.iter().flatten().cloned().map(Cause::Found).collect(),
            restoration: Some(Restoration {
                code: story.code.clone(),
                items: story.restored.clone(),
                troubles: Vec::new(),
                checks: Checks::Lost,
                left: Judgement::default(),
            }),
            ..record
        },
    }
}

/// What is known of the deploy whatever became of it.
fn untold(story: &Story, begun: &Begun, before: &Snapshot, timeline: Timeline) -> Record {
    let (how, took) = match &story.ended {
        Some((how, took)) => (how.clone(), Some(*took)),
        None if story.waits_for_its_end() => {
            ("not known, for the job did not come to `tagout end`".to_owned(), None)
        }
        None => ("not known, for tagout was killed before".to_owned(), None),
    };
    Record {
        host: before.host.clone(),
        command: begun.command.clone(),
        target: begun.target.to_string(),
        ci: begun.ci.clone(),
        snapshot: before.id.clone(),
        commits: Vec::<CommitMove>::new(),
        end: CommandEnd { how, started: Some(story.at), took },
        harm: Judgement::default(),
        checks: Checks::NotRun,
        causes: Vec::new(),
        restoration: None,
        evidence: None,
        secrets: Secrets::of(before),
        outcome: Outcome::Incomplete,
        verified: false,
        timeline,
    }
}
