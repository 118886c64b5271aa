use super::{Named, Pattern, Schema};
use crate::config::{EnvText, probe::length::Length};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// Lines of a log, counted by what is in them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub file: Option<EnvText>,
    pub pm2: Option<String>,
    pub journal: Option<String>,
    #[serde(rename = "match")]
    pub patterns: Named<Pattern>,
    #[serde(default)]
    pub ignore: Vec<Pattern>,
    pub since: Option<Since>,
    pub last: Option<usize>,
}

/// Where the lines come from.
#[derive(Clone, Debug)]
pub enum LogSource<'a> {
    File(&'a EnvText),
    /// A PM2 process: its output and its errors.
    Pm2(&'a str),
    /// A unit of systemd.
    Journal(&'a str),
}

/// The first line that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// What was written since the snapshot of the deploy.
    Deploy,
    /// What was written in this time; only the journal knows times.
    Past(Duration),
}

impl<'de> Deserialize<'de> for Since {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "deploy" {
            return Ok(Self::Deploy);
        }
        let text = de::value::StrDeserializer::<D::Error>::new(&text);
        Length::deserialize(text).map(|length| Self::Past(length.0))
    }
}

impl Log {
    /// How many lines from the end are read, if nothing else is said.
    pub const LAST: usize = 500;
    /// How far the log had come, among its facts.
    pub const POSITION: &str = "@position";

    /// Its only source; there is one, unless [`Schema::problem`] says otherwise.
    pub fn source(&self) -> Option<LogSource<'_>> {
        match (&self.file, &self.pm2, &self.journal) {
            (Some(file), None, None) => Some(LogSource::File(file)),
            (None, Some(name), None) => Some(LogSource::Pm2(name)),
            (None, None, Some(unit)) => Some(LogSource::Journal(unit)),
            _ => None,
        }
    }
}

impl Schema for Log {
    const SUMMARY: &str = "Lines of a log, counted by what must or must not be in them";
    const KEYS: &[(&str, &str)] = &[
        ("file", "a path; the log is this file, or"),
        ("pm2", "what the PM2 process of this name printed, output and errors, or"),
        ("journal", "what systemd's journal has of this unit"),
        (
            "match",
            "a regular expression; or several by name: `{error: ERROR, oom: heap out of memory}`",
        ),
        ("ignore", "a list of regular expressions; lines that match one do not count"),
        (
            "since",
            "`deploy`: only what was written since the snapshot of the deploy; or, of the journal, a time like `10m`",
        ),
        ("last", "only so many lines from the end; 500, if neither this nor `since` is given"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("count", "how many lines match the only pattern"),
        ("matches", "how many lines match, by the patterns' names: `matches.error`"),
        ("lines", "how many lines were looked at"),
        ("newest", "the last line that matches the only pattern"),
        ("size", "how long the log is, in bytes; the journal has none"),
        ("latency", "how long reading took, a duration"),
    ];
    const EXAMPLE: &str = "log: {file: /var/log/app.log, match: \"ERROR|FATAL\", last: 500}";
    const CONDITION: &str = "count < 5";

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![("matches", self.patterns.names())]
    }

    fn problem(&self) -> Option<String> {
        let problem = match (self.source(), self.since) {
            (None, _) => "a log needs exactly one of `file`, `pm2` and `journal`",
            (Some(LogSource::File(_) | LogSource::Pm2(_)), Some(Since::Past(_))) => {
                "of a file only `since: deploy` and `last` are known: its lines need not have times"
            }
            _ if self.patterns.is_empty() => "`match` has no pattern",
            _ if self.last == Some(0) => "`last: 0` looks at nothing",
            _ => return None,
        };
        Some(problem.to_owned())
    }
}
