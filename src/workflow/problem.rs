use crate::source::{Location, SourceFile};
use std::{ops::Range, path::PathBuf, sync::Arc};
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
    #[error("this file is longer than 1 MB; the rest of it was not read")]
    TooLong,
    #[error("this is not valid YAML: {0}")]
    Syntax(String),
    #[error("the file is empty")]
    Empty,
    #[error("this is neither a workflow (it has no `jobs`) nor an action (it has no `runs`)")]
    NotAWorkflow,
    #[error("`{what}` should be {expected}, but is {found}")]
    WrongType { what: String, expected: &'static str, found: &'static str },
    #[error("`{0}` stands twice here, so runners refuse the file; the last one was read")]
    Duplicate(String),
    #[error("this file has more than {0} steps; the others were not read")]
    TooManySteps(usize),
    #[error("this file has more than {0} problems; those from here on are not told")]
    TooMany(usize),
    #[error("`{0}` uses itself, so runners refuse it")]
    UsesItself(String),
    #[error("`{0}` is used through more than {1} others; it was not read")]
    TooDeep(String, usize),
    #[error("`{0}` is not in the repository, or is too large for a script; it was not read")]
    NotInRepository(String),
    #[error("`{0}` is in another repository; it was not read")]
    Elsewhere(String),
    #[error("what this container runs is in its image; it was not read")]
    OnlyInImage,
    #[error("what this runs is only known at run time: {0}")]
    OnlyExpression(String),
}

impl ProblemKind {
    /// Whether this is common in sound workflows: it limits what was read, and is no mistake.
    pub fn is_only_a_gap(&self) -> bool {
        matches!(
            self,
            Self::NotInRepository(_)
                | Self::Elsewhere(_)
                | Self::OnlyInImage
                | Self::OnlyExpression(_)
        )
    }
}

impl Problem {
    /// By file and place.
    pub(super) fn order(&self) -> (PathBuf, usize, String) {
        (self.location.path().to_owned(), self.location.range.start, self.kind.to_string())
    }

    pub(super) fn at(kind: ProblemKind, file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        Self { kind, location: Location { file: Arc::clone(file), range } }
    }
}
