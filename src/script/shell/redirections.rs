//! Redirections: what a command reads, and which file takes what it prints.

use super::{Done, Output, Shell, statements::Unit};
use crate::invocation::{Value, Word};
use tree_sitter::Node;

/// What the redirections of a command say.
#[derive(Default)]
struct Redirections {
    stdin: Option<Output>,
    /// The files that standard output goes to, of which the last gets it.
    writes: Vec<Word>,
    appends: bool,
}

impl Shell<'_> {
    /// Reads a command whose input and output are redirected.
    pub(super) fn with_redirections(
        &mut self,
        unit: &Unit<'_>,
        redirects: &[Node<'_>],
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        if redirects.is_empty() {
            return read(self);
        }
        let redirections = self.redirections(unit, redirects);
        let outer = redirections.stdin.map(|stdin| std::mem::replace(&mut self.stdin, stdin));
        let mut done = match redirections.writes.is_empty() {
            true => read(self),
            false => self.heard(read),
        };
        if let Some(outer) = outer {
            self.stdin = outer;
        }
        if !redirections.writes.is_empty() {
            let output = std::mem::take(&mut done.output);
            for path in &redirections.writes {
                self.written(path, &output, redirections.appends);
            }
        }
        done
    }

    fn redirections(&mut self, unit: &Unit<'_>, nodes: &[Node<'_>]) -> Redirections {
        let mut all = Redirections::default();
        for node in nodes {
            let start = node.start_byte();
            if node.kind() == "herestring_redirect" {
                if let Some(word) = node.named_child(0) {
                    let mut line = crate::source::Text::default();
                    line.push_made_up("\n", None);
                    let value = self.value(&unit.slice(word)).then(&Value::known(line));
                    all.stdin = Some(Output::Known(value));
                }
                continue;
            }
            let operator_at = unit.prepared.code[node.byte_range()].find(['<', '>', '&']);
            let Some(at) = operator_at.map(|at| start + at) else { continue };
            if let Some(heredoc) = unit.prepared.heredocs.get(&at) {
                // What fails in it ends only the command.
                let ended = self.state.ended;
                all.stdin = Some(Output::Known(self.heredoc(heredoc)));
                self.state.ended = ended;
                continue;
            }
            let Some(destination) = node.child_by_field_name("destination") else { continue };
            let descriptor = &unit.prepared.code[start..at];
            let operator = &unit.prepared.code[at..destination.start_byte()];
            // `< <(…)` is a word of the command line.
            let fields = self.fields(&unit.slice(destination));
            let words: Vec<Word> =
                fields.into_iter().filter_map(|f| f.into_iter().next()).collect();
            if operator.starts_with('<') && !operator.starts_with("<&") {
                let inputs = words.iter().map(|word| self.file_content(word));
                all.stdin = inputs.reduce(Output::or).or(all.stdin);
            } else if (descriptor.is_empty() || descriptor == "1")
                && (!operator.contains(">&") || words.iter().any(is_file))
                && operator.contains('>')
            {
                all.appends = operator.contains(">>");
                all.writes = words;
            }
        }
        all
    }
}

/// `>& file`, not `>&2`.
fn is_file(word: &Word) -> bool {
    word.text().is_none_or(|text| !text.chars().all(|c| c.is_ascii_digit() || c == '-'))
}
