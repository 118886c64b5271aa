//! The abstract interpreter of the shell. tree-sitter-bash gives the statements; the words in them
//! are expanded here, because their quoting, defaults and substitutions decide what is code.

mod braces;
mod builtins;
mod command;
pub(super) mod fields;
mod heredoc;
pub(super) mod scan;
mod state;
mod statements;
mod table;
mod words;

pub use builtins::values;
pub use state::{State, below_hole, joined};

use super::run::Run;
use crate::{
    invocation::{Hole, Invocation, Origin, Value, Word},
    source::{Hop, Location, Place, Script, Text},
};
use indexmap::IndexMap;

/// Code in code in code deeper than this is not read.
const MAX_DEPTH: usize = 40;

/// A shell that reads code at one place.
pub struct Shell<'r> {
    pub run: &'r mut Run,
    pub state: State,
    pub place: Place,
    pub via: Vec<Hop>,
    /// What is piped into the commands that are being read.
    pub stdin: Output,
    depth: usize,
}

/// What a command prints.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// Nothing.
    #[default]
    Silent,
    Known(Value),
    /// What these stages of a pipeline print.
    Of(Vec<Invocation>),
}

/// What is known after a command.
#[derive(Clone, Debug, Default)]
pub struct Done {
    pub output: Output,
    /// Whether it succeeds, if that is certain.
    pub success: Option<bool>,
}

impl Done {
    /// This, and then the next.
    pub fn then(self, next: Done) -> Done {
        Done { output: self.output.and(next.output), success: next.success }
    }
}

impl<'r> Shell<'r> {
    pub fn new(run: &'r mut Run, script: &Script, env: &IndexMap<String, Vec<Text>>) -> Self {
        let mut state = State::with_environment(env);
        if let Some(folder) = &script.folder {
            state.enter(&Word::known(folder.clone()));
        }
        Self {
            run,
            state,
            place: script.place.clone(),
            via: script.via.clone(),
            stdin: Output::Silent,
            depth: 0,
        }
    }

    /// Reads something one level deeper; nothing if that is too deep.
    pub fn deeper<T: Default>(
        &mut self,
        location: Option<&Location>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if self.depth >= MAX_DEPTH {
            let reason = format!("code is nested more than {MAX_DEPTH} deep here");
            self.run.unread.push(super::Unread::code(location.cloned(), reason));
            return T::default();
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
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
    pub fn in_state<T>(&mut self, state: State, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.state, state);
        let done = read(self);
        let inner = std::mem::replace(&mut self.state, outer);
        self.state.files.extend(&inner.files);
        self.state.exported.extend(&inner.exported);
        done
    }

    /// The value of `$(…)`.
    pub fn substitution(&mut self, code: &Text) -> Value {
        let location = code.location();
        let done = self.deeper(location.as_ref(), |shell| {
            let state = shell.state.clone();
            shell.in_state(state, |shell| shell.script(code))
        });
        let written = format!("$({})", code.as_str().trim());
        done.output.value(written, location)
    }
}

impl Output {
    /// Its value as text; what is not known is a hole that is written as `written`.
    pub fn value(&self, written: String, location: Option<Location>) -> Value {
        match self {
            Self::Silent => Value::empty(),
            Self::Known(value) => {
                Value::any_of(value.alternatives().iter().map(without_final_line_breaks))
            }
            Self::Of(stages) => {
                let origin = Origin::Output(stages.as_slice().into());
                Value::hole(Hole { origin, written, location, may_be_empty: false })
            }
        }
    }

    /// The output of two commands, one after the other.
    pub fn and(self, next: Output) -> Output {
        match (self, next) {
            (Self::Silent, output) | (output, Self::Silent) => output,
            (Self::Known(first), Self::Known(second)) => Self::Known(first.then(&second)),
            (Self::Of(mut first), Self::Of(second)) => {
                first.extend(second);
                Self::Of(first)
            }
            (first, second) => {
                let value = |output: Self| match output {
                    Self::Known(value) => value,
                    output => output.value("…".into(), None).then(&line_end()),
                };
                Self::Known(value(first).then(&value(second)))
            }
        }
    }
}

fn without_final_line_breaks(word: &Word) -> Word {
    use crate::invocation::Piece;
    let mut word = word.clone();
    if let Some(Piece::Known(text)) = word.pieces.last_mut() {
        let len = text.as_str().trim_end_matches(['\n', '\r']).len();
        *text = text.slice(0..len);
    }
    word
}

fn line_end() -> Value {
    let mut text = Text::default();
    text.push_made_up("\n", None);
    Value::known(text)
}
