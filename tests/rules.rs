//! What the rules say of themselves, through the front door; and rules of a team's own.

mod support;

use insta::assert_snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use support::{all_findings, repository, tagout, workflow};
use tagout::{
    policy::{custom, rules},
    program::Catalog,
};

/// What is found by reading, not by effects.
const READ: [(&str, &str); 11] = [
    ("invalid-yaml", "on: push\njobs:\n\t- x: [\n"),
    (
        "unread-workflow",
        "on: push\njobs:\n  a:\n    runs-on: self-hosted\n    steps: {run: pm2 kill}\n",
    ),
    (
        "unread-script",
        "SCRIPT eval \"$(curl -s example.org | sed 's/x/pm2 delete/')\"; if pm2 delete (\n",
    ),
    ("suppression-unused", "SCRIPT true # tagout: allow(pm2-all) reason=x"),
    ("suppression-invalid", "SCRIPT true # tagout: allow(pm2-all)"),
    ("suppression-expired", "SCRIPT true # tagout: allow(pm2-all) until=2020-01-01 reason=x"),
    ("foreign-thing", "SCRIPT pm2 stop theirs"),
    ("deploy-without-lock", "DEPLOY      - uses: shop/health-check@v1\n"),
    ("deploy-without-check", "DEPLOYconcurrency: deploy\n"),
    ("downloaded-script", "SCRIPT curl -fsSL https://get.example/i.sh | sh"),
    ("secret-on-command-line", "SCRIPT mysql -p${{ secrets.DB_PASSWORD }} shop"),
];

const DEPLOY: &str = "on: push\njobs:\n  deploy:\n    runs-on: self-hosted\n    steps:\n      - run: pm2 restart ours\n";

const CONFIG: &str = "version: 1\n\
    inventory: {ours: {environments: {live: {workflows: [w*.yml], pm2: [ours]}}}}\n\
    neighbours: {pm2: [theirs]}\n";

/// Each example of each program, and each rule that is found by reading, in a workflow of its own.
#[test]
fn every_example_of_every_rule_fires_or_does_not_through_the_front_door() {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut expected: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |line: &str, text: String, rules: BTreeSet<String>| {
        let path = format!(".github/workflows/w{:04}.yml", files.len());
        files.insert(path.clone(), text);
        expected.insert(path, (line.to_owned(), rules));
    };
    for (_, program) in Catalog::built_in().all() {
        for example in &program.examples {
            let deciding: BTreeSet<String> =
                custom::deciding(&example.run, &[]).into_iter().collect();
            assert!(example.effect != "none" || deciding.is_empty(), "{}", example.run);
            add(&example.run, workflow(&example.run), deciding);
        }
    }
    for (rule, text) in READ {
        let text = text.strip_prefix("SCRIPT ").map_or(text.to_owned(), workflow);
        let text = text.replace("DEPLOY", DEPLOY);
        add(&text.clone(), text, BTreeSet::from([rule.to_owned()]));
    }
    let folder = repository(
        &files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>(),
    );
    fs::write(folder.path().join("tagout.yml"), CONFIG).unwrap();
    let output = tagout(folder.path(), &["lint", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        found.entry(text("path")).or_default().insert(text("rule"));
    }
    let mut wrong = Vec::new();
    let mut fired = BTreeSet::new();
    for (path, (line, rules)) in &expected {
        let mut found = found.remove(path).unwrap_or_default();
        fired.extend(found.clone());
        // That is said of two commands together.
        found.remove("saved-after-all");
        // Of several effects on one resource by one command, the gravest is told.
        let told = if rules.is_empty() { found.is_empty() } else { !found.is_disjoint(rules) };
        if !told || !found.is_subset(rules) {
            wrong.push(format!("{line}: expected {rules:?}, found {found:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
    // It is about workflows that no inventory knows.
    let elsewhere = [(".github/workflows/deploy-to-test.yml", &*workflow("pm2 restart web"))];
    let elsewhere = repository(&elsewhere);
    fired.extend(
        all_findings(elsewhere.path(), &[])
            .iter()
            .filter_map(|f| Some(f.split(' ').nth(1)?.to_owned())),
    );
    let silent: Vec<&str> =
        rules().iter().map(|r| r.name.as_str()).filter(|name| !fired.contains(*name)).collect();
    assert_eq!(silent, [""; 0], "rules without an example");
}

const OWN: &str = "
version: 1
rules:
  - rule: no-web-delete
    title: The web process is restarted, never deleted
    resource: [pm2-process]
    verb: [destroy]
    targets: [web]
    level: deny
    says: \"{does} `{targets}`, which holds the sessions\"
    help: restart it
    examples:
      - bad: pm2 delete web
      - good: pm2 restart web
";

#[test]
fn a_rule_of_the_teams_own_is_asked_first() {
    let folder = repository(&[
        (".github/workflows/d.yml", &workflow("pm2 delete web")),
        ("tagout.yml", OWN),
    ]);
    let output = tagout(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("deletes `web`, which holds the sessions"), "{text}");
    let sarif = tagout(folder.path(), &["lint", "--format", "sarif"]).stdout;
    let sarif: Value = serde_json::from_slice(&sarif).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "no-web-delete");
    let output = tagout(folder.path(), &["rules", "test"]);
    assert_eq!(output.stdout, b"1 rules of your own; every example holds\n");
    let output = tagout(folder.path(), &["rules", "test", "pm2 delete web"]);
    assert_eq!(output.stdout, b"no-web-delete\n");
}

#[test]
fn rules_of_a_folder_hold_for_every_repository() {
    let rules = OWN.trim_start_matches("\nversion: 1\nrules:\n").replace("\n  ", "\n");
    let rules = rules.trim_start_matches("  ");
    let folder = repository(&[
        (".github/workflows/d.yml", &workflow("pm2 delete web")),
        ("rules/own.yml", rules),
    ]);
    assert_eq!(tagout(folder.path(), &["lint"]).status.code(), Some(0));
    let output = tagout(folder.path(), &["lint", "--rules", "rules"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What is wrong with the rules after `from` is put in the place of `to`.
fn refused(from: &str, to: &str) -> String {
    assert!(OWN.contains(from), "{from}");
    let folder = repository(&[
        (".github/workflows/d.yml", &workflow("true")),
        ("tagout.yml", &OWN.replace(from, to)),
    ]);
    let output = tagout(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    let folder = folder.path().canonicalize().unwrap();
    text.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn a_rule_that_cannot_work_is_refused_at_its_place() {
    assert_snapshot!(refused("[pm2-process]", "[pm2-proces]"), @"
     × the resource `pm2-proces` is not known; did you mean `pm2-process`?
      ╭─[tagout.yml:6:16]
    5 │     title: The web process is restarted, never deleted
    6 │     resource: [pm2-proces]
      ·                ─────┬────
      ·                     ╰── here
    7 │     verb: [destroy]
      ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("[destroy]", "[destory]"), @"
     × the verb `destory` is not known; did you mean `destroy`?
     │ there are `start`, `reload`, `reset`, `signal`, `change`, `restart`,
     │ `overwrite`, `stop` and `destroy`
      ╭─[tagout.yml:7:12]
    6 │     resource: [pm2-process]
    7 │     verb: [destory]
      ·            ───┬───
      ·               ╰── here
    8 │     targets: [web]
      ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("[pm2-process]\n    verb: [destroy]", "[pm2-dump]\n    verb: [stop]"), @"
     × no program that tagout knows does that to a pm2-dump, so this never
     │ matches; there is `overwrite` and `destroy`
      ╭─[tagout.yml:6:16]
    5 │     title: The web process is restarted, never deleted
    6 │     resource: [pm2-dump]
      ·                ────┬───
      ·                    ╰── here
    7 │     verb: [stop]
      ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("bad: pm2 delete web", "bad: pm2 delete api"), @"
     × `no-web-delete` does not find this example
       ╭─[tagout.yml:13:14]
    12 │     examples:
    13 │       - bad: pm2 delete api
       ·              ───────┬──────
       ·                     ╰── here
    14 │       - good: pm2 restart web
       ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("good: pm2 restart web", "good: pm2 delete web"), @"
     × `no-web-delete` finds this example
       ╭─[tagout.yml:14:15]
    13 │       - bad: pm2 delete web
    14 │       - good: pm2 delete web
       ·               ───────┬──────
       ·                      ╰── here
       ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("      - bad: pm2 delete web\n", ""), @"
     × `no-web-delete` has no example that it finds; add `examples: [{bad: a line
     │ of shell}]`
      ╭─[tagout.yml:4:11]
    3 │ rules:
    4 │   - rule: no-web-delete
      ·           ──────┬──────
      ·                 ╰── here
    5 │     title: The web process is restarted, never deleted
      ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("level: deny", "level: error"), @r#"
     × the level `error` is not known
     │ there are `deny`, `warn` and `note`
       ╭─[tagout.yml:9:12]
     8 │     targets: [web]
     9 │     level: error
       ·            ──┬──
       ·              ╰── here
    10 │     says: "{does} `{targets}`, which holds the sessions"
       ╰────
     help: the format is described in the README, section Configuration
    "#);
    assert_snapshot!(refused("rule: no-web-delete", "rule: pm2-all"), @"
     × there is a rule `pm2-all` already; give it another name
      ╭─[tagout.yml:4:11]
    3 │ rules:
    4 │   - rule: pm2-all
      ·           ───┬───
      ·              ╰── here
    5 │     title: The web process is restarted, never deleted
      ╰────
     help: the format is described in the README, section Configuration
    ");
    assert_snapshot!(refused("    help:", "    hint:"), @r#"
     × the key `hint` is not known here
     │ there are `rule`, `title`, `resource`, `verb`, `scope`, `targets`,
     │ `level`, `ephemeral`, `says`, `help` and `examples`
       ╭─[tagout.yml:11:5]
    10 │     says: "{does} `{targets}`, which holds the sessions"
    11 │     hint: restart it
       ·     ──┬─
       ·       ╰── here
    12 │     examples:
       ╰────
     help: the format is described in the README, section Configuration
    "#);
}

#[test]
fn a_rule_is_explained_and_a_misspelt_one_is_told_with_the_one_that_was_meant() {
    let folder = repository(&[]);
    let page = fs::read("docs/rules/pm2-all.md").unwrap();
    assert_eq!(tagout(folder.path(), &["explain", "pm2-all"]).stdout, page);
    assert_eq!(tagout(folder.path(), &["rules", "show", "pm2-all"]).stdout, page);
    let output = tagout(folder.path(), &["explain", "pm2-al"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("there is no rule `pm2-al`; did you mean `pm2-all`?"), "{text}");
    let list = String::from_utf8(tagout(folder.path(), &["rules"]).stdout).unwrap();
    assert_eq!(list.lines().count(), rules().len());
    assert!(list.contains("deny  pm2-all "), "{list}");
}
