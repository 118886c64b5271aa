//! The folder that stands first on `PATH`, among what guards the deploy, and gone with it.

use super::real::USUAL_PATH;
use crate::guard::doors::PREFIX;
use crate::program::Catalog;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const NAME: &str = "bin";
/// Leads to the journal of the deploy where its variable was taken away.
const JOURNAL: &str = "journal";

/// Stands in, below `folder`, for all programs on the `PATH` of this process that could do harm.
/// Gives the `PATH` that leads there first.
pub fn stand_in(folder: &Path, journal: &Path) -> io::Result<OsString> {
    let (own, usual) = (std::env::current_exe()?, path());
    let shims = folder.join(NAME);
    fs::create_dir(&shims)?;
    symlink(journal, folder.join(JOURNAL))?;
    for name in harmful_on(&usual) {
        symlink(&own, shims.join(name))?;
    }
    let mut path = OsString::from(shims);
    path.push(":");
    path.push(usual);
    Ok(path)
}

/// The journal of the deploy whose folder stands on `PATH`.
pub fn journal() -> Option<PathBuf> {
    let path = path();
    let mut folders = std::env::split_paths(&path).filter(|folder| is_shims(folder));
    folders.find_map(|folder| fs::read_link(folder.parent()?.join(JOURNAL)).ok())
}

/// A `PATH` that does not lead to us.
pub fn without_shims(path: &OsStr) -> OsString {
    let others = std::env::split_paths(path).filter(|folder| !is_shims(folder));
    // They were split at what would forbid to join them.
    std::env::join_paths(others).unwrap_or_else(|_| path.to_owned())
}

fn is_shims(folder: &Path) -> bool {
    let above = folder.parent().and_then(Path::file_name);
    folder.ends_with(NAME)
        && above.is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()))
}

fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into())
}

/// The programs on a `PATH` that can do harm themselves, or run others. What is not there is not
/// stood in for: a script that looks for a program must not find us.
fn harmful_on(path: &OsStr) -> HashSet<String> {
    let catalog = Catalog::built_in();
    let folders = std::env::split_paths(path).filter(|folder| !is_shims(folder));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let known: HashSet<String> = names.filter(|name| catalog.knows(name)).collect();
    known.into_iter().filter(|name| is_harmful(name)).collect()
}

fn is_harmful(name: &str) -> bool {
    let tells = Catalog::built_in().tells(name);
    tells
        .is_some_and(|tells| tells.acts || tells.leads || tells.passes || !tells.passing.is_empty())
}
