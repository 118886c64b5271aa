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
    fs::write(folder.path().join("README.md"), "x\n").unwrap();
    git(&folder, &["add", "."]);
    fs::write(folder.path().join("deploy.sh"), "set -e\npm2 delete all\n").unwrap();
    assert_eq!(findings(folder.path(), &["--changed"]), [""; 0], "it is not staged");
    git(&folder, &["add", "."]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-all deploy.sh:2:1"]);
    git(&folder, &["commit", "-q", "-m", "script"]);
    assert_eq!(findings(folder.path(), &["--changed=HEAD~1"]), ["deny pm2-all deploy.sh:2:1"]);
}

#[test]
fn where_nothing_is_staged_all_is_linted_as_pre_commit_run_all_files_means_it() {
    let folder = committed();
    let output = tagout(folder.path(), &["lint", "--changed"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing is staged, so all workflows are linted"), "{said}");
}

#[test]
fn the_range_that_pre_commit_is_run_for_is_linted() {
    let folder = committed();
    fs::write(folder.path().join("README.md"), "x\n").unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "words"]);
    let output = Command::new(env!("CARGO_BIN_EXE_tagout"))
        .args(["lint", "--changed"])
        .envs([("PRE_COMMIT_FROM_REF", "HEAD~1"), ("PRE_COMMIT_TO_REF", "HEAD")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
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
fn a_script_that_others_reach_as_well_is_found_through_the_changed_workflow() {
    let folder = committed();
    let path = ".github/workflows/z.yml";
    fs::write(folder.path().join(path), workflow("bash deploy.sh")).unwrap();
    git(&folder, &["add", "."]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-all deploy.sh:1:1"]);
}

#[test]
fn a_file_that_only_sets_what_a_command_uses_is_reached() {
    let folder = committed();
    fs::write(folder.path().join("names.env"), "APP=all\n").unwrap();
    let text = "source names.env\npm2 stop \"$APP\"\n";
    fs::write(folder.path().join("deploy.sh"), text).unwrap();
    git(&folder, &["add", "deploy.sh"]);
    git(&folder, &["commit", "-q", "-m", "names"]);
    git(&folder, &["add", "."]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-all deploy.sh:2:1"]);
}

#[test]
fn a_script_that_was_deleted_is_reached_too() {
    let folder = committed();
    let text = "source gone.sh\npm2 kill\n";
    fs::write(folder.path().join("deploy.sh"), text).unwrap();
    fs::write(folder.path().join("gone.sh"), "set -e\n").unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "two"]);
    git(&folder, &["rm", "-q", "gone.sh"]);
    assert_eq!(findings(folder.path(), &["--changed"]), ["deny pm2-daemon deploy.sh:2:1"]);
}

#[test]
fn what_the_inventory_says_is_for_every_workflow() {
    let folder = committed();
    fs::write(folder.path().join("tagout.yml"), "version: 1\n").unwrap();
    git(&folder, &["add", "."]);
    let all = ["deny pm2-daemon .github/workflows/a.yml:7:11", "deny pm2-all deploy.sh:1:1"];
    assert_eq!(findings(folder.path(), &["--changed"]), all);
}

#[test]
fn what_no_workflow_reaches_is_fine_and_said() {
    let folder = committed();
    fs::write(folder.path().join("README.md"), "x\n").unwrap();
    git(&folder, &["add", "."]);
    let output = tagout(folder.path(), &["lint", "--changed"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "tagout: no workflow reaches what has changed\n");
}

#[test]
fn only_what_has_changed_is_mended() {
    let folder = committed();
    fs::write(folder.path().join("tool.sh"), "rm -rf \"$DIR\"/*\n").unwrap();
    fs::write(folder.path().join(".github/workflows/c.yml"), workflow("bash tool.sh")).unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "tool"]);
    fs::write(folder.path().join("deploy.sh"), "set -e\npm2 delete all\n").unwrap();
    git(&folder, &["add", "."]);
    tagout(folder.path(), &["lint", "--changed", "--fix"]);
    assert_eq!(fs::read_to_string(folder.path().join("tool.sh")).unwrap(), "rm -rf \"$DIR\"/*\n");
}

#[test]
fn a_baseline_of_a_change_alone_is_refused_and_a_range_is_no_option_of_git() {
    let folder = committed();
    let output = tagout(folder.path(), &["lint", "--changed", "--write-baseline"]);
    assert_eq!(output.status.code(), Some(2));
    let output = tagout(folder.path(), &["lint", "--changed=--output=x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.path().join("x").exists());
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
