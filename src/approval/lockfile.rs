use super::{Files, files::files_of};
use crate::{
    policy::Configs,
    source::{Repository, SourceFile},
};
use miette::Diagnostic;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// It stands at the root of the repository.
pub const FILE_NAME: &str = "tagout.lock";

const VERSION: u32 = 1;

/// What was approved, by the path of the workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lockfile {
    pub workflows: BTreeMap<String, Files>,
}

#[derive(Debug, Error, Diagnostic)]
pub enum LockError {
    #[error("{path} cannot be read: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path} cannot be written: {cause}")]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path} is not what `tagout approve` writes: {cause}")]
    #[diagnostic(help("look at the workflows, and write it anew with `tagout approve`"))]
    Damaged { path: PathBuf, cause: String },
    #[error("{path} has format {version}, and this tagout reads {VERSION}")]
    #[diagnostic(help("use the tagout that wrote it"))]
    Other { path: PathBuf, version: u32 },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    workflows: BTreeMap<String, Files>,
}

impl Lockfile {
    /// That of a repository; nothing if nothing was ever approved there.
    pub fn read(root: &Path) -> Result<Option<Self>, LockError> {
        let path = root.join(FILE_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(LockError::Read { path, cause }),
        };
        let written: Written = match serde_saphyr::from_str(&text) {
            Ok(written) => written,
            Err(error) => {
                let cause = error.without_snippet().to_string();
                return Err(LockError::Damaged { path, cause });
            }
        };
        match written.version {
            VERSION => Ok(Some(Self { workflows: written.workflows })),
            version => Err(LockError::Other { path, version }),
        }
    }

    pub fn write(&self, root: &Path) -> Result<(), LockError> {
        let path = root.join(FILE_NAME);
        fs::write(&path, self.text()).map_err(|cause| LockError::Write { path, cause })
    }

    /// A line for each file, so that a review sees what changes.
    fn text(&self) -> String {
        let mut text = format!(
            "# What each workflow may run, as it was approved with `tagout approve`. Review its changes like code.\n\
             version: {VERSION}\nworkflows:\n"
        );
        for (workflow, files) in &self.workflows {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {}:", quoted(workflow));
            for (path, hash) in files {
                let _ = writeln!(text, "    {}: {}", quoted(path), quoted(hash));
            }
        }
        text
    }

    /// What workflows reach now, each below the root of its repository.
    pub fn of(workflows: Vec<SourceFile>, configs: &Configs) -> Self {
        let files = workflows.into_iter().map(|workflow| {
            let root = Repository::of(workflow.path()).root().to_owned();
            let name = super::files::name_in(&root, workflow.path());
            (name, files_of(workflow, &root, configs))
        });
        Self { workflows: files.collect() }
    }
}

/// As YAML reads it back, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_what_is_damaged_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lockfile::read(folder.path()).unwrap(), None);
        let files = [("a: b \"c\".yml".to_owned(), "sha256:1".to_owned())];
        let lock = Lockfile { workflows: [("w.yml".to_owned(), files.into())].into() };
        lock.write(folder.path()).unwrap();
        assert_eq!(Lockfile::read(folder.path()).unwrap(), Some(lock));
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "version: 1\nworkflows: [\n").unwrap();
        let error = Lockfile::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("tagout.lock") && error.contains("line"), "{error}");
        fs::write(&path, "version: 2\n").unwrap();
        let error = Lockfile::read(folder.path()).unwrap_err();
        assert!(matches!(error, LockError::Other { version: 2, .. }));
    }
}
