//! Redirections: what a command reads, and which file takes what it prints.

use super::{
    Done, Output, Shell,
    statements::Unit,
    syntax::{Direction, Redirect},
};
use crate::{
    invocation::{Value, Word},
    source::Text,
};

/// What the redirections of a command say.
#[derive(Default)]
struct Redirections {
    stdin: Option<Output>,
    /// The files that standard output goes to, of which the last gets it.
    writes: Vec<Word>,
    appends: bool,
    /// `<<< "${X:?}"`: then the command is not run.
    fails: bool,
}

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunsIn {
    /// A builtin, a function, a compound command.
    Shell,
    OwnProcess,
}

impl Shell<'_> {
    /// Reads a command whose input and output are redirected, a program's or one of the shell's own.
    pub(super) fn with_redirections(
        &mut self,
        unit: &Unit<'_>,
        redirects: &[Redirect],
        of: RunsIn,
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        if redirects.is_empty() {
            return read(self);
        }
        let redirections = self.redirections(unit, redirects, of);
        if redirections.fails {
            return Done::silent(Some(false));
        }
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
                self.writes(path, redirections.appends);
            }
        }
        done
    }

    /// Tells of a file of the system that is replaced.
    pub(super) fn writes(&mut self, path: &Word, appends: bool) {
        if !appends && is_of_the_system(path.head()) {
            let call = vec![Word::made_up("redirection"), path.clone()];
            self.program(call, path.location());
        }
    }

    fn redirections(
        &mut self,
        unit: &Unit<'_>,
        redirects: &[Redirect],
        of: RunsIn,
    ) -> Redirections {
        let mut all = Redirections::default();
        for redirect in redirects {
            match redirect {
                Redirect::HereString(word) => {
                    let word = unit.slice(word);
                    let mut line = Text::default();
                    line.push_made_up("\n", None);
                    let value = self.given(of, &mut all, |shell| shell.value(&word));
                    all.stdin = Some(Output::Known(value.then(&Value::known(line))));
                }
                Redirect::Heredoc(heredoc) => {
                    let body = heredoc.text(unit.text);
                    let value =
                        self.given(of, &mut all, |shell| shell.heredoc(&body, heredoc.expands));
                    all.stdin = Some(Output::Known(value));
                }
                Redirect::File(direction, file) => {
                    // `< <(…)` is a word of the command line.
                    let fields = self.fields(&unit.slice(file));
                    let words = fields.into_iter().filter_map(|f| f.into_iter().next()).collect();
                    self.redirection(*direction, words, &mut all);
                }
            }
        }
        all
    }

    /// Reads a text that a command is given. For a program it expands in the program's own process:
    /// what fails ends only that, and what `${X:=y}` sets is gone with it; files stay.
    fn given(
        &mut self,
        of: RunsIn,
        all: &mut Redirections,
        read: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        if of == RunsIn::Shell {
            return read(self);
        }
        let (mut value, mut fails) = (Value::empty(), false);
        self.in_state(self.state.subshell(), |shell| {
            value = read(shell);
            fails = shell.state.ended;
            Done::default()
        });
        all.fails |= fails;
        value
    }

    fn redirection(&mut self, direction: Direction, files: Vec<Word>, all: &mut Redirections) {
        match direction {
            Direction::Input => {
                let inputs = files.iter().map(|word| self.file_content(word));
                all.stdin = inputs.reduce(Output::or).or(all.stdin.take());
            }
            Direction::Duplicate if !files.iter().any(is_file) => {}
            Direction::Output | Direction::Append | Direction::Duplicate => {
                all.appends = direction == Direction::Append;
                all.writes = files;
            }
            Direction::Other => {}
        }
    }
}

/// `>& file`, not `>&2`.
fn is_file(word: &Word) -> bool {
    word.text().is_none_or(|text| !text.chars().all(|c| c.is_ascii_digit() || c == '-'))
}

/// Whether a file is one of the host's configuration, or a disk; all others are left to whoever
/// writes them.
pub fn is_of_the_system(path: &str) -> bool {
    path.starts_with("/etc/")
        || ["/dev/sd", "/dev/nvme", "/dev/vd", "/dev/xvd"].iter().any(|disk| path.starts_with(disk))
}
