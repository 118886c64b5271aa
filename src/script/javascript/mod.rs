//! JavaScript: which commands does a script run? In comes the text of a script (with holes where a
//! shell or a workflow puts something in); out go its calls. `expressions` and `statements` bring
//! tree-sitter's tree into the evaluator's form; `library` knows the functions that run commands.
//! TypeScript is read by the same grammar, when `types` has taken its types away.

mod expressions;
mod library;
mod statements;
mod strings;
#[cfg(test)]
mod tests;
mod types;

use super::evaluator::{
    self, Dialect, Evaluator, Reading, Runs, SessionMethod, Surroundings, Thing,
    code::{Code, Parsed, Span},
    lowering::{Lowering, Syntax},
    syntax::{Kind, Statement, StatementKind, TargetKind},
};
use crate::invocation::Word;
use tree_sitter::Node;

pub struct JavaScript;

/// Finds the commands that `script` runs.
pub fn read(script: &Word, surroundings: &Surroundings<'_>) -> Reading {
    evaluator::read(script, &JavaScript, surroundings)
}

impl Dialect for JavaScript {
    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_javascript::LANGUAGE.into()
    }

    fn without_types(&self, code: &str) -> Option<String> {
        types::without_types(code)
    }

    fn lower(&self, code: &Code, parsed: &Parsed, root: Node<'_>) -> Vec<Statement> {
        Lowering::new(code, parsed, JavaScript).statements(root)
    }

    fn global(&self, name: &str) -> Option<String> {
        library::global(name)
    }

    fn member(&self, path: &str, name: &str) -> String {
        library::member(path, name)
    }

    fn runs(&self, path: &str) -> Option<Runs> {
        library::runs(path)
    }

    fn call(
        &self,
        evaluator: &mut Evaluator<'_>,
        path: &str,
        arguments: Vec<Thing>,
        at: Span,
    ) -> Thing {
        library::call(evaluator, path, arguments, at)
    }

    fn module_files(&self, name: &str) -> Vec<String> {
        if !name.starts_with('.') {
            return Vec::new();
        }
        ["", ".js", ".cjs", ".mjs", ".ts", "/index.js"].map(|end| format!("{name}{end}")).into()
    }

    fn module_path<'n>(&self, name: &'n str) -> &'n str {
        let name = name.strip_prefix("node:").unwrap_or(name);
        name.trim_end_matches("/promises")
    }

    fn session_method(&self, session: &str, method: &str) -> Option<SessionMethod> {
        library::session_method(session, method)
    }

    fn arguments_before(&self) -> usize {
        2
    }
}

impl Syntax for JavaScript {
    const WRAPPERS: &'static [&'static str] = &[
        "parenthesized_expression",
        "await_expression",
        "yield_expression",
        "expression_statement",
        "computed_property_name",
    ];

    fn expression(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> Kind {
        lowering.expression_kind(node)
    }

    fn statement(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> StatementKind {
        lowering.statement_kind(node)
    }

    fn target(lowering: &mut Lowering<'_, Self>, node: Node<'_>) -> TargetKind {
        lowering.target_kind(node)
    }
}
