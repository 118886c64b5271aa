//! The functions that run commands, and the few others that pass values on.
//!
//! A module or one of its functions is known by its path, `child_process.exec`, however it was
//! imported or renamed.

use crate::{
    invocation::Selection,
    script::evaluator::{Contents, Evaluator, List, Runs, SessionMethod, Thing, code::Span},
};

/// What PM2's own interface calls its commands, and whether they take a target.
const PM2: [(&str, &str, bool); 13] = [
    ("delete", "delete", true),
    ("stop", "stop", true),
    ("restart", "restart", true),
    ("reload", "reload", true),
    ("start", "start", true),
    ("reset", "reset", true),
    ("flush", "flush", true),
    ("kill", "kill", false),
    ("killDaemon", "kill", false),
    ("resurrect", "resurrect", false),
    ("update", "update", false),
    ("dump", "save", false),
    ("reloadLogs", "reloadLogs", false),
];

/// Functions of `child_process`, which `node -e` has as global names too.
const CHILD_PROCESS: [&str; 7] =
    ["exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "fork"];

/// The path of a global name, if it is known.
pub fn global(name: &str) -> Option<String> {
    let path = match name {
        "require" | "process" | "console" | "JSON" | "String" | "Number" | "Array" | "Object"
        | "Promise" | "Set" | "Buffer" | "child_process" | "fs" | "util" | "pm2" | "execa"
        | "parseInt" | "globalThis" | "module" | "structuredClone" | "Bun" | "Deno" | "eval"
        | "core" | "import.meta" => name,
        "promisify" => "util.promisify",
        "shell" | "shelljs" => "shelljs",
        "$" => "zx.$",
        name if CHILD_PROCESS.contains(&name) => return Some(format!("child_process.{name}")),
        _ => return None,
    };
    Some(path.to_owned())
}

/// The path of a part of what is known.
pub fn member(path: &str, name: &str) -> String {
    match (path, name) {
        (path, "default" | "promises" | "sync" | "nothrow" | "quiet") => path.to_owned(),
        // `exec` in github-script is `@actions/exec`.
        ("child_process.exec", "exec" | "getExecOutput") => format!("@actions/exec.{name}"),
        ("globalThis" | "process.mainModule" | "module", name) => {
            global(name).unwrap_or_else(|| format!("{path}.{name}"))
        }
        _ => format!("{path}.{name}"),
    }
}

pub fn runs(path: &str) -> Option<Runs> {
    let (module, function) = path.rsplit_once('.').unwrap_or((path, ""));
    Some(match (module, function) {
        ("child_process", "exec" | "execSync") | ("shelljs" | "shelljs/global", "exec") => {
            Runs::Shell
        }
        ("child_process", "execFile" | "execFileSync" | "spawn" | "spawnSync")
        | ("cross-spawn", "" | "spawn")
        | ("execa", "" | "execa" | "execaSync") => Runs::Program,
        ("child_process", "fork") | ("execa", "execaNode" | "node") => Runs::Script("node"),
        ("execa", "execaCommand" | "execaCommandSync" | "command" | "commandSync")
        | ("@actions/exec", "exec" | "getExecOutput") => Runs::CommandLine,
        ("Bun", "spawn" | "spawnSync") | ("Deno", "run") => Runs::Words,
        ("Deno", "Command") => Runs::WithArguments,
        ("shelljs" | "shelljs/global", "rm") => Runs::Arguments(&["rm"]),
        ("fs" | "fs-extra", "rm" | "rmSync" | "rmdir" | "rmdirSync" | "unlink" | "unlinkSync")
        | ("fs-extra", "remove" | "removeSync" | "emptyDir" | "emptyDirSync" | "emptydir")
        | ("rimraf" | "del", "" | "rimraf" | "native" | "deleteAsync" | "deleteSync")
        | ("", "rimraf" | "del") => Runs::Argument(&["rm", "-rf"]),
        ("process", "kill") => Runs::Argument(&["kill"]),
        ("pm2", function) => {
            let (_, command, has_target) = PM2.iter().find(|(name, ..)| *name == function)?;
            Runs::Pm2(command, *has_target)
        }
        _ => return None,
    })
}

/// What makes a connection to another host.
const SESSIONS: [&str; 5] =
    ["node-ssh", "node-ssh.NodeSSH", "ssh2.Client", "ssh2-promise", "simple-ssh"];

pub fn session_method(session: &str, method: &str) -> Option<SessionMethod> {
    Some(match (session, method) {
        (_, "connect") => SessionMethod::Connects,
        // A program and its arguments, in `node-ssh`.
        ("node-ssh" | "node-ssh.NodeSSH", "exec") => SessionMethod::Runs(Runs::Program),
        (_, "execCommand" | "exec") => SessionMethod::Runs(Runs::Shell),
        _ => return None,
    })
}

/// Calls a function that runs nothing.
pub fn call(evaluator: &mut Evaluator<'_>, path: &str, arguments: Vec<Thing>, at: Span) -> Thing {
    let first = arguments.first();
    match path {
        path if SESSIONS.contains(&path) => evaluator.open_session(path, &arguments, at),
        "require" | "module.require" => match first.and_then(Thing::known_text) {
            Some(name) => evaluator.module(&name),
            None => evaluator.unknown(at),
        },
        "eval" => match first {
            Some(Thing::Text(code)) => evaluator.run_text(&code.clone(), at),
            _ => evaluator.unknown(at),
        },
        // For the runner they are lines that are printed.
        "core.setOutput" | "@actions/core.setOutput" => {
            evaluator.tell_runner("set-output", &arguments, at)
        }
        "core.exportVariable" | "@actions/core.exportVariable" => {
            evaluator.tell_runner("set-env", &arguments, at)
        }
        "console.log" | "console.info" | "process.stdout.write" => {
            evaluator.print(&arguments, at);
            Thing::Undefined
        }
        "process.exit" | "process.abort" => Thing::Never,
        "JSON.parse" => evaluator.parse_json(first, at),
        "Set" | "Array" | "Array.of" if first.is_none() => {
            Thing::array(Vec::new()).unwrap_or(Thing::Undefined)
        }
        "Buffer.concat" | "Promise.any" | "Promise.race" => {
            let list = first.cloned().unwrap_or(Thing::Undefined);
            evaluator.any_item(&list, at)
        }
        "Object.keys" | "Object.values" | "Object.entries" => {
            evaluator.parts_of_object(first, path.rsplit('.').next().unwrap_or_default(), at)
        }
        "String" | "Number" | "parseInt" | "Set" | "Array.from" | "Array.of" | "Buffer.from"
        | "Object.freeze" | "Object.assign" | "Promise.resolve" | "Promise.all"
        | "Promise.allSettled" | "structuredClone" | "util.promisify" => {
            first.cloned().unwrap_or(Thing::Undefined)
        }
        "path.dirname" | "path.posix.dirname" => evaluator.folder_of(first, at),
        "path.normalize" | "url.fileURLToPath" => first.cloned().unwrap_or(Thing::Undefined),
        "path.join" | "path.resolve" | "path.posix.join" => evaluator.path_of(&arguments, at),
        "fs.readFileSync" | "fs.readFile" => match first.and_then(Thing::known_text).as_deref() {
            Some("0" | "/dev/stdin") => evaluator.standard_input(at),
            _ => evaluator.call_unknown(&Thing::Undefined, arguments, at),
        },
        "pm2.list" => {
            let hole = evaluator.hole(at);
            let list = List::of(Contents::Processes);
            let list = Thing::Unknown(evaluator.item(list, Selection::Any, hole));
            evaluator.call_back(&arguments, &list, at);
            list
        }
        "process.stdin.on" | "process.stdin.once" => {
            let input = evaluator.standard_input(at);
            for argument in &arguments {
                if let Thing::Function(callback) = argument {
                    evaluator.call_later(callback.clone(), vec![input.clone()]);
                }
            }
            Thing::Library("process.stdin".to_owned())
        }
        _ => match path.rsplit_once('.') {
            // `$({ options })` gives a `$` again.
            Some((_, "$")) => Thing::Library(path.to_owned()),
            Some((function, "bind")) => Thing::Library(function.to_owned()),
            Some((function, "call")) => {
                evaluator.call_library(function, arguments.into_iter().skip(1).collect(), at)
            }
            Some(("process.stdin", _)) => Thing::Library("process.stdin".to_owned()),
            _ => evaluator.call_unknown(&Thing::Undefined, arguments, at),
        },
    }
}
