use super::overall_word;
use crate::probe::{CheckReport, Outcome, ProbeReport};
use std::fmt::Write;

/// A list with boxes, ticked where it passed; for a job's summary, an issue or a runbook.
pub fn markdown(report: &CheckReport) -> String {
    let severity = report.severity.as_deref().map(|severity| format!(", {severity}"));
    let mut text = format!(
        "## {}: {}{}\n\n",
        escaped(&report.checklist),
        overall_word(report.overall()),
        severity.unwrap_or_default()
    );
    for probe in &report.probes {
        let _ = writeln!(text, "{}", line(probe));
        let message = probe.message.iter().flat_map(|message| message.lines());
        for said in message {
            let _ = writeln!(text, "  {}", escaped(said));
        }
    }
    text
}

fn line(probe: &ProbeReport) -> String {
    let is_ticked = matches!(probe.outcome, Outcome::Pass | Outcome::Flaky | Outcome::Warn);
    let tick = if is_ticked { "x" } else { " " };
    let mut line = format!("- [{tick}] **{}**", escaped(&probe.name));
    if let Some(latency) = probe.latency_ms {
        let _ = write!(line, " ({latency} ms)");
    }
    match probe.outcome {
        Outcome::Pass => {}
        outcome if outcome.is_bad() => {
            let _ = write!(line, " {}, {}", outcome.word(), escaped(&probe.severity));
        }
        outcome => {
            let _ = write!(line, " {}", outcome.word());
        }
    }
    line
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '@'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
