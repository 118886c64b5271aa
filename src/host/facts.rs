use crate::config::Config;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What a folder of the inventory is checked out at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub path: PathBuf,
    pub commit: String,
}

/// The host's name, or `unknown`.
pub fn host_name() -> String {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    return std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".into());
}

/// The commits of all folders in the inventory that are git checkouts.
pub fn commits(config: &Config) -> Vec<Commit> {
    let paths = config.environments().flat_map(|(_, _, declared)| &declared.paths);
    paths
        .filter_map(|path| {
            let path = config.folder().join(path);
            head_of(&path).map(|commit| Commit { path, commit })
        })
        .collect()
}

/// The commit that `folder` is at, read from git's files: starting git would take longer than the
/// rest of the snapshot.
fn head_of(folder: &Path) -> Option<String> {
    let git = folder.join(".git");
    let git = match fs::read_to_string(&git) {
        // A linked worktree: `.git` is a file that names the folder.
        Ok(link) => folder.join(link.strip_prefix("gitdir:")?.trim()),
        Err(_) => git,
    };
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(reference) = head.strip_prefix("ref:") else { return Some(head.trim().to_owned()) };
    let reference = reference.trim();
    let shared = match fs::read_to_string(git.join("commondir")) {
        Ok(common) => git.join(common.trim()),
        Err(_) => git,
    };
    if let Ok(commit) = fs::read_to_string(shared.join(reference)) {
        return Some(commit.trim().to_owned());
    }
    let packed = fs::read_to_string(shared.join("packed-refs")).ok()?;
    packed.lines().find_map(|line| {
        line.split_once(' ').filter(|(_, name)| *name == reference).map(|(commit, _)| commit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_found_loose_packed_and_detached() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(git.join("refs/heads")).unwrap();
        assert_eq!(head_of(folder.path()), None);

        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(git.join("packed-refs"), "# pack-refs\n111 refs/heads/main\n").unwrap();
        assert_eq!(head_of(folder.path()).as_deref(), Some("111"));

        fs::write(git.join("refs/heads/main"), "222\n").unwrap();
        assert_eq!(head_of(folder.path()).as_deref(), Some("222"));

        fs::write(git.join("HEAD"), "333\n").unwrap();
        assert_eq!(head_of(folder.path()).as_deref(), Some("333"));
    }
}
