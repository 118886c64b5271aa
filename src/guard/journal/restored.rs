use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// One process that was brought back, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When it was back, or was given up. In a journal that is the time of its line.
    #[serde(skip)]
    pub at: Timestamp,
    pub process: String,
    /// What was done, in words.
    pub action: String,
    pub took: Duration,
    /// Why it is not back.
    pub error: Option<String>,
}

/// A folder whose code was taken back, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRestored {
    pub folder: PathBuf,
    /// What was checked out there before the deploy, if it was a checkout.
    pub commit: Option<String>,
    pub took: Duration,
    /// Why it is not as it was.
    pub error: Option<String>,
}
