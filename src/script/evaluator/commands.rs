//! The functions that run commands: how they take them, and what they give.

use super::{
    Call, Command,
    code::Span,
    state::Evaluator,
    thing::{Contents, Fields, List, Session, Thing},
};
use crate::invocation::{Hole, Piece, Selection, Value, Word};
use std::{cell::RefCell, rc::Rc};

/// How a function takes the command that it runs.
#[derive(Clone, Copy)]
pub enum Runs {
    /// Text for a shell.
    Shell,
    /// Text for a shell of another host.
    RemoteShell,
    /// A program, and a list of arguments if there are any; with the option `shell` a shell's text.
    Program,
    /// A program, whose arguments are the option `args`.
    WithArguments,
    /// A list of words; with the option `shell` a shell's text.
    Words,
    /// A command line that is split at blanks, and a list of further arguments.
    CommandLine,
    /// The program and its arguments, one after the other.
    Spread,
    /// As C's `exec`: so many other arguments, the program, then its argv, which begins with its
    /// own name, as a list or one after the other.
    Exec { before: usize, is_list: bool },
    /// A script, run by this program.
    Script(&'static str),
    /// All arguments that are texts are arguments of this command.
    Arguments(&'static [&'static str]),
    /// The first argument is one of this command.
    Argument(&'static [&'static str]),
    /// The rest of the function's path after this is the program and its first arguments.
    Named(&'static str),
    /// A command of PM2, by its name, and whether it takes a target.
    Pm2(&'static str, bool),
}

/// What a method of a [`Session`] does.
#[derive(Clone, Copy)]
pub enum SessionMethod {
    /// It says which host is meant.
    Connects,
    /// It runs a command on that host.
    Runs(Runs),
    /// It runs a command here.
    RunsHere(Runs),
}

impl Evaluator<'_> {
    pub fn call_library(&mut self, path: &str, arguments: Vec<Thing>, at: Span) -> Thing {
        let dialect = self.dialect;
        match dialect.runs(path) {
            Some(runs) => self.run_command(path, runs, &arguments, None, at),
            None => dialect.call(self, path, arguments, at),
        }
    }

    /// `` $`pm2 delete ${name}` ``.
    pub fn call_template(&mut self, path: &str, text: &Thing, at: Span) -> Thing {
        if !path.ends_with(".$") {
            return self.unknown(at);
        }
        self.run_command(path, Runs::Shell, std::slice::from_ref(text), None, at)
    }

    /// A connection that `path` makes; the host is told by `arguments` if it is told at all.
    pub fn open_session(&mut self, path: &str, arguments: &[Thing], at: Span) -> Thing {
        let host = self.host(arguments, at);
        Thing::Session(Session { path: path.to_owned(), host: Rc::new(RefCell::new(host)) })
    }

    pub fn call_session(
        &mut self,
        session: &Session,
        method: &str,
        arguments: Vec<Thing>,
        at: Span,
    ) -> Thing {
        let path = format!("{}.{method}", session.path);
        match self.dialect.session_method(&session.path, method) {
            Some(SessionMethod::Connects) => {
                let host = self.host(&arguments, at);
                if host.is_some() {
                    *session.host.borrow_mut() = host;
                }
                // What it gives may be the connection, or a promise of it.
                self.call_back(&arguments, &Thing::Session(session.clone()), at);
                Thing::Session(session.clone())
            }
            Some(SessionMethod::Runs(runs)) => {
                let host = session.host.borrow().clone();
                let host =
                    host.unwrap_or_else(|| Value::hole(Hole::unknown("a remote host", None)));
                self.run_command(&path, runs, &arguments, Some(host), at)
            }
            Some(SessionMethod::RunsHere(runs)) => {
                self.run_command(&path, runs, &arguments, None, at)
            }
            None => {
                self.call_unknown(&Thing::Undefined, arguments, at);
                // `ssh.connect(…).then(…)`, `conn.on('ready', …).connect(…)`
                Thing::Session(session.clone())
            }
        }
    }

    fn host(&mut self, arguments: &[Thing], at: Span) -> Option<Value> {
        let named = arguments.iter().find_map(|argument| {
            let fields = options(argument)?;
            ["host", "hostname", "server", "connect_to"].iter().find_map(|key| fields.get(*key))
        });
        let host = named.or_else(|| {
            arguments.iter().find(|given| matches!(given, Thing::Text(_) | Thing::Unknown(_)))
        })?;
        Some(self.text(host, at))
    }

    pub fn run_command(
        &mut self,
        path: &str,
        runs: Runs,
        arguments: &[Thing],
        host: Option<Value>,
        at: Span,
    ) -> Thing {
        let function = self.function_name(path, at);
        let input = arguments.iter().find_map(|argument| options(argument)?.get("input").cloned());
        let input = input.map(|input| self.text(&input, at));
        let host = match runs {
            Runs::RemoteShell => Some(Value::hole(Hole::unknown("a remote host", None))),
            _ => host,
        };
        let mut output = None;
        for command in self.commands(path, runs, arguments, at) {
            let text = match &command {
                Command::Shell(text) => text.clone(),
                Command::Argv(argv) => self.spaced(argv.clone(), at),
            };
            let (input, host, function) = (input.clone(), host.clone(), function.clone());
            self.found(at, Call { command, input, host, location: None, function });
            output.get_or_insert(text);
        }
        let output = self.output(&output.unwrap_or_else(Value::empty), at);
        self.call_back(arguments, &output, at);
        output
    }

    /// The words with blanks between.
    fn spaced(&mut self, words: Vec<Value>, at: Span) -> Value {
        let blank = Value::known(self.made_up(" ", at));
        let spaced = words.into_iter().reduce(|text, word| {
            let text = self.concatenated(text, &blank, at);
            self.concatenated(text, &word, at)
        });
        spaced.unwrap_or_else(Value::empty)
    }

    /// The function as it stands there, if that is still its name; else its path.
    fn function_name(&self, path: &str, at: Span) -> String {
        let name = path.rsplit('.').next().unwrap_or(path);
        let written = self.code.parsed(at);
        let is_of_name = |c: char| c.is_alphanumeric() || "._$".contains(c);
        let len = written.find(|c| !is_of_name(c)).unwrap_or(written.len());
        match &written[..len] {
            written if written.ends_with(name) => written.to_owned(),
            _ => path.to_owned(),
        }
    }

    /// The command, or several if it may be one of them.
    fn commands(&mut self, path: &str, runs: Runs, arguments: &[Thing], at: Span) -> Vec<Command> {
        let mut given: Vec<&Thing> =
            arguments.iter().filter(|argument| options(argument).is_none()).collect();
        if given.is_empty() {
            let named = |name| arguments.iter().find_map(|argument| options(argument)?.get(name));
            given.extend(["args", "command", "cmd", "path"].iter().find_map(|name| named(*name)));
        }
        let first = self.nth(&given, 0, at);
        let argv: Vec<Value> = match runs {
            Runs::Shell | Runs::RemoteShell => return vec![Command::Shell(first)],
            Runs::CommandLine => {
                let listed = self.words_of(given.get(1).copied(), at);
                let lines = first.alternatives().iter().map(|line| {
                    let words = split_line(line).into_iter().map(Value::one);
                    Command::Argv(words.chain(listed.iter().cloned()).collect())
                });
                return lines.collect();
            }
            Runs::Words => {
                let mut words = self.words_of(given.first().copied(), at);
                if has_shell(arguments) {
                    // Of a list only the first word is the command then.
                    return words.into_iter().take(1).map(Command::Shell).collect();
                }
                let program = arguments.iter().find_map(|given| options(given)?.get("executable"));
                if let (Some(program), Some(first)) = (program, words.first_mut()) {
                    *first = self.text(program, at);
                }
                words
            }
            Runs::Program => {
                let listed = self.words_of(given.get(1).copied(), at);
                let argv: Vec<Value> = [first].into_iter().chain(listed).collect();
                if has_shell(arguments) {
                    return vec![Command::Shell(self.spaced(argv, at))];
                }
                argv
            }
            Runs::WithArguments => {
                let listed = arguments.iter().find_map(|given| options(given)?.get("args"));
                let listed = self.words_of(listed, at);
                [first].into_iter().chain(listed).collect()
            }
            Runs::Named(module) => {
                let named = path.strip_prefix(module).unwrap_or(path).trim_start_matches('.');
                // A hyphen cannot stand in a name.
                let named = named.replace('_', "-");
                let mut words = self.made_up_words(&named.split('.').collect::<Vec<_>>(), at);
                words.extend(given.iter().map(|argument| self.text(argument, at)));
                words
            }
            Runs::Spread => given.iter().map(|argument| self.text(argument, at)).collect(),
            Runs::Exec { before, is_list } => {
                let program = self.nth(&given, before, at);
                let rest = match is_list {
                    true => self.words_of(given.get(before + 1).copied(), at),
                    false => {
                        let rest = given.iter().skip(before + 1);
                        rest.map(|argument| self.text(argument, at)).collect()
                    }
                };
                [program].into_iter().chain(rest.into_iter().skip(1)).collect()
            }
            Runs::Script(program) => {
                let listed = self.words_of(given.get(1).copied(), at);
                self.made_up_words(&[program], at)
                    .into_iter()
                    .chain([first])
                    .chain(listed)
                    .collect()
            }
            Runs::Arguments(command) => {
                let mut words = self.made_up_words(command, at);
                for argument in given {
                    match argument {
                        Thing::Array(_) => words.extend(self.words_of(Some(argument), at)),
                        argument => words.push(self.text(argument, at)),
                    }
                }
                words
            }
            Runs::Argument(command) => {
                let mut words = self.made_up_words(command, at);
                words.push(first);
                words
            }
            Runs::Pm2(command, has_target) => {
                let target = match arguments.first() {
                    // `pm2.start({ script: … })`
                    Some(Thing::Object(options)) => {
                        let script = options.inner.get("script").unwrap_or(&Thing::Undefined);
                        self.text(script, at)
                    }
                    _ => first,
                };
                let words = self.made_up_words(&["pm2", command], at);
                words.into_iter().chain(has_target.then_some(target)).collect()
            }
        };
        vec![Command::Argv(argv)]
    }

    fn made_up_words(&self, words: &[&str], at: Span) -> Vec<Value> {
        words.iter().map(|word| Value::known(self.made_up(word, at))).collect()
    }

    fn nth(&mut self, arguments: &[&Thing], n: usize, at: Span) -> Value {
        arguments.get(n).map_or_else(Value::empty, |argument| self.text(argument, at))
    }

    /// The words of a list of arguments, or the only word.
    fn words_of(&mut self, list: Option<&Thing>, at: Span) -> Vec<Value> {
        match list {
            Some(Thing::Array(list)) => list.inner.iter().map(|item| self.text(item, at)).collect(),
            Some(list @ (Thing::Each(_) | Thing::Unknown(_) | Thing::Text(_))) => {
                vec![self.text(list, at)]
            }
            _ => Vec::new(),
        }
    }

    /// What a command prints.
    fn output(&mut self, command: &Value, at: Span) -> Thing {
        let lists = command.alternatives().iter().any(|word| {
            let text = word.to_string();
            let lists = text.contains("jlist") || text.contains("prettylist");
            lists && !text.contains('|') || !word.is_known() && !text.contains("pm2 ")
        });
        let contents = if lists { Contents::ProcessesAsText } else { Contents::Unknown };
        let hole = self.hole(at);
        Thing::Unknown(self.item(List::of(contents), Selection::Any, hole))
    }

    /// Callbacks get an error that is unknown, and the output.
    pub fn call_back(&mut self, arguments: &[Thing], output: &Thing, at: Span) {
        for argument in arguments {
            if let Thing::Function(function) = argument {
                let error = self.unknown(at);
                self.call_later(function.clone(), vec![error, output.clone()]);
            }
        }
    }
}

/// The options among the arguments of a call: an object, or what is given by name.
pub fn options(argument: &Thing) -> Option<&Fields> {
    match argument {
        Thing::Object(fields) | Thing::Named(fields) => Some(&fields.inner),
        _ => None,
    }
}

/// Whether the options ask for a shell.
fn has_shell(arguments: &[Thing]) -> bool {
    let shell = arguments.iter().find_map(|argument| options(argument)?.get("shell"));
    shell.is_some_and(|shell| shell.knowledge().when_true.is_some())
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
