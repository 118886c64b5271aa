use super::{
    Unread,
    exports::Export,
    marks::Marks,
    shell::{
        Survey,
        syntax::{Statement, parse},
    },
};
use crate::{
    invocation::Invocation,
    source::{Repository, Text, time_is_up},
};
use foldhash::{HashMap, HashSet};
use std::{ops::Range, path::PathBuf, sync::Arc};

/// What one reading of a script gathers, however deep it goes.
#[derive(Debug, Default)]
pub struct Run {
    pub invocations: Vec<Arc<Invocation>>,
    pub unread: Vec<Unread>,
    pub marks: Marks,
    /// What was written for later steps, in order.
    pub exports: Vec<Export>,
    /// For the files that scripts call.
    pub repository: Option<Repository>,
    /// Under which names the service containers of the job are reached.
    pub services: Vec<String>,
    /// Only what matters is read.
    pub selective: bool,
    steps: usize,
    work: usize,
    /// The names of the functions that were called.
    pub called: HashSet<String>,
    /// The functions and files that are being read, outermost first.
    pub active: Vec<(PathBuf, Range<usize>)>,
    /// The shell text that was parsed: functions are read again and again.
    syntax: HashMap<String, Arc<[Statement]>>,
    /// What it does, where nothing feeds it, and where something may.
    surveys: [HashMap<String, Arc<Survey>>; 2],
    /// The codes of process substitutions, each with the number of what it is read through.
    descriptors: HashMap<String, usize>,
    /// The texts that are read, without those that stand in others.
    texts: Vec<Text>,
}

/// Commands that are read of one script, in all nesting.
const MAX_STEPS: usize = 5_000;

/// Bytes of text that are read, expanded or assigned for one script, in all nesting.
const MAX_WORK: usize = 8 << 20;

impl Run {
    /// The statements of shell text; nothing if to parse it takes too long.
    pub fn syntax(&mut self, code: &str) -> Option<Arc<[Statement]>> {
        if let Some(statements) = self.syntax.get(code) {
            return Some(Arc::clone(statements));
        }
        let statements: Arc<[Statement]> = parse(code)?.into();
        self.syntax.insert(code.to_owned(), Arc::clone(&statements));
        Some(statements)
    }

    /// Notes a text that is read.
    pub fn reads(&mut self, text: &Text) {
        if !self.says(text.as_str()) {
            self.texts.push(text.clone());
            // What it says may give what was looked at before another meaning.
            self.surveys.iter_mut().for_each(HashMap::clear);
        }
    }

    /// Whether something stands in any of the texts that are read.
    pub fn says(&self, part: &str) -> bool {
        self.texts.iter().any(|text| text.as_str().contains(part))
    }

    /// Through which descriptor the output of `<(code)` is read, the same each time.
    pub fn descriptor_of(&mut self, code: &str) -> usize {
        /// The first that bash takes; those below may be others.
        const FIRST: usize = 63;
        let next = FIRST + self.descriptors.len();
        *self.descriptors.entry(code.to_owned()).or_insert(next)
    }

    /// What the statements do of a text that stands in so much other code.
    pub fn survey(&mut self, code: &str, depth: usize) -> Option<Arc<Survey>> {
        let fed = usize::from(depth > 0);
        if let Some(survey) = self.surveys[fed].get(code) {
            return Some(Arc::clone(survey));
        }
        if !self.spend(code.len()) {
            return None;
        }
        let statements = self.syntax(code)?;
        let survey = Arc::new(Survey::of(self, code, &statements, depth));
        self.surveys[fed].insert(code.to_owned(), Arc::clone(&survey));
        Some(survey)
    }

    pub fn in_repository(repository: Option<Repository>) -> Self {
        Self { repository, ..Self::default() }
    }

    /// Counts a command; false when there were too many.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < MAX_STEPS && !time_is_up()
    }

    /// Counts text that is worked on; false when it was too much.
    pub fn spend(&mut self, bytes: usize) -> bool {
        // What is short has its cost, too.
        self.work = self.work.saturating_add(bytes + 16);
        self.work <= MAX_WORK && !time_is_up()
    }

    /// Why the reading ended before the script did.
    pub fn limit(&self) -> Option<String> {
        if time_is_up() {
            Some("it takes too long to read; not all of it was read".to_owned())
        } else if self.steps >= MAX_STEPS {
            Some(format!("it makes more than {MAX_STEPS} calls; not all of it was read"))
        } else if self.work > MAX_WORK {
            Some("it expands to more than can be followed; not all of it was read".to_owned())
        } else {
            None
        }
    }
}
