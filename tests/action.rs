//! How the action gets its tagout, as `action/find-tagout` prints it.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic as a test may")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const NO_ARCHIVE: (&str, &str) = ("", "");

/// A runner that has a shell and little else; what is unpacked goes below its folder.
struct Runner(TempDir);

impl Runner {
    fn new() -> Self {
        let runner = Self(TempDir::new().unwrap());
        let path = std::env::var_os("PATH").unwrap();
        for name in [
            "bash",
            "curl",
            "cut",
            "dirname",
            "gzip",
            "head",
            "mktemp",
            "sed",
            "sh",
            "sha256sum",
            "tar",
        ] {
            let program = std::env::split_paths(&path).map(|folder| folder.join(name));
            let program = { program }.find(|file| file.is_file());
            let program = program.unwrap_or_else(|| panic!("these tests need {name}"));
            symlink(program, runner.0.path().join(name)).unwrap();
        }
        runner
    }

    /// Gives it a program: a shell script.
    fn install(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Packs a tagout of this version: the archive's URL and its checksum.
    fn archive(&self) -> (String, String) {
        let source = Self(TempDir::new().unwrap());
        source.install("tagout", &format!("echo tagout {VERSION}"));
        let path = self.0.path().join("tagout.tar.gz");
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(&path).arg("-C").arg(source.0.path()).arg("tagout");
        assert!(tar.status().unwrap().success());
        let sum = Command::new("sha256sum").arg(&path).output().unwrap();
        let sum = printed(&sum).split(' ').next().unwrap().to_owned();
        (format!("file://{}", path.display()), sum)
    }

    fn find_tagout(&self, (url, sum): (&str, &str)) -> Output {
        Command::new(project().join("action/find-tagout"))
            .env_clear()
            .env("PATH", self.0.path())
            .env("RUNNER_TEMP", self.0.path())
            .env("TAGOUT_ARCHIVE", url)
            .env("TAGOUT_ARCHIVE_SHA256", sum)
            .output()
            .unwrap()
    }
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn printed(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).unwrap().trim()
}

/// What it said when it refused.
fn refused(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    std::str::from_utf8(&output.stderr).unwrap().trim()
}

#[test]
fn a_tagout_on_the_path_is_used() {
    let runner = Runner::new();
    symlink(env!("CARGO_BIN_EXE_tagout"), runner.0.path().join("tagout")).unwrap();
    let output = runner.find_tagout(NO_ARCHIVE);
    assert_eq!(printed(&output), runner.0.path().to_str().unwrap());
}

#[test]
fn a_tagout_of_another_version_is_not_used_and_the_right_one_is_built() {
    let runner = Runner::new();
    runner.install("tagout", "echo tagout 0.0.1");
    runner.install("cargo", "echo cargo \"$@\" >&2");
    let output = runner.find_tagout(NO_ARCHIVE);
    assert_eq!(printed(&output), project().join("target/release").to_str().unwrap());
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"
    tagout: building version 0.1.0, which takes some minutes
    cargo build --release --locked --bin tagout --target-dir target
    ");
}

#[test]
fn an_archive_with_the_right_checksum_is_used() {
    let runner = Runner::new();
    let (url, sum) = runner.archive();
    let output = runner.find_tagout((&url, &sum));
    let version = Command::new(Path::new(printed(&output)).join("tagout")).output().unwrap();
    assert_eq!(printed(&version), format!("tagout {VERSION}"));
}

#[test]
fn an_archive_with_another_checksum_is_refused() {
    let runner = Runner::new();
    let (url, sum) = runner.archive();
    let output = runner.find_tagout((&url, "0123"));
    insta::assert_snapshot!(refused(&output).replace(&sum, "SUM"), @"tagout: the archive's checksum is SUM and should be 0123; nothing of it was run");
}

#[test]
fn an_archive_without_a_checksum_is_refused() {
    let output = Runner::new().find_tagout(("file:///any.tar.gz", ""));
    insta::assert_snapshot!(refused(&output), @"tagout: the input archive needs the input archive-sha256, too");
}

#[test]
fn without_tagout_and_cargo_it_says_what_to_install() {
    let output = Runner::new().find_tagout(NO_ARCHIVE);
    insta::assert_snapshot!(refused(&output), @"tagout: there is no tagout 0.1.0 on PATH and no cargo to build it; install one of them, or give the input archive");
}

/// What `action/run-tagout` runs with these inputs, one word a line, and the outputs that it sets.
fn run_tagout(command: &str, args: &str) -> (String, String) {
    let runner = Runner::new();
    runner.install("tagout", r#"printf '%s\n' "$@""#);
    let folder = runner.0.path();
    let output = Command::new(project().join("action/run-tagout"))
        .env_clear()
        .env("PATH", folder)
        .env("RUNNER_TEMP", "/temp")
        .env("GITHUB_STEP_SUMMARY", "/summary.md")
        .env("GITHUB_OUTPUT", folder.join("outputs"))
        .env("TAGOUT_COMMAND", command)
        .env("TAGOUT_ARGS", args)
        .env("TAGOUT_JOB_STATUS", "failure")
        .output()
        .unwrap();
    let words = printed(&output).replace('\n', " ");
    (words, fs::read_to_string(folder.join("outputs")).unwrap_or_default())
}

#[test]
fn a_lint_annotates_fills_the_summary_and_writes_sarif() {
    let (words, outputs) = run_tagout("lint", "--strict 'my flows'");
    insta::assert_snapshot!(words, @"lint --format markdown=/summary.md --format human --format github --format sarif=/temp/tagout.sarif --strict my flows");
    assert_eq!(outputs, "sarif=/temp/tagout.sarif\n");
}

#[test]
fn formats_of_ones_own_and_other_commands_are_run_as_they_are() {
    let json = run_tagout("lint", "--format=json");
    assert_eq!(json, ("lint --format=json".to_owned(), String::new()));
    let deploy = run_tagout("deploy", "-- ./deploy.sh 'a b'");
    assert_eq!(deploy, ("deploy -- ./deploy.sh a b".to_owned(), String::new()));
}

#[test]
fn an_end_is_told_what_became_of_the_jobs_steps() {
    let (words, _) = run_tagout("end", "--confirm dashboards-look-well");
    assert_eq!(words, "end --job-status failure --confirm dashboards-look-well");
    let (words, _) = run_tagout("end", "--job-status=success");
    assert_eq!(words, "end --job-status=success");
    let (words, _) = run_tagout("begin", "--app shop/production");
    assert_eq!(words, "begin --app shop/production");
}
