use miette::Diagnostic;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Command,
};
use thiserror::Error;

/// Which changes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// What the next commit will have.
    Staged,
    /// What differs over a range, or from a commit.
    Range(String),
}

/// Files that have changed, by their full paths.
#[derive(Clone, Debug, Default)]
pub struct Changes(BTreeSet<PathBuf>);

#[derive(Debug, Error, Diagnostic)]
pub enum ChangesError {
    #[error("Git cannot be asked what has changed: {0}")]
    #[diagnostic(help("install git, or lint everything with `tagout lint`"))]
    NoGit(io::Error),
    #[error("Git does not say what has changed: {0}")]
    #[diagnostic(help(
        "give a commit or a range that this clone has, such as `--changed=origin/main...HEAD`; a clone of \
         depth 1 has no others"
    ))]
    Refused(String),
}

impl Changes {
    /// Asks Git in the current folder.
    pub fn of(since: &Since) -> Result<Self, ChangesError> {
        let top = git(Path::new("."), &["rev-parse", "--show-toplevel"])?;
        let top = full(Path::new(top.trim_end_matches(['\n', '\r'])));
        let diff = ["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z"];
        let names = match since {
            Since::Staged => git(&top, &[&diff[..], &["--cached"]].concat())?,
            Since::Range(range) => {
                git(&top, &[&diff[..], &["--end-of-options", range, "--"]].concat())?
            }
        };
        let names = names.split('\0').filter(|name| !name.is_empty());
        Ok(Self(names.map(|name| full(&top.join(name))).collect()))
    }

    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a file is one of them.
    pub fn has(&self, path: &Path) -> bool {
        self.0.contains(&full(path))
    }
}

/// The full path of a file that need not be there.
fn full(path: &Path) -> PathBuf {
    if let Ok(full) = path.canonicalize() {
        return full;
    }
    let Some(name) = path.file_name() else { return path.to_owned() };
    match path.parent() {
        Some(folder) if folder != Path::new("") => full(folder).join(name),
        _ => Path::new(".").canonicalize().unwrap_or_default().join(name),
    }
}

/// What Git prints in a folder.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<String, ChangesError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments.iter().map(OsStr::new))
        .output()
        .map_err(ChangesError::NoGit)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("it failed");
        return Err(ChangesError::Refused(first.trim_start_matches("fatal: ").to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
