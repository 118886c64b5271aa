//! What stands on the page, as plain words: the template only lays it out.

use super::Severity;
use super::escape::code;
use crate::guard::checks::{CHECKLIST, Checks};
use crate::guard::judge::{Affected, Judgement};
use crate::guard::masking::masked;
use crate::guard::record::{Record, Restored};
use crate::guard::voice::shown_duration;
use crate::host::diff::{Glance, What};
use crate::probe::ProbeReport;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
pub struct Page {
    headline: String,
    facts: Vec<(&'static str, String)>,
    causes: Vec<String>,
    harmed: Vec<AffectedRow>,
    restored: Vec<RestoredRow>,
    told: Vec<AffectedRow>,
    checks: Vec<CheckList>,
    todo: Vec<String>,
    timeline: Vec<(String, String)>,
}

#[derive(Serialize)]
struct AffectedRow {
    process: String,
    whose: String,
    before: String,
    after: String,
}

#[derive(Serialize)]
struct RestoredRow {
    process: String,
    action: String,
    took: String,
    result: String,
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
    severity: String,
    message: String,
}

impl Page {
    pub fn of(record: &Record) -> Self {
        Self {
            headline: record.headline().to_owned(),
            facts: facts(record),
            causes: record.causes.iter().map(ToString::to_string).collect(),
            harmed: record.harm.harmed.iter().map(affected).collect(),
            restored: record
                .restoration
                .iter()
                .flat_map(|done| &done.items)
                .map(restored)
                .collect(),
            told: record.harm.told.iter().map(affected).collect(),
            checks: check_lists(record),
            todo: todo(record),
            timeline: record
                .timeline
                .entries
                .iter()
                .map(|(at, what)| (time(*at), what.clone()))
                .collect(),
        }
    }
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let end = &record.end;
    let after = end.took.map(|took| format!(", after {}", shown_duration(took)));
    let mut facts = vec![
        ("Severity", severity(record)),
        ("Host", code(&record.host)),
        ("Deployed", record.target.clone()),
        ("Command", code(&record.command)),
        ("It ended", format!("{}{}", end.how, after.unwrap_or_default())),
    ];
    facts.extend(end.started.map(|started| ("Started (UTC)", time(started))));
    facts.extend(record.ci.commit.as_deref().map(|commit| ("Commit", code(commit))));
    for moved in &record.commits {
        let path = code(&moved.path.to_string_lossy());
        let before = code(&moved.before);
        facts.push((
            "Checkout",
            match &moved.after {
                Some(after) if *after != moved.before => {
                    format!("{path}: {before} → {}", code(after))
                }
                Some(_) => format!("{path}: {before}, unchanged"),
                None => format!("{path}: {before} → gone"),
            },
        ));
    }
    facts.extend(record.ci.url.clone().map(|url| ("Run", url)));
    facts.extend(record.ci.actor.as_deref().map(|actor| ("Started by", code(actor))));
    facts.push(("Snapshot", code(&record.snapshot)));
    facts
}

/// What was down decides; where nothing was, what the failed checks say.
fn severity(record: &Record) -> String {
    if let Some(severity) = Severity::of(&record.harm) {
        return severity.to_string();
    }
    match &record.checks {
        Checks::Ran(report) => match &report.severity {
            Some(severity) => format!("{severity}: nothing was down, but checks failed"),
            None => "none: nothing was down".to_owned(),
        },
        _ => "none: nothing was down".to_owned(),
    }
}

fn affected(one: &Affected) -> AffectedRow {
    AffectedRow {
        process: one.process.clone(),
        whose: one.whose.to_string(),
        before: one.before.as_ref().map_or("not there".into(), glance),
        after: match (&one.what, &one.after) {
            (What::Missing, _) | (_, None) => one.what.word().to_owned(),
            (what, Some(after)) => format!("{}: {}", what.word(), glance(after)),
        },
    }
}

fn glance(glance: &Glance) -> String {
    match glance.pid {
        Some(pid) => format!("{}, pid {pid}", glance.status),
        None => glance.status.to_string(),
    }
}

fn restored(one: &Restored) -> RestoredRow {
    RestoredRow {
        process: one.process.clone(),
        action: one.action.clone(),
        took: shown_duration(one.took),
        result: one.result.clone().err().unwrap_or_else(|| "verified".to_owned()),
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
        severity: if probe.outcome.is_bad() { probe.severity.clone() } else { String::new() },
        message: masked(probe.message.as_deref().unwrap_or_default()),
    }
}

/// What tagout could not do, or does not do.
fn todo(record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    match &record.restoration {
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
            lines.extend(done.troubles.iter().map(|trouble| format!("Look at this: {trouble}.")));
            lines.extend(still_wrong(&done.left));
            let failed =
                done.items.iter().filter_map(|one| Some((one, one.result.as_ref().err()?)));
            lines.extend(
                failed.map(|(one, why)| format!("{} could not be restored: {why}.", one.process)),
            );
            lines.extend(done.checks.cause().map(|cause| format!("After the rollback, {cause}.")));
            lines.push(
                "Files and databases are as the deploy left them: tagout restores processes only."
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

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
