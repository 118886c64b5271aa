//! What stands on the page, as plain words: the templates only lay it out.

use super::severity;
use crate::guard::checks::{CHECKLIST, Checks};
use crate::guard::evidence::Space;
use crate::guard::journal::{CodeRestored, Restored};
use crate::guard::judge::{Affected, Judgement};
use crate::guard::masking::masked;
use crate::guard::record::{Outcome, Record, Restoration};
use crate::guard::refusal::Refusal;
use crate::guard::voice::shown_duration;
use crate::host::diff::{Glance, What};
use crate::probe::ProbeReport;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
pub struct Page {
    headline: String,
    /// `good`, `back` or `bad`.
    tone: &'static str,
    facts: Vec<Fact>,
    /// The heading of the causes.
    why: &'static str,
    causes: Vec<String>,
    /// Why the rollback is not complete.
    failures: Vec<String>,
    refused: Vec<RefusedRow>,
    harmed: Vec<AffectedRow>,
    code: Vec<CodeRow>,
    restored: Vec<RestoredRow>,
    told: Vec<AffectedRow>,
    checks: Vec<CheckList>,
    todo: Vec<String>,
    timeline: Vec<(String, String)>,
    space: Vec<String>,
    logs: Vec<LogRow>,
    /// Whether people will want to talk about it.
    review: bool,
}

/// A word or two as code, and text after it.
#[derive(Serialize)]
struct Fact {
    name: &'static str,
    code: String,
    text: String,
}

#[derive(Serialize)]
struct RefusedRow {
    at: String,
    what: String,
    why: String,
}

#[derive(Serialize)]
struct AffectedRow {
    process: String,
    whose: String,
    before: String,
    after: String,
    /// How long it was down at most, if it is back.
    down: String,
}

#[derive(Serialize)]
struct CodeRow {
    folder: String,
    commit: String,
    took: String,
    result: String,
    ok: bool,
}

#[derive(Serialize)]
struct RestoredRow {
    at: String,
    process: String,
    action: String,
    took: String,
    result: String,
    ok: bool,
}

#[derive(Serialize)]
struct CheckList {
    title: String,
    rows: Vec<ShownCheck>,
}

#[derive(Serialize)]
struct ShownCheck {
    name: String,
    outcome: &'static str,
    bad: bool,
    severity: String,
    message: String,
}

#[derive(Serialize)]
struct LogRow {
    of: String,
    path: String,
    text: String,
}

impl Page {
    pub fn of(record: &Record) -> Self {
        let done = record.restoration.as_ref();
        let evidence = record.evidence.as_ref();
        let space = evidence.iter().flat_map(|it| it.disks.iter().chain(&it.memory));
        let logs = evidence.iter().flat_map(|it| &it.logs).map(|log| LogRow {
            of: log.of.clone(),
            path: log.path.display().to_string(),
            text: log.lines.join("\n"),
        });
        let refused = record.timeline.refused().into_iter();
        let refused =
            refused.map(|(at, Refusal { what, why })| RefusedRow { at: time(at), what, why });
        Self {
            headline: record.headline().to_owned(),
            tone: match record.outcome {
                Outcome::Deployed => "good",
                Outcome::RolledBack => "back",
                Outcome::Incomplete | Outcome::LetGo => "bad",
            },
            facts: facts(record),
            why: match record.outcome {
                Outcome::LetGo => "Why it was ended",
                _ => "Why it was rolled back",
            },
            causes: record.causes.iter().map(ToString::to_string).collect(),
            failures: done.map(Restoration::failures).unwrap_or_default(),
            refused: refused.collect(),
            harmed: record.harm.harmed.iter().map(|one| affected(one, record)).collect(),
            code: done.iter().flat_map(|done| &done.code).map(code_row).collect(),
            restored: done.iter().flat_map(|done| &done.items).map(restored).collect(),
            told: record.harm.told.iter().map(|one| affected(one, record)).collect(),
            checks: check_lists(record),
            todo: todo(record),
            timeline: record
                .timeline
                .entries
                .iter()
                .map(|(at, what)| (time(*at), what.clone()))
                .collect(),
            space: space.map(space_left).collect(),
            logs: logs.collect(),
            review: record.outcome != Outcome::Deployed,
        }
    }
}

fn facts(record: &Record) -> Vec<Fact> {
    let text = |name, text: String| Fact { name, code: String::new(), text };
    let code = |name, code: &str| Fact { name, code: code.to_owned(), text: String::new() };
    let end = &record.end;
    let after = end.took.map(|took| format!(", after {}", shown_duration(took)));
    let mut facts = vec![
        text("Severity", severity::told(record)),
        code("Host", &record.host),
        text("Deployed", record.target.clone()),
        code("Command", &record.command),
        text("It ended", format!("{}{}", end.how, after.unwrap_or_default())),
    ];
    facts.extend(end.started.map(|started| text("Started (UTC)", time(started))));
    facts.extend(record.duration().map(|all| text("All took", shown_duration(all))));
    facts.extend(record.ci.commit.as_deref().map(|commit| code("Commit", commit)));
    facts.extend(record.commits.iter().map(|moved| Fact {
        name: "Checkout",
        code: moved.path.display().to_string(),
        text: match &moved.after {
            Some(after) if *after != moved.before => format!(": {} → {after}", moved.before),
            Some(_) => format!(": {}, unchanged", moved.before),
            None => format!(": {} → gone", moved.before),
        },
    }));
    facts.extend(record.ci.url.clone().map(|url| text("Run", url)));
    facts.extend(record.ci.actor.as_deref().map(|actor| code("Started by", actor)));
    facts.push(code("Snapshot", &record.snapshot));
    facts
}

fn affected(one: &Affected, record: &Record) -> AffectedRow {
    let down = record.down_at_most(one).map(|time| format!("at most {}", shown_duration(time)));
    AffectedRow {
        process: one.process.clone(),
        whose: one.whose.to_string(),
        before: one.before.as_ref().map_or("not there".into(), glance),
        after: match (&one.what, &one.after) {
            (What::Missing, _) | (_, None) => one.what.word().to_owned(),
            (what, Some(after)) => format!("{}: {}", what.word(), glance(after)),
        },
        down: down.unwrap_or_default(),
    }
}

fn glance(glance: &Glance) -> String {
    match glance.pid {
        Some(pid) => format!("{}, pid {pid}", glance.status),
        None => glance.status.to_string(),
    }
}

fn code_row(one: &CodeRestored) -> CodeRow {
    CodeRow {
        folder: one.folder.display().to_string(),
        commit: one.commit.clone().unwrap_or_default(),
        took: shown_duration(one.took),
        result: one.error.clone().unwrap_or_else(|| "done".to_owned()),
        ok: one.error.is_none(),
    }
}

fn restored(one: &Restored) -> RestoredRow {
    RestoredRow {
        at: time(one.at),
        process: one.process.clone(),
        action: one.action.clone(),
        took: shown_duration(one.took),
        result: one.error.clone().unwrap_or_else(|| "verified".to_owned()),
        ok: one.error.is_none(),
    }
}

fn check_lists(record: &Record) -> Vec<CheckList> {
    let after = record.restoration.as_ref().map(|done| ("After the rollback", &done.checks));
    let all = [("After the deploy", &record.checks)].into_iter().chain(after);
    all.map(|(when, checks)| match checks {
        Checks::None => CheckList {
            title: format!("{when}: there is no checklist `{CHECKLIST}`, so nothing was checked but the processes."),
            rows: Vec::new(),
        },
        Checks::NotRun => CheckList { title: format!("{when}: not run."), rows: Vec::new() },
        Checks::Lost => CheckList {
            title: format!("{when}: passed; what they saw is lost, for tagout was killed before it was told."),
            rows: Vec::new(),
        },
        Checks::Broken(why) => {
            CheckList { title: format!("{when}: could not be run: {why}"), rows: Vec::new() }
        }
        Checks::Ran(report) => {
            CheckList { title: format!("{when}:"), rows: report.probes.iter().map(check).collect() }
        }
    })
    .collect()
}

fn check(probe: &ProbeReport) -> ShownCheck {
    ShownCheck {
        name: probe.name.clone(),
        outcome: probe.outcome.word(),
        bad: probe.outcome.is_bad(),
        severity: if probe.outcome.is_bad() { probe.severity.clone() } else { String::new() },
        message: masked(probe.message.as_deref().unwrap_or_default()),
    }
}

/// What tagout could not do, or does not do.
pub fn todo(record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    match &record.restoration {
        None if record.outcome == Outcome::LetGo => {
            let id = &record.snapshot;
            lines.push(format!(
                "Compare the host with the snapshot: `tagout snapshot diff {id}`; bring back what is missing: `tagout rollback {id}`."
            ));
        }
        None => {
            if matches!(record.checks, Checks::None) {
                lines.push(format!(
                    "Nothing verified this deploy but the comparison of processes: give tagout.yml a checklist {CHECKLIST}."
                ));
            }
            let gone = record
                .harm
                .told
                .iter()
                .filter(|one| matches!(one.what, What::Missing | What::Stopped));
            lines.extend(
                gone.map(|one| format!("Was {} meant to go? ({})", one.process, one.what.word())),
            );
        }
        Some(done) => {
            lines.extend(still_wrong(&done.left));
            lines.push(
                if done.code.is_empty() {
                    "Files and databases are as the deploy left them: tagout restores processes only."
                } else {
                    "Databases, and files that `rollback.run` does not know, are as the deploy left them."
                }
                .to_owned(),
            );
        }
    }
    lines
}

fn still_wrong(left: &Judgement) -> impl Iterator<Item = String> {
    let harmed = left.harmed.iter().map(|one| format!("Bring back {one}."));
    harmed.chain(left.blind.iter().map(|blind| format!("Look at this: {blind}.")))
}

/// `/: 12.3 GB of 99.0 GB free`.
fn space_left(space: &Space) -> String {
    let shown = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    format!("{}: {} of {} free", space.of, shown(space.free), shown(space.total))
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

impl Record {
    /// From the start of the deploy to what was seen last.
    pub fn duration(&self) -> Option<Duration> {
        let (last, _) = self.timeline.entries.last()?;
        Duration::try_from(last.duration_since(self.end.started?)).ok()
    }

    /// A process that was harmed by the deploy went down after it began, and ran again when it was
    /// restored.
    pub fn down_at_most(&self, harmed: &Affected) -> Option<Duration> {
        let items = self.restoration.iter().flat_map(|done| &done.items);
        let mut back = items.filter(|item| item.process == harmed.process && item.error.is_none());
        Duration::try_from(back.next()?.at.duration_since(self.end.started?)).ok()
    }
}
