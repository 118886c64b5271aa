use super::{Line, Radius, place};
use crate::incident::escape::{code, plain};
use miette::IntoDiagnostic;
use std::fmt::Write;

/// For a terminal: workflow, job, and what it may do, the gravest first.
pub fn human(radius: &Radius) -> String {
    let mut text = String::new();
    for workflow in &radius.workflows {
        let of = match workflow.environments.as_slice() {
            [] => String::new(),
            several => format!("  deploys {}", several.join(", ")),
        };
        let _ = writeln!(text, "{}{of}", workflow.path);
        for job in &workflow.jobs {
            if !job.name.is_empty() {
                let _ = writeln!(text, "  {}", job.name);
            }
            for line in &job.reaches {
                let _ = writeln!(text, "    {:5}  {}", line.verdict, sentence(line));
                let at = at(line);
                let _ = writeln!(text, "           {at}{}", line.command);
            }
        }
        text.push('\n');
    }
    if radius.workflows.is_empty() {
        text.push_str("no workflow here does anything to what others share\n");
    }
    if !radius.unread.is_empty() {
        let _ = writeln!(text, "not read, and so not in this list:");
        radius.unread.iter().for_each(|gap| {
            let _ = writeln!(text, "  {gap}");
        });
    }
    text
}

fn sentence(line: &Line) -> String {
    let may = if line.sure { "" } else { "may: " };
    format!("{may}{} {}, on {}", line.does, line.what, place(&line.place))
}

fn at(line: &Line) -> String {
    match (&line.path, line.line) {
        (Some(path), Some(number)) => format!("{path}:{number}  "),
        _ => String::new(),
    }
}

/// Version 1 of its JSON, with a line break at the end.
pub fn json(radius: &Radius) -> miette::Result<String> {
    Ok(serde_json::to_string_pretty(radius).into_diagnostic()? + "\n")
}

/// A table for each workflow.
pub fn markdown(radius: &Radius) -> String {
    let mut text = "# Blast radius\n".to_owned();
    for workflow in &radius.workflows {
        let _ = writeln!(text, "\n## {}\n", plain(&workflow.path));
        if !workflow.environments.is_empty() {
            let _ = writeln!(text, "Deploys {}.\n", plain(&workflow.environments.join(", ")));
        }
        text.push_str("| job | | what it can do | where | command |\n|---|---|---|---|---|\n");
        for job in &workflow.jobs {
            for line in &job.reaches {
                let may = if line.sure { "" } else { "may: " };
                let _ = writeln!(
                    text,
                    "| {} | {} | {may}{} {} | {} | {} |",
                    plain(&job.name),
                    line.verdict,
                    line.does,
                    plain(&line.what),
                    plain(&place(&line.place)),
                    code(&line.command)
                );
            }
        }
    }
    if !radius.unread.is_empty() {
        text.push_str("\n## Not read\n\n");
        radius.unread.iter().for_each(|gap| {
            let _ = writeln!(text, "- {}", plain(gap));
        });
    }
    text
}
