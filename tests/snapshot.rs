//! Recording what runs, and comparing it.

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use support::{Pm2, app, kill, wait_for};
use tagout::host::Status;

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
fn a_daemon_that_is_killed_while_it_is_asked_is_one_that_does_not_run() {
    let pm2 = Pm2::new();
    fs::create_dir_all(pm2.home()).unwrap();
    let daemon = UnixListener::bind(pm2.socket()).unwrap();
    let dies = std::thread::spawn(move || drop(daemon.accept().unwrap()));
    let ran = pm2.tagout(&["snapshot", "take"]);
    dies.join().unwrap();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("no PM2 daemon runs here; one was killed"), "{}", ran.out);
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

#[test]
fn a_daemon_of_another_user_is_not_asked() {
    let pm2 = Pm2::new();
    fs::create_dir_all(pm2.home()).unwrap();
    let _theirs = UnixListener::bind(pm2.socket()).unwrap();
    let expected = if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(pm2.socket(), Some(65534), None).unwrap();
        "[FOLDER]/.pm2/rpc.sock belongs to another user (uid 65534)"
    } else {
        fs::set_permissions(pm2.socket(), fs::Permissions::from_mode(0o000)).unwrap();
        "[FOLDER]/.pm2/rpc.sock may not be opened by this user"
    };
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(expected), "{}", ran.err);
}

#[test]
fn a_snapshot_holds_everything_and_shows_no_secret() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", CONFIG);
    pm2.start(&[
        json!({"name": "shop-api", "script": "stay.js", "args": "--key hunter2",
               "instances": 2, "exec_mode": "cluster", "env": {"KEY": "hunter2"}}),
        json!({"name": "stock-api", "script": "stay.js", "namespace": "payments"}),
    ]);
    pm2.pm2(&["stop", "stock-api"]);
    let ran = pm2.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_snapshot!(ran.out, @"
    snapshot [ID]
      PM2 7.0.4 runs: 3 processes, 2 of them up
      kept in [FOLDER]/state/snapshots/[ID].json
    ");
    let shown = pm2.tagout(&["snapshot", "show"]);
    assert_snapshot!(shown.out, @"
    snapshot [ID]
      host [HOST], [TIME]
      PM2 7.0.4 runs: 3 processes, 2 of them up
      PM2 has no saved list: a reboot brings nothing back (`pm2 save`)

      shop-api            shop production  online   pid [PID]  0 restarts
      shop-api #1         shop production  online   pid [PID]  0 restarts
      payments/stock-api  neighbour        stopped  pid -  0 restarts
    ");

    let path = fs::read_dir(pm2.state().join("snapshots")).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read_to_string(&path).unwrap().contains("hunter2"), "not enough to restore");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let diff = pm2.tagout(&["snapshot", "diff", "--format", "json"]);
    for text in [&ran.out, &shown.out, &diff.out] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn harm_is_told_from_what_every_deploy_does() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", CONFIG);
    pm2.write("fragile.js", "setInterval(() => {}, 1000)");
    pm2.start(&[
        app("shop-api"),
        app("shop-worker"),
        app("stock-api"),
        json!({"name": "stock-news", "script": "fragile.js"}),
        app("shop-api-test"),
        json!({"name": "stranger", "script": "fragile.js", "max_restarts": 1000}),
    ]);
    pm2.snapshot();
    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "nothing has changed since [ID]\n"));

    pm2.pm2(&["restart", "shop-api"]);
    pm2.pm2(&["delete", "shop-worker", "stock-api"]);
    pm2.start(&[app("shop-worker"), app("newcomer")]);
    pm2.pm2(&["stop", "shop-api-test"]);
    fs::write(pm2.folder().join("fragile.js"), "process.exit(1)").unwrap();
    pm2.pm2(&["restart", "stock-news", "stranger"]);
    wait_for("PM2 to give up", || (pm2.one("stock-news").status == Status::Errored).then_some(()));

    let ran = pm2.tagout(&["snapshot", "diff", "--format", "human", "--format", "json=diff.json"]);
    assert_eq!(ran.code, 1);
    let text = regex::Regex::new(r"\d+ restarts").unwrap().replace(&ran.out, "[N] restarts");
    assert_snapshot!(text, @"
    since [ID]: 4 processes harmed

      HARM  shop-api-test  shop test        stopped        was online, is stopped
      HARM  stock-api      neighbour        missing        was online, is not there
      HARM  stock-news     neighbour        errored        was online, is errored
      HARM  stranger       in no inventory  crash-looping  [N] restarts since
            shop-api       shop production  restarted      once
            shop-worker    shop production  replaced
            newcomer       in no inventory  new            was not there, is online
    ");
    let report = fs::read_to_string(pm2.folder().join("diff.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["harm"], true);
    let missing = &report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["change"] == "missing")
        .unwrap();
    assert_eq!(missing["process"]["name"], "stock-api");
    assert_eq!(missing["owner"], json!({"kind": "neighbour"}));
    assert_eq!(missing["after"], Value::Null);
}

#[test]
fn a_daemon_that_is_gone_is_harm_to_all_it_ran() {
    let pm2 = Pm2::new();
    pm2.start(&[app("shop-api")]);
    pm2.snapshot();
    pm2.pm2(&["kill"]);
    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(ran.out, @"
    since [ID]: 1 process harmed

      HARM  shop-api  in no inventory  missing  was online, is not there
    ");
    assert_eq!(pm2.daemon_pid(), None, "a daemon was started");
}

#[test]
fn an_id_that_is_not_there_and_an_empty_store_are_explained() {
    let pm2 = Pm2::new();
    let ran = pm2.tagout(&["snapshot", "diff"]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × there is no snapshot in [FOLDER]/state/snapshots yet
    help: take one with `tagout snapshot take`
    ");
    pm2.snapshot();
    let ran = pm2.tagout(&["snapshot", "show", "1999"]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × there is no snapshot 1999 in [FOLDER]/state/snapshots
    help: `tagout snapshot list` shows those that are kept
    ");
}

#[test]
fn a_snapshot_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let pm2 = Pm2::new();
    let kept = pm2.snapshot();
    // As on a full disk, writing fails after the file was made.
    let mut command = pm2.command("bash");
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" snapshot take";
    let output = command.args(["-c", script, env!("CARGO_BIN_EXE_tagout")]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("cannot be written"), "{error}");
    let left: Vec<_> = fs::read_dir(pm2.state().join("snapshots"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, [format!("{kept}.json").as_str()]);
}
