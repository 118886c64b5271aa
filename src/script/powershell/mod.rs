//! PowerShell: in comes the text of a script (with holes where a workflow puts something in); the
//! programs that it calls go to the same interpreter as the shell's, with what is known of their
//! words. tree-sitter gives the tree; `statements` walks it, `values` says what an expression may
//! be, `commands` calls, and `cmdlets` knows those that run, print or write something. PowerShell
//! has no case: names of variables, functions, cmdlets and parameters are kept in lower case.

mod cmdlets;
mod commands;
mod statements;
#[cfg(test)]
mod tests;
mod values;

use super::{
    Unread,
    shell::{Done, Shell, scan},
};
use crate::{
    invocation::{Value, Word},
    source::{Location, Text},
};
use std::ops::Range;
use tree_sitter::{Node, Tree};

/// What is nested deeper than this is not read.
const MAX_NESTING: usize = 200;

/// A parsed piece of a script.
struct Unit<'t> {
    text: &'t Text,
    /// The text with a name of the same length in place of every hole.
    code: &'t str,
}

impl<'t> Unit<'t> {
    fn str(&self, node: Node<'_>) -> &'t str {
        &self.code[node.byte_range()]
    }

    fn slice(&self, range: Range<usize>) -> Text {
        self.text.slice(range)
    }

    /// Where a node stands, without the blanks around it.
    fn locate(&self, node: Node<'_>) -> Option<Location> {
        let code = self.str(node);
        let start = node.start_byte() + code.len() - code.trim_start().len();
        self.text.locate(start..start + code.trim().len())
    }
}

impl Shell<'_> {
    /// Reads a script.
    pub(super) fn powershell(&mut self, text: &Text) -> Done {
        let text = &*self.start_of(text, |_| None);
        let code = prepared(text.as_str());
        let Some(tree) = parse(&code) else {
            let reason = "this PowerShell is too tangled to be read";
            self.run.unread.push(Unread::code(text.location(), reason));
            return Done::default();
        };
        let unit = Unit { text, code: &code };
        if let Some(folder) = self.state.name.as_ref().and_then(Word::folder) {
            self.state.set("ps:psscriptroot", Value::one(folder));
        }
        self.ps_statement(&unit, tree.root_node(), 0)
    }

    /// The value of an expression that stands in a text of its own.
    fn ps_text_value(&mut self, text: &Text) -> Value {
        let written = format!("$({})", text.as_str());
        let done = self.deeper_in(text, |shell| shell.powershell(text));
        done.output.value(written, text.location())
    }
}

fn parse(code: &str) -> Option<Tree> {
    super::parse(&tree_sitter_powershell::LANGUAGE.into(), code)
}

/// The text with a name of the same length in place of every hole, so that it parses, and of the
/// `./` that the grammar does not know at the start of a command.
fn prepared(source: &str) -> String {
    let code = without_holes(source);
    let bytes = code.as_bytes();
    let starts = |at: usize| at == 0 || b" \t\r\n;{(|&".contains(&bytes[at - 1]);
    let mut ready = String::with_capacity(code.len());
    let mut from = 0;
    for (at, _) in code.match_indices('.').filter(|(at, _)| starts(*at)) {
        if matches!(bytes.get(at + 1), Some(b'/' | b'\\')) {
            ready.push_str(&code[from..at]);
            ready.push_str("hh");
            from = at + 2;
        }
    }
    ready.push_str(&code[from..]);
    ready
}

fn without_holes(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut from = 0;
    while let Some(at) = source[from..].find(['$', '\u{e000}']).map(|at| from + at) {
        let end = match scan::expression(source, at) {
            Some(end) => end,
            None if source[at..].starts_with('\u{e000}') => {
                source[at..].find('\u{e001}').map_or(at + 3, |len| at + len + 3)
            }
            None => {
                code.push_str(&source[from..=at]);
                from = at + 1;
                continue;
            }
        };
        code.push_str(&source[from..at]);
        code.extend(std::iter::repeat_n('h', end - at));
        from = end;
    }
    code.push_str(&source[from..]);
    code
}

/// A node's children that mean something.
fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let comment = |child: &Node<'_>| child.kind() == "comment";
    node.named_children(&mut node.walk()).filter(|child| !comment(child)).collect()
}

/// The innermost node of the same extent.
fn innermost(mut node: Node<'_>) -> Node<'_> {
    while let (1, Some(child)) = (node.named_child_count(), node.named_child(0)) {
        let is_call = matches!(node.kind(), "command" | "assignment_expression");
        if is_call || child.byte_range() != node.byte_range() {
            break;
        }
        node = child;
    }
    node
}
