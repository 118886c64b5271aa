//! The findings that were there when a team began to use tagout. They are matched by what they are
//! and not by their lines, so that only what is new is denied.

use super::LintReport;
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Where a baseline is, unless `--baseline` says otherwise.
pub const FILE_NAME: &str = ".tagout-baseline.json";

#[derive(Debug, Error, Diagnostic)]
pub enum BaselineError {
    #[error("the baseline {path} cannot be read: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("the baseline {path} cannot be written: {cause}")]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path}:{line}:{column} is not what a baseline has: {cause}")]
    #[diagnostic(help("write it anew with `tagout lint --write-baseline`"))]
    Damaged { path: PathBuf, line: usize, column: usize, cause: serde_json::Error },
}

/// The findings that are known, by their fingerprints.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: BTreeMap<String, Known>,
}

/// How often a finding was there, and what it was, for those who read the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    rule: String,
    path: String,
    command: String,
    count: usize,
}

impl Baseline {
    /// All that nobody has allowed.
    pub fn of(report: &LintReport) -> Self {
        let mut findings: BTreeMap<String, Known> = BTreeMap::new();
        for finding in report.open() {
            let known = findings.entry(finding.fingerprint()).or_insert_with(|| Known {
                rule: finding.rule.clone(),
                path: finding.location.shown_path(),
                command: finding.command.join(" "),
                count: 0,
            });
            known.count += 1;
        }
        Self { version: 1, findings }
    }

    /// Reads the file; nothing where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, BaselineError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(BaselineError::Read { path: path.to_owned(), cause }),
        };
        serde_json::from_str(&text).map(Some).map_err(|cause| BaselineError::Damaged {
            path: path.to_owned(),
            line: cause.line(),
            column: cause.column(),
            cause,
        })
    }

    pub fn write(&self, path: &Path) -> Result<(), BaselineError> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other);
        let written = text.and_then(|text| std::fs::write(path, text + "\n"));
        written.map_err(|cause| BaselineError::Write { path: path.to_owned(), cause })
    }

    pub fn len(&self) -> usize {
        self.findings.values().map(|known| known.count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Marks the findings that are known. Returns how many known ones are not there any more.
    pub fn apply(mut self, report: &mut LintReport) -> usize {
        for finding in report.findings.iter_mut().filter(|one| one.suppressed.is_none()) {
            if let Some(known) = self.findings.get_mut(&finding.fingerprint())
                && known.count > 0
            {
                known.count -= 1;
                finding.suppressed = Some("it is in the baseline".to_owned());
            }
        }
        self.len()
    }
}
