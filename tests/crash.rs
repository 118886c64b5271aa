//! `kill -9` at every step of a deploy: of the one that runs it, of its watchdog, of both. Whatever
//! dies, everything runs again afterwards, the host is free, and a report tells of it.

#![cfg(unix)]

mod support;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use support::{Pm2, expect_all_run, guarded, shared_host, wait_for};

/// A deploy that harms a neighbour, and so reaches each step of a rollback.
const BAD: &str = "./unguarded -s delete stock-alert-api";
const GOOD: &str = "pm2 -s restart shop-api";

/// Each step that a journal has, with a deploy that reaches it.
const STEPS: [(&str, &str); 12] = [
    ("begun", BAD),
    ("snapshot", BAD),
    ("armed", BAD),
    ("doors", BAD),
    ("starting", BAD),
    ("running", BAD),
    ("ended", BAD),
    ("rolling-back", BAD),
    ("restored", BAD),
    ("rolled-back", BAD),
    ("stands", GOOD),
    ("closed", GOOD),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Supervisor,
    Watchdog,
    Both,
}

#[test]
fn a_deploy_killed_at_any_step_is_finished_by_its_watchdog() {
    kill_at_each_step(Victim::Supervisor);
}

#[test]
fn a_watchdog_killed_at_any_step_takes_nothing_with_it() {
    kill_at_each_step(Victim::Watchdog);
}

#[test]
fn a_deploy_killed_with_its_watchdog_is_finished_by_the_next_run() {
    kill_at_each_step(Victim::Both);
}

/// Each step on one of three hosts.
fn kill_at_each_step(victim: Victim) {
    let left = Mutex::new(STEPS.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let (pm2, _) = shared_host();
                while let Some((step, script)) = { left.lock().unwrap().pop() } {
                    kill_at(&pm2, victim, step, script);
                }
            });
        }
    });
}

fn kill_at(pm2: &Pm2, victim: Victim, step: &str, script: &str) {
    let case = format!("{victim:?} killed at {step}");
    let before = journals(pm2);
    let mut deploy = guarded(pm2, &["--", "sh", "-c", script])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = loop_until(&case, || journals(pm2).difference(&before).next().cloned());
    loop_until(&case, || steps(&journal).iter().any(|one| one["step"] == step).then_some(()));
    let has_watchdog = kill_the(victim, &mut deploy, &journal);
    if victim == Victim::Watchdog {
        let code = deploy.wait().unwrap().code();
        assert_eq!(code, Some(if script == GOOD { 0 } else { 3 }), "{case}");
    } else if victim == Victim::Supervisor && has_watchdog {
        // Nobody comes by: the watchdog does it alone.
        wait_for(&case, || closed(&journal).then_some(()));
        if before_the_rollback(step) {
            let report = report_of(pm2, &journal);
            assert!(report.contains("tagout was killed"), "{case}: {report}");
        }
    }
    let next = next_run(pm2);
    assert_eq!(next.status.code(), Some(0), "{case}: {}", String::from_utf8_lossy(&next.stderr));
    assert!(closed(&journal), "{case}");
    let told: Vec<Value> = steps(&journal);
    let count = |name: &str| told.iter().filter(|one| one["step"] == name).count();
    assert!(count("rolled-back") <= 1, "{case}: rolled back twice");
    assert_eq!(count("closed"), 1, "{case}");
    if count("starting") > 0 {
        assert!(!report_of(pm2, &journal).is_empty(), "{case}");
    }
    expect_all_run(pm2);
}

fn before_the_rollback(step: &str) -> bool {
    ["starting", "running", "ended", "rolling-back", "restored"].contains(&step)
}

/// Kills, and says whether the watchdog was armed by then.
fn kill_the(victim: Victim, deploy: &mut Child, journal: &PathBuf) -> bool {
    let armed = steps(journal).iter().find(|one| one["step"] == "armed").map(|one| {
        Pid::from_raw(one["watchdog"]["pid"].as_i64().unwrap().try_into().unwrap()).unwrap()
    });
    if victim != Victim::Supervisor
        && let Some(watchdog) = armed
    {
        // It may be gone by itself, when all is done.
        let _ = kill_process(watchdog, Signal::KILL);
    }
    if victim != Victim::Watchdog {
        deploy.kill().unwrap();
        deploy.wait().unwrap();
    }
    armed.is_some()
}

/// Whoever deploys next, waiting for the host.
fn next_run(pm2: &Pm2) -> Output {
    guarded(pm2, &["--wait", "60s", "--", "true"]).output().unwrap()
}

fn journals(pm2: &Pm2) -> BTreeSet<PathBuf> {
    let listed = fs::read_dir(pm2.state().join("journal")).into_iter().flatten().flatten();
    listed
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "jsonl"))
        .collect()
}

/// The lines that are whole.
fn steps(journal: &PathBuf) -> Vec<Value> {
    let text = fs::read_to_string(journal).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn closed(journal: &PathBuf) -> bool {
    steps(journal).iter().any(|one| one["step"] == "closed")
}

fn report_of(pm2: &Pm2, journal: &PathBuf) -> String {
    let told = steps(journal);
    let id = told.iter().find(|one| one["step"] == "snapshot").unwrap()["id"].as_str().unwrap();
    fs::read_to_string(pm2.state().join("reports").join(format!("{id}.md"))).unwrap_or_default()
}

/// Looks as often as can be, to kill as near to the step as can be.
fn loop_until<T>(case: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{case}: waited 60 s");
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// As GitHub's runner does it: SIGINT, SIGTERM, then SIGKILL to all that descends from the job and to
/// all that has its variable.
#[test]
fn a_cancelled_job_is_rolled_back_though_the_runner_kills_all_that_it_finds() {
    let (pm2, _) = shared_host();
    let script = "./unguarded -s delete stock-alert-api; trap '' INT TERM; touch harmed; sleep 60";
    let mut job = guarded(&pm2, &["--", "sh", "-c", script])
        .env("RUNNER_TRACKING_ID", "github_1234")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let tagout = Pid::from_child(&job);
    wait_for("the harm", || pm2.folder().join("harmed").exists().then_some(()));
    for signal in [Signal::INT, Signal::TERM] {
        kill_process(tagout, signal).unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    let found = tagout::host::proc::tree(job.id());
    let tracked = every_process().filter(|pid| {
        tagout::host::proc::variable(*pid, "RUNNER_TRACKING_ID").as_deref() == Some("github_1234")
    });
    for pid in found.into_iter().chain(tracked) {
        // Some are gone with others.
        let _ = kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL);
    }
    job.wait().unwrap();
    let journal = journals(&pm2).pop_first().unwrap();
    wait_for("the watchdog", || closed(&journal).then_some(()));
    expect_all_run(&pm2);
    let report = report_of(&pm2, &journal);
    assert!(report.starts_with("# Rolled back: the host is as it was"), "{report}");
}

fn every_process() -> impl Iterator<Item = u32> {
    let listed = fs::read_dir("/proc").into_iter().flatten().flatten();
    listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[test]
fn what_is_kept_of_a_deploy_is_its_users_alone_and_has_no_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let (pm2, _) = shared_host();
    let mut deploy = guarded(&pm2, &["--", "sh", "-c", BAD]).spawn().unwrap();
    deploy.wait().unwrap();
    let mut seen = 0;
    for folder in ["journal", "reports", "snapshots"] {
        let folder = pm2.state().join(folder);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            // A snapshot is what brings an environment back.
            let text = fs::read_to_string(&file).unwrap();
            assert!(folder.ends_with("snapshots") || !text.contains("s3cret"), "{text}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "a journal, its log, a report and a snapshot");
}
