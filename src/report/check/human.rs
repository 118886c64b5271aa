use super::overall_word;
use crate::probe::{CheckReport, Outcome, ProbeReport, Unmet};
use crate::report::columns::columns;
use std::{fmt::Write, path::Path};

/// One line for each probe, the conditions that do not hold below it under their lines of
/// `config`, and what it all comes to.
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

/// The sign of an outcome.
pub fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✓",
        Outcome::Flaky => "~",
        Outcome::Warn => "!",
        Outcome::Open => "☐",
        Outcome::Fail => "✗",
        Outcome::Error => "?",
    }
}

fn row(probe: &ProbeReport) -> [String; 4] {
    let word = match probe.outcome {
        Outcome::Pass => "",
        Outcome::Flaky => "flaky",
        Outcome::Warn => "warning",
        Outcome::Open => "open",
        Outcome::Fail => "failed",
        Outcome::Error => "error",
    };
    let word = if probe.outcome.is_bad() && !probe.severity.is_empty() {
        format!("{word}, {}", probe.severity)
    } else {
        word.to_owned()
    };
    let latency = probe.latency_ms.map_or(String::new(), took);
    [mark(probe.outcome).to_owned(), probe.name.clone(), latency, word]
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
        let message = probe.message.iter().flat_map(|message| message.lines());
        return message.map(str::to_owned).collect();
    }
    let file = config.unwrap_or(Path::new("tagout.yml")).display().to_string();
    probe.unmet.iter().flat_map(|unmet| excerpt(unmet, &file)).collect()
}

/// The condition on its line of the file, with what it saw below it.
fn excerpt(unmet: &Unmet, file: &str) -> Vec<String> {
    let number = unmet.line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs are as wide as the terminal says, so they stand below themselves.
    let before: String = unmet.source_line.chars().take(unmet.column.saturating_sub(1)).collect();
    let below: String = before.chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
    let mut lines = vec![
        format!("{margin}╭─ {file}:{}:{}", unmet.line, unmet.column),
        format!("{number}│ {}", unmet.source_line.trim_end()),
        format!("{margin}│ {below}{}", "^".repeat(unmet.width)),
    ];
    // What stands in a block of several lines is not on that line alone.
    if !unmet.source_line.contains(&unmet.condition) {
        lines.push(format!("{margin}│ {}", unmet.condition));
    }
    lines.extend(unmet.reason.lines().map(|reason| format!("{margin}╰─ {reason}")));
    lines
}

/// What it all comes to, on one line.
pub fn summary(report: &CheckReport) -> String {
    let count = |wanted: Outcome| report.probes.iter().filter(|p| p.outcome == wanted).count();
    let parts = [
        (count(Outcome::Pass), "passed"),
        (count(Outcome::Flaky), "passed after a retry"),
        (count(Outcome::Warn), "to look at"),
        (count(Outcome::Open), "left open"),
        (count(Outcome::Fail), "failed"),
        (count(Outcome::Error), "could not be answered"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    let overall = overall_word(report.overall());
    let severity = report.severity.iter().map(|severity| format!(", {severity}"));
    let severity: String = severity.collect();
    format!("{}: {overall}{severity} ({})", report.checklist, parts.join(", "))
}
