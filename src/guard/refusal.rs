//! What the deploy command was about to do and was not let. Whoever stands in the way says it at
//! once and notes it in the deploy's journal, from which it comes into the report.

use super::journal::{Journal, JournalError, Step};
use super::voice::say;
use std::fmt;
use std::path::Path;

/// What was refused, and why, in words for the author of the deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As one would type it: `pm2 delete stock-alert-api`.
    pub what: String,
    pub why: String,
}

impl Refusal {
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }

    /// Says it, and notes it in the deploy's journal.
    pub fn tell(&self, journal: &Path) {
        say(self);
        let Self { what, why } = self.clone();
        let noted = Journal::beside(journal)
            .and_then(|mut journal| journal.append(Step::Refused { what, why }));
        if let Err(error) = noted {
            self.tell_unnoted(&error);
        }
    }

    fn tell_unnoted(&self, error: &JournalError) {
        say(format_args!("{error}: the report will not tell of `{}`", self.what));
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused: {}", self.what, self.why)
    }
}
