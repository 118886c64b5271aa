//! The functions that run commands, and the few others that pass values on.
//!
//! A module or one of its functions is known by its path, `subprocess.run`, however it was imported
//! or renamed.

use crate::{
    invocation::{Piece, Selection, Value, Word},
    script::evaluator::{Evaluator, Runs, SessionMethod, Thing, code::Span},
    source::Text,
};

/// What every script has without an import.
pub const BUILTINS: [&str; 29] = [
    "print",
    "exit",
    "quit",
    "open",
    "str",
    "int",
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "sorted",
    "reversed",
    "iter",
    "next",
    "repr",
    "len",
    "range",
    "enumerate",
    "zip",
    "filter",
    "map",
    "any",
    "all",
    "getattr",
    "exec",
    "eval",
    "__import__",
    "input",
];

pub fn member(path: &str, name: &str) -> String {
    match (path, name) {
        ("asyncio", "subprocess") | ("fabric" | "fabric2", "connection" | "api") => path.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

pub fn runs(path: &str) -> Option<Runs> {
    let (module, function) = path.rsplit_once('.')?;
    Some(match (module, function) {
        ("os", "system" | "popen" | "popen2" | "popen3")
        | ("subprocess" | "commands", "getoutput" | "getstatusoutput")
        | ("asyncio" | "asyncio.subprocess", "create_subprocess_shell")
        | ("invoke", "run" | "sudo")
        | ("fabric.api" | "fabric" | "fabric.operations", "local") => Runs::Shell,
        ("fabric.api" | "fabric" | "fabric.operations", "run" | "sudo") => Runs::RemoteShell,
        ("subprocess", "run" | "call" | "check_call" | "check_output" | "Popen") => Runs::Words,
        ("asyncio" | "asyncio.subprocess", "create_subprocess_exec") => Runs::Spread,
        ("pty", "spawn") => Runs::Words,
        ("pexpect", "run" | "runu" | "spawn" | "spawnu") => Runs::CommandLine,
        ("os", "execv" | "execve" | "execvp" | "execvpe" | "posix_spawn" | "posix_spawnp") => {
            Runs::Exec { before: 0, is_list: true }
        }
        ("os", "execl" | "execle" | "execlp" | "execlpe") => {
            Runs::Exec { before: 0, is_list: false }
        }
        ("os", "spawnv" | "spawnve" | "spawnvp" | "spawnvpe") => {
            Runs::Exec { before: 1, is_list: true }
        }
        ("os", "spawnl" | "spawnle" | "spawnlp" | "spawnlpe") => {
            Runs::Exec { before: 1, is_list: false }
        }
        ("os", "remove" | "unlink") => Runs::Argument(&["rm"]),
        ("os", "rmdir" | "removedirs") => Runs::Argument(&["rmdir"]),
        ("shutil", "rmtree") => Runs::Argument(&["rm", "-rf"]),
        ("os", "kill") => Runs::Argument(&["kill"]),
        ("sh", "Command" | "cd" | "bake") => return None,
        _ if path.starts_with("sh.") => Runs::Named("sh"),
        _ if path.starts_with("plumbum.cmd.") => Runs::Named("plumbum.cmd"),
        _ if path.starts_with("plumbum.local.") => Runs::Named("plumbum.local"),
        _ => return None,
    })
}

/// What makes a connection to another host.
const SESSIONS: [&str; 9] = [
    "paramiko.SSHClient",
    "paramiko.client.SSHClient",
    "fabric.Connection",
    "fabric2.Connection",
    "fabric.SerialGroup",
    "fabric.ThreadingGroup",
    "pexpect.pxssh.pxssh",
    "spur.SshShell",
    "invoke.Context",
];

pub fn session_method(session: &str, method: &str) -> Option<SessionMethod> {
    Some(match (session, method) {
        ("invoke.Context", "run" | "sudo" | "local") | (_, "local") => {
            SessionMethod::RunsHere(Runs::Shell)
        }
        (_, "connect" | "login") => SessionMethod::Connects,
        ("spur.SshShell", "run" | "spawn") => SessionMethod::Runs(Runs::Words),
        (_, "exec_command" | "run" | "sudo" | "sendline") => SessionMethod::Runs(Runs::Shell),
        _ => return None,
    })
}

/// Calls a function that runs nothing.
pub fn call(evaluator: &mut Evaluator<'_>, path: &str, arguments: Vec<Thing>, at: Span) -> Thing {
    let first = arguments.first();
    let given = || first.cloned().unwrap_or(Thing::Undefined);
    let (module, function) = path.rsplit_once('.').unwrap_or(("", path));
    match (module, function) {
        _ if SESSIONS.contains(&path) => evaluator.open_session(path, &arguments, at),
        ("invoke" | "fabric" | "fabric2", "task") => task(evaluator, path, &arguments, at),
        ("", "print") => {
            // What goes to another file is not printed here.
            let is_redirected = arguments.iter().any(|argument| {
                matches!(argument, Thing::Named(named) if named.inner.contains_key("file"))
            });
            let parts: Vec<Thing> = arguments
                .into_iter()
                .filter(|argument| !matches!(argument, Thing::Named(_)))
                .collect();
            if !is_redirected {
                evaluator.print(&parts, at);
            }
            Thing::Undefined
        }
        ("sys.stdout", "write") => {
            evaluator.print(&arguments, at);
            Thing::Undefined
        }
        ("", "exit" | "quit") | ("sys", "exit") | ("os", "_exit" | "abort") => Thing::Never,
        ("", "exec" | "eval") => match first {
            Some(Thing::Text(code)) => evaluator.run_text(code, at),
            _ => evaluator.unknown(at),
        },
        ("", "__import__") | ("importlib", "import_module") => {
            match first.and_then(Thing::known_text) {
                Some(name) => evaluator.module(&name),
                None => evaluator.unknown(at),
            }
        }
        ("", "getattr") => match (first, arguments.get(1).and_then(Thing::known_text)) {
            (Some(thing), Some(name)) => evaluator.member(thing, &name, at),
            _ => evaluator.unknown(at),
        },
        ("json", "loads" | "load") => match first {
            Some(Thing::Library(path)) if path == "sys.stdin" => {
                let input = evaluator.standard_input(at);
                evaluator.parse_json(Some(&input), at)
            }
            text => evaluator.parse_json(text, at),
        },
        ("sys.stdin", _) => evaluator.standard_input(at),
        ("os", "getenv") | ("os.environ", "get" | "pop" | "setdefault") => {
            let Some(name) = first.and_then(Thing::known_text) else {
                return evaluator.unknown(at);
            };
            let held = evaluator.variable_of_environment(&name, at);
            match (held, arguments.get(1)) {
                (held @ Thing::Unknown(_), Some(default)) => held.or(default.clone()),
                (held, _) => held,
            }
        }
        ("os.path", "dirname") => evaluator.folder_of(first, at),
        ("os.path", "join") | ("pathlib", "Path" | "PurePath" | "PosixPath") => {
            evaluator.path_of(&arguments, at)
        }
        ("", "filter" | "map") => match (first, arguments.get(1)) {
            (Some(callback), Some(list)) => {
                let callback = std::slice::from_ref(callback);
                let result = evaluator.list_method(list, function, callback, at);
                result.unwrap_or_else(|| list.clone())
            }
            _ => evaluator.unknown(at),
        },
        ("", "enumerate") => {
            let mut pairs = Vec::new();
            evaluator.each_item(&given(), at, |evaluator, item| {
                let number = evaluator.unknown(at);
                pairs.extend(Thing::array(vec![number, item]));
            });
            match first {
                Some(Thing::Array(_)) => Thing::array(pairs),
                _ => pairs.pop().and_then(Thing::each),
            }
            .unwrap_or_else(|| evaluator.unknown(at))
        }
        ("", "next") => evaluator.any_item(&given(), at),
        ("", "list" | "set" | "dict") if first.is_none() => {
            Thing::array(Vec::new()).unwrap_or(Thing::Undefined)
        }
        (
            "",
            "str" | "int" | "list" | "tuple" | "set" | "frozenset" | "dict" | "sorted" | "reversed"
            | "iter" | "repr",
        )
        | ("shlex" | "pipes", "quote")
        | ("os.path", "expanduser" | "abspath" | "realpath" | "normpath")
        | ("asyncio", "run" | "get_event_loop")
        | ("copy", "copy" | "deepcopy") => given(),
        ("shlex", "split") => match first {
            Some(Thing::Text(line)) => words(line).unwrap_or_else(|| evaluator.unknown(at)),
            _ => evaluator.unknown(at),
        },
        ("shlex", "join") | ("subprocess", "list2cmdline") => match first {
            Some(Thing::Array(list)) => {
                let blank = Word::known(evaluator.made_up(" ", at));
                Thing::Text(evaluator.joined(&list.inner, &blank, at))
            }
            _ => evaluator.unknown(at),
        },
        ("re", "compile") => regex(first, "", ""),
        ("re", "search" | "match" | "fullmatch") => {
            let regex = match function {
                "search" => regex(first, "", ""),
                "match" => regex(first, "^(?:", ")"),
                _ => regex(first, "^(?:", ")$"),
            };
            let text = arguments.get(1).cloned().unwrap_or(Thing::Undefined);
            Thing::Test(evaluator.matches(&regex, &text))
        }
        ("fnmatch", "fnmatch" | "fnmatchcase") => {
            let pattern = arguments.get(1).and_then(Thing::known_text);
            let selection = pattern.map_or(Selection::SomeName, |p| evaluator.glob(&p));
            Thing::Test(evaluator.is_named(&given(), selection))
        }
        ("sh", "Command") => match first.and_then(Thing::known_text) {
            Some(program) => Thing::Library(format!("sh.{program}")),
            None => evaluator.unknown(at),
        },
        _ => evaluator.call_unknown(&Thing::Undefined, arguments, at),
    }
}

/// `@task` of a function: somebody runs it, with a context or a connection.
fn task(evaluator: &mut Evaluator<'_>, path: &str, arguments: &[Thing], at: Span) -> Thing {
    let [Thing::Function(function)] = arguments else {
        // `@task(optional=…)`
        return Thing::Library(path.to_owned());
    };
    let context = if path.starts_with("invoke") { "invoke.Context" } else { "fabric.Connection" };
    // Who asks for one task imports the file and calls it.
    if evaluator.imports() {
        return arguments[0].clone();
    }
    let context = evaluator.open_session(context, &[], at);
    evaluator.call_later(function.clone(), vec![context]);
    Thing::Undefined
}

fn regex(pattern: Option<&Thing>, before: &str, after: &str) -> Thing {
    match pattern {
        Some(Thing::Regex { .. }) => pattern.cloned().unwrap_or(Thing::Undefined),
        Some(pattern) => match pattern.known_text() {
            Some(pattern) => {
                Thing::Regex { pattern: format!("{before}{pattern}{after}"), ignores_case: false }
            }
            None => Thing::Undefined,
        },
        None => Thing::Undefined,
    }
}

/// The words of a line, as a shell splits it: quotes hold words together and fall away.
pub fn words(line: &Value) -> Option<Thing> {
    let [line] = line.alternatives() else { return None };
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    for piece in &line.pieces {
        let Piece::Known(text) = piece else {
            word.get_or_insert_default().push(piece.clone());
            continue;
        };
        for (at, c) in text.as_str().char_indices() {
            match (c, quote) {
                (c, Some(open)) if c == open => quote = None,
                ('"' | '\'', None) => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (c, None) if c.is_whitespace() => words.extend(word.take()),
                _ => {
                    let part: Text = text.slice(at..at + c.len_utf8());
                    word.get_or_insert_default().push(Piece::Known(part));
                }
            }
        }
    }
    words.extend(word);
    Thing::array(words.into_iter().map(|word| Thing::Text(Value::one(word))).collect())
}
