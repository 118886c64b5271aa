//! Whether a call can matter by what the repository has: the scripts that `npm ci` runs by itself, the
//! modules of `python -m`.

use super::{Matters, called::Words, of_text};
use crate::{
    program::{Catalog, Hooks, Tells},
    recipe::Package,
    source::Repository,
};
use std::path::Path;

/// Words after which a folder stands that a package may be in.
const FOLDERS: [&str; 8] =
    ["cd", "pushd", "--prefix", "--cwd", "--dir", "-C", "-d", "--working-dir"];

/// The hooks of a program that a call of it runs; its name ends at `at`.
pub fn hooks<'t>(tells: &'t Tells, text: &str, at: usize) -> Option<&'t Hooks> {
    if tells.hooks.is_empty() {
        return None;
    }
    let words: Vec<&str> = Words::after_name(text, at).collect();
    let is_bare = words.iter().all(|word| word.starts_with('-'));
    tells.hooks.iter().find(|hooks| match hooks.verbs.is_empty() {
        true => is_bare,
        false => hooks.verbs.iter().any(|verb| words.contains(&verb.as_str())),
    })
}

/// The module of `python -m module`.
pub fn module<'t>(tells: &Tells, text: &'t str, at: usize) -> Option<&'t str> {
    if !tells.modules {
        return None;
    }
    let mut words = Words::after_name(text, at);
    words.find(|word| *word == "-m")?;
    words.next()
}

/// Whether any package that `text` can be about has hooks that matter.
pub fn matter(hooks: &Hooks, text: &str, repository: &Repository) -> bool {
    let mut words = text.split([' ', '=', '\n', '\t']);
    let mut folders = vec![""];
    while let Some(word) = words.next() {
        if FOLDERS.contains(&word) {
            folders.extend(words.next().map(|folder| folder.trim_matches(['"', '\'', ';'])));
        }
    }
    // A folder that is not known may be any.
    folders.iter().any(|folder| folder.contains('$'))
        || folders.into_iter().any(|folder| {
            let file = |name: &String| repository.file(&Path::new(folder).join(name));
            hooks.files.iter().find_map(file).is_some_and(|file| {
                let names = || hooks.names.iter();
                let is_named = names().any(|name| file.text().contains(&format!("\"{name}\"")));
                let package = is_named.then(|| Package::parse(file));
                package.is_some_and(|package| {
                    names()
                        .flat_map(|name| package.codes(name))
                        .any(|code| of_text(code.as_str()) != Matters::Not)
                })
            })
        })
}

/// Whether a module is a program that is known, too.
pub fn is_program(module: &str) -> bool {
    Catalog::built_in().tells(module).is_some()
}

/// Whether a module can be a file of the repository.
pub fn is_followed(module: &str, text: &str, repository: &Repository) -> bool {
    let path = module.replace('.', "/");
    let is_there = |file: String| repository.file(Path::new(&file)).is_some();
    module.contains('$')
        || is_there(format!("{path}.py"))
        || is_there(format!("{path}/__main__.py"))
        // It may be in another folder.
        || !is_program(module) && FOLDERS[..2].iter().any(|word| text.contains(word))
}
