//! Files that a script writes and a later step of its job may run.

use super::{
    marks::Marks,
    shell::{Contents, State},
};
use crate::invocation::{Value, Word};
use std::{collections::BTreeMap, sync::Arc};

/// More files than this are not carried.
const MAX_FILES: usize = 100;

/// What the files that steps wrote may hold, by path.
#[derive(Clone, Debug, Default)]
pub struct Files(Arc<BTreeMap<String, Vec<Word>>>);

impl Files {
    /// Those that are there in the states in which a script can end.
    pub(super) fn of(ends: &[State], marks: &Marks) -> Self {
        let mut files: BTreeMap<String, Vec<Word>> = BTreeMap::new();
        for (path, contents) in ends.iter().flat_map(|end| end.files.all()) {
            if files.len() >= MAX_FILES && !files.contains_key(path) {
                continue;
            }
            let held = files.entry(path.to_owned()).or_default();
            let new = contents.values(marks);
            for word in new.iter().flat_map(Value::alternatives) {
                if !held.iter().any(|known| known.reads_as(word)) {
                    held.push(word.clone());
                }
            }
        }
        Self(Arc::new(files))
    }

    /// Puts them where a script finds them.
    pub(super) fn put(&self, state: &mut State, marks: &mut Marks) {
        for (path, words) in self.0.iter() {
            let contents = words.iter().map(|word| Contents::of(marks.text(word)));
            if let Some(contents) = contents.reduce(|one, other| one.or(&other)) {
                state.files.set(path.as_str(), contents);
            }
        }
    }
}
