//! What the guard costs: a snapshot of 50 PM2 processes, and everything that happens before the deploy
//! command starts. On a real PM2, in a home of its own.

#![cfg(unix)]

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::json;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::Pm2;
use tagout::config::Config;
use tagout::host::{self, Manager, snapshot};
use tagout::store::Store;

const PROCESSES: usize = 50;
const SNAPSHOTS: usize = 200;
const DEPLOYS: usize = 20;

fn main() {
    let pm2 = Pm2::new();
    pm2.write("stay.sh", "exec sleep 1000000");
    pm2.write("tagout.yml", "version: 1\nneighbours: {pm2: ['app-*']}\n");
    let app = |number| json!({"name": format!("app-{number}"), "script": "stay.sh", "interpreter": "bash"});
    pm2.start(&(0..PROCESSES).map(app).collect::<Vec<_>>());

    let manager = host::pm2::Pm2::at(&pm2.home(), &pm2.socket());
    let managers: Vec<Box<dyn Manager>> = vec![Box::new(manager)];
    let store = Store::at(pm2.folder().join("bench"));
    let config = Config::default();
    let mut taken = Vec::new();
    let mut kept = Vec::new();
    for _ in 0..SNAPSHOTS {
        let begun = Instant::now();
        let mut snapshot = snapshot::take(&managers, &config);
        taken.push(begun.elapsed());
        assert_eq!(snapshot.processes().count(), PROCESSES);
        store.save(&mut snapshot, &[]).expect("it is kept");
        kept.push(begun.elapsed());
    }
    say("a snapshot of 50 processes", taken);
    say("the same, on the disk", kept);
    say("before the deploy command starts", (0..DEPLOYS).map(|_| before_command(&pm2)).collect());
}

/// From the start of `tagout deploy` to the first moment of the command.
fn before_command(pm2: &Pm2) -> Duration {
    let mut command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    let begun = SystemTime::now();
    let output = command
        .args(["deploy", "--", "sh", "-c", "date +%s%N > started"])
        .env("TAGOUT_LOCK", pm2.folder().join("lock"))
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .expect("tagout runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let started = fs::read_to_string(pm2.folder().join("started")).expect("the command ran");
    let started = Duration::from_nanos(started.trim().parse().expect("a time"));
    started.saturating_sub(begun.duration_since(UNIX_EPOCH).expect("a time"))
}

fn say(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e3;
    println!(
        "{what:<34} median {:>6.1} ms, best {:>6.1} ms, 90 % under {:>6.1} ms",
        at(50),
        at(0),
        at(90)
    );
}
