use super::*;
use insta::assert_snapshot;

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
fn a_shell_that_is_a_command_goes_with_the_script() {
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
    d / step 1 | Ephemeral("ubuntu-latest") | Shell | run
      7:14 echo hi
      by 6:16 bash -c "pm2 delete all; bash {0}"
    d / step 2 | Remote("deploy@prod") | Shell | run
      9:14 pm2 list
      by 8:16 ssh deploy@prod bash -s {0}
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
fn a_script_is_taken_as_it_is() {
    assert_snapshot!(show("bin/deploy", "#!/bin/sh\npm2 delete all\n"), @r#"
    - / - | Host("where it is run") | Shell | deploy
      1:1 #!/bin/sh
      2:1 pm2 delete all
    "#);
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
