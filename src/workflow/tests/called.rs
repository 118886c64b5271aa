use super::*;
use insta::assert_snapshot;
use std::fs;

/// What reading the first of these files of a repository gives.
fn show_repository(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = folder.path().join(files[0].0).display().to_string();
    show(&path, files[0].1)
}

const RESTART: (&str, &str) = (
    ".github/actions/restart/action.yml",
    "inputs: {app: {default: all}, how: {default: restart}}\nruns:\n  using: composite\n  steps:\n    \
     - {shell: bash, run: 'pm2 ${{ inputs.how }} ${{ inputs.app }}'}\n",
);

#[test]
fn a_local_action_is_read_with_what_it_is_given_where_its_job_runs() {
    assert_snapshot!(show_repository(&[(GITHUB, "
jobs:
  d:
    runs-on: production
    env: {A: '${{ matrix.x }}'}
    strategy: {matrix: {x: [web, api]}}
    steps:
      - uses: ./.github/actions/restart
        with: {App: '${{ matrix.x }}'}
      - uses: ./.github/actions/restart
        with: {app: '${{ secrets.APP }}', how: stop}
      - uses: ./.github/actions/none
"), RESTART]), @r#"
    d / step 1 | Host("production") | Shell | ./.github/actions/restart > run
      5:27 pm2 ${{ inputs.how }} ${{ inputs.app }}
      A="${{ matrix.x }}"
      GITHUB_ACTION_PATH="./.github/actions/restart"
    d / step 1 | Host("production") | Shell | ./.github/actions/restart > run
      5:27 pm2 ${{ inputs.how }} ${{ inputs.app }}
      A="${{ matrix.x }}"
      GITHUB_ACTION_PATH="./.github/actions/restart"
    12:15 `./.github/actions/none` is not in the repository, or is too large for a script; it was not read
    "#);
}

#[test]
fn a_reusable_workflow_is_read_with_its_inputs_and_on_its_own_runner() {
    assert_snapshot!(show_repository(&[(GITHUB, "
name: Deploy
jobs:
  prod:
    uses: ./.github/workflows/run.yml
    with: {command: pm2 delete all, runner: production}
  test:
    uses: ./.github/workflows/run.yml
    with: {command: pm2 list, never: true}
  elsewhere:
    uses: octo/shared/.github/workflows/x.yml@v1
"), (".github/workflows/run.yml", "
on:
  workflow_call:
    inputs:
      command: {type: string}
      runner: {type: string, default: ubuntu-latest}
      never: {type: boolean, default: false}
jobs:
  run:
    runs-on: ${{ inputs.runner }}
    steps:
      - run: ${{ inputs.command }}
      - {if: '${{ inputs.never }}', run: never}
")]), @r#"
    prod / run / step 1 | Host("production") | Shell | ./.github/workflows/run.yml > run
      12:14 ${{ inputs.command }}
    test / run / step 1 | Ephemeral("ubuntu-latest") | Shell | ./.github/workflows/run.yml > run
      12:14 ${{ inputs.command }}
    test / run / step 2 | Ephemeral("ubuntu-latest") | Shell | ./.github/workflows/run.yml > run
      13:42 never
    11:11 `octo/shared/.github/workflows/x.yml@v1` is in another repository; it was not read
    "#);
}

#[test]
fn actions_use_actions_and_cycles_end() {
    let action = |inner: &str| {
        format!("runs: {{using: composite, steps: [{{uses: {inner}}}, {{run: a}}]}}\n")
    };
    assert_snapshot!(show_repository(&[
        (GITHUB, "jobs: {d: {runs-on: x, steps: [{uses: ./a}]}}"),
        ("a/action.yml", &action("./b")),
        ("b/action.yaml", &action("./a")),
    ]), @r#"
    d / step 2 | Host("x") | Shell | ./a > ./b > run
      1:53 a
      GITHUB_ACTION_PATH="./b"
    d / step 2 | Host("x") | Shell | ./a > run
      1:53 a
      GITHUB_ACTION_PATH="./a"
    1:41 `./a` uses itself, so runners refuse it
    "#);
    let mut files =
        vec![(GITHUB.to_owned(), "jobs: {d: {runs-on: x, steps: [{uses: ./a0}]}}".to_owned())];
    for n in 0..20 {
        files.push((format!("a{n}/action.yml"), action(&format!("./a{}", n + 1))));
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_snapshot!(show_repository(&files).lines().last().unwrap(), @"1:41 `./a10` is used through more than 10 others; it was not read");
}

#[test]
fn what_node_and_containers_run_for_an_action_is_read() {
    assert_snapshot!(show_repository(&[
        (GITHUB, "
jobs:
  d:
    runs-on: x
    steps:
      - uses: ./node
      - uses: ./docker
      - uses: ./image
      - uses: ./built
"),
        ("node/action.yml", "runs: {using: node20, main: dist/main.js, post: dist/none.js}\n"),
        ("node/dist/main.js", "exec('pm2 kill')\n"),
        ("docker/action.yml", "runs: {using: docker, image: Dockerfile, entrypoint: /entrypoint.sh}\n"),
        ("docker/entrypoint.sh", "#!/bin/sh\npm2 kill\n"),
        ("image/action.yml", "runs: {using: docker, image: 'docker://alpine', args: [sh, -c, \"echo 'a b'\"]}\n"),
        ("built/action.yml", "runs: {using: docker, image: Dockerfile}\n"),
    ]), @r#"
    d / step 1 | Host("x") | JavaScript | ./node > main
      1:1 exec('pm2 kill')
      GITHUB_ACTION_PATH="./node"
    d / step 2 | Host("x") | Shell | ./docker > entrypoint
      1:1 #!/bin/sh
      2:1 pm2 kill
      GITHUB_ACTION_PATH="./docker"
    d / step 3 | Host("x") | Shell | ./image > args
      1:56 'sh' '-c' 'echo '\''a b'\'''
      GITHUB_ACTION_PATH="./image"
    1:30 what this container runs is in its image; it was not read
    1:49 `dist/none.js` is not in the repository, or is too large for a script; it was not read
    "#);
}

#[test]
fn a_retried_action_is_read_as_the_action_that_it_retries() {
    assert_snapshot!(show(GITHUB, "
jobs:
  d:
    runs-on: ubuntu-latest
    steps:
      - uses: Wandalen/wretry.action@v3
        with:
          action: appleboy/ssh-action@v1
          with: |
            host: prod
            script: |
              cd /srv

              pm2 delete all
"), @r#"
    d / step 1 | Remote("prod") | Shell | appleboy/ssh-action script
      12:15 cd /srv
      13:1 
      14:15 pm2 delete all
    "#);
}

#[test]
fn a_script_that_is_an_expression_is_said() {
    assert_snapshot!(show(GITHUB, "
jobs:
  d:
    runs-on: x
    steps:
      - run: ${{ secrets.DEPLOY }}
"), @r#"
    d / step 1 | Host("x") | Shell | run
      6:14 ${{ secrets.DEPLOY }}
    6:14 what this runs is only known at run time: ${{ secrets.DEPLOY }}
    "#);
}
