use crate::source::{Location, SourceFile};
use std::{ops::Range, sync::Arc};
use thiserror::Error;

/// Something that hides a part of a file from the linter.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: ProblemKind,
    pub location: Location,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProblemKind {
    #[error("this is not UTF-8")]
    NotUtf8,
    #[error("this is not valid YAML: {0}")]
    Syntax(String),
    #[error("the file is empty")]
    Empty,
    #[error("this is neither a workflow (it has no `jobs`) nor an action (it has no `runs`)")]
    NotAWorkflow,
    #[error("`{what}` should be {expected}, but is {found}")]
    WrongType { what: String, expected: &'static str, found: &'static str },
    #[error("this file has more than {0} steps; the others were not read")]
    TooManySteps(usize),
}

impl Problem {
    pub(super) fn at(kind: ProblemKind, file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        Self { kind, location: Location { file: Arc::clone(file), range } }
    }
}
