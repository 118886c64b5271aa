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
    assert_snapshot!(show("notes.txt", "buy: [milk"), @r#"
    - / - | Host("an unnamed runner") | Shell | this line
      1:1 buy: [milk
    1:6 this is not valid YAML: unclosed bracket '['; look at the indentation and the quotes here and just above
    "#);
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
    d / - | Host("x") | Shell | run
      7:14 "never closed
    8:1 this is not valid YAML: invalid indentation in multiline quoted scalar; look at the indentation and the quotes here and just above
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

/// A workflow the first step of which makes it no YAML.
fn broken(first: &str) -> String {
    format!(
        "
jobs:
  deploy:
    runs-on: production
    steps:
      - name: First
{first}
      - name: Second
        uses: appleboy/ssh-action@v1
        with:
          host: prod
          script: |
            pm2 delete all
"
    )
}

#[test]
fn steps_after_a_mistake_are_read_each_by_itself() {
    assert_snapshot!(show(GITHUB, &broken("        run: echo \"a\": b: c")), @r#"
    deploy / - | Host("production") | Shell | run
      7:14 echo "a": b: c
    deploy / Second | Remote("prod") | Shell | appleboy/ssh-action script
      13:13 pm2 delete all
    7:22 this is not valid YAML: mapping values are not allowed in this context; put text with `: ` in it in quotes
    "#);
    assert_snapshot!(show(GITHUB, &broken("        run: [never closed")), @r#"
    deploy / - | Host("production") | Shell | run
      7:14 [never closed
    deploy / Second | Remote("prod") | Shell | appleboy/ssh-action script
      13:13 pm2 delete all
    7:14 `run` should be a script, but is a list
    8:13 this is not valid YAML: illegal placement of ':' indicator; look at the indentation and the quotes here and just above
    "#);
    assert_snapshot!(show(GITHUB, &broken("\t\trun: pm2 stop all")), @r#"
    deploy / - | Host("production") | Shell | run
      7:8 pm2 stop all
    deploy / Second | Remote("prod") | Shell | appleboy/ssh-action script
      13:13 pm2 delete all
    6:15 this is not valid YAML: while scanning a plain scalar, found a tab; look at the indentation and the quotes here and just above
    "#);
}

#[test]
fn a_step_that_is_no_yaml_is_read_by_its_keys() {
    assert_snapshot!(show(GITHUB, "
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - name: Deploy: now: really
        uses: appleboy/ssh-action@v1
        with:
          host: prod
          script: |
            cd /srv
            pm2 delete all
      - {name: x, run: pm2 list
      - run: 'pm2 kill'
"), @r#"
    deploy / - | Remote("prod") | Shell | appleboy/ssh-action script
      11:13 cd /srv
      12:13 pm2 delete all
    deploy / - | Ephemeral("ubuntu-latest") | Shell | this line
      13:9 {name: x, run: pm2 list
    deploy / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      14:15 pm2 kill
    6:21 this is not valid YAML: mapping values are not allowed in this context; put text with `: ` in it in quotes
    "#);
}

#[test]
fn text_at_the_left_margin_of_a_script_belongs_to_it() {
    assert_snapshot!(show(GITHUB, &broken("        run: |
          python3 -c \"
import os
os.system('pm2 kill')
\"
          pm2 stop all")), @r#"
    deploy / First | Host("production") | Shell | run
      8:11 python3 -c "
      9:1 import os
      10:1 os.system('pm2 kill')
      11:1 "
      12:11 pm2 stop all
    deploy / Second | Remote("prod") | Shell | appleboy/ssh-action script
      18:13 pm2 delete all
    9:1 this is not valid YAML: indent this like the lines before it; YAML takes its text for the end of the script
    "#);
}

#[test]
fn a_file_without_steps_is_read_by_its_lines() {
    assert_snapshot!(show("notes.yml", "deploy: [\n  - pm2 delete all\n# pm2 kill\nscript: pm2 list\n"), @r#"
    - / - | Host("an unnamed runner") | Shell | this line
      1:1 deploy: [
    - / - | Host("an unnamed runner") | Shell | this line
      2:5 pm2 delete all
    - / - | Host("an unnamed runner") | Shell | this line
      4:9 pm2 list
    2:3 this is not valid YAML: "-" is only valid inside a block; look at the indentation and the quotes here and just above
    "#);
}

#[test]
fn a_key_that_stands_twice_is_told() {
    assert_snapshot!(show(GITHUB, "
jobs:
  d:
    runs-on: x
    steps:
      - run: pm2 list
        run: pm2 kill
"), @r#"
    d / step 1 | Host("x") | Shell | run
      7:14 pm2 kill
    7:9 `run` stands twice here, so runners refuse the file; the last one was read
    "#);
}
