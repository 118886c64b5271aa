//! Files that scripts run: those they wrote themselves, and those of the repository.

use super::{
    relevance,
    shell::{Contents, Output, Shell, below_hole, joined, plain},
};
use crate::{
    config::matches_name,
    invocation::{Hole, Invocation, Origin, Piece, Word},
    program::bare_name,
    source::{Language, Repository, SourceFile, Text, shebang, shown_path},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// As many files of a pattern are read, and as many folders are looked through for them.
const MAX_FILES: usize = 50;
const MAX_FOLDERS: usize = 500;

/// Whether a file is what is piped in.
pub(super) fn is_stdin(path: &Word) -> bool {
    let is_it = |path: &str| matches!(path, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
    path.text().is_some_and(|path| is_it(&path))
}

impl Shell<'_> {
    /// The file that a word names.
    pub(super) fn file_of(&self, word: &Word) -> Option<Text> {
        match word.text() {
            Some(path) => self.script_text(&path),
            None if self.written_code(word).is_some() => self.written_code(word),
            None => {
                let below = below_hole(word)?;
                let file = self.repository_file(Path::new(""), &below);
                Some(Text::of_file(file.or_else(|| self.in_a_copy(&below))?))
            }
        }
    }

    /// A file that was written by the script itself, or one of the repository.
    pub(super) fn script_text(&self, path: &str) -> Option<Text> {
        self.written_code(&Word::made_up(path)).or_else(|| self.file_here(path).map(Text::of_file))
    }

    /// The files of the repository that a word may name which is a pattern, or one of a list:
    /// `ops/*.sh`, what `find` or `ls` prints.
    pub(super) fn files_like(&self, word: &Word) -> Vec<(String, Text)> {
        let paths = match listing_in(word) {
            Some((before, stages)) => self.listed(&before, stages),
            None => {
                pattern_of(word).map(|pattern| self.files_matching(&pattern)).unwrap_or_default()
            }
        };
        let file = |path: PathBuf| {
            let text = Text::of_file(self.repository_file(&path, "")?);
            Some((shown_path(&path), text))
        };
        paths.into_iter().take(MAX_FILES).filter_map(file).collect()
    }

    /// All files of a folder of the repository.
    pub(super) fn files_in(&self, folder: &Word) -> Vec<(String, Text)> {
        let mut pattern = folder.clone();
        pattern.append(&Word::hole(Hole { origin: Origin::Glob, ..Hole::unknown("/*", None) }));
        self.files_like(&pattern)
    }

    /// What the first of these programs prints, after some text, as files.
    fn listed(&self, before: &str, stages: &[Arc<Invocation>]) -> Vec<PathBuf> {
        let Some((name, words)) = stages.first().and_then(|stage| stage.argv.split_first()) else {
            return Vec::new();
        };
        let shown: Vec<String> = words.iter().map(Word::to_string).collect();
        let is_test = |word: &&String| !word.starts_with(['-', '(', '!', '\\']);
        match name.text().as_deref().map(bare_name) {
            Some("find") => {
                let mut folders: Vec<&str> =
                    shown.iter().take_while(is_test).map(String::as_str).collect();
                if folders.is_empty() {
                    folders.push(".");
                }
                let is_name =
                    |word: &str| matches!(word, "-name" | "-iname" | "-path" | "-wholename");
                let named = shown.windows(2).filter(|pair| is_name(&pair[0]));
                let names: Vec<&str> =
                    named.filter_map(|pair| pair[1].rsplit('/').next()).collect();
                let fits = |path: &PathBuf| {
                    let name = path.file_name().map(|name| name.to_string_lossy());
                    let fits = |pattern: &&str| name.as_ref().is_some_and(|n| fits(pattern, n));
                    names.is_empty() || names.iter().any(fits)
                };
                folders.into_iter().flat_map(|folder| self.below(folder)).filter(fits).collect()
            }
            Some("ls") => {
                let mut patterns: Vec<&str> =
                    shown.iter().filter(is_test).map(String::as_str).collect();
                if patterns.is_empty() {
                    patterns.push(".");
                }
                // Of a folder the bare names are listed, of files their paths.
                let of_folder = |pattern: &str| match pattern.contains('*') {
                    true => Vec::new(),
                    false => self.files_matching(&format!("{pattern}/*")),
                };
                let named = |path: PathBuf| {
                    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                    joined(&self.state.folder, Path::new(&format!("{before}{}", name?)))
                };
                let names = patterns.iter().flat_map(|pattern| of_folder(pattern));
                let paths = patterns.iter().flat_map(|pattern| self.files_matching(pattern));
                names.filter_map(named).chain(paths).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The files that a pattern of paths matches, from the folder that the shell is in or else from
    /// the repository's own.
    fn files_matching(&self, pattern: &str) -> Vec<PathBuf> {
        let Some(repository) = &self.run.repository else { return Vec::new() };
        let from = |folder: &Path| {
            let mut found = vec![folder.to_owned()];
            for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
                let next = |folder: PathBuf| match part {
                    ".." => joined(&folder, Path::new("..")).into_iter().collect(),
                    part if !part.contains(['*', '?', '[']) => vec![folder.join(part)],
                    part => repository
                        .names_in(&folder)
                        .into_iter()
                        .filter(|name| fits(part, name) && !name.starts_with('.'))
                        .map(|name| folder.join(name))
                        .collect(),
                };
                found = found.into_iter().flat_map(next).take(MAX_FILES).collect();
            }
            found.retain(|path| repository.file(path).is_some());
            found
        };
        match from(&self.state.folder) {
            found if found.is_empty() => from(Path::new("")),
            found => found,
        }
    }

    /// All files below a folder.
    fn below(&self, folder: &str) -> Vec<PathBuf> {
        let Some(repository) = &self.run.repository else { return Vec::new() };
        let mut folders: Vec<PathBuf> =
            joined(&self.state.folder, Path::new(folder)).into_iter().collect();
        let (mut files, mut looked_at) = (Vec::new(), 0);
        while let Some(folder) = folders.pop().filter(|_| looked_at < MAX_FOLDERS) {
            looked_at += 1;
            for name in repository.names_in(&folder) {
                let path = folder.join(&name);
                match repository.is_folder(&path) {
                    true if matches!(name.as_str(), ".git" | "node_modules") => {}
                    true => folders.push(path),
                    false => files.push(path),
                }
            }
        }
        files
    }

    /// What a file that is run sees in `$0`: where it is. Where the repository is, is not known.
    pub(super) fn place_of(&self, text: &Text) -> Option<Word> {
        // Text that a script wrote stands in another file.
        let is_whole = text.as_str().len() == text.file()?.text().len();
        let below = self.path_of_file(text).filter(|_| is_whole)?;
        Some(Word::in_repository(&shown_path(below), text.location()))
    }

    /// The path of the file that a text stands in, from the repository's folder.
    pub(super) fn path_of_file<'t>(&self, text: &'t Text) -> Option<&'t Path> {
        let root = self.run.repository.as_ref()?.root();
        text.file()?.path().strip_prefix(root).ok()
    }

    /// Whether a word names a folder of the repository for certain.
    pub(super) fn is_own_folder(&self, word: &Word) -> bool {
        let Some(Piece::Hole(Hole { origin: Origin::Repository, .. })) = word.pieces.first() else {
            return false;
        };
        let below = below_hole(word).unwrap_or_default();
        let folder = joined(Path::new(""), Path::new(&below));
        let repository = self.run.repository.as_ref();
        let is_there = |(repository, folder): (&Repository, PathBuf)| repository.is_folder(&folder);
        below.is_empty() || repository.zip(folder).is_some_and(is_there)
    }

    /// Notes copies of files, which may be run where they are copied to: here or, after `host:`,
    /// elsewhere.
    pub(super) fn copies(&mut self, words: &[Word]) {
        let is_path = |word: &&Word| !word.head().starts_with('-');
        let words: Vec<&Word> = words.iter().filter(is_path).collect();
        let Some((to, from)) = words.split_last() else { return };
        let to = without_host(to);
        let (target, written) = (self.path(&to), to.to_string());
        let is_folder = from.len() > 1 || target.is_empty() || written.ends_with(['/', '.', '~']);
        for file in from {
            let file = without_host(file);
            let Some(contents) = self.contents_of(&file) else { continue };
            let source = self.path(&file);
            let name = source.rsplit('/').next().unwrap_or(&source);
            self.state.files.set(plain(&format!("{target}/{name}")), contents.clone());
            if !is_folder {
                // A folder, or the name of the copy.
                self.state.files.set(target.as_str(), contents);
            }
        }
    }

    /// What is in a file that was written here, is a script of the repository, or is piped in.
    fn contents_of(&mut self, path: &Word) -> Option<Contents> {
        if let Some(held) = self.state.files.get(&self.path(path)) {
            return Some(held.as_ref().clone());
        }
        if is_stdin(path)
            && let Output::Known(value) = &self.stdin
        {
            return Some(Contents::of(self.run.marks.text(value.alternatives().first()?)));
        }
        let text = self.file_of(path)?;
        language_of(&path.to_string(), text.as_str())?;
        Some(Contents::of(text))
    }

    /// A script that is called by its path, or that was written to a folder for programs and is
    /// called by its name. A bare name that ends as scripts do is one, too: the tools that run it
    /// (`uv run x.py`, `cmd`) look into the folder.
    pub(super) fn own_script(&self, path: &str) -> Option<Text> {
        if path.contains('/') {
            return self.script_text(path);
        }
        let is_program = |held: &&str| {
            let folder = held.strip_suffix(path).and_then(|folder| folder.strip_suffix('/'));
            folder.is_some_and(|folder| folder.ends_with("bin"))
        };
        match self.state.files.names().find(is_program) {
            Some(held) => self.script_text(held),
            None if Language::of_file(Path::new(path), "").is_some() => self.script_text(path),
            None => None,
        }
    }

    /// A file of the repository, by its path from the folder that the shell is in. A host that is
    /// deployed to has a copy of the repository, so a path from its own folder is meant, too.
    pub(super) fn file_here(&self, path: &str) -> Option<Arc<SourceFile>> {
        let own = Path::new("");
        let is_of_the_host = path.starts_with(['/', '~']) && relevance::is_own_path(path);
        self.repository_file(&self.state.folder, path)
            .or_else(|| self.repository_file(own, path))
            .or_else(|| self.in_a_copy(path).filter(|_| is_of_the_host))
    }

    /// The file that a path names in a copy of the repository, wherever on its host that is:
    /// `/srv/web/ops/stop.sh`.
    fn in_a_copy(&self, path: &str) -> Option<Arc<SourceFile>> {
        let ends = path.match_indices('/').map(|(slash, _)| &path[slash + 1..]);
        ends.filter(|end| !end.is_empty()).find_map(|end| self.repository_file(Path::new(""), end))
    }

    /// A file by its path from a folder of the repository.
    pub(super) fn repository_file(&self, folder: &Path, path: &str) -> Option<Arc<SourceFile>> {
        self.run.repository.as_ref()?.file(&folder.join(path))
    }

    /// The nearest file of this name, from the folder that the shell is in upwards, with its folder.
    pub(super) fn nearest_file(&self, names: &[&str]) -> Option<(PathBuf, Arc<SourceFile>)> {
        self.state.folder.ancestors().find_map(|folder| {
            let file = names.iter().find_map(|name| self.repository_file(folder, name))?;
            Some((folder.to_owned(), file))
        })
    }
}

/// Whether a name fits a pattern of the shell; of `?` and `[…]` it is enough that there is something.
fn fits(pattern: &str, name: &str) -> bool {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['?', '[']) {
        plain.push_str(&rest[..at]);
        plain.push('*');
        let end = match rest[at..].find(']').filter(|_| rest[at..].starts_with('[')) {
            Some(end) => at + end + 1,
            None => at + 1,
        };
        rest = &rest[end..];
    }
    plain.push_str(rest);
    matches_name(&plain, name)
}

/// A word that is what programs print, after text that is known.
fn listing_in(word: &Word) -> Option<(String, &[Arc<Invocation>])> {
    let (last, before) = word.pieces.split_last()?;
    let Piece::Hole(Hole { origin: Origin::Output(stages), .. }) = last else { return None };
    Some((Word { pieces: before.to_vec() }.text()?.into_owned(), stages))
}

/// The pattern of files that a word is; an unknown folder that it starts with is the repository.
fn pattern_of(word: &Word) -> Option<String> {
    let is_glob = |hole: &Hole| matches!(hole.origin, Origin::Glob);
    let mut pattern = String::new();
    for (position, piece) in word.pieces.iter().enumerate() {
        match piece {
            Piece::Known(text) => pattern.push_str(text.as_str()),
            Piece::Hole(hole) if is_glob(hole) => pattern.push_str(&hole.written),
            Piece::Hole(_) if position == 0 => {}
            Piece::Hole(_) => return None,
        }
    }
    word.holes().any(is_glob).then_some(pattern)
}

/// `host:path`, as a path of that host.
fn without_host(word: &Word) -> Word {
    let mut path = Word::default();
    let mut found = false;
    for piece in &word.pieces {
        match piece {
            Piece::Known(text) if !found => match text.as_str().split_once(':') {
                Some((host, _)) if !host.contains('/') => {
                    found = true;
                    path = Word::default();
                    path.push(Piece::Known(text.slice(host.len() + 1..text.len())));
                }
                _ => path.push(piece.clone()),
            },
            _ => path.push(piece.clone()),
        }
    }
    path
}

/// The language of a file that is run or sourced; the shell where nothing says it, and none for a
/// language that is not read.
pub(super) fn language_of(path: &str, text: &str) -> Option<Language> {
    let path = Path::new(path);
    let says_nothing = match path.extension() {
        Some(ending) => ending == "env",
        None => shebang(text).is_none(),
    };
    Language::of_file(path, text).or_else(|| says_nothing.then_some(Language::Shell))
}
