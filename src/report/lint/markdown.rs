use super::counts;
use crate::incident::escape::{code, plain};
use crate::policy::{Finding, Level, LintReport};
use std::fmt::Write;

/// More rows nobody reads in a job's summary, and GitHub cuts it off at 1 MB.
const MOST: usize = 200;

/// A table of the findings, for the summary of a job or a comment.
pub fn markdown(report: &LintReport) -> String {
    let [(_, deny), (_, warn), (_, note)] = counts(report);
    let mut text = format!("## tagout lint: {deny} denied, {warn} warned of, {note} noted\n\n");
    let mut open: Vec<&Finding> = report.open().collect();
    open.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if !open.is_empty() {
        text.push_str("| | where | what | what to do |\n|---|---|---|---|\n");
    }
    for finding in open.iter().take(MOST) {
        let level = match finding.level {
            Level::Deny => "**denied**",
            Level::Warn => "warning",
            Level::Note => "note",
        };
        let place = format!("{}:{}", finding.location.shown_path(), finding.location.line());
        let command = finding.command.join(" ");
        let command = if command.is_empty() { command } else { format!("{} ", code(&command)) };
        let help = finding.help.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "| {level} | {} | {command}{} ({}) | {} |",
            code(&place),
            plain(&finding.message),
            finding.rule,
            plain(help)
        );
    }
    if open.len() > MOST {
        let _ = writeln!(text, "\nand {} more", open.len() - MOST);
    }
    let coverage = &report.coverage;
    let _ = writeln!(
        text,
        "\nRead {} of {} scripts in {} files whole.",
        coverage.analysed, coverage.scripts, coverage.files
    );
    text
}
