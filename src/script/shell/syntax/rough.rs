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
    let without_redirections = |command| {
        let mut words = words(code, command).into_iter();
        let mut kept = Vec::new();
        while let Some(word) = words.next() {
            let operator = code[word.clone()].trim_start_matches(|c: char| c.is_ascii_digit());
            match operator.trim_start_matches(['<', '>']) {
                rest if rest.len() == operator.len() => kept.push(word),
                // The file stands apart.
                "" => drop(words.next()),
                _ => {}
            }
        }
        kept
    };
    commands.into_iter().map(without_redirections).filter(|words| !words.is_empty()).collect()
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
