//! What commands print, and whether they succeed.

use super::variable::Facts;
use crate::{
    invocation::{Hole, Invocation, Origin, Piece, Value, Word},
    source::Location,
};
use std::sync::Arc;

/// What a command prints.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// Nothing.
    #[default]
    Silent,
    Known(Value),
    /// What these stages of a pipeline print.
    Of(Vec<Arc<Invocation>>),
}

/// What is known after a command.
#[derive(Clone, Debug, Default)]
pub struct Done {
    pub output: Output,
    /// Whether it succeeds, if that is certain.
    pub success: Option<bool>,
    /// What its success or failure tells.
    pub facts: Facts,
}

impl Done {
    /// Prints nothing.
    pub fn silent(success: Option<bool>) -> Self {
        Self { success, ..Self::default() }
    }

    /// This, and then the next.
    pub fn then(self, next: Done) -> Done {
        Done { output: self.output.and(next.output), ..next }
    }

    pub fn printing(output: Output, success: Option<bool>) -> Self {
        Self { output, success, ..Self::default() }
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
                Value::hole(Hole { origin, ..Hole::unknown(written, location) })
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
            (first, second) => Self::Known(first.whole().then(&second.whole())),
        }
    }

    /// The output of one of two commands.
    pub fn or(self, other: Output) -> Output {
        match (self, other) {
            (Self::Silent, Self::Silent) => Self::Silent,
            (Self::Of(mut first), Self::Of(second)) => {
                first.extend(second);
                Self::Of(first)
            }
            (first, second) => Self::Known(first.whole().or(second.whole())),
        }
    }

    /// The output of a stage of a pipeline, after what came out of the stages before it.
    pub fn after(self, before: Output) -> Output {
        match (before, self) {
            (Self::Of(mut stages), Self::Of(next)) => {
                stages.extend(next);
                Self::Of(stages)
            }
            (_, output) => output,
        }
    }

    /// Its value with its final line breaks.
    fn whole(self) -> Value {
        match self {
            Self::Known(value) => value,
            Self::Silent => Value::empty(),
            other => {
                // It may be nothing, and then without a line break.
                let words = other.value("the output of commands".into(), None);
                let lists = words.alternatives().iter().map(|word| word.clone().splitting(true));
                Value::any_of(lists).then(&Value::one(Word::made_up("\n")))
            }
        }
    }

    /// Text that is nothing but what a pipeline printed is that pipeline's output.
    pub fn into_stages(self) -> Output {
        if let Self::Known(value) = &self
            && let [word] = value.alternatives()
        {
            let is_blank = |text: &str| text.trim().is_empty();
            let mut pieces = word
                .pieces
                .iter()
                .filter(|piece| !matches!(piece, Piece::Known(text) if is_blank(text.as_str())));
            if let (Some(Piece::Hole(Hole { origin: Origin::Output(stages), .. })), None) =
                (pieces.next(), pieces.next())
            {
                return Self::Of(stages.to_vec());
            }
        }
        self
    }
}

fn without_final_line_breaks(word: &Word) -> Word {
    let mut word = word.clone();
    if let Some(Piece::Known(text)) = word.pieces.last_mut() {
        let len = text.as_str().trim_end_matches(['\n', '\r']).len();
        *text = text.slice(0..len);
    }
    word
}
