//! Where tagout keeps what must outlive it. In come snapshots, out they come again, by id or the
//! newest; locks and journals get their folder here too. A file is either whole or not there:
//! written beside its place, flushed, then renamed. All is readable by its owner only, since
//! snapshots hold environments.

mod atomic;
pub mod backend;
pub mod lease;

pub use atomic::{create_private, write_atomically};

use crate::host::Snapshot;
use crate::host::snapshot::FORMAT;
use miette::Diagnostic;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::{env, fs, io};
use thiserror::Error;

/// How many snapshots are kept.
const KEPT: usize = 50;
const SUFFIX: &str = ".json";

/// The folder that holds everything, on this host, of this user.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// A snapshot in the store, by what its name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub path: PathBuf,
    pub bytes: u64,
}

#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    #[error("the snapshot cannot be written to {path}: {cause}")]
    #[diagnostic(help("nothing was left half-written, and the other snapshots are untouched"))]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path} cannot be read: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path} is not a whole snapshot: {cause}")]
    #[diagnostic(help(
        "it was cut off or changed; `tagout snapshot list` shows the others, and this one can be deleted"
    ))]
    Damaged { path: PathBuf, cause: serde_json::Error },
    #[error("{path} has format {version}, and this tagout reads up to {FORMAT}")]
    #[diagnostic(help("use the tagout that wrote it, or a newer one"))]
    Newer { path: PathBuf, version: u64 },
    #[error("there is no snapshot {id} in {folder}")]
    #[diagnostic(help("`tagout snapshot list` shows those that are kept"))]
    Unknown { id: String, folder: PathBuf },
    #[error("{id} fits {count} snapshots in {folder}")]
    #[diagnostic(help("write more of it; `tagout snapshot list` shows the whole ids"))]
    Ambiguous { id: String, count: usize, folder: PathBuf },
    #[error("there is no snapshot in {folder} yet")]
    #[diagnostic(help("take one with `tagout snapshot take`"))]
    Empty { folder: PathBuf },
    #[error("there is no folder to keep snapshots in: HOME is not set")]
    #[diagnostic(help("set TAGOUT_STATE to a folder"))]
    NoHome,
}

impl Store {
    /// This user's store: `TAGOUT_STATE`, else `$XDG_STATE_HOME/tagout`, else
    /// `~/.local/state/tagout`.
    pub fn from_env() -> Result<Self, StoreError> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = set("TAGOUT_STATE")
            .or_else(|| set("XDG_STATE_HOME").map(|state| state.join("tagout")))
            .or_else(|| env::home_dir().map(|home| home.join(".local/state/tagout")))
            .ok_or(StoreError::NoHome)?;
        Ok(Self::at(root))
    }

    /// A store in a certain folder, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder for everything that is kept.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a snapshot, and forgets the oldest beyond the number that is kept, but none of those
    /// named `in_use`. Two in one millisecond get different ids.
    pub fn save(&self, snapshot: &mut Snapshot, in_use: &[&str]) -> Result<PathBuf, StoreError> {
        let path = loop {
            let path = self.path_of(&snapshot.id);
            if !path.exists() {
                break path;
            }
            snapshot.taken += jiff::SignedDuration::from_millis(1);
            snapshot.id = Snapshot::id_for(snapshot.taken);
        };
        let failed = |cause| StoreError::Write { path: path.clone(), cause };
        let text = serde_json::to_vec(snapshot).map_err(|error| failed(error.into()))?;
        write_atomically(&path, &text).map_err(failed)?;
        self.forget_oldest(in_use);
        Ok(path)
    }

    /// The snapshots that are kept, oldest first.
    pub fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let folder = self.folder();
        let listed = match fs::read_dir(&folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(StoreError::Read { path: folder, cause }),
        };
        let mut entries: Vec<Entry> = listed
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let id = name.strip_suffix(SUFFIX).filter(|id| !id.starts_with('.'))?;
                let bytes = entry.metadata().ok()?.len();
                Some(Entry { id: id.to_owned(), path: entry.path(), bytes })
            })
            .collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(entries)
    }

    /// The snapshot with this id, or with the only one that starts so; without an id the newest.
    pub fn load(&self, id: Option<&str>) -> Result<Snapshot, StoreError> {
        let mut entries = self.list()?;
        let folder = self.folder();
        let Some(id) = id else {
            let newest = entries.pop().ok_or(StoreError::Empty { folder })?;
            return read(&newest.path);
        };
        let fitting: Vec<&Entry> =
            entries.iter().filter(|entry| !id.is_empty() && entry.id.starts_with(id)).collect();
        match fitting.as_slice() {
            [] => Err(StoreError::Unknown { id: id.to_owned(), folder }),
            [one] => read(&one.path),
            several => match several.iter().find(|entry| entry.id == id) {
                Some(one) => read(&one.path),
                None => {
                    let count = several.len();
                    Err(StoreError::Ambiguous { id: id.to_owned(), count, folder })
                }
            },
        }
    }

    fn folder(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where the report of a deploy is kept, by the id of its snapshot.
    pub fn report_of(&self, id: &str) -> PathBuf {
        self.root.join("reports").join(format!("{id}.md"))
    }

    /// Where a snapshot is kept.
    pub fn path_of(&self, id: &str) -> PathBuf {
        self.folder().join(format!("{id}{SUFFIX}"))
    }

    /// A snapshot too many is no reason to fail: the new one is safe already.
    fn forget_oldest(&self, in_use: &[&str]) {
        let Ok(entries) = self.list() else { return };
        let surplus = entries.len().saturating_sub(KEPT);
        for entry in entries.iter().take(surplus) {
            if !in_use.contains(&entry.id.as_str()) {
                let _ = fs::remove_file(&entry.path);
            }
        }
    }
}

/// Reads a snapshot from a file.
fn read(path: &Path) -> Result<Snapshot, StoreError> {
    #[derive(Deserialize)]
    struct Format {
        version: u64,
    }
    let path = path.to_owned();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(cause) => return Err(StoreError::Read { path, cause }),
    };
    match serde_json::from_slice::<Format>(&text) {
        Ok(format) if format.version > u64::from(FORMAT) => {
            Err(StoreError::Newer { path, version: format.version })
        }
        Ok(_) => serde_json::from_slice(&text).map_err(|cause| StoreError::Damaged { path, cause }),
        Err(cause) => Err(StoreError::Damaged { path, cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn snapshot_at(second: i64) -> Snapshot {
        let taken = Timestamp::from_second(second).unwrap();
        Snapshot {
            version: FORMAT,
            id: Snapshot::id_for(taken),
            taken,
            host: "h".into(),
            boot: None,
            commits: vec![],
            measured: Default::default(),
            sections: vec![],
        }
    }

    #[test]
    fn two_snapshots_in_one_millisecond_are_both_kept_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        for _ in 0..3 {
            store.save(&mut snapshot_at(0), &[]).unwrap();
        }
        let ids: Vec<String> = store.list().unwrap().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["19700101T000000.000Z", "19700101T000000.001Z", "19700101T000000.002Z"]);
        assert_eq!(store.load(None).unwrap().id, "19700101T000000.002Z");
        assert_eq!(store.load(Some("19700101T000000.001")).unwrap().id, ids[1]);
        assert!(matches!(store.load(Some("1970")), Err(StoreError::Ambiguous { count: 3, .. })));
        assert!(matches!(store.load(Some("")), Err(StoreError::Unknown { .. })));
    }

    #[test]
    fn the_oldest_are_forgotten_but_not_the_one_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        let first = snapshot_at(0).id;
        for second in 0..=KEPT as i64 + 2 {
            store.save(&mut snapshot_at(second), &[&first]).unwrap();
        }
        let entries = store.list().unwrap();
        assert_eq!(entries[0].id, first);
        assert!(entries.len() <= KEPT + 1, "{}", entries.len());
        assert_eq!(entries.last().unwrap().id, snapshot_at(KEPT as i64 + 2).id);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_snapshot() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = Store::at(folder.path().join("new")).save(&mut snapshot_at(0), &[]).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn a_snapshot_that_is_cut_off_or_newer_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        let path = store.save(&mut snapshot_at(0), &[]).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert!(matches!(store.load(None), Err(StoreError::Damaged { .. })));
        fs::write(&path, r#"{"version": 2, "sections": {}}"#).unwrap();
        assert!(matches!(store.load(None), Err(StoreError::Newer { version: 2, .. })));
    }
}
