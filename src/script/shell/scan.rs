//! Where quoted and bracketed parts of shell text end. Each function takes the position after the
//! opening mark and gives the position of the closing one, or the end of the text where it is
//! missing.

use crate::source::expressions;

/// Quotes and brackets in each other deeper than this are taken to go on to the end of the text.
const MAX_DEPTH: usize = 100;

/// After `'`.
pub fn single_quote(text: &str, from: usize) -> usize {
    text[from..].find('\'').map_or(text.len(), |at| from + at)
}

/// After `$'`.
pub fn ansi_quote(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'\'' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// After `"`.
pub fn double_quote(text: &str, from: usize) -> usize {
    double_quote_at(text, from, 0)
}

fn double_quote_at(text: &str, from: usize, depth: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() && depth < MAX_DEPTH {
        match bytes[at] {
            b'"' => return at,
            b'\\' => at += 2,
            b'`' => at = backtick(text, at + 1) + 1,
            b'$' => at = dollar_at(text, at, depth + 1),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// After a backtick.
pub fn backtick(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'`' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// After `(`, in code.
pub fn parenthesis(text: &str, from: usize) -> usize {
    closing(text, from, b"()", 0)
}

/// After `${`.
pub fn brace(text: &str, from: usize) -> usize {
    closing(text, from, b"{}", 0)
}

/// After `[`.
pub fn bracket(text: &str, from: usize) -> usize {
    closing(text, from, b"[]", 0)
}

fn closing(text: &str, from: usize, brackets: &[u8; 2], depth: usize) -> usize {
    let [open, close] = *brackets;
    let bytes = text.as_bytes();
    let (mut at, mut inner) = (from, 0usize);
    while at < bytes.len() && depth < MAX_DEPTH {
        match bytes[at] {
            byte if byte == close && inner == 0 => return at,
            byte if byte == close => inner -= 1,
            byte if byte == open => inner += 1,
            b'#' if open == b'(' && starts_comment(bytes, at) => {
                at = text[at..].find('\n').map_or(text.len(), |line| at + line);
                continue;
            }
            _ => {}
        }
        at = quoted_or_next_at(text, at, depth);
    }
    bytes.len()
}

/// The position after the quoted part that starts at `at`, or after the byte that stands there.
pub fn quoted_or_next(text: &str, at: usize) -> usize {
    quoted_or_next_at(text, at, 0)
}

fn quoted_or_next_at(text: &str, at: usize, depth: usize) -> usize {
    let end = match text.as_bytes()[at] {
        b'\\' => at + 2,
        b'\'' => single_quote(text, at + 1) + 1,
        b'"' => double_quote_at(text, at + 1, depth + 1) + 1,
        b'`' => backtick(text, at + 1) + 1,
        b'$' => dollar_at(text, at, depth + 1),
        _ => at + 1,
    };
    end.min(text.len())
}

/// The position after what starts with the `$` at `at`, as far as that is bracketed or quoted.
pub fn dollar(text: &str, at: usize) -> usize {
    dollar_at(text, at, 0)
}

fn dollar_at(text: &str, at: usize, depth: usize) -> usize {
    let bytes = text.as_bytes();
    let end = match bytes.get(at + 1) {
        Some(b'(') => closing(text, at + 2, b"()", depth) + 1,
        Some(b'{') if bytes.get(at + 2) == Some(&b'{') => expression(text, at).unwrap_or(at + 2),
        Some(b'{') => closing(text, at + 2, b"{}", depth) + 1,
        Some(b'\'') => ansi_quote(text, at + 2) + 1,
        _ => at + 1,
    };
    end.min(bytes.len())
}

/// The end of the `${{ … }}` that starts at `at`, if one does.
pub fn expression(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..).filter(|rest| rest.starts_with("${{"))?;
    expressions(rest).next().map(|expression| at + expression.range.end)
}

/// Whether the `#` at `at` starts a comment.
pub fn starts_comment(bytes: &[u8], at: usize) -> bool {
    at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(')
}
