use super::{Unread, exports::Export, marks::Marks};
use crate::{
    invocation::Invocation,
    source::{Location, Repository, time_is_up},
};
use std::{ops::Range, path::PathBuf};

/// What one reading of a script gathers, however deep it goes.
#[derive(Debug, Default)]
pub struct Run {
    pub invocations: Vec<Invocation>,
    pub unread: Vec<Unread>,
    pub marks: Marks,
    /// What was written for later steps, in order.
    pub exports: Vec<Export>,
    /// For the files that scripts call.
    pub repository: Option<Repository>,
    /// Under which names the service containers of the job are reached.
    pub services: Vec<String>,
    steps: usize,
    work: usize,
    /// The functions and files that are being read, outermost first.
    pub active: Vec<(PathBuf, Range<usize>)>,
}

/// Commands that are read of one script, in all nesting.
const MAX_STEPS: usize = 5_000;

/// Bytes of text that are read, expanded or assigned for one script, in all nesting.
const MAX_WORK: usize = 8 << 20;

impl Run {
    pub fn in_repository(repository: Option<Repository>) -> Self {
        Self { repository, ..Self::default() }
    }

    /// Counts a command; false when there were too many.
    pub fn step(&mut self, location: Option<&Location>) -> bool {
        self.steps += 1;
        if self.steps == MAX_STEPS {
            let reason = format!("it makes more than {MAX_STEPS} calls; the rest was not read");
            self.unread.push(Unread::code(location.cloned(), reason));
        }
        self.steps < MAX_STEPS && !time_is_up()
    }

    /// Counts text that is worked on; false when it was too much.
    pub fn spend(&mut self, bytes: usize, location: impl FnOnce() -> Option<Location>) -> bool {
        let before = self.work;
        // What is short has its cost, too.
        self.work = before.saturating_add(bytes + 16);
        if before <= MAX_WORK && self.work > MAX_WORK {
            let reason = "it expands to more than can be followed; the rest was not read";
            self.unread.push(Unread::code(location(), reason));
        }
        self.work <= MAX_WORK && !time_is_up()
    }
}
