//! Text that ends before its syntax does: the rest of it is missing, or the end of a string is.

use super::super::{Heredoc, Span, rough};
use super::heredoc::Prepared;
use crate::script::shell::scan;
use tree_sitter::Node;

/// What may be commands in the string that is open at the end of a text, which it turned inside out;
/// nothing if the text is whole.
pub fn cut_off(text: &str, prepared: &Prepared, root: Node<'_>) -> Option<Vec<Vec<Span>>> {
    if !root.has_error() {
        return None;
    }
    let lines = lines_in_strings(text);
    let has_end = |heredoc: &Heredoc| heredoc.body.end < text.len();
    let is_cut_off =
        lines.is_some() || ends_early(root, text) || !prepared.heredocs.values().all(has_end);
    let commands = |line| rough::commands(text, line);
    is_cut_off.then(|| lines.into_iter().flatten().flat_map(commands).collect())
}

/// Whether the parser had to make up what comes last, or lost its way lines before it.
fn ends_early(root: Node<'_>, text: &str) -> bool {
    let end = text.trim_end().len();
    let mut node = root;
    loop {
        if node.is_missing() {
            return node.start_byte() >= end;
        }
        if node.is_error() && node.end_byte() >= end {
            return text.get(node.start_byte()..end).is_some_and(|code| code.contains('\n'));
        }
        let last = node.child_count().checked_sub(1).and_then(|last| node.child(last));
        let Some(last) = last else { return false };
        node = last;
    }
}

/// The lines that begin in strings, if the last of these has no end.
fn lines_in_strings(text: &str) -> Option<Vec<Span>> {
    let bytes = text.as_bytes();
    let (mut lines, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'#' if scan::starts_comment(bytes, at) => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
            }
            b'"' | b'\'' => {
                let end = scan::string_end(text, at);
                let string = &text[at..end.unwrap_or(text.len())];
                let starts = string.match_indices('\n').map(|(line, _)| at + line + 1);
                let line = |start: usize| {
                    start..text[start..].find('\n').map_or(text.len(), |end| start + end)
                };
                lines.extend(starts.map(line));
                let Some(end) = end else { return Some(lines) };
                at = end;
            }
            _ => at = scan::quoted_or_next(text, at),
        }
    }
    None
}
