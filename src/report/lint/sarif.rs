//! SARIF 2.1.0, as code scanning reads it.

use crate::policy::{Finding, Level, LintReport, rules};
use crate::source::{Location, shown_path};
use miette::IntoDiagnostic;
use serde_json::{Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report as a SARIF log with one run.
pub fn sarif(report: &LintReport) -> miette::Result<String> {
    let rules: Vec<Value> = rules()
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": {"text": rule.title},
                "help": {"text": rule.help.as_deref().unwrap_or(&rule.title)},
                "helpUri": page_of(&rule.name),
                "defaultConfiguration": {"level": level(rule.level)},
            })
        })
        .collect();
    let gaps: Vec<Value> = report
        .coverage
        .skipped
        .iter()
        .map(|gap| {
            let region = gap.line.map(|line| json!({"startLine": line}));
            let mut place = json!({"artifactLocation": {"uri": uri(&shown_path(&gap.path))}});
            if let Some(region) = region {
                place["region"] = region;
            }
            json!({
                "level": "note",
                "message": {"text": format!("this was not read: {}", gap.reason)},
                "locations": [{"physicalLocation": place}],
            })
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tagout",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": gaps,
            }],
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    Ok(serde_json::to_string_pretty(&log).into_diagnostic()? + "\n")
}

fn page_of(rule: &str) -> String {
    format!("{}/blob/main/docs/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

fn result(finding: &Finding) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.level),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": physical(&finding.location)}],
        "partialFingerprints": {"tagout/v1": finding.fingerprint()},
    });
    if let Some(index) = rules().iter().position(|rule| rule.name == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    let mut steps: Vec<Value> = finding
        .via
        .iter()
        .filter_map(|hop| Some(step(hop.location.as_ref()?, &hop.step)))
        .collect();
    if !steps.is_empty() {
        steps.push(step(&finding.location, &finding.message));
        result["codeFlows"] = json!([{"threadFlows": [{"locations": steps}]}]);
    }
    // Where there is a list, a result without an entry is one that nobody has allowed.
    let reason = finding.suppressed.as_ref();
    result["suppressions"] =
        reason.map_or(json!([]), |reason| json!([{"kind": "inSource", "justification": reason}]));
    result
}

fn step(location: &Location, what: &str) -> Value {
    let place = json!({"physicalLocation": physical(location), "message": {"text": what}});
    json!({"location": place})
}

fn physical(location: &Location) -> Value {
    let start = location.file.line_column(location.range.start);
    let end = location.file.line_column(location.range.end);
    json!({
        "artifactLocation": {"uri": uri(&location.shown_path())},
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Note => "note",
    }
}

/// A path as a relative URI, or a file URI if it is absolute.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte as char);
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if uri.starts_with('/') { format!("file://{uri}") } else { uri }
}
