//! What a person looks at first when a deploy went wrong, kept before anything is restored: the last
//! lines of what was harmed and of PM2 itself, and what the host had left. In come the snapshot and
//! the verdict; out goes text in which no value of any process's environment stands.

use super::judge::Judgement;
use super::masking::Secrets;
use super::target::Target;
use crate::config::Config;
use crate::host::{Process, Snapshot};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use sysinfo::{MemoryRefreshKind, System};

/// Of so many processes the logs are kept.
const PROCESSES: usize = 10;
/// So many lines of each log.
const LINES: usize = 15;
/// They are looked for in so many bytes at its end.
const TAIL: u64 = 16 << 10;
/// Of a line so many characters.
const WIDTH: usize = 300;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evidence {
    pub disks: Vec<Space>,
    pub memory: Option<Space>,
    pub logs: Vec<LogTail>,
}

/// What is free of something, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Space {
    /// The disk's path, or `memory`.
    pub of: String,
    pub free: u64,
    pub total: u64,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogTail {
    /// What writes it, as people write it.
    pub of: String,
    pub path: PathBuf,
    pub lines: Vec<String>,
}

/// Looks at the host as the deploy left it.
pub fn collect(
    before: &Snapshot,
    harm: &Judgement,
    target: &Target,
    config: &Config,
    secrets: &Secrets,
) -> Evidence {
    let harmed: BTreeSet<&str> = harm.harmed.iter().map(|one| one.process.as_str()).collect();
    // Where nobody was harmed, something is wrong with the app itself.
    let concerns = |process: &&Process| match harmed.is_empty() {
        true => target.owns(process.key.owner(config)),
        false => harmed.contains(process.key.to_string().as_str()),
    };
    let own = before.processes().filter(concerns).take(PROCESSES).flat_map(logs_of);
    let managers = before.sections.iter().filter_map(|section| {
        let facts = section.pm2.as_ref()?;
        Some((section.manager.to_string(), facts.home.join("pm2.log")))
    });
    let mut seen = BTreeSet::new();
    let logs = own
        .chain(managers)
        .filter(|(_, path)| seen.insert(path.clone()))
        .filter_map(|(of, path)| Some(LogTail { of, lines: tail(&path, secrets)?, path }))
        .collect();
    Evidence { disks: disks(before), memory: memory(), logs }
}

/// The logs of a process, that of its errors first.
fn logs_of(process: &Process) -> impl Iterator<Item = (String, PathBuf)> {
    let path = |setting: &str| process.recipe.0.get(setting)?.as_str();
    ["pm_err_log_path", "pm_out_log_path"]
        .into_iter()
        .filter_map(path)
        .map(|path| (process.key.to_string(), PathBuf::from(path)))
}

/// The last lines of a log, if it has any.
fn tail(path: &Path, secrets: &Secrets) -> Option<Vec<String>> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // Of the first line only a part may have been read, and a part of a secret is not known as one.
    let whole = if length > TAIL { text.split_once('\n')?.1 } else { &text };
    let hidden = secrets.hidden_in_log(whole);
    let lines: Vec<&str> = hidden.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let last: Vec<String> = last.iter().map(|line| shown(line)).collect();
    (!last.is_empty()).then_some(last)
}

/// A line without what would steer a terminal, and not too long.
fn shown(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            // `ESC [ … letter` is a colour or a movement.
            '\u{1b}' => drop(rest.by_ref().skip(1).find(char::is_ascii_alphabetic)),
            '\t' => plain.push(' '),
            _ if c.is_control() => {}
            _ => plain.push(c),
        }
    }
    match plain.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// The root's disk, and those of the folders of the inventory.
fn disks(before: &Snapshot) -> Vec<Space> {
    let folders = before.commits.iter().map(|commit| commit.path.as_path());
    let mut disks: Vec<Space> = Vec::new();
    for path in [Path::new("/")].into_iter().chain(folders) {
        let Ok(found) = rustix::fs::statvfs(path) else { continue };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        let used = found.f_blocks.saturating_sub(found.f_bfree).saturating_mul(found.f_frsize);
        let disk = Space { of: path.display().to_string(), free, total: free + used };
        if !disks.iter().any(|one| (one.free, one.total) == (disk.free, disk.total)) {
            disks.push(disk);
        }
    }
    disks
}

fn memory() -> Option<Space> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::everything());
    let (free, total) = (system.available_memory(), system.total_memory());
    (total > 0).then(|| Space { of: "memory".to_owned(), free, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_without_colours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let many: String = (0..5000).map(|line| format!("line {line}\n")).collect();
        std::fs::write(&path, format!("{many}\n\u{1b}[31mred\u{1b}[0m\tone\n")).unwrap();
        let lines = tail(&path, &Secrets::default()).unwrap();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.first().unwrap(), "line 4986");
        assert_eq!(lines.last().unwrap(), "red one");
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(tail(&path, &Secrets::default()), None);
        assert_eq!(shown(&"ä".repeat(400)), format!("{}…", "ä".repeat(WIDTH)));
    }
}
