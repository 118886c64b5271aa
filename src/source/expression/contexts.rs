use super::{Matrix, Value, expressions, world};
use crate::source::Location;
use indexmap::IndexMap;
use std::sync::Arc;

/// What the names in expressions mean at one place of a workflow. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    /// `env`, outermost first: of the workflow, the job and, always last, the step. The values
    /// may hold expressions, in which only the variables further out are seen.
    pub env: Vec<Arc<Settings>>,
    /// The variables that earlier steps of the job set; they stand between the step's own and
    /// those further out.
    pub exported: Arc<Settings>,
    pub inputs: Arc<IndexMap<String, PossibleValues>>,
    pub matrix: Option<Arc<Matrix>>,
    /// `steps.ID.outputs.NAME`, by `ID.NAME` in lower case.
    pub outputs: Arc<Settings>,
    /// The outputs of the job, as they are written.
    pub results: Arc<Settings>,
    /// `needs.JOB.outputs.NAME`, by `JOB.NAME` in lower case.
    pub needs: Arc<Settings>,
}

/// Variables or outputs, by name.
pub type Settings = IndexMap<String, Setting>;

/// What a variable or an output is set to.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    pub possible: PossibleValues,
    /// It may also not be set here, so that what is set further out counts.
    pub may_be_unset: bool,
    /// Where it is set.
    pub location: Option<Location>,
}

/// What something can come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PossibleValues {
    pub values: Vec<Value>,
    /// It can also be something else.
    pub others: bool,
}

impl PossibleValues {
    pub fn one(value: Value) -> Self {
        Self { values: vec![value], others: false }
    }

    /// Adds a value, unless it is there.
    pub fn add(&mut self, value: Value) {
        if !self.values.contains(&value) {
            self.values.push(value);
        }
    }
}

impl From<Value> for Setting {
    fn from(value: Value) -> Self {
        Self { possible: PossibleValues::one(value), ..Self::default() }
    }
}

impl Contexts {
    /// What a text with expressions can come to: the value of the expression if it is nothing
    /// else, so a list stays a list; otherwise text. What only a run decides is in no value.
    pub fn possible(&self, text: &str) -> PossibleValues {
        if expressions(text).next().is_none() {
            return PossibleValues::one(Value::String(text.to_owned()));
        }
        self.possible_value(&Value::Unknown(text.to_owned()))
    }

    /// [`Self::possible`] of a value in which texts with expressions are [`Value::Unknown`].
    pub fn possible_value(&self, value: &Value) -> PossibleValues {
        if value.is_known() {
            return PossibleValues::one(value.clone());
        }
        let mut possible = PossibleValues::default();
        for value in world::in_all(self, |world| world.resolved(value)) {
            if !value.is_known() {
                possible.others = true;
            } else if !possible.values.contains(&value) {
                possible.values.push(value);
            }
        }
        possible
    }

    /// Whether an `if:` holds, with or without braces, if every run decides it alike.
    pub fn condition(&self, text: &str) -> Option<bool> {
        let truths = match expressions(text).next() {
            Some(only) if only.range == (0..text.len()) => {
                world::in_all(self, |world| world.holds(only.inner))
            }
            None => world::in_all(self, |world| world.holds(text.trim())),
            // Text around an expression, even a line break, makes it a string, which is true.
            Some(_) => return Some(true),
        };
        let first = *truths.first()?;
        truths.iter().all(|truth| *truth == first).then_some(first)?
    }

    /// The variables of `env`, innermost first, each layer with how far in it stands.
    pub(super) fn layers(&self) -> impl Iterator<Item = (usize, &Settings)> {
        let (own, outer) =
            self.env.split_last().map_or((None, &[][..]), |(own, outer)| (Some(own), outer));
        let layers = outer.iter().chain([&self.exported]).chain(own);
        layers.map(Arc::as_ref).enumerate().collect::<Vec<_>>().into_iter().rev()
    }
}
