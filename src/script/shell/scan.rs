//! Where quoted and bracketed parts of shell text end. Each function takes the position after the
//! opening mark and gives the position of the closing one, or the end of the text where it is
//! missing.

use crate::source::expression_at;
use std::ops::Range;

/// Quotes and brackets in each other deeper than this are taken to go on to the end of the text.
const MAX_DEPTH: usize = 100;

/// After `'`.
pub fn single_quote(text: &str, from: usize) -> usize {
    text[from..].find('\'').map_or(text.len(), |at| from + at)
}

/// After `$'`.
pub fn ansi_quote(text: &str, from: usize) -> usize {
    unescaped(text, from, b'\'')
}

/// The next such byte that has no backslash before it.
fn unescaped(text: &str, from: usize, byte: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() && bytes[at] != byte {
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

/// After the string whose opening quote stands at `at`; nothing if the closing one is missing.
pub fn string_end(text: &str, at: usize) -> Option<usize> {
    let end = match text.as_bytes()[at] {
        b'\'' => single_quote(text, at + 1),
        _ => double_quote(text, at + 1),
    };
    (end < text.len()).then_some(end + 1)
}

/// After a backtick.
pub fn backtick(text: &str, from: usize) -> usize {
    unescaped(text, from, b'`')
}

/// After `(`, in code.
pub fn parenthesis(text: &str, from: usize) -> usize {
    code(text, from, 0)
}

/// After `${`, where only another `${` nests.
pub fn parameter(text: &str, from: usize) -> usize {
    closing(text, from, None, b'}', 0)
}

/// After the `{` of a brace expansion.
pub fn brace(text: &str, from: usize) -> usize {
    closing(text, from, Some(b'{'), b'}', 0)
}

/// After `[`.
pub fn bracket(text: &str, from: usize) -> usize {
    closing(text, from, Some(b'['), b']', 0)
}

fn closing(text: &str, from: usize, open: Option<u8>, close: u8, depth: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut inner) = (from, 0usize);
    while at < bytes.len() && depth < MAX_DEPTH {
        match bytes[at] {
            byte if byte == close && inner == 0 => return at,
            byte if byte == close => inner -= 1,
            byte if Some(byte) == open => inner += 1,
            _ => {}
        }
        at = quoted_or_next_at(text, at, depth);
    }
    bytes.len()
}

/// The `)` that ends the code from `from`, which is none of a comment, a heredoc or a pattern of a
/// `case`.
fn code(text: &str, from: usize, depth: usize) -> usize {
    let bytes = text.as_bytes();
    // How many `case` are open in each open parenthesis, the innermost last.
    let mut cases = vec![0usize];
    let mut heredocs = Vec::new();
    let mut at = from;
    while at < bytes.len() && depth < MAX_DEPTH {
        match bytes[at] {
            b'(' => cases.push(0),
            b')' if cases.last() == Some(&0) => {
                cases.pop();
                if cases.is_empty() {
                    return at;
                }
            }
            b'#' if starts_comment(bytes, at) => {
                at = text[at..].find('\n').map_or(text.len(), |line| at + line);
                continue;
            }
            b'<' if text[at..].starts_with("<<<") => {
                at += 3;
                continue;
            }
            b'<' if text[at..].starts_with("<<") => {
                let delimiter = delimiter(text, at);
                at = delimiter.end;
                heredocs.push(delimiter);
                continue;
            }
            b'\n' => {
                for heredoc in heredocs.drain(..) {
                    at = heredoc.body_end(text, at + 1).map_or(at, |end| end - 1);
                }
            }
            b'c' if is_keyword(text, from, at, "case") => {
                cases.last_mut().into_iter().for_each(|open| *open += 1);
            }
            b'e' if is_keyword(text, from, at, "esac") => {
                cases.last_mut().into_iter().for_each(|open| *open = open.saturating_sub(1));
            }
            _ => {}
        }
        at = quoted_or_next_at(text, at, depth);
    }
    bytes.len()
}

/// Whether `keyword` stands at `at`, where a command starts in the code from `from`.
fn is_keyword(text: &str, from: usize, at: usize, keyword: &str) -> bool {
    const BEFORE: [&str; 10] =
        ["then", "do", "else", "elif", "if", "while", "until", "in", "{", "!"];
    let is_apart = |c: char| c.is_whitespace() || ";&|()".contains(c);
    let starts = |text: &str| text.is_empty() || text.ends_with(is_apart);
    let Some(rest) = text[at..].strip_prefix(keyword) else { return false };
    if !starts(&text[from..at]) || !rest.starts_with(is_apart) {
        return false;
    }
    let before = text[from..at].trim_end_matches([' ', '\t']);
    starts(before) || BEFORE.iter().any(|word| before.strip_suffix(*word).is_some_and(starts))
}

/// What ends a heredoc.
pub struct Delimiter {
    pub text: String,
    /// Variables and substitutions in the body are expanded.
    pub expands: bool,
    pub strips_tabs: bool,
    /// The position after it.
    pub end: usize,
}

/// The delimiter of the heredoc whose `<<` stands at `at`; empty if there is none.
pub fn delimiter(text: &str, at: usize) -> Delimiter {
    let bytes = text.as_bytes();
    let strips_tabs = bytes.get(at + 2) == Some(&b'-');
    let mut word = at + if strips_tabs { 3 } else { 2 };
    while matches!(bytes.get(word), Some(b' ' | b'\t')) {
        word += 1;
    }
    let mut end = word;
    let is_end = |byte: u8| byte.is_ascii_whitespace() || b";&|<>()".contains(&byte);
    while end < bytes.len() && !is_end(bytes[end]) {
        end = quoted_or_next(text, end);
    }
    let written = &text[word..end];
    let text: String = written.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
    let expands = text.len() == written.len();
    Delimiter { text, expands, strips_tabs, end }
}

impl Delimiter {
    /// Whether a line is the delimiter.
    fn is(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\n', '\r']);
        let line = if self.strips_tabs { line.trim_start_matches('\t') } else { line };
        line == self.text
    }

    /// Where the body is that starts at `from`, and the position after the delimiter; without one
    /// it goes on to the end.
    pub fn body(&self, text: &str, from: usize) -> (Range<usize>, usize) {
        let mut at = from;
        let ends = memchr::memchr_iter(b'\n', &text.as_bytes()[from..]).map(|len| from + len + 1);
        for end in ends.chain([text.len()]) {
            if self.is(&text[at..end]) && end > at {
                return (from..at, end);
            }
            at = end;
        }
        (from..at, at)
    }

    /// The position after the line with the delimiter; nothing if there is none, as for a shift
    /// in arithmetic.
    pub fn body_end(&self, text: &str, from: usize) -> Option<usize> {
        let (body, end) = self.body(text, from);
        (end > body.end && !self.text.is_empty()).then_some(end)
    }
}

/// The position after the quoted part that starts at `at`, or after the byte that stands there.
pub fn quoted_or_next(text: &str, at: usize) -> usize {
    quoted_or_next_at(text, at, 0)
}

fn quoted_or_next_at(text: &str, at: usize, depth: usize) -> usize {
    let end = match text.as_bytes()[at] {
        b'\\' => text.ceil_char_boundary((at + 2).min(text.len())),
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
        Some(b'(') => code(text, at + 2, depth) + 1,
        Some(b'{') if bytes.get(at + 2) == Some(&b'{') => expression(text, at).unwrap_or(at + 2),
        Some(b'{') => closing(text, at + 2, None, b'}', depth) + 1,
        Some(b'\'') => ansi_quote(text, at + 2) + 1,
        _ => at + 1,
    };
    end.min(bytes.len())
}

/// The end of the `${{ … }}` that starts at `at`, if one does.
pub fn expression(text: &str, at: usize) -> Option<usize> {
    expression_at(text, at).map(|expression| expression.range.end)
}

/// Whether the `#` at `at` starts a comment.
pub fn starts_comment(bytes: &[u8], at: usize) -> bool {
    at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(')
}
