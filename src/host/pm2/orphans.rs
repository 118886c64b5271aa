use crate::host::{ManagerKind, Orphan, Process, Section, Snapshot, proc};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The processes of `recorded` that were left behind when their daemon was killed. Two traces lead
/// to them, and both are proven before they are followed: the pid in the snapshot, with the time
/// at which it was started, and PM2's own pid files, which know of restarts since then.
pub fn find(home: &Path, recorded: &Snapshot, now: &Snapshot) -> Vec<Orphan> {
    if recorded.boot != now.boot {
        return Vec::new();
    }
    let (Some(before), Some(after)) = (section_of(recorded), section_of(now)) else {
        return Vec::new();
    };
    let known: BTreeSet<u32> = after.processes.iter().filter_map(|process| process.pid).collect();
    let keepers: BTreeSet<u32> = [before, after].into_iter().filter_map(daemon_of).collect();
    let is_left = |pid: u32, start: u64| {
        let kept = proc::stat(pid).is_some_and(|stat| keepers.contains(&stat.parent));
        !known.contains(&pid) && !kept && proc::runs(pid, start)
    };

    let from_snapshot = before.processes.iter().filter_map(|process| {
        let (pid, start) = process.pid.zip(process.pid_start)?;
        Some(Orphan { key: process.key.clone(), pid, start })
    });
    let from_files =
        pid_files(home).filter_map(|(pid, name)| from_pid_file(&before.processes, pid, &name));
    let mut orphans: Vec<Orphan> = Vec::new();
    for orphan in from_snapshot.chain(from_files) {
        let seen = orphans.iter().any(|other| other.pid == orphan.pid);
        if !seen && is_left(orphan.pid, orphan.start) {
            orphans.push(orphan);
        }
    }
    orphans
}

fn section_of(snapshot: &Snapshot) -> Option<&Section> {
    snapshot.sections.iter().find(|section| section.manager == ManagerKind::Pm2)
}

/// The pid of the section's daemon, if that still runs.
fn daemon_of(section: &Section) -> Option<u32> {
    let daemon = section.pm2.as_ref()?.daemon.as_ref()?;
    daemon.pid.filter(|_| daemon.runs())
}

fn from_pid_file(recorded: &[Process], pid: u32, name: &str) -> Option<Orphan> {
    let process = recorded.iter().find(|process| process.key.name == name)?;
    Some(Orphan { key: process.key.clone(), pid, start: proc::stat(pid)?.start })
}

/// The pids in PM2's pid files, with the app's name, where the process says itself that the file
/// is its own: PM2 hands every app the path of its pid file.
fn pid_files(home: &Path) -> impl Iterator<Item = (u32, String)> {
    fs::read_dir(home.join("pids")).into_iter().flatten().flatten().filter_map(|entry| {
        let path = entry.path();
        let pid = fs::read_to_string(&path).ok()?.trim().parse().ok()?;
        let own = proc::variable(pid, "pm_pid_path")?;
        (Path::new(&own) == path).then_some(())?;
        Some((pid, proc::variable(pid, "name")?))
    })
}
