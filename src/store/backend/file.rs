use super::{Backend, BackendError, Expected, Item, Name, Version};
use crate::store::{create_private, write_atomically};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// A folder, which hosts may share over the network if locks of files hold there.
pub struct Folder {
    root: PathBuf,
    name: Name,
}

const LOCK: &str = ".lock";

impl Folder {
    pub fn at(path: &str) -> Result<Self, BackendError> {
        if !Path::new(path).is_absolute() {
            let reason = format!("`file:{path}` does not start at the root");
            return Err(BackendError::Address { reason });
        }
        Ok(Self { root: PathBuf::from(path), name: Name(format!("file:{path}")) })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Keeps all others from writing as long as the file is open.
    fn locked(&self) -> io::Result<File> {
        create_private(&self.root)?;
        let file = OpenOptions::new().create(true).append(true).open(self.root.join(LOCK))?;
        file.lock()?;
        Ok(file)
    }

    fn read_item(&self, key: &str) -> io::Result<Option<Item>> {
        match fs::read(self.path(key)) {
            Ok(bytes) => Ok(Some(Item { version: version_of(&bytes), bytes })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write_item(
        &self,
        key: &str,
        bytes: &[u8],
        expected: Expected<'_>,
    ) -> io::Result<Option<Version>> {
        let _lock = self.locked()?;
        let is_expected = match expected {
            Expected::Anything => true,
            Expected::Nothing => self.read_item(key)?.is_none(),
            Expected::Version(version) => {
                self.read_item(key)?.is_some_and(|item| item.version == *version)
            }
        };
        if !is_expected {
            return Ok(None);
        }
        write_atomically(&self.path(key), bytes)?;
        Ok(Some(version_of(bytes)))
    }
}

/// The same bytes are the same version: what is written conditionally counts up, so that no two
/// writes are the same.
fn version_of(bytes: &[u8]) -> Version {
    Version(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Backend for Folder {
    fn read(&self, key: &str) -> Result<Option<Item>, BackendError> {
        self.read_item(key).map_err(|error| self.name.failed(error))
    }

    fn write(
        &self,
        key: &str,
        bytes: &[u8],
        expected: Expected<'_>,
    ) -> Result<Option<Version>, BackendError> {
        self.write_item(key, bytes, expected).map_err(|error| self.name.failed(error))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, BackendError> {
        let mut keys = Vec::new();
        for entry in walkdir::WalkDir::new(&self.root) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error)
                    if error.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) =>
                {
                    continue;
                }
                Err(error) => return Err(self.name.failed(error)),
            };
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if let Ok(path) = entry.path().strip_prefix(&self.root)
                && entry.file_type().is_file()
                && !hidden
            {
                keys.push(crate::source::shown_path(path));
            }
        }
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    fn remove(&self, key: &str) -> Result<(), BackendError> {
        match fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.name.failed(error)),
            _ => Ok(()),
        }
    }
}
