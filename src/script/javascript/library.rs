//! The functions that run commands, and the few others that pass values on.
//!
//! A module or one of its functions is known by its path, `child_process.exec`, however it was
//! imported or renamed.

use super::Command;
use super::evaluator::Evaluator;
use super::thing::{Contents, List, Thing};
use crate::invocation::{Piece, Selection, Value, Word};
use tree_sitter::Node;

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

/// How a function takes the command that it runs.
enum Runs {
    /// Text for a shell.
    Shell,
    /// A program, and a list of arguments if there are any.
    Program,
    /// A command line that is split at blanks, and a list of further arguments.
    CommandLine,
    /// A JavaScript module, run by node.
    Module,
    /// The first argument of many is an argument of this program.
    Arguments(&'static str),
    /// A command of PM2.
    Pm2(&'static str, bool),
}

/// The path of a global name, if it is known.
pub fn global(name: &str) -> Option<String> {
    let path = match name {
        "require" | "process" | "console" | "JSON" | "String" | "Number" | "Array" | "Object"
        | "Promise" | "Set" | "Buffer" | "child_process" | "fs" | "util" | "pm2" | "execa"
        | "parseInt" | "globalThis" | "module" | "structuredClone" => name,
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

fn runs(path: &str) -> Option<Runs> {
    let (module, function) = path.rsplit_once('.').unwrap_or((path, ""));
    Some(match (module, function) {
        ("child_process", "exec" | "execSync") | ("shelljs" | "shelljs/global", "exec") => {
            Runs::Shell
        }
        ("child_process", "execFile" | "execFileSync" | "spawn" | "spawnSync")
        | ("cross-spawn", "" | "spawn")
        | ("execa", "" | "execa" | "execaSync") => Runs::Program,
        ("child_process", "fork") | ("execa", "execaNode" | "node") => Runs::Module,
        ("execa", "execaCommand" | "execaCommandSync" | "command" | "commandSync")
        | ("@actions/exec", "exec" | "getExecOutput") => Runs::CommandLine,
        ("shelljs", "rm") => Runs::Arguments("rm"),
        ("pm2", function) => {
            let (_, command, has_target) = PM2.iter().find(|(name, ..)| *name == function)?;
            Runs::Pm2(command, *has_target)
        }
        _ => return None,
    })
}

impl<'t> Evaluator<'t> {
    pub fn module(&self, name: &str) -> Thing<'t> {
        let name = name.strip_prefix("node:").unwrap_or(name);
        Thing::Library(name.trim_end_matches("/promises").to_owned())
    }

    pub fn call_library(
        &mut self,
        path: &str,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        if let Some(runs) = runs(path) {
            return self.run_command(path, &runs, arguments, node);
        }
        let first = arguments.first();
        match path {
            "require" | "module.require" => match first {
                Some(Thing::Text(name)) => match name.text() {
                    Some(name) => self.module(&name),
                    None => self.unknown(node),
                },
                _ => self.unknown(node),
            },
            "console.log" | "console.info" | "process.stdout.write" => {
                self.print(&arguments, node);
                Thing::Undefined
            }
            "process.exit" | "process.abort" => Thing::Never,
            "JSON.parse" => {
                let text = first.cloned();
                self.parse_json(text.as_ref(), node)
            }
            "Set" | "Array" | "Array.of" if first.is_none() => {
                Thing::array(Vec::new()).unwrap_or(Thing::Undefined)
            }
            "Buffer.concat" | "Promise.any" | "Promise.race" => {
                let list = first.cloned().unwrap_or(Thing::Undefined);
                self.any_item(&list, node)
            }
            "Object.keys" => match first {
                Some(Thing::Object(fields)) => {
                    let names = fields
                        .inner
                        .keys()
                        .map(|name| Thing::Text(Value::known(self.made_up(name, node))));
                    Thing::array(names.collect()).unwrap_or_else(|| self.unknown(node))
                }
                _ => self.unknown(node),
            },
            "Object.values" => match first {
                Some(Thing::Object(fields)) => {
                    let values = fields.inner.values().cloned().collect();
                    Thing::array(values).unwrap_or_else(|| self.unknown(node))
                }
                _ => self.unknown(node),
            },
            "String" | "Number" | "parseInt" | "Set" | "Array.from" | "Array.of"
            | "Buffer.from" | "Object.freeze" | "Object.assign" | "Promise.resolve"
            | "Promise.all" | "Promise.allSettled" | "structuredClone" | "util.promisify" => {
                first.cloned().unwrap_or(Thing::Undefined)
            }
            "fs.readFileSync" | "fs.readFile" => match first {
                Some(Thing::Text(name))
                    if matches!(name.text().as_deref(), Some("0" | "/dev/stdin")) =>
                {
                    self.standard_input(node)
                }
                _ => self.call_unknown(&Thing::Undefined, arguments, node),
            },
            "pm2.list" => {
                let hole = self.hole(node);
                let list = List::of(Contents::Processes);
                let list = Thing::Unknown(self.item(list, Selection::Any, hole));
                self.call_back(&arguments, &list, node);
                list
            }
            "process.stdin.on" | "process.stdin.once" => {
                let input = self.standard_input(node);
                let callbacks = arguments.iter().filter_map(|argument| match argument {
                    Thing::Function(function) => Some(*function),
                    _ => None,
                });
                for callback in callbacks.collect::<Vec<_>>() {
                    self.call_later(callback, vec![input.clone()]);
                }
                Thing::Library("process.stdin".to_owned())
            }
            _ => match path.rsplit_once('.') {
                // `$({ options })` gives a `$` again.
                Some((_, "$")) => Thing::Library(path.to_owned()),
                Some((function, "bind")) => Thing::Library(function.to_owned()),
                Some((function, "call")) => {
                    self.call_library(function, arguments.into_iter().skip(1).collect(), node)
                }
                Some(("process.stdin", _)) => Thing::Library("process.stdin".to_owned()),
                _ => self.call_unknown(&Thing::Undefined, arguments, node),
            },
        }
    }

    /// `` $`pm2 delete ${name}` ``.
    pub fn call_template(&mut self, path: &str, text: &Thing<'t>, node: Node<'t>) -> Thing<'t> {
        if !path.ends_with(".$") {
            return self.unknown(node);
        }
        let text = self.text(text, node);
        self.found(node, Command::Shell(text.clone()), "$".to_owned());
        self.output(&text, node)
    }

    fn run_command(
        &mut self,
        path: &str,
        runs: &Runs,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        let function = self.function_name(path, node);
        let mut output = None;
        for command in self.commands(runs, &arguments, node) {
            let text = match &command {
                Command::Shell(text) => text.clone(),
                Command::Argv(argv) => self.spaced(argv.clone(), node),
            };
            self.found(node, command, function.clone());
            output.get_or_insert(text);
        }
        let output = self.output(&output.unwrap_or_else(Value::empty), node);
        self.call_back(&arguments, &output, node);
        output
    }

    /// The words with blanks between.
    fn spaced(&mut self, words: Vec<Value>, node: Node<'t>) -> Value {
        let blank = Value::known(self.made_up(" ", node));
        let spaced = words.into_iter().reduce(|text, word| {
            let text = self.concatenated(text, &blank, node);
            self.concatenated(text, &word, node)
        });
        spaced.unwrap_or_else(Value::empty)
    }

    /// How the function is called where it stands.
    fn function_name(&self, path: &str, node: Node<'t>) -> String {
        let callee = node.child_by_field_name("function");
        let written = callee.map(|callee| self.code.parsed(callee));
        let is_plain = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || "._$".contains(c));
        written.filter(is_plain).unwrap_or(path).to_owned()
    }

    /// The command, or several if it may be one of them.
    fn commands(&mut self, runs: &Runs, arguments: &[Thing<'t>], node: Node<'t>) -> Vec<Command> {
        let first = arguments.first().map_or_else(Value::empty, |first| self.text(first, node));
        let listed: Vec<Value> = match arguments.get(1) {
            Some(Thing::Array(list)) => {
                list.inner.iter().map(|item| self.text(item, node)).collect()
            }
            Some(list @ (Thing::Each(_) | Thing::Unknown(_))) => vec![self.text(list, node)],
            _ => Vec::new(),
        };
        let made_up = |word: &str| Value::known(self.made_up(word, node));
        let argv: Vec<Value> = match runs {
            Runs::Shell => return vec![Command::Shell(first)],
            Runs::CommandLine => {
                let lines = first.alternatives().iter().map(|line| {
                    let words = split_line(line).into_iter().map(Value::one);
                    Command::Argv(words.chain(listed.iter().cloned()).collect())
                });
                return lines.collect();
            }
            Runs::Program => [first].into_iter().chain(listed).collect(),
            Runs::Module => [made_up("node"), first].into_iter().chain(listed).collect(),
            Runs::Arguments(program) => {
                let program = made_up(program);
                let words = arguments.iter().map(|argument| self.text(argument, node));
                [program].into_iter().chain(words).collect()
            }
            Runs::Pm2(command, has_target) => {
                let target = match arguments.first() {
                    // `pm2.start({ script: … })`
                    Some(Thing::Object(options)) => {
                        let script = options.inner.get("script").unwrap_or(&Thing::Undefined);
                        self.text(script, node)
                    }
                    _ => first,
                };
                let words = ["pm2", command].map(|word| Value::known(self.made_up(word, node)));
                words.into_iter().chain(has_target.then_some(target)).collect()
            }
        };
        if matches!(runs, Runs::Program) && has_shell(arguments) {
            return vec![Command::Shell(self.spaced(argv, node))];
        }
        vec![Command::Argv(argv)]
    }

    /// What a command prints.
    fn output(&mut self, command: &Value, node: Node<'t>) -> Thing<'t> {
        let lists = command.alternatives().iter().any(|word| {
            let text = word.to_string();
            let lists = text.contains("jlist") || text.contains("prettylist");
            lists && !text.contains('|') || !word.is_known() && !text.contains("pm2 ")
        });
        let contents = if lists { Contents::ProcessesAsText } else { Contents::Unknown };
        let hole = self.hole(node);
        Thing::Unknown(self.item(List::of(contents), Selection::Any, hole))
    }

    /// Callbacks get an error that is unknown, and the output.
    fn call_back(&mut self, arguments: &[Thing<'t>], output: &Thing<'t>, node: Node<'t>) {
        for argument in arguments {
            if let Thing::Function(function) = argument {
                let error = self.unknown(node);
                self.call_later(*function, vec![error, output.clone()]);
            }
        }
    }
}

/// Whether the options ask for a shell.
fn has_shell(arguments: &[Thing<'_>]) -> bool {
    arguments.iter().any(|argument| match argument {
        Thing::Object(options) => match options.inner.get("shell") {
            Some(shell) => shell.knowledge().when_true.is_some(),
            None => false,
        },
        _ => false,
    })
}

/// The words of a command line, split at blanks outside of double quotes.
fn split_line(line: &Word) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quoted = false;
    for piece in &line.pieces {
        let text = match piece {
            Piece::Known(text) => text,
            hole => {
                word.get_or_insert_default().push(hole.clone());
                continue;
            }
        };
        for (at, c) in text.as_str().char_indices() {
            match c {
                '"' => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                ' ' if !quoted => words.extend(word.take()),
                _ => {
                    let part = text.slice(at..at + c.len_utf8());
                    word.get_or_insert_default().push(Piece::Known(part));
                }
            }
        }
    }
    words.extend(word);
    words
}
