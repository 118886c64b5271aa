//! Every way in which apps are taken down, on every release of PM2 that hosts have: what tagout
//! restores is what was there.

#![cfg(unix)]

mod host;
#[path = "../support/mod.rs"]
mod support;

use host::{Look, differences, host, look};
use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use support::{Pm2, kill, wait_for};
use tagout::host::{Process, Status};

/// A way to take apps down.
type Way = (&'static str, fn(&Pm2));

const WAYS: &[Way] = &[
    ("pm2 delete all", |pm2| drop(pm2.pm2(&["delete", "all"]))),
    ("pm2 delete default", |pm2| drop(pm2.pm2(&["delete", "default"]))),
    ("pm2 stop all", |pm2| drop(pm2.pm2(&["stop", "all"]))),
    ("pm2 restart all", |pm2| drop(pm2.pm2(&["restart", "all"]))),
    ("pm2 restart all --update-env", |pm2| {
        job(pm2, "A=other STOCK_KEY=taken pm2 -s restart all --update-env")
    }),
    ("pm2 scale", |pm2| job(pm2, "pm2 -s scale shop-api 1; pm2 -s scale sh-loop 0")),
    ("delete and start with another environment", |pm2| {
        job(
            pm2,
            "pm2 -s delete stock-alert-api billing && A=b pm2 -s start stay.js --name stock-alert-api && pm2 -s start work.sh --name billing --namespace elsewhere",
        )
    }),
    ("pm2 update", |pm2| drop(pm2.pm2(&["update"]))),
    ("kill -9 of apps", |pm2| {
        for name in ["shop-worker", "sh-loop", "billing", "py-metrics"] {
            kill(pm2.one(name).pid.unwrap());
        }
    }),
    ("pm2 kill", |pm2| drop(pm2.pm2(&["kill"]))),
    ("SIGTERM to the daemon", |pm2| {
        job(pm2, "kill -TERM $(cat .pm2/pm2.pid)");
        wait_for("the daemon's end", || pm2.daemon_pid().is_none().then_some(()));
    }),
    ("kill -9 of the daemon", |pm2| {
        kill(pm2.daemon_pid().unwrap());
        wait_for("the daemon's end", || pm2.daemon_pid().is_none().then_some(()));
    }),
    ("delete all, and save", |pm2| job(pm2, "pm2 -s delete all && pm2 -s save --force")),
    ("kill -9 of the daemon, and a new one", |pm2| {
        kill(pm2.daemon_pid().unwrap());
        wait_for("the daemon's end", || pm2.daemon_pid().is_none().then_some(()));
        pm2.pm2(&["list"]);
    }),
];

/// Runs a line of a deploy's job.
fn job(pm2: &Pm2, line: &str) {
    let path =
        format!("{}:{}", pm2.cli().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = pm2.command("sh");
    command.args(["-c", line]).env("PATH", path).env("GITHUB_TOKEN", "ghs_of_the_job");
    assert!(command.stdout(Stdio::null()).status().unwrap().success(), "{line}");
}

fn try_all(release: u32) {
    let pm2 = host(release);
    let before = settled(&pm2);
    pm2.pm2(&["save"]);
    let saved_before = saved(&pm2);
    pm2.snapshot();
    for (way, take_down) in WAYS {
        take_down(&pm2);
        let ran = pm2.tagout_with(&["rollback"], &[("GITHUB_TOKEN", "ghs_of_the_job")]);
        assert_eq!(ran.code, 0, "after {way}: {}{}", ran.out, ran.err);
        let wrong = differences(&before, &settled(&pm2));
        assert_eq!(wrong, [""; 0], "after {way}: {}{}", ran.out, ran.err);
        assert_eq!(saved(&pm2), saved_before, "what a reboot brings back, after {way}");
    }
}

/// The host once the app that fails at once has been given up, the one that ends has ended, and the
/// one in a crash loop has been there and back.
fn settled(pm2: &Pm2) -> BTreeMap<String, Look> {
    wait_for("the host to be at rest", || {
        let is = |name: &str, reached: fn(&Process) -> bool| pm2.named(name).iter().all(reached);
        let down = |one: &Process| matches!(one.status, Status::Errored | Status::Stopped);
        (is("crashy", down) && is("oneshot", down) && is("falling", |one| one.restarts > 0))
            .then_some(())
    });
    look(pm2)
}

/// The names in the list that PM2 brings back after a reboot.
fn saved(pm2: &Pm2) -> Vec<String> {
    let text = fs::read(pm2.home().join("dump.pm2")).unwrap();
    let saved: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let mut names: Vec<String> =
        saved.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn on_pm2_7_all_comes_back_as_it_was() {
    try_all(7);
}

#[test]
fn on_pm2_6_all_comes_back_as_it_was() {
    try_all(6);
}

#[test]
fn on_pm2_5_all_comes_back_as_it_was() {
    try_all(5);
}
