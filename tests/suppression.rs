//! Findings that people allow, with a reason; and those that were there before.

mod support;

use insta::assert_snapshot;
use support::{findings, repository, tagout, workflow};

const WORKFLOW: &str = ".github/workflows/deploy.yml";

fn found(script: &str) -> Vec<String> {
    findings(repository(&[(WORKFLOW, &workflow(script))]).path(), &[])
        .into_iter()
        .map(|line| line.replace(&format!(" {WORKFLOW}:"), " "))
        .collect()
}

/// What is found, without what is allowed.
fn open(script: &str) -> Vec<String> {
    let folder = repository(&[(WORKFLOW, &workflow(script))]);
    let output = tagout(folder.path(), &["lint", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|one| one["suppressed"].is_null())
        .map(|one| format!("{} {}", one["level"].as_str().unwrap(), one["rule"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_comment_with_a_reason_allows_its_line_and_what_is_below_it() {
    for script in [
        "pm2 delete all # tagout: allow(pm2-all) reason=\"only this app is on the host\"",
        "# tagout: allow(pm2-all) reason=\"only this app\"\npm2 delete all",
        "# tagout: allow(pm2-all, pm2-daemon) until=2999-01-31 reason='one app'\nif true; then\n  pm2 delete all\n  pm2 kill\nfi",
        "# tagout: allow(pm2-all) reason=\"one app\"\n# and more words\n\npm2 delete all",
    ] {
        assert_eq!(open(script), [""; 0], "{script}");
    }
    assert_eq!(open("pm2 delete all\n# nothing is allowed here"), ["deny pm2-all"]);
}

#[test]
fn a_comment_above_a_step_allows_what_the_step_runs() {
    let text = workflow("pm2 delete all").replace(
        "      - run",
        "      # tagout: allow(pm2-all) reason=\"a host of its own\"\n      - run",
    );
    let folder = repository(&[(WORKFLOW, &text)]);
    let output = tagout(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(0));
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"1 allowed; read 1 script in 1 file
    ");
}

#[test]
fn a_comment_in_a_script_that_is_followed_counts_there() {
    let folder = repository(&[
        (WORKFLOW, &workflow("bash deploy.sh")),
        ("deploy.sh", "# tagout: allow(pm2-all) reason=\"one app\"\npm2 delete all\n"),
    ]);
    assert_eq!(tagout(folder.path(), &["lint"]).status.code(), Some(0));
}

#[test]
fn comments_that_allow_nothing_are_findings_themselves() {
    for (script, expected) in [
        ("# tagout: allow(pm2-all) reason=\"x\"\npm2 restart web", "warn suppression-unused 7:11"),
        ("pm2 delete all # tagout: allow(pm2-all)", "warn suppression-invalid 7:26"),
        ("pm2 delete all # tagout: allow(pm2-al) reason=x", "warn suppression-invalid 7:26"),
        ("pm2 delete all # tagout: allow reason=x", "warn suppression-invalid 7:26"),
        (
            "pm2 delete all # tagout: allow(pm2-all) until=soon reason=x",
            "warn suppression-invalid 7:26",
        ),
        (
            "pm2 delete all # tagout: allow(pm2-all) until=2020-01-31 reason=x",
            "warn suppression-expired 7:26",
        ),
    ] {
        let found = found(script);
        assert!(found.contains(&expected.to_owned()), "{script}: {found:?}");
        let denied = found.iter().any(|line| line.starts_with("deny pm2-all"));
        assert_eq!(denied, script.contains("delete"), "{script}: {found:?}");
    }
}

#[test]
fn a_misspelt_rule_is_told_with_the_one_that_was_meant() {
    let script = "pm2 delete all # tagout: allow(pm2-al) reason=x";
    let folder = repository(&[(WORKFLOW, &workflow(script))]);
    let output = tagout(folder.path(), &["lint"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("there is no rule `pm2-al`; did you mean `pm2-all`?"), "{text}");
}

#[test]
fn what_was_there_before_is_known_wherever_it_moves_and_what_is_new_is_denied() {
    let folder = repository(&[(WORKFLOW, &workflow("pm2 delete all"))]);
    let written = tagout(folder.path(), &["lint", "--write-baseline"]);
    assert_eq!(written.status.code(), Some(0));
    let workflows = folder.path().join(WORKFLOW);
    std::fs::write(&workflows, workflow("echo moved\necho down\npm2 delete all")).unwrap();
    assert_eq!(tagout(folder.path(), &["lint"]).status.code(), Some(0));
    std::fs::write(&workflows, workflow("pm2 delete all\npm2 delete all")).unwrap();
    assert_eq!(tagout(folder.path(), &["lint"]).status.code(), Some(1), "one was known, not two");
    std::fs::write(&workflows, workflow("true")).unwrap();
    let gone = tagout(folder.path(), &["lint"]);
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(said.contains("1 findings of .tagout-baseline.json are not there any more"), "{said}");
}

#[test]
fn a_damaged_or_missing_baseline_is_an_error_that_says_where() {
    let folder = repository(&[(WORKFLOW, &workflow("true")), ("base.json", "{\"version\": 1,\n}")]);
    let output = tagout(folder.path(), &["lint", "--baseline", "base.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("base.json:2:1"));
    let output = tagout(folder.path(), &["lint", "--baseline", "none.json"]);
    assert_eq!(output.status.code(), Some(2));
}
