//! Recording what runs, and comparing it.

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use support::{Pm2, app, kill, wait_for};

const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      production: {pm2: [shop-api, shop-worker], priority: 1}
      test: {pm2: ['*-test'], priority: 5}
neighbours: {pm2: ['stock-*']}
";

#[test]
fn without_a_daemon_a_snapshot_says_so_and_starts_none() {
    let pm2 = Pm2::new();
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_snapshot!(ran.out, @"
    snapshot [ID]
      no PM2 daemon runs here (there is no [FOLDER]/.pm2/rpc.sock)
      kept in [FOLDER]/state/snapshots/[ID].json
    ");
    assert_eq!(pm2.belonging(), [0; 0], "a daemon was started");
    assert!(!pm2.home().exists(), "PM2's home was made");
}

#[test]
fn a_killed_daemon_leaves_a_dead_socket_and_that_is_said() {
    let pm2 = Pm2::new();
    pm2.pm2(&["ping"]);
    kill(pm2.daemon_pid().unwrap());
    wait_for("the daemon's end", || pm2.belonging().is_empty().then_some(()));
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_snapshot!(ran.out, @"
    snapshot [ID]
      no PM2 daemon runs here; one was killed and left [FOLDER]/.pm2/rpc.sock behind; its processes may still run without it
      kept in [FOLDER]/state/snapshots/[ID].json
    ");
    assert_eq!(pm2.belonging(), [0; 0], "a daemon was started");
}

#[test]
fn a_daemon_that_hangs_is_not_waited_for_and_no_snapshot_is_kept() {
    let pm2 = Pm2::new();
    fs::create_dir_all(pm2.home()).unwrap();
    let _silent = UnixListener::bind(pm2.socket()).unwrap();
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(ran.err, @"
    no snapshot was taken: what runs on this host cannot be seen
      the PM2 daemon behind [FOLDER]/.pm2/rpc.sock has not answered for 5 s
      look at the daemon (`ps`, its pm2.log); is it stopped or out of memory?
    ");
    assert_eq!(pm2.tagout(&["snapshot", "list"]).out.lines().count(), 1);
}

#[test]
fn a_file_in_the_sockets_place_is_told_apart() {
    let pm2 = Pm2::new();
    fs::create_dir_all(pm2.home()).unwrap();
    fs::write(pm2.socket(), "").unwrap();
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(ran.err, @"
    no snapshot was taken: what runs on this host cannot be seen
      [FOLDER]/.pm2/rpc.sock is not a socket, so no PM2 can be asked
      move the file away, or set PM2_HOME
    ");
}
