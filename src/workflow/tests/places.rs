use super::*;
use insta::assert_snapshot;

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
    endless / step 1 | Host("${{ … }}") | Shell | run
      11:53 a
    "#);
    assert_snapshot!(show(GITEA, jobs).lines().next().unwrap(), @r#"hosted / step 1 | Host("ubuntu-24.04") | Shell | run"#);
}

#[test]
fn the_rows_of_a_matrix_run_on_the_runners_that_they_name() {
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
    mixed / step 1 | Ephemeral("ubuntu-latest") | Shell | run
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
    assert_snapshot!(show("action.yml", "runs: {using: node20, main: dist/none.js}"), @"1:29 `dist/none.js` is not in the repository, or is too large for a script; it was not read");
}
