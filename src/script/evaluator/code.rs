use super::Dialect;
use crate::invocation::{Hole, Piece, Word};
use crate::script::parse;
use crate::source::{Location, Text};
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// Longer scripts are bundles, not what somebody wrote into a workflow; they are not read.
const MAX_BYTES: usize = 1 << 18;
/// So many places that could not be parsed are reported, no more.
const MAX_ERRORS: usize = 20;
/// Longer expressions are cut in messages.
const MAX_WRITTEN: usize = 60;

/// A part of the code, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Scripts made ready for the parser: every hole is an identifier of the same length, so that
/// positions hold. The files that a script imports stand behind it.
#[derive(Default)]
pub struct Code {
    text: Text,
    parsed: String,
    holes: Vec<(Range<usize>, Hole)>,
}

/// The tree of a script.
pub struct Parsed {
    pub tree: Tree,
    /// Where the script starts in the code.
    pub base: usize,
}

impl Code {
    /// Adds a script; gives nothing for its tree if it is too long.
    pub fn add(&mut self, script: &Word, dialect: &dyn Dialect) -> Option<Parsed> {
        if !self.parsed.is_empty() {
            // No line belongs to two files.
            self.text.push_made_up("\n", None);
            self.parsed.push('\n');
        }
        let base = self.parsed.len();
        for piece in &script.pieces {
            match piece {
                Piece::Known(text) => {
                    self.text.push(text);
                    self.parsed.push_str(text.as_str());
                }
                Piece::Hole(hole) => {
                    let written = if hole.written.is_empty() { "_" } else { &hole.written };
                    let mut text = Text::default();
                    text.push_made_up(written, hole.location.as_ref());
                    self.push_hole(&text, hole.clone());
                }
            }
        }
        if self.parsed.len() - base > MAX_BYTES {
            return None;
        }
        let grammar = dialect.grammar();
        let written = Parsed { tree: parse(&grammar, &self.parsed[base..])?, base };
        if written.tree.root_node().has_error()
            && let Some(plain) = dialect.without_types(&self.parsed[base..])
            && let Some(tree) = parse(&grammar, &plain)
        {
            let plainer = Parsed { tree, base };
            if errors(&plainer).len() < errors(&written).len() {
                self.parsed.replace_range(base.., &plain);
                return Some(plainer);
            }
        }
        Some(written)
    }

    fn push_hole(&mut self, written: &Text, hole: Hole) {
        let start = self.text.len();
        self.text.push(written);
        self.parsed.extend(std::iter::repeat_n('_', written.len()));
        self.holes.push((start..self.text.len(), hole));
    }

    pub fn len(&self) -> usize {
        self.parsed.len()
    }

    pub fn locate(&self, at: Span) -> Option<Location> {
        self.text.locate(at.start..at.end.min(self.text.len()))
    }

    /// The text of a part as the parser saw it.
    pub fn parsed(&self, at: Span) -> &str {
        self.parsed.get(at.range()).unwrap_or_default()
    }

    /// The text of a part as it is written, on one line, cut if it is long.
    pub fn written(&self, at: Span) -> String {
        let text = self.text.as_str().get(at.range()).unwrap_or_default();
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

    /// The hole that an identifier stands for.
    pub fn hole_at(&self, at: Span) -> Option<&Hole> {
        self.holes_in(at.range()).next().map(|(_, hole)| hole)
    }

    fn holes_in(&self, range: Range<usize>) -> impl Iterator<Item = &(Range<usize>, Hole)> {
        let first = self.holes.partition_point(|(hole, _)| hole.end <= range.start);
        self.holes[first..].iter().take_while(move |(hole, _)| hole.start < range.end)
    }

    /// The text of a part as it stands, with its holes.
    pub fn raw(&self, at: Span) -> Word {
        let mut word = Word::default();
        let mut done = at.start;
        for (hole_at, hole) in self.holes_in(at.range()) {
            if hole_at.start > done {
                word.push(Piece::Known(self.text.slice(done..hole_at.start)));
            }
            word.push(Piece::Hole(hole.clone()));
            done = hole_at.end;
        }
        if done < at.end {
            word.push(Piece::Known(self.text.slice(done..at.end)));
        }
        word
    }

    /// A part with the rest of the lines that it stands in: an error may be no more than a sign.
    pub fn whole_lines(&self, at: Span) -> Span {
        let (before, after) = (self.parsed.get(..at.start), self.parsed.get(at.end..));
        let start = before.and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let rest = after.map_or(0, |after| after.find('\n').unwrap_or(after.len()));
        Span { start, end: at.end + rest }
    }

    /// A text that stands nowhere; it counts as written at `at`.
    pub fn made_up(&self, string: &str, at: Span) -> Text {
        let mut text = Text::default();
        text.push_made_up(string, self.locate(at).as_ref());
        text
    }
}

impl Span {
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// From here to the end of another.
    pub fn to(self, end: Span) -> Span {
        Span { start: self.start, end: end.end.max(self.start) }
    }
}

impl Parsed {
    pub fn span(&self, node: Node<'_>) -> Span {
        Span { start: node.start_byte() + self.base, end: node.end_byte() + self.base }
    }
}

/// The named children of a node, without comments.
pub fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(child)).collect()
}

/// The first named child that is no comment.
pub fn only_child<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_comment(child))
}

fn is_comment(node: &Node<'_>) -> bool {
    matches!(node.kind(), "comment" | "html_comment" | "line_continuation")
}

/// The places that could not be parsed. It walks instead of recursing: a tree may be very deep.
pub fn errors(parsed: &Parsed) -> Vec<Span> {
    let mut found = Vec::new();
    let mut cursor = parsed.tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.push(parsed.span(node));
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
