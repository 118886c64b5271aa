//! What a rollback does beside bringing processes back, and what the report tells of it.

#![cfg(unix)]

mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{Pm2, app, expect_all_run, guarded, shared_host};

/// How a deploy of production with a shell script ended: its exit code, and what tagout said.
fn deploy(pm2: &Pm2, script: &str, arguments: &[&str]) -> (i32, String) {
    // By its path, for what stands in for `sh` would read all of it first, and refuse all for a part.
    let all = [arguments, &["--", "/bin/sh", "-c", script]].concat();
    let output = guarded(pm2, &all).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn written(pm2: &Pm2, name: &str) -> String {
    fs::read_to_string(pm2.folder().join(name)).unwrap()
}

/// Says how code is taken back on the shared host, where production is in `app`, a git checkout.
fn with_hook(pm2: &Pm2, rollback: &str) {
    let config = written(pm2, "tagout.yml");
    let config = config.replace("production: {", "production: {paths: [app], ");
    pm2.write("tagout.yml", &format!("{config}rollback: {rollback}\n"));
    let app = pm2.folder().join("app");
    fs::create_dir(&app).unwrap();
    git(&app, &["init", "--quiet"]);
    commit(&app, "old");
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Path, text: &str) {
    fs::write(folder.join("code.txt"), text).unwrap();
    git(folder, &["add", "."]);
    git(folder, &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", text]);
}

const NEW_CODE: &str =
    "cd app && echo new > code.txt && git -c user.name=t -c user.email=t@t commit -qam new && ";

#[test]
fn code_is_taken_back_by_the_teams_own_command_before_the_processes() {
    let (pm2, _) = shared_host();
    let run = "
        git reset -q --hard $TAGOUT_OLD_COMMIT || exit
        echo $TAGOUT_APP/$TAGOUT_ENVIRONMENT > ../told
        pm2 -s jlist | grep -c shop-api > ../seen
        true";
    with_hook(&pm2, &json!({"run": run, "run_within": "60s"}).to_string());
    let app = pm2.folder().join("app");
    let old = git(&app, &["rev-parse", "HEAD"]);

    let (code, said) = deploy(&pm2, &format!("{NEW_CODE}../unguarded -s delete all; exit 1"), &[]);
    assert_eq!(code, 3, "{said}");
    assert_eq!(git(&app, &["rev-parse", "HEAD"]), old);
    assert_eq!(written(&pm2, "app/code.txt"), "old");
    assert_eq!(written(&pm2, "told"), "shop/production\n");
    assert_eq!(written(&pm2, "seen"), "0\n", "the processes were back before their code");
    let report = written(&pm2, "report.md");
    let row = format!("/app` | `{old}` |");
    assert!(
        report.contains("## What was done about the code") && report.contains(&row),
        "{report}"
    );
    expect_all_run(&pm2);
}

#[test]
fn a_rollback_that_fails_too_tells_both_causes() {
    let (pm2, _) = shared_host();
    with_hook(&pm2, "{run: exit 7}");
    let (code, said) = deploy(&pm2, "./unguarded -s delete stock-alert-api; exit 9", &[]);
    assert_eq!(code, 4, "{said}");
    for cause in [
        "rolling back: the deploy command failed (exit code 9)",
        "rolling back: a process is worse off than before",
        "app was not taken back: `exit 7` failed (exit status: 7)",
    ] {
        assert!(said.contains(cause), "{cause}: {said}");
    }
    let report = written(&pm2, "report.md");
    let (_, why) = report.split_once("## Why it was rolled back").unwrap();
    let (why, failures) = why.split_once("## Why the rollback is incomplete").unwrap();
    assert!(why.contains("exit code 9"), "{report}");
    assert!(failures.contains("exit status: 7"), "{report}");
    // The processes are brought back all the same.
    expect_all_run(&pm2);
}

#[test]
fn code_is_not_taken_back_to_a_state_that_was_bad_already() {
    let (pm2, _) = shared_host();
    with_hook(&pm2, "{run: touch ../ran}");
    pm2.pm2(&["delete", "shop-api", "shop-worker"]);
    pm2.write("bad.js", "process.exit(1)");
    let bad = |name: &str| json!({"name": name, "script": "bad.js", "max_restarts": 1, "min_uptime": 60000});
    pm2.start(&[bad("shop-api"), bad("shop-worker")]);
    support::wait_for("the apps to be given up", || {
        let down = |name: &str| pm2.one(name).status.as_str() == "errored";
        (down("shop-api") && down("shop-worker")).then_some(())
    });

    let (code, said) = deploy(&pm2, "./unguarded -s delete all; exit 1", &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("it was bad before the deploy, too: shop-api was errored"), "{said}");
    assert!(!pm2.folder().join("ran").exists());
    // What was good is back, and what was bad is in the list and not started.
    assert_eq!(pm2.one("stock-alert-api").status.as_str(), "online");
    assert_eq!(pm2.one("shop-api").status.as_str(), "stopped");
}

#[test]
fn the_report_is_json_and_a_page_as_well_and_no_log_line_in_it_tells_a_secret() {
    let (pm2, _) = shared_host();
    pm2.write(
        "stock.js",
        "console.error('login with', process.env.STOCK_KEY, '<b>'); setInterval(() => {}, 1000)",
    );
    pm2.pm2(&["delete", "stock-alert-api"]);
    pm2.start(&[json!({"name": "stock-alert-api", "script": "stock.js", "env": {"STOCK_KEY": "s3cret-stock"}}), app("other")]);
    let script = "pm2 kill; ./unguarded -s delete stock-alert-api other";
    let reports = ["--report", "report.json", "--report", "report.html"];
    let (code, said) = deploy(&pm2, script, &reports);
    assert_eq!(code, 3, "{said}");

    let (text, page) = (written(&pm2, "report.json"), written(&pm2, "report.html"));
    for report in [&text, &page, &written(&pm2, "report.md")] {
        assert!(!report.contains("s3cret"), "{report}");
        assert!(report.contains("login with ***"), "{report}");
        assert!(report.contains("pm2 kill"), "{report}");
    }
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
    assert!(!page.contains("src=") && !page.contains("<link"), "the page needs others: {page}");

    let report: Value = serde_json::from_str(&text).unwrap();
    let schema = fs::read_to_string("docs/report.schema.json").unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(report["outcome"], "rolled-back");
    assert_eq!(report["severity"], "P1");
    assert_eq!(report["harm"]["harmed"][0]["owner"]["kind"], "neighbour");
    assert_eq!(report["refused"][0]["what"], "pm2 kill");
    assert_eq!(report["rollback"]["processes"][0]["process"], "stock-alert-api");
    assert!(report["harm"]["harmed"][0]["down_at_most_ms"].as_u64().unwrap() > 0);
}
