//! Brackets that stand where bash allows none, most often because quotes stand within quotes:
//! `ssh host "stop; echo "stopped (again)"; start"`. Bash refuses such a script; a person still
//! sees what it is meant to do.

use super::{Kind, Span, Statement, reader};
use crate::script::shell::{rough::RESERVED, scan};

/// The statements of a text in which such brackets are taken for text, and that they are no syntax.
pub fn read(text: &str) -> Option<Vec<Statement>> {
    let brackets = brackets(text);
    let (first, last) = (*brackets.first()?, *brackets.last()?);
    let mut plain = text.as_bytes().to_vec();
    brackets.iter().for_each(|at| plain[*at] = b'_');
    let mut statements = reader::read(&String::from_utf8(plain).ok()?)?;
    let refused: Span = first..last + 1;
    statements.push(Statement::new(refused, Kind::Broken(Vec::new())));
    Some(statements)
}

fn brackets(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut start, mut at, mut open) = (0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'(' if is_stray(&text[start..at], &text[at..]) => {
                open += 1;
                found.push(at);
                at += 1;
            }
            b')' if open > 0 => {
                open -= 1;
                found.push(at);
                at += 1;
            }
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' => {
                at += 1;
                start = at;
            }
            b'#' if text[..at].ends_with('(') => at += 1,
            b'#' if scan::starts_comment(bytes, at) => {
                at = text[at..].find('\n').map_or(bytes.len(), |line| at + line);
            }
            _ => at = scan::quoted_or_next(text, at),
        }
    }
    found
}

/// Whether an opening bracket is an argument: no command starts there, and it belongs to no
/// expansion, list or function.
fn is_stray(before: &str, from: &str) -> bool {
    let starts_command = before.split_whitespace().all(|word| RESERVED.contains(&word));
    !starts_command
        && !before.ends_with(['$', '<', '>', '=', '(', '@', '?', '*', '+', '!'])
        && !from.starts_with("()")
}
