use super::*;
use insta::assert_snapshot;

#[test]
fn odd_keys_and_types_hide_nothing_and_are_told() {
    assert_snapshot!(show(GITHUB, r#"
on: [push, {x: y}]
strange: {a: [1]}
env: not a mapping
jobs:
  a: 3
  b: {runs-on: x, steps: 3}
  c:
    runs-on: x
    with: {a: b}
    steps:
      - text
      - run: [a, b]
      - name: [x]
        uses: {a: b}
        with: text
        env: "${{ x }}"
        run: fine
"#), @r#"
    c / step 3 | Host("x") | Shell | run
      18:14 fine
    6:6 `a` should be a job, but is a single value
    7:26 `steps` should be a list of steps, but is a single value
    12:9 `steps[0]` should be a step, but is a single value
    13:14 `run` should be a script, but is a list
    "#);
    assert_snapshot!(show(GITHUB, "jobs: 3"), @"1:7 `jobs` should be a mapping of jobs, but is a single value");
}

#[test]
fn what_is_not_a_workflow_is_told() {
    assert_snapshot!(show(GITHUB, ""), @"1:1 the file is empty");
    assert_snapshot!(show(GITHUB, "# nothing\n"), @"1:1 the file is empty");
    assert_snapshot!(show(GITHUB, "a: b"), @"1:1 this is neither a workflow (it has no `jobs`) nor an action (it has no `runs`)");
    assert_snapshot!(show(GITHUB, "just text"), @"1:1 this is neither a workflow (it has no `jobs`) nor an action (it has no `runs`)");
    assert_snapshot!(show("notes.txt", "buy: [milk"), @"1:6 this is not valid YAML: unclosed bracket '['");
}

#[test]
fn scripts_before_a_syntax_error_are_still_read() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  d:
    runs-on: x
    steps:
      - run: pm2 delete all
      - run: "never closed
"#), @r#"
    d / step 1 | Host("x") | Shell | run
      6:14 pm2 delete all
    8:1 this is not valid YAML: invalid indentation in multiline quoted scalar
    "#);
}

#[test]
fn bytes_that_are_not_utf8_are_told_and_move_nothing() {
    let text = b"jobs: {d: {runs-on: x, steps: [{name: \xff, run: a}]}}";
    let file = Arc::new(SourceFile::of_bytes(GITHUB, text.to_vec()));
    let reading = read(file, &Config::default());
    assert_eq!(reading.problems[0].kind, ProblemKind::NotUtf8);
    assert_eq!(reading.problems[0].location.range, 38..39);
    assert_eq!(reading.scripts[0].text.location().unwrap().range, 46..47);
}

#[test]
fn an_alias_bomb_of_steps_is_cut_off_and_told() {
    let mut text = "s: &s [".to_owned() + &"{run: a}, ".repeat(500) + "]\njobs:\n";
    for job in 0..500 {
        text += &format!("  j{job}: {{runs-on: x, steps: *s}}\n");
    }
    let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
    assert_eq!(reading.scripts.len(), 10_000);
    assert_eq!(reading.problems[0].kind, ProblemKind::TooManySteps(10_000));
    assert_eq!(reading.problems.len(), 1);
}
