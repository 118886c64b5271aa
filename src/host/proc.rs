//! What the kernel says of a process, from `/proc`. Where there is none, nothing is known.

use jiff::SignedDuration;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;

/// A process, told apart from a later one of the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: u32,
    /// When it started, in ticks since boot. Linux only.
    pub started: Option<u64>,
    /// Changes with every boot. Linux only.
    pub boot: Option<String>,
}

impl Identity {
    /// The process that runs as `pid` now.
    pub fn of(pid: u32) -> Self {
        Self { pid, started: stat(pid).map(|stat| stat.start), boot: boot_id() }
    }

    pub fn of_this_process() -> Self {
        Self::of(std::process::id())
    }

    /// Sends it a signal, if it is this very process that still runs.
    pub fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        match i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            Some(pid) if self.lives() => kill_process(pid, signal),
            _ => Ok(()),
        }
    }

    /// Whether this very process still runs, on this host.
    pub fn lives(&self) -> bool {
        self.boot == boot_id()
            && match self.started {
                Some(start) => runs(self.pid, start),
                None => Pid::from_raw(self.pid as i32).is_some_and(|pid| {
                    matches!(test_kill_process(pid), Ok(()) | Err(rustix::io::Errno::PERM))
                }),
            }
    }
}

/// A process as the kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub parent: u32,
    /// Clock ticks between the host's boot and the process's start.
    pub start: u64,
    /// Whether it has ended and only waits for its parent to notice.
    pub zombie: bool,
}

/// Identifies the time since the host was booted.
pub fn boot_id() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

/// How long this host runs.
pub fn uptime() -> Option<SignedDuration> {
    let read = fs::read_to_string("/proc/uptime").ok()?;
    SignedDuration::try_from_secs_f64(read.split(' ').next()?.parse().ok()?).ok()
}

/// What runs as `pid` now.
pub fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether the process that was started as `pid` at `start` still runs.
pub fn runs(pid: u32, start: u64) -> bool {
    stat(pid).is_some_and(|stat| stat.start == start && !stat.zombie)
}

/// A variable of the environment that `pid` was started with.
pub fn variable(pid: u32, name: &str) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environment.split(|&byte| byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

/// `pid` and all that it has started, children after their parents.
pub fn tree(pid: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(stat) = stat(child) {
            children.entry(stat.parent).or_default().push(child);
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        found.extend(children.remove(parent).unwrap_or_default());
        next += 1;
    }
    found
}

/// The command's name stands in brackets and may hold anything, brackets and blanks too, so the
/// fields are counted from the last bracket.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Stat {
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_with_brackets_does_not_shift_the_fields() {
        let text = "7 (a) b (c) S 4 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 8512 1 1 1";
        assert_eq!(parse_stat(text), Some(Stat { parent: 4, start: 8512, zombie: false }));
        assert_eq!(parse_stat("7 (a"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pid_that_was_given_to_another_process_is_not_taken_for_the_old_one() {
        let me = std::process::id();
        let start = stat(me).unwrap().start;
        assert!(runs(me, start));
        assert!(!runs(me, start + 1));
        assert_eq!(tree(me).first(), Some(&me));
    }
}
