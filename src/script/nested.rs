//! Programs that run programs: what an invocation runs in turn, as `rules/programs` says.

use super::{
    Unread,
    files::language_of,
    javascript,
    shell::{Done, Output, Shell, State},
};
use crate::{
    invocation::{Hole, Invocation, Origin, Value, Word},
    program::{Arguments, Catalog, Runs, RunsWhat, Source, bare_name},
    source::{Hop, Language, Location, Place, Text},
};

impl Shell<'_> {
    /// Reads what a call runs in turn, and tells what it prints.
    pub fn nested(&mut self, invocation: Invocation) -> Done {
        let unknown = |invocation| Done { output: Output::Of(vec![invocation]), success: None };
        let Some(name) = invocation.argv.first().and_then(Word::text) else {
            return unknown(invocation);
        };
        let Some(program) = Catalog::built_in().find(&name) else {
            let path = name.into_owned();
            return match self.own_script(&path) {
                Some(text) => self.file(&invocation, &path, text, &invocation.argv[1..]),
                None => unknown(invocation),
            };
        };
        let arguments = Arguments::parse(program, &invocation.argv);
        if arguments.has(&program.options.help) {
            return unknown(invocation);
        }
        let location = invocation.location.clone();
        let runs = program.runs.iter().find_map(|runs| {
            let source = self.source(runs, &arguments)?;
            Some((runs, source))
        });
        match runs {
            Some((runs, source)) => self.deeper(location.as_ref(), |shell| {
                shell.runs(runs, source, &arguments, &invocation)
            }),
            None => unknown(invocation),
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
        match runs.what.source() {
            Source::Stdin => match &self.stdin {
                Output::Known(value) => Some(value.alternatives().to_vec()),
                _ => None,
            },
            source => arguments.source(source),
        }
    }

    fn runs(
        &mut self,
        runs: &Runs,
        mut words: Vec<Word>,
        arguments: &Arguments<'_>,
        invocation: &Invocation,
    ) -> Done {
        let place = runs.remote.as_ref().map(|source| {
            let name = arguments.source(source).map(|words| super::display(&words));
            Place::Remote(name.unwrap_or_else(|| "a remote host".into()))
        });
        let from_stdin = matches!(runs.what.source(), Source::Stdin);
        let hop = Hop {
            step: step_name(invocation, runs, from_stdin),
            location: invocation.argv.first().and_then(Word::location),
        };
        let remote = place.is_some();
        match &runs.what {
            RunsWhat::Argv(_) => {
                if runs.appends_stdin {
                    words.extend(self.piped_words());
                }
                for (name, value) in &arguments.assignments {
                    self.state.set(name, Value::one(value.clone()));
                }
                let location = invocation.location.clone();
                self.within(hop, place, |shell| match remote {
                    true => shell.in_state(State::default(), |shell| shell.call(words, location)),
                    false => shell.program_or_function(words, location),
                })
            }
            RunsWhat::Shell(source) => {
                let positional = match source {
                    Source::Operand(n) => Some(
                        arguments.operands.iter().skip(n + 2).map(|o| o.word.clone()).collect(),
                    ),
                    _ => None,
                };
                let joined = matches!(source, Source::Operands(_) | Source::After(_));
                let texts: Vec<Text> = match joined {
                    true => vec![self.joined(&words)],
                    false => words.iter().map(|word| self.run.marks.text(word)).collect(),
                };
                let state = if remote { State::default() } else { self.state.child(positional) };
                let stdin = if from_stdin { Output::Silent } else { self.stdin.clone() };
                self.within(hop, place, |shell| {
                    shell.in_state(state, |shell| shell.all_of(stdin, &texts, Language::Shell))
                })
            }
            RunsWhat::JavaScript(_) | RunsWhat::Python(_) => {
                let language = match runs.what {
                    RunsWhat::JavaScript(_) => Language::JavaScript,
                    _ => Language::Python,
                };
                let texts: Vec<Text> = words.iter().map(|word| self.run.marks.text(word)).collect();
                self.within(hop, place, |shell| shell.all_of(Output::Silent, &texts, language))
            }
            RunsWhat::File(source) => {
                let Some(path) = words.first().and_then(Word::text).map(|path| path.into_owned())
                else {
                    return Done { output: Output::Of(vec![invocation.clone()]), success: None };
                };
                let rest = match source {
                    Source::Operand(n) => {
                        arguments.operands.iter().skip(n + 1).map(|o| o.word.clone()).collect()
                    }
                    _ => Vec::new(),
                };
                match self.script_text(&path) {
                    Some(text) => self.file(invocation, &path, text, &rest),
                    None => Done { output: Output::Of(vec![invocation.clone()]), success: None },
                }
            }
            RunsWhat::Script(_) | RunsWhat::Make(_) => {
                let name = words.first().and_then(Word::text).map(|name| name.into_owned());
                let text = name.and_then(|name| match runs.what {
                    RunsWhat::Make(_) => self.make_target(&name),
                    _ => self.package_script(&name),
                });
                match text {
                    Some(text) => self.within(hop, place, |shell| {
                        let state = shell.state.child(None);
                        shell.in_state(state, |shell| shell.script(&text))
                    }),
                    None if matches!(runs.what, RunsWhat::Script(_)) && words.len() > 1 => {
                        // `yarn pm2 …`: not a script but an installed program.
                        let location = invocation.location.clone();
                        self.within(hop, place, |shell| shell.program(words, location))
                    }
                    None => Done { output: Output::Of(vec![invocation.clone()]), success: None },
                }
            }
        }
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
            Language::JavaScript => self.javascript(text),
            language => {
                self.run.unread.push(Unread::language(language, text.location()));
                Done { output: Output::Of(Vec::new()), success: None }
            }
        }
    }

    fn javascript(&mut self, text: &Text) -> Done {
        let value = self.run.marks.value(text);
        let [script] = value.alternatives() else { return Done::default() };
        let reading = javascript::read(script, &|name| self.state.get(name));
        for location in reading.unread {
            let reason = "this JavaScript is not understood, or too tangled to follow".into();
            self.run.unread.push(Unread { location: Some(location), reason });
        }
        for call in reading.calls {
            let hop = Hop { step: call.function, location: call.location.clone() };
            self.within(hop, None, |shell| match call.command {
                javascript::Command::Shell(value) => {
                    for word in value.alternatives() {
                        let code = shell.run.marks.text(word);
                        let state = shell.state.child(None);
                        let from = shell.run.invocations.len();
                        shell.in_state(state, |shell| shell.script(&code));
                        // The call is where a person looks: its text may be put together elsewhere.
                        for invocation in &mut shell.run.invocations[from..] {
                            invocation.location.clone_from(&call.location);
                        }
                    }
                }
                javascript::Command::Argv(values) => {
                    let argvs = values.iter().fold(vec![Vec::new()], |argvs, value| {
                        let words = value.alternatives().iter().map(|word| vec![word.clone()]);
                        super::shell::words::product(argvs, words.collect())
                    });
                    for argv in argvs {
                        shell.program(argv, call.location.clone());
                    }
                }
            });
        }
        let output = reading.printed.map_or(Output::Of(Vec::new()), Output::Known);
        Done { output, success: None }
    }

    fn program_or_function(&mut self, words: Vec<Word>, location: Option<Location>) -> Done {
        if words.is_empty() { Done::default() } else { self.program(words, location) }
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
        let language = language_of(path, text.as_str());
        let state = self.state.child(Some(arguments.to_vec()));
        self.deeper(invocation.location.as_ref(), |shell| {
            shell.within(hop, None, |shell| {
                shell.in_state(state, |shell| shell.code(language, &text))
            })
        })
    }
}

/// How the step is called in the chain: `ssh`, `bash -c`, `ssh heredoc`.
fn step_name(invocation: &Invocation, runs: &Runs, from_stdin: bool) -> String {
    let name = invocation.argv.first().map(Word::to_string).unwrap_or_default();
    let name = bare_name(&name);
    match (&runs.what.source(), runs.when.first()) {
        _ if from_stdin => format!("{name} heredoc"),
        (Source::Option(option), _) => format!("{name} {option}"),
        (Source::After(options), _) => format!("{name} {}", options[0]),
        (_, Some(option)) => format!("{name} {option}"),
        _ => name.to_owned(),
    }
}

fn unknown_input(value: Value) -> Word {
    Word::hole(Hole {
        origin: Origin::Unknown,
        written: "standard input".into(),
        location: value.alternatives().first().and_then(Word::location),
        may_be_empty: false,
    })
}
