//! The abstract interpreter of the shell. `syntax` gives the statements; the words in them are
//! expanded here, because their quoting, defaults and substitutions decide what is code.

mod arithmetic;
mod braces;
mod branches;
mod builtins;
mod command;
mod conditions;
mod declarations;
pub(super) mod fields;
mod filters;
mod input;
mod limits;
mod lists;
mod loops;
mod output;
mod parameters;
mod patterns;
mod printing;
mod quotes;
mod redirections;
mod rough;
pub(super) mod scan;
mod state;
mod statements;
mod survey;
pub(super) mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod variable;
mod words;
mod written;

pub use builtins::values;
pub use output::{Done, Output};
pub use redirections::is_of_the_system;
pub use state::{Function, State, below_hole, joined};
pub use survey::Survey;
pub use written::{Contents, plain};

use super::run::Run;
use crate::{
    invocation::Value,
    source::{Hop, Location, Place, Script, Text, expression::Filled, time_is_up},
};
use state::{EndedBy, Ends};
use std::{path::Path, sync::Arc};
use survey::Needs;
use table::Table;
use variable::Variable;

/// Code in code in code deeper than this is not read.
const MAX_DEPTH: usize = 60;

/// A shell that reads code at one place.
pub struct Shell<'r> {
    pub run: &'r mut Run,
    pub state: State,
    pub place: Place,
    pub via: Vec<Hop>,
    /// What is piped into the commands that are being read.
    pub stdin: Output,
    /// Whether anything takes what is printed. What nobody takes is not kept.
    pub heard: bool,
    depth: usize,
    /// What has to be read of the text that is being read; all, where nothing says it.
    needs: Option<Arc<Needs>>,
    /// The states in which loops and functions that are being read were left early.
    left: Vec<(Ends, State)>,
    /// The variables that are local to the functions that are being read, innermost last, each
    /// with what it hides.
    locals: Vec<Vec<(String, Option<Arc<Variable>>)>>,
    /// The functions that are being read, each with its arguments.
    calls: Vec<(Location, Vec<String>)>,
    /// How many rounds of loops one round of the innermost one stands for.
    rounds: usize,
    /// In how many conditions it is, where `set -e` does not count.
    checked: usize,
    /// Whether the last `$(…)` succeeds, since the last assignment.
    substituted: Option<Option<bool>>,
    /// Whether an expansion may have failed, which ends the shell.
    may_fail: bool,
    /// Whether `exit` or `exec` ends this shell on some way through it.
    exits: bool,
}

impl<'r> Shell<'r> {
    pub fn new(run: &'r mut Run, script: &Script, filled: &Filled) -> Self {
        let mut state = State::with_environment(&filled.env, filled.folder.as_ref());
        if let (Some(folder), Some(repository)) = (&filled.folder, &run.repository)
            && let Some(folder) = repository.below(Path::new(folder.as_str()))
        {
            state.folder = folder;
        }
        let mut shell = Self {
            run,
            state,
            place: script.place.clone(),
            via: script.via.clone(),
            stdin: Output::Silent,
            heard: false,
            depth: 0,
            needs: None,
            left: Vec::new(),
            locals: Vec::new(),
            calls: Vec::new(),
            rounds: 1,
            checked: 0,
            substituted: None,
            may_fail: false,
            exits: false,
        };
        if let Some(place) = shell.place_of(&script.text) {
            shell.state.be_at(place);
        }
        shell
    }

    /// Reads something one level deeper; nothing if that is too deep.
    pub fn deeper<T: Default>(
        &mut self,
        location: Option<&Location>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.one_deeper(|| location.cloned(), read)
    }

    /// Reads what is in a text, one level deeper.
    pub fn deeper_in<T: Default>(&mut self, text: &Text, read: impl FnOnce(&mut Self) -> T) -> T {
        self.one_deeper(|| text.location(), read)
    }

    fn one_deeper<T: Default>(
        &mut self,
        location: impl FnOnce() -> Option<Location>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if time_is_up() {
            return T::default();
        }
        if self.depth >= MAX_DEPTH {
            let reason = format!("code is nested more than {MAX_DEPTH} deep here");
            self.run.unread.push(super::Unread::code(location(), reason));
            return T::default();
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
        done
    }

    /// Reads something whose output is taken.
    pub fn heard<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.heard, true);
        let done = read(self);
        self.heard = outer;
        done
    }

    /// Reads a script, function or file, unless it is being read already: what calls itself ends.
    pub fn once<T: Default>(&mut self, text: &Text, read: impl FnOnce(&mut Self) -> T) -> T {
        let Some(location) = text.location() else { return read(self) };
        let key = (location.path().to_owned(), location.range);
        if self.run.active.contains(&key) {
            return T::default();
        }
        self.run.active.push(key);
        let done = read(self);
        self.run.active.pop();
        done
    }

    /// Reads something as the step `hop` of the way, elsewhere if `place` says so.
    pub fn within<T>(
        &mut self,
        hop: Hop,
        place: Option<Place>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = place.map(|place| std::mem::replace(&mut self.place, place));
        self.via.push(hop);
        let done = read(self);
        self.via.pop();
        if let Some(outer) = outer {
            self.place = outer;
        }
        done
    }

    /// Reads something in a shell of its own, whose variables are `state`.
    pub fn in_state(&mut self, state: State, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let outer = std::mem::replace(&mut self.state, state);
        let left = std::mem::take(&mut self.left);
        let locals = std::mem::take(&mut self.locals);
        let exits = std::mem::take(&mut self.exits);
        let mut done = read(self);
        if std::mem::replace(&mut self.exits, exits) {
            done.success = None;
        }
        done.output = done.output.and(self.finish());
        (self.left, self.locals) = (left, locals);
        let inner = std::mem::replace(&mut self.state, outer);
        self.state.files.extend(&inner.files);
        self.state.exported.extend(&inner.exported);
        done
    }

    /// Reads what `trap` left for the end of this shell; gives what that prints.
    pub fn finish(&mut self) -> Output {
        let traps = std::mem::take(&mut self.state.traps);
        if traps.is_empty() {
            return Output::Silent;
        }
        self.state.ended = false;
        self.traps(traps.into_sorted())
    }

    /// Ends the shell where a word does not expand. With `set -e` bash stays in its functions then.
    fn fail_to_expand(&mut self) {
        self.end(match self.state.options.errexit {
            true => EndedBy::Exit,
            false => EndedBy::Failure,
        });
    }

    /// Ends the shell here, where its traps may find other values than at its end. An error takes
    /// it out of its functions first.
    fn end(&mut self, by: EndedBy) {
        self.exits = true;
        let state = self.state.clone();
        if by == EndedBy::Failure {
            for (name, held) in self.locals.iter().flatten().rev() {
                self.state.put_back(name, held.clone());
            }
        }
        // What ends in a trap runs no trap again.
        self.state.traps = Table::default();
        self.traps(state.traps.clone().into_sorted());
        self.state = state;
        self.state.ended = true;
        self.state.traps = Table::default();
    }

    pub(super) fn traps(&mut self, traps: Vec<(String, Arc<Text>)>) -> Output {
        let mut output = Output::Silent;
        for (_, code) in traps {
            let hop = Hop { step: "trap".into(), location: code.location() };
            let location = hop.location.clone();
            let done = self.deeper(location.as_ref(), |shell| {
                shell.within(hop, None, |shell| shell.script(&code))
            });
            output = output.and(done.output);
        }
        output
    }

    /// What code in a subshell prints, and whether it succeeds.
    pub(super) fn subshell(&mut self, code: &Text) -> Done {
        self.that_may_fail(|shell| {
            shell.deeper_in(code, |shell| {
                let mut state = shell.state.subshell();
                state.options.errexit = false;
                shell.heard(|shell| shell.in_state(state, |shell| shell.script(code)))
            })
        })
    }

    /// Reads what an expansion that fails ends, and nothing else.
    pub(super) fn that_may_fail(&mut self, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let outer = std::mem::take(&mut self.may_fail);
        let mut done = read(self);
        if std::mem::replace(&mut self.may_fail, outer) {
            // It may end anywhere.
            done = Done::printing(done.output.or(Output::Of(Vec::new())), None);
        }
        done
    }

    /// The value of `$(…)`.
    pub fn substitution(&mut self, code: &Text) -> Value {
        let written = || format!("$({})", code.as_str().trim());
        let location = code.location();
        // `$(< file)`
        if let Some(path) = code.as_str().trim_start().strip_prefix('<')
            && !path.starts_with(['<', '('])
        {
            let start = code.len() - path.len();
            let path = self.value(&code.slice(start..code.len()).trimmed());
            let [path] = path.alternatives() else {
                return Output::Of(Vec::new()).value(written(), location);
            };
            return self.file_content(path).value(written(), location);
        }
        let done = self.subshell(code);
        self.state.status = done.success;
        self.substituted = Some(done.success);
        done.output.value(written(), location)
    }
}
