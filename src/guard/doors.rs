//! What stands between the deploy command and the host: in comes the deploy's journal, out goes the
//! environment that leads what the command calls past us first.

use std::ffi::OsString;
use std::path::Path;

/// Names the journal of the deploy that a process runs under, to every tagout that it calls.
pub const JOURNAL_VARIABLE: &str = "TAGOUT_JOURNAL";

/// Open as long as this lives.
#[derive(Debug)]
pub struct Doors {
    environment: Vec<(OsString, OsString)>,
}

impl Doors {
    /// Stands them up for the deploy of `journal`.
    pub fn open(journal: &Path) -> Self {
        Self { environment: vec![(JOURNAL_VARIABLE.into(), journal.into())] }
    }

    /// What the deploy command's environment has beside ours.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }
}
