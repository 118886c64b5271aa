//! Statements: lists, pipelines, subshells and functions.

use super::{
    Done, Output, Shell,
    heredoc::{self, Prepared},
    line_ends::end_lines,
    state::Function,
};
use crate::{
    script::Unread,
    source::{Text, time_is_up},
};
use tree_sitter::{Node, Tree};

/// Statements that are nested deeper than this are not read.
const MAX_NESTING: usize = 150;

/// A parsed piece of shell text.
pub(super) struct Unit<'t> {
    pub text: &'t Text,
    pub prepared: &'t Prepared,
}

impl Unit<'_> {
    pub fn slice(&self, node: Node<'_>) -> Text {
        self.text.slice(node.byte_range())
    }

    pub fn str(&self, node: Node<'_>) -> &str {
        &self.text.as_str()[node.byte_range()]
    }
}

pub(super) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}

fn body_of(node: Node<'_>) -> Option<Node<'_>> {
    node.child_by_field_name("body")
}

fn is_list(node: Node<'_>) -> bool {
    node.kind() == "list"
}

impl Shell<'_> {
    /// Reads shell text.
    pub fn script(&mut self, text: &Text) -> Done {
        // To parse anything takes as long as to expand a lot.
        if !self.run.spend(text.len() + 2_000) {
            return Done::default();
        }
        let text = &*self.start_of(text, |_| None);
        let mut prepared = heredoc::prepare(text);
        let Some(tree) = self.parsed(&mut prepared) else {
            self.run.unread.push(Unread::code(text.location(), "the shell parser gave up on it"));
            return Done::default();
        };
        let unit = Unit { text, prepared: &prepared };
        self.statement(&unit, tree.root_node(), 0)
    }

    /// The tree of the text, with `;` for the ends of lines unless only the text as it is can be
    /// read without an error.
    fn parsed(&mut self, prepared: &mut Prepared) -> Option<Tree> {
        let written = prepared.code.clone();
        end_lines(&mut prepared.code);
        let tree = self.run.tree(&prepared.code)?;
        if !tree.root_node().has_error() || written == prepared.code {
            return Some(tree);
        }
        let other = self.run.tree(&written).filter(|tree| !tree.root_node().has_error());
        if other.is_some() {
            prepared.code = written;
        }
        other.or(Some(tree))
    }

    /// The statements below a node, one after the other.
    pub(super) fn sequence(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        self.statements(unit, &children(node), depth)
    }

    /// One statement of a list: in the background, or where `set -e` counts.
    pub(super) fn stated(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        // Only where it can be, for the parser looks for the next from the start.
        let after =
            unit.prepared.code[node.end_byte()..].trim_start_matches([' ', '\t', '\\', '\n']);
        if after.starts_with('&') && node.next_sibling().is_some_and(|next| next.kind() == "&") {
            let state = self.state.subshell();
            let done = self.in_state(state, |shell| shell.statement(unit, node, depth));
            self.state.status = Some(true);
            return Done::printing(done.output, Some(true));
        }
        let done = self.statement(unit, node, depth);
        self.state.status = done.success;
        if self.state.options.errexit && self.checked == 0 && !self.state.ended {
            match (node.kind(), done.success) {
                ("list" | "negated_command", _) => {}
                ("redirected_statement", _) if body_of(node).is_some_and(is_list) => {}
                (_, Some(false)) => self.end(),
                _ => self.state.learn(&done.facts.holds),
            }
        }
        done
    }

    /// An assignment fails only if what it substitutes does.
    pub(super) fn assigned(&mut self) -> Done {
        Done::silent(self.substituted.take().unwrap_or(Some(true)))
    }

    pub(super) fn statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        if time_is_up() {
            return Done::default();
        }
        if depth > MAX_NESTING {
            let location = unit.text.locate(node.byte_range());
            self.run.unread.push(Unread::code(
                location,
                format!("statements are nested more than {MAX_NESTING} deep here"),
            ));
            return Done::default();
        }
        match node.kind() {
            "program" => {
                let mut done = Done::silent(Some(true));
                for part in children(node) {
                    let new = std::mem::take(&mut self.state.new_aliases);
                    self.state.aliases.extend(&new);
                    done = done.then(self.statements(unit, &[part], depth));
                    if self.state.ended {
                        break;
                    }
                }
                done
            }
            "command" => self.simple_command(unit, node),
            "variable_assignment" => {
                self.substituted = None;
                self.assignment(unit, node);
                self.assigned()
            }
            "variable_assignments" => self.sequence(unit, node, depth),
            "declaration_command" => self.declaration(unit, node),
            "unset_command" => self.unset(unit, node),
            "redirected_statement" => self.redirected(unit, node, depth),
            "pipeline" => self.pipeline(unit, node, depth),
            "list" => self.list(unit, node, &[], depth),
            "negated_command" => {
                let done = self.condition(|shell| shell.sequence(unit, node, depth));
                let success = done.success.map(|success| !success);
                Done { success, facts: done.facts.negated(), ..done }
            }
            "subshell" => {
                let state = self.state.subshell();
                self.in_state(state, |shell| shell.sequence(unit, node, depth))
            }
            "test_command" => self.test(unit, node),
            "if_statement" => self.if_statement(unit, node, depth),
            "case_statement" => self.case_statement(unit, node, depth),
            "for_statement" => self.for_statement(unit, node, depth),
            "while_statement" => self.while_statement(unit, node, depth),
            "c_style_for_statement" => self.counting_loop(unit, node, depth),
            "function_definition" => {
                let parts = (node.child_by_field_name("name"), node.child_by_field_name("body"));
                if let (Some(name), Some(body)) = parts {
                    let function = Function::of(unit.slice(body));
                    self.state.functions.set(unit.str(name), function);
                }
                Done::silent(Some(true))
            }
            "ERROR" => self.broken(unit, node),
            "compound_statement" if unit.str(node).starts_with("((") => self.test(unit, node),
            // Words and operators of conditions: what they substitute still runs.
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
            | "arithmetic_expansion" => {
                self.value(&unit.slice(node));
                Done::default()
            }
            _ => self.sequence(unit, node, depth),
        }
    }

    fn pipeline(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let outer = self.stdin.clone();
        let (mut piped, mut last) = (Output::Silent, Done::default());
        let parts = children(node);
        // tree-sitter gives the `!` of `! a | b` to `a`.
        let is_negated = parts.first().is_some_and(|first| first.kind() == "negated_command");
        for (position, part) in parts.iter().enumerate() {
            let state = self.state.subshell();
            let read = |shell: &mut Self| {
                shell.in_state(state, |shell| {
                    shell.condition(|shell| shell.statement(unit, *part, depth + 1))
                })
            };
            last = match position + 1 == parts.len() {
                true => read(self),
                false => self.heard(read),
            };
            piped = std::mem::take(&mut last.output).into_stages().after(piped);
            self.stdin = piped.clone();
            if position == 0 && matches!(self.stdin, Output::Silent) {
                self.stdin = outer.clone();
            }
        }
        let output = std::mem::replace(&mut self.stdin, outer);
        Done::printing(output, last.success.map(|success| success != is_negated))
    }

    fn redirected(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let redirects: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|child| child.kind().ends_with("_redirect"))
            .collect();
        let body = body_of(node);
        // tree-sitter gives the redirections of `a && b >file` to all of it.
        if let Some(body) = body.filter(|body| is_list(*body)) {
            return self.list(unit, body, &redirects, depth);
        }
        self.with_redirections(unit, &redirects, |shell| match body {
            Some(body) => shell.statement(unit, body, depth + 1),
            None => Done::default(),
        })
    }
}
