//! `tagout lint --fix`: single words are changed, nothing else.

mod support;

use std::fs;
use support::{repository, tagout, workflow};

const CONFIG: &str = "version: 1\n\
    inventory: {shop: {environments: {production: {workflows: [prod.yml], pm2: [shop-api, shop-worker]}}}}\n";
const PATH: &str = ".github/workflows/prod.yml";

/// The workflow after it was mended, and the exit code.
fn mended(text: &str, option: &str) -> (String, Option<i32>) {
    let folder = repository(&[(PATH, text), ("tagout.yml", CONFIG)]);
    let output = tagout(folder.path(), &["lint", option]);
    (fs::read_to_string(folder.path().join(PATH)).unwrap(), output.status.code())
}

#[test]
fn each_fixable_command_is_clean_afterwards_and_differs_only_in_the_words_that_are_meant() {
    let names = "shop-api shop-worker";
    for (option, before, word, after) in [
        ("--fix", "pm2 restart all # keep this", " all ", format!(" {names} ")),
        ("--fix=all", "pm2 delete all || true", " all ", format!(" {names} ")),
        ("--fix=all", "sudo -u deploy pm2 stop all", " all", format!(" {names}")),
        ("--fix", "rm -rf \"$DIR\"/*", "\"$DIR\"", "\"${DIR:?}\"".to_owned()),
        ("--fix", "rm -rf ${APP_DIR}/*", "${APP_DIR}", "${APP_DIR:?}".to_owned()),
    ] {
        let text = workflow(before);
        let (mended, code) = mended(&text, option);
        assert_eq!(mended, text.replacen(word, &after, 1), "{before}");
        assert_eq!(code, Some(0), "{before}");
    }
}

#[test]
fn quoted_folded_and_flow_yaml_stay_as_they_are_but_for_the_word() {
    let head = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n";
    for step in [
        "      - run: \"cd /srv \\\n          && pm2 restart all\" # why\n",
        "      - {run: 'pm2 restart all', name: x}\n",
        "      - run: >-\n          cd /srv &&\n\n          pm2 restart all\n",
    ] {
        let text = format!("{head}{step}");
        let (mended, code) = mended(&text, "--fix");
        assert_eq!(mended, text.replacen("restart all", "restart shop-api shop-worker", 1));
        assert_eq!(code, Some(0), "{step}");
    }
}

#[test]
fn what_a_person_should_look_at_is_only_mended_when_asked_for() {
    let text = workflow("pm2 delete all");
    assert_eq!(mended(&text, "--fix"), (text, Some(1)));
}

#[test]
fn a_quoted_word_is_left_alone_for_it_would_be_one_name() {
    let text = workflow("pm2 restart 'all'");
    assert_eq!(mended(&text, "--fix"), (text, Some(1)));
}

#[test]
fn what_is_not_certain_is_left_alone() {
    let text = workflow("pm2 restart all").replace("run:", "name: all\n        run:");
    let folder = repository(&[(".github/workflows/other.yml", &text), ("tagout.yml", CONFIG)]);
    let output = tagout(folder.path(), &["lint", "--fix=all"]);
    assert_eq!(output.status.code(), Some(1), "no environment has this workflow");
    let kept = fs::read_to_string(folder.path().join(".github/workflows/other.yml")).unwrap();
    assert_eq!(kept, text);
}

#[test]
fn a_script_that_a_workflow_calls_is_mended_in_its_own_file() {
    let script = "#!/bin/sh\n# restart all\npm2 restart all\n";
    let folder = repository(&[
        (PATH, &workflow("./restart.sh")),
        ("restart.sh", script),
        ("tagout.yml", CONFIG),
    ]);
    assert_eq!(tagout(folder.path(), &["lint", "--fix"]).status.code(), Some(0));
    let mended = fs::read_to_string(folder.path().join("restart.sh")).unwrap();
    assert_eq!(mended, "#!/bin/sh\n# restart all\npm2 restart shop-api shop-worker\n");
}
