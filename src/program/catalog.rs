use super::Program;
use crate::{config::ConfigError, source::program_name};
use std::{collections::HashMap, path::Path, sync::OnceLock};

/// A program of `rules/programs`, as it was built in.
struct Source {
    path: &'static str,
    names: &'static [&'static str],
    does: Does,
    text: &'static str,
}

/// What a program can do, as far as that tells whether a script has to be read in which its name
/// stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Some of its commands have effects.
    Acts,
    /// It runs code or files.
    Leads,
    /// It runs the program that its arguments name, or nothing.
    Passes,
}

static SOURCES: &[Source] = include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// An error in a file of rules.
pub type RuleError = ConfigError;

/// The programs that tagout knows.
pub struct Catalog {
    by_name: HashMap<&'static str, usize>,
    /// Each is parsed when it is first asked for, so that no run pays for what it does not use.
    parsed: Vec<OnceLock<Option<Program>>>,
}

impl Catalog {
    /// The programs that are built in.
    pub fn built_in() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| Self {
            by_name: SOURCES
                .iter()
                .enumerate()
                .flat_map(|(at, source)| source.names.iter().map(move |name| (*name, at)))
                .collect(),
            parsed: SOURCES.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// What is known of the program that is called by `word`, which may be a path.
    pub fn find(&self, word: &str) -> Option<&Program> {
        self.program(*self.by_name.get(bare_name(word))?)
    }

    /// What the program of that very name can do.
    pub fn does(&self, name: &str) -> Option<Does> {
        Some(SOURCES[*self.by_name.get(name)?].does)
    }

    /// Every name that is known, and what its program can do.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, Does)> {
        SOURCES.iter().flat_map(|source| source.names.iter().map(|name| (*name, source.does)))
    }

    /// Every program, file by file.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        (0..SOURCES.len()).filter_map(|at| Some((SOURCES[at].path, self.program(at)?)))
    }

    fn program(&self, at: usize) -> Option<&Program> {
        let Source { path, text, .. } = SOURCES[at];
        // A test parses every built-in program, so that this cannot fail for a user.
        let parse = || parse(Path::new(path), text).ok()?.pop();
        self.parsed[at].get_or_init(parse).as_ref()
    }
}

/// Reads the programs of one file of rules; several stand in documents of their own.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Program>, RuleError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| ConfigError::yaml(&error, path, text))
}

/// The name of a program without its folder, Windows' ending and npm's version.
pub fn bare_name(word: &str) -> &str {
    let name = program_name(word);
    match name.find('@') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Command, Runs, RunsWhat};

    #[test]
    fn every_built_in_program_is_understood() {
        for source in SOURCES {
            let programs = parse(Path::new(source.path), source.text)
                .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
            let [program] = programs.as_slice() else { panic!("{}", source.text) };
            assert_eq!(program.names, source.names, "{}", source.path);
        }
    }

    #[test]
    fn what_a_program_can_do_is_known_before_it_is_parsed() {
        for (path, program) in Catalog::built_in().all() {
            let is_effect = |c: &Command| c.effect.as_ref().is_some_and(|e| e.verb.is_some());
            let passes = |r: &Runs| matches!(r.what, RunsWhat::Argv(_)) && r.items.is_none();
            let does = match () {
                // What it does is done by the clients that read it.
                () if program.is_language => Does::Passes,
                () if program.commands.iter().any(is_effect) => Does::Acts,
                () if !program.runs.iter().all(passes) => Does::Leads,
                () => Does::Passes,
            };
            let known = Catalog::built_in().does(&program.names[0]);
            assert_eq!(known, Some(does), "{path}: {:?}", program.names);
        }
    }

    #[test]
    fn a_program_is_known_by_path_version_and_windows_ending() {
        for word in ["pm2", "./node_modules/.bin/pm2", "pm2@latest", r"C:\npm\pm2.cmd"] {
            assert_eq!(bare_name(word), "pm2", "{word}");
        }
    }
}
