//! What other programs read of a lint, held against what they demand of it.

mod support;

use insta::assert_snapshot;
use serde_json::Value;
use std::fs;
use support::{repository, tagout, workflow};
use tempfile::TempDir;

/// A denied command, a warning, a note, one that is allowed, one in a followed script, and a file that
/// cannot be read as it should be.
fn everything() -> TempDir {
    let script = "pm2 delete all\n\
                  pm2 update\n\
                  bash 'scripts/do it, 100%.sh'\n\
                  pm2 kill # tagout: allow(pm2-daemon) reason=\"a host \\\"of\\\" its own\"";
    repository(&[
        (".github/workflows/deploy.yml", &workflow(script)),
        ("scripts/do it, 100%.sh", "redis-cli flushall\n"),
        (".github/workflows/broken.yml", "on: push\njobs:\n\t- x: [\n"),
    ])
}

fn printed(folder: &TempDir, format: &str) -> String {
    let output = tagout(folder.path(), &["lint", "--format", format]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_is_what_its_schema_says() {
    let schema = fs::read_to_string("docs/lint.schema.json").unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: Value = serde_json::from_str(&printed(&everything(), "json")).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(report["summary"]["suppressed"], 1);
}

#[test]
fn sarif_is_read_by_types_that_are_made_from_its_schema_and_tells_all() {
    let text = printed(&everything(), "sarif");
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let run = &log.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    let results = run.results.as_ref().unwrap();
    assert!(results.len() >= 4);
    for result in results {
        let rule = &rules[usize::try_from(result.rule_index.unwrap()).unwrap()];
        assert_eq!(Some(&rule.id), result.rule_id.as_ref());
        assert!(result.partial_fingerprints.is_some());
    }
    let log: Value = serde_json::from_str(&text).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap();
    let followed = of("redis-flush");
    assert_eq!(
        followed["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "scripts/do%20it%2C%20100%25.sh"
    );
    let flow = followed["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let uri = |step: &Value| {
        step["location"]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri(&flow[0]), ".github/workflows/deploy.yml");
    assert_eq!(uri(flow.last().unwrap()), "scripts/do%20it%2C%20100%25.sh");
    assert_eq!(of("pm2-daemon")["suppressions"][0]["kind"], "inSource");
    assert_eq!(of("pm2-all")["suppressions"], Value::Array(Vec::new()));
    let gaps = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(!gaps.as_array().unwrap().is_empty());
}

#[test]
fn junit_is_read_as_xml_and_counts_what_is_denied() {
    let text = printed(&everything(), "junit");
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let count = |name: &str| document.descendants().filter(|n| n.has_tag_name(name)).count();
    assert_eq!(root.attribute("failures"), Some(count("failure").to_string().as_str()));
    assert_eq!(count("failure"), 2, "{text}");
    assert_eq!(count("skipped"), 1, "{text}");
}

#[test]
fn annotations_are_escaped_as_runners_read_them() {
    assert_snapshot!(printed(&everything(), "github"), @"
    ::warning file=.github/workflows/broken.yml,line=3,endLine=3,col=2,endColumn=2,title=tagout invalid-yaml::this is not valid YAML: tabs disallowed within this context (block indentation); indent with spaces, not with tabs%0Athe runner will not run this as it is meant; what tagout could make out of it was read
    ::error file=.github/workflows/deploy.yml,line=7,endLine=7,col=11,endColumn=25,title=tagout pm2-all::deletes every PM2 process that matches `all`, those of other apps too%0Aname the processes of this app, or give PM2 its ecosystem file
    ::warning file=.github/workflows/deploy.yml,line=8,endLine=8,col=11,endColumn=21,title=tagout pm2-update::restarts the PM2 daemon and every process of every app in it%0Aupdate PM2 in a maintenance window, not in a deploy
    ::error file=scripts/do it%2C 100%25.sh,line=1,endLine=1,col=1,endColumn=19,title=tagout redis-flush::empties or stops a Redis server that other apps may use%0Adelete the app's own keys: `redis-cli --scan --pattern 'app:*' | xargs redis-cli del`
    ");
}

#[test]
fn the_summary_of_a_job_is_a_table() {
    assert_snapshot!(printed(&everything(), "markdown"), @r"
    ## tagout lint: 2 denied, 2 warned of, 0 noted

    | | where | what | what to do |
    |---|---|---|---|
    | **denied** | `.github/workflows/deploy.yml:7` | `pm2 delete all` deletes every PM2 process that matches \`all\`, those of other apps too (pm2-all) | name the processes of this app, or give PM2 its ecosystem file |
    | **denied** | `scripts/do it, 100%.sh:1` | `redis-cli flushall` empties or stops a Redis server that other apps may use (redis-flush) | delete the app's own keys: \`redis-cli --scan --pattern 'app:\*' \| xargs redis-cli del\` |
    | warning | `.github/workflows/broken.yml:3` | this is not valid YAML: tabs disallowed within this context (block indentation); indent with spaces, not with tabs (invalid-yaml) | the runner will not run this as it is meant; what tagout could make out of it was read |
    | warning | `.github/workflows/deploy.yml:8` | `pm2 update` restarts the PM2 daemon and every process of every app in it (pm2-update) | update PM2 in a maintenance window, not in a deploy |

    Read 4 of 4 scripts in 2 files whole.
    ");
}

#[test]
fn several_formats_are_written_in_one_run_each_where_it_should_go() {
    let folder = everything();
    let arguments =
        ["lint", "--format", "sarif=out.sarif", "--format", "github", "--format", "json=out.json"];
    let output = tagout(folder.path(), &arguments);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("::"));
    for file in ["out.sarif", "out.json"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap();
    }
    let wrong = tagout(folder.path(), &["lint", "--format", "prometheus"]);
    assert_eq!(wrong.status.code(), Some(2));
}
