//! Statements: lists, pipelines, branches, loops and functions.

use super::{
    Done, Output, Shell,
    heredoc::{self, Prepared},
    state::State,
};
use crate::{
    config::matches_name,
    invocation::{Value, Word},
    script::Unread,
    source::Text,
};
use std::cell::RefCell;
use tree_sitter::{Node, Parser, Tree};

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

    fn str(&self, node: Node<'_>) -> &str {
        &self.text.as_str()[node.byte_range()]
    }
}

fn parse(code: &str) -> Option<Tree> {
    thread_local! {
        static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
    }
    PARSER.with_borrow_mut(|parser| {
        if parser.is_none() {
            let mut new = Parser::new();
            new.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *parser = Some(new);
        }
        parser.as_mut()?.parse(code, None)
    })
}

fn is_brace_word(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|rest| !rest.starts_with(char::is_whitespace))
}

fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}

impl Shell<'_> {
    /// Reads shell text.
    pub fn script(&mut self, text: &Text) -> Done {
        let prepared = heredoc::prepare(text);
        let Some(tree) = parse(&prepared.code) else {
            self.run.unread.push(Unread::code(text.location(), "the shell parser gave up on it"));
            return Done::default();
        };
        let unit = Unit { text, prepared: &prepared };
        self.statement(&unit, tree.root_node(), 0)
    }

    /// The statements below a node, one after the other.
    fn sequence(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let mut done = Done { output: Output::Silent, success: Some(true) };
        for child in children(node) {
            if self.state.ended {
                break;
            }
            let next = self.statement(unit, child, depth + 1);
            done = Done { output: done.output.and(next.output), success: next.success };
        }
        done
    }

    pub(super) fn statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        if depth > MAX_NESTING {
            let location = unit.text.locate(node.byte_range());
            self.run.unread.push(Unread::code(
                location,
                format!("statements are nested more than {MAX_NESTING} deep here"),
            ));
            return Done::default();
        }
        match node.kind() {
            "command" => self.simple_command(unit, node),
            "variable_assignment" => {
                self.assignment(unit, node);
                Done { success: Some(true), ..Done::default() }
            }
            "variable_assignments" => self.sequence(unit, node, depth),
            "declaration_command" => self.declaration(unit, node),
            "unset_command" => {
                for name in children(node) {
                    self.state.unset(unit.str(name));
                }
                Done::default()
            }
            "redirected_statement" => self.redirected(unit, node, depth),
            "pipeline" => self.pipeline(unit, node, depth),
            "list" => self.list(unit, node, &[], depth),
            "negated_command" => {
                let done = self.sequence(unit, node, depth);
                Done { output: done.output, success: done.success.map(|success| !success) }
            }
            "subshell" => {
                let state = self.state.clone();
                self.in_state(state, |shell| shell.sequence(unit, node, depth))
            }
            "test_command" => self.test(unit, node),
            "if_statement" => self.if_statement(unit, node, depth),
            "case_statement" => self.case_statement(unit, node, depth),
            "for_statement" => self.for_statement(unit, node, depth),
            "while_statement" | "c_style_for_statement" => {
                let done = self.branch(|shell| shell.sequence(unit, node, depth));
                Done { success: None, ..done }
            }
            "function_definition" => {
                let parts = (node.child_by_field_name("name"), node.child_by_field_name("body"));
                if let (Some(name), Some(body)) = parts {
                    self.state.functions.set(unit.str(name), unit.slice(body));
                }
                Done { success: Some(true), ..Done::default() }
            }
            "ERROR" => self.broken(unit, node),
            // `{pm2,stop}`: bash wants a blank after the brace of a group, tree-sitter does not.
            "compound_statement" if is_brace_word(unit.str(node)) => self.roughly(unit, node),
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

    /// Reads something that may or may not happen.
    fn branch(&mut self, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let before = self.state.clone();
        let done = read(self);
        let after = std::mem::replace(&mut self.state, before);
        self.state.merge(after);
        done
    }

    /// Reads `a && b` and `a || b`, of which the last command has these redirections.
    fn list(
        &mut self,
        unit: &Unit<'_>,
        node: Node<'_>,
        redirects: &[Node<'_>],
        depth: usize,
    ) -> Done {
        let parts = children(node);
        let [left, right] = parts.as_slice() else { return self.sequence(unit, node, depth) };
        let operator = &unit.prepared.code[left.end_byte()..right.start_byte()];
        let needs = operator.contains("&&");
        let first = self.statement(unit, *left, depth + 1);
        if self.state.ended || first.success == Some(!needs) {
            return first;
        }
        let read = |shell: &mut Self| {
            shell.with_redirections(unit, redirects, |s| s.statement(unit, *right, depth + 1))
        };
        let second = if first.success == Some(needs) {
            read(self)
        } else {
            let done = self.branch(read);
            Done { success: None, ..done }
        };
        Done { output: first.output.and(second.output), success: second.success }
    }

    fn pipeline(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let outer = std::mem::take(&mut self.stdin);
        let (mut stages, mut last) = (Vec::new(), Done::default());
        let parts = children(node);
        for (position, part) in parts.iter().enumerate() {
            let state = self.state.clone();
            last = self.in_state(state, |shell| shell.statement(unit, *part, depth + 1));
            let output = std::mem::take(&mut last.output);
            self.stdin = match output {
                Output::Of(new) => {
                    stages.extend(new);
                    Output::Of(stages.clone())
                }
                known => {
                    stages.clear();
                    known
                }
            };
            if position == 0 && matches!(self.stdin, Output::Silent) {
                self.stdin = outer.clone();
            }
        }
        let output = std::mem::replace(&mut self.stdin, outer);
        Done { output, success: last.success }
    }

    fn if_statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let conditions: Vec<usize> =
            node.children_by_field_name("condition", &mut node.walk()).map(|c| c.id()).collect();
        let parts = children(node);
        let (mut held, mut body, mut others) = (None, Vec::new(), Vec::new());
        for part in parts {
            match part.kind() {
                _ if conditions.contains(&part.id()) => {
                    held = self.statement(unit, part, depth + 1).success;
                }
                "elif_clause" | "else_clause" => others.push(part),
                _ => body.push(part),
            }
        }
        self.arms(unit, held, &body, &others, depth)
    }

    /// What follows a condition: its own statements, then the clauses for when it does not hold.
    fn arms(
        &mut self,
        unit: &Unit<'_>,
        held: Option<bool>,
        body: &[Node<'_>],
        others: &[Node<'_>],
        depth: usize,
    ) -> Done {
        let before = self.state.clone();
        let mut ended = true;
        let mut output = Output::Silent;
        let mut ends = Vec::new();
        if held != Some(false) {
            output = output.and(self.statements(unit, body, depth));
            ended &= self.state.ended;
            ends.push(std::mem::replace(&mut self.state, before.clone()));
        }
        if held != Some(true) {
            match others.split_first() {
                None => ended = false,
                Some((clause, rest)) if clause.kind() == "elif_clause" => {
                    let parts = children(*clause);
                    let (condition, body) =
                        parts.split_first().map_or((None, &[][..]), |(c, b)| (Some(*c), b));
                    let held = condition.and_then(|c| self.statement(unit, c, depth + 1).success);
                    let done = self.arms(unit, held, body, rest, depth + 1);
                    output = output.and(done.output);
                }
                Some((clause, _)) => {
                    let done = self.sequence(unit, *clause, depth + 1);
                    output = output.and(done.output);
                }
            }
            if !others.is_empty() {
                ended &= self.state.ended;
                ends.push(std::mem::replace(&mut self.state, before.clone()));
            }
        }
        self.state = before;
        let only = ends.len() == 1 && held.is_some();
        for end in ends {
            if only { self.state = end } else { self.state.merge(end) }
        }
        self.state.ended = ended;
        Done { output, success: None }
    }

    fn statements(&mut self, unit: &Unit<'_>, nodes: &[Node<'_>], depth: usize) -> Output {
        let mut output = Output::Silent;
        for node in nodes {
            if self.state.ended {
                break;
            }
            output = output.and(self.statement(unit, *node, depth + 1).output);
        }
        output
    }

    fn case_statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let subject = node.child_by_field_name("value");
        let value = subject.map(|subject| self.value(&unit.slice(subject)));
        let known = value.as_ref().and_then(Value::text);
        let mut output = Output::Silent;
        for item in children(node).into_iter().filter(|child| child.kind() == "case_item") {
            let patterns: Vec<Node<'_>> =
                item.children_by_field_name("value", &mut item.walk()).collect();
            let chosen = known.as_ref().map(|text| {
                patterns.iter().any(|pattern| {
                    let pattern = self.value(&unit.slice(*pattern));
                    pattern.text().is_none_or(|pattern| matches_name(&pattern, text))
                })
            });
            if chosen == Some(false) {
                continue;
            }
            let ids: Vec<usize> = patterns.iter().map(Node::id).collect();
            let body: Vec<_> =
                children(item).into_iter().filter(|child| !ids.contains(&child.id())).collect();
            let done = self.branch(|shell| {
                let output = shell.statements(unit, &body, depth);
                Done { output, success: None }
            });
            output = output.and(done.output);
            if chosen == Some(true) {
                break;
            }
        }
        Done { output, success: None }
    }

    fn for_statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let variable = node.child_by_field_name("variable").map(|v| unit.str(v).to_owned());
        let mut items: Vec<Word> = Vec::new();
        let values: Vec<Node<'_>> =
            node.children_by_field_name("value", &mut node.walk()).collect();
        for value in &values {
            items.extend(self.fields(&unit.slice(*value)).into_iter().flatten());
        }
        if values.is_empty() {
            let arguments = self.state.positional.iter().flatten();
            items.extend(arguments.flat_map(|value| value.alternatives().to_vec()));
        }
        let Some(body) = node.child_by_field_name("body") else { return Done::default() };
        self.branch(|shell| {
            if let Some(variable) = variable {
                let value = if items.is_empty() {
                    State::unknown_variable(&variable, None)
                } else {
                    Value::any_of(items)
                };
                shell.state.set(&variable, value);
            }
            let done = shell.sequence(unit, body, depth + 1);
            Done { success: None, ..done }
        })
    }

    fn redirected(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let redirects: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|child| child.kind().ends_with("_redirect"))
            .collect();
        let Some(body) = node.child_by_field_name("body") else {
            self.redirections(unit, &redirects);
            return Done::default();
        };
        // tree-sitter gives the redirections of `a && b >file` to all of it.
        if body.kind() == "list" {
            return self.list(unit, body, &redirects, depth);
        }
        self.with_redirections(unit, &redirects, |shell| shell.statement(unit, body, depth + 1))
    }

    /// `[[ … ]]`; `[ … ]` is a command.
    fn test(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let text = unit.slice(node);
        let inner = text.slice(2..text.len().saturating_sub(2).max(2));
        // Runs what it substitutes; compares two known words.
        let fields = self.fields(&inner);
        let [words] = fields.as_slice() else { return Done::default() };
        Done { output: Output::Silent, success: holds(words) }
    }

    /// Reads around a syntax error: what was parsed of it, and the rest line by line.
    fn broken(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let location = unit.text.locate(node.byte_range());
        self.run.unread.push(Unread::code(location, "the shell syntax is not understood here"));
        self.roughly(unit, node)
    }

    fn roughly(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        for range in super::command::rough_commands(&unit.prepared.code, node.byte_range()) {
            self.rough_command(unit, range);
        }
        Done::default()
    }
}

/// Whether a condition holds, if that is certain.
pub(super) fn holds(words: &[Word]) -> Option<bool> {
    let words: Vec<_> = words.iter().map(Word::text).collect::<Option<_>>()?;
    match words.iter().map(AsRef::as_ref).collect::<Vec<&str>>().as_slice() {
        [left, "=" | "==", right] => Some(left == right),
        [left, "!=", right] => Some(left != right),
        ["-n", word] => Some(!word.is_empty()),
        ["-z", word] => Some(word.is_empty()),
        _ => None,
    }
}
