use super::overall_word;
use crate::probe::{CheckReport, Outcome, Overall};
use std::fmt::Write;

const OUTCOMES: [Outcome; 6] =
    [Outcome::Pass, Outcome::Flaky, Outcome::Warn, Outcome::Open, Outcome::Fail, Outcome::Error];

/// A file for the node exporter's textfile collector: of every probe its outcome, its attempts and
/// its latency.
pub fn prometheus(report: &CheckReport) -> String {
    let mut text = String::new();
    let checklist = format!("checklist=\"{}\"", escaped(&report.checklist));
    head(&mut text, "tagout_check_overall", "Whether the checklist came to this.");
    for overall in [Overall::Healthy, Overall::Degraded, Overall::Unhealthy] {
        let is_so = u8::from(report.overall() == overall);
        let word = overall_word(overall);
        let _ = writeln!(text, "tagout_check_overall{{{checklist},overall=\"{word}\"}} {is_so}");
    }
    let name = |name: &str| format!("{checklist},probe=\"{}\"", escaped(name));
    head(&mut text, "tagout_check_outcome", "Whether the probe came to this.");
    for probe in &report.probes {
        for outcome in OUTCOMES {
            let is_so = u8::from(probe.outcome == outcome);
            let (labels, word) = (name(&probe.name), outcome.word());
            let (kind, severity) = (probe.kind, escaped(&probe.severity));
            let _ = writeln!(
                text,
                "tagout_check_outcome{{{labels},kind=\"{kind}\",severity=\"{severity}\",outcome=\"{word}\"}} {is_so}"
            );
        }
    }
    head(&mut text, "tagout_check_attempts", "How many attempts the probe took.");
    for probe in &report.probes {
        let _ = writeln!(text, "tagout_check_attempts{{{}}} {}", name(&probe.name), probe.attempts);
    }
    head(&mut text, "tagout_check_latency_seconds", "How long the last attempt took.");
    for probe in &report.probes {
        if let Some(latency) = probe.latency_ms {
            let seconds = latency / 1000.0;
            let labels = name(&probe.name);
            let _ = writeln!(text, "tagout_check_latency_seconds{{{labels}}} {seconds}");
        }
    }
    text
}

fn head(text: &mut String, name: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
