//! What the shell does itself.

use super::{
    Done, Output, Shell, printing,
    state::{EndedBy, Ends, SOURCE, State},
};
use crate::{
    invocation::{Hole, Piece, Value, Word},
    program::split_assignment,
    script::files::is_stdin,
    source::{Hop, Location, Text},
};
use std::{path::PathBuf, sync::Arc};

/// What bash itself does, by its manual; the rest are programs.
const BUILTINS: [&str; 61] = [
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Whether a command is the shell's own.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

impl Shell<'_> {
    /// Reads a builtin; nothing if `name` is none.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        argv: &[Word],
        location: Option<&Location>,
    ) -> Option<Done> {
        let arguments = &argv[1..];
        let done = match name {
            "true" | ":" => Done::silent(Some(true)),
            "false" => Done::silent(Some(false)),
            "shopt" | "ulimit" | "umask" | "wait" | "sleep" | "hash" => Done::default(),
            "cd" | "pushd" | "popd" => self.change_folder(name, arguments),
            "exit" => {
                self.end(EndedBy::Exit);
                Done::default()
            }
            "return" => self.leave_by(Ends::Return, arguments),
            "break" => self.leave_by(Ends::Break(levels(arguments)), &[]),
            "continue" => self.leave_by(Ends::Continue(levels(arguments)), &[]),
            "eval" => {
                let code = self.joined(arguments);
                self.step("eval", location, |shell| shell.script(&code))
            }
            "source" | "." => return self.sourced(arguments, location),
            "trap" => {
                self.trap(arguments);
                Done::silent(Some(true))
            }
            "alias" => {
                for (alias, value) in arguments.iter().filter_map(split_assignment) {
                    let code = self.run.marks.text(&value);
                    self.state.new_aliases.set(alias, code);
                }
                Done::silent(Some(true))
            }
            "unalias" => {
                for alias in arguments.iter().filter_map(Word::text) {
                    self.state.aliases.remove(&alias);
                }
                Done::silent(Some(true))
            }
            "export" | "declare" | "local" | "readonly" | "typeset" => {
                self.declaration_words(name, arguments)
            }
            "unset" => self.unset_words(arguments),
            "set" => self.set_options(arguments),
            "shift" => Done::silent(self.shift(arguments)),
            "read" => self.read_line(arguments, location),
            "mapfile" | "readarray" => self.map_file(arguments, location),
            "let" => {
                let mut success = Some(true);
                for argument in arguments {
                    let text = self.run.marks.text(argument);
                    success = self.is_true(&text);
                }
                Done::silent(success)
            }
            "coproc" | "time" if !arguments.is_empty() => {
                // `coproc NAME { …; }` comes as a command, too.
                let is = |at: usize, mark| {
                    let word = arguments.get(at).and_then(Word::text);
                    word.is_some_and(|text| text == mark)
                };
                let from = match (is(0, "-p"), is(0, "{"), is(1, "{")) {
                    (true, ..) | (_, true, _) => 1,
                    (.., true) => 2,
                    _ => 0,
                };
                return Some(self.call(arguments[from..].to_vec(), location.cloned()));
            }
            // The command itself, not an alias or a function of that name.
            "command" | "builtin"
                if !arguments.is_empty() && !arguments[0].head().starts_with('-') =>
            {
                let inner = arguments[0].text().map(|name| name.into_owned());
                return inner.and_then(|name| self.builtin(&name, arguments, location));
            }
            "exec" if arguments.is_empty() => Done::default(),
            "exec" => {
                let done = self.program(argv.to_vec(), location.cloned());
                self.state.ended = true;
                self.exits = true;
                done
            }
            "echo" => self.printed(Value::one(printing::echo(arguments))),
            "printf" => match arguments.split_first() {
                Some((option, [name, words @ ..])) if option.text().is_some_and(|t| t == "-v") => {
                    let value = printing::printf(words);
                    if let Some(name) = name.text() {
                        self.state.set(&name, value);
                    }
                    Done::silent(Some(true))
                }
                _ => self.printed(printing::printf(arguments)),
            },
            "pwd" if !self.state.directory.pieces.is_empty() => {
                self.printed(Value::one(self.state.directory.clone()))
            }
            "cat" => return self.cat(arguments),
            "tee" => {
                let output = self.stdin.clone();
                let appends = argv.iter().any(|word| word.text().is_some_and(|text| text == "-a"));
                for path in arguments.iter().filter(|word| !word.head().starts_with('-')) {
                    self.written(path, &output, appends);
                    self.writes(path, appends);
                }
                Done::printing(output, None)
            }
            _ => return None,
        };
        Some(done)
    }

    fn printed(&mut self, value: Value) -> Done {
        value.alternatives().iter().for_each(|word| self.printed_command(word));
        Done::printing(Output::Known(value), Some(true))
    }

    /// Reads code that runs in this very shell.
    fn step(
        &mut self,
        step: &str,
        location: Option<&Location>,
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        let hop = Hop { step: step.into(), location: location.cloned() };
        self.deeper(location, |shell| shell.within(hop, None, read))
    }

    /// `cat` of files that were written here, of those of the repository, or of what is piped in.
    fn cat(&mut self, arguments: &[Word]) -> Option<Done> {
        let files: Vec<&Word> = arguments
            .iter()
            .filter(|word| !word.head().starts_with('-') || word.text().is_some_and(|t| t == "-"))
            .collect();
        if files.is_empty() {
            return Some(Done::printing(self.stdin.clone(), None));
        }
        let mut output = Output::Silent;
        for file in files {
            let is_piped = is_stdin(file) || file.text().is_some_and(|file| file == "-");
            output = output.and(match self.text_of_file(file) {
                _ if is_piped => self.stdin.clone(),
                Some(text) => Output::Known(text),
                None => self.texts_like(file)?,
            });
        }
        Some(Done::printing(output.into_stages(), None))
    }

    /// What the files of the repository say that a pattern matches.
    fn texts_like(&self, pattern: &Word) -> Option<Output> {
        let texts = self.files_like(pattern).into_iter();
        let texts = texts.map(|(_, text)| Output::Known(self.run.marks.value(&text)));
        texts.reduce(Output::and)
    }

    fn leave_by(&mut self, way: Ends, arguments: &[Word]) -> Done {
        let status = match arguments.first() {
            None => self.state.status,
            Some(word) => word.text().and_then(|text| Some(text.parse::<i64>().ok()? == 0)),
        };
        let mut state = self.state.clone();
        state.status = status;
        self.left.push((way, state));
        self.state.ended = true;
        Done::silent(status)
    }

    fn trap(&mut self, arguments: &[Word]) {
        let Some((code, signals)) = arguments.split_first() else { return };
        let text = self.run.marks.text(code);
        for signal in signals.iter().filter_map(Word::text) {
            // It may have run before.
            if let Some(before) = self.state.traps.get(&signal).cloned()
                && signal != "EXIT"
            {
                let state = self.state.clone();
                self.traps(vec![(signal.to_string(), before)]);
                self.state = state;
            }
            match text.as_str() {
                "-" | "" => self.state.traps.remove(&signal),
                _ => self.state.traps.set(signal, text.clone()),
            }
        }
    }

    /// Reads a file in this very shell; nothing if it is not there.
    fn sourced(&mut self, arguments: &[Word], location: Option<&Location>) -> Option<Done> {
        let (path, rest) = arguments.split_first()?;
        let text = match (self.written_file(path), &self.stdin) {
            (Some(text), _) => text,
            (None, Output::Known(value)) if is_stdin(path) => {
                let words: Vec<Word> = value.alternatives().to_vec();
                self.joined(&words)
            }
            (None, _) => self.file_of(path)?,
        };
        let hop = Hop { step: path.to_string(), location: location.cloned() };
        let outer = self.state.positional.clone();
        if !rest.is_empty() {
            self.state.positional = Arc::new(values(rest));
        }
        let source = self.state.items(SOURCE).unwrap_or_default();
        let place = Value::one(self.place_of(&text).unwrap_or_else(|| path.clone()));
        self.state.set_list(SOURCE, [place].into_iter().chain(source.iter().cloned()));
        let mark = self.left.len();
        let done = self.deeper(location, |shell| {
            shell.within(hop, None, |shell| shell.once(&text, |shell| shell.script(&text)))
        });
        self.state.set_list(SOURCE, source);
        for (_, state) in self.left.split_off(mark) {
            self.state = std::mem::take(&mut self.state).or(state);
        }
        if !rest.is_empty() {
            self.state.positional = outer;
        }
        Some(done)
    }

    /// `set -eu`, `set -o errexit`, `set -- a b`.
    fn set_options(&mut self, arguments: &[Word]) -> Done {
        let mut words = arguments.iter();
        let mut long = None;
        while let Some(word) = words.next() {
            let Some(text) = word.text() else { break };
            if let Some(on) = long.take() {
                match text.as_ref() {
                    "errexit" => self.state.options.errexit = on,
                    "nounset" => self.state.options.nounset = on,
                    "allexport" => self.state.options.allexport = on,
                    _ => {}
                }
                continue;
            }
            let on = text.starts_with('-');
            if text == "--" || !text.starts_with(['-', '+']) {
                let skipped = usize::from(text != "--");
                let at = arguments.len() - words.len() - skipped;
                self.state.positional = Arc::new(values(&arguments[at..]));
                break;
            }
            for flag in text.chars().skip(1) {
                match flag {
                    'e' => self.state.options.errexit = on,
                    'u' => self.state.options.nounset = on,
                    'a' => self.state.options.allexport = on,
                    'o' => long = Some(on),
                    _ => {}
                }
            }
        }
        Done::silent(Some(true))
    }

    /// Tells whether there were as many arguments.
    fn shift(&mut self, arguments: &[Word]) -> Option<bool> {
        let count = match arguments.first().map(Word::text) {
            None => Some(1),
            Some(text) => text.and_then(|text| text.parse::<usize>().ok()),
        };
        let words = &mut self.state.positional;
        // What may be several words may still be there, or more may be gone.
        let Some(count) = count.filter(|count| !words.iter().take(*count).any(Value::splits))
        else {
            *words = State::unknown_arguments();
            return None;
        };
        let enough = count <= words.len();
        Arc::make_mut(words).drain(..if enough { count } else { 0 });
        Some(enough)
    }

    /// `cd`, `pushd` and `popd`.
    fn change_folder(&mut self, name: &str, arguments: &[Word]) -> Done {
        let path = arguments.iter().find(|word| {
            !word.head().starts_with('-') || word.text().is_some_and(|text| text == "-")
        });
        let before = (self.state.directory.clone(), self.state.folder.clone());
        let is_there = path.is_some_and(|path| self.is_own_folder(path));
        let back = name == "popd" || path.and_then(Word::text).is_some_and(|text| text == "-");
        match path {
            _ if back => {
                let last = self.state.folders.pop();
                let (directory, folder) =
                    last.unwrap_or_else(|| (unknown_folder(), PathBuf::new()));
                (self.state.directory, self.state.folder) = (directory, folder);
            }
            None => {
                (self.state.directory, self.state.folder) = (Word::made_up("~"), PathBuf::new());
            }
            Some(path) => {
                self.state.directory = below(&before.0, path);
                self.state.enter(path);
            }
        }
        if name != "popd" {
            self.state.folders.push(before);
        }
        Done::silent(is_there.then_some(true))
    }

    /// Words joined by blanks, as code.
    pub fn joined(&mut self, words: &[Word]) -> Text {
        let mut code = Text::default();
        for (position, word) in words.iter().enumerate() {
            if position > 0 {
                code.push_made_up(" ", word.location().as_ref());
            }
            let text = self.run.marks.text(word);
            code.push(&text);
        }
        code
    }
}

/// Words that are known to be these.
pub fn values(words: &[Word]) -> Vec<Value> {
    words.iter().cloned().map(Value::one).collect()
}

/// `break 2`
fn levels(arguments: &[Word]) -> usize {
    let levels = arguments.first().and_then(Word::text).and_then(|text| text.parse().ok());
    levels.unwrap_or(1).max(1)
}

fn unknown_folder() -> Word {
    Word::hole(Hole::unknown("the folder", None))
}

/// The folder that `path` means, seen from another one.
fn below(folder: &Word, path: &Word) -> Word {
    let absolute = path.head().starts_with(['/', '~']) || path.head().is_empty();
    if absolute || folder.pieces.is_empty() {
        return path.clone();
    }
    let mut whole = folder.clone();
    let mut parts = path.text().map(|text| text.into_owned()).unwrap_or_default();
    // `..` takes a folder away, if it is known.
    while let Some(rest) = parts.strip_prefix("..") {
        let Some(Piece::Known(text)) = whole.pieces.last_mut() else { break };
        let Some(end) = text.as_str().trim_end_matches('/').rfind('/') else { break };
        *text = text.slice(0..end.max(1));
        parts = rest.trim_start_matches('/').to_owned();
        if parts.is_empty() {
            return whole;
        }
    }
    whole.append(&Word::made_up("/"));
    match path.is_known() {
        true => whole.append(&Word::made_up(&parts)),
        false => whole.append(path),
    }
    whole
}
