use super::*;
use crate::{
    config::RunnerPlace,
    source::{Location, Place},
};
use insta::assert_snapshot;

/// What reading `text` as the file `path` gives: for each script its place, language and steps,
/// and its lines with the line and column at which each is written; then the problems.
fn show(path: &str, text: &str) -> String {
    show_with(path, text, &Config::default())
}

fn show_with(path: &str, text: &str, config: &Config) -> String {
    let reading = read(Arc::new(SourceFile::new(path, text)), config);
    let mut shown = String::new();
    for script in &reading.scripts {
        let via: Vec<&str> = script.via.iter().map(|hop| hop.step.as_str()).collect();
        let origin = [&script.origin.job, &script.origin.step].map(|o| o.as_deref().unwrap_or("-"));
        let head = format!("{} | {:?} | {:?}", origin.join(" / "), script.place, script.language);
        let folder = script.folder.as_ref().map(|folder| format!(" | in {}", folder.as_str()));
        shown += &format!("{head} | {}{}\n", via.join(" > "), folder.unwrap_or_default());
        let mut at = 0;
        for line in script.text.as_str().split_inclusive('\n') {
            let location = script.text.locate(at..at + line.len()).unwrap();
            shown += &format!("  {} {}\n", position(&location), line.trim_end_matches('\n'));
            at += line.len();
        }
        for (name, value) in &script.env {
            shown += &format!("  {name}={:?}\n", value.as_str());
        }
    }
    for problem in &reading.problems {
        shown += &format!("{} {}\n", position(&problem.location), problem.kind);
    }
    shown
}

fn position(location: &Location) -> String {
    let start = location.file.line_column(location.range.start);
    format!("{}:{}", start.line, start.column)
}

const GITHUB: &str = ".github/workflows/deploy.yml";
const GITEA: &str = ".gitea/workflows/deploy.yml";

#[test]
fn run_and_ssh_action_scripts_are_found_with_their_lines() {
    assert_snapshot!(show(GITHUB, r#"
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - name: Restart
        uses: appleboy/ssh-action@v1
        with:
          host: prod
          username: deploy
          script: |
            cd /srv/app

            pm2 delete all
"#), @r#"
    deploy / step 2 | Ephemeral("ubuntu-latest") | Shell | run
      8:14 npm ci
    deploy / Restart | Remote("deploy@prod") | Shell | appleboy/ssh-action script
      15:13 cd /srv/app
      16:1 
      17:13 pm2 delete all
    "#);
}

#[test]
fn every_style_of_yaml_gives_the_same_script() {
    for run in [
        "pm2 delete all",
        "'pm2 delete all'",
        "\"pm2 delete\\x20all\"",
        ">-\n          pm2\n          delete\n          all",
        "|-\n          pm2 delete all",
        "|2-\n          pm2 delete all",
        "!!str pm2 delete all",
        "&script pm2 delete all",
    ] {
        let text = format!(
            "jobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - name: x\n        run: {run}\n"
        );
        let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
        let [script] = reading.scripts.as_slice() else { panic!("{run}: {reading:?}") };
        assert_eq!(script.text.as_str().trim_start(), "pm2 delete all", "{run}");
        assert_eq!(reading.problems.len(), 0, "{run}");
    }
}

#[test]
fn a_github_hosted_label_is_a_thrown_away_machine_and_every_other_one_a_host() {
    let jobs = r#"
jobs:
  hosted: {runs-on: ubuntu-24.04, steps: [{run: a}]}
  hosted-list: {runs-on: [Windows-2022], steps: [{run: a}]}
  own: {runs-on: [self-hosted, linux], steps: [{run: a}]}
  label: {runs-on: production, steps: [{run: a}]}
  group: {runs-on: {group: big, labels: [ubuntu-latest]}, steps: [{run: a}]}
  unknown: {runs-on: "${{ inputs.runner }}", steps: [{run: a}]}
  missing: {steps: [{run: a}]}
  odd: {runs-on: [[]], steps: [{run: a}]}
  endless: {runs-on: &r {labels: *r}, steps: [{run: a}]}
"#;
    assert_snapshot!(show(GITHUB, jobs), @r#"
    hosted / step 1 | Ephemeral("ubuntu-24.04") | Shell | run
      3:49 a
    hosted-list / step 1 | Ephemeral("Windows-2022") | PowerShell | run
      4:56 a
    own / step 1 | Host("self-hosted, linux") | Shell | run
      5:54 a
    label / step 1 | Host("production") | Shell | run
      6:46 a
    group / step 1 | Host("group big, ubuntu-latest") | Shell | run
      7:73 a
    unknown / step 1 | Host("${{ inputs.runner }}") | Shell | run
      8:60 a
    missing / step 1 | Host("an unnamed runner") | Shell | run
      9:27 a
    odd / step 1 | Host("an unnamed runner") | Shell | run
      10:38 a
    endless / step 1 | Host("an unnamed runner") | Shell | run
      11:53 a
    "#);
    assert_snapshot!(show(GITEA, jobs).lines().next().unwrap(), @r#"hosted / step 1 | Host("ubuntu-24.04") | Shell | run"#);
}

#[test]
fn a_matrix_of_runners_counts_as_its_shared_one() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  safe:
    strategy: {matrix: {os: [ubuntu-latest, macos-14]}}
    runs-on: ${{ matrix.os }}
    steps: [{run: a}]
  mixed:
    strategy: {matrix: {os: [ubuntu-latest], include: [{os: [self-hosted, prod]}]}}
    runs-on: ${{matrix.os}}
    steps: [{run: a}]
  windows:
    strategy: {matrix: {os: [windows-2022, windows-2025]}}
    runs-on: ${{ matrix.os }}
    steps: [{run: a}]
"#), @r#"
    safe / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      6:19 a
    mixed / step 1 | Host("self-hosted, prod") | Shell | run
      10:19 a
    windows / step 1 | Ephemeral("windows-2022") | PowerShell | run
      14:19 a
    "#);
}

#[test]
fn a_job_container_is_apart_from_its_host_unless_it_is_given_something_of_it() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  apart: {runs-on: self-hosted, container: node:22, steps: [{run: a}]}
  image: {runs-on: self-hosted, container: {image: node:22}, steps: [{run: a}]}
  socket:
    runs-on: self-hosted
    container: {image: docker, volumes: ["/var/run/docker.sock:/var/run/docker.sock"]}
    steps: [{run: a}]
"#), @r#"
    apart / step 1 | Ephemeral("the job's container") | Shell | run
      3:67 a
    image / step 1 | Ephemeral("the job's container") | Shell | run
      4:76 a
    socket / step 1 | Host("self-hosted") | Shell | run
      8:19 a
    "#);
    assert_snapshot!(show(GITEA, r#"
jobs:
  gitea: {runs-on: ubuntu-latest, container: node:22, steps: [{run: a}]}
"#), @r#"
    gitea / step 1 | Host("ubuntu-latest") | Shell | run
      3:69 a
    "#);
}

#[test]
fn the_configuration_says_what_stands_behind_a_label() {
    let mut config = Config::default();
    config.runners.insert("ubuntu-latest".to_owned(), RunnerPlace::Ephemeral);
    config.runners.insert("ubuntu-22.04".to_owned(), RunnerPlace::Host);
    let jobs = "jobs:\n  a: {runs-on: ubuntu-latest, steps: [{run: a}]}\n  \
                b: {runs-on: ubuntu-22.04, steps: [{run: b}]}\n";
    assert_snapshot!(show_with(GITEA, jobs, &config), @r#"
    a / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      2:45 a
    b / step 1 | Host("ubuntu-22.04") | Shell | run
      3:44 b
    "#);
    assert_snapshot!(show_with(GITHUB, jobs, &config), @r#"
    a / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      2:45 a
    b / step 1 | Host("ubuntu-22.04") | Shell | run
      3:44 b
    "#);
}

#[test]
fn an_ssh_action_is_named_by_its_machine_as_it_is_written() {
    assert_snapshot!(show(GITEA, r#"
jobs:
  d:
    runs-on: docker
    env: {APP: web, TOKEN: x}
    steps:
      - uses: https://github.com/appleboy/ssh-action@v1
        with: {host: "${{ secrets.HOST }}", username: deploy, envs: "APP,GITHUB_SHA", script: a}
      - uses: appleboy/ssh-action@v1
        with: {Host: prod, Script: b}
      - uses: appleboy/ssh-action@v1
        with: {script: c}
      - uses: easingthemes/ssh-deploy@v2
        env: {REMOTE_HOST: prod, REMOTE_USER: root, SCRIPT_AFTER: d}
"#), @r#"
    d / step 1 | Remote("${{ secrets.HOST }}") | Shell | appleboy/ssh-action script
      8:95 a
      APP="web"
    d / step 2 | Remote("prod") | Shell | appleboy/ssh-action script
      10:36 b
    d / step 3 | Remote("appleboy/ssh-action") | Shell | appleboy/ssh-action script
      12:24 c
    d / step 4 | Remote("root@prod") | Shell | easingthemes/ssh-deploy SCRIPT_AFTER
      14:67 d
    "#);
}

#[test]
fn the_shell_of_the_step_the_job_the_workflow_or_the_runner_is_the_language() {
    assert_snapshot!(show(GITHUB, r#"
defaults: {run: {shell: sh}}
jobs:
  d:
    runs-on: ubuntu-latest
    defaults: {run: {shell: python}}
    steps:
      - run: job
      - {run: step, shell: bash}
  w:
    runs-on: windows-latest
    steps: [{run: workflow}]
  r:
    runs-on: windows-latest
    defaults: {run: {shell: }}
    steps: [{run: job}]
"#), @r#"
    d / step 1 | Ephemeral("ubuntu-latest") | Python | run
      8:14 job
    d / step 2 | Ephemeral("ubuntu-latest") | Shell | run
      9:15 step
    w / step 1 | Ephemeral("windows-latest") | Shell | run
      12:19 workflow
    r / step 1 | Ephemeral("windows-latest") | Shell | run
      16:19 job
    "#);
    assert_snapshot!(show(GITHUB, r#"
jobs:
  w: {runs-on: windows-latest, steps: [{run: runner}]}
"#), @r#"
    w / step 1 | Ephemeral("windows-latest") | PowerShell | run
      3:46 runner
    "#);
}

#[test]
fn the_folder_of_the_step_wins_over_that_of_the_job() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  d:
    runs-on: x
    defaults: {run: {working-directory: /srv/app}}
    steps:
      - run: a
      - {run: b, working-directory: "${{ env.DIR }}"}
"#), @r#"
    d / step 1 | Host("x") | Shell | run | in /srv/app
      7:14 a
    d / step 2 | Host("x") | Shell | run | in ${{ env.DIR }}
      8:15 b
    "#);
}

#[test]
fn a_shell_that_is_a_command_is_a_script_too() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  d:
    runs-on: ubuntu-latest
    steps:
      - shell: bash -c "pm2 delete all; bash {0}"
        run: echo hi
      - shell: ssh deploy@prod bash -s {0}
        run: pm2 list
"#), @r#"
    d / step 1 | Ephemeral("ubuntu-latest") | Shell | shell
      6:16 bash -c "pm2 delete all; bash {0}"
    d / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      7:14 echo hi
    d / step 2 | Ephemeral("ubuntu-latest") | Shell | shell
      8:16 ssh deploy@prod bash -s {0}
    d / step 2 | Remote("deploy@prod") | Shell | run
      9:14 pm2 list
    "#);
}

#[test]
fn variables_of_the_step_win_over_those_of_the_job_and_the_workflow() {
    assert_snapshot!(show(GITHUB, r#"
env: {A: workflow, B: workflow, C: workflow}
jobs:
  d:
    runs-on: x
    env: {B: job, C: job}
    steps:
      - env: {C: step, N: 3}
        run: a
"#), @r#"
    d / step 1 | Host("x") | Shell | run
      9:14 a
      A="workflow"
      B="job"
      C="step"
      N="3"
    "#);
}

#[test]
fn what_is_switched_off_gives_no_scripts() {
    assert_snapshot!(show(GITHUB, r#"
jobs:
  off: {if: false, runs-on: x, steps: [{run: a}]}
  expression: {if: "${{ false }}", runs-on: x, steps: [{run: b}]}
  on:
    runs-on: x
    steps: [{if: false, run: c}, {if: "${{ failure() }}", run: d}, {if: "false || true", run: e}]
"#), @r#"
    on / step 2 | Host("x") | Shell | run
      7:64 d
    on / step 3 | Host("x") | Shell | run
      7:95 e
    "#);
}

#[test]
fn a_composite_action_runs_where_its_caller_does() {
    assert_snapshot!(show(".github/actions/x/action.yml", r#"
name: x
runs:
  using: composite
  steps:
    - {shell: bash, run: pm2 delete all}
    - uses: appleboy/ssh-action@v1
      with: {host: h, script: pm2 kill}
"#), @r#"
    - / step 1 | Host("the caller's runner") | Shell | run
      6:26 pm2 delete all
    - / step 2 | Remote("h") | Shell | appleboy/ssh-action script
      8:31 pm2 kill
    "#);
    assert_eq!(show("action.yml", "name: x\nruns: {using: node20, main: dist/index.js}"), "");
}

#[test]
fn a_script_is_taken_as_it_is() {
    assert_snapshot!(show("bin/deploy", "#!/bin/sh\npm2 delete all\n"), @r#"
    - / - | Host("where it is run") | Shell | deploy
      1:1 #!/bin/sh
      2:1 pm2 delete all
    "#);
}

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

#[test]
fn an_anchored_step_is_found_where_it_is_written() {
    assert_snapshot!(show(GITEA, r#"
x: &restart
  run: pm2 restart all
  env: &env {A: b}
jobs:
  d:
    runs-on: x
    steps:
      - *restart
      - {<<: *restart, name: again}
"#), @r#"
    d / step 1 | Host("x") | Shell | run
      3:8 pm2 restart all
      A="b"
    d / again | Host("x") | Shell | run
      3:8 pm2 restart all
      A="b"
    "#);
}

/// All texts that the first script of a workflow can come to.
fn alternatives(text: &str) -> Vec<String> {
    let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
    reading.scripts[0].alternatives().iter().map(|way| way.text.as_str().to_owned()).collect()
}

#[test]
fn an_expression_comes_to_each_value_that_the_file_gives_it() {
    let job = |around: &str, run: &str| {
        format!(
            "{around}\njobs:\n  d:\n    strategy: {{matrix: {{cmd: [pm2 list, pm2 delete all], n: \
                 [1, 2, 3, 4, 5, 6, 7, 8, 9], include: [{{cmd: ls}}]}}}}\n    runs-on: x\n    env: {{APP: \
                 web, OPEN: '${{{{ secrets.X }}}}'}}\n    steps: [{{run: '{run}'}}]\n"
        )
    };
    let matrix = alternatives(&job("", "${{ matrix.cmd }} -- ${{matrix.cmd}}"));
    assert_eq!(matrix, ["pm2 list -- pm2 list", "pm2 delete all -- pm2 delete all", "ls -- ls"]);
    assert_eq!(
        alternatives(&job("", "a ${{ env.APP }} ${{ env.OPEN }}")),
        ["a web ${{ secrets.X }}"]
    );
    assert_eq!(alternatives(&job("", "${{ github.sha }} ${{ matrix.none }}")).len(), 1);
    assert_eq!(alternatives(&job("", "${{ matrix.n }} ${{ matrix.cmd }}")).len(), 19);

    let dispatch = "on: {workflow_dispatch: {inputs: {app: {default: all}, \
                    env: {type: choice, options: [test, prod]}, free: {}}}}";
    let run = "pm2 delete ${{ inputs.app }}";
    assert_eq!(alternatives(&job(dispatch, run)), ["pm2 delete all", run]);
    let choice =
        alternatives(&job(dispatch, "x ${{ github.event.inputs.env }} ${{ inputs.free }}"));
    assert_eq!(choice, ["x test ${{ inputs.free }}", "x prod ${{ inputs.free }}"]);
}

#[test]
fn what_an_expression_comes_to_is_found_at_the_expression() {
    let text = "jobs:\n  d:\n    runs-on: x\n    env: {T: all}\n    steps: [{run: 'pm2 delete ${{ env.T }} x'}]";
    let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
    let filled = &reading.scripts[0].alternatives()[0].text;
    assert_eq!(filled.as_str(), "pm2 delete all x");
    let written = |range| &text[filled.locate(range).unwrap().range];
    assert_eq!(written(11..14), "${{ env.T }}");
    assert_eq!(written(0..14), "pm2 delete ${{ env.T }}");
    assert_eq!(written(15..16), "x");
}

#[test]
fn every_action_of_the_table_gives_the_code_of_its_example() {
    for action in Actions::built_in().unwrap().iter() {
        let uses = action.uses.replace('*', ":latest");
        let mut text = format!(
            "jobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}@v1\n        with:\n"
        );
        for (name, value) in &action.example.with {
            text += &format!("          {name}: {value:?}\n");
        }
        let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
        let [script] = reading.scripts.as_slice() else { panic!("{}: {reading:?}", action.uses) };
        let (Place::Ephemeral(place) | Place::Host(place) | Place::Remote(place)) = &script.place;
        assert_eq!(script.text.as_str(), action.example.code, "{}", action.uses);
        assert_eq!(*place, action.example.place, "{}", action.uses);
        assert_eq!(script.language, action.language, "{}", action.uses);
    }
}
