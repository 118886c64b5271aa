//! Bringing back what a deploy took down, on a real PM2.

mod support;

use insta::assert_snapshot;
use serde_json::json;
use std::fs;
use support::{INVENTORY, Pm2, Ran, app, free_port, kill, wait_for};
use tagout::host::{Process, Status};

/// A host that is shared: an app in cluster mode with a secret, its worker, its test twin, two
/// neighbours, one of them in a namespace, and something that was stopped long ago.
fn shared_host() -> Pm2 {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", INVENTORY);
    pm2.start(&[
        app("shop-api-test"),
        json!({"name": "stock-alert-api", "script": "stay.js", "args": "--every 'two words'",
               "env": {"STOCK_KEY": "s3cret-stock"}}),
        json!({"name": "legacy", "script": "stay.js"}),
        app("shop-worker"),
        json!({"name": "billing", "script": "stay.js", "namespace": "payments"}),
        json!({"name": "shop-api", "script": "stay.js", "instances": 2, "exec_mode": "cluster",
               "env": {"SHOP_KEY": "s3cret-shop"}}),
    ]);
    pm2.pm2(&["stop", "legacy"]);
    pm2
}

/// Rolls back as a job does that has variables of its own.
fn roll_back(pm2: &Pm2) -> Ran {
    let ran = pm2.tagout_with(&["rollback"], &[("GITHUB_TOKEN", "ghs_of_the_job")]);
    assert!(!ran.out.contains("s3cret") && !ran.err.contains("s3cret"), "{ran:?}");
    ran
}

/// Expects that the host is as it was, but for pids and counters.
fn expect_no_difference(pm2: &Pm2) {
    let ran = pm2.tagout(&["snapshot", "diff", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let changes = report["changes"].as_array().unwrap();
    let real = |change: &&serde_json::Value| {
        !matches!(change["change"].as_str(), Some("replaced" | "restarted"))
    };
    assert_eq!(changes.iter().filter(real).collect::<Vec<_>>(), [&json!(null); 0], "{}", ran.out);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

fn lives(process: &Process) -> (Option<u32>, u64) {
    (process.pid, process.restarts)
}

#[test]
fn after_delete_all_everything_comes_back_as_it_was_in_order() {
    let pm2 = shared_host();
    pm2.snapshot();
    pm2.pm2(&["delete", "all"]);

    let ran = pm2.tagout(&["rollback", "--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      1.  shop-api          shop production  start again as recorded
      2.  shop-api #1       shop production  start again as recorded
      3.  shop-worker       shop production  start again as recorded
      4.  stock-alert-api   neighbour        start again as recorded
      5.  payments/billing  neighbour        start again as recorded
      6.  shop-api-test     shop test        start again as recorded
      7.  legacy            in no inventory  put back into the list, not started
    ");
    assert_eq!(pm2.processes().len(), 0, "a dry run changed something");

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      1.  shop-api          shop production  start again as recorded
      2.  shop-api #1       shop production  start again as recorded
      3.  shop-worker       shop production  start again as recorded
      4.  stock-alert-api   neighbour        start again as recorded
      5.  payments/billing  neighbour        start again as recorded
      6.  shop-api-test     shop test        start again as recorded
      7.  legacy            in no inventory  put back into the list, not started
    ok      shop-api runs again
    ok      shop-api #1 runs again
    ok      shop-worker runs again
    ok      stock-alert-api runs again
    ok      payments/billing runs again
    ok      shop-api-test runs again
    ok      legacy is back in the list, not started
    comparing the host with the snapshot
    done: 7 processes restored, and verified
    ");

    let instances: Vec<_> = pm2.named("shop-api").iter().map(|one| one.key.instance).collect();
    assert_eq!(instances, [Some(0), Some(1)]);
    let stock = pm2.one("stock-alert-api");
    assert_eq!(pm2.variable(&stock, "STOCK_KEY").as_deref(), Some("s3cret-stock"));
    assert_eq!(pm2.variable(&stock, "GITHUB_TOKEN"), None, "the job's token leaked");
    assert_eq!(pm2.one("legacy").status, Status::Stopped);
    assert_eq!(pm2.one("billing").key.namespace, "payments");
    expect_no_difference(&pm2);

    let again = roll_back(&pm2);
    assert_eq!(again.code, 0);
    assert_snapshot!(again.out, @"this host has all that [ID] has: nothing to do");
}

#[test]
fn a_lost_cluster_instance_comes_back_with_its_own_index() {
    let pm2 = shared_host();
    pm2.snapshot();
    let lost = pm2.named("shop-api").remove(0);
    pm2.pm2(&["delete", &lost.id.to_string()]);
    let before: Vec<_> = pm2.processes().iter().map(lives).collect();

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      1.  shop-api  shop production  start again as recorded
    ok      shop-api runs again
    comparing the host with the snapshot
    done: 1 process restored, and verified
    ");

    let twins = pm2.named("shop-api");
    assert_eq!(twins.iter().map(|one| one.key.instance).collect::<Vec<_>>(), [Some(0), Some(1)]);
    let after: Vec<_> = pm2.processes().iter().map(lives).collect();
    assert!(before.iter().all(|one| after.contains(one)), "a bystander was touched");
    expect_no_difference(&pm2);
}

#[test]
fn a_killed_worker_that_pm2_brings_back_needs_no_rollback() {
    let pm2 = shared_host();
    pm2.snapshot();
    let twin = pm2.named("shop-api").remove(1);
    for process in [pm2.one("shop-worker"), twin] {
        kill(process.pid.unwrap());
    }
    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0);
    assert_snapshot!(ran.out, @"this host has all that [ID] has: nothing to do");
    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_snapshot!(ran.out, @"
    since [ID]: no harm done

        shop-api #1  shop production  restarted  once
        shop-worker  shop production  restarted  once
    ");
    assert_eq!(ran.code, 0);
}

#[test]
fn stopped_ones_start_and_what_was_stopped_on_purpose_is_stopped_again() {
    let pm2 = shared_host();
    pm2.snapshot();
    pm2.pm2(&["restart", "legacy"]);
    pm2.pm2(&["stop", "stock-alert-api", "shop-api"]);

    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(ran.out, @"
    since [ID]: 4 processes harmed

      HARM  shop-api         shop production  stopped  was online, is stopped
      HARM  shop-api #1      shop production  stopped  was online, is stopped
      HARM  stock-alert-api  neighbour        stopped  was online, is stopped
      HARM  legacy           in no inventory  started  was stopped, is online
    ");

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      1.  shop-api         shop production  start
      2.  shop-api #1      shop production  start
      3.  stock-alert-api  neighbour        start
      4.  legacy           in no inventory  stop, as it was
    ok      shop-api runs again
    ok      shop-api #1 runs again
    ok      stock-alert-api runs again
    ok      legacy is stopped again
    comparing the host with the snapshot
    done: 4 processes restored, and verified
    ");
    assert_eq!(pm2.one("legacy").status, Status::Stopped);
    expect_no_difference(&pm2);
}

#[test]
fn a_neighbour_that_was_taken_over_gets_its_own_settings_back() {
    let pm2 = shared_host();
    pm2.snapshot();
    pm2.write("other.js", "setInterval(() => {}, 1000)");
    pm2.pm2(&["delete", "stock-alert-api", "billing"]);
    pm2.start(&[
        json!({"name": "stock-alert-api", "script": "other.js"}),
        json!({"name": "billing", "script": "stay.js", "namespace": "elsewhere"}),
    ]);
    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(ran.out, @"
    since [ID]: 2 processes harmed

      HARM  stock-alert-api   neighbour  reconfigured  other arguments, script, 1 variable
      HARM  payments/billing  neighbour  reconfigured  other namespace
    ");

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(pm2.one("billing").key.namespace, "payments");
    assert!(pm2.one("stock-alert-api").script.unwrap().ends_with("stay.js"));
    expect_no_difference(&pm2);
}

#[test]
fn after_pm2_kill_a_daemon_is_started_that_knows_nothing_of_the_job() {
    let pm2 = shared_host();
    pm2.snapshot();
    pm2.pm2(&["kill"]);
    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      PM2 is started, with the environment that it had
      1.  shop-api          shop production  start again as recorded
      2.  shop-api #1       shop production  start again as recorded
      3.  shop-worker       shop production  start again as recorded
      4.  stock-alert-api   neighbour        start again as recorded
      5.  payments/billing  neighbour        start again as recorded
      6.  shop-api-test     shop test        start again as recorded
      7.  legacy            in no inventory  put back into the list, not started
    starting PM2
    ok      shop-api runs again
    ok      shop-api #1 runs again
    ok      shop-worker runs again
    ok      stock-alert-api runs again
    ok      payments/billing runs again
    ok      shop-api-test runs again
    ok      legacy is back in the list, not started
    comparing the host with the snapshot
    done: 7 processes restored, and verified
    ");
    let daemon = pm2.daemon_pid().unwrap();
    assert_eq!(tagout::host::proc::variable(daemon, "GITHUB_TOKEN"), None);
    expect_no_difference(&pm2);
}

#[test]
fn what_a_killed_daemon_left_behind_makes_room_for_its_successor() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", INVENTORY);
    let port = free_port();
    pm2.write(
        "serve.js",
        &format!("require('http').createServer(() => {{}}).listen({port}, '127.0.0.1')"),
    );
    // Node apps notice that PM2 is gone; those behind a shell do not.
    pm2.write("serve.sh", "exec node serve.js");
    pm2.write("work.sh", "while sleep 1; do :; done");
    pm2.start(&[
        json!({"name": "stock-alert-api", "script": "serve.sh", "interpreter": "bash"}),
        json!({"name": "shop-worker", "script": "work.sh", "interpreter": "bash"}),
    ]);
    pm2.snapshot();
    // The second life of this one is not in the snapshot.
    pm2.pm2(&["restart", "shop-worker"]);
    let left: Vec<u32> = pm2.processes().iter().filter_map(|one| one.pid).collect();
    kill(pm2.daemon_pid().unwrap());
    wait_for("the daemon's end", || pm2.daemon_pid().is_none().then_some(()));

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      stock-alert-api (pid [PID]) was left behind by a PM2 that was killed, and is ended first
      shop-worker (pid [PID]) was left behind by a PM2 that was killed, and is ended first
      PM2 is started, with the environment that it had
      1.  shop-worker      shop production  start again as recorded
      2.  stock-alert-api  neighbour        start again as recorded
    ending stock-alert-api (pid [PID]), which was left behind
    ending shop-worker (pid [PID]), which was left behind
    starting PM2
    ok      shop-worker runs again
    ok      stock-alert-api runs again
    comparing the host with the snapshot
    done: 2 processes restored, and verified
    ");
    assert!(left.iter().all(|pid| !pm2.belonging().contains(pid)), "an orphan was left");
    expect_no_difference(&pm2);
}

#[test]
fn one_that_cannot_come_back_does_not_keep_the_others_from_it() {
    let pm2 = shared_host();
    pm2.write("work.sh", "while sleep 1; do :; done");
    pm2.pm2(&["delete", "shop-worker"]);
    pm2.start(&[json!({"name": "shop-worker", "script": "work.sh", "interpreter": "bash"})]);
    pm2.snapshot();
    pm2.pm2(&["delete", "shop-worker", "billing"]);
    pm2.write("work.sh", "exit 1");

    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert_snapshot!(ran.out, @"
    back to [ID]:
      1.  shop-worker       shop production  start again as recorded
      2.  payments/billing  neighbour        start again as recorded
    FAILED  shop-worker: it was started and is errored
    ok      payments/billing runs again
    comparing the host with the snapshot
    INCOMPLETE, a person is needed: 1 of 2 processes failed
    since [ID]: 1 process harmed

      HARM  shop-worker       shop production  errored   was online, is errored
            payments/billing  neighbour        replaced
    ");
    assert_eq!(pm2.one("billing").status, Status::Online);
}

#[test]
fn a_snapshot_that_was_cut_off_is_not_rolled_back_to() {
    let pm2 = Pm2::new();
    let id = pm2.snapshot();
    let path = pm2.state().join(format!("snapshots/{id}.json"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × [FOLDER]/state/snapshots/[ID].json is not a whole
    │ snapshot: EOF while parsing a string at line 1 column 193
    help: it was cut off or changed; `tagout snapshot list` shows the others,
          and this one can be deleted
    ");
}

#[test]
fn while_somebody_else_works_on_the_host_nothing_is_rolled_back() {
    let pm2 = Pm2::new();
    pm2.snapshot();
    let lock = fs::File::create(pm2.folder().join("lock")).unwrap();
    lock.lock().unwrap();
    let ran = roll_back(&pm2);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_snapshot!(ran.err, @"the host is locked by a process that left no record; nothing was rolled back");
    assert_eq!(pm2.tagout(&["rollback", "--dry-run"]).code, 0, "a look was kept out");
}
