//! Files that scripts run: those they wrote themselves, and those of the repository.

use super::shell::Shell;
use crate::source::{Language, Text, shebang};
use std::path::Path;

impl Shell<'_> {
    /// A file that was written by the script itself, or one of the repository.
    pub(super) fn script_text(&self, path: &str) -> Option<Text> {
        if let Some(written) = self.state.files.get(plain(path)) {
            return Some(written.as_ref().clone());
        }
        // A host that is deployed to has a copy of the repository, so a path that is in it is meant.
        self.repository_file(path)
    }

    /// A script that is called by its path.
    pub(super) fn own_script(&self, path: &str) -> Option<Text> {
        if !path.contains('/') {
            return None;
        }
        self.script_text(path)
    }

    fn repository_file(&self, path: &str) -> Option<Text> {
        let file = self.run.repository.as_ref()?.file(Path::new(path))?;
        Some(Text::of_file(file))
    }

    pub(super) fn package_script(&self, name: &str) -> Option<Text> {
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

    pub(super) fn make_target(&self, name: &str) -> Option<Text> {
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
        (!recipe.is_empty()).then(|| as_shell(&recipe))
    }
}

/// The one name of a file that is written here: `./x` is `x`.
pub(super) fn plain(path: &str) -> &str {
    path.trim_start_matches("./")
}

/// The shell text of a recipe: make's `$$` is the shell's `$`, and its `$(NAME)` a variable.
fn as_shell(recipe: &Text) -> Text {
    let source = recipe.as_str();
    let mut shell = Text::default();
    let mut from = 0;
    while let Some(at) = source[from..].find('$').map(|at| from + at) {
        shell.push(&recipe.slice(from..at));
        let rest = &source[at + 1..];
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let variable = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let name = variable.map(|(name, _)| name).filter(is_name);
        from = match name {
            _ if rest.starts_with('$') => {
                shell.push(&recipe.slice(at + 1..at + 2));
                at + 2
            }
            Some(name) => {
                let end = at + name.len() + 3;
                shell.push_made_up(&format!("${{{name}}}"), recipe.locate(at..end).as_ref());
                end
            }
            None => {
                shell.push(&recipe.slice(at..at + 1));
                at + 1
            }
        };
    }
    shell.push(&recipe.slice(from..source.len()));
    shell
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
