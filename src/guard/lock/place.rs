//! Where a host's lock is, and opening it safely in a folder that everybody may write to.

use super::LockError;
use crate::store::{Store, StoreError};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Names the lock file, for runners in containers that share a folder, and for tests.
pub const LOCK_VARIABLE: &str = "TAGOUT_LOCK";

const FILE_NAME: &str = "tagout.lock";

/// Folders that every user of a host may write to. The first that is one is taken, by what it is
/// and not by whether this user may write there, so that all users choose the same.
const SHARED: [&str; 3] = ["/run/lock", "/var/lock", "/tmp"];

/// The lock file of this host.
#[derive(Clone, Debug)]
pub struct LockPlace {
    pub path: PathBuf,
    pub reach: Reach,
}

/// Whose deploys exclude each other at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of all users of the host.
    Host,
    /// Those of this user: the host has no folder that all users share.
    User,
    /// Those that were given the same file.
    Given,
}

impl LockPlace {
    /// The place for this host, or the file that `TAGOUT_LOCK` names.
    pub fn of_this_host() -> Result<Self, StoreError> {
        if let Some(path) = std::env::var_os(LOCK_VARIABLE).filter(|path| !path.is_empty()) {
            return Ok(Self { path: path.into(), reach: Reach::Given });
        }
        let shared = SHARED.iter().map(Path::new).find(|folder| is_shared(folder));
        let (folder, reach) = match shared {
            Some(folder) => (folder.to_owned(), Reach::Host),
            None => (Store::from_env()?.root().to_owned(), Reach::User),
        };
        Ok(Self { path: folder.join(FILE_NAME), reach })
    }

    /// The lock file, made if it is missing.
    pub(super) fn open(&self) -> Result<File, LockError> {
        loop {
            if let Some(file) = self.open_existing()? {
                return Ok(file);
            }
            match self.create() {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => return made.map_err(|cause| self.unopened(cause)),
            }
        }
    }

    /// The lock file, or `None` where nobody made one yet.
    pub(super) fn open_existing(&self) -> Result<Option<File>, LockError> {
        // Opened without creating: Linux refuses to "create" another user's file in such a folder
        // (fs.protected_regular), even when it is there.
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32)
            .open(&self.path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) if self.path.is_symlink() => return Err(self.not_plain()),
            Err(cause) => return Err(self.unopened(cause)),
        };
        let found = file.metadata().map_err(|cause| self.unopened(cause))?;
        // A second name for somebody's file would have us write into that file.
        if !found.is_file() || found.nlink() > 1 { Err(self.not_plain()) } else { Ok(Some(file)) }
    }

    fn create(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .custom_flags(OFlags::NOFOLLOW.bits() as i32)
            .open(&self.path)?;
        if self.reach == Reach::Host {
            // Whatever our umask says: the next to deploy may be another user.
            file.set_permissions(Permissions::from_mode(0o666))?;
        }
        Ok(file)
    }

    fn unopened(&self, cause: io::Error) -> LockError {
        LockError::Open { path: self.path.display().to_string(), cause }
    }

    fn not_plain(&self) -> LockError {
        LockError::NotPlain { path: self.path.display().to_string() }
    }
}

/// Whether all users may make files in a folder, and none may remove those of others.
fn is_shared(folder: &Path) -> bool {
    std::fs::metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == 0 && found.mode() & 0o1777 == 0o1777)
}
