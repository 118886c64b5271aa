//! Programs that run programs: what an invocation runs in turn, as `rules/programs` says.

use super::{
    Unread,
    files::language_of,
    javascript, python,
    shell::{Done, Output, Shell, State, values},
};
use crate::{
    invocation::{Hole, Invocation, Value, Word},
    program::{Arguments, Catalog, Program, Runs, RunsWhat, Source, bare_name},
    source::{Hop, Language, Place, Text},
};

impl Shell<'_> {
    /// Reads what a call runs in turn, and tells what it prints.
    pub fn nested(&mut self, invocation: Invocation) -> Done {
        let Some(name) = invocation.argv.first().and_then(Word::text) else {
            return prints(&invocation);
        };
        let Some(program) = Catalog::built_in().find(&name) else {
            let path = name.into_owned();
            return match self.own_script(&path) {
                Some(text) => self.file(&invocation, &path, text, &invocation.argv[1..]),
                None if is_script_path(&path) => {
                    self.missing(&invocation, format!("`{path}` is not in the repository"))
                }
                None => prints(&invocation),
            };
        };
        let arguments = Arguments::parse(program, &invocation.argv);
        if arguments.has(&program.options.help) {
            return prints(&invocation);
        }
        let runs = program.runs.iter().find_map(|runs| {
            let words = self.source(runs, &arguments)?;
            Some(Nested { program, runs, words, arguments: &arguments, invocation: &invocation })
        });
        match runs {
            Some(nested) => {
                self.deeper(invocation.location.as_ref(), |shell| shell.read_nested(nested))
            }
            None => prints(&invocation),
        }
    }

    /// The words that one entry of `runs` means, if it applies.
    fn source(&self, runs: &Runs, arguments: &Arguments<'_>) -> Option<Vec<Word>> {
        let verb = arguments.operands.first().and_then(|operand| operand.word.text());
        if !runs.verb.is_empty() && !verb.is_some_and(|verb| runs.verb.iter().any(|r| *r == verb)) {
            return None;
        }
        if !runs.when.is_empty() && !arguments.has(&runs.when) {
            return None;
        }
        if matches!(runs.what, RunsWhat::Lines(_)) && !arguments.operands.is_empty() {
            return None;
        }
        match runs.what.source() {
            Source::Stdin => match &self.stdin {
                Output::Known(value) => Some(value.alternatives().to_vec()),
                _ => None,
            },
            source => arguments.source(source),
        }
    }

    fn read_nested(&mut self, nested: Nested<'_>) -> Done {
        let (hop, place) = (nested.hop(), nested.place());
        match &nested.runs.what {
            RunsWhat::Argv(_) => self.argv(nested, hop, place),
            RunsWhat::Shell(_) => self.shell_text(nested, hop, place),
            RunsWhat::JavaScript(_) => self.program_text(nested, hop, place, Language::JavaScript),
            RunsWhat::Python(_) => self.program_text(nested, hop, place, Language::Python),
            RunsWhat::Sql(_) => {
                let language = Language::Sql(nested.program.dialect);
                self.program_text(nested, hop, place, language)
            }
            RunsWhat::MongoDb(_) => self.program_text(nested, hop, place, Language::MongoDb),
            RunsWhat::Lines(_) => {
                let texts: Vec<Text> =
                    nested.words.iter().map(|word| self.run.marks.text(word)).collect();
                self.within(hop, place, |shell| {
                    shell.argument_lines(&nested.invocation.argv, &texts)
                })
            }
            RunsWhat::File(_) => self.script_file(nested),
            RunsWhat::Script(_) => {
                let Some(name) = nested.name() else { return prints(nested.invocation) };
                match self.package_script(&name) {
                    Some(text) => self.recipe(&text, hop),
                    // `yarn pm2 …`: not a script but an installed program.
                    None if nested.words.len() > 1 => self.argv(nested, hop, place),
                    None => {
                        let reason =
                            format!("package.json has no script `{name}`, or is not there");
                        self.missing(nested.invocation, reason)
                    }
                }
            }
            RunsWhat::Make(_) => {
                let Some(name) = nested.name() else { return prints(nested.invocation) };
                match self.make_target(&name) {
                    Some(text) => self.recipe(&text, hop),
                    None => {
                        let reason = format!("there is no Makefile with a target `{name}`");
                        self.missing(nested.invocation, reason)
                    }
                }
            }
        }
    }

    fn argv(&mut self, nested: Nested<'_>, hop: Hop, place: Option<Place>) -> Done {
        let mut words = nested.words;
        if nested.runs.appends_stdin {
            words.extend(self.piped_words());
        }
        for (name, value) in &nested.arguments.assignments {
            self.state.set(name, Value::one(value.clone()));
        }
        let location = nested.invocation.location.clone();
        let remote = place.is_some();
        self.within(hop, place, |shell| match remote {
            true => shell.in_state(State::default(), |shell| shell.call(words, location)),
            false => shell.program(words, location),
        })
    }

    fn shell_text(&mut self, nested: Nested<'_>, hop: Hop, place: Option<Place>) -> Done {
        let source = nested.runs.what.source();
        let positional = match source {
            // `bash -c CODE NAME ARGUMENT…`
            Source::Operand(n) => Some(values(&nested.operands_from(n + 2))),
            _ => None,
        };
        let texts: Vec<Text> = match source {
            Source::Operands(_) | Source::After(_) => vec![self.joined(&nested.words)],
            _ => nested.words.iter().map(|word| self.run.marks.text(word)).collect(),
        };
        let state = if place.is_some() { State::default() } else { self.state.child(positional) };
        let stdin = if nested.reads_stdin() { Output::Silent } else { self.stdin.clone() };
        self.within(hop, place, |shell| {
            shell.in_state(state, |shell| shell.all_of(stdin, &texts, Language::Shell))
        })
    }

    fn program_text(
        &mut self,
        nested: Nested<'_>,
        hop: Hop,
        place: Option<Place>,
        language: Language,
    ) -> Done {
        let texts: Vec<Text> = nested.words.iter().map(|word| self.run.marks.text(word)).collect();
        self.within(hop, place, |shell| shell.all_of(Output::Silent, &texts, language))
    }

    fn script_file(&mut self, nested: Nested<'_>) -> Done {
        let Some(path) = nested.name() else { return prints(nested.invocation) };
        let rest = match nested.runs.what.source() {
            Source::Operand(n) => nested.operands_from(n + 1),
            _ => Vec::new(),
        };
        match self.script_text(&path) {
            Some(text) => self.file(nested.invocation, &path, text, &rest),
            None => self.missing(nested.invocation, format!("`{path}` is not in the repository")),
        }
    }

    /// Reads a script of a package or of a makefile, in a shell of its own.
    fn recipe(&mut self, text: &Text, hop: Hop) -> Done {
        let state = self.state.child(None);
        self.within(hop, None, |shell| shell.in_state(state, |shell| shell.script(text)))
    }

    /// Says that what a call runs is not there to be read.
    fn missing(&mut self, invocation: &Invocation, what: String) -> Done {
        let reason = format!("{what}, so what it does is not known");
        self.run.unread.push(Unread::missing(invocation.location.clone(), reason));
        prints(invocation)
    }

    fn all_of(&mut self, stdin: Output, texts: &[Text], language: Language) -> Done {
        let outer = std::mem::replace(&mut self.stdin, stdin);
        let mut done = Done::default();
        for text in texts {
            let next = self.code(language, text);
            done = Done { output: done.output.and(next.output), success: next.success };
        }
        self.stdin = outer;
        done
    }

    /// Reads code of any language.
    pub fn code(&mut self, language: Language, text: &Text) -> Done {
        match language {
            Language::Shell => self.script(text),
            Language::JavaScript => self.evaluated(text, language, javascript::read),
            Language::Python => self.evaluated(text, language, python::read),
            Language::Sql(dialect) => self.sql(text, dialect),
            Language::MongoDb => self.mongodb(text),
            language => {
                let reason = format!("{language} is not read yet");
                self.run.unread.push(Unread::code(text.location(), reason));
                Done { output: Output::Of(Vec::new()), success: None }
            }
        }
    }

    /// The words that `xargs` takes from its input.
    fn piped_words(&self) -> Vec<Word> {
        let value = self.stdin.value("standard input".into(), None);
        let [word] = value.alternatives() else { return vec![unknown_input(value)] };
        match word.text() {
            None => vec![word.clone()],
            Some(text) => {
                let mut words = Vec::new();
                for part in text.split_whitespace() {
                    let mut known = Text::default();
                    known.push_made_up(part, word.location().as_ref());
                    words.push(Word::known(known));
                }
                words
            }
        }
    }

    /// Reads a file that is run or sourced.
    fn file(
        &mut self,
        invocation: &Invocation,
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
        let state = self.state.child(Some(values(arguments)));
        self.deeper(invocation.location.as_ref(), |shell| {
            shell.within(hop, None, |shell| {
                shell
                    .in_state(state, |shell| shell.once(&text, |shell| shell.code(language, &text)))
            })
        })
    }
}

/// What a call runs, by one entry of its program's `runs`.
struct Nested<'a> {
    program: &'a Program,
    runs: &'a Runs,
    words: Vec<Word>,
    arguments: &'a Arguments<'a>,
    invocation: &'a Invocation,
}

impl Nested<'_> {
    fn reads_stdin(&self) -> bool {
        matches!(self.runs.what.source(), Source::Stdin)
    }

    /// The first word, if it is known: a file's, script's or target's name.
    fn name(&self) -> Option<String> {
        self.words.first().and_then(Word::text).map(|name| name.into_owned())
    }

    fn operands_from(&self, first: usize) -> Vec<Word> {
        self.arguments.operands.iter().skip(first).map(|operand| operand.word.clone()).collect()
    }

    fn place(&self) -> Option<Place> {
        if self.program.connects.is_some() {
            return Some(self.invocation.place.clone());
        }
        let source = self.runs.remote.as_ref()?;
        let name = self.arguments.source(source).map(|words| super::display(&words));
        Some(Place::Remote(name.unwrap_or_else(|| "a remote host".into())))
    }

    /// The step in the chain: `ssh`, `bash -c`, `ssh heredoc`.
    fn hop(&self) -> Hop {
        let word = self.invocation.argv.first();
        let name = word.map(Word::to_string).unwrap_or_default();
        let name = bare_name(&name);
        let step = match (self.runs.what.source(), self.runs.when.first()) {
            (Source::Stdin, _) => format!("{name} heredoc"),
            (Source::Option(options), _) => format!("{name} {}", self.arguments.first_of(options)),
            (_, Some(option)) => format!("{name} {option}"),
            (Source::After(options), _) => format!("{name} {}", options.join("|")),
            _ => name.to_owned(),
        };
        Hop { step, location: word.and_then(Word::location) }
    }
}

/// What a program prints of which nothing more is known.
fn prints(invocation: &Invocation) -> Done {
    Done { output: Output::Of(vec![invocation.clone()]), success: None }
}

/// Whether a path that is called is a script of one's own, not an installed program.
fn is_script_path(path: &str) -> bool {
    let installed = ["node_modules/", "vendor/", "/bin/"].iter().any(|part| path.contains(part));
    path.contains('/') && !path.starts_with(['/', '~']) && !installed
}

fn unknown_input(value: Value) -> Word {
    let location = value.alternatives().first().and_then(Word::location);
    Word::hole(Hole::unknown("standard input", location))
}
