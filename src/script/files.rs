//! Files that scripts run: those they wrote themselves, and those of the repository.

use super::shell::{Contents, Output, Shell, below_hole, plain};
use crate::{
    invocation::{Piece, Word},
    source::{Language, SourceFile, Text, shebang},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Shell<'_> {
    /// The file that a word names.
    pub(super) fn file_of(&self, word: &Word) -> Option<Text> {
        match word.text() {
            Some(path) => self.script_text(&path),
            None if self.written_code(word).is_some() => self.written_code(word),
            None => Some(Text::of_file(self.repository_file(Path::new(""), &below_hole(word)?)?)),
        }
    }

    /// A file that was written by the script itself, or one of the repository.
    pub(super) fn script_text(&self, path: &str) -> Option<Text> {
        self.written_code(&Word::made_up(path)).or_else(|| self.file_here(path).map(Text::of_file))
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
        if path.text().is_some_and(|path| path == "/dev/stdin")
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
        self.repository_file(&self.state.folder, path).or_else(|| self.repository_file(own, path))
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
