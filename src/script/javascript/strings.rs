//! What string literals and their escapes say.

use super::JavaScript;
use crate::{
    invocation::Word,
    script::evaluator::{code::children, lowering::Lowering},
};
use tree_sitter::Node;

impl Lowering<'_, JavaScript> {
    /// What a string literal says.
    pub fn string(&self, node: Node<'_>) -> Word {
        let mut word = Word::default();
        for part in children(node) {
            word.append(&self.string_part(part));
        }
        word
    }

    /// What a fragment or an escape of a string or template says.
    pub fn string_part(&self, part: Node<'_>) -> Word {
        let at = self.at(part);
        match part.kind() {
            "escape_sequence" => Word::known(self.code.made_up(&unescape(self.source(part)), at)),
            _ => self.code.raw(at),
        }
    }
}

/// The character that an escape such as `\n` or `\u{e9}` stands for; none for an escaped line end.
fn unescape(escape: &str) -> String {
    let body = escape.strip_prefix('\\').unwrap_or(escape);
    let code =
        |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let replacement = char::REPLACEMENT_CHARACTER;
    let Some(first) = body.chars().next() else { return String::new() };
    let decoded = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        'x' => code(&body[1..], 16).unwrap_or(replacement),
        'u' => {
            let digits = body[1..].trim_start_matches('{').trim_end_matches('}');
            code(digits, 16).unwrap_or(replacement)
        }
        '0'..='7' => code(body, 8).unwrap_or(replacement),
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => return String::new(),
        other => other,
    };
    decoded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_node_reads_them() {
        let cases = [
            (r"\n", "\n"),
            (r"\x61", "a"),
            (r"\u0061", "a"),
            (r"\u{1F4A5}", "💥"),
            (r"\'", "'"),
            (r"\q", "q"),
            (r"\0", "\0"),
            ("\\\n", ""),
            (r"\ud800", "\u{fffd}"),
            (r"\é", "é"),
        ];
        for (escape, expected) in cases {
            assert_eq!(unescape(escape), expected, "{escape}");
        }
    }
}
