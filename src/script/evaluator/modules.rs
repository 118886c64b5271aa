//! Modules: those that come with the language, and files of the repository, which are followed.

use super::{
    code::Span,
    state::Evaluator,
    syntax::Statement,
    thing::{Fields, Thing},
};
use crate::{
    invocation::{Value, Word},
    source::Text,
};

impl Evaluator<'_> {
    /// What `import name` gives.
    pub fn module(&mut self, name: &str) -> Thing {
        let dialect = self.dialect;
        for file in dialect.module_files(name) {
            let Some(path) = joined_path(&self.folder, &file) else { continue };
            match self.modules.get(&path) {
                Some(Some(module)) => return module.clone(),
                // It imports itself.
                Some(None) => return Thing::Library(path),
                None => {}
            }
            if let Some(text) = (self.surroundings.file)(&path) {
                self.modules.insert(path.clone(), None);
                let module = self.module_file(&path, text);
                self.modules.insert(path, Some(module.clone()));
                return module;
            }
        }
        Thing::Library(dialect.module_path(name).to_owned())
    }

    /// Whether a file is read because another one imports it.
    pub fn imports(&self) -> bool {
        self.modules.values().any(Option::is_none)
    }

    /// Runs a text as code of the script's language.
    pub fn run_text(&mut self, code: &Value, at: Span) -> Thing {
        if !self.enter(at) {
            return self.unknown(at);
        }
        for word in code.alternatives() {
            let statements = self.parse(word);
            self.statements(&statements);
        }
        self.leave();
        self.unknown(at)
    }

    fn module_file(&mut self, path: &str, text: Text) -> Thing {
        let statements: Vec<Statement> = self.parse(&Word::known(text));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let importer = std::mem::replace(&mut self.folder, folder.to_owned());
        let caller = self.open_function_scope(0);
        let start = Span { start: self.code.len(), end: self.code.len() };
        let name = Value::known(self.made_up(path, start));
        self.declare("__name__", Thing::Text(name), false);
        let empty = Thing::object(Fields::new()).unwrap_or(Thing::Undefined);
        let module = Thing::object([("exports".to_owned(), empty.clone())].into_iter().collect());
        self.declare("exports", empty, true);
        self.declare("module", module.unwrap_or(Thing::Undefined), true);
        self.statements(&statements);
        let names = self.names_of(self.scope);
        self.scope = caller;
        self.folder = importer;
        exported(names)
    }

    /// `from name import *`.
    pub fn import_all(&mut self, name: &str) {
        match self.module(name) {
            Thing::Library(path) => self.open_modules.push(path),
            Thing::Object(fields) => {
                for (name, thing) in &fields.inner {
                    self.declare(name, thing.clone(), false);
                }
            }
            _ => {}
        }
    }
}

/// What a module gives to who imports it: what it says, and else all its names.
fn exported(mut names: Fields) -> Thing {
    let exports = names.shift_remove("exports");
    let module = match names.shift_remove("module") {
        Some(Thing::Object(module)) => module.inner.get("exports").cloned(),
        _ => None,
    };
    for part in [exports, module] {
        match part {
            Some(Thing::Object(fields)) => names.extend(fields.inner.clone()),
            Some(thing @ (Thing::Function(_) | Thing::Class(_))) => return thing,
            _ => {}
        }
    }
    Thing::object(names).unwrap_or(Thing::Undefined)
}

/// A path below the repository's folder; nothing if it leaves it.
fn joined_path(folder: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
