//! The tree of tree-sitter-bash as statements.

use super::{
    super::{
        Arm, ArmEnd, Assigned, Assignment, Block, Case, Clause, Command, Condition, Counting,
        Declaration, Declared, Direction, For, If, Kind, MAX_NESTING, Redirect, Span, Statement,
        While, rough,
    },
    chain::is_chain,
    heredoc::Prepared,
};
use std::collections::HashSet;
use tree_sitter::Node;

pub struct Converter<'a> {
    pub text: &'a str,
    /// The text as it was parsed.
    pub prepared: &'a Prepared,
}

impl Converter<'_> {
    pub fn program(&self, root: Node<'_>) -> Vec<Statement> {
        match root.kind() {
            "program" => self.statements(root, 0),
            _ => vec![self.statement(root, 0)],
        }
    }

    /// The statements below a node.
    pub fn statements(&self, node: Node<'_>, depth: usize) -> Vec<Statement> {
        self.statements_but(node, depth, |_| true)
    }

    fn statements_but(
        &self,
        node: Node<'_>,
        depth: usize,
        is_one: impl Fn(Node<'_>) -> bool,
    ) -> Vec<Statement> {
        let mut statements: Vec<Statement> = Vec::new();
        let mut is_after_one = false;
        for child in node.children(&mut node.walk()) {
            if child.kind() == "&"
                && let Some(last) = statements.last_mut().filter(|_| is_after_one)
            {
                last.is_background = true;
            }
            is_after_one = child.is_named() && child.kind() != "comment" && is_one(child);
            if is_after_one {
                statements.push(self.statement(child, depth));
            }
        }
        statements
    }

    pub fn statement(&self, node: Node<'_>, depth: usize) -> Statement {
        if depth <= MAX_NESTING && is_chain(node) {
            return self.chain(node, depth + 1);
        }
        let kind = match depth > MAX_NESTING {
            true => Kind::TooDeep,
            false => self.kind(node, depth + 1),
        };
        Statement::new(node.byte_range(), kind)
    }

    fn kind(&self, node: Node<'_>, depth: usize) -> Kind {
        match node.kind() {
            "command" => Kind::Command(self.command(node, depth)),
            "variable_assignment" => Kind::Assignments(self.assignment(node).into_iter().collect()),
            "variable_assignments" => {
                let assignments = children(node).into_iter().filter_map(|c| self.assignment(c));
                Kind::Assignments(assignments.collect())
            }
            "declaration_command" => Kind::Declaration(self.declaration(node)),
            "unset_command" => Kind::Unset(children(node).iter().map(Node::byte_range).collect()),
            "subshell" => Kind::Subshell(self.statements(node, depth)),
            "test_command" => self.condition(node.byte_range()),
            "compound_statement" if self.text[node.byte_range()].starts_with("((") => {
                self.condition(node.byte_range())
            }
            "if_statement" => Kind::If(self.if_statement(node, depth)),
            "case_statement" => self.case_statement(node, depth),
            "for_statement" => self.for_statement(node, depth),
            "while_statement" => self.while_statement(node, depth),
            "c_style_for_statement" => self.counting_loop(node, depth),
            "function_definition" => match (field(node, "name"), field(node, "body")) {
                (Some(name), Some(body)) => Kind::Function(name.byte_range(), body.byte_range()),
                _ => Kind::Group(Vec::new()),
            },
            "ERROR" => Kind::Broken(rough::commands(&self.prepared.code, node.byte_range())),
            "word"
            | "string"
            | "raw_string"
            | "simple_expansion"
            | "expansion"
            | "number"
            | "concatenation"
            | "command_substitution"
            | "process_substitution"
            | "binary_expression"
            | "unary_expression"
            | "parenthesized_expression"
            | "postfix_expression"
            | "arithmetic_expansion" => Kind::Word(node.byte_range()),
            _ => Kind::Group(self.statements(node, depth)),
        }
    }

    fn command(&self, node: Node<'_>, depth: usize) -> Command {
        let mut command = Command::default();
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        let mut end = node.start_byte();
        while more {
            let (child, field) = (cursor.node(), cursor.field_name());
            more = cursor.goto_next_sibling();
            let is_apart = end < child.start_byte();
            end = child.end_byte();
            match field {
                Some("redirect") => command.redirects.extend(self.redirect(child)),
                Some("name" | "argument") => match command.words.last_mut() {
                    // `$A-$B` is two nodes.
                    Some(last) if !is_apart => last.end = child.end_byte(),
                    _ => command.words.push(child.byte_range()),
                },
                _ if child.kind() == "variable_assignment" => {
                    command.assignments.extend(self.assignment(child));
                }
                _ if child.kind() == "ERROR" => command.broken.push(self.statement(child, depth)),
                _ => {}
            }
        }
        command
    }

    fn assignment(&self, node: Node<'_>) -> Option<Assignment> {
        let name = field(node, "name")?;
        let has_index = self.text[name.byte_range()].contains('[');
        let value = match field(node, "value") {
            Some(array) if array.kind() == "array" && !has_index => {
                let inner = self.inner(array.byte_range(), ")");
                Assigned::Items(rough::words(&self.prepared.code, inner))
            }
            Some(word) => Assigned::Word(word.byte_range()),
            None => Assigned::Nothing,
        };
        let appends = self.text[name.end_byte()..].starts_with('+');
        Some(Assignment { span: node.byte_range(), name: name.byte_range(), appends, value })
    }

    fn declaration(&self, node: Node<'_>) -> Declaration {
        let keyword =
            node.child(0).map_or(node.start_byte()..node.start_byte(), |k| k.byte_range());
        let items = children(node).into_iter().filter_map(|child| match child.kind() {
            "variable_assignment" => self.assignment(child).map(Declared::Assignment),
            _ => Some(Declared::Word(child.byte_range())),
        });
        Declaration { keyword, items: items.collect() }
    }

    pub fn redirect(&self, node: Node<'_>) -> Option<Redirect> {
        if node.kind() == "herestring_redirect" {
            return node.named_child(0).map(|word| Redirect::HereString(word.byte_range()));
        }
        let start = node.start_byte();
        let at = start + self.prepared.code[node.byte_range()].find(['<', '>', '&'])?;
        if let Some(heredoc) = self.prepared.heredocs.get(&at) {
            return Some(Redirect::Heredoc(heredoc.clone()));
        }
        let destination = field(node, "destination")?;
        // Of `> file <<< word` the grammar takes `<<` for a mistake.
        if self.prepared.code[..start].ends_with("<<")
            && self.prepared.code[start..].starts_with('<')
        {
            return Some(Redirect::HereString(destination.byte_range()));
        }
        let descriptor = &self.prepared.code[start..at];
        let operator = &self.prepared.code[at..destination.start_byte()];
        let is_output = descriptor.is_empty() || descriptor == "1";
        let direction = match operator {
            _ if operator.starts_with('<') && !operator.starts_with("<&") => Direction::Input,
            _ if !is_output || !operator.contains('>') => Direction::Other,
            _ if operator.contains(">&") => Direction::Duplicate,
            _ if operator.contains(">>") => Direction::Append,
            _ => Direction::Output,
        };
        Some(Redirect::File(direction, destination.byte_range()))
    }

    fn condition(&self, span: Span) -> Kind {
        let source = &self.text[span.clone()];
        let inner = |end: &str| self.inner(span.clone(), end);
        let words = |end: &str| rough::words(&self.text[..span.end], inner(end));
        Kind::Condition(match source {
            _ if source.starts_with("((") => Condition::Arithmetic(inner("))")),
            _ if source.starts_with("[[") => Condition::Double(words("]]")),
            _ => Condition::Single(words("]")),
        })
    }

    /// What stands between brackets; those that end it may be missing where the text ends.
    fn inner(&self, span: Span, end: &str) -> Span {
        let start = span.start + end.len();
        let is_closed = self.text[span.clone()].ends_with(end);
        start..(span.end - if is_closed { end.len() } else { 0 }).max(start)
    }

    fn if_statement(&self, node: Node<'_>, depth: usize) -> If {
        let conditions: HashSet<usize> =
            node.children_by_field_name("condition", &mut node.walk()).map(|c| c.id()).collect();
        let is_clause = |node: Node<'_>| matches!(node.kind(), "elif_clause" | "else_clause");
        let is_condition = |node: Node<'_>| conditions.contains(&node.id());
        let clauses = children(node).into_iter().filter(|child| is_clause(*child));
        If {
            condition: self.statements_but(node, depth, is_condition),
            body: self.statements_but(node, depth, |c| !is_clause(c) && !is_condition(c)),
            others: clauses.map(|clause| self.clause(clause, depth)).collect(),
        }
    }

    fn clause(&self, clause: Node<'_>, depth: usize) -> Clause {
        if clause.kind() == "else_clause" {
            return Clause { condition: None, body: self.statements(clause, depth) };
        }
        let then = clause.children(&mut clause.walk()).find(|child| child.kind() == "then");
        let then = then.map_or(clause.end_byte(), |then| then.start_byte());
        Clause {
            condition: Some(self.statements_but(clause, depth, |part| part.start_byte() < then)),
            body: self.statements_but(clause, depth, |part| part.start_byte() >= then),
        }
    }

    fn case_statement(&self, node: Node<'_>, depth: usize) -> Kind {
        let Some(subject) = field(node, "value") else { return Kind::Group(Vec::new()) };
        let items = children(node).into_iter().filter(|child| child.kind() == "case_item");
        let arms = items.map(|item| self.arm(item, depth)).collect();
        Kind::Case(Case { subject: subject.byte_range(), arms })
    }

    fn arm(&self, item: Node<'_>, depth: usize) -> Arm {
        let patterns: Vec<Node<'_>> =
            item.children_by_field_name("value", &mut item.walk()).collect();
        let ids: HashSet<usize> = patterns.iter().map(Node::id).collect();
        let end = field(item, "fallthrough").map(|end| &self.text[end.byte_range()]);
        Arm {
            patterns: patterns.iter().map(Node::byte_range).collect(),
            body: self.statements_but(item, depth, |child| !ids.contains(&child.id())),
            end: match end {
                None => ArmEnd::Leaves,
                Some(";&") => ArmEnd::FallsThrough,
                Some(_) => ArmEnd::TriesOthers,
            },
        }
    }

    fn block(&self, node: Node<'_>, depth: usize) -> Option<Block> {
        let body = field(node, "body")?;
        Some(Block { span: body.byte_range(), statements: self.statements(body, depth) })
    }

    fn for_statement(&self, node: Node<'_>, depth: usize) -> Kind {
        let parts = (self.block(node, depth), field(node, "variable"));
        let (Some(body), Some(variable)) = parts else { return Kind::Group(Vec::new()) };
        let has_list = node.children(&mut node.walk()).any(|child| child.kind() == "in");
        let items = || {
            let mut cursor = node.walk();
            node.children_by_field_name("value", &mut cursor)
                .map(|item| item.byte_range())
                .collect()
        };
        Kind::For(For {
            is_select: node.child(0).is_some_and(|keyword| keyword.kind() == "select"),
            variable: variable.byte_range(),
            items: has_list.then(items),
            body,
        })
    }

    fn while_statement(&self, node: Node<'_>, depth: usize) -> Kind {
        let Some(body) = self.block(node, depth) else { return Kind::Group(Vec::new()) };
        let conditions: HashSet<usize> =
            node.children_by_field_name("condition", &mut node.walk()).map(|c| c.id()).collect();
        Kind::While(While {
            is_until: node.child(0).is_some_and(|keyword| keyword.kind() == "until"),
            condition: self.statements_but(node, depth, |c| conditions.contains(&c.id())),
            body,
        })
    }

    fn counting_loop(&self, node: Node<'_>, depth: usize) -> Kind {
        let Some(body) = self.block(node, depth) else { return Kind::Group(Vec::new()) };
        let header = &self.text[node.start_byte()..body.span.start];
        let (open, close) = (header.find("(("), header.rfind("))"));
        let Some(open) = open else { return Kind::Group(Vec::new()) };
        let start = node.start_byte() + open + 2;
        let end = close.map_or(body.span.start, |close| node.start_byte() + close).max(start);
        Kind::Counting(Counting { header: start..end, body })
    }
}

pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

pub fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}
