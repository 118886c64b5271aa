//! What `lint` and `radius` read, and what they judge it by.

use crate::{
    cli::Global,
    config,
    policy::{Configs, Gap, Policy},
    source::{Input, SourceFile},
    workflow,
};
use miette::{IntoDiagnostic, WrapErr};
use std::path::{Path, PathBuf};

/// The files that are meant by `paths`, and what could not be looked into.
pub fn find(paths: &[PathBuf], stdin_filename: &Path) -> miette::Result<(Vec<Input>, Vec<Gap>)> {
    // What is used for a moment only would take twice the memory in huge pages.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    let (stdin, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| path.as_path() == Path::new("-"));
    if !stdin.is_empty() {
        let read = SourceFile::read_from(stdin_filename, std::io::stdin());
        files.push(read.into_diagnostic().wrap_err("standard input cannot be read")?.into());
    }
    if stdin.is_empty() || !paths.is_empty() {
        let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
        let found = workflow::discover(&paths)?;
        skipped.extend(found.skipped.into_iter().map(|s| Gap {
            path: s.path,
            line: None,
            reason: s.reason,
        }));
        files.extend(found.files.into_iter().map(Input::At));
    }
    Ok((files, skipped))
}

/// What each file is judged by.
pub fn configs(global: &Global, files: &[Input], rules: &[PathBuf]) -> miette::Result<Configs> {
    let rules = super::rules::of_folders(rules)?;
    Ok(match &global.config {
        Some(path) => Configs::One(Box::new(Policy::of(config::load_inventory(path)?, &rules)?)),
        None => Configs::nearest(files.iter().map(Input::path), &rules)?,
    })
}
