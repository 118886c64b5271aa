//! Lists and pipelines. tree-sitter-bash gives `a && b | c` to the pipe, `a | b > file` to all of
//! the pipeline and `! a | b` to `a`. So each is taken as what it is made of, and built anew.

use super::{
    super::{Kind, Link, Redirect, Statement},
    convert::{Converter, children, field},
};
use tree_sitter::Node;

/// What stands between two commands.
#[derive(Clone, Copy)]
enum Joint {
    Pipe,
    Link(Link),
}

/// A command, and what is before it.
struct Part {
    joint: Joint,
    is_negated: bool,
    statement: Statement,
}

enum Step<'t> {
    Read(Node<'t>),
    Join(Joint),
    /// The redirections of a node, which are those of the last command in it.
    Redirect(Node<'t>),
}

/// Whether a node joins, negates or redirects commands.
pub fn is_chain(node: Node<'_>) -> bool {
    matches!(node.kind(), "list" | "pipeline" | "negated_command" | "redirected_statement")
}

impl Converter<'_> {
    /// The statement that such a node is.
    pub fn chain(&self, node: Node<'_>, depth: usize) -> Statement {
        let mut pipelines: Vec<(Link, Vec<Part>)> = Vec::new();
        for part in self.parts(node, depth) {
            match (part.joint, pipelines.last_mut()) {
                (Joint::Pipe, Some((_, pipeline))) => pipeline.push(part),
                (Joint::Pipe, None) => pipelines.push((Link::And, vec![part])),
                (Joint::Link(link), _) => pipelines.push((link, vec![part])),
            }
        }
        let mut links = pipelines.into_iter().map(|(link, parts)| (link, pipeline(parts)));
        let Some((_, first)) = links.next() else {
            return Statement::new(node.byte_range(), Kind::Group(Vec::new()));
        };
        let rest: Vec<(Link, Statement)> = links.collect();
        match rest.is_empty() {
            true => first,
            false => {
                let kind = Kind::List { first: Box::new(first), rest };
                Statement::new(node.byte_range(), kind)
            }
        }
    }

    /// The commands in a node, in order.
    fn parts(&self, node: Node<'_>, depth: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let (mut joint, mut is_negated) = (Joint::Link(Link::And), false);
        // What is long would be deep.
        let mut steps = vec![Step::Read(node)];
        while let Some(step) = steps.pop() {
            let node = match step {
                Step::Read(node) => node,
                Step::Join(next) => {
                    joint = next;
                    continue;
                }
                Step::Redirect(node) => {
                    if let Some(mut last) = parts.pop() {
                        last.statement = last.statement.redirected(self.redirects(node));
                        parts.push(last);
                    }
                    continue;
                }
            };
            let inner = children(node);
            match (node.kind(), inner.as_slice()) {
                ("list", [first, second]) => {
                    let operator = &self.prepared.code[first.end_byte()..second.start_byte()];
                    let link = if operator.contains("&&") { Link::And } else { Link::Or };
                    steps.push(Step::Read(*second));
                    steps.push(Step::Join(Joint::Link(link)));
                    steps.push(Step::Read(*first));
                }
                ("pipeline", [first, rest @ ..]) => {
                    for part in rest.iter().rev() {
                        steps.push(Step::Read(*part));
                        steps.push(Step::Join(Joint::Pipe));
                    }
                    steps.push(Step::Read(*first));
                }
                ("negated_command", [inner]) => {
                    is_negated = !is_negated;
                    steps.push(Step::Read(*inner));
                }
                ("redirected_statement", _) if let Some(body) = field(node, "body") => {
                    steps.push(Step::Redirect(node));
                    steps.push(Step::Read(body));
                }
                (_, _) => {
                    let statement = match is_chain(node) {
                        true => self.remainder(node, depth),
                        false => self.statement(node, depth),
                    };
                    parts.push(Part { joint, is_negated, statement });
                    is_negated = false;
                }
            }
        }
        parts
    }

    /// What joins nothing: its redirections, and statements one after the other.
    fn remainder(&self, node: Node<'_>, depth: usize) -> Statement {
        let statements = self.statements(node, depth);
        Statement::new(node.byte_range(), Kind::Group(statements)).redirected(self.redirects(node))
    }

    fn redirects(&self, node: Node<'_>) -> Vec<Redirect> {
        let redirects = children(node).into_iter().filter(|c| c.kind().ends_with("_redirect"));
        redirects.filter_map(|redirect| self.redirect(redirect)).collect()
    }
}

fn pipeline(parts: Vec<Part>) -> Statement {
    let is_negated = parts.first().is_some_and(|part| part.is_negated);
    let mut statements: Vec<Statement> = parts.into_iter().map(|part| part.statement).collect();
    let ends = statements.first().zip(statements.last());
    let span = ends.map_or(0..0, |(first, last)| first.span.start..last.span.end);
    let statement = match statements.pop() {
        Some(only) if statements.is_empty() => only,
        last => {
            statements.extend(last);
            Statement::new(span.clone(), Kind::Pipeline(statements))
        }
    };
    match is_negated {
        true => Statement::new(span, Kind::Negated(Box::new(statement))),
        false => statement,
    }
}
