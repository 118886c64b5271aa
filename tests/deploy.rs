//! Deploys under guard, on a real PM2 that others share.

#![cfg(unix)]

mod support;

use insta::assert_snapshot;
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use support::{Pm2, Ran, app, pm2_command, wait_for};
use tagout::host::Status;

const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      test: {workflows: [deploy-test.yml], pm2: ['*-test'], priority: 5}
      production: {workflows: [deploy.yml], pm2: [shop-api, shop-worker], priority: 1}
neighbours: {pm2: ['stock-*'], priority: 3}
";

/// A host that is shared: an app with two processes, its test twin, and a neighbour.
fn shared_host() -> Pm2 {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", CONFIG);
    pm2.start(&[
        app("shop-api-test"),
        json!({"name": "stock-alert-api", "script": "stay.js", "env": {"STOCK_KEY": "s3cret-stock"}}),
        app("shop-worker"),
        app("shop-api"),
    ]);
    pm2
}

/// A guarded deploy of production, in a CI job that finds `pm2` on its `PATH`.
fn guarded(pm2: &Pm2, arguments: &[&str]) -> Command {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", pm2_command().parent().unwrap().display());
    let mut command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    command
        .args(["deploy", "--app", "shop/production", "--report", "report.md"])
        .args(arguments)
        .env("PATH", path)
        .env("TAGOUT_LOCK", pm2.folder().join("tagout.lock"))
        .env("GITHUB_TOKEN", "ghs_of_the_job")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(Stdio::null());
    command
}

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
    let pm2 = shared_host();
    let before = pm2.one("stock-alert-api");
    let ran = deploy(&pm2, "echo building; pm2 restart shop-api shop-worker");
    println!("{}\n{}\n{}", ran.out, ran.err, report(&pm2));
    assert_eq!(ran.code, 0);
    assert_eq!(pm2.one("stock-alert-api").pid, before.pid);
}

#[test]
fn a_deploy_that_deletes_everything_is_rolled_back_in_order() {
    let pm2 = shared_host();
    let ran = deploy(&pm2, "pm2 delete all");
    println!("{}\n{}\n{}", ran.out, ran.err, report(&pm2));
    assert_eq!(ran.code, 3);
}
