//! What the readers of both languages share when they bring a tree into the common form.

use super::{
    code::{Code, Parsed, Span},
    syntax::{Expression, Kind},
};
use tree_sitter::Node;

/// Deeper syntax is not brought over.
const MAX_DEPTH: usize = 120;

/// Brings the tree of a language into the common form.
pub struct Lowering<'c, L> {
    pub code: &'c Code,
    parsed: &'c Parsed,
    depth: usize,
    /// What else the language has to remember on the way.
    pub language: L,
}

impl<'c, L> Lowering<'c, L> {
    pub fn new(code: &'c Code, parsed: &'c Parsed, language: L) -> Self {
        Self { code, parsed, depth: 0, language }
    }

    pub fn at(&self, node: Node<'_>) -> Span {
        self.parsed.span(node)
    }

    pub fn source(&self, node: Node<'_>) -> &str {
        self.code.parsed(self.at(node))
    }

    pub fn expression_of(&self, node: Node<'_>, kind: Kind) -> Expression {
        Expression { at: self.at(node), kind }
    }

    /// Goes a level deeper, unless that is too deep.
    pub fn deeper<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        Some(lowered)
    }
}

/// The parts of a node with these names, if it has them all.
pub fn fields<'t, const N: usize>(node: Node<'t>, names: [&str; N]) -> Option<[Node<'t>; N]> {
    let found: Vec<_> = names.iter().filter_map(|name| node.child_by_field_name(name)).collect();
    found.try_into().ok()
}

/// The operator between `left` and `right`.
pub fn operator<'t>(node: Node<'t>) -> Option<&'t str> {
    node.child_by_field_name("operator").map(|operator| operator.kind())
}

/// The operands of a chain of one operator. It leans to the left and may be long, so it is taken
/// apart in a loop.
pub fn operands(node: Node<'_>) -> Vec<Node<'_>> {
    let (mut first, mut operands) = (node, Vec::new());
    while first.kind() == node.kind()
        && operator(first) == operator(node)
        && let Some([left, right]) = fields(first, ["left", "right"])
    {
        operands.push(right);
        first = left;
    }
    operands.push(first);
    operands.reverse();
    operands
}
