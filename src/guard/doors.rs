//! What stands between the deploy command and the host: in come the deploy's journal and whose things
//! are whose, out goes the environment that leads what the command calls past us first.

use super::broker::{self, Broker, Traces};
use super::journal::{Journal, JournalError, Step};
use super::shim;
use super::target::Target;
use crate::config::Config;
use miette::Diagnostic;
use std::ffi::OsString;
use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use thiserror::Error;

/// Names the journal of the deploy that a process runs under, to every tagout that it calls.
pub const JOURNAL_VARIABLE: &str = "TAGOUT_JOURNAL";

/// Names the lease to the later steps of a job.
pub const LEASE_VARIABLE: &str = "TAGOUT_LEASE";

/// A socket's path has room for about a hundred characters.
const LONGEST: usize = 60;
/// How the name of their folder starts.
pub const PREFIX: &str = "tagout-";

#[derive(Debug, Error, Diagnostic)]
pub enum DoorsError {
    #[error("what is to guard the deploy command cannot be put into {folder}: {cause}")]
    #[diagnostic(help("a deploy that cannot be guarded is not begun"))]
    Folder { folder: PathBuf, cause: io::Error },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(#[from] JournalError),
}

/// Open as long as this lives.
#[derive(Debug)]
pub struct Doors {
    environment: Vec<(OsString, OsString)>,
    /// Closed before its folder goes.
    _broker: Broker,
    _folder: TempDir,
}

impl Doors {
    /// Stands them up for the deploy of `journal`, which is told where they are; it may be a lease
    /// that has a token.
    pub fn open(
        journal: &Path,
        lease: Option<&str>,
        config: &Config,
        target: &Target,
    ) -> Result<Self, DoorsError> {
        let within = short_folder();
        let failed = |cause| DoorsError::Folder { folder: within.clone(), cause };
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            // Only its owner may look into it.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&within)
            .map_err(failed)?;
        let noted = Step::Doors { folder: folder.path().to_owned() };
        Journal::beside(journal)?.append(noted)?;
        let mut environment = vec![(JOURNAL_VARIABLE.into(), journal.into())];
        environment.extend(lease.map(|token| (LEASE_VARIABLE.into(), token.into())));
        environment.extend(broker::environment(folder.path()));
        let path = shim::stand_in(folder.path(), journal).map_err(failed)?;
        environment.push(("PATH".into(), path));
        let traces = Traces::of(&environment, folder.path());
        let broker =
            Broker::open(folder.path(), journal, config, target, traces).map_err(failed)?;
        Ok(Self { environment, _broker: broker, _folder: folder })
    }

    /// What the deploy command's environment has beside ours.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }
}

/// Removes what those have left behind that were killed.
pub fn clear(folder: &Path) {
    let ours =
        folder.file_name().is_some_and(|name| name.as_bytes().starts_with(PREFIX.as_bytes()));
    if ours {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Where temporary things go, unless its path is too long for sockets, or has blanks, at which PM2
/// splits the options of its daemon.
fn short_folder() -> PathBuf {
    let usual = std::env::temp_dir();
    let bytes = usual.as_os_str().as_bytes();
    let fits = bytes.len() <= LONGEST && !bytes.contains(&b' ');
    if fits { usual } else { "/tmp".into() }
}
