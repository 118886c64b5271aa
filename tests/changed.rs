//! `tagout lint --changed`: only what a change reaches.

mod support;

use std::fs;
use std::process::Command;
use support::{findings, repository, tagout, workflow};
use tempfile::TempDir;

fn git(folder: &TempDir, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Two workflows with something denied, one of them in a script.
fn committed() -> TempDir {
    let folder = repository(&[
        (".github/workflows/a.yml", &workflow("pm2 kill")),
        (".github/workflows/b.yml", &workflow("bash deploy.sh")),
        ("deploy.sh", "pm2 delete all\n"),
    ]);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "all"]);
    folder
}

#[test]
fn a_changed_script_is_found_through_the_workflow_that_reaches_it() {
    let folder = committed();
    assert_eq!(findings(folder.path(), &["--changed"]), [""; 0]);
    fs::write(folder.path().join("deploy.sh"), "set -e\npm2 delete all\n").unwrap();
    assert_eq!(findings(folder.path(), &["--changed"]), [""; 0], "it is not staged");
    git(&folder, &["add", "."]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-all deploy.sh:2:1"]);
    git(&folder, &["commit", "-q", "-m", "script"]);
    assert_eq!(findings(folder.path(), &["--changed=HEAD~1"]), ["deny pm2-all deploy.sh:2:1"]);
}

#[test]
fn a_changed_workflow_is_found_with_all_that_it_reaches() {
    let folder = committed();
    let text = workflow("bash deploy.sh").replace("deploy:", "ship:");
    fs::write(folder.path().join(".github/workflows/b.yml"), text).unwrap();
    git(&folder, &["add", "."]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-all deploy.sh:1:1"]);
}

#[test]
fn without_git_or_with_a_wrong_range_it_is_an_error() {
    let folder = repository(&[(".github/workflows/a.yml", &workflow("true"))]);
    let output = tagout(folder.path(), &["lint", "--changed"]);
    assert_eq!(output.status.code(), Some(2));
    let folder = committed();
    let output = tagout(folder.path(), &["lint", "--changed=nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("main...HEAD"));
}
