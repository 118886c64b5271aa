//! Programs that run programs: what an invocation runs in turn, as `rules/programs` says.

use super::{
    Unread, javascript,
    shell::{Done, Output, Shell, State},
};
use crate::{
    invocation::{Hole, Invocation, Origin, Value, Word},
    program::{Arguments, Catalog, Program, Runs, RunsWhat, Source, bare_name},
    source::{Hop, Language, Location, Place, SourceFile, Text},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
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
                shell.runs(program, runs, source, &arguments, &invocation)
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
        program: &Program,
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
            location: invocation.location.clone(),
        };
        let remote = place.is_some();
        let _ = program;
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
        let reading = javascript::read(text);
        for location in reading.unread {
            let reason = "the JavaScript syntax is not understood here".into();
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
        Done { output: Output::Of(Vec::new()), success: None }
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

    /// A file that was written by the script itself, or one of the repository.
    fn script_text(&self, path: &str) -> Option<Text> {
        if let Some(written) = self.state.files.get(path) {
            return Some(written.clone());
        }
        if !matches!(self.place, Place::Remote(_)) {
            return self.repository_file(path);
        }
        None
    }

    /// A script that is called by its path.
    fn own_script(&self, path: &str) -> Option<Text> {
        if !path.contains('/') {
            return None;
        }
        self.script_text(path).or_else(|| self.state.files.get(path.strip_prefix("./")?).cloned())
    }

    fn repository_file(&self, path: &str) -> Option<Text> {
        /// Larger files are no scripts.
        const MAX_LEN: u64 = 1 << 20;
        let relative = Path::new(path);
        let climbs = relative.components().any(|part| part.as_os_str() == "..");
        if relative.is_absolute() || climbs {
            return None;
        }
        let path = self.root()?.join(relative.strip_prefix("./").unwrap_or(relative));
        let short = path.metadata().ok().filter(|m| m.is_file() && m.len() <= MAX_LEN)?;
        let _ = short;
        Some(Text::of_file(Arc::new(SourceFile::read(&path).ok()?)))
    }

    /// The folder of the repository that the outermost file belongs to.
    fn root(&self) -> Option<PathBuf> {
        let file = self.via.iter().find_map(|hop| hop.location.as_ref()).map(|l| l.file.clone())?;
        let path = file.path();
        let above = path.ancestors().find(|folder| {
            matches!(
                folder.file_name().and_then(|n| n.to_str()),
                Some(".github" | ".gitea" | ".forgejo")
            )
        });
        Some(above.and_then(Path::parent).or(path.parent())?.to_owned())
    }

    fn package_script(&self, name: &str) -> Option<Text> {
        let file = self.repository_file("package.json")?;
        let package: serde_json::Value = serde_json::from_str(file.as_str()).ok()?;
        let code = package.get("scripts")?.get(name)?.as_str()?;
        // JSON strings seldom have escapes: where the code stands as it is, its place is exact.
        let mut text = Text::default();
        match file.as_str().find(code) {
            Some(at) => text.push(&file.slice(at..at + code.len())),
            None => text.push_made_up(code, file.location().as_ref()),
        }
        Some(text)
    }

    fn make_target(&self, name: &str) -> Option<Text> {
        let file =
            ["Makefile", "makefile", "GNUmakefile"].iter().find_map(|f| self.repository_file(f))?;
        let source = file.as_str();
        let mut recipe = Text::default();
        let (mut inside, mut at) = (false, 0);
        for line in source.split_inclusive('\n') {
            if !line.starts_with(['\t', '#']) && !line.trim().is_empty() {
                inside = line
                    .split_once(':')
                    .is_some_and(|(targets, _)| targets.split_whitespace().any(|t| t == name));
            } else if inside && line.starts_with('\t') {
                let prefix = line.len() - line.trim_start_matches(['\t', '@', '-', '+', ' ']).len();
                recipe.push(&file.slice(at + prefix..at + line.len()));
            }
            at += line.len();
        }
        (!recipe.is_empty()).then_some(recipe)
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

fn language_of(path: &str, text: &str) -> Language {
    let first = text.lines().next().unwrap_or_default();
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    match ending {
        Some("js" | "cjs" | "mjs") => Language::JavaScript,
        Some("py") => Language::Python,
        Some("ps1") => Language::PowerShell,
        _ if first.starts_with("#!") && first.contains("node") => Language::JavaScript,
        _ if first.starts_with("#!") && first.contains("python") => Language::Python,
        _ => Language::Shell,
    }
}
