use super::{Program, Runs, RunsWhat, Source};
use foldhash::HashMap;

/// What tells of a program whether a call of it can matter, before any script is parsed.
#[derive(Debug, Default)]
pub struct Tells {
    /// Some of its commands have effects.
    pub acts: bool,
    /// It runs code or files.
    pub leads: bool,
    /// It runs the program that its arguments name.
    pub passes: bool,
    /// And gives it more arguments than stand there.
    pub gives: bool,
    /// Every call of it can matter, unless one of `idle` is there.
    pub always: bool,
    /// Every call can that is given text to read.
    pub reads: bool,
    /// Its subcommands that matter.
    pub verbs: Verbs,
    /// Those of them that have effects themselves.
    pub acting: Verbs,
    /// Its options that matter.
    pub options: Vec<String>,
    /// The first operand is the subcommand.
    pub verb_is_first: bool,
    /// Its subcommands and options that run the program which the words after them name.
    pub passing: Vec<String>,
    /// Those that do nothing.
    pub idle: Vec<String>,
    /// What it runs by itself, if the repository has that.
    pub hooks: Vec<Hooks>,
    /// It runs modules of Python, which the repository may have.
    pub modules: bool,
    /// Without one of these in the text it does nothing; no condition if there are none.
    pub mentions: Vec<String>,
    /// Its name alone tells nothing.
    pub common_word: bool,
}

/// Scripts that a program runs by itself.
#[derive(Debug)]
pub struct Hooks {
    /// After one of these subcommands; without any of its own, if there are none.
    pub verbs: Vec<String>,
    /// The files that may have them, of which the nearest counts.
    pub files: Vec<String>,
    pub names: Vec<String>,
}

/// Subcommands, each with those below it; all of one that has none matters.
#[derive(Debug, Default)]
pub struct Verbs(HashMap<String, Verbs>);

impl Tells {
    pub(super) fn of(program: &Program) -> Self {
        let mut tells = Self::default();
        // What a language does is done by the clients that read it.
        if !program.is_language {
            tells.verb_is_first = !program.options.slash;
            tells.commands(program);
            tells.mentions.clone_from(&program.mentions);
            tells.common_word = program.common_word;
            program.runs.iter().for_each(|runs| tells.runs(runs));
        }
        tells
    }

    fn commands(&mut self, program: &Program) {
        for command in &program.commands {
            if command.effect.as_ref().is_none_or(|effect| effect.verb.is_none()) {
                continue;
            }
            self.acts = true;
            let verb = command.run.verb();
            match command.with.first() {
                _ if !verb.is_empty() => {
                    self.verbs.add(&verb);
                    self.acting.add(&verb);
                }
                Some(flags) => {
                    let names = flags.0.iter().filter_map(|flag| flag.split('=').next());
                    self.options.extend(names.map(str::to_owned));
                }
                None => self.always = true,
            }
        }
    }

    fn runs(&mut self, runs: &Runs) {
        let options = || runs.when.iter().filter_map(|option| option.split('=').next());
        let is_argv = matches!(runs.what, RunsWhat::Argv(_)) && runs.when.is_empty();
        let is_one = |verb: &String| !verb.contains(' ') && verb != "_";
        match runs.what.source() {
            // A copy does nothing by itself.
            _ if matches!(runs.what, RunsWhat::Copies(_)) => return,
            // Only both together do nothing.
            _ if matches!(runs.what, RunsWhat::Nothing(_))
                && !runs.verb.is_empty()
                && !runs.when.is_empty() =>
            {
                return;
            }
            _ if matches!(runs.what, RunsWhat::Nothing(_)) => {
                self.idle.extend(runs.verb.iter().cloned());
                self.idle.extend(options().map(str::to_owned));
                return;
            }
            Source::Words(names) => {
                let (verbs, names) = (runs.verb.clone(), names.clone());
                self.hooks.push(Hooks { verbs, files: runs.files(), names });
                return;
            }
            _ if matches!(runs.what, RunsWhat::Module(_)) => {
                self.modules = true;
                // But for that.
                self.idle.extend(options().map(str::to_owned));
                return;
            }
            _ if is_argv && !runs.verb.is_empty() && runs.verb.iter().all(is_one) => {
                self.passing.extend(runs.verb.iter().cloned());
            }
            _ if !runs.verb.is_empty() => {
                for verb in &runs.verb {
                    let is_word = |word: &&str| *word != "_" && !word.starts_with(['-', '*']);
                    let words = verb.split(' ').take_while(is_word);
                    let words: Vec<Vec<String>> = words.map(|word| vec![word.to_owned()]).collect();
                    self.always |= words.is_empty();
                    self.verbs.add(&words);
                }
            }
            _ if !runs.when.is_empty() => self.options.extend(options().map(str::to_owned)),
            Source::Option(names) | Source::Values(names) | Source::After(names) => {
                self.options.extend(names.iter().cloned());
            }
            _ if is_argv => {
                self.passes = true;
                self.gives |= runs.items.is_some();
                return;
            }
            Source::Stdin => self.reads = true,
            _ => self.always = true,
        }
        self.leads = true;
    }
}

impl Verbs {
    /// Whether nothing is said of what follows.
    pub fn is_end(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, word: &str) -> Option<&Verbs> {
        self.0.get(word)
    }

    /// Adds subcommands, word by word, each in all its spellings.
    fn add<N: AsRef<[String]>>(&mut self, words: &[N]) {
        let Some((names, rest)) = words.split_first() else { return self.0.clear() };
        for name in names.as_ref() {
            match self.0.get_mut(name) {
                Some(known) if known.is_end() => {}
                Some(known) => known.add(rest),
                None => {
                    let mut new = Verbs::default();
                    new.add(rest);
                    self.0.insert(name.clone(), new);
                }
            }
        }
    }
}
