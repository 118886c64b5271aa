//! Programs that run programs: what an invocation runs in turn, as `rules/programs` says.

use super::{
    Unread, UnreadKind,
    files::{is_stdin, language_of},
    javascript, python,
    shell::{Done, Output, Shell, State, values},
    template,
};
use crate::{
    invocation::{Invocation, Value, Word},
    program::{
        Arguments, Catalog, Program, Runs, RunsWhat, Source, bare_name, package_of,
        split_assignment,
    },
    source::{Hop, Language, Location, Place, Text},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{path::Path, sync::Arc};

impl Shell<'_> {
    /// Reads what a call runs in turn, and tells what it prints.
    pub fn nested(&mut self, invocation: &Arc<Invocation>) -> Done {
        let Some((first, rest)) = invocation.argv.split_first() else {
            return prints(invocation);
        };
        let named = match first.text() {
            Some(name) => Catalog::built_in().find(&name),
            None => Catalog::built_in().named_after(first),
        };
        let Some(program) = named else {
            let Some(path) = first.text().map(|name| name.into_owned()) else {
                // `"$APP_DIR/deploy.sh"`, `$script` of a loop over `ops/*.sh`
                return match self.file_of(first) {
                    Some(text) => self.file(invocation, &first.to_string(), text, rest),
                    None => self.files(invocation, &self.files_like(first), rest),
                };
            };
            return match self.own_script(&path) {
                Some(text) => self.file(invocation, &path, text, rest),
                None if is_script_path(&path) => {
                    self.missing(invocation, format!("`{path}` is not in the repository"))
                }
                None => prints(invocation),
            };
        };
        let arguments = Arguments::parse(program, &invocation.argv);
        if arguments.has(&program.options.help) {
            return prints(invocation);
        }
        let outer = self.state.folder.clone();
        if let Some(folder) = arguments.values_of(&program.options.folder).last() {
            self.state.enter(folder);
        }
        let mut done: Option<Done> = None;
        for runs in program.runs.iter().filter(|runs| runs.applies(&arguments)) {
            self.tell_of_downloads(runs, &arguments, invocation);
            let commands = self.commands(runs, &arguments, invocation);
            let has_own = matches!(runs.what, RunsWhat::Lines(_)) && !arguments.operands.is_empty();
            if commands.is_empty() || has_own {
                continue;
            }
            let variables = arguments.values_of(&program.options.variable);
            let nested = Nested {
                program,
                runs,
                commands,
                variables: variables.filter_map(split_assignment).collect(),
                arguments: &arguments,
                invocation,
            };
            let location = invocation.location.as_ref();
            let next = self.deeper(location, |shell| shell.read_nested(&nested));
            done = Some(done.map_or(next.clone(), |done| done.then(next)));
            if !runs.also {
                break;
            }
        }
        self.state.folder = outer;
        done.unwrap_or_else(|| prints(invocation))
    }

    /// The commands that one entry of `runs` means, each as its words; none if it does not apply.
    fn commands(
        &mut self,
        runs: &Runs,
        arguments: &Arguments<'_>,
        invocation: &Arc<Invocation>,
    ) -> Vec<Vec<Word>> {
        let of_value =
            |value: &Value| value.alternatives().iter().map(|w| vec![w.clone()]).collect();
        match runs.what.source() {
            Source::Stdin => match &self.stdin {
                Output::Known(value) => of_value(value),
                _ => Vec::new(),
            },
            Source::Content(source) => {
                let files = arguments.commands(source);
                let Some(file) = files.first().and_then(|words| words.first()) else {
                    return Vec::new();
                };
                match (self.file_of(file), &self.stdin) {
                    (Some(text), _) => of_value(&self.run.marks.value(&text)),
                    (None, Output::Known(value)) if is_no_file(file) => of_value(value),
                    (None, _) if is_no_file(file) => Vec::new(),
                    (None, _) => {
                        self.missing(invocation, format!("`{file}` is not in the repository"));
                        Vec::new()
                    }
                }
            }
            source => {
                let mut commands = arguments.commands(source);
                let program =
                    runs.program.as_ref().map(|source| arguments.commands(source).concat());
                if let Some(program) = program.filter(|program| !program.is_empty()) {
                    commands = vec![[program, commands.concat()].concat()];
                }
                match runs.items {
                    Some(items) => commands
                        .into_iter()
                        .flat_map(|words| self.with_items(items, words, arguments, invocation))
                        .collect(),
                    // `make` alone builds the first target.
                    None if commands.is_empty() && runs.what.has_default() => vec![Vec::new()],
                    None => commands,
                }
            }
        }
    }

    fn read_nested(&mut self, nested: &Nested<'_>) -> Done {
        let (hop, place) = (nested.hop(), nested.place(&self.place));
        let mut state = match &place {
            Some(_) => self.state.elsewhere(),
            None => self.state.clone(),
        };
        for (name, value) in nested.arguments.assignments.iter().chain(&nested.variables) {
            state.set(name, Value::one(value.clone()));
            state.export(name);
        }
        self.within(hop, place, |shell| {
            shell.in_state(state, |shell| {
                let mut done = Done::default();
                for words in &nested.commands {
                    done = done.then(shell.command(nested, words));
                }
                done
            })
        })
    }

    /// Reads one command that a call runs.
    fn command(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        match &nested.runs.what {
            RunsWhat::Argv(_) => self.program(words.to_vec(), nested.invocation.location.clone()),
            RunsWhat::Shell(_) => self.shell_text(nested, words),
            RunsWhat::JavaScript(_) => self.program_text(words, Language::JavaScript),
            RunsWhat::Python(_) => self.program_text(words, Language::Python),
            RunsWhat::PowerShell(_) => self.program_text(words, Language::PowerShell),
            RunsWhat::Encoded(_) => self.encoded(nested, words),
            RunsWhat::Batch(_) => self.program_text(words, Language::Batch),
            RunsWhat::Sql(_) => self.program_text(words, Language::Sql(nested.program.dialect)),
            RunsWhat::MongoDb(_) => self.program_text(words, Language::MongoDb),
            RunsWhat::Lines(_) => {
                let text = self.joined(words);
                self.argument_lines(&nested.invocation.argv, &[text])
            }
            RunsWhat::Calls(_) => {
                let text = self.joined(words);
                self.calls(&text);
                // What it prints is still its own.
                prints(nested.invocation)
            }
            RunsWhat::Unread(_) => {
                let name = nested.invocation.argv.first().map(Word::to_string).unwrap_or_default();
                let reason = format!("what `{name}` is told here is not read");
                let location = words.first().and_then(Word::location);
                self.run.unread.push(Unread::code(location, reason));
                prints(nested.invocation)
            }
            RunsWhat::File(_) => self.script_file(nested, words),
            RunsWhat::Copies(_) => {
                self.copies(words);
                prints(nested.invocation)
            }
            RunsWhat::Crontab(_) => {
                let text = self.joined(words);
                self.crontab(&text)
            }
            RunsWhat::Parameters(_) => {
                let text = self.joined(words);
                self.parameters(&text)
            }
            RunsWhat::Script(_) => self.package_script(nested, words),
            RunsWhat::Folder(_) => {
                let files = words.first().map(|word| self.files_in(word)).unwrap_or_default();
                self.files(nested.invocation, &files, &[])
            }
            RunsWhat::Module(_) => self.module(nested, words),
            RunsWhat::Playbook(_) => self.playbooks(nested, words),
            RunsWhat::Job(_) => self.job(nested, words),
            RunsWhat::Make(_) => self.make(nested),
            RunsWhat::Just(_) => self.just(nested),
            RunsWhat::Task(_) => self.task(nested),
            RunsWhat::Deploy(_) => self.deploy_hooks(nested),
            RunsWhat::Nothing(_) => prints(nested.invocation),
        }
    }

    fn shell_text(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let mut state = self.state.child(values(&nested.given()));
        state.name = nested.name();
        if state.name.as_ref().is_some_and(Word::splits) {
            // Its other words are arguments.
            state.positional = State::unknown_arguments();
            state.name = None;
        }
        let is_stdin = matches!(nested.runs.what.source(), Source::Stdin);
        let stdin = if is_stdin { Output::Silent } else { self.stdin.clone() };
        let text = self.joined(words);
        self.in_state(state, |shell| shell.with_stdin(stdin, |shell| shell.script_alone(&text)))
    }

    fn program_text(&mut self, words: &[Word], language: Language) -> Done {
        let text = self.joined(words);
        // The shell's own `$1` is no argument of the code.
        let state = self.state.child(State::unknown_arguments());
        self.with_stdin(Output::Silent, |shell| {
            shell.in_state(state, |shell| shell.code(language, &text))
        })
    }

    /// `powershell -EncodedCommand`
    fn encoded(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let decoded = |word: &Word| {
            let bytes = STANDARD.decode(word.text()?.trim()).ok()?;
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            let code = String::from_utf16(&units.collect::<Vec<_>>()).ok()?;
            let mut text = Text::default();
            text.push_made_up(&code, word.location().as_ref());
            Some(Word::known(text))
        };
        match words.first().and_then(decoded) {
            Some(code) => self.program_text(&[code], Language::PowerShell),
            None => {
                let reason = "the encoded command is not known";
                let location = words.first().and_then(Word::location);
                self.run.unread.push(Unread::code(location, reason));
                prints(nested.invocation)
            }
        }
    }

    fn script_file(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let Some(word) = words.first() else { return prints(nested.invocation) };
        if is_stdin(word)
            && let Output::Known(value) = self.stdin.clone()
        {
            return self.shell_text(nested, value.alternatives());
        }
        match self.file_of(word) {
            Some(text) if word.text().is_some_and(|path| path == template::FILE) => {
                let name = nested.invocation.argv.first().map(Word::to_string).unwrap_or_default();
                let language = Language::of_interpreter(&name).unwrap_or(Language::Shell);
                let state = self.state.child(values(&nested.given()));
                self.in_state(state, |shell| shell.once(&text, |shell| shell.code(language, &text)))
            }
            Some(text) => self.file(nested.invocation, &word.to_string(), text, &nested.given()),
            None if is_no_file(word) => prints(nested.invocation),
            // `node node_modules/prisma/build/index.js db push`
            None if word.text().is_some_and(|path| package_of(&path).is_some()) => {
                let argv = [words, &nested.given()].concat();
                self.program(argv, nested.invocation.location.clone())
            }
            None => match self.files_like(word) {
                files if files.is_empty() => {
                    self.missing(nested.invocation, format!("`{word}` is not in the repository"))
                }
                files => self.files(nested.invocation, &files, &nested.given()),
            },
        }
    }

    /// `python -m module`
    fn module(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let Some((name, arguments)) =
            words.split_first().and_then(|(first, rest)| Some((first.text()?, rest)))
        else {
            return prints(nested.invocation);
        };
        let path = name.replace('.', "/");
        let files = [format!("{path}.py"), format!("{path}/__main__.py")];
        let found = files.into_iter().find_map(|path| Some((self.script_text(&path)?, path)));
        match found {
            Some((text, path)) => self.file(nested.invocation, &path, text, arguments),
            None if Catalog::built_in().find(&name).is_some() => {
                self.program(words.to_vec(), nested.invocation.location.clone())
            }
            None => prints(nested.invocation),
        }
    }

    /// Reads files of which any may be run, in any order.
    pub(super) fn files(
        &mut self,
        invocation: &Arc<Invocation>,
        files: &[(String, Text)],
        arguments: &[Word],
    ) -> Done {
        let mut done = prints(invocation);
        for (path, text) in files {
            // What does not say that it is a script is not run by who knows what is in the folder.
            if Language::of_file(Path::new(path), text.as_str()).is_some() {
                done = done.then(self.file(invocation, path, text.clone(), arguments));
            }
        }
        done
    }

    /// Says that what a call runs is not there to be read.
    pub(super) fn missing(&mut self, invocation: &Arc<Invocation>, what: String) -> Done {
        let is_told = self.run.unread.last().is_some_and(|last| {
            matches!(last.kind, UnreadKind::Downloaded(_)) && same_place(last, invocation)
        });
        if is_told {
            return prints(invocation);
        }
        let reason = format!("{what}, so what it does is not known");
        self.run.unread.push(Unread::missing(invocation.location.clone(), reason));
        prints(invocation)
    }

    fn with_stdin(&mut self, stdin: Output, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let outer = std::mem::replace(&mut self.stdin, stdin);
        let done = read(self);
        self.stdin = outer;
        done
    }

    /// Reads code of any language.
    pub fn code(&mut self, language: Language, text: &Text) -> Done {
        match language {
            Language::Shell => self.script_alone(text),
            Language::JavaScript => self.evaluated(text, language, javascript::read),
            Language::Python => self.evaluated(text, language, python::read),
            Language::Sql(dialect) => self.sql(text, dialect),
            Language::MongoDb => self.mongodb(text),
            Language::PowerShell => self.heard(|shell| shell.powershell(text)),
            Language::Batch => self.heard(|shell| shell.batch(text)),
            Language::Unknown => {
                let reason = format!("{language} is not read yet");
                self.run.unread.push(Unread::code(text.location(), reason));
                Done::printing(Output::Of(Vec::new()), None)
            }
        }
    }

    /// Reads a file that is run or sourced.
    pub(super) fn file(
        &mut self,
        invocation: &Arc<Invocation>,
        path: &str,
        text: Text,
        arguments: &[Word],
    ) -> Done {
        let hop = Hop { step: path.to_owned(), location: invocation.location.clone() };
        let Some(language) = language_of(path, text.as_str()) else {
            let reason = format!("`{path}` is in a language that is not read yet");
            self.run.unread.push(Unread::code(text.location(), reason));
            return prints(invocation);
        };
        let mut state = self.state.child(values(arguments));
        state.be_at(self.place_of(&text).unwrap_or_else(|| Word::made_up(path)));
        self.deeper(invocation.location.as_ref(), |shell| {
            shell.within(hop, None, |shell| {
                shell
                    .in_state(state, |shell| shell.once(&text, |shell| shell.code(language, &text)))
            })
        })
    }
}

/// What a call runs, by one entry of its program's `runs`.
pub(super) struct Nested<'a> {
    program: &'a Program,
    pub runs: &'a Runs,
    commands: Vec<Vec<Word>>,
    /// What its options set for what it runs.
    variables: Vec<(String, Word)>,
    pub arguments: &'a Arguments<'a>,
    pub invocation: &'a Arc<Invocation>,
}

impl Nested<'_> {
    /// The arguments of what is run.
    pub fn given(&self) -> Vec<Word> {
        let source = self.runs.arguments.as_ref();
        source.map(|source| self.arguments.commands(source).concat()).unwrap_or_default()
    }

    /// Whether nobody names what is run: the program does it by itself.
    pub fn runs_by_itself(&self) -> bool {
        matches!(self.runs.what.source(), Source::Words(_))
    }

    /// What is run finds this in `$0`.
    fn name(&self) -> Option<Word> {
        let named = self.arguments.commands(self.runs.name.as_ref()?);
        named.concat().into_iter().next()
    }

    /// The file that the call names for what it runs.
    pub fn file(&self) -> Option<String> {
        let named = self.arguments.commands(self.runs.from.as_ref()?);
        named.last()?.first().map(Word::to_string)
    }

    /// The host that the call names for what it runs.
    pub fn host(&self) -> Option<String> {
        let named = self.arguments.commands(self.runs.remote.as_ref()?);
        named.last()?.first().and_then(Word::text).map(|host| host.into_owned())
    }

    /// The place that it runs at, if that is not here.
    fn place(&self, here: &Place) -> Option<Place> {
        let name = |source: &Source| {
            self.arguments.commands(source).last().map(|words| super::display(words))
        };
        let Runs { remote, container, fresh, .. } = self.runs;
        if let Some(source) = remote {
            return Some(Place::Remote(name(source).unwrap_or_else(|| "a remote host".into())));
        }
        // What is told to a server happens where the server is.
        let server = self.program.connects.as_ref().map(|_| &self.invocation.place);
        if let Some(source) = container {
            return Some(server.unwrap_or(here).container(&name(source).unwrap_or_default()));
        }
        if let Some(source) = fresh {
            let image = name(source).unwrap_or_default();
            return Some(Place::Ephemeral(format!("a new container of {image}")));
        }
        server.cloned()
    }

    /// The step in the chain: `ssh`, `bash -c`, `ssh heredoc`, `docker compose exec`.
    fn hop(&self) -> Hop {
        let word = self.invocation.argv.first();
        let name = word.map(Word::to_string).unwrap_or_default();
        let mut step = bare_name(&name).to_owned();
        let verb = self.runs.verb.iter().find(|verb| self.arguments.calls(verb));
        let given = |names: &[String]| {
            names.iter().find(|name| self.arguments.has(std::slice::from_ref(name))).cloned()
        };
        let detail = match (verb, self.runs.what.source()) {
            (_, Source::Stdin) => Some("heredoc".to_owned()),
            (Some(verb), _) => Some(verb.replace("_ ", "")),
            (_, Source::Option(names)) => given(names),
            (_, Source::After(names)) => Some(names.join("|")),
            _ => given(&self.runs.when),
        };
        if let Some(detail) = detail {
            step = format!("{step} {detail}");
        }
        Hop { step, location: word.and_then(Word::location) }
    }
}

fn same_place(unread: &Unread, invocation: &Invocation) -> bool {
    let start = |location: &Option<Location>| location.as_ref().map(|at| at.range.start);
    start(&unread.location) == start(&invocation.location)
}

/// What a program prints of which nothing more is known.
pub(super) fn prints(invocation: &Arc<Invocation>) -> Done {
    Done::printing(Output::Of(vec![Arc::clone(invocation)]), None)
}

/// Whether a path is no file of its own: standard input, or `{0}`, the script of a step, which is
/// read apart.
pub(super) fn is_no_file(path: &Word) -> bool {
    is_stdin(path) || path.text().is_some_and(|path| matches!(path.as_ref(), "-" | "{0}"))
}

/// Whether a path that is called is a script of one's own, not an installed program or `@scope/package`.
fn is_script_path(path: &str) -> bool {
    let installed = ["node_modules/", "vendor/", "/bin/"].iter().any(|part| path.contains(part));
    path.contains('/') && !path.starts_with(['/', '~', '@']) && !installed
}
