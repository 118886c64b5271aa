//! Files that workflows run, and files that hold code and are linted by their own path.

mod support;

use std::path::Path;
use support::{repository, workflow};

/// Each finding as `rule path:line:column`, in the order of the report.
fn findings(folder: &Path, paths: &[&str]) -> Vec<String> {
    let all = support::findings(folder, paths);
    all.iter().map(|finding| finding.split_once(' ').unwrap().1.to_owned()).collect()
}

/// The findings on a repository with these files, whose workflow runs `script` on a shared host.
fn run(script: &str, files: &[(&str, &str)]) -> Vec<String> {
    let workflow = workflow(script);
    let folder = repository(&[files, &[(".github/workflows/d.yml", &workflow)]].concat());
    findings(folder.path(), &[])
}

#[test]
fn from_within_the_folder_of_workflows_the_repository_is_above() {
    let folder = support::repository(&[
        (".github/workflows/a.yml", &workflow("bash deploy.sh")),
        ("deploy.sh", "pm2 delete all\n"),
    ]);
    for (here, expected) in [
        (".github", "deny pm2-all ../deploy.sh:1:1"),
        (".github/workflows", "deny pm2-all ../../deploy.sh:1:1"),
    ] {
        assert_eq!(support::findings(&folder.path().join(here), &[]), [expected]);
    }
}

#[test]
fn a_script_is_found_from_the_folder_that_the_shell_is_in() {
    let files = [("ops/stop.sh", "pm2 stop all\n")];
    for script in [
        "ops/stop.sh",
        "cd ops && ./stop.sh",
        "cd ops\nsudo bash -x ./stop.sh",
        "mkdir -p x; (cd ops; sh stop.sh)",
        "bash \"$GITHUB_WORKSPACE/ops/stop.sh\"",
        "\"$APP_DIR\"/ops/stop.sh",
        "ssh u@h 'bash -s' < ops/stop.sh",
        "scp ops/stop.sh u@h:/tmp/s.sh && ssh u@h /tmp/s.sh",
        "env -C ops ./stop.sh",
        "source ops/stop.sh",
        "find . -name x -exec ops/stop.sh \\;",
        "ssh u@h 'cd /srv/web && git pull && bash /srv/web/ops/stop.sh'",
        "ssh u@h sudo ~/web/ops/stop.sh --now",
        "bash $HOME/web/ops/stop.sh",
    ] {
        assert_eq!(run(script, &files), ["pm2-all ops/stop.sh:1:1"], "{script}");
    }
    assert_eq!(run("bash /usr/local/bin/ops/stop.sh", &files), [""; 0]);
}

#[test]
fn a_script_finds_what_stands_beside_it_from_where_it_is_itself() {
    for here in [
        r#"HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)""#,
        r#"HERE=$(cd -- "$(dirname -- "$0")" >/dev/null 2>&1; pwd -P)"#,
        r#"HERE=$(dirname "$(readlink -f "$0")")"#,
        r#"HERE="${BASH_SOURCE%/*}""#,
        r#"HERE="${0%/*}""#,
        r#"ROOT="$(cd "$(dirname "$0")/.." && pwd)"; HERE=$ROOT/ops"#,
        r#"cd "$(dirname "$0")"; HERE=."#,
    ] {
        for call in [r#"source "$HERE/stop.sh""#, r#"bash "$HERE"/stop.sh"#, "\"$HERE/stop.sh\" x"]
        {
            let deploy = format!("#!/bin/bash\nset -euo pipefail\n{here}\n{call}\n");
            let files = [("ops/deploy.sh", deploy.as_str()), ("ops/stop.sh", "pm2 stop all\n")];
            for script in ["ops/deploy.sh", "cd ops && ./deploy.sh", ". ./ops/deploy.sh"] {
                if script.starts_with('.') && !here.contains("BASH") {
                    continue;
                }
                assert_eq!(run(script, &files), ["pm2-all ops/stop.sh:1:1"], "{script}\n{deploy}");
            }
            let folder = repository(&[&files[..], &[(".git/HEAD", "")]].concat());
            assert_eq!(findings(folder.path(), &["ops/deploy.sh"]), ["pm2-all ops/stop.sh:1:1"]);
        }
    }
}

#[test]
fn code_in_other_languages_finds_what_stands_beside_it_too() {
    let node = "const { execSync } = require('child_process');\nconst path = require('path');\n";
    let module = "import { execSync } from 'node:child_process';\nimport path from 'node:path';\n\
        import { fileURLToPath } from 'node:url';\n";
    let python = "import os, subprocess\nfrom pathlib import Path\n";
    let run_python = |path: &str| format!("{python}subprocess.run(['bash', str({path})])\n");
    for (name, code) in [
        ("ops/a.js", format!("{node}execSync(`bash ${{__dirname}}/stop.sh`);\n")),
        ("ops/a.js", format!("{node}execSync('sh ' + path.join(__dirname, 'stop.sh'));\n")),
        ("ops/a.js", format!("{node}execSync(`sh ${{path.dirname(__filename)}}/stop.sh`);\n")),
        ("ops/a.mjs", format!("{module}execSync(`sh ${{import.meta.dirname}}/stop.sh`);\n")),
        (
            "ops/a.mjs",
            format!(
                "{module}const here = path.dirname(fileURLToPath(import.meta.url));\n\
                 execSync(`sh ${{path.resolve(here, '../ops/stop.sh')}}`);\n"
            ),
        ),
        ("ops/a.py", run_python("os.path.join(os.path.dirname(__file__), 'stop.sh')")),
        ("ops/a.py", run_python("Path(__file__).resolve().parent / 'stop.sh'")),
        ("ops/a.py", run_python("Path(__file__).parents[1] / 'ops' / 'stop.sh'")),
        ("ops/a.ps1", "bash \"$PSScriptRoot/stop.sh\"\n".to_owned()),
        ("ops/a.ps1", "$stop = Join-Path $PSScriptRoot 'stop.sh'\nbash $stop\n".to_owned()),
    ] {
        let files = [(".git/HEAD", ""), (name, &code), ("ops/stop.sh", "pm2 stop all\n")];
        let folder = repository(&files);
        let found = findings(folder.path(), &[name]);
        assert!(found.len() == 1 && found[0].starts_with("pm2-all ops/"), "{found:?} {code}");
    }
}

#[test]
fn a_sourced_file_knows_itself_and_leaves_its_caller_as_it_was() {
    let files = [
        (
            "a/run.sh",
            ". \"$(dirname \"$0\")/../b/lib.sh\"\n\"$(dirname \"${BASH_SOURCE[0]}\")/own.sh\"\n",
        ),
        ("a/own.sh", "pm2 stop all\n"),
        ("b/lib.sh", "\"$(dirname \"${BASH_SOURCE[0]}\")/own.sh\"\n"),
        ("b/own.sh", "pm2 delete all\n"),
    ];
    assert_eq!(run("a/run.sh", &files), ["pm2-all a/own.sh:1:1", "pm2-all b/own.sh:1:1"]);
}

#[test]
fn the_arguments_of_a_script_are_its_positional_parameters() {
    let files = [("stop.sh", "pm2 stop \"$1\"\n")];
    assert_eq!(run("./stop.sh all", &files), ["pm2-all stop.sh:1:1"]);
    assert_eq!(run("./stop.sh web", &files), [""; 0]);
}

#[test]
fn npm_runs_a_script_with_what_stands_before_and_after_it() {
    let package = "{\"scripts\": {\n\"prestop\": \"pm2 kill\",\n\"stop\": \"pm2 stop\",\n\"web\": \"echo web\"}}";
    let files = [("package.json", package)];
    for script in
        ["npm run stop -- all", "npm stop all", "yarn stop all", "pnpm run stop all", "run-s stop"]
    {
        assert!(
            run(script, &files).contains(&"pm2-daemon package.json:2:13".to_owned()),
            "{script}"
        );
    }
    assert_eq!(run("npm run web", &files), [""; 0]);
    let all = run("npm run stop -- all", &files);
    assert_eq!(all, ["pm2-daemon package.json:2:13", "pm2-all package.json:3:10"]);
}

#[test]
fn npm_is_followed_from_a_script_that_an_earlier_step_wrote() {
    let package = r#"{"scripts": {"deploy": "pm2 delete all"}}"#;
    for writes in [
        "echo 'npm run deploy' > x.sh",
        "printf '%s\\n' \"npm run deploy\" | tee x.sh",
        "T=$(cat <<E\nnpm run deploy\nE\n)\necho \"$T\" > x.sh",
    ] {
        let steps = [writes, "bash x.sh"].map(|code| {
            format!("      - run: |\n          {}\n", code.replace('\n', "\n          "))
        });
        let workflow = format!(
            "on: push\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n{}",
            steps.concat()
        );
        let folder =
            repository(&[("package.json", package), (".github/workflows/d.yml", &workflow)]);
        let found = findings(folder.path(), &[]);
        assert!(found.contains(&"pm2-all package.json:1:25".to_owned()), "{writes}: {found:?}");
    }
}

#[test]
fn npm_looks_into_the_folder_or_workspace_that_it_is_told() {
    let files = [
        ("package.json", "{\"workspaces\": [\"apps/*\"], \"scripts\": {\"stop\": \"echo\"}}"),
        (
            "apps/api/package.json",
            "{\"name\": \"@x/api\", \"scripts\": {\"stop\": \"pm2 stop all\"}}",
        ),
    ];
    for script in [
        "npm --prefix apps/api run stop",
        "npm run stop -w @x/api",
        "npm run stop --workspaces",
        "cd apps/api && npm run stop",
        "yarn --cwd apps/api stop",
        "yarn workspace @x/api stop",
        "yarn workspace @x/api run stop",
        "yarn workspaces foreach -A run stop",
        "yarn workspaces run stop",
        "pnpm -C apps/api stop",
    ] {
        assert_eq!(run(script, &files), ["pm2-all apps/api/package.json:1:41"], "{script}");
    }
    assert_eq!(run("npm run stop", &files), [""; 0]);
}

#[test]
fn a_step_starts_in_the_folder_that_an_expression_says() {
    let stop = |what: &str| format!("{{\"scripts\": {{\"stop\": \"pm2 {what}\"}}}}");
    let (web, api) = (stop("stop all"), stop("stop api"));
    let files = [("apps/web/package.json", web.as_str()), ("apps/api/package.json", api.as_str())];
    for (head, step) in [
        ("env: {DIR: ./apps/web}\n", "working-directory: ${{ env.DIR }}"),
        ("env: {DIR: apps}\n", "working-directory: ${{ env.DIR }}/web"),
        ("", "working-directory: apps/${{ matrix.app }}"),
        ("", "working-directory: ${{ inputs.dir || 'apps/web' }}"),
    ] {
        let workflow = format!(
            "on: push\n{head}jobs:\n  d:\n    runs-on: self-hosted\n    strategy: {{matrix: {{app: [api, web]}}}}\n\
             \x20   steps:\n      - run: npm run stop\n        {step}\n"
        );
        let folder = repository(&[&files[..], &[(".github/workflows/d.yml", &workflow)]].concat());
        let found = findings(folder.path(), &[]);
        assert_eq!(found, ["pm2-all apps/web/package.json:1:23"], "{workflow}");
    }
}

#[test]
fn pnpm_knows_its_workspaces_from_a_file_of_its_own() {
    let stop = "{\"name\": \"@x/api\", \"scripts\": {\"stop\": \"pm2 stop all\"}}";
    let files = [
        ("package.json", "{\"scripts\": {\"stop\": \"echo\"}}"),
        ("pnpm-workspace.yaml", "packages:\n  - a*/*\n  - 'libs/**'\n  - '!apps/old'\n"),
        ("libs/a/b/package.json", "{\"name\": \"b\", \"scripts\": {\"kill\": \"pm2 kill\"}}"),
        ("apps/api/package.json", stop),
        ("apps/web/package.json", "{\"name\": \"@x/web\", \"scripts\": {\"stop\": \"echo\"}}"),
    ];
    for script in [
        "pnpm --filter @x/api stop",
        "pnpm --filter '@x/a*' run stop",
        "pnpm -F ./apps/api stop",
        "pnpm --filter api... run stop",
        "pnpm -r run stop",
        "cd apps/web && pnpm --filter @x/api stop",
    ] {
        assert_eq!(run(script, &files), ["pm2-all apps/api/package.json:1:41"], "{script}");
    }
    let deep = ["pm2-daemon libs/a/b/package.json:1:36"];
    assert_eq!(run("pnpm --filter b run kill", &files), deep);
    for script in ["pnpm --filter @x/web stop", "pnpm stop"] {
        assert_eq!(run(script, &files), [""; 0], "{script}");
    }
}

#[test]
fn make_follows_prerequisites_variables_includes_and_the_default_target() {
    let makefile = "APP ?= web\ninclude ops.mk\nall: stop\nstop: check\n\t@pm2 stop $(APP)\ncheck:\n\techo checked\nstop-%:\n\tpm2 stop $*\n";
    let files = [
        ("Makefile", makefile),
        ("ops.mk", "purge: ; pm2 kill\n"),
        ("api/Makefile", "x:\n\tpm2 kill\n"),
    ];
    assert_eq!(run("make stop", &files), [""; 0]);
    assert_eq!(run("make APP=all", &files), ["pm2-all Makefile:5:3"]);
    assert_eq!(run("make stop APP=all", &files), ["pm2-all Makefile:5:3"]);
    assert_eq!(run("make stop-all", &files), ["pm2-all Makefile:9:2"]);
    assert_eq!(run("make purge", &files), ["pm2-daemon ops.mk:1:10"]);
    assert_eq!(run("make -C api", &files), ["pm2-daemon api/Makefile:2:2"]);
    assert_eq!(run("make -f api/Makefile x", &files), ["pm2-daemon api/Makefile:2:2"]);
}

#[test]
fn just_and_task_recipes_are_followed() {
    let files = [
        ("justfile", "app := 'all'\nstop: check\n  @pm2 stop {{app}}\ncheck:\n  echo checked\n"),
        (
            "Taskfile.yml",
            "version: '3'\ntasks:\n  down:\n    cmds:\n      - task: kill\n  kill: pm2 kill\n",
        ),
    ];
    assert_eq!(run("just stop", &files), ["pm2-all justfile:3:4"]);
    assert_eq!(run("just check", &files), [""; 0]);
    assert_eq!(run("task down", &files), ["pm2-daemon Taskfile.yml:6:9"]);
}

const ECOSYSTEM: &str = "module.exports = {\n  apps: [{name: 'web'}],\n  deploy: {\n    production: {\n      host: ['h1'],\n      'post-deploy': 'npm ci && pm2 delete all',\n    },\n  },\n};\n";

#[test]
fn the_deploy_hooks_of_an_ecosystem_file_are_read() {
    let files = [("ecosystem.config.js", ECOSYSTEM)];
    assert_eq!(run("pm2 deploy production", &files), ["pm2-all ecosystem.config.js:6:33"]);
    assert_eq!(
        run("pm2 deploy ecosystem.config.js production update", &files),
        ["pm2-all ecosystem.config.js:6:33"]
    );
    assert_eq!(run("pm2 deploy staging", &files), [""; 0]);
}

#[test]
fn files_that_hold_code_are_linted_by_their_own_path() {
    for (path, text, expected) in [
        ("deploy.sh", "echo\npm2 kill\n", "pm2-daemon deploy.sh:2:1"),
        ("Makefile", "stop:\n\tpm2 kill\n", "pm2-daemon Makefile:2:2"),
        (
            "package.json",
            "{\"scripts\": {\"x\": \"echo \\\"a\\\"; pm2 kill\"}}",
            "pm2-daemon package.json:1:32",
        ),
        ("justfile", "stop:\n  pm2 kill\n", "pm2-daemon justfile:2:3"),
        ("Taskfile.yml", "tasks:\n  x:\n    cmds: [pm2 kill]\n", "pm2-daemon Taskfile.yml:3:12"),
        ("ecosystem.config.cjs", ECOSYSTEM, "pm2-all ecosystem.config.cjs:6:33"),
        (
            "ecosystem.json",
            "{\"deploy\": {\"p\": {\"host\": \"h\", \"post-deploy\": \"pm2 kill\"}}}",
            "pm2-daemon ecosystem.json:1:48",
        ),
    ] {
        let folder = repository(&[(path, text)]);
        assert_eq!(findings(folder.path(), &[path]), [expected], "{path}");
    }
}

#[test]
fn a_package_that_is_no_json_is_said() {
    let folder = repository(&[("package.json", "{\"scripts\": {")]);
    assert!(findings(folder.path(), &["package.json"])[0].starts_with("invalid-yaml"));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let outside = repository(&[("x.sh", "pm2 kill\n")]);
    let folder = repository(&[(
        ".github/workflows/d.yml",
        "on: push\njobs:\n  d:\n    runs-on: self-hosted\n    steps:\n      - run: ./x.sh\n",
    )]);
    std::os::unix::fs::symlink(outside.path().join("x.sh"), folder.path().join("x.sh")).unwrap();
    assert_eq!(findings(folder.path(), &[]), [""; 0]);
}

/// What is said not to have been read of a workflow that runs `script` beside these files.
fn gaps(script: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = repository(&[files, &[(".github/workflows/d.yml", &workflow(script))]].concat());
    let printed = support::tagout(folder.path(), &["lint", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&printed).unwrap();
    let skipped = report["coverage"]["skipped"].as_array().unwrap();
    skipped.iter().map(|gap| gap["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_script_that_others_wait_for_or_call_in_many_ways_is_read_within_the_limits() {
    let check = "pm2 restart web\n".repeat(130);
    let waits = "N=0\nwhile true; do\n  ./check.sh $N && exit\n  N=$((N + 1))\ndone\n";
    let options: String = ["A", "B", "C", "D", "E", "F"]
        .map(|name| format!("{name}=no\n[ -f {name} ] && {name}=yes\n"))
        .concat();
    let parses = format!("{options}./check.sh $A $B $C $D $E $F\n");
    for script in [waits, &parses] {
        let files = [("check.sh", check.as_str()), ("deploy.sh", script)];
        assert_eq!(gaps("./deploy.sh", &files), [""; 0], "{script}");
    }
}

#[test]
fn what_is_no_file_is_not_said_to_be_missing() {
    for script in
        ["npx @capacitor/assets generate", "php -S localhost:8080 -t public", "php --ri intl"]
    {
        assert_eq!(gaps(script, &[]), [""; 0], "{script}");
    }
    assert_eq!(gaps("php ops/stop.php", &[]).len(), 1);
}
