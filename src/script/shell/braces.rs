//! Brace expansion.

use super::{fields::MAX_EXPANSIONS, scan};
use crate::source::Text;
use std::ops::Range;

/// How deep braces are expanded in braces.
const MAX_DEPTH: usize = 8;

/// `a{b,c}` is `ab` and `ac`; without a comma it stays as it is.
pub fn braces(text: &Text) -> Vec<Text> {
    expand(text, 0)
}

fn expand(text: &Text, depth: usize) -> Vec<Text> {
    let source = text.as_str();
    let bytes = source.as_bytes();
    let mut at = 0;
    while at < bytes.len() && depth < MAX_DEPTH {
        if bytes[at] != b'{' {
            at = scan::quoted_or_next(source, at);
            continue;
        }
        let end = scan::brace(source, at + 1);
        let parts = comma_parts(source, at + 1, end);
        if end == bytes.len() || parts.len() < 2 {
            at += 1;
            continue;
        }
        let with = |part: Range<usize>| {
            let mut one = text.slice(0..at);
            one.push(&text.slice(part));
            one.push(&text.slice(end + 1..source.len()));
            expand(&one, depth + 1)
        };
        return parts.into_iter().flat_map(with).take(MAX_EXPANSIONS).collect();
    }
    vec![text.clone()]
}

fn comma_parts(source: &str, from: usize, to: usize) -> Vec<Range<usize>> {
    let bytes = source.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut at, mut depth) = (from, from, 0usize);
    while at < to {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
        at = scan::quoted_or_next(source, at);
    }
    parts.push(start..to);
    parts
}
