use super::counts;
use crate::{
    effect::Effect,
    policy::{Finding, Gap, Level, LintReport},
    source::{Hop, Location, Place, SourceFile, shown_path},
};
use miette::IntoDiagnostic;
use serde::Serialize;

#[derive(Serialize)]
struct Report<'r> {
    version: u32,
    tool: Tool,
    findings: Vec<JsonFinding<'r>>,
    coverage: JsonCoverage,
    summary: Summary,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    rule: &'r str,
    level: Level,
    message: &'r str,
    path: String,
    start: Position,
    end: Position,
    command: &'r [String],
    effect: Option<&'r Effect>,
    place: Option<&'r Place>,
    via: Vec<JsonHop<'r>>,
    help: Option<&'r str>,
    fingerprint: String,
    suppressed: Option<&'r str>,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    byte: usize,
}

#[derive(Serialize)]
struct JsonHop<'r> {
    step: &'r str,
    path: Option<String>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct JsonCoverage {
    files: usize,
    scripts: usize,
    analysed: usize,
    skipped: Vec<JsonGap>,
}

#[derive(Serialize)]
struct JsonGap {
    path: String,
    line: Option<usize>,
    reason: String,
}

#[derive(Serialize)]
struct Summary {
    deny: usize,
    warn: usize,
    note: usize,
    suppressed: usize,
}

/// The report as version 1 of the JSON format, with a line break at its end.
pub fn json(report: &LintReport) -> miette::Result<String> {
    let [(_, deny), (_, warn), (_, note)] = counts(report);
    let coverage = &report.coverage;
    let json = Report {
        version: 1,
        tool: Tool { name: "tagout", version: env!("CARGO_PKG_VERSION") },
        findings: report.findings.iter().map(finding).collect(),
        coverage: JsonCoverage {
            files: coverage.files,
            scripts: coverage.scripts,
            analysed: coverage.analysed,
            skipped: coverage.skipped.iter().map(gap).collect(),
        },
        summary: Summary {
            deny,
            warn,
            note,
            suppressed: report.findings.len() - report.open().count(),
        },
    };
    Ok(serde_json::to_string_pretty(&json).into_diagnostic()? + "\n")
}

fn finding(finding: &Finding) -> JsonFinding<'_> {
    let location = &finding.location;
    JsonFinding {
        rule: &finding.rule,
        level: finding.level,
        message: &finding.message,
        path: location.shown_path(),
        start: position(&location.file, location.range.start),
        end: position(&location.file, location.range.end),
        command: &finding.command,
        effect: finding.effect.as_ref(),
        place: finding.place.as_ref(),
        via: finding.via.iter().map(hop).collect(),
        help: finding.help.as_deref(),
        fingerprint: finding.fingerprint(),
        suppressed: finding.suppressed.as_deref(),
    }
}

fn hop(hop: &Hop) -> JsonHop<'_> {
    JsonHop {
        step: &hop.step,
        path: hop.location.as_ref().map(Location::shown_path),
        line: hop.location.as_ref().map(|location| location.line()),
    }
}

fn gap(gap: &Gap) -> JsonGap {
    JsonGap { path: shown_path(&gap.path), line: gap.line, reason: gap.reason.clone() }
}

fn position(file: &SourceFile, byte: usize) -> Position {
    let at = file.line_column(byte);
    Position { line: at.line, column: at.column, byte }
}
