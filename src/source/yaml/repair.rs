//! The one mistake that most of the workflows that are not YAML have: a heredoc in a `run: |`
//! whose body stands at the left margin, so that YAML takes it for the end of the script. As
//! people see what was meant, it is read as what was meant, and still told.

use super::{Kind, Scalar, YamlError, build::Builder};
use crate::source::SourceFile;
use granit_parser::ScalarStyle;
use std::ops::Range;

/// A file is parsed again for every repair, so there is a limit to this work.
const MAX_REPAIRS: usize = 50;
const MAX_BYTES: usize = 16 << 20;

/// The rest of a heredoc, left of the block that it belongs to.
#[derive(Debug)]
pub(super) struct Outdented {
    pub lines: Range<usize>,
    delimiter: String,
}

impl Outdented {
    pub fn error(&self) -> YamlError {
        let message = format!(
            "indent the heredoc up to its `{}` like the lines before it; YAML takes its text for the \
             end of the script",
            self.delimiter
        );
        YamlError { message, at: self.lines.clone() }
    }

    /// `text` with spaces in place of these lines, so that all else keeps its position.
    pub fn blanked(&self, text: &str) -> String {
        let lines = text[self.lines.clone()].split('\n').map(|line| {
            let kept = if line.ends_with('\r') { "\r" } else { "" };
            " ".repeat(line.len() - kept.len()) + kept
        });
        let blank = lines.collect::<Vec<_>>().join("\n");
        [&text[..self.lines.start], &blank, &text[self.lines.end..]].concat()
    }
}

impl Builder<'_> {
    /// What may have caused the error at which the reading stands.
    pub(super) fn outdented(&self) -> Option<Outdented> {
        let done = self.repairs.len();
        if done >= MAX_REPAIRS || done * self.file.text().len() > MAX_BYTES {
            return None;
        }
        let block = self.nodes.iter().rev().find_map(|node| match &node.kind {
            Kind::Scalar(Scalar { style: ScalarStyle::Literal, .. }) => Some(node.range.clone()),
            _ => None,
        });
        find(self.file, block?)
    }
}

/// The rest of a heredoc that is open where the block ends.
fn find(file: &SourceFile, block: Range<usize>) -> Option<Outdented> {
    let text = file.text();
    let delimiter = open_heredoc(text.get(block.clone())?)?;
    let start = text[..block.end].rfind('\n')? + 1;
    let mut line_start = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == delimiter {
            let end = line_start + line.trim_end_matches(['\n', '\r']).len();
            return Some(Outdented { lines: start..end, delimiter: delimiter.to_owned() });
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
