//! Deploys on several hosts that share a store.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::{Pm2, Ran, app, wait_for};
use tempfile::TempDir;

/// A host of the fleet: a PM2, a lock and a state of its own, with one app.
struct Host(Pm2);

impl Host {
    fn of(store: &Path) -> Self {
        let pm2 = Pm2::new();
        pm2.write("stay.js", "setInterval(() => {}, 1000)\n");
        pm2.start(&[app("web")]);
        let store = store.display();
        pm2.write(
            "tagout.yml",
            &format!(
                "version: 1\ninventory: {{shop: {{environments: {{production: {{pm2: [web]}}}}}}}}\n\
                 store: file:{store}\ndeploys: {{limit: 1}}\n"
            ),
        );
        Self(pm2)
    }

    fn deploy(&self, arguments: &[&str], command: &[&str]) -> Command {
        let mut deploy = self.0.command(env!("CARGO_BIN_EXE_tagout"));
        deploy.arg("deploy").args(arguments).arg("--").args(command);
        deploy
    }

    fn ran(&self, arguments: &[&str], command: &[&str]) -> Ran {
        let output = self.deploy(arguments, command).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Ran { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts a deploy that goes on until a file is there.
    fn begin(&self) -> Child {
        let script = "touch begun; while [ ! -e done ]; do sleep 0.05; done";
        let mut deploy = self.deploy(&[], &["sh", "-c", script]);
        let child = deploy.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the deploy to begin", || self.0.folder().join("begun").exists().then_some(()));
        child
    }

    fn end(&self) {
        self.0.write("done", "");
    }
}

fn keys(store: &TempDir) -> Vec<String> {
    let store = tagout::store::backend::open(&format!("file:{}", store.path().display())).unwrap();
    store.list("").unwrap()
}

#[test]
fn of_an_app_one_host_deploys_at_a_time_and_the_next_waits_for_its_turn() {
    let store = tempfile::tempdir().unwrap();
    let (first, second) = (Host::of(store.path()), Host::of(store.path()));
    let mut deploy = first.begin();
    let ran = second.ran(&[], &["true"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.err.contains("it is not our turn: `sh -c"), "{ran:?}");
    assert!(ran.err.contains("nothing was run"), "{ran:?}");
    let waiting =
        second.deploy(&["--wait", "2m"], &["touch", "ran"]).stderr(Stdio::piped()).spawn();
    let waiting = waiting.unwrap();
    first.end();
    assert!(deploy.wait().unwrap().success());
    let output = waiting.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("waiting for a turn: `sh -c"), "{said}");
    assert!(second.0.folder().join("ran").exists());
}

#[test]
fn what_a_deploy_left_is_copied_to_the_store() {
    let store = tempfile::tempdir().unwrap();
    let host = Host::of(store.path());
    assert_eq!(host.ran(&[], &["true"]).code, 0);
    let keys = keys(&store);
    for kind in ["/journal/", "/snapshots/", "/reports/"] {
        assert!(keys.iter().any(|key| key.starts_with("hosts/") && key.contains(kind)), "{keys:?}");
    }
    let last = fs::read_to_string(store.path().join("deploys/app/shop")).unwrap();
    assert!(last.contains("Deployed"), "{last}");
}

#[test]
fn the_turn_of_a_deploy_that_was_killed_is_free_when_its_watchdog_has_rolled_it_back() {
    let store = tempfile::tempdir().unwrap();
    let (first, second) = (Host::of(store.path()), Host::of(store.path()));
    let mut deploy = first.begin();
    support::kill(deploy.id());
    deploy.wait().unwrap();
    let ran = second.ran(&["--wait", "2m"], &["true"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let last = fs::read_to_string(store.path().join("deploys/app/shop")).unwrap();
    assert!(last.contains("Deployed"), "the later one is the last: {last}");
    let reports = keys(&store).iter().filter(|key| key.contains("/reports/")).count();
    assert_eq!(reports, 2, "the rollback is reported, too");
}

#[test]
fn a_limit_without_a_store_and_a_store_that_is_not_there_are_told() {
    let store = tempfile::tempdir().unwrap();
    let host = Host::of(store.path());
    host.0.write("tagout.yml", "version: 1\ndeploys: {limit: 2}\n");
    let ran = host.ran(&[], &["touch", "ran"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("`deploys` limits what hosts do that share a `store`"), "{ran:?}");
    assert!(ran.err.contains("tagout.yml:2:10"), "{ran:?}");
    host.0.write("tagout.yml", "version: 1\nstore: \"${env:NOT_SET}\"\ndeploys: {}\n");
    let ran = host.ran(&[], &["touch", "ran"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("the environment variable NOT_SET is not set"), "{ran:?}");
    host.0.write(
        "tagout.yml",
        "version: 1\nstore: postgres://me:secret@127.0.0.1:1/x\ndeploys: {}\n",
    );
    let ran = host.ran(&[], &["touch", "ran"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("postgres://127.0.0.1/x") && !ran.err.contains("secret"), "{ran:?}");
    assert!(!host.0.folder().join("ran").exists());
}
