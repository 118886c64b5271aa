//! Files that scripts run: those they wrote themselves, and those of the repository.

use super::shell::{Contents, Shell, below_hole};
use crate::{
    invocation::Word,
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

    /// Notes copies of files, which may be run where they are copied to.
    pub(super) fn copies(&mut self, words: &[Word]) {
        let Some((to, from)) = words.split_last() else { return };
        let Some(to) = to.text() else { return };
        // `user@host:/tmp/x.sh`
        let to = to.split_once(':').map_or(to.as_ref(), |(_, path)| path);
        for file in from {
            let (Some(text), path) = (self.file_of(file), file.to_string()) else { continue };
            let name = path.rsplit('/').next().unwrap_or(&path);
            let inside = format!("{}/{name}", to.trim_end_matches('/'));
            if !to.ends_with('/') {
                self.state.files.set(self.path(&Word::made_up(to)), Contents::of(text.clone()));
            }
            self.state.files.set(self.path(&Word::made_up(&inside)), Contents::of(text));
        }
    }

    /// A script that is called by its path.
    pub(super) fn own_script(&self, path: &str) -> Option<Text> {
        if path.contains('/') { self.script_text(path) } else { None }
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
