//! What the commands of a guarded deploy may call, with a real PM2: each way around the programs that
//! stand in for others is tried, and is either seen by them, seen by the broker, or found afterwards.

#![cfg(unix)]

mod support;

use insta::assert_snapshot;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};
use support::{Pm2, expect_all_run, guarded, running, shared_host, wait_for};
use tagout::host::Status;

/// A command that nobody reads before it runs: what it calls is seen only when it is called.
fn program(pm2: &Pm2, name: &str, text: &str) -> PathBuf {
    let path = pm2.write(name, text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Deploys production with a bash script that is not read.
fn deploying(pm2: &Pm2, script: &str) -> Command {
    program(pm2, "run", &format!("#!/bin/bash\n{script}"));
    guarded(pm2, &["--", "./run"])
}

fn deploy(pm2: &Pm2, script: &str) -> (i32, String) {
    ended(pm2, &deploying(pm2, script).output().unwrap())
}

/// Its exit code, and what was said that is no step of every deploy.
fn ended(pm2: &Pm2, output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.replace(&pm2.folder().display().to_string(), "[FOLDER]");
    let steps =
        ["snapshot ", "deploying ", "the deploy command ", "comparing ", "checks: ", "report: "];
    let is_step = |line: &&str| {
        let said = line.strip_prefix("tagout: ");
        said.is_some_and(|said| steps.iter().any(|step| said.starts_with(step)))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_step(line)).collect();
    (output.status.code().unwrap_or(-1), lines.join("\n"))
}

fn report(pm2: &Pm2) -> String {
    fs::read_to_string(pm2.folder().join("report.md")).unwrap()
}

#[test]
fn a_command_that_reaches_others_is_refused_with_what_why_and_what_to_do() {
    let (pm2, _) = shared_host();
    let before = running(&pm2);
    let (code, said) = deploy(&pm2, "pm2 stop stock-alert-api; echo \"it ended with $?\" >&2\n");
    assert_eq!(code, 0, "{said}");
    assert_snapshot!(said, @"
    tagout: pm2 stop stock-alert-api refused: stops the PM2 process `stock-alert-api`, which is not this workflow's: it belongs to a neighbour [foreign-thing]
    tagout:   a workflow may only touch what the inventory of tagout.yml gives to it
    tagout:   if it must be, run it with TAGOUT_ALLOW='foreign-thing: why'; the report will say so
    it ended with 1
    tagout: Deployed and verified
    ");
    assert_eq!(running(&pm2), before);
    let report = report(&pm2);
    assert!(report.contains("pm2 stop stock-alert-api refused: "), "{report}");
}

#[test]
fn the_deploys_own_things_are_its_own_and_its_programs_run_as_without_guard() {
    let (pm2, _) = shared_host();
    let out = pm2.write("out", "");
    let script = "
        pm2 -s restart shop-api shop-worker
        rm -rf ./dist
        echo \"$(sh -c 'echo \"$1\"; exit 7' _ 'a  b'), $?\"
        python3 -c 'import sys; print(sys.prefix)'
        env -i \"$(command -v rm)\" -f nothing && echo removed
        command -v nobodys-program >&2 || echo 'not there'
        exec 3< <(echo kept); cat <&3
    ";
    let (code, said) = deploy(&pm2, &format!("exec > {}\n{script}", out.display()));
    assert_eq!((code, said.as_str()), (0, "tagout: Deployed and verified"));
    let python = Command::new("python3").args(["-c", "import sys; print(sys.prefix)"]).output();
    let prefix = String::from_utf8(python.unwrap().stdout).unwrap();
    let printed = fs::read_to_string(out).unwrap();
    assert_eq!(printed, format!("a  b, 7\n{prefix}removed\nnot there\nkept\n"));
}

/// One way to delete everything; `$PM2` is the real program.
const WAYS: [(&str, &str); 25] = [
    ("pm2", "pm2 -s delete all"),
    (r"\pm2", r"\pm2 -s delete all"),
    ("command pm2", "command pm2 -s delete all"),
    ("env pm2", "env pm2 -s delete all"),
    ("exec pm2", "(exec pm2 -s delete all)"),
    ("nohup pm2", "nohup pm2 -s delete all"),
    ("timeout pm2", "timeout 60 pm2 -s delete all"),
    ("xargs pm2", "echo all | xargs pm2 -s delete"),
    ("eval pm2", "eval 'pm2 -s delete all'"),
    ("sh -c", "sh -c 'pm2 -s delete all'"),
    ("bash -lc", "bash -lc 'pm2 -s delete all'"),
    ("$(which pm2)", "$(which pm2) -s delete all"),
    ("$P", "P=pm2; $P -s delete all"),
    ("node execSync", "node -e \"require('child_process').execSync('pm2 -s delete all')\""),
    (
        "python subprocess",
        "python3 -c \"import subprocess; subprocess.run(['pm2', '-s', 'delete', 'all'])\"",
    ),
    ("env -i", "env -i \"PM2_HOME=$PM2_HOME\" \"$PM2\" -s delete all"),
    ("hash -p", "(hash -p \"$PM2\" pm2; pm2 -s delete all)"),
    ("absolute path", "\"$PM2\" -s delete all"),
    ("PATH in front", "(PATH=$PWD/node_modules/.bin:$PATH; pm2 -s delete all)"),
    ("npx pm2", "npx pm2 -s delete all"),
    ("npm run", "npm run --silent nuke"),
    ("node_modules/.bin", "./node_modules/.bin/pm2 -s delete all"),
    ("node pm2", "node node_modules/pm2/bin/pm2 -s delete all"),
    ("require('pm2')", "node nuke.js"),
    ("PATH without us", "(PATH=${PATH#*:}; pm2 -s delete all)"),
];

#[test]
fn every_way_to_call_pm2_is_seen_by_a_stand_in_or_by_the_broker() {
    let (pm2, _) = shared_host();
    let before = running(&pm2);
    let modules = pm2.cli().parent().unwrap().parent().unwrap();
    symlink(modules, pm2.folder().join("node_modules")).unwrap();
    pm2.write("package.json", r#"{"scripts": {"nuke": "pm2 -s delete all"}}"#);
    pm2.write("nuke.js", "require('pm2').delete('all', (e) => process.exit(e ? 1 : 0))");
    // As where `/etc/profile` sets PATH anew.
    pm2.write(
        ".bash_profile",
        &format!("PATH={}:/usr/bin:/bin", pm2.cli().parent().unwrap().display()),
    );
    let script: String = WAYS
        .iter()
        .map(|(name, way)| {
            format!("echo \"== \"'{}' >&2\n{way} >/dev/null\n", name.replace('\'', r"'\''"))
        })
        .collect();
    let script = format!("PM2={}\n{script}exit 0\n", pm2.cli().display());
    let (code, said) = deploy(&pm2, &script);
    assert_eq!(running(&pm2), before, "{said}");
    assert_eq!(code, 0, "{said}");
    let sections = said.split("== ").skip(1).map(|section| {
        let (way, said) = section.split_once('\n').unwrap();
        let refused = said.lines().find(|line| line.contains(" refused: "));
        let by = refused.map_or("NOBODY", |line| match line.strip_suffix(']') {
            Some(line) => line.rsplit_once('[').unwrap().1,
            None => "the broker",
        });
        format!("{way}: {by}")
    });
    assert_snapshot!(sections.collect::<Vec<_>>().join("\n"), @r"
    pm2: pm2-all
    \pm2: pm2-all
    command pm2: pm2-all
    env pm2: pm2-all
    exec pm2: pm2-all
    nohup pm2: pm2-all
    timeout pm2: pm2-all
    xargs pm2: pm2-all
    eval pm2: pm2-all
    sh -c: pm2-all
    bash -lc: pm2-all
    $(which pm2): pm2-all
    $P: pm2-all
    node execSync: pm2-all
    python subprocess: pm2-all
    env -i: pm2-all
    hash -p: pm2-all
    absolute path: pm2-all
    PATH in front: pm2-all
    npx pm2: pm2-all
    npm run: pm2-all
    node_modules/.bin: pm2-all
    node pm2: pm2-all
    require('pm2'): pm2-all
    PATH without us: the broker
    ");
}

#[test]
fn what_nobody_sees_is_found_afterwards() {
    let (pm2, _) = shared_host();
    pm2.write("raw.py", RAW);
    for way in ["kill $(cat .pm2/pm2.pid); sleep 2", "python3 raw.py"] {
        let (code, said) = deploy(&pm2, way);
        assert_eq!(code, 3, "{way}: {said}");
        assert!(said.contains("harmed: stock-alert-api (a neighbour): missing"), "{way}: {said}");
        expect_all_run(&pm2);
    }
}

/// Speaks to the daemon's own socket.
const RAW: &str = r#"
import json, os, socket, struct, time
def say(method, args):
    with socket.socket(socket.AF_UNIX) as rpc:
        rpc.connect(os.environ["PM2_HOME"] + "/rpc.sock")
        parts = [b"j:" + json.dumps({"type": "call", "method": method, "args": args}).encode(), b"s:1"]
        rpc.sendall(bytes([0x12]) + b"".join(struct.pack(">I", len(p)) + p for p in parts))
        rpc.recv(1 << 16)
for number in range(4):
    say("deleteProcessId", [number])
"#;

#[test]
fn code_within_a_command_is_read_before_any_of_it_runs() {
    let (pm2, _) = shared_host();
    pm2.write("deploy.sh", "touch begun\ncd /srv\nsudo pm2 kill\n");
    let (code, said) = deploy(&pm2, "bash deploy.sh || echo \"it ended with $?\" >&2\n");
    assert_eq!(code, 0, "{said}");
    assert_snapshot!(said, @"
    tagout: pm2 kill refused: ends the PM2 daemon and every process of every app in it [pm2-daemon]
    tagout:   it is run by bash → deploy.sh → sudo → [FOLDER]/deploy.sh:3
    tagout:   stop or delete the processes of this app by name
    tagout:   if it must be, run it with TAGOUT_ALLOW='pm2-daemon: why'; the report will say so
    it ended with 1
    tagout: Deployed and verified
    ");
    assert!(!pm2.folder().join("begun").exists());
    for way in [
        "ssh deploy@prod 'pm2 delete all'",
        "sudo systemctl stop nginx",
        "bash -c 'pkill -f node'",
        "APP=all; export APP; sh -c 'pm2 delete \"$APP\"'",
        "find . -name x -exec pm2 kill ';'",
        "timeout 9 env -i sh -c 'docker rm -f $(docker ps -q)'",
    ] {
        // A real one would be asked for.
        for name in ["ssh", "sudo", "docker"] {
            program(&pm2, name, &format!("#!/bin/sh\ntouch {}/ran\n", pm2.folder().display()));
        }
        let script = format!("{way}\n");
        let mut command = deploying(&pm2, &script);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", pm2.folder().display()));
        let (_, said) = ended(&pm2, &command.output().unwrap());
        assert!(said.contains(" refused: "), "{way}: {said}");
        assert!(!pm2.folder().join("ran").exists(), "{way}");
    }
}

#[test]
fn an_app_that_the_deploy_starts_has_nothing_of_the_guard_in_its_environment() {
    let (pm2, _) = shared_host();
    let script = "
        pm2 -s delete shop-worker
        npx --no-install pm2 -s start stay.js --name shop-worker
        pm2 -s delete shop-api
        \"$PM2\" -s start api.js --name shop-api
    ";
    let modules = pm2.cli().parent().unwrap().parent().unwrap();
    symlink(modules, pm2.folder().join("node_modules")).unwrap();
    let port = pm2.variable(&pm2.one("shop-api"), "PORT").unwrap();
    let script = format!("PM2={}; export PORT={port}\n{script}", pm2.cli().display());
    let (code, said) = deploy(&pm2, &script);
    assert_eq!(code, 0, "{said}");
    for name in ["shop-worker", "shop-api"] {
        let process = wait_for(name, || {
            let process = pm2.one(name);
            (process.status == Status::Online && process.pid.is_some()).then_some(process)
        });
        let path = pm2.variable(&process, "PATH").unwrap();
        assert!(!path.contains("tagout-"), "{name}: {path}");
        for variable in ["TAGOUT_JOURNAL", "TAGOUT_PM2_BROKER", "PM2_DAEMON_RPC_PORT"] {
            assert_eq!(pm2.variable(&process, variable), None, "{name}");
        }
    }
}

#[test]
fn what_somebody_has_allowed_is_let_through_and_told() {
    let (pm2, _) = shared_host();
    let wrong =
        deploying(&pm2, "pm2 -s stop stock-alert-api\n").env("TAGOUT_ALLOW", "yes").output();
    let (code, said) = ended(&pm2, &wrong.unwrap());
    assert_eq!(code, 3, "{said}");
    assert_snapshot!(said, @"
    tagout: TAGOUT_ALLOW counts for nothing: it says no reason; write TAGOUT_ALLOW='RULE: why', with several rules as RULE,RULE
    tagout: pm2 -s stop stock-alert-api refused: stops the PM2 process `stock-alert-api`, which is not this workflow's: it belongs to a neighbour [foreign-thing]
    tagout:   a workflow may only touch what the inventory of tagout.yml gives to it
    tagout:   if it must be, run it with TAGOUT_ALLOW='foreign-thing: why'; the report will say so
    tagout: rolling back: the deploy command failed (exit code 1)
    tagout: nothing has to be restored
    tagout: Rolled back: the host is as it was
    ");
    let other = deploying(&pm2, "pm2 -s stop stock-alert-api\n")
        .env("TAGOUT_ALLOW", "pm2-all: why")
        .output();
    assert!(ended(&pm2, &other.unwrap()).1.contains(" refused: "));
    let allowed = deploying(&pm2, "pm2 -s stop stock-alert-api\n")
        .env("TAGOUT_ALLOW", "foreign-thing: they asked for it")
        .output();
    let (code, said) = ended(&pm2, &allowed.unwrap());
    // It was let do it, and is still not let leave it so.
    assert_eq!(code, 3, "{said}");
    let through = "tagout: pm2 -s stop stock-alert-api let through: stops the PM2 process";
    assert!(said.starts_with(through), "{said}");
    assert!(said.contains("harmed: stock-alert-api (a neighbour): stopped"), "{said}");
    let report = report(&pm2);
    assert!(report.contains("let through: ") && report.contains("(they asked for it)"), "{report}");
}

#[test]
fn a_comment_that_allows_something_to_lint_allows_it_to_the_deploy() {
    let (pm2, _) = shared_host();
    pm2.write(
        "deploy.sh",
        "pm2 -s restart /shop-/ # tagout: allow(pm2-all) reason=\"both are ours\"\n",
    );
    let (_, said) = deploy(&pm2, "bash deploy.sh\n");
    assert_snapshot!(said, @"
    tagout: pm2 -s restart /shop-/ let through: restarts every PM2 process that matches `/shop-/`, those of other apps too [pm2-all] (both are ours)
    tagout: Deployed and verified
    ");
}

#[test]
fn what_stands_in_is_its_users_alone_and_gone_after_the_deploy() {
    let (pm2, _) = shared_host();
    let (code, _) = deploy(
        &pm2,
        "dirname \"$(command -v pm2)\" > where; stat -c %a \"$(dirname \"$(cat where)\")\" > mode\n",
    );
    assert_eq!(code, 0);
    let read = |name| fs::read_to_string(pm2.folder().join(name)).unwrap();
    assert_eq!(read("mode").trim(), "700");
    assert!(read("where").contains("/tagout-"), "{}", read("where"));
    assert!(!PathBuf::from(read("where").trim()).exists());
}
