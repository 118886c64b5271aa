//! The report as JSON, of which `docs/report.schema.json` is the schema.

use super::page::todo;
use super::severity;
use crate::guard::checks::Checks;
use crate::guard::judge::{Affected, Judgement, Whose};
use crate::guard::record::{Outcome, Record, Restoration};
use crate::host::diff::Glance;
use serde_json::{Value, json};
use std::time::Duration;

/// The version of this format.
const FORMAT: u32 = 1;

/// All that is known of a deploy.
pub fn value(record: &Record) -> Value {
    let refused = record.timeline.refused();
    json!({
        "version": FORMAT,
        "tool": {"name": "tagout", "version": env!("CARGO_PKG_VERSION")},
        "outcome": match record.outcome {
            Outcome::Deployed => "deployed",
            Outcome::RolledBack => "rolled-back",
            Outcome::Incomplete => "incomplete",
            Outcome::LetGo => "let-go",
        },
        "verified": record.verified,
        "severity": severity::level(record),
        "host": record.host,
        "snapshot": record.snapshot,
        "target": record.target,
        "command": {
            "line": record.command,
            "ended": record.end.how,
            "started": record.end.started,
            "took_ms": record.end.took.map(milliseconds),
        },
        "took_ms": record.duration().map(milliseconds),
        "run": {
            "url": record.ci.url,
            "workflow": record.ci.workflow,
            "commit": record.ci.commit,
            "actor": record.ci.actor,
        },
        "commits": record.commits.iter().map(|moved| json!({
            "path": moved.path, "before": moved.before, "after": moved.after,
        })).collect::<Vec<_>>(),
        "causes": record.causes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "refused": refused.iter().map(|(at, one)| json!({
            "at": at, "what": one.what, "why": one.why,
        })).collect::<Vec<_>>(),
        "harm": judgement(&record.harm, record),
        "checks": checks(&record.checks),
        "rollback": record.restoration.as_ref().map(|done| rollback(done, record)),
        "evidence": record.evidence,
        "todo": todo(record),
        "timeline": record.timeline.entries.iter().map(|(at, what)| json!({
            "at": at, "what": what,
        })).collect::<Vec<_>>(),
    })
}

fn rollback(done: &Restoration, record: &Record) -> Value {
    json!({
        "complete": done.is_complete(),
        "failures": done.failures(),
        "code": done.code.iter().map(|code| json!({
            "folder": code.folder, "commit": code.commit,
            "took_ms": milliseconds(code.took), "error": code.error,
        })).collect::<Vec<_>>(),
        "processes": done.items.iter().map(|item| json!({
            "process": item.process, "action": item.action, "at": item.at,
            "took_ms": milliseconds(item.took), "error": item.error,
        })).collect::<Vec<_>>(),
        "checks": checks(&done.checks),
        "left": judgement(&done.left, record),
    })
}

fn judgement(judgement: &Judgement, record: &Record) -> Value {
    let all = |affected: &[Affected]| -> Vec<Value> {
        affected.iter().map(|one| self::affected(one, record)).collect()
    };
    json!({
        "harmed": all(&judgement.harmed),
        "changed": all(&judgement.told),
        "unreadable": judgement.blind,
    })
}

fn affected(one: &Affected, record: &Record) -> Value {
    let (kind, app, environment) = match &one.whose {
        Whose::Own { app, environment } => ("own", Some(app), Some(environment)),
        Whose::Other { app, environment } => ("other", Some(app), Some(environment)),
        Whose::Neighbour { .. } => ("neighbour", None, None),
        Whose::Unknown { .. } => ("unknown", None, None),
    };
    json!({
        "process": one.process,
        "owner": {"kind": kind, "app": app, "environment": environment},
        "change": one.what.word(),
        "before": one.before.as_ref().map(glance),
        "after": one.after.as_ref().map(glance),
        "down_at_most_ms": record.down_at_most(one).map(milliseconds),
    })
}

fn glance(glance: &Glance) -> Value {
    json!({"status": glance.status.as_str(), "pid": glance.pid, "restarts": glance.restarts})
}

fn checks(checks: &Checks) -> Value {
    let (state, reason) = match checks {
        Checks::None => ("none", None),
        Checks::NotRun => ("not-run", None),
        Checks::Lost => ("lost", None),
        Checks::Broken(why) => ("broken", Some(why)),
        Checks::Ran(_) => ("ran", None),
    };
    let probes = match checks {
        Checks::Ran(report) => report.probes.as_slice(),
        _ => &[],
    };
    json!({
        "state": state,
        "reason": reason,
        "probes": probes.iter().map(|probe| json!({
            "name": probe.name, "outcome": probe.outcome.word(), "severity": probe.severity,
            "message": probe.message,
        })).collect::<Vec<_>>(),
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
