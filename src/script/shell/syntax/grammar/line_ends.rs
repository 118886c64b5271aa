//! Ends of lines, which tree-sitter-bash takes for blanks in several places, so that it reads two
//! commands as one.

use crate::script::shell::scan;

/// Words after which a command goes on in the next line.
const OPENING: [&str; 11] =
    ["if", "then", "elif", "else", "while", "until", "do", "in", "!", "time", "case"];

/// Blanks comments out and puts a `;` in the place of each line break that ends a command.
pub fn end_lines(code: &mut String) {
    let mut plain = code.clone().into_bytes();
    let bytes = code.as_bytes();
    // Whether in brackets that are open lines end nothing: those of arrays and arithmetic.
    let mut brackets: Vec<bool> = Vec::new();
    let (mut at, mut end) = (0, 0);
    // Whether no command stands between here and the last line break that ended one.
    let mut is_ended = true;
    while at < bytes.len() {
        let mut next = scan::quoted_or_next(code, at);
        match bytes[at] {
            b'#' if scan::starts_comment(bytes, at) => {
                next = code[at..].find('\n').map_or(bytes.len(), |line| at + line);
                plain[at..next].fill(b' ');
            }
            b'\n' => {
                let rest = code[next..].trim_start();
                let goes_on = is_ended
                    || brackets.last() == Some(&true)
                    || is_open(&code[..end])
                    || rest.starts_with([';', '&', '|', ')', '{']);
                next = code.len() - rest.len();
                if !goes_on {
                    plain[at] = b';';
                    is_ended = true;
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                match byte {
                    b'(' => {
                        let is_list = bytes[..at].ends_with(b"=") || bytes[..at].ends_with(b"(");
                        brackets.push(is_list || bytes[next..].starts_with(b"("));
                    }
                    b')' => drop(brackets.pop()),
                    _ => {}
                }
                (end, is_ended) = (next, false);
            }
        }
        at = next;
    }
    // Only whole ASCII bytes and comments were replaced.
    if let Ok(plain) = String::from_utf8(plain) {
        *code = plain;
    }
}

/// Whether code is no whole command.
fn is_open(code: &str) -> bool {
    let word = code.rsplit(|c: char| c.is_ascii_whitespace() || c == ';').next().unwrap_or(code);
    code.is_empty() || code.ends_with([';', '&', '|', '(', ')', '{']) || OPENING.contains(&word)
}
