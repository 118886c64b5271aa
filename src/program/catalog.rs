use super::{Program, Tells};
use crate::{
    invocation::{Origin, Piece, Word},
    source::program_name,
};
use foldhash::HashMap;
use std::sync::OnceLock;

/// A program of `rules/programs`, as it was built in.
struct Source {
    path: &'static str,
    json: &'static str,
}

static SOURCES: &[Source] = include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// All their names, sorted, with their positions.
static NAMES: &[(&str, usize)] = include!(concat!(env!("OUT_DIR"), "/names.rs"));

/// The programs that tagout knows.
pub struct Catalog {
    /// The positions of the programs, by each of their names.
    positions: HashMap<&'static str, usize>,
    /// Each is parsed when it is first asked for, so that no run pays for what it does not use.
    parsed: Vec<OnceLock<Option<(Program, Tells)>>>,
}

impl Catalog {
    /// The programs that are built in.
    pub fn built_in() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| Self {
            positions: NAMES.iter().copied().collect(),
            parsed: SOURCES.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// What is known of the program that is called by `word`, which may be a path.
    pub fn find(&self, word: &str) -> Option<&Program> {
        let is_init_script = word.starts_with("/etc/init.d/") || word.starts_with("/etc/rc.d/");
        let name = if is_init_script { "init-script" } else { bare_name(word) };
        Some(&self.at(self.position(name)?)?.0)
    }

    /// The program that an unknown word is named after: `$PM2`, `"$REDIS_CLI"`, `${{ inputs.docker }}`.
    pub fn named_after(&self, word: &Word) -> Option<&Program> {
        let [Piece::Hole(hole)] = word.pieces.as_slice() else { return None };
        let name = match &hole.origin {
            Origin::Variable(name) => name.as_str(),
            Origin::Expression => hole.written.rsplit('.').next()?.trim_end_matches(['}', ' ']),
            _ => return None,
        };
        let name = name.to_lowercase().replace('_', "-");
        let endings = ["-bin", "-cmd", "-command", "-exe", "-path"];
        let bare = endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
        // What any variable is called.
        let is_generic = [
            "cmd", "command", "exec", "script", "source", "task", "service", "env", "time", "host",
        ];
        self.find(bare).filter(|program| !program.common_word && !is_generic.contains(&bare))
    }

    /// What tells whether a call of the program of that very name matters.
    pub fn tells(&self, name: &str) -> Option<&Tells> {
        Some(&self.at(self.position(name)?)?.1)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Whether a name is known of which this is a part: its start, if `after` can be any text, and
    /// its end, if `before` can.
    pub fn has_name_with(&self, part: &str, before: bool, after: bool) -> bool {
        let is_longer = |name: &str| name.len() > part.len();
        if before {
            return self.names().any(|name| {
                is_longer(name) && if after { name.contains(part) } else { name.ends_with(part) }
            });
        }
        if !after {
            return false;
        }
        // Those that start alike stand side by side.
        let first = NAMES.partition_point(|(name, _)| *name < part);
        let mut alike = NAMES[first..].iter().take_while(|(name, _)| name.starts_with(part));
        alike.any(|(name, _)| is_longer(name))
    }

    /// Whether the program of that very name is known.
    pub fn knows(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Every name that is known.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Every program, file by file.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        (0..SOURCES.len()).filter_map(|at| Some((SOURCES[at].path, &self.at(at)?.0)))
    }

    fn at(&self, at: usize) -> Option<&(Program, Tells)> {
        // A test parses every built-in program, so that this cannot fail for a user.
        let parse = || serde_json::from_str(SOURCES[at].json).ok();
        let told = |program| {
            let tells = Tells::of(&program);
            (program, tells)
        };
        self.parsed[at].get_or_init(|| parse().map(told)).as_ref()
    }
}

/// The package that a path below `node_modules` is a file of.
pub fn package_of(path: &str) -> Option<&str> {
    // Most words are no paths.
    let (_, below) = path.contains('/').then(|| path.rsplit_once("node_modules/"))??;
    let (package, file) = below.split_once('/')?;
    match package {
        ".bin" => None,
        _ if package.starts_with('@') => Some(file.split_once('/')?.0),
        _ => Some(package),
    }
}

/// The name of a program without its folder, Windows' ending and npm's version.
pub fn bare_name(word: &str) -> &str {
    let name = package_of(word).unwrap_or_else(|| program_name(word));
    match name.find('@') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_program_is_understood() {
        for (position, Source { path, json }) in SOURCES.iter().enumerate() {
            let program: Program = serde_json::from_str(json)
                .unwrap_or_else(|error| panic!("{path}: {error}: {json}"));
            for name in &program.names {
                assert_eq!(Catalog::built_in().position(name), Some(position), "{path}: {name}");
            }
        }
    }

    #[test]
    fn a_program_is_known_by_path_version_and_windows_ending() {
        for word in ["pm2", "./node_modules/.bin/pm2", "pm2@latest", r"C:\npm\pm2.cmd"] {
            assert_eq!(bare_name(word), "pm2", "{word}");
        }
        assert_eq!(bare_name("/srv/web/node_modules/prisma/build/index.js"), "prisma");
        assert_eq!(bare_name("node_modules/@sentry/cli/bin/sentry-cli"), "cli");
    }
}
