//! Shell text read by tree-sitter-bash: anything that people write, errors included. It reads some
//! of it wrongly, so that the text is prepared first.

mod chain;
mod convert;
mod cut_off;
mod heredoc;
mod line_ends;

use super::{Kind, Statement};
use crate::script::parse as parse_by;
use convert::Converter;
use heredoc::Prepared;
use tree_sitter::Tree;

/// The statements of shell text; nothing if to parse it takes too long.
pub fn parse(text: &str) -> Option<Vec<Statement>> {
    let mut prepared = heredoc::prepare(text);
    let tree = tree(&mut prepared)?;
    let mut statements = Converter { text, prepared: &prepared }.program(tree.root_node());
    if let Some(commands) = cut_off::cut_off(text, &prepared, tree.root_node()) {
        statements.push(Statement::new(text.len()..text.len(), Kind::CutOff(commands)));
    }
    Some(statements)
}

/// The tree of the text, with `;` for the ends of lines unless only the text as it is can be read
/// without an error.
fn tree(prepared: &mut Prepared) -> Option<Tree> {
    let grammar = tree_sitter_bash::LANGUAGE.into();
    let written = prepared.code.clone();
    line_ends::end_lines(&mut prepared.code);
    let tree = parse_by(&grammar, &prepared.code)?;
    if !tree.root_node().has_error() || written == prepared.code {
        return Some(tree);
    }
    let other = parse_by(&grammar, &written).filter(|tree| !tree.root_node().has_error());
    if other.is_some() {
        prepared.code = written;
    }
    other.or(Some(tree))
}

#[cfg(test)]
pub use heredoc::without_words;
