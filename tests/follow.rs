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
    ] {
        assert_eq!(run(script, &files), ["pm2-all ops/stop.sh:1:1"], "{script}");
    }
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
        "pnpm -C apps/api stop",
    ] {
        assert_eq!(run(script, &files), ["pm2-all apps/api/package.json:1:41"], "{script}");
    }
    assert_eq!(run("npm run stop", &files), [""; 0]);
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
