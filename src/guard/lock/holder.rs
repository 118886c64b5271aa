//! Who holds a lock, and the evidence that they still live.

use crate::guard::voice::shown_time;
use crate::host::host_name;
use crate::host::proc::{self, Identity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;

/// The record that a holder leaves in the lock file, readable by every user of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Tells this holding apart from all others.
    pub token: String,
    pub host: String,
    #[serde(flatten)]
    pub process: Identity,
    pub user: String,
    /// The deploy command, with its secrets masked.
    pub command: String,
    /// The page of the CI run.
    pub run: Option<String>,
    pub since: Timestamp,
}

/// What can be said of a holder's process from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// The very process runs.
    Lives,
    /// It ended: its number is free or another's, or the host was booted since.
    Gone,
    /// It is on another host, or in a container that we cannot look into.
    Unknown,
}

impl Holder {
    /// This process, about to run `command` (already masked).
    pub fn this_process(command: String, run: Option<String>) -> Self {
        Self {
            token: random_token(),
            host: host_name(),
            process: Identity::of_this_process(),
            user: std::env::var("USER")
                .unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw())),
            command,
            run,
            since: Timestamp::now(),
        }
    }

    /// Whether the holder's process is still the one that runs under its number.
    pub fn life(&self) -> Life {
        if self.host != host_name() {
            return Life::Unknown;
        }
        if self.process.lives() { Life::Lives } else { Life::Gone }
    }

    /// Everything that is known of it, one fact a line.
    pub fn described(&self) -> String {
        let Self { process, user, host, command, .. } = self;
        let state = match self.life() {
            Life::Lives => "alive",
            Life::Gone => "dead",
            Life::Unknown => "not known",
        };
        let mut lines = vec![
            ("holder", format!("pid {} of {user} on {host}: {state}", process.pid)),
            ("since", shown_time(self.since)),
            ("command", command.clone()),
        ];
        lines.extend(self.run.clone().map(|run| ("run", run)));
        if let Some(ticks) = process.started {
            lines.push(("started", format!("{ticks} ticks after boot")));
        }
        if let Some(boot) = &process.boot {
            let which = if Some(boot) == proc::boot_id().as_ref() { "this one" } else { "before" };
            lines.push(("boot", format!("{boot}, {which}")));
        }
        lines.push(("evidence", self.evidence()));
        lines.iter().map(|(name, fact)| format!("  {name:<9} {fact}\n")).collect()
    }

    /// The evidence for [`Holder::life`], in words.
    pub fn evidence(&self) -> String {
        let pid = self.process.pid;
        match self.life() {
            Life::Lives => match self.process.started {
                Some(_) => format!("pid {pid} runs, and started when the record says"),
                None => format!("pid {pid} runs"),
            },
            Life::Gone if self.process.boot != proc::boot_id() => {
                "the host was booted since".to_owned()
            }
            Life::Gone => format!("pid {pid} has ended"),
            Life::Unknown => format!("pid {pid} is on {}, out of sight from here", self.host),
        }
    }
}

/// A holder in a sentence; one whose record cannot be read has none.
pub fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "a process that left no record".to_owned(), Holder::to_string)
}

/// One line: `pid 4711 (alice on web1) since 2026-11-21 12:00:00 UTC: npm run deploy`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process: Identity { pid, .. }, user, host, since, command, .. } = self;
        let since = shown_time(*since);
        write!(f, "pid {pid} ({user} on {host}) since {since}: {command}")?;
        self.run.iter().try_for_each(|run| write!(f, " ({run})"))
    }
}

fn random_token() -> String {
    let mut bytes = [0; 16];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    match read {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        // No process has the same number at the same nanosecond.
        Err(_) => format!("{}-{}", std::process::id(), Timestamp::now().as_nanosecond()),
    }
}
