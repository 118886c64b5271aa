//! What must stay true of `fixtures/flyer-crawler`, because the other tests and the demo lean on it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of tests may panic as a test may"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Pm2, app};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flyer-crawler")
}

fn config() -> tagout::config::Config {
    tagout::config::load(&fixture().join("tagout.yml")).unwrap()
}

/// What Node prints for `arguments`, in the fixture's folder.
fn node(arguments: &[&str]) -> String {
    let output = Command::new("node").args(arguments).current_dir(fixture()).output();
    let output = output.expect("these tests need Node; `make test` sees to it");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "node {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the apps that an ecosystem file declares, in its order.
fn names_in(ecosystem: &str) -> Vec<String> {
    let print = "require(path.resolve(process.argv[1])).apps.forEach(app => console.log(app.name))";
    node(&["--eval", print, ecosystem]).lines().map(str::to_owned).collect()
}

#[test]
fn every_script_is_javascript() {
    let mut checked = 0;
    for entry in ignore::Walk::new(fixture()) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|extension| extension == "js" || extension == "cjs") {
            node(&["--check", path.to_str().unwrap()]);
            checked += 1;
        }
    }
    assert!(checked >= 9, "only {checked} scripts were found");
}

#[test]
fn the_app_passes_its_own_tests() {
    let printed = node(&["--test"]);
    assert!(printed.contains("# pass 2"), "{printed}");
}

#[test]
fn ecosystem_files_declare_what_the_inventory_says() {
    let config = config();
    for (_, environment, declared) in config.environments() {
        let names = names_in(declared.ecosystem.as_ref().unwrap().to_str().unwrap());
        let exact: Vec<_> = declared.pm2.iter().filter(|name| !name.contains('*')).collect();
        assert_eq!(exact, names.iter().collect::<Vec<_>>(), "{environment}");
    }
}

#[test]
fn processes_come_back_in_the_order_of_the_runbook() {
    let config = config();
    let mut names: Vec<String> = [
        "neighbours/stock-alert/ecosystem.config.cjs",
        "ecosystem-test.config.cjs",
        "ecosystem.config.cjs",
    ]
    .into_iter()
    .flat_map(names_in)
    .collect();
    names.sort_by_key(|name| config.restore_rank(tagout::config::Thing::Pm2, name));
    insta::assert_snapshot!(names.join("\n"), @"
    flyer-crawler-api
    flyer-crawler-worker
    flyer-crawler-analytics-worker
    stock-alert-api
    flyer-crawler-api-test
    flyer-crawler-worker-test
    flyer-crawler-analytics-worker-test
    ");
}

fn workflow(name: &str) -> String {
    std::fs::read_to_string(fixture().join(".gitea/workflows").join(name)).unwrap()
}

/// The names that are left after a workflow's inline script has run on a host where a process of
/// production, one of test and one of a neighbour are stopped.
fn left_by_the_script_of(name: &str) -> String {
    let pm2 = Pm2::new();
    pm2.start(&[app("flyer-crawler-api"), app("flyer-crawler-api-test"), app("stock-alert-api")]);
    pm2.pm2(&["stop", "flyer-crawler-api", "flyer-crawler-api-test", "stock-alert-api"]);

    let workflow = workflow(name);
    let (_, script) = workflow.split_once("node -e \"\n").unwrap();
    let (script, _) = script.split_once("          \"\n").unwrap();
    let path = std::env::var("PATH").unwrap();
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2/node_modules/.bin");
    let mut node = pm2.command("node");
    node.args(["--eval", script]).env("PATH", format!("{}:{path}", bin.display()));
    assert!(node.output().unwrap().status.success());

    let mut names: Vec<_> = pm2.processes().into_iter().map(|process| process.key.name).collect();
    names.sort();
    names.join(" ")
}

#[test]
fn only_the_bad_workflow_deletes_what_a_neighbour_has_stopped() {
    assert_eq!(left_by_the_script_of("deploy-to-prod.yml"), "");
    let repaired = left_by_the_script_of("deploy-to-prod-repaired.yml");
    assert_eq!(repaired, "flyer-crawler-api-test stock-alert-api");
    let test = left_by_the_script_of("deploy-to-test.yml");
    assert_eq!(test, "flyer-crawler-api stock-alert-api");
}

#[test]
fn the_repaired_workflow_differs_in_its_filter_only() {
    let lines = |name: &str| -> Vec<String> {
        workflow(name).lines().map(|line| line.trim().to_owned()).collect()
    };
    let only_in = |some: &[String], others: &[String]| {
        let differ = some.iter().filter(|line| !others.contains(line) && !line.starts_with('#'));
        differ.cloned().collect::<Vec<_>>().join("\n")
    };
    let (bad, repaired) = (lines("deploy-to-prod.yml"), lines("deploy-to-prod-repaired.yml"));
    insta::assert_snapshot!(only_in(&bad, &repaired), @"if (p.pm2_env.status === 'errored' || p.pm2_env.status === 'stopped') {");
    insta::assert_snapshot!(only_in(&repaired, &bad), @"
    const prodProcesses = [
    'flyer-crawler-api',
    'flyer-crawler-worker',
    'flyer-crawler-analytics-worker',
    ];
    if (
    (p.pm2_env.status === 'errored' || p.pm2_env.status === 'stopped') &&
    prodProcesses.includes(p.name)
    ) {
    ");
}

/// What `tagout lint --format json` finds in the fixture beside notes, where no workflow is named.
fn findings() -> Vec<serde_json::Value> {
    let mut lint = Command::new(env!("CARGO_BIN_EXE_tagout"));
    let output = lint.args(["lint", "--format", "json"]).current_dir(fixture()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut findings: Vec<serde_json::Value> =
        serde_json::from_value(report["findings"].take()).unwrap();
    findings.retain(|finding| finding["level"] != "note");
    findings
}

#[test]
fn exactly_the_bad_workflow_is_denied() {
    let findings = findings();
    let found: Vec<_> =
        findings.iter().map(|finding| (&finding["level"], &finding["path"])).collect();
    assert_eq!(found, [(&"deny".into(), &".gitea/workflows/deploy-to-prod.yml".into())]);
}

#[test]
fn the_finding_is_at_the_very_bytes_of_the_call_in_the_inline_script() {
    let findings = findings();
    let byte = |end: &str| findings[0][end]["byte"].as_u64().unwrap() as usize;
    let file = workflow("deploy-to-prod.yml");
    assert_eq!(&file[byte("start")..byte("end")], "exec('pm2 delete ' + p.pm2_env.pm_id)");
}
