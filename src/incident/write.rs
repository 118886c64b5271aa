//! Where reports go.

use crate::store::{Store, write_atomically};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Names the file that GitHub, Gitea and Forgejo show on the page of the run.
const SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Where a report was written, and where it could not be.
#[derive(Debug, Default)]
pub struct Written {
    pub paths: Vec<PathBuf>,
    pub failed: Vec<(PathBuf, io::Error)>,
}

/// Keeps a report under `id` in the store, and writes it to `file` and to the summary of the CI run.
/// One that fails does not keep the others from being written.
pub fn write(report: &str, id: &str, store: &Store, file: Option<&Path>) -> Written {
    let mut written = Written::default();
    let mut note = |path: PathBuf, result: io::Result<()>| match result {
        Ok(()) => written.paths.push(path),
        Err(error) => written.failed.push((path, error)),
    };
    let kept = store.root().join("reports").join(format!("{id}.md"));
    let result = write_atomically(&kept, report.as_bytes());
    note(kept, result);
    if let Some(file) = file {
        note(file.to_owned(), std::fs::write(file, report));
    }
    if let Some(summary) = std::env::var_os(SUMMARY_VARIABLE).filter(|path| !path.is_empty()) {
        let summary = PathBuf::from(summary);
        let result = append(&summary, report);
        note(summary, result);
    }
    written
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}
