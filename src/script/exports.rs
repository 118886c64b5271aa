//! What a script sets for the later steps of its job: lines that it writes to the file which
//! `$GITHUB_ENV` or `$GITHUB_OUTPUT` names, and the older commands that it prints.

use super::{
    Files,
    shell::{Output, Shell, State},
};
use crate::{
    invocation::{Origin, Piece, Word},
    source::{
        Place, Text,
        expression::{Settings, Value},
    },
};

/// What a script sets for the steps after it.
#[derive(Clone, Debug, Default)]
pub struct Exports {
    pub variables: Settings,
    pub outputs: Settings,
    /// All files that are there at its end.
    pub files: Files,
}

/// Something that was written for later steps.
#[derive(Debug)]
pub struct Export {
    kind: ExportKind,
    written: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportKind {
    Variable,
    Output,
}

impl ExportKind {
    /// The name under which a state knows it.
    fn key(self, name: &str) -> String {
        format!("{self:?} {name}")
    }
}

/// More names than this are not followed.
const MAX_NAMES: usize = 500;

impl Shell<'_> {
    /// Notes what is written to a file, if that is one which the runner reads.
    pub(super) fn exported(&mut self, path: &Word, output: &Output) -> bool {
        let [Piece::Hole(hole)] = path.pieces.as_slice() else { return false };
        let name = match &hole.origin {
            // PowerShell's `$env:GITHUB_ENV`, too.
            Origin::Variable(name) => name.strip_prefix("env:").unwrap_or(name),
            Origin::Expression => hole.written.trim_matches(['$', '{', '}', ' ']),
            _ => return false,
        };
        let kind = match name {
            "GITHUB_ENV" | "GITEA_ENV" | "FORGEJO_ENV" | "github.env" => ExportKind::Variable,
            "GITHUB_OUTPUT" | "GITEA_OUTPUT" | "FORGEJO_OUTPUT" | "github.output" => {
                ExportKind::Output
            }
            _ => return false,
        };
        // What another machine writes there, no runner reads.
        if !matches!(self.place, Place::Remote(_))
            && let Output::Known(value) = output
        {
            self.export(kind, value.alternatives().to_vec());
        }
        true
    }

    /// [`Self::printed_command`] of each line of what may be printed.
    pub(super) fn printed_commands(&mut self, printed: &[Word]) {
        let exported = self.state.exported.clone();
        for line in printed.iter().flat_map(lines) {
            self.printed_command(&line);
        }
        if printed.len() > 1 {
            // None of it is certain.
            self.state.exported = exported;
        }
    }

    /// Notes what is printed, if it is `::set-output name=x::value` or `::set-env`.
    pub(super) fn printed_command(&mut self, line: &Word) {
        let kind = match line.head() {
            head if head.starts_with("::set-output name=") => ExportKind::Output,
            head if head.starts_with("::set-env name=") => ExportKind::Variable,
            _ => return,
        };
        let Some(Piece::Known(head)) = line.pieces.first() else { return };
        let Some((command, name)) = head.as_str().split_once("name=") else { return };
        let Some((name, _)) = name.split_once("::") else { return };
        // As the file would have it: `x=value`.
        let (start, end) = (command.len() + "name=".len(), name.len());
        let mut written = Word::known(head.slice(start..start + end));
        written.push(made_up("="));
        written.push(Piece::Known(head.slice(start + end + 2..head.len())));
        for piece in &line.pieces[1..] {
            written.push(piece.clone());
        }
        self.export(kind, vec![written]);
    }

    fn export(&mut self, kind: ExportKind, written: Vec<Word>) {
        if let [word] = written.as_slice() {
            for line in lines(word) {
                let name = line.head().split(['=', '<']).next().unwrap_or_default();
                self.state.exported.set(kind.key(name.trim()), ());
            }
        }
        self.run.exports.push(Export { kind, written });
    }
}

fn made_up(string: &str) -> Piece {
    let mut text = Text::default();
    text.push_made_up(string, None);
    Piece::Known(text)
}

impl Exports {
    /// What `written` sets; `ends` are the states in which the script can end.
    pub(super) fn of(written: &[Export], ends: &[State]) -> Self {
        let mut exports = Self::default();
        for kind in [ExportKind::Variable, ExportKind::Output] {
            let mut open: Option<Open> = None;
            for export in written.iter().filter(|export| export.kind == kind) {
                for line in export.written.iter().flat_map(lines) {
                    let found = match open.take() {
                        Some(heredoc) => heredoc.line(line, &mut open),
                        None => start(line, &mut open),
                    };
                    if let Some((name, value)) = found {
                        let key = kind.key(&name);
                        let is_certain = ends.iter().all(|end| end.exported.get(&key).is_some());
                        exports.set(kind, name, value, is_certain);
                    }
                }
            }
        }
        exports
    }

    fn set(&mut self, kind: ExportKind, name: String, word: Word, is_certain: bool) {
        let (settings, name) = match kind {
            ExportKind::Variable => (&mut self.variables, name),
            ExportKind::Output => (&mut self.outputs, name.to_lowercase()),
        };
        if settings.len() >= MAX_NAMES {
            return;
        }
        let setting = settings.entry(name).or_default();
        setting.possible.add(value_of(&word));
        setting.may_be_unset = !is_certain;
        setting.location = setting.location.take().or_else(|| word.location());
    }
}

/// A value of several lines that was begun by `NAME<<END`.
struct Open {
    name: String,
    end: String,
    value: Word,
}

impl Open {
    fn line(mut self, line: Word, open: &mut Option<Open>) -> Option<(String, Word)> {
        if line.text().is_some_and(|text| text.trim_end() == self.end) {
            return Some((self.name, self.value));
        }
        if !self.value.pieces.is_empty() {
            self.value.push(made_up("\n"));
        }
        self.value.append(&line);
        *open = Some(self);
        None
    }
}

/// `NAME=value`, or the beginning of a longer one.
fn start(line: Word, open: &mut Option<Open>) -> Option<(String, Word)> {
    let head = line.head();
    let equals = head.find('=');
    let heredoc = head.find("<<").filter(|at| equals.is_none_or(|equals| *at < equals));
    if let Some(at) = heredoc {
        let (name, end) = (head[..at].trim().to_owned(), line.text()?[at + 2..].trim().to_owned());
        *open = Some(Open { name, end, value: Word::default() });
        return None;
    }
    let name = head[..equals?].trim().to_owned();
    let (first, rest) = line.pieces.split_first()?;
    let Piece::Known(first) = first else { return None };
    let mut value = Word::default();
    value.push(Piece::Known(first.slice(equals? + 1..first.len())));
    for piece in rest {
        value.push(piece.clone());
    }
    Some((name, value))
}

/// The lines of what was written.
fn lines(word: &Word) -> Vec<Word> {
    let mut lines = vec![Word::default()];
    for piece in &word.pieces {
        let Piece::Known(text) = piece else {
            if let Some(line) = lines.last_mut() {
                line.push(piece.clone());
            }
            continue;
        };
        let mut from = 0;
        for part in text.as_str().split('\n') {
            if from > 0 {
                lines.push(Word::default());
            }
            if let Some(line) = lines.last_mut() {
                line.push(Piece::Known(text.slice(from..from + part.len())));
            }
            from += part.len() + 1;
        }
    }
    lines
}

/// A word as a value of the workflow, in which what is not known stands as an expression.
fn value_of(word: &Word) -> Value {
    let mut text = String::new();
    for piece in &word.pieces {
        match piece {
            Piece::Known(known) => text.push_str(known.as_str().trim_end_matches('\r')),
            Piece::Hole(hole) if matches!(hole.origin, Origin::Expression) => {
                text.push_str(&hole.written);
            }
            Piece::Hole(hole) => {
                let odd = hole.written.contains(['\'', '}']);
                let shown = if odd { "…" } else { &hole.written };
                text.push_str(&Value::unknown(shown).to_string());
            }
        }
    }
    if word.is_known() { Value::String(text) } else { Value::Unknown(text) }
}
