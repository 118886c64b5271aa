//! What was changed, as git says.

use miette::{IntoDiagnostic, WrapErr};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of the repository here that are staged, or that differ over `range`.
pub fn files(range: &str) -> miette::Result<HashSet<PathBuf>> {
    let root = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end());
    let listed = match range {
        "" => git(&["diff", "--name-only", "-z", "--cached"])?,
        range => git(&["diff", "--name-only", "-z", range, "--"])?,
    };
    // Those that are gone are not there to be linted.
    let paths = listed.split('\0').filter(|name| !name.is_empty()).map(|name| root.join(name));
    Ok(paths.filter_map(|path| path.canonicalize().ok()).collect())
}

/// Whether a path, as a user would write it, is one of them.
pub fn has(files: &HashSet<PathBuf>, path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| files.contains(&path))
}

fn git(arguments: &[&str]) -> miette::Result<String> {
    let ran = Command::new("git").args(arguments).output();
    let output = ran.into_diagnostic().wrap_err("`--changed` asks git, which cannot be run")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(miette::miette!(
            help = "`--changed` needs a git repository, and a range such as main...HEAD",
            "git {}: {said}",
            arguments.join(" ")
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
