//! Where several hosts keep what they share. In comes a URL; out goes a [`Backend`]: small items by
//! key, each with a version, and writing that happens only over the version that was read. All else
//! (leases, fencing, copies of snapshots) is built on that, so that it holds alike on every kind.

mod file;
mod postgres;
#[cfg(feature = "s3")]
mod s3;

use miette::Diagnostic;
use std::{fmt, time::Duration};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Small items by key.
pub trait Backend: Send + Sync {
    fn read(&self, key: &str) -> Result<Option<Item>, BackendError>;

    /// Writes an item if what is there is what is expected; its version if that was so.
    fn write(
        &self,
        key: &str,
        bytes: &[u8],
        expected: Expected<'_>,
    ) -> Result<Option<Version>, BackendError>;

    /// The keys that start so, in their order.
    fn list(&self, prefix: &str) -> Result<Vec<String>, BackendError>;

    /// One that is not there is removed, too.
    fn remove(&self, key: &str) -> Result<(), BackendError>;
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub bytes: Vec<u8>,
    pub version: Version,
}

/// Tells what was written apart from whatever stood there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

/// What must be there for a write to happen.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'v> {
    Anything,
    Nothing,
    Version(&'v Version),
}

#[derive(Debug, Error, Diagnostic)]
pub enum BackendError {
    #[error("`store:` is no address of a store: {reason}")]
    #[diagnostic(help("write file:/folder, postgres://user@host/database or s3://bucket/folder"))]
    Address { reason: String },
    #[error("the store {store} cannot be used: {reason}")]
    #[diagnostic(help("nothing was changed on this host"))]
    Failed { store: String, reason: String },
}

/// Opens the store at an address. What errors say of it has no password.
pub fn open(url: &str) -> Result<Box<dyn Backend>, BackendError> {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    Ok(match scheme {
        "file" => Box::new(file::Folder::at(rest.strip_prefix("//").unwrap_or(rest))?),
        "postgres" | "postgresql" => Box::new(postgres::Database::at(url)?),
        #[cfg(feature = "s3")]
        "s3" => Box::new(s3::Bucket::at(url)?),
        #[cfg(not(feature = "s3"))]
        "s3" => {
            let reason = "this tagout was built without the feature `s3`".to_owned();
            return Err(BackendError::Address { reason });
        }
        _ => {
            let reason = format!("`{scheme}:` is not known");
            return Err(BackendError::Address { reason });
        }
    })
}

/// Failures of one store.
#[derive(Clone, Debug)]
struct Name(String);

impl Name {
    fn failed(&self, reason: impl fmt::Display) -> BackendError {
        BackendError::Failed { store: self.0.clone(), reason: reason.to_string() }
    }
}

/// The way to a server that is asked asynchronously, one request at a time.
struct Line {
    name: Name,
    runtime: Runtime,
}

impl Line {
    /// To the server that messages call so.
    fn to(name: String) -> Result<Self, BackendError> {
        let name = Name(name);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Self { runtime: runtime.map_err(|error| name.failed(error))?, name })
    }

    /// The result of a request, or that it took too long.
    fn ask<T>(&self, request: impl Future<Output = Result<T, String>>) -> Result<T, BackendError> {
        let answer = self.runtime.block_on(async {
            match tokio::time::timeout(TIMEOUT, request).await {
                Ok(done) => done,
                Err(_) => Err(format!("it has not answered for {} s", TIMEOUT.as_secs())),
            }
        });
        answer.map_err(|reason| self.name.failed(reason))
    }
}
