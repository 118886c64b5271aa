//! `tagout approve`, and a deploy that is held against it.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Pm2, Ran, repository};
use tempfile::TempDir;

const WORKFLOW: &str = "name: Deploy
on: push
jobs:
  deploy:
    runs-on: self-hosted
    steps:
      - run: bash scripts/deploy.sh
      - run: pm2 startOrReload ecosystem.config.cjs
      - run: npm run build
";

fn shop() -> TempDir {
    let folder = repository(&[
        (".gitea/workflows/deploy.yml", WORKFLOW),
        ("scripts/deploy.sh", "git pull\n"),
        (
            "ecosystem.config.cjs",
            "module.exports = { apps: [{ name: 'web', script: 'web.js' }] }\n",
        ),
        ("package.json", "{\"scripts\": {\"build\": \"node build.js\"}}"),
        ("README.md", "deploy with care\n"),
    ]);
    git(folder.path(), &["init", "-q"]);
    commit(folder.path());
    folder
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.email=a@example", "-c", "user.name=a"]).arg("-C").arg(folder);
    let output = git.args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The commit that is made of all that is there.
fn commit(folder: &Path) -> String {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "all"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn approve(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = support::tagout(folder, &[&["approve"], arguments].concat());
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// A deploy in the shop by a run of its workflow at a commit.
fn deploy(folder: &Path, commit: &str, arguments: &[&str]) -> Ran {
    let host = Pm2::new();
    let mut deploy = host.command(env!("CARGO_BIN_EXE_tagout"));
    deploy.current_dir(folder).arg("deploy").args(arguments).args(["--", "touch", "deployed"]);
    deploy.envs([("GITHUB_WORKFLOW", "Deploy"), ("GITHUB_SHA", commit)]);
    let output = deploy.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    // There is no signal to end it.
    let code = output.status.code().unwrap();
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn what_a_workflow_reaches_is_written_down_and_what_changes_is_told() {
    let shop = shop();
    let (code, said) = approve(shop.path(), &["--check"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(approve(shop.path(), &[]).0, Some(0));
    let written = fs::read_to_string(shop.path().join("tagout.lock")).unwrap();
    let files: Vec<&str> =
        written.lines().filter_map(|line| line.strip_prefix("    ")?.split('"').nth(1)).collect();
    assert_eq!(
        files,
        [
            ".gitea/workflows/deploy.yml",
            "build.js",
            "ecosystem.config.cjs",
            "package.json",
            "scripts/deploy.sh"
        ]
    );
    assert_eq!(approve(shop.path(), &["--check"]).0, Some(0));
    fs::write(shop.path().join("README.md"), "nobody runs this").unwrap();
    assert_eq!(approve(shop.path(), &["--check"]).0, Some(0));
    fs::write(shop.path().join("scripts/deploy.sh"), "pm2 delete all\n").unwrap();
    fs::write(shop.path().join("build.js"), "").unwrap();
    let (code, said) = approve(shop.path(), &["--check"]);
    assert_eq!(code, Some(1));
    assert!(said.ends_with("  build.js has changed\n  scripts/deploy.sh has changed\n"), "{said}");
}

#[test]
fn a_deploy_of_the_approved_workflow_runs_and_says_which_it_was() {
    let shop = shop();
    approve(shop.path(), &[]);
    let ran = deploy(shop.path(), &commit(shop.path()), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("tagout: workflow .gitea/workflows/deploy.yml sha256:"), "{ran:?}");
    assert!(ran.err.contains(", as approved\n"), "{ran:?}");
}

#[test]
fn a_runner_that_executes_a_stale_workflow_is_caught_before_it_acts() {
    let shop = shop();
    fs::write(
        shop.path().join(".gitea/workflows/deploy.yml"),
        WORKFLOW.replace("npm run build", "pm2 kill"),
    )
    .unwrap();
    let stale = commit(shop.path());
    fs::write(shop.path().join(".gitea/workflows/deploy.yml"), WORKFLOW).unwrap();
    approve(shop.path(), &[]);
    commit(shop.path());
    let ran = deploy(shop.path(), &stale, &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains(".gitea/workflows/deploy.yml has changed"), "{ran:?}");
    assert!(!shop.path().join("deployed").exists());
    // In an emergency, and on the record.
    let ran = deploy(shop.path(), &stale, &["--unapproved", "the registry is down"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("it deploys all the same: the registry is down"), "{ran:?}");
}

#[test]
fn a_commit_that_is_not_in_the_checkout_is_not_taken_on_trust() {
    let shop = shop();
    approve(shop.path(), &[]);
    let ran = deploy(shop.path(), &"1".repeat(40), &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("the run is of commit 111111111111, which this checkout does not have"),
        "{ran:?}"
    );
}

#[test]
fn where_nothing_was_ever_approved_nothing_is_refused() {
    let shop = shop();
    let ran = deploy(shop.path(), &git(shop.path(), &["rev-parse", "HEAD"]), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("nothing is approved here, so it is not compared"), "{ran:?}");
}

#[test]
fn a_damaged_file_of_approvals_stops_the_deploy_with_its_line() {
    let shop = shop();
    fs::write(shop.path().join("tagout.lock"), "version: 1\nworkflows: [\n").unwrap();
    let ran = deploy(shop.path(), &commit(shop.path()), &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("tagout.lock is not what `tagout approve` writes"), "{ran:?}");
}
