//! Files that a script writes and a later step of its job may run.

use super::{
    marks::Marks,
    shell::{Contents, State},
};
use crate::invocation::{Value, Word};
use std::collections::BTreeMap;

/// More files than this are not carried.
const MAX_FILES: usize = 100;

/// What the files that steps wrote may hold, by path.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<String, Vec<Word>>);

impl Files {
    /// Those that are there in the states in which a script can end.
    pub(super) fn of(ends: &[State], marks: &Marks) -> Self {
        let mut files = Self::default();
        for (path, contents) in ends.iter().flat_map(|end| end.files.all()) {
            if files.0.len() >= MAX_FILES && !files.0.contains_key(path) {
                continue;
            }
            let held = files.0.entry(path.to_owned()).or_default();
            let new = contents.values(marks);
            for word in new.iter().flat_map(Value::alternatives) {
                if !held.iter().any(|known| known.reads_as(word)) {
                    held.push(word.clone());
                }
            }
        }
        files
    }

    /// Puts them where a script finds them.
    pub(super) fn put(&self, state: &mut State, marks: &mut Marks) {
        for (path, words) in &self.0 {
            let contents = words.iter().map(|word| Contents::of(marks.text(word)));
            if let Some(contents) = contents.reduce(|one, other| one.or(&other)) {
                state.files.set(path.as_str(), contents);
            }
        }
    }
}
