//! What runs under systemd, with a real one of a user for each test.

mod support;

use insta::assert_snapshot;
use std::fs;
use support::{Systemd, wait_for};

const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      production: {units: [shop-api, shop-worker], priority: 1}
neighbours: {units: ['stock-*']}
";

/// A host with two units of an app and one of a neighbour, and its snapshot.
fn host() -> Option<Systemd> {
    let systemd = Systemd::start()?;
    fs::write(systemd.folder().join("tagout.yml"), CONFIG).unwrap();
    for name in ["shop-api", "shop-worker", "stock-alert"] {
        systemd.service(name);
    }
    Some(systemd)
}

fn snapshot(systemd: &Systemd) {
    let ran = systemd.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn units_that_were_stopped_are_started_and_those_that_were_not_running_stay_stopped() {
    let Some(systemd) = host() else { return };
    systemd.ctl(&["stop", "shop-worker"]);
    snapshot(&systemd);
    let pid = systemd.shown("shop-api", "MainPID");

    systemd.ctl(&["stop", "stock-alert"]);
    systemd.ctl(&["start", "shop-worker"]);
    let diff = systemd.tagout(&["snapshot", "diff"]);
    assert_eq!(diff.code, 1);
    assert_snapshot!(diff.out, @"
    since [ID]: 1 process harmed

      HARM  stock-alert.service (user)  neighbour        stopped  was active (running), is inactive (dead)
            shop-worker.service (user)  shop production  started  was inactive (dead), is active (running)
    ");
    let rolled_back = systemd.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 0, "{}", rolled_back.err);
    assert_snapshot!(rolled_back.out, @"
    back to [ID]:
      1.  shop-worker.service (user)  shop production  stop, as it was
      2.  stock-alert.service (user)  neighbour        start
    ok      shop-worker.service (user) is stopped again
    ok      stock-alert.service (user) runs again
    comparing the host with the snapshot
    done: 2 processes restored, and verified
    ");
    assert_eq!(systemd.shown("stock-alert", "ActiveState"), "active");
    assert_eq!(systemd.shown("shop-worker", "ActiveState"), "inactive");
    assert_eq!(systemd.shown("shop-api", "MainPID"), pid, "a bystander was restarted");
}

#[test]
fn a_neighbours_unit_that_was_rewritten_or_removed_comes_back_as_it_was() {
    let Some(systemd) = host() else { return };
    let written = fs::read_to_string(systemd.service("stock-feed")).unwrap();
    snapshot(&systemd);

    let alert = systemd.write("stock-alert.service", "[Service]\nExecStart=/bin/sleep 7\n");
    systemd.write("stock-alert.service.d/more.conf", "[Service]\nEnvironment=KEY=hunter2\n");
    systemd.ctl(&["restart", "stock-alert"]);
    systemd.ctl(&["disable", "--now", "stock-feed"]);
    let feed = systemd.folder().join(".config/systemd/user/stock-feed.service");
    fs::remove_file(&feed).unwrap();
    systemd.ctl(&["daemon-reload"]);
    systemd.ctl(&["disable", "shop-api"]);

    let diff = systemd.tagout(&["snapshot", "diff"]);
    assert_snapshot!(diff.out, @"
    since [ID]: 2 processes harmed

      HARM  stock-alert.service (user)  neighbour        reconfigured  other unit file
      HARM  stock-feed.service (user)   neighbour        missing       was active (running), is not there
            shop-api.service (user)     shop production  reconfigured  other start at boot
    ");
    let rolled_back = systemd.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 0, "{}{}", rolled_back.out, rolled_back.err);
    assert!(!(diff.out + &rolled_back.out).contains("hunter2"));
    assert_eq!(fs::read_to_string(&alert).unwrap(), written);
    assert_eq!(fs::read_to_string(&feed).unwrap(), written);
    for unit in ["stock-alert", "stock-feed", "shop-api"] {
        assert_eq!(systemd.shown(unit, "ActiveState"), "active", "{unit}");
        assert_eq!(systemd.shown(unit, "UnitFileState"), "enabled", "{unit}");
    }
    assert!(!systemd.shown("stock-alert", "Environment").contains("hunter2"));
}

#[test]
fn a_deploy_that_breaks_a_neighbours_unit_is_rolled_back() {
    let Some(systemd) = host() else { return };
    let deploy = systemd.tagout(&[
        "deploy",
        "--app",
        "shop/production",
        "--",
        "sh",
        "-c",
        "systemctl --user kill --signal KILL stock-alert; systemctl --user restart shop-api",
    ]);
    assert_eq!(deploy.code, 3, "{}{}", deploy.out, deploy.err);
    assert!(
        deploy.err.contains("stock-alert.service (user) (a neighbour): errored"),
        "{}",
        deploy.err
    );
    assert_eq!(systemd.shown("stock-alert", "ActiveState"), "active");
}

#[test]
fn a_unit_in_a_crash_loop_is_told_from_one_that_runs() {
    let Some(systemd) = host() else { return };
    let text = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=100ms\n\
         ExecStart=/bin/sh -c 'sleep 0.2; exec test -e broken'\n[Install]\nWantedBy=default.target\n\
         WorkingDirectory=%h\n";
    systemd.write("stock-loop.service", &text.replace("exec test -e broken", "sleep 1000"));
    systemd.ctl(&["enable", "--now", "stock-loop"]);
    snapshot(&systemd);
    systemd.write("stock-loop.service", text);
    systemd.ctl(&["restart", "stock-loop"]);
    let diff = systemd.tagout(&["snapshot", "diff"]);
    assert_eq!(diff.code, 1, "{}", diff.out);
    assert!(
        diff.out.contains("stock-loop.service (user)  neighbour  crash-looping"),
        "{}",
        diff.out
    );
}

#[test]
fn jobs_that_end_by_themselves_are_not_missed() {
    let Some(systemd) = host() else { return };
    systemd.write("backup.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 1.5\n");
    systemd.ctl(&["start", "--no-block", "backup"]);
    wait_for("the job to begin", || {
        (systemd.shown("backup", "ActiveState") == "activating").then_some(())
    });
    snapshot(&systemd);
    wait_for("the job to end", || {
        (systemd.shown("backup", "ActiveState") == "inactive").then_some(())
    });
    let diff = systemd.tagout(&["snapshot", "diff"]);
    assert_eq!(diff.code, 0, "{}", diff.out);
    let planned = systemd.tagout(&["rollback", "--dry-run"]);
    assert!(planned.out.contains("nothing to do"), "{}", planned.out);
}

#[test]
fn a_probe_watches_a_unit_of_this_user() {
    let Some(systemd) = host() else { return };
    let config = "
version: 1
probes:
  api: {process: {manager: systemd, name: user/shop-api}, expect: [status == \"online\", memory > 0]}
  gone: {process: {manager: systemd, name: user/shop-gone}, expect: status == \"online\"}
checklists: {post-deploy: [api, gone]}
";
    fs::write(systemd.folder().join("tagout.yml"), config).unwrap();
    let ran = systemd.tagout(&["check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("gone") && ran.out.contains("missing"), "{}", ran.out);
    assert!(!ran.out.contains("api  fail"), "{}", ran.out);
}
