//! What became of a checklist.

use super::columns::columns;
use crate::probe::{CheckReport, Outcome, Overall, ProbeReport};
use std::{fmt::Write, path::Path};

/// One line for each probe, the conditions that do not hold below it with their place in `config`,
/// and what it all comes to.
pub fn human(report: &CheckReport, config: Option<&Path>) -> String {
    let rows: Vec<[String; 4]> = report.probes.iter().map(row).collect();
    let mut text = String::new();
    for (line, probe) in columns(&rows).lines().zip(&report.probes) {
        let _ = writeln!(text, "{line}");
        for detail in details(probe, config) {
            let _ = writeln!(text, "      {detail}");
        }
    }
    let _ = writeln!(text, "\n{}", summary(report));
    text
}

/// The report of DESIGN.md's format, with a line break at its end.
pub fn json(report: &CheckReport) -> miette::Result<String> {
    use miette::IntoDiagnostic;
    Ok(serde_json::to_string_pretty(report).into_diagnostic()? + "\n")
}

fn row(probe: &ProbeReport) -> [String; 4] {
    let (mark, word) = match probe.outcome {
        Outcome::Pass => ("✓", ""),
        Outcome::Flaky => ("~", "flaky"),
        Outcome::Warn => ("!", "warning"),
        Outcome::Fail => ("✗", "failed"),
        Outcome::Error => ("?", "error"),
    };
    let word = if probe.outcome.is_bad() && !probe.severity.is_empty() {
        format!("{word}, {}", probe.severity)
    } else {
        word.to_owned()
    };
    let latency = probe.latency_ms.map_or(String::new(), took);
    [mark.to_owned(), probe.name.clone(), latency, word]
}

fn took(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}

fn details(probe: &ProbeReport, config: Option<&Path>) -> Vec<String> {
    if probe.unmet.is_empty() {
        return probe
            .message
            .iter()
            .flat_map(|message| message.lines().map(str::to_owned))
            .collect();
    }
    let file = config.unwrap_or(Path::new("tagout.yml")).display();
    let unmet = probe.unmet.iter().map(|unmet| {
        let place = format!("{file}:{}:{}", unmet.line, unmet.column);
        format!("{}  ({})  {place}", unmet.condition, unmet.reason)
    });
    unmet.collect()
}

fn summary(report: &CheckReport) -> String {
    let count = |wanted: Outcome| report.probes.iter().filter(|p| p.outcome == wanted).count();
    let parts = [
        (count(Outcome::Pass), "passed"),
        (count(Outcome::Flaky), "passed after a retry"),
        (count(Outcome::Warn), "to look at"),
        (count(Outcome::Fail), "failed"),
        (count(Outcome::Error), "could not be answered"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    let overall = match report.overall() {
        Overall::Healthy => "healthy",
        Overall::Degraded => "degraded",
        Overall::Unhealthy => "unhealthy",
    };
    let severity = report.severity.iter().map(|severity| format!(", {severity}"));
    let severity: String = severity.collect();
    format!("{}: {overall}{severity} ({})", report.checklist, parts.join(", "))
}
