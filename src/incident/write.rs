//! Where reports go.

use super::{Format, render};
use crate::guard::record::Record;
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

/// Keeps the report in the store, and writes it to `files`, each in the format of its extension, and to
/// the summary of the CI run. One that fails does not keep the others from being written.
pub fn write(record: &Record, store: &Store, files: &[PathBuf]) -> Written {
    let mut written = Written::default();
    let mut note = |path: &Path, format, put: &dyn Fn(&Path, &str) -> io::Result<()>| {
        let text = render(record, format).map_err(io::Error::other);
        match text.and_then(|text| put(path, &text)) {
            Ok(()) => written.paths.push(path.to_owned()),
            Err(error) => written.failed.push((path.to_owned(), error)),
        }
    };
    let kept = store.report_of(&record.snapshot);
    note(&kept, Format::Markdown, &|path, text| write_atomically(path, text.as_bytes()));
    for file in files {
        note(file, Format::of(file), &|path, text| std::fs::write(path, text));
    }
    if let Some(summary) = std::env::var_os(SUMMARY_VARIABLE).filter(|path| !path.is_empty()) {
        note(Path::new(&summary), Format::Markdown, &append);
    }
    written
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}
