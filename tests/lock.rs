//! One deploy at a time on a host, whatever becomes of the one that holds the lock.

#![cfg(unix)]

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A host of its own: a lock file, and no PM2 daemon.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.path().join("host.lock")
    }

    fn tagout(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagout"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("TAGOUT_LOCK", self.lock_file())
            .env("PM2_HOME", self.folder.path().join("pm2"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("USER", "alice")
            .env_remove("GITHUB_RUN_ID")
            .env_remove("GITHUB_STEP_SUMMARY")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.tagout(arguments).output().unwrap()
    }

    /// A deploy that goes on until it is ended, and has the lock when this returns.
    fn long_deploy(&self) -> Deploy {
        let deploy = self
            .tagout(&["deploy", "--", "sh", "-c", "echo $$ > pid; exec sleep 600"])
            .stderr(Stdio::null())
            .spawn()
            .map(Deploy)
            .unwrap();
        eventually("its command runs", || self.command_pid().is_some());
        deploy
    }

    /// The process that the long deploy runs.
    fn command_pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.folder.path().join("pid")).ok()?;
        Pid::from_raw(text.strip_suffix('\n')?.parse().unwrap())
    }

    /// What `tagout lock status` prints, with what differs between runs taken out.
    fn status(&self) -> (String, Option<i32>) {
        let output = self.run(&["lock", "status"]);
        let folder = self.folder.path().to_string_lossy().into_owned();
        let text = String::from_utf8(output.stdout).unwrap().replace(&folder, "[folder]");
        (redacted(&text), output.status.code())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A killed tagout leaves its command behind.
        if let Some(pid) = self.command_pid() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Ended when the test ends.
struct Deploy(Child);

impl Deploy {
    fn kill_9(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Deploy {
    fn drop(&mut self) {
        if self.0.try_wait().unwrap().is_none() {
            kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
            self.0.wait().unwrap();
        }
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Numbers, times and the host's name as placeholders.
fn redacted(text: &str) -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let text = text.replace(&format!(" on {host}"), " on [host]");
    [
        // Where a line breaks depends on how long the pid and the host's name are.
        (r"-\n *│ ", "-"),
        (r"\n *│ ", " "),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]"),
        (r"pid \d+", "pid [pid]"),
        (r"\d+ ticks", "[ticks] ticks"),
        (r"\b[0-9a-f-]{36}\b", "[boot]"),
        (r"\d{8}T\d{6}\.\d{3}Z", "[id]"),
        (r"\b\d+(\.\d)?s\b|\b\d+ms\b", "[duration]"),
    ]
    .iter()
    .fold(text, |text, (pattern, name)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}

#[test]
fn status_of_a_host_where_nobody_deploys() {
    let host = Host::new();
    let (text, code) = host.status();
    insta::assert_snapshot!(text, @r"
    free
      file      [folder]/host.lock
    ");
    assert_eq!(code, Some(0));
    assert!(!host.lock_file().exists(), "looking makes no file");
}

#[test]
fn status_says_who_deploys_and_how_it_knows() {
    let host = Host::new();
    let _deploy = host.long_deploy();
    let (text, code) = host.status();
    insta::assert_snapshot!(text, @r"
    held
      holder    pid [pid] of alice on [host]: alive
      since     [time]
      command   sh -c 'echo $$ > pid; exec sleep 600'
      started   [ticks] ticks after boot
      boot      [boot], this one
      evidence  pid [pid] runs, and started when the record says
      file      [folder]/host.lock
    ");
    assert_eq!(code, Some(5));
}

#[test]
fn a_second_deploy_is_turned_away_with_the_name_of_the_first() {
    let host = Host::new();
    let _deploy = host.long_deploy();
    let second = host.run(&["deploy", "--", "touch", "ran"]);
    assert_eq!(second.status.code(), Some(5));
    insta::assert_snapshot!(redacted(&String::from_utf8(second.stderr).unwrap()), @r"
    tagout: the host is locked by pid [pid] (alice on [host]) since [time]: sh -c 'echo $$ > pid; exec sleep 600'
    tagout: nothing was run; `--wait 10m` waits for its turn
    ");
    assert!(!host.folder.path().join("ran").exists());
}

#[test]
fn a_deploy_that_waits_says_for_whom_and_runs_when_it_is_its_turn() {
    let host = Host::new();
    let first = host.long_deploy();
    let said = host.folder.path().join("said");
    let mut second = host
        .tagout(&["deploy", "--wait", "60s", "--", "touch", "ran"])
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    eventually("it says for whom it waits", || {
        fs::read_to_string(&said).unwrap().contains("waiting up to 1m 0s for pid")
    });
    assert!(!host.folder.path().join("ran").exists());
    drop(first);
    assert_eq!(second.wait().unwrap().code(), Some(0));
    assert!(host.folder.path().join("ran").exists());
}

#[test]
fn kill_9_of_the_holder_leaves_the_host_to_its_watchdog_which_frees_it() {
    let host = Host::new();
    host.long_deploy().kill_9();
    let mut status = host.status();
    // The watchdog has the lock from the first moment on, and signs a moment later.
    eventually("the watchdog signs", || {
        status = host.status();
        status.0.contains("finishing, after it was killed")
    });
    insta::assert_snapshot!(status.0, @r"
    held
      holder    pid [pid] of alice on [host]: alive
      since     [time]
      command   finishing, after it was killed: sh -c 'echo $$ > pid; exec sleep 600'
      started   [ticks] ticks after boot
      boot      [boot], this one
      evidence  pid [pid] runs, and started when the record says
      file      [folder]/host.lock
    ");
    assert_eq!(status.1, Some(5));
    let next = host.run(&["deploy", "--wait", "60s", "--", "true"]);
    assert_eq!(next.status.code(), Some(0), "{}", String::from_utf8_lossy(&next.stderr));
    assert_eq!(fs::read_to_string(host.lock_file()).unwrap(), "", "released");
}

#[test]
fn the_command_that_outlives_a_killed_tagout_is_ended_before_the_host_is_free() {
    let host = Host::new();
    host.long_deploy().kill_9();
    let command = host.command_pid().unwrap();
    eventually("the host is free", || host.status().1 == Some(0));
    assert!(test_kill_process(command).is_err(), "it still runs");
}

#[test]
fn a_record_without_the_kernels_lock_is_not_believed() {
    let host = Host::new();
    // Its pid lives: it is this test.
    let record = format!(
        r#"{{"token":"t","host":"elsewhere","boot":null,"pid":{},"started":null,"user":"mallory",
            "command":"npm run deploy","run":null,"since":"2026-11-21T12:00:00Z"}}"#,
        std::process::id()
    );
    fs::write(host.lock_file(), record).unwrap();
    assert_eq!(host.status().1, Some(0));
    assert_eq!(host.run(&["deploy", "--", "true"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(host.lock_file()).unwrap(), "", "released");
}

#[test]
fn the_kernels_lock_without_a_readable_record_is_believed() {
    let host = Host::new();
    for record in ["", "{\"token\":\"cut o", "[1, 2]", "\u{0}\u{0}"] {
        fs::write(host.lock_file(), record).unwrap();
        let file = fs::File::open(host.lock_file()).unwrap();
        file.lock().unwrap();
        assert_eq!(host.status().1, Some(5));
        assert_eq!(host.run(&["deploy", "--", "true"]).status.code(), Some(5));
    }
}

#[test]
fn a_link_in_the_place_of_the_lock_is_refused() {
    let host = Host::new();
    let precious = host.folder.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, host.lock_file()).unwrap();
    assert_eq!(host.run(&["deploy", "--", "true"]).status.code(), Some(2));
    fs::remove_file(host.lock_file()).unwrap();
    fs::hard_link(&precious, host.lock_file()).unwrap();
    let refused = host.run(&["deploy", "--", "true"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("is not a plain file"));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}

#[test]
fn no_secret_of_the_command_is_in_the_record() {
    let host = Host::new();
    let _deploy = host
        .tagout(&["deploy", "--", "sh", "-c", "sleep 600", "--token=hunter2", "s3cret-value"])
        .env("DEPLOY_TOKEN", "s3cret-value")
        .stderr(Stdio::null())
        .spawn()
        .map(Deploy)
        .unwrap();
    eventually("it has the lock", || host.status().1 == Some(5));
    let record = fs::read_to_string(host.lock_file()).unwrap();
    assert!(record.contains("sh -c 'sleep 600' --token=*** ***"), "{record}");
}

/// Of many deploys that start at once, never two run at the same time.
#[test]
fn of_deploys_that_start_together_one_runs_at_a_time() {
    let host = Host::new();
    let script = "mkdir busy && sleep 0.02 && rmdir busy && echo ran >> log";
    let deploys: Vec<Child> = (0..4)
        .map(|_| {
            host.tagout(&["deploy", "--wait", "60s", "--", "sh", "-c", script])
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut deploy in deploys {
        assert_eq!(deploy.wait().unwrap().code(), Some(0));
    }
    let log = fs::read_to_string(host.folder.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 4);
}

impl Host {
    /// What the deploy says, redacted, once it has ended, and how it exited.
    fn ended(&self, mut deploy: Deploy) -> (String, Option<i32>) {
        let code = deploy.0.wait().unwrap().code();
        let said = fs::read_to_string(self.folder.path().join("said")).unwrap();
        let folder = self.folder.path().to_string_lossy().into_owned();
        (redacted(&said.replace(&folder, "[folder]")), code)
    }

    /// A long deploy of which is kept what it says.
    fn heard_deploy(&self) -> Deploy {
        let deploy = self
            .tagout(&["deploy", "--", "sh", "-c", "echo $$ > pid; exec sleep 600"])
            .stderr(fs::File::create(self.folder.path().join("said")).unwrap())
            .spawn()
            .map(Deploy)
            .unwrap();
        eventually("its command runs", || self.command_pid().is_some());
        deploy
    }

    fn release(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.run(&[&["lock", "release"], arguments].concat());
        let text = [output.stdout, output.stderr].concat();
        (redacted(&String::from_utf8(text).unwrap()), output.status.code())
    }

    fn token(&self) -> String {
        let record: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(self.lock_file()).unwrap()).unwrap();
        record["token"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_deploy_that_hangs_is_ended_by_force_and_nothing_is_rolled_back() {
    let host = Host::new();
    let deploy = host.heard_deploy();
    let command = host.command_pid().unwrap();
    let (text, code) = host.release(&["--force", "--reason", "it hangs"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"
    taken from pid [pid] (alice on [host]) since [time]: sh -c 'echo $$ > pid; exec sleep 600'
    the host is free; what has changed: `tagout snapshot diff`
    ");
    assert_eq!(host.status().1, Some(0));
    assert!(test_kill_process(command).is_err(), "its command still runs");
    let (said, code) = host.ended(deploy);
    assert_eq!(code, Some(4), "{said}");
    insta::assert_snapshot!(said, @"
    tagout: there is no tagout.yml here or above: every process counts as a neighbour
    tagout: snapshot [id] of 0 processes
    tagout: deploying an app that is in no inventory: sh -c 'echo $$ > pid; exec sleep 600'
    tagout: SIGTERM: ending the deploy command
    tagout: the deploy command was ended by SIGTERM after [duration] (killed by signal 15)
    tagout: comparing the host with the snapshot
    tagout: nothing is rolled back: the lock was taken away by alice: it hangs
    tagout: report: [folder]/state/tagout/reports/[id].md
    tagout: Ended, for its lock was taken away: a person goes on
    ");
    let next = host.run(&["deploy", "--", "true"]);
    assert_eq!(next.status.code(), Some(0), "{}", String::from_utf8_lossy(&next.stderr));
    let (text, code) = host.release(&["--force", "--reason", "it hangs"]);
    assert_eq!((text.as_str(), code), ("nobody holds the lock\n", Some(0)));
}

#[test]
fn only_the_right_token_or_a_reason_takes_the_lock_away() {
    let host = Host::new();
    let deploy = host.heard_deploy();
    for arguments in [&[][..], &["--force"], &["--reason", "x"], &["t", "--force", "--reason", "x"]]
    {
        assert_eq!(host.release(arguments).1, Some(2), "{arguments:?}");
    }
    let (text, code) = host.release(&["0123"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text, @"
    × the lock is held under another token, by pid [pid] (alice on [host]) since [time]: sh -c 'echo $$ > pid; exec sleep 600'
    help: it is not this token's any more; `--force --reason TEXT` takes it from
          whoever has it
    ");
    assert_eq!(host.status().1, Some(5), "the deploy goes on");
    let (text, code) = host.release(&[&host.token()]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(host.ended(deploy).1, Some(4));
}

#[test]
fn a_deploy_that_does_not_listen_is_killed_with_its_watchdog() {
    let host = Host::new();
    let deploy = host.heard_deploy();
    let command = host.command_pid().unwrap();
    kill_process(Pid::from_child(&deploy.0), Signal::STOP).unwrap();
    let (text, code) = host.release(&["--force", "--reason", "it does not listen"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text.replace(&host.folder.path().display().to_string(), "[folder]"), @"
    taken from pid [pid] (alice on [host]) since [time]: sh -c 'echo $$ > pid; exec sleep 600', which did not let go and was killed
    the host is free; what has changed: `tagout snapshot diff`
    tagout: report: [folder]/state/tagout/reports/[id].md
    tagout: Ended, for its lock was taken away: a person goes on
    ");
    assert!(test_kill_process(command).is_err(), "its command still runs");
    assert_eq!(host.status().1, Some(0));
    assert_eq!(host.ended(deploy).1, None, "killed");
}

#[test]
fn one_who_waits_gets_the_lock_that_was_taken_away() {
    let host = Host::new();
    let deploy = host.heard_deploy();
    let mut next = host.tagout(&["deploy", "--wait", "60s", "--", "touch", "ran"]);
    let mut next = next.stderr(Stdio::null()).spawn().unwrap();
    let (text, code) = host.release(&["--force", "--reason", "it hangs"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(host.ended(deploy).1, Some(4));
    assert_eq!(next.wait().unwrap().code(), Some(0));
    assert!(host.folder.path().join("ran").exists());
}

#[test]
fn a_holder_without_a_record_is_nobody_that_could_be_asked() {
    let host = Host::new();
    let file = fs::File::create(host.lock_file()).unwrap();
    file.lock().unwrap();
    let (text, code) = host.release(&["--force", "--reason", "x"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("left no record"), "{text}");
}
