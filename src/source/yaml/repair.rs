//! The one mistake that most of the workflows that are not YAML have: text in a `run: |`, mostly
//! that of a heredoc, which stands at the left margin, so that YAML takes it for the end of the
//! script. As people see what was meant, it is read as what was meant, and still told.

use super::{Kind, Scalar, YamlError, build::Builder};
use crate::source::SourceFile;
use granit_parser::ScalarStyle;
use std::ops::Range;

/// A file is parsed again for every repair, so there is a limit to this work.
const MAX_REPAIRS: usize = 50;
const MAX_BYTES: usize = 16 << 20;

/// Lines of a block that stand left of it.
#[derive(Debug)]
pub(super) struct Outdented {
    pub lines: Range<usize>,
    /// The heredoc that they are of, if they are of one.
    delimiter: Option<String>,
}

impl Outdented {
    pub fn error(&self) -> YamlError {
        let what = match &self.delimiter {
            Some(delimiter) => format!("the heredoc up to its `{delimiter}`"),
            None => "this".to_owned(),
        };
        let message = format!(
            "indent {what} like the lines before it; YAML takes its text for the end of the script"
        );
        YamlError { message, at: self.lines.clone(), is_repaired: true }
    }

    /// `text`, which starts at the byte `from` of the file, with spaces in place of these lines, so
    /// that all else keeps its position.
    pub fn blanked(&self, text: &str, from: usize) -> String {
        let lines = self.lines.start - from..self.lines.end - from;
        let blank_lines = text[lines.clone()].split('\n').map(|line| {
            let kept = if line.ends_with('\r') { "\r" } else { "" };
            " ".repeat(line.len() - kept.len()) + kept
        });
        let blank = blank_lines.collect::<Vec<_>>().join("\n");
        [&text[..lines.start], &blank, &text[lines.end..]].concat()
    }
}

impl Builder<'_> {
    /// What may have caused the error at which the reading of the file up to `end` stands.
    pub(super) fn outdented(&self, end: usize) -> Option<Outdented> {
        let done = self.repairs.len();
        if done >= MAX_REPAIRS || done * self.file.text().len() > MAX_BYTES {
            return None;
        }
        let block = self.nodes.iter().rev().find_map(|node| match &node.kind {
            Kind::Scalar(Scalar { style: ScalarStyle::Literal, .. }) => Some(node.range.clone()),
            _ => None,
        })?;
        let found =
            rest_of_heredoc(self.file, &block).or_else(|| lines_at_the_left(self.file, &block));
        found.filter(|outdented| outdented.lines.end <= end)
    }
}

/// The rest of a heredoc that is open where the block ends.
fn rest_of_heredoc(file: &SourceFile, block: &Range<usize>) -> Option<Outdented> {
    let text = file.text();
    let delimiter = open_heredoc(text.get(block.clone())?)?;
    let start = text[..block.end].rfind('\n')? + 1;
    let mut line_start = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == delimiter {
            let end = line_start + line.trim_end_matches(['\n', '\r']).len();
            return Some(Outdented { lines: start..end, delimiter: Some(delimiter.to_owned()) });
        }
        line_start += line.len();
    }
    None
}

/// The delimiter of the last heredoc of a script, if it is not closed.
fn open_heredoc(script: &str) -> Option<&str> {
    let (before, after) = script.rsplit_once("<<")?;
    let word = after.strip_prefix('-').unwrap_or(after).trim_start_matches(' ');
    let word = word.trim_start_matches(['\'', '"', '\\']);
    let len = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
    let delimiter = &word[..len];
    let is_here_string = before.ends_with('<') || delimiter.is_empty();
    let is_closed = after.lines().skip(1).any(|line| line.trim() == delimiter);
    (!is_here_string && !is_closed).then_some(delimiter)
}

/// The lines after the block, left of it, up to one that goes on with the block or the workflow.
fn lines_at_the_left(file: &SourceFile, block: &Range<usize>) -> Option<Outdented> {
    let text = file.text();
    let indent = block.start - (text[..block.start].rfind('\n')? + 1);
    let start = text[..block.end].rfind('\n')? + 1;
    let (mut end, mut line_start) = (start, start);
    for line in text[start..].split_inclusive('\n') {
        let written = line.trim_end();
        let is_in_block = line.len() - line.trim_start_matches(' ').len() >= indent;
        if !written.is_empty() {
            if is_in_block || goes_on_with_workflow(written) {
                break;
            }
            end = line_start + written.len();
        }
        line_start += line.len();
    }
    (end > start).then_some(Outdented { lines: start..end, delimiter: None })
}

/// Whether a line is one of a workflow or an action, and not of a script that lost its indentation.
pub fn goes_on_with_workflow(line: &str) -> bool {
    /// Keys that stand anywhere in a workflow or an action.
    const KEYS: [&str; 32] = [
        "branding",
        "concurrency",
        "container",
        "continue-on-error",
        "defaults",
        "env",
        "environment",
        "fail-fast",
        "id",
        "if",
        "inputs",
        "jobs",
        "matrix",
        "name",
        "needs",
        "on",
        "outputs",
        "parallel",
        "permissions",
        "run",
        "run-name",
        "runs",
        "runs-on",
        "secrets",
        "services",
        "shell",
        "steps",
        "strategy",
        "timeout-minutes",
        "uses",
        "with",
        "working-directory",
    ];
    let content = line.trim_start();
    let is_indented = content.len() < line.len();
    let item = content.strip_prefix("- ").map(str::trim_start);
    if item.is_some_and(|item| item.starts_with('{')) {
        return true;
    }
    let Some((key, value)) = item.unwrap_or(content).split_once(':') else {
        return content.starts_with("---") || content == "...";
    };
    let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let opens = value.trim().is_empty() || value.trim_start().starts_with('#');
    let separates = value.is_empty() || value.starts_with([' ', '\t']);
    // A job's name may be any, but nothing stands after it, as after some words of Python.
    let is_job = is_key(key) && !["else", "try", "finally"].contains(&key);
    separates && (KEYS.contains(&key) || (is_indented && item.is_none() && opens && is_job))
}
