use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::{Path, PathBuf},
};

thread_local! {
    static ASKED: RefCell<Option<BTreeSet<PathBuf>>> = const { RefCell::new(None) };
}

/// Does work, and tells which files of repositories it asked for, whether they are there or not:
/// a script that was deleted is one that a workflow reaches, too.
pub fn noting_files<T>(work: impl FnOnce() -> T) -> (T, BTreeSet<PathBuf>) {
    ASKED.set(Some(BTreeSet::new()));
    let done = work();
    (done, ASKED.take().unwrap_or_default())
}

/// Notes that a file was asked for.
pub(super) fn note_file(path: &Path) {
    ASKED.with_borrow_mut(|asked| {
        if let Some(asked) = asked {
            asked.insert(path.to_owned());
        }
    });
}
