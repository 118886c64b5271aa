//! The program that is meant by a name: the next one on `PATH` after us.

use super::called::Called;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where programs are, for a process that has no `PATH`.
pub const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The program of that name; never this one. What stands on `PATH` before us was passed over by the
/// one who called, so two guards, one within the other, do not call each other for ever.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
    let own = std::env::current_exe().ok()?.metadata().ok()?;
    find_after(name, &path, &own)
}

fn find_after(name: &str, path: &OsStr, own: &Metadata) -> Option<PathBuf> {
    let there: Vec<(PathBuf, Metadata)> = std::env::split_paths(path)
        .filter_map(|folder| {
            let program = folder.join(name);
            let metadata = program.metadata().ok()?;
            let runs = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
            runs.then_some((program, metadata))
        })
        .collect();
    let is_own = |other: &Metadata| (other.dev(), other.ino()) == (own.dev(), own.ino());
    let after = there.iter().rposition(|(_, found)| is_own(found)).map_or(0, |at| at + 1);
    there.into_iter().nth(after).map(|(program, _)| program)
}

/// The call of the real program that was meant for it.
pub fn command(program: &Path, called: &Called) -> Command {
    let mut command = Command::new(program);
    command.args(called.argv.iter().skip(1));
    let word = called.argv.first().map_or(OsStr::new(""), |word| word.as_os_str());
    // Python finds its own folder by this word, and with it the packages that are installed.
    let finds_itself = called.name.starts_with("python");
    if !finds_itself && !word.as_encoded_bytes().contains(&b'/') {
        command.arg0(word);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_next_one_on_the_path_is_meant_and_never_a_guard_that_was_passed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["before", "outer", "inner", "not", "real", "later"] {
            fs::create_dir(at(name)).unwrap();
        }
        for (name, mode) in [
            ("tagout", 0o755),
            ("other", 0o755),
            ("before/rm", 0o755),
            ("not/rm", 0o644),
            ("real/rm", 0o755),
        ] {
            fs::write(at(name), "").unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink(at("tagout"), at("inner/rm")).unwrap();
        symlink(at("other"), at("outer/rm")).unwrap();
        let found = |own: &str, folders: &[&str]| {
            let path = std::env::join_paths(folders.iter().map(|name| at(name))).unwrap();
            let own = at(own).metadata().unwrap();
            find_after("rm", &path, &own)
        };
        let path = ["before", "inner", "outer", "not", "real"];
        assert_eq!(found("tagout", &path), Some(at("outer/rm")));
        assert_eq!(found("other", &path), Some(at("real/rm")));
        assert_eq!(found("tagout", &["inner", "inner"]), None);
        // Called by its path, where `PATH` does not lead to it.
        assert_eq!(found("tagout", &["real", "later"]), Some(at("real/rm")));
    }
}
