//! `tagout lint` in a folder with files.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A repository with these files.
pub fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A workflow that runs a script on a host that others share, alone, and looks at the app afterwards.
pub fn workflow(script: &str) -> String {
    let indented = script.replace('\n', "\n          ");
    format!(
        "on: push\njobs:\n  deploy:\n    runs-on: self-hosted\n    steps:\n      - run: |\n          {indented}\n      \
         - uses: shop/health-check@v1\nconcurrency: deploy\n"
    )
}

pub fn tagout(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tagout")).args(arguments).current_dir(folder).output().unwrap()
}

/// What is said of deploys as a whole; `tests/practice.rs` is about that.
const OF_JOBS: [&str; 2] = ["deploy-without-lock", "deploy-without-check"];

/// Each finding on a command as `level rule path:line:column`, in the order of the report.
pub fn findings(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let mut findings = all_findings(folder, arguments);
    findings.retain(|finding| !OF_JOBS.iter().any(|rule| finding.contains(rule)));
    findings
}

/// Each finding, whatever it is about.
pub fn all_findings(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = tagout(folder, &[&["lint", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter().map(|finding| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        let start = &finding["start"];
        let place = format!("{}:{}:{}", text("path"), start["line"], start["column"]);
        format!("{} {} {place}", text("level"), text("rule"))
    });
    findings.collect()
}
