//! What the readers of both languages share when they bring a tree into the common form.

use super::{
    code::{Code, Parsed, Span, children, only_child},
    syntax::{Expression, Kind, Statement, StatementKind, Target, TargetKind},
};
use tree_sitter::Node;

/// Deeper syntax is not brought over.
const MAX_DEPTH: usize = 120;

/// What each node of a language's tree comes to.
pub trait Syntax: Sized {
    /// Nodes that mean what the one node in them means.
    const WRAPPERS: &'static [&'static str];

    fn expression(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> Kind;
    fn statement(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> StatementKind;
    fn target(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> TargetKind;
}

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

impl<L: Syntax> Lowering<'_, L> {
    pub fn expression(&mut self, node: Node<'_>) -> Expression {
        let lowered = self.deeper(|this| match only_child(node) {
            Some(inner) if L::WRAPPERS.contains(&node.kind()) => this.expression(inner),
            _ => {
                let kind = L::expression(this, node);
                this.expression_of(node, kind)
            }
        });
        lowered.unwrap_or_else(|| self.expression_of(node, Kind::TooDeep))
    }

    pub fn boxed(&mut self, node: Node<'_>) -> Box<Expression> {
        Box::new(self.expression(node))
    }

    pub fn expressions(&mut self, nodes: Vec<Node<'_>>) -> Vec<Expression> {
        nodes.into_iter().map(|node| self.expression(node)).collect()
    }

    /// The statements of a block or a script.
    pub fn statements(&mut self, block: Node<'_>) -> Vec<Statement> {
        children(block).into_iter().map(|node| self.statement(node)).collect()
    }

    pub fn statement(&mut self, node: Node<'_>) -> Statement {
        let kind = self.deeper(|this| L::statement(this, node));
        let too_deep = || StatementKind::Expression(self.expression_of(node, Kind::TooDeep));
        Statement { at: self.at(node), kind: kind.unwrap_or_else(too_deep) }
    }

    pub fn target(&mut self, node: Node<'_>) -> Target {
        let kind = self.deeper(|this| L::target(this, node)).unwrap_or(TargetKind::Nothing);
        Target { at: self.at(node), kind }
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
