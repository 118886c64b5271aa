//! Deploys under guard, on a real PM2 that others share.

#![cfg(unix)]

mod support;

use insta::assert_snapshot;
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use support::{
    Pm2, Ran, app, expect_all_run, guarded, pm2_command, running, shared_host, wait_for,
};
use tagout::host::Status;

/// Deploys production with a shell script.
fn deploy(pm2: &Pm2, script: &str) -> Ran {
    ran(pm2, guarded(pm2, &["--", "sh", "-c", script]).output().unwrap())
}

fn ran(pm2: &Pm2, output: Output) -> Ran {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        redacted(&text.replace(&pm2.folder().display().to_string(), "[FOLDER]"))
    };
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    for text in [&ran.out, &ran.err, &report(pm2)] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    ran
}

/// The report of the last deploy, with what differs between runs taken out.
fn report(pm2: &Pm2) -> String {
    redacted(&fs::read_to_string(pm2.folder().join("report.md")).unwrap_or_default())
}

fn redacted(text: &str) -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    [
        (r"\d{8}T\d{6}\.\d{3}Z", "[ID]"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[TIME]"),
        (r"pid \d+", "pid [PID]"),
        (r"\b(\d+m )?\d+(\.\d)?s\b|\b\d+ms\b", "[DURATION]"),
        (&regex::escape(&format!("`{host}`")), "`[HOST]`"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}

#[test]
fn a_good_deploy_stands_and_touches_no_neighbour() {
    let (pm2, _) = shared_host();
    let before = running(&pm2);
    let summary = pm2.write("summary.md", "# Job\n\n");
    let output = guarded(&pm2, &["--", "sh", "-c", "echo building; pm2 -s restart shop-api"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    let ran = ran(&pm2, output);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, "building\n", "the deploy's own output is its own");
    assert_snapshot!(ran.err, @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production: sh -c 'echo building; pm2 -s restart shop-api'
    tagout: the deploy command ended after [DURATION] (exit code 0)
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: report.md
    tagout: report: [FOLDER]/summary.md
    tagout: Deployed and verified
    ");
    assert_snapshot!(report(&pm2), @"
    # Deployed and verified

    | | |
    |---|---|
    | Severity | none: nothing was down |
    | Host | `[HOST]` |
    | Deployed | shop/production |
    | Command | `sh -c 'echo building; pm2 -s restart shop-api'` |
    | It ended | exit code 0, after [DURATION] |
    | Started (UTC) | [TIME] |
    | All took | [DURATION] |
    | Snapshot | `[ID]` |

    ## Checks

    After the deploy:

    | Check | Outcome | Severity | |
    |---|---|---|---|
    | `ready` | pass |  |  |
    | `neighbours` | pass |  |  |

    ## Timeline

    | Time (UTC) | |
    |---|---|
    | [TIME] | snapshot [ID] of 4 processes |
    | [TIME] | deploying shop/production: sh -c 'echo building; pm2 -s restart shop-api' |
    | [TIME] | the deploy command ended after [DURATION] (exit code 0) |
    | [TIME] | comparing the host with the snapshot |
    | [TIME] | checks: 2 of 2 passed |
    ");
    let after = running(&pm2);
    assert_ne!(before["shop-api"], after["shop-api"]);
    for name in ["shop-api-test", "shop-worker", "stock-alert-api"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    let summary = fs::read_to_string(summary).unwrap();
    assert_eq!(redacted(&summary), format!("# Job\n\n{}", report(&pm2)));
    let kept = fs::read_dir(pm2.state().join("reports")).unwrap().next().unwrap().unwrap();
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_deploy_that_deletes_everything_is_rolled_back_the_most_important_first() {
    let (pm2, _) = shared_host();
    let ran = deploy(&pm2, "./unguarded -s delete all");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_snapshot!(ran.err, @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production: sh -c './unguarded -s delete all'
    tagout: the deploy command ended after [DURATION] (exit code 0)
    tagout: comparing the host with the snapshot
    tagout: harmed: shop-api (shop/production): missing
    tagout: harmed: shop-worker (shop/production): missing
    tagout: harmed: stock-alert-api (a neighbour): missing
    tagout: harmed: shop-api-test (shop/test): missing
    tagout: rolling back: 4 processes are worse off than before
    tagout: restored shop-api in [DURATION]: put back
    tagout: restored shop-worker in [DURATION]: put back
    tagout: restored stock-alert-api in [DURATION]: put back
    tagout: restored shop-api-test in [DURATION]: put back
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: report.md
    tagout: Rolled back: the host is as it was
    ");
    let report = report(&pm2);
    // What the host has left differs from host to host.
    let (report, _) = report.split_once("\n## Evidence").unwrap();
    assert_snapshot!(report, @"
    # Rolled back: the host is as it was

    | | |
    |---|---|
    | Severity | P1: several production apps were down |
    | Host | `[HOST]` |
    | Deployed | shop/production |
    | Command | `sh -c './unguarded -s delete all'` |
    | It ended | exit code 0, after [DURATION] |
    | Started (UTC) | [TIME] |
    | All took | [DURATION] |
    | Snapshot | `[ID]` |

    ## Why it was rolled back

    - 4 processes are worse off than before

    ## What was harmed

    | Process | Whose | Before | After | Down |
    |---|---|---|---|---|
    | `shop-api` | shop/production | online, pid [PID] | missing | at most [DURATION] |
    | `shop-worker` | shop/production | online, pid [PID] | missing | at most [DURATION] |
    | `stock-alert-api` | a neighbour | online, pid [PID] | missing | at most [DURATION] |
    | `shop-api-test` | shop/test | online, pid [PID] | missing | at most [DURATION] |

    ## What was restored, in this order

    | | Process | What was done | Back at (UTC) | Time | Result |
    |---|---|---|---|---|---|
    | 1 | `shop-api` | put back | [TIME] | [DURATION] | verified |
    | 2 | `shop-worker` | put back | [TIME] | [DURATION] | verified |
    | 3 | `stock-alert-api` | put back | [TIME] | [DURATION] | verified |
    | 4 | `shop-api-test` | put back | [TIME] | [DURATION] | verified |

    ## Checks

    After the deploy: not run.

    After the rollback:

    | Check | Outcome | Severity | |
    |---|---|---|---|
    | `ready` | pass |  |  |
    | `neighbours` | pass |  |  |

    ## What is left to do

    - [ ] Files and databases are as the deploy left them: tagout restores processes only.

    ## Timeline

    | Time (UTC) | |
    |---|---|
    | [TIME] | snapshot [ID] of 4 processes |
    | [TIME] | deploying shop/production: sh -c './unguarded -s delete all' |
    | [TIME] | the deploy command ended after [DURATION] (exit code 0) |
    | [TIME] | comparing the host with the snapshot |
    | [TIME] | harmed: shop-api (shop/production): missing |
    | [TIME] | harmed: shop-worker (shop/production): missing |
    | [TIME] | harmed: stock-alert-api (a neighbour): missing |
    | [TIME] | harmed: shop-api-test (shop/test): missing |
    | [TIME] | rolling back: 4 processes are worse off than before |
    | [TIME] | restored shop-api in [DURATION]: put back |
    | [TIME] | restored shop-worker in [DURATION]: put back |
    | [TIME] | restored stock-alert-api in [DURATION]: put back |
    | [TIME] | restored shop-api-test in [DURATION]: put back |
    | [TIME] | comparing the host with the snapshot |
    | [TIME] | checks: 2 of 2 passed |
    ");
    expect_all_run(&pm2);
    let stock = pm2.one("stock-alert-api");
    assert_eq!(pm2.variable(&stock, "STOCK_KEY").as_deref(), Some("s3cret-stock"));
    assert_eq!(pm2.variable(&stock, "GITHUB_TOKEN"), None);
}

#[test]
fn neighbour_killed_by_the_deploy_is_restored_and_nobody_else_is_touched() {
    let (pm2, _) = shared_host();
    let mut before = running(&pm2);
    let ran = deploy(&pm2, "./unguarded -s stop stock-alert-api");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_snapshot!(ran.err, @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production: sh -c './unguarded -s stop stock-alert-api'
    tagout: the deploy command ended after [DURATION] (exit code 0)
    tagout: comparing the host with the snapshot
    tagout: harmed: stock-alert-api (a neighbour): stopped
    tagout: rolling back: a process is worse off than before
    tagout: restored stock-alert-api in [DURATION]: started
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: report.md
    tagout: Rolled back: the host is as it was
    ");
    expect_all_run(&pm2);
    let mut after = running(&pm2);
    assert_ne!(before.remove("stock-alert-api"), after.remove("stock-alert-api"));
    assert_eq!(before, after);
}

#[test]
fn an_app_that_does_not_pass_its_checks_is_put_back_as_it_was() {
    let (pm2, port) = shared_host();
    pm2.write("bad.js", "setInterval(() => {}, 1000)");
    let ran = deploy(&pm2, "pm2 -s delete shop-api && pm2 -s start bad.js --name shop-api");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_snapshot!(ran.err.replace(&port.to_string(), "[PORT]"), @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production: sh -c 'pm2 -s delete shop-api && pm2 -s start bad.js --name shop-api'
    tagout: the deploy command ended after [DURATION] (exit code 0)
    tagout: comparing the host with the snapshot
    tagout: checks: 1 of 2 passed; ready: no connection: Connection refused (os error 111)
    tagout: rolling back: these checks failed: ready
    tagout: restored shop-api in [DURATION]: put back with its old settings
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: report.md
    tagout: Rolled back: the host is as it was
    ");
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    expect_all_run(&pm2);
}

#[test]
fn a_deploy_that_loses_a_process_of_its_own_does_not_stand() {
    let (pm2, _) = shared_host();
    let ran = deploy(&pm2, "pm2 -s delete shop-worker");
    assert_eq!(ran.code, 3, "{}", ran.err);
    expect_all_run(&pm2);
}

#[test]
fn a_command_that_fails_is_a_deploy_that_failed_though_nobody_was_harmed() {
    let (pm2, _) = shared_host();
    let before = running(&pm2);
    let ran = deploy(&pm2, "exit 9");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_snapshot!(ran.err, @"
    tagout: snapshot [ID] of 4 processes
    tagout: deploying shop/production: sh -c 'exit 9'
    tagout: the deploy command ended after [DURATION] (exit code 9)
    tagout: comparing the host with the snapshot
    tagout: rolling back: the deploy command failed (exit code 9)
    tagout: nothing has to be restored
    tagout: comparing the host with the snapshot
    tagout: checks: 2 of 2 passed
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: report: report.md
    tagout: Rolled back: the host is as it was
    ");
    assert_eq!(before, running(&pm2));
}

#[test]
fn sigterm_and_sigint_end_the_command_and_roll_back() {
    let (pm2, _) = shared_host();
    for signal in [Signal::TERM, Signal::INT] {
        let _ = fs::remove_file(pm2.folder().join("pid"));
        let script =
            "./unguarded -s delete stock-alert-api; echo $$ > pid; sleep 600; echo survived";
        let child = guarded(&pm2, &["--", "sh", "-c", script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let command = wait_for("the command to do its harm", || {
            let text = fs::read_to_string(pm2.folder().join("pid")).ok()?;
            Pid::from_raw(text.strip_suffix('\n')?.parse().unwrap())
        });
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = ran(&pm2, child.wait_with_output().unwrap());
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert!(ran.err.contains("the deploy was interrupted by SIG"), "{}", ran.err);
        assert_eq!(ran.out, "");
        assert!(test_kill_process(command).is_err(), "the command still runs");
        expect_all_run(&pm2);
    }
}

#[test]
fn a_process_that_cannot_be_brought_back_needs_a_person() {
    let (pm2, _) = shared_host();
    let ran = deploy(&pm2, "./unguarded -s delete stock-alert-api shop-api-test; rm stock.js");
    assert_eq!(ran.code, 4, "{}", ran.err);
    let report = report(&pm2);
    assert!(report.starts_with("# The rollback is incomplete: a person is needed\n"), "{report}");
    assert!(report.contains("- [ ] Bring back stock-alert-api (a neighbour)"), "{report}");
    assert!(
        report.contains("`shop-api-test` | put back | [TIME] | [DURATION] | verified"),
        "{report}"
    );
    assert!(running(&pm2).contains_key("shop-api-test"), "one that fails does not stop the next");
}

#[test]
fn a_crash_loop_that_the_deploy_began_is_harm_although_pm2_says_online() {
    let (pm2, _) = shared_host();
    let script = "echo 'setTimeout(() => process.exit(1), 200)' > stock.js; ./unguarded -s restart stock-alert-api";
    let ran = deploy(&pm2, script);
    // The old code is gone, so that no restart helps.
    assert_eq!(ran.code, 4, "{}", ran.err);
    let harmed =
        Regex::new(r"harmed: stock-alert-api \(a neighbour\): (crash-looping|errored)").unwrap();
    assert!(harmed.is_match(&ran.err), "{}", ran.err);
}

#[test]
fn without_a_configuration_everybody_is_a_neighbour() {
    let pm2 = Pm2::new();
    pm2.start(&[app("somebodys")]);
    let arguments = ["deploy", "--", pm2_command().to_str().unwrap(), "-s", "delete", "somebodys"];
    let mut command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    let lock = pm2.folder().join("host.lock");
    let output = command.args(arguments).env("TAGOUT_LOCK", lock).output().unwrap();
    let ran = ran(&pm2, output);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_snapshot!(ran.err.replace(pm2_command().to_str().unwrap(), "pm2"), @"
    tagout: there is no tagout.yml here or above: every process counts as a neighbour
    tagout: snapshot [ID] of 1 processes
    tagout: deploying an app that is in no inventory: pm2 -s delete somebodys
    tagout: the deploy command ended after [DURATION] (exit code 0)
    tagout: comparing the host with the snapshot
    tagout: harmed: somebodys (in no list): missing
    tagout: rolling back: a process is worse off than before
    tagout: restored somebodys in [DURATION]: put back
    tagout: comparing the host with the snapshot
    tagout: there is no checklist `post-deploy`: nothing was checked but the processes
    tagout: report: [FOLDER]/state/reports/[ID].md
    tagout: Rolled back: the host is as it was
    ");
    assert_eq!(pm2.one("somebodys").status, Status::Online);
}

#[test]
fn a_command_that_does_not_want_to_end_is_killed_at_the_second_signal() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", "version: 1\ninventory: {shop: {environments: {production: {}}}}");
    let script = "trap '' INT TERM; touch ready; while :; do sleep 0.05; done";
    let child = guarded(&pm2, &["--", "sh", "-c", script]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the command to start", || pm2.folder().join("ready").exists().then_some(()));
    // Of different kinds, or the two could arrive as one.
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ran = ran(&pm2, child.wait_with_output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains(" again: killing the deploy command"), "{}", ran.err);
    assert!(!ran.err.contains("did not end within"), "{}", ran.err);
}

#[test]
fn nothing_is_run_when_it_could_not_be_undone() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", "version: 1\ninventory: {shop: {environments: {production: {}}}}");
    fs::create_dir_all(pm2.home()).unwrap();
    fs::write(pm2.socket(), "").unwrap();
    let ran = deploy(&pm2, "touch ran");
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × what runs on this host cannot be recorded: [FOLDER]/.pm2/rpc.sock is
    │ not a socket, so no PM2 can be asked
    help: a deploy that cannot be undone is not begun; move the file away, or
          set PM2_HOME
    ");
    assert!(!pm2.folder().join("ran").exists());
}

#[test]
fn what_cannot_be_run_is_said_and_changes_nothing() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", "version: 1\ninventory: {shop: {environments: {production: {}}}}");
    let missing = ran(&pm2, guarded(&pm2, &["--", "./no-such-script"]).output().unwrap());
    assert_eq!(missing.code, 2);
    assert_snapshot!(missing.err, @"
    tagout: snapshot [ID] of 0 processes
    tagout: deploying shop/production: ./no-such-script
      × the deploy command `./no-such-script` cannot be started: No such file or
      │ directory (os error 2)
      help: nothing was run and nothing was changed
    ");
    let other = ran(&pm2, guarded(&pm2, &["--app", "shp", "--", "true"]).output().unwrap());
    assert_eq!(other.code, 2, "--app twice is bad usage");
}

#[test]
fn an_app_that_is_not_in_the_inventory_is_said() {
    let pm2 = Pm2::new();
    pm2.write(
        "tagout.yml",
        "version: 1\ninventory: {web: {environments: {production: {}, test: {}}}}",
    );
    let ran = deploy(&pm2, "touch ran");
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × shop/production is not in the inventory
    help: it has web/production, web/test
    ");
    assert!(!pm2.folder().join("ran").exists());
}
