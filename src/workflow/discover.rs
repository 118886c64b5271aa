use ignore::{DirEntry, WalkBuilder};
use miette::Diagnostic;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    path::{Component, Path, PathBuf, is_separator},
};
use thiserror::Error;

/// What there is to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Sorted, each once, as the user would write them: relative, without `./`.
    pub files: Vec<PathBuf>,
    /// What could not be looked into.
    pub skipped: Vec<Skipped>,
}

/// A folder that could not be looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

#[derive(Debug, Error, Diagnostic)]
pub enum DiscoverError {
    #[error("{} does not exist", path.display())]
    #[diagnostic(help("give the path of a workflow, a script or a folder"))]
    Missing { path: PathBuf },
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
}

/// Folders whose YAML files are workflows.
const FORGES: [&str; 3] = [".github", ".gitea", ".forgejo"];

/// Finds the workflows and composite actions below `folder`s; a path to a file is taken as it is.
/// Without any path, looks below the current folder.
///
/// Folders that Git ignores are not entered, nor are `.git` and `node_modules`. A folder without
/// workflows adds nothing: an empty result is for the caller to tell.
pub fn discover(paths: &[PathBuf]) -> Result<Discovered, DiscoverError> {
    let here = [PathBuf::from(".")];
    let (mut files, mut skipped) = (Vec::new(), BTreeSet::new());
    for path in if paths.is_empty() { &here } else { paths } {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => walk(path, &mut files, &mut skipped),
            Ok(_) => files.push(as_shown(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DiscoverError::Missing { path: path.clone() });
            }
            Err(cause) => return Err(DiscoverError::Unreadable { path: path.clone(), cause }),
        }
    }
    files.sort_by_cached_key(|path| by_components(path));
    files.dedup();
    Ok(Discovered { files, skipped: skipped.into_iter().collect() })
}

/// What sorts as the path does, and faster: part by part.
fn by_components(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes.map(|byte| if is_separator(char::from(*byte)) { 0 } else { *byte }).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut BTreeSet<Skipped>) {
    // `.` may itself be `.gitea/workflows`, which only its full path tells.
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let walker = WalkBuilder::new(folder)
        .hidden(false)
        .filter_entry(|entry| !is_never_entered(entry))
        .build();
    for entry in walker {
        match entry {
            Ok(entry) => {
                let holds_steps = || {
                    let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                    holds_workflow_steps(&full.join(below))
                };
                if is_yaml(entry.file_name()) && holds_steps() && is_file(&entry) {
                    files.push(as_shown(entry.path()));
                }
            }
            Err(error) => {
                skipped.insert(skipped_by(folder, error));
            }
        }
    }
}

/// Whether it is a file, or a link to one.
fn is_file(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Some(kind) if !kind.is_symlink() => kind.is_file(),
        _ => entry.path().is_file(),
    }
}

fn skipped_by(folder: &Path, error: ignore::Error) -> Skipped {
    match error {
        ignore::Error::WithDepth { err, .. } => skipped_by(folder, *err),
        ignore::Error::WithPath { path, err } => skipped_by(&path, *err),
        other => Skipped { path: as_shown(folder), reason: other.to_string() },
    }
}

fn is_never_entered(entry: &DirEntry) -> bool {
    entry.depth() > 0 && (entry.file_name() == ".git" || entry.file_name() == "node_modules")
}

fn is_yaml(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
}

/// Whether the path is that of a workflow or an action.
fn holds_workflow_steps(path: &Path) -> bool {
    let name = path.file_name();
    if name == Some(OsStr::new("action.yml")) || name == Some(OsStr::new("action.yaml")) {
        return true;
    }
    let mut folders = path.iter().rev().skip(1);
    name.is_some_and(is_yaml)
        && folders.next() == Some(OsStr::new("workflows"))
        && folders.next().is_some_and(|forge| FORGES.iter().any(|known| forge == *known))
}

fn as_shown(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with these files.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    /// What is found below these parts of a folder.
    fn found(folder: &tempfile::TempDir, below: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = below.iter().map(|part| folder.path().join(part)).collect();
        let relative = |path: &PathBuf| {
            path.strip_prefix(folder.path()).unwrap().display().to_string().replace('\\', "/")
        };
        discover(&paths).unwrap().files.iter().map(relative).collect()
    }

    #[test]
    fn workflows_of_every_forge_and_composite_actions_are_found_anywhere_below() {
        let folder = folder(&[
            ".github/workflows/b.yaml",
            ".github/workflows/a.yml",
            ".github/workflows/notes.md",
            ".github/workflows/old/c.yml",
            ".github/dependabot.yml",
            ".gitea/workflows/d.yml",
            "fixtures/app/.forgejo/workflows/e.yml",
            ".github/actions/x/action.yml",
            "tools/y/action.yaml",
            "workflows/f.yml",
            "node_modules/z/action.yml",
            ".git/action.yml",
        ]);
        let expected = [
            ".gitea/workflows/d.yml",
            ".github/actions/x/action.yml",
            ".github/workflows/a.yml",
            ".github/workflows/b.yaml",
            "fixtures/app/.forgejo/workflows/e.yml",
            "tools/y/action.yaml",
        ];
        assert_eq!(found(&folder, &["."]), expected);
        assert_eq!(found(&folder, &[".github/workflows/a.yml", ".", "fixtures"]), expected);
        assert_eq!(found(&folder, &[".gitea/workflows"]), [".gitea/workflows/d.yml"]);
    }

    #[test]
    fn what_git_ignores_is_not_looked_into() {
        let folder = folder(&["out/action.yml", "in/action.yml", ".git/HEAD"]);
        fs::write(folder.path().join(".gitignore"), "out/\n").unwrap();
        assert_eq!(found(&folder, &["."]), ["in/action.yml"]);
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let folder = folder(&["deploy.sh", "node_modules/x.yml"]);
        assert_eq!(
            found(&folder, &["node_modules/x.yml", "deploy.sh"]),
            ["deploy.sh", "node_modules/x.yml"]
        );
    }

    #[test]
    fn a_path_that_does_not_exist_is_told() {
        let error = discover(&["no/such.yml".into()]).unwrap_err();
        assert_eq!(error.to_string(), "no/such.yml does not exist");
    }

    #[test]
    fn a_folder_without_workflows_gives_nothing() {
        let folder = folder(&["src/main.rs"]);
        assert_eq!(discover(&[folder.path().into()]).unwrap(), Discovered::default());
    }

    #[test]
    fn paths_are_shown_without_a_leading_dot() {
        assert_eq!(
            as_shown(Path::new("./.gitea/workflows/x.yml")),
            Path::new(".gitea/workflows/x.yml")
        );
        assert_eq!(as_shown(Path::new("../x/./y.yml")), Path::new("../x/y.yml"));
    }
}
