//! `tagout lint`, as a person runs it: a repository in a folder, the real program, what it prints.

mod support;

use insta::assert_snapshot;
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};
use support::{findings, repository, tagout, workflow};

fn printed(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\nexit {}", lines.join("\n"), output.status.code().unwrap())
}

/// The findings on a script that runs on a host that others share.
fn on_a_shared_host(script: &str) -> Vec<String> {
    let folder = repository(&[(".github/workflows/deploy.yml", &workflow(script))]);
    let all = findings(folder.path(), &[]);
    all.iter().map(|finding| finding.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

const OVER_SSH: &str = r#"on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: appleboy/ssh-action@v1
        with:
          host: prod.example.com
          username: deploy
          script: |
            cd /srv/web
            sudo su - deploy -c "pm2 delete all"
      - uses: shop/health-check@v1
concurrency: deploy
"#;

#[test]
fn a_command_over_ssh_is_denied_with_the_way_that_leads_to_it() {
    let folder = repository(&[(".github/workflows/deploy.yml", OVER_SSH)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint"])), @r#"
    pm2-all

      × deletes every PM2 process that matches `all`, those of other apps too
        ╭─[.github/workflows/deploy.yml:12:34]
      9 │           username: deploy
     10 │           script: |
        ·           ───┬──
        ·              ╰── appleboy/ssh-action script
     11 │             cd /srv/web
     12 │             sudo su - deploy -c "pm2 delete all"
        ·             ──┬─ ─┬              ───────┬──────
        ·               │   │                     ╰── on deploy@prod.example.com
        ·               │   ╰── su -c
        ·               ╰── sudo
     13 │       - uses: shop/health-check@v1
        ╰────
      help: name the processes of this app, or give PM2 its ecosystem file

    1 denied; read 1 script in 1 file
    exit 1
    "#);
}

#[test]
fn the_json_report_names_the_very_bytes_of_the_command() {
    let folder = repository(&[(".github/workflows/deploy.yml", OVER_SSH)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint", "--format", "json"])), @r#"
    {
      "version": 1,
      "tool": {
        "name": "tagout",
        "version": "0.1.0"
      },
      "findings": [
        {
          "rule": "pm2-all",
          "level": "deny",
          "message": "deletes every PM2 process that matches `all`, those of other apps too",
          "path": ".github/workflows/deploy.yml",
          "start": {
            "line": 12,
            "column": 34,
            "byte": 251
          },
          "end": {
            "line": 12,
            "column": 48,
            "byte": 265
          },
          "command": [
            "pm2",
            "delete",
            "all"
          ],
          "effect": {
            "verb": "destroy",
            "resource": "pm2-process",
            "scope": "all",
            "targets": [
              "all"
            ]
          },
          "place": {
            "kind": "remote",
            "name": "deploy@prod.example.com"
          },
          "via": [
            {
              "step": "appleboy/ssh-action script",
              "path": ".github/workflows/deploy.yml",
              "line": 10
            },
            {
              "step": "sudo",
              "path": ".github/workflows/deploy.yml",
              "line": 12
            },
            {
              "step": "su -c",
              "path": ".github/workflows/deploy.yml",
              "line": 12
            }
          ],
          "help": "name the processes of this app, or give PM2 its ecosystem file",
          "fingerprint": "973e676e692416f54bf376bf",
          "suppressed": null
        }
      ],
      "coverage": {
        "files": 1,
        "scripts": 1,
        "analysed": 1,
        "skipped": []
      },
      "summary": {
        "deny": 1,
        "warn": 0,
        "note": 0,
        "suppressed": 0
      }
    }
    exit 1
    "#);
}

#[test]
fn what_runs_on_a_machine_that_is_thrown_away_is_only_noted() {
    let workflow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sudo rm -rf /usr/share; pm2 kill\n";
    let folder = repository(&[(".github/workflows/test.yml", workflow)]);
    assert_eq!(
        findings(folder.path(), &[]),
        [
            "note path-wide .github/workflows/test.yml:6:14",
            "note pm2-daemon .github/workflows/test.yml:6:38",
        ]
    );
    assert_eq!(tagout(folder.path(), &["lint"]).status.code(), Some(0));
}

#[test]
fn gitea_and_forgejo_workflows_run_on_the_owners_host() {
    for forge in [".gitea", ".forgejo"] {
        let path = format!("{forge}/workflows/deploy.yaml");
        let workflow = "on: push\njobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pm2 delete all\n";
        let folder = repository(&[(&path, workflow)]);
        assert_eq!(findings(folder.path(), &[]), [format!("deny pm2-all {path}:6:14")]);
    }
}

#[test]
fn a_reusable_workflow_is_judged_by_what_its_caller_gives_it() {
    let deploy = "on: push
jobs:
  production:
    uses: ./.github/workflows/run.yml
    with: {target: all}
concurrency: deploy
";
    let run = "on:
  workflow_call:
    inputs: {target: {type: string}}
jobs:
  restart:
    runs-on: self-hosted
    steps:
      - uses: ./.github/actions/restart
        with: {target: '${{ inputs.target }}'}
      - uses: shop/health-check@v1
";
    let action = "inputs: {target: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      run: pm2 restart ${{ inputs.target }}
";
    let folder = repository(&[
        (".github/workflows/deploy.yml", deploy),
        (".github/workflows/run.yml", run),
        (".github/actions/restart/action.yml", action),
    ]);
    let linted = tagout(folder.path(), &["lint", ".github/workflows/deploy.yml"]);
    assert_snapshot!(printed(&linted), @"
    pm2-all

      × restarts every PM2 process that matches `all`, those of other apps too
       ╭─[.github/actions/restart/action.yml:6:12]
     5 │     - shell: bash
     6 │       run: pm2 restart ${{ inputs.target }}
       ·       ─┬─  ────────────────┬───────────────
       ·        │                   ╰── on the host of the runner (self-hosted)
       ·        ╰── run
       ╰────
      help: name the processes of this app, or give PM2 its ecosystem file
            it is reached from .github/workflows/deploy.yml:4 ./.github/workflows/run.yml → .github/workflows/run.yml:8 ./.github/actions/restart

    1 denied; read 1 script in 1 file
    exit 1
    ");
}

#[test]
fn an_action_that_the_configuration_names_is_read_as_code() {
    let config = "version: 1
actions:
  - uses: acme/on-host
    inputs: [commands]
    remote: {host: machine}
";
    let workflow = "on: push
jobs:
  d:
    runs-on: ubuntu-latest
    steps:
      - uses: acme/on-host@v2
        with: {machine: prod, commands: pm2 kill}
";
    let folder = repository(&[("tagout.yml", config), (".github/workflows/d.yml", workflow)]);
    assert_eq!(findings(folder.path(), &[]), ["deny pm2-daemon .github/workflows/d.yml:7:41"]);
}

#[test]
fn a_workflow_that_is_not_yaml_is_read_all_the_same() {
    let workflow = "on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - name: Tell: them
        run: echo deploying
      - uses: appleboy/ssh-action@v1
        with:
          host: prod
          script: |
            cat > app.conf <<EOF
server {
}
EOF
            pm2 delete all
";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint"])), @"
    invalid-yaml

      ⚠ this is not valid YAML: mapping values are not allowed in this context; put text with `: ` in it in quotes
       ╭─[.github/workflows/d.yml:6:19]
     5 │     steps:
     6 │       - name: Tell: them
       ·                   ▲
       ·                   ╰── here
     7 │         run: echo deploying
       ╰────
      help: the runner will not run this as it is meant; what tagout could make out of it was read

    pm2-all

      × deletes every PM2 process that matches `all`, those of other apps too
        ╭─[.github/workflows/d.yml:16:13]
     10 │           host: prod
     11 │           script: |
        ·           ───┬──
        ·              ╰── appleboy/ssh-action script
     12 │             cat > app.conf <<EOF
     13 │ server {
     14 │ }
     15 │ EOF
     16 │             pm2 delete all
        ·             ───────┬──────
        ·                    ╰── on prod
        ╰────
      help: name the processes of this app, or give PM2 its ecosystem file

    1 denied, 1 warning; read 2 scripts in 1 file, with 1 gap:
      .github/workflows/d.yml:6: this is not valid YAML: mapping values are not allowed in this context; put text with `: ` in it in quotes
    exit 1
    ");
}

#[test]
fn what_is_not_there_to_be_read_is_in_the_coverage_and_no_finding() {
    let workflow = "on: push
jobs:
  shared: {uses: acme/shared/.github/workflows/deploy.yml@v1}
  own:
    runs-on: self-hosted
    steps:
      - uses: ./.github/actions/none
      - run: ${{ secrets.DEPLOY }}
      - {shell: 'perl {0}', run: print 1}
";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint"])), @"
    nothing to report; read 2 scripts in 1 file, with 4 gaps:
      .github/workflows/d.yml:3: `acme/shared/.github/workflows/deploy.yml@v1` is in another repository; it was not read
      .github/workflows/d.yml:7: `./.github/actions/none` is not in the repository, or is too large for a script; it was not read
      .github/workflows/d.yml:8: what this runs is only known at run time: ${{ secrets.DEPLOY }}
      .github/workflows/d.yml:9: this language is not read yet
    exit 0
    ");
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_is_in_the_coverage_and_the_others_are_read() {
    let folder = repository(&[(".github/workflows/d.yml", &workflow("pm2 list"))]);
    let ran = tagout(folder.path(), &["lint", "/proc/self/mem", ".github"]);
    assert_snapshot!(printed(&ran), @"
    nothing to report; read 1 script in 1 file, with 1 gap:
      /proc/self/mem: it cannot be read: Input/output error (os error 5)
    exit 0
    ");
}

#[test]
fn a_long_message_is_left_for_the_terminal_to_wrap() {
    let tables: Vec<String> = (1..60).map(|number| format!("table_{number}")).collect();
    let script = format!("psql -c 'truncate {}'", tables.join(", "));
    let folder = repository(&[(".github/workflows/d.yml", &workflow(&script))]);
    let text = printed(&tagout(folder.path(), &["lint"]));
    let message = text.lines().find(|line| line.contains("deletes")).unwrap();
    assert!(message.contains("table_1 ") && message.contains("table_30 "), "{text}");
}

#[test]
fn a_command_is_found_however_it_is_reached() {
    for script in [
        "pm2 delete all || true",
        "\"pm2\" 'delete' al\"l\"",
        "TARGET=all; pm2 delete \"$TARGET\"",
        "pm2 delete ${APP:-all}",
        "for verb in stop delete; do pm2 $verb all; done",
        "APPS=(web all)\npm2 delete \"${APPS[@]}\"",
        "nuke() { pm2 \"$1\" all; }\nnuke delete",
        "alias clean='pm2 delete all'\nclean",
        "eval \"pm2 delete all\"",
        "trap 'pm2 delete all' EXIT",
        "OUT=$(pm2 delete all 2>&1)",
        "echo \"done: `pm2 delete all`\"",
        "cat <<EOF\n$(pm2 delete all)\nEOF",
        "case \"$1\" in\n  *) pm2 delete all ;;\nesac",
        "[[ -n $(pm2 delete all) ]] && true",
        "echo all | xargs pm2 delete",
        "echo all | pm2 delete -",
        "cat > /tmp/x.sh <<'EOF'\npm2 delete all\nEOF\nbash /tmp/x.sh",
        "<<EOF bash\npm2 delete all\nEOF",
        "while read -r app; do pm2 delete \"$app\"; done <<< all",
        "{pm2,delete,all}",
        "sudo -u deploy -- env A=1 timeout -k 5 30s nohup pm2 delete all &",
        "test -f x && pm2 restart web || pm2 delete all",
        "node -e \"require('child_process').execSync('pm2 delete all')\"",
        "node <<'EOF'\nconst pm2 = require('pm2');\npm2.connect(() => pm2.delete('all'));\nEOF",
    ] {
        assert_eq!(on_a_shared_host(script), ["deny pm2-all"], "{script}");
    }
}

#[test]
fn text_that_nothing_executes_is_no_command() {
    for script in [
        "# never pm2 delete all here\npm2 reload web",
        "echo 'do not run pm2 delete all'",
        "cat > RUNBOOK.md <<'EOF'\nNever pm2 delete all\nEOF",
        "cat <<A <<B >/dev/null\na\nA\npm2 delete all\nB",
        "grep -R 'pm2 delete all' .github && exit 1 || true",
        "git commit -m 'no more pm2 delete all'",
        "case \"$CMD\" in *'pm2 delete all'*) exit 1;; esac",
        "nuke() { pm2 delete all; }",
        "if false; then pm2 delete all; fi",
        "exit 0\npm2 delete all",
        "xargs -n1 echo pm2 delete < apps.txt",
        "pm2 start npm --name web -- run delete all",
        "node -e \"console.log('pm2 delete all')\"",
        "DENY=('pm2 delete all' 'rm -rf /')\nprintf '%s\\n' \"${DENY[@]}\"",
    ] {
        assert_eq!(on_a_shared_host(script), [""; 0], "{script}");
    }
}

#[test]
fn what_cannot_be_known_is_a_warning_and_strict_denies_it() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: pm2 delete \"$APP\"\n";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    assert_eq!(findings(folder.path(), &[]), ["warn pm2-unknown .github/workflows/d.yml:6:14"]);
    assert_eq!(
        findings(folder.path(), &["--strict"]),
        ["deny pm2-unknown .github/workflows/d.yml:6:14"]
    );
}

#[test]
fn scripts_that_a_workflow_calls_are_followed() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: ./deploy.sh\n      - run: npm run stop\n      - run: make stop\n";
    let folder = repository(&[
        (".github/workflows/d.yml", workflow),
        ("deploy.sh", "#!/bin/sh\nset -e\npm2 stop all\n"),
        ("package.json", "{\"scripts\": {\"stop\": \"pm2 stop all\"}}"),
        ("Makefile", "stop:\n\tpm2 stop all\n"),
    ]);
    assert_eq!(
        findings(folder.path(), &[]),
        [
            "deny pm2-all Makefile:2:2",
            "deny pm2-all deploy.sh:3:1",
            "deny pm2-all package.json:1:23"
        ]
    );
}

#[test]
fn a_makefile_has_dollars_of_its_own() {
    let workflow =
        "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: make stop\n";
    let makefile = "stop:\n\t@for app in all; do pm2 stop $$app; done\n\tpm2 delete $(APP)\n";
    let folder = repository(&[(".github/workflows/d.yml", workflow), ("Makefile", makefile)]);
    assert_eq!(
        findings(folder.path(), &[]),
        ["deny pm2-all Makefile:2:22", "warn pm2-unknown Makefile:3:2"]
    );
}

/// The findings on commands of a workflow that deploys `web`, which has these things, and others have
/// those.
fn where_things_have_owners(own: &str, of_others: &str, commands: &[&str]) -> Vec<String> {
    let config = format!(
        "version: 1\ninventory:\n  web:\n    environments:\n      production: {{workflows: [deploy.yml], {own}}}\nneighbours: {{{of_others}}}\n"
    );
    let steps: String =
        commands.iter().map(|command| format!("      - run: {command}\n")).collect();
    let workflow = format!("on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n{steps}");
    let folder = repository(&[("tagout.yml", &config), (".gitea/workflows/deploy.yml", &workflow)]);
    findings(folder.path(), &[])
}

#[test]
fn a_redis_database_of_ones_own_may_be_emptied_and_no_other() {
    let commands = [
        "redis-cli -n 3 flushdb",
        "redis-cli -n 4 flushdb",
        "redis-cli -n 5 flushdb",
        "redis-cli -n 3 flushall",
    ];
    assert_eq!(
        where_things_have_owners("redis: [3]", "redis: [4]", &commands),
        [
            "deny foreign-thing .gitea/workflows/deploy.yml:7:14",
            "deny redis-flush .gitea/workflows/deploy.yml:8:14",
            "deny redis-flush .gitea/workflows/deploy.yml:9:14",
        ]
    );
}

#[test]
fn a_process_of_somebody_else_is_denied_by_the_inventory() {
    let commands = ["pm2 restart web-api", "pm2 stop stock-api"];
    assert_eq!(
        where_things_have_owners("pm2: [web-api]", "pm2: ['stock-*']", &commands),
        ["deny foreign-thing .gitea/workflows/deploy.yml:7:14"]
    );
}

#[test]
fn a_script_that_cannot_be_read_is_said_not_passed() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - shell: octave {0}\n        run: |\n          use strict;\n          system('pm2 delete all');\n";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint"])), @"
    unread-script

      ⚠ this names `pm2`, but could not be read: this language is not read yet
       ╭─[.github/workflows/d.yml:8:11]
     6 │           - shell: octave {0}
     7 │             run: |
       ·             ─┬─
       ·              ╰── run
     8 │ ╭─▶           use strict;
     9 │ ├─▶           system('pm2 delete all');
       · ╰──── on the host of the runner (self-hosted)
       ╰────
      help: check by hand what it does; tagout cannot vouch for it

    1 warning; read 1 script in 1 file, with 1 gap:
      .github/workflows/d.yml:8: this language is not read yet
    exit 0
    ");
}

#[test]
fn a_step_in_python_is_read_to_the_call_that_does_it() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - shell: python\n        run: |\n          import subprocess\n\n          for verb in ['stop', 'delete']:\n              subprocess.run(['pm2', verb, 'all'])\n      - uses: shop/health-check@v1\nconcurrency: deploy\n";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    assert_snapshot!(printed(&tagout(folder.path(), &["lint"])), @"
    pm2-all

      × deletes every PM2 process that matches `all`, those of other apps too
        ╭─[.github/workflows/d.yml:11:15]
      6 │       - shell: python
      7 │         run: |
        ·         ─┬─
        ·          ╰── run
      8 │           import subprocess
      9 │
     10 │           for verb in ['stop', 'delete']:
     11 │               subprocess.run(['pm2', verb, 'all'])
        ·               ──────────────────┬─────────────────
        ·                                 ╰── on the host of the runner (self-hosted)
     12 │       - uses: shop/health-check@v1
        ╰────
      help: name the processes of this app, or give PM2 its ecosystem file

    1 denied; read 1 script in 1 file
    exit 1
    ");
}

#[test]
fn followed_scripts_of_python_and_node_are_read_with_their_own_files() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: python3 ops/stop.py all\n      - run: node ops/stop.js all\n      - run: npx tsx ops/stop.ts\n";
    let folder = repository(&[
        (".github/workflows/d.yml", workflow),
        ("ops/stop.py", "import sys\nfrom pm import stop\n\nstop(sys.argv[1])\n"),
        ("ops/pm.py", "import os\n\ndef stop(app):\n    os.system(f'pm2 stop {app}')\n"),
        ("ops/stop.js", "require('./pm').stop(process.argv[2])\n"),
        (
            "ops/pm.js",
            "const { exec } = require('child_process')\nexports.stop = app => exec(`pm2 stop ${app}`)\n",
        ),
        (
            "ops/stop.ts",
            "import { execSync } from 'child_process'\n\nconst target: string = 'all'\nexecSync(`pm2 stop ${target}`)\n",
        ),
    ]);
    let expected = [
        "deny pm2-all ops/pm.js:2:23",
        "deny pm2-all ops/pm.py:4:5",
        "deny pm2-all ops/stop.ts:4:1",
    ];
    assert_eq!(findings(folder.path(), &[]), expected);
}

#[test]
fn a_file_that_is_not_yaml_is_a_finding_and_read_as_far_as_it_goes() {
    let workflow = "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: pm2 delete all\n      - run: [\n";
    let folder = repository(&[(".github/workflows/d.yml", workflow)]);
    let found = findings(folder.path(), &[]);
    assert!(found.iter().any(|f| f.starts_with("warn invalid-yaml")), "{found:?}");
    assert!(found.iter().any(|f| f == "deny pm2-all .github/workflows/d.yml:6:14"), "{found:?}");
}

#[test]
fn a_workflow_without_jobs_is_said() {
    let folder = repository(&[(".github/workflows/d.yml", "on: push\njob: {}\n")]);
    assert_eq!(findings(folder.path(), &[]), ["warn unread-workflow .github/workflows/d.yml:1:1"]);
}

#[test]
fn standard_input_is_read_as_a_workflow() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tagout"))
        .args(["lint", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(OVER_SSH.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("stdin.yml"));
}

#[test]
fn a_path_that_is_not_there_and_a_folder_without_workflows_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let missing = tagout(folder.path(), &["lint", "deploy.yml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_snapshot!(String::from_utf8(missing.stderr).unwrap(), @"
    × deploy.yml does not exist
    help: give the path of a workflow, a script or a folder
    ");
    let empty = tagout(folder.path(), &["lint"]);
    assert_eq!(empty.status.code(), Some(2));
    assert_snapshot!(String::from_utf8(empty.stderr).unwrap(), @"tagout: there is nothing to lint here: no workflow in .github, .gitea or .forgejo/workflows, and no action.yml");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_at_its_place() {
    let folder = repository(&[
        ("tagout.yml", "version: 1\ninventory:\n  web: {enviroments: {}}\n"),
        (".github/workflows/d.yml", OVER_SSH),
    ]);
    let output = tagout(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    let message = message.replace(&folder.path().canonicalize().unwrap().display().to_string(), "");
    assert_snapshot!(message, @"
     × the key `enviroments` is not known here; did you mean `environments`?
     │ there are `environments`
      ╭─[/tagout.yml:3:9]
    2 │ inventory:
    3 │   web: {enviroments: {}}
      ·         ─────┬─────
      ·              ╰── here
      ╰────
     help: the format is described in the README, section Configuration
    ");
}
