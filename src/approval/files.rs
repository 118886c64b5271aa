use crate::{
    policy::{self, Configs},
    source::{SourceFile, shown_path},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

/// The files that a workflow can run, itself among them, by their paths in the repository, each with
/// its hash, or [`ABSENT`].
pub type Files = BTreeMap<String, String>;

/// Stands for a file that is reached, but not there: it may come later.
const ABSENT: &str = "absent";

/// How a file differs from what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Changed(String),
    New(String),
    /// The workflow does not reach it any more.
    Gone(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(path) => write!(f, "{path} has changed"),
            Self::New(path) => write!(f, "{path} is new"),
            Self::Gone(path) => write!(f, "{path} is not reached any more"),
        }
    }
}

/// All that a workflow reaches below `root`. `workflow` may have another text than the file that
/// is there.
pub(super) fn files_of(workflow: SourceFile, root: &Path, configs: &Configs) -> Files {
    let own = (name_in(root, workflow.path()), hash(workflow.text().as_bytes()));
    let reached: BTreeSet<_> = policy::files_reached(workflow, configs);
    let files = reached.iter().map(|path| {
        let hash = fs::read(path).map_or_else(|_| ABSENT.to_owned(), |bytes| hash(&bytes));
        (name_in(root, path), hash)
    });
    files.chain([own]).collect()
}

pub(super) fn name_in(root: &Path, path: &Path) -> String {
    shown_path(path.strip_prefix(root).unwrap_or(path))
}

fn hash(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// One short hash for all of them, for logs and people.
pub fn hash_of(files: &Files) -> String {
    const SHOWN: usize = "sha256:".len() + 12;
    let lines: String = files.iter().map(|(path, hash)| format!("{path} {hash}\n")).collect();
    hash(lines.as_bytes()).chars().take(SHOWN).collect()
}

/// What is not as it was approved, by path.
pub fn differences(approved: &Files, now: &Files) -> Vec<Change> {
    let paths: BTreeSet<&String> = approved.keys().chain(now.keys()).collect();
    let change = |path: &String| match (approved.get(path), now.get(path)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(_), Some(_)) => Some(Change::Changed(path.clone())),
        (None, _) => Some(Change::New(path.clone())),
        (Some(_), None) => Some(Change::Gone(path.clone())),
    };
    paths.into_iter().filter_map(change).collect()
}
