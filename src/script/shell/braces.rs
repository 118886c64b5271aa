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
        // Here `${` is taken to hold whole pairs of braces, as bash does.
        if bytes[at..].starts_with(b"${") {
            at = scan::brace(source, at + 2) + 1;
            continue;
        }
        if bytes[at..].starts_with(b"<(") || bytes[at..].starts_with(b">(") {
            at = scan::parenthesis(source, at + 2) + 1;
            continue;
        }
        if bytes[at] != b'{' {
            at = scan::quoted_or_next(source, at);
            continue;
        }
        let end = scan::brace(source, at + 1);
        let parts = comma_parts(source, at + 1, end);
        let items = match parts.as_slice() {
            _ if end == bytes.len() => None,
            [range] => sequence(text, range.clone()),
            parts => Some(parts.iter().map(|part| text.slice(part.clone())).collect()),
        };
        let Some(items) = items else {
            at += 1;
            continue;
        };
        let with = |item: Text| {
            let mut one = text.slice(0..at);
            one.push(&item);
            one.push(&text.slice(end + 1..source.len()));
            expand(&one, depth + 1)
        };
        return items.into_iter().flat_map(with).take(MAX_EXPANSIONS).collect();
    }
    vec![text.clone()]
}

/// The items of `1..5`, `05..10`, `a..e` or `1..9..2`; nothing for other text.
fn sequence(text: &Text, range: Range<usize>) -> Option<Vec<Text>> {
    let written = &text.as_str()[range.clone()];
    let parts: Vec<&str> = written.split("..").collect();
    let (from, to, step) = match parts.as_slice() {
        [from, to] => (*from, *to, 1),
        [from, to, step] => (*from, *to, step.parse::<i64>().ok()?.unsigned_abs().max(1)),
        _ => return None,
    };
    let letter = |part: &str| match part.as_bytes() {
        [byte] if byte.is_ascii_alphabetic() => Some(i64::from(*byte)),
        _ => None,
    };
    let (first, last, letters) = match (letter(from), letter(to)) {
        (Some(from), Some(to)) => (from, to, true),
        _ => (from.parse().ok()?, to.parse::<i64>().ok()?, false),
    };
    let is_padded = |part: &str| {
        part.trim_start_matches('-').len() > 1 && part.trim_start_matches('-').starts_with('0')
    };
    let width = if is_padded(from) || is_padded(to) { from.len().max(to.len()) } else { 0 };
    let location = text.locate(range);
    let item = |n: u64| {
        let distance = i64::try_from(n * step).ok()?;
        let number = if last < first {
            first.checked_sub(distance)?
        } else {
            first.checked_add(distance)?
        };
        let item = match u8::try_from(number) {
            Ok(letter) if letters => char::from(letter).to_string(),
            _ => format!("{number:0width$}"),
        };
        let mut text = Text::default();
        text.push_made_up(&item, location.as_ref());
        Some(text)
    };
    let count = last.abs_diff(first) / step + 1;
    (0..count.min(MAX_EXPANSIONS as u64)).map(item).collect()
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
