//! The workflow that runs now, and whether it was approved.

use super::{Change, FILE_NAME, Files, LockError, Lockfile, differences, files::files_of, hash_of};
use crate::{
    policy::Configs,
    source::{SourceFile, git, yaml::Yaml},
    workflow,
};
use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What the CI system says of the workflow that runs.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// `owner/repository/.github/workflows/deploy.yml@refs/heads/main`
    pub reference: Option<String>,
    /// Its name, or its file.
    pub name: Option<String>,
    /// The commit that the workflow is of.
    pub commit: Option<String>,
}

/// The workflow that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub workflow: String,
    /// Of all that it reaches.
    pub hash: String,
    pub commit: Option<String>,
}

/// Whether that was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// No workflow runs this, or none that is known here.
    NoWorkflow,
    /// Nothing was ever approved here.
    NotCompared(Running),
    Approved(Running),
    /// It is another one, or cannot be shown to be the same.
    Unapproved {
        workflow: String,
        why: Vec<String>,
    },
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWorkflow => f.write_str("no workflow runs this"),
            Self::NotCompared(running) => {
                write!(f, "{running}; nothing is approved here, so it is not compared")
            }
            Self::Approved(running) => write!(f, "{running}, as approved"),
            Self::Unapproved { workflow, why } => {
                write!(
                    f,
                    "the workflow {workflow} is not the one that was approved: {}",
                    why.join("; ")
                )
            }
        }
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow {} {}", self.workflow, self.hash)?;
        match &self.commit {
            Some(commit) => write!(f, " of commit {}", commit.get(..12).unwrap_or(commit)),
            None => Ok(()),
        }
    }
}

impl Run {
    pub fn from_env() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            reference: set("GITHUB_WORKFLOW_REF"),
            name: set("GITHUB_WORKFLOW"),
            commit: set("GITHUB_WORKFLOW_SHA").or_else(|| set("GITHUB_SHA")),
        }
    }

    /// The path in its repository, where the CI system tells it.
    fn path(&self) -> Option<PathBuf> {
        let (path, _) = self.reference.as_ref()?.rsplit_once('@')?;
        let at = path.find("/.")?;
        Some(PathBuf::from(&path[at + 1..]))
    }

    /// The file of the workflow that runs.
    fn file(&self, root: &Path) -> Option<PathBuf> {
        if let Some(path) = self.path() {
            return Some(root.join(path));
        }
        let name = self.name.as_ref()?;
        let files = workflow::discover(&[root.to_owned()]).ok()?.files;
        let by_file = files.iter().find(|file| file.file_name() == Some(OsStr::new(name)));
        let by_name = || files.iter().find(|file| name_of(file).as_deref() == Some(name));
        by_file.or_else(by_name).cloned()
    }
}

/// The `name:` of a workflow.
fn name_of(file: &Path) -> Option<String> {
    let yaml = Yaml::parse(Arc::new(SourceFile::read(file).ok()?));
    let document = yaml.documents().next()?;
    Some(document.get("name")?.as_str()?.to_owned())
}

/// Compares the workflow of a run with what was approved, in a folder of its repository.
pub fn version(run: &Run, here: &Path) -> Result<Version, LockError> {
    let root = root_of(here);
    let lockfile = Lockfile::read(&root)?;
    let Some(path) = run.file(&root) else {
        return Ok(match (&run.name, lockfile) {
            (Some(name), Some(_)) => Version::Unapproved {
                workflow: name.clone(),
                why: vec!["there is no such workflow here".into()],
            },
            _ => Version::NoWorkflow,
        });
    };
    let workflow = super::files::name_in(&root, &path);
    let text = match text_of(run, &root, &workflow) {
        Ok(text) => text,
        Err(why) if lockfile.is_some() => {
            return Ok(Version::Unapproved { workflow, why: vec![why] });
        }
        Err(_) => return Ok(Version::NoWorkflow),
    };
    let file = SourceFile::new(&path, text);
    let now = Configs::nearest([file.path()], &[]).map(|configs| files_of(file, &root, &configs));
    let now = match now {
        Ok(now) => now,
        Err(error) => return Ok(Version::Unapproved { workflow, why: vec![error.to_string()] }),
    };
    let running = Running { workflow, hash: hash_of(&now), commit: run.commit.clone() };
    Ok(match lockfile {
        None => Version::NotCompared(running),
        Some(lockfile) => judged(&lockfile, &now, running),
    })
}

fn judged(lockfile: &Lockfile, now: &Files, running: Running) -> Version {
    let Some(approved) = lockfile.workflows.get(&running.workflow) else {
        let why = vec![format!("{FILE_NAME} does not have it")];
        return Version::Unapproved { workflow: running.workflow, why };
    };
    let changes = differences(approved, now);
    if changes.is_empty() {
        return Version::Approved(running);
    }
    let why = changes.iter().map(Change::to_string).collect();
    Version::Unapproved { workflow: running.workflow, why }
}

/// The text of the workflow as the runner has it: that of its commit, whatever is checked out.
fn text_of(run: &Run, root: &Path, workflow: &str) -> Result<String, String> {
    let here = || {
        std::fs::read_to_string(root.join(workflow))
            .map_err(|cause| format!("{workflow} cannot be read: {cause}"))
    };
    let Some(commit) = &run.commit else { return here() };
    if git(root, &["rev-parse", "--git-dir"]).is_err() {
        return here();
    }
    git(root, &["show", "--end-of-options", &format!("{commit}:./{workflow}")]).map_err(|_| {
        format!(
            "the run is of commit {}, which this checkout does not have (`fetch-depth: 0` would bring it)",
            commit.get(..12).unwrap_or(commit)
        )
    })
}

/// The folder of the nearest `tagout.lock`, else of the repository.
fn root_of(here: &Path) -> PathBuf {
    let here = std::path::absolute(here).unwrap_or_else(|_| here.to_owned());
    let holds = |name: &'static str| move |folder: &&Path| folder.join(name).exists();
    let marks = [FILE_NAME, ".git", ".gitea", ".forgejo", ".github"];
    let found = marks.iter().find_map(|mark| here.ancestors().find(holds(mark)));
    found.unwrap_or(&here).to_owned()
}
