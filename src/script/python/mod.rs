//! Python: which commands does a script run? In comes the text of a script (with holes where a
//! shell or a workflow puts something in); out go its calls. `expressions` and `statements` bring
//! tree-sitter's tree into the evaluator's form; `library` knows the functions that run commands,
//! `methods` the methods that JavaScript has not.

mod expressions;
mod harmless;
mod library;
mod methods;
mod statements;
mod targets;
#[cfg(test)]
mod tests;

use super::evaluator::{
    self, Dialect, Evaluator, Reading, Runs, SessionMethod, Surroundings, Thing,
    code::{Code, Parsed, Span},
    lowering::{Lowering, Syntax},
    syntax::{Kind, Statement, StatementKind, TargetKind},
};
use crate::invocation::Word;
use tree_sitter::Node;

struct Python;

/// What is remembered while a script is brought into the evaluator's form.
#[derive(Default)]
struct Names {
    /// The names that the function calls `global` or `nonlocal`.
    of_others: Vec<String>,
}

/// Finds the commands that `script` runs.
pub fn read(script: &Word, surroundings: &Surroundings<'_>) -> Reading {
    evaluator::read(script, &Python, surroundings)
}

impl Dialect for Python {
    fn grammar(&self) -> tree_sitter::Language {
        tree_sitter_python::LANGUAGE.into()
    }

    fn is_harmless(&self, code: &str) -> bool {
        harmless::is_harmless(code)
    }

    fn lower(&self, code: &Code, parsed: &Parsed, root: Node<'_>) -> Vec<Statement> {
        Lowering::new(code, parsed, Names::default()).statements(root)
    }

    fn global(&self, name: &str) -> Option<String> {
        library::BUILTINS.contains(&name).then(|| name.to_owned())
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

    fn method(
        &self,
        evaluator: &mut Evaluator<'_>,
        receiver: &Thing,
        method: &str,
        arguments: &[Thing],
        at: Span,
    ) -> Option<Thing> {
        methods::call(evaluator, receiver, method, arguments, at)
    }

    fn method_name<'n>(&self, name: &'n str) -> &'n str {
        methods::name_in_javascript(name)
    }

    fn module_files(&self, name: &str) -> Vec<String> {
        let dots = name.len() - name.trim_start_matches('.').len();
        let folder = "../".repeat(dots.saturating_sub(1));
        let path = format!("{folder}{}", name[dots..].replace('.', "/"));
        vec![format!("{path}.py"), format!("{path}/__init__.py")]
    }

    fn session_method(&self, session: &str, method: &str) -> Option<SessionMethod> {
        library::session_method(session, method)
    }

    fn arguments_before(&self) -> usize {
        1
    }
}

impl Syntax for Names {
    const WRAPPERS: &'static [&'static str] =
        &["parenthesized_expression", "await", "yield", "type", "expression_statement"];

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
