//! All the places and forms in which a workflow can hide what it runs, and text that only looks
//! like it: the tables beside this file. Each case is a repository of its own.
//!
//! A table is a list of groups. A group lists cases by what tagout must say of them at worst:
//!
//! | key | meaning |
//! |---|---|
//! | `deny`, `warn`, `none` | a finding of that level and none above; `none` allows notes |
//! | `raised` | `deny` or `warn` |
//! | `files` | files that every case of the group finds in its repository |
//! | `where: hosted` | the job is on a machine that is thrown away, not on a shared one |
//!
//! A case is a script; or it is a `workflow`, the `steps` or the one `step` of a job on a shared
//! host, or, with `hosted`, one of a job on a machine that is thrown away; with `files` of its own.
//!
//! `HIDING='words' cargo test --test hiding -- --nocapture` tries the cases that have these words.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    path::{Component, Path},
    process::Command,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    what: String,
    #[serde(default)]
    deny: Vec<Case>,
    #[serde(default)]
    warn: Vec<Case>,
    #[serde(default)]
    raised: Vec<Case>,
    #[serde(default)]
    none: Vec<Case>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    r#where: Where,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Where {
    #[default]
    Shared,
    Hosted,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    Script(String),
    Written(Box<Written>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    workflow: Option<String>,
    steps: Option<Value>,
    step: Option<Value>,
    hosted: Option<Value>,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

impl Case {
    /// The workflow of the case, as text.
    fn workflow(&self, place: Where) -> String {
        let of_steps = |steps: Value, place| {
            let runs_on = match place {
                Where::Shared => "self-hosted",
                Where::Hosted => "ubuntu-latest",
            };
            // JSON is YAML.
            json!({"on": "push", "jobs": {"d": {"runs-on": runs_on, "steps": steps}}}).to_string()
        };
        let written = match self {
            Self::Script(script) => return of_steps(json!([{"run": script}]), place),
            Self::Written(written) => written.as_ref(),
        };
        match written {
            Written { workflow: Some(workflow), .. } => workflow.clone(),
            Written { steps: Some(steps), .. } => of_steps(steps.clone(), place),
            Written { step: Some(step), .. } => of_steps(json!([step]), place),
            Written { hosted: Some(step), .. } => of_steps(json!([step]), Where::Hosted),
            _ => panic!("a case has a `workflow`, `steps`, a `step` or `hosted`"),
        }
    }

    fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        match self {
            Self::Script(_) => None,
            Self::Written(written) => Some(&written.files),
        }
        .into_iter()
        .flatten()
    }

    fn shown(&self) -> String {
        match self {
            Self::Script(script) => script.clone(),
            Self::Written(written) => {
                let files =
                    written.files.iter().map(|(path, text)| format!("--- {path}\n{text}\n"));
                format!("{}\n{}", self.workflow(Where::Shared), files.collect::<String>())
            }
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The worst level of what is found in each folder of this one: its number, and the level.
fn worst(folder: &Path) -> HashMap<usize, &'static str> {
    let output = Command::new(env!("CARGO_BIN_EXE_tagout"))
        .args(["lint", "--format", "json", "."])
        .current_dir(folder)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut worst = HashMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let path = Path::new(finding["path"].as_str().unwrap());
        let mut parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
        let number = parts.next().unwrap().parse().unwrap();
        let level = match finding["level"].as_str().unwrap() {
            "deny" => "deny",
            "warn" => "warn",
            _ => continue,
        };
        let held = worst.entry(number).or_insert(level);
        if level == "deny" {
            *held = level;
        }
    }
    worst
}

fn check(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hiding").join(table);
    let groups: Vec<Group> = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let only = env::var("HIDING").unwrap_or_default();
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for group in &groups {
        let levels = [&group.deny, &group.warn, &group.raised, &group.none];
        for (cases, level) in levels.into_iter().zip(["deny", "warn", "raised", "none"]) {
            for case in cases.iter().filter(|case| case.shown().contains(&only)) {
                let repository = folder.path().join(expected.len().to_string());
                write(&repository.join(".github/workflows/d.yml"), &case.workflow(group.r#where));
                for (path, text) in group.files.iter().chain(case.files()) {
                    write(&repository.join(path), text);
                }
                expected.push((&group.what, level, case));
            }
        }
    }
    if expected.is_empty() {
        return;
    }
    let found = worst(folder.path());
    let mut wrong = Vec::new();
    for (number, (what, level, case)) in expected.iter().enumerate() {
        let got = found.get(&number).copied().unwrap_or("none");
        let is_right = got == *level || (*level == "raised" && got != "none");
        if !is_right {
            wrong.push(format!("{what}: expected {level}, got {got}: {}", case.shown()));
        }
    }
    let (wrong, total) = (wrong.join("\n"), expected.len());
    assert!(wrong.is_empty(), "of {total} cases in {table} these are wrong:\n{wrong}");
}

#[test]
fn whatever_way_a_workflow_is_written() {
    check("workflows.yml");
}

#[test]
fn values_of_expressions_and_of_steps_before() {
    check("expressions.yml");
}

#[test]
fn inputs_of_actions() {
    check("actions.yml");
}

#[test]
fn words_of_a_shell() {
    check("shell.yml");
}

#[test]
fn programs_that_run_programs() {
    check("wrappers.yml");
}

#[test]
fn machines_that_are_reached_from_others() {
    check("remote.yml");
}

#[test]
fn files_that_are_run() {
    check("files.yml");
}

#[test]
fn code_of_other_languages() {
    check("languages.yml");
}
