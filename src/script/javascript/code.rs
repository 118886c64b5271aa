use crate::invocation::{Hole, Piece, Word};
use crate::source::{Location, Text};
use std::ops::Range;
use tree_sitter::{Node, Parser, Tree};

/// Longer scripts are bundles, not what somebody wrote into a workflow; they are not read.
const MAX_BYTES: usize = 1 << 20;
/// So many places that could not be parsed are reported, no more.
const MAX_ERRORS: usize = 20;
/// Longer expressions are cut in messages.
const MAX_WRITTEN: usize = 60;

/// A script made ready for the parser: every hole is an identifier of the same length, so that
/// positions hold.
pub struct Code {
    text: Text,
    parsed: String,
    holes: Vec<(Range<usize>, Hole)>,
}

impl Code {
    pub fn new(script: &Word) -> Self {
        let mut code = Self { text: Text::default(), parsed: String::new(), holes: Vec::new() };
        for piece in &script.pieces {
            match piece {
                Piece::Known(text) => {
                    code.text.push(text);
                    code.parsed.push_str(text.as_str());
                }
                Piece::Hole(hole) => {
                    let written = if hole.written.is_empty() { "_" } else { &hole.written };
                    let mut text = Text::default();
                    text.push_made_up(written, hole.location.as_ref());
                    code.push_hole(&text, hole.clone());
                }
            }
        }
        code
    }

    fn push_hole(&mut self, written: &Text, hole: Hole) {
        let start = self.text.len();
        self.text.push(written);
        self.parsed.extend(std::iter::repeat_n('_', written.len()));
        self.holes.push((start..self.text.len(), hole));
    }

    /// The tree; nothing if the script is too long.
    pub fn parse(&self) -> Option<Tree> {
        if self.parsed.len() > MAX_BYTES {
            return None;
        }
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_javascript::LANGUAGE.into()).ok()?;
        parser.parse(&self.parsed, None)
    }

    pub fn locate(&self, range: Range<usize>) -> Option<Location> {
        self.text.locate(range.start..range.end.min(self.text.len()))
    }

    /// The text of a node as the parser saw it.
    pub fn parsed(&self, node: Node<'_>) -> &str {
        self.parsed.get(node.byte_range()).unwrap_or_default()
    }

    /// The text of a node as it is written, on one line, cut if it is long.
    pub fn written(&self, node: Node<'_>) -> String {
        let text = self.text.as_str().get(node.byte_range()).unwrap_or_default();
        let text = &text[..text.floor_char_boundary(MAX_WRITTEN * 10)];
        let mut written = String::new();
        for word in text.split_whitespace() {
            if !written.is_empty() {
                written.push(' ');
            }
            written.push_str(word);
            if let Some((end, _)) = written.char_indices().nth(MAX_WRITTEN) {
                written.truncate(end);
                written.push('…');
                break;
            }
        }
        written
    }

    /// The hole that `node`, an identifier, stands for.
    pub fn hole_at(&self, node: Node<'_>) -> Option<&Hole> {
        self.holes_in(node.byte_range()).next().map(|(_, hole)| hole)
    }

    fn holes_in(&self, range: Range<usize>) -> impl Iterator<Item = &(Range<usize>, Hole)> {
        let first = self.holes.partition_point(|(hole, _)| hole.end <= range.start);
        self.holes[first..].iter().take_while(move |(hole, _)| hole.start < range.end)
    }

    /// The text of `range` as it stands, with its holes.
    pub fn raw(&self, range: Range<usize>) -> Word {
        let mut word = Word::default();
        let mut done = range.start;
        for (at, hole) in self.holes_in(range.clone()) {
            if at.start > done {
                word.push(Piece::Known(self.text.slice(done..at.start)));
            }
            word.push(Piece::Hole(hole.clone()));
            done = at.end;
        }
        if done < range.end {
            word.push(Piece::Known(self.text.slice(done..range.end)));
        }
        word
    }

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
        if part.kind() != "escape_sequence" {
            return self.raw(part.byte_range());
        }
        let mut text = Text::default();
        let location = self.locate(part.byte_range());
        text.push_made_up(&unescape(self.parsed(part)), location.as_ref());
        Word::known(text)
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

/// The named children of a node, without comments.
pub fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The first named child that is no comment.
pub fn only_child<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| child.kind() != "comment")
}

/// The places that could not be parsed. It walks instead of recursing: a tree may be very deep.
pub fn errors(tree: &Tree) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.push(node.byte_range());
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
        if found.len() == MAX_ERRORS {
            return found;
        }
    }
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
