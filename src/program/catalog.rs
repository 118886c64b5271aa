use super::Program;
use crate::{config::ConfigError, source::program_name};
use std::{collections::HashMap, path::Path, sync::OnceLock};

/// A file of `rules/programs`, as it was built in.
pub struct ProgramFile {
    path: &'static str,
    names: &'static [&'static str],
    text: &'static str,
}

static FILES: &[ProgramFile] = include!(concat!(env!("OUT_DIR"), "/program_files.rs"));

/// An error in a file of rules.
pub type RuleError = ConfigError;

/// The programs that tagout knows.
pub struct Catalog {
    by_name: HashMap<&'static str, usize>,
    parsed: Vec<OnceLock<Vec<Program>>>,
}

impl Catalog {
    /// The programs that are built in.
    pub fn built_in() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| Self {
            by_name: FILES
                .iter()
                .enumerate()
                .flat_map(|(position, file)| file.names.iter().map(move |name| (*name, position)))
                .collect(),
            parsed: FILES.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// What is known of the program that is called by `word`, which may be a path.
    pub fn find(&self, word: &str) -> Option<&Program> {
        let name = bare_name(word);
        let position = *self.by_name.get(name)?;
        self.file(position).iter().find(|program| program.names.iter().any(|n| n == name))
    }

    /// Every name that is known.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        FILES.iter().flat_map(|file| file.names.iter().copied())
    }

    /// Every program, file by file.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        (0..FILES.len()).flat_map(move |n| self.file(n).iter().map(move |p| (FILES[n].path, p)))
    }

    fn file(&self, position: usize) -> &[Program] {
        self.parsed[position].get_or_init(|| {
            // A test parses every built-in file, so that this cannot fail for a user.
            parse(Path::new(FILES[position].path), FILES[position].text).unwrap_or_default()
        })
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

    #[test]
    fn every_built_in_file_is_understood() {
        for file in FILES {
            let programs = parse(Path::new(file.path), file.text)
                .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
            let names: Vec<_> = programs.iter().flat_map(|p| &p.names).collect();
            assert_eq!(names, file.names.iter().collect::<Vec<_>>(), "{}", file.path);
        }
    }

    #[test]
    fn a_program_is_known_by_path_version_and_windows_ending() {
        for word in ["pm2", "./node_modules/.bin/pm2", "pm2@latest", r"C:\npm\pm2.cmd"] {
            assert_eq!(bare_name(word), "pm2", "{word}");
        }
    }
}
