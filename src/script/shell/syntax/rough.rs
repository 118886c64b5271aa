//! Text whose syntax is not understood, split without understanding more than quotes.

use super::Span;
use crate::script::shell::scan;

/// The words of what may be its commands.
pub fn commands(code: &str, range: Span) -> Vec<Vec<Span>> {
    let bytes = code.as_bytes();
    let mut commands = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        match bytes[at] {
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' => {
                commands.push(start..at);
                at += 1;
                start = at;
            }
            b'#' if scan::starts_comment(bytes, at) => {
                commands.push(start..at);
                at = code[at..].find('\n').map_or(range.end, |line| at + line);
                start = at;
            }
            _ => at = scan::quoted_or_next(code, at),
        }
    }
    commands.push(start.min(range.end)..range.end);
    commands.into_iter().map(|command| words(code, command)).filter(|w| !w.is_empty()).collect()
}

/// The words of a command.
pub fn words(code: &str, range: Span) -> Vec<Span> {
    let bytes = code.as_bytes();
    let mut words = Vec::new();
    let (mut start, mut at) = (None, range.start);
    while at < range.end {
        if bytes[at].is_ascii_whitespace() {
            words.extend(start.take().map(|start| start..at));
            at += 1;
        } else {
            start.get_or_insert(at);
            at = scan::quoted_or_next(code, at).min(range.end);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}
