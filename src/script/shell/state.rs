use super::table::Table;
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    script::marks::environment_value,
    source::{Location, Text},
};
use indexmap::IndexMap;
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// What a running shell knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    variables: Table<Variable>,
    /// The bodies of functions.
    pub functions: Table<Text>,
    pub aliases: Table<Text>,
    /// `$1`, `$2`, …; nothing if they are unknown.
    pub positional: Option<Vec<Value>>,
    /// Files that were written here, by path.
    pub files: Table<Text>,
    /// The folder it is in, from that of the repository; where that is not known, it is taken for
    /// the repository's own, of which a host that is deployed to has a copy.
    pub folder: PathBuf,
    /// What is certainly set for later steps; see [`Exports`](crate::script::Exports).
    pub exported: Table<()>,
    /// Whether `exit` or `return` was reached.
    pub ended: bool,
}

#[derive(Clone, Debug)]
enum Variable {
    Scalar(Value),
    Array(Vec<Word>),
}

/// Set on every runner and login, so never empty.
const ALWAYS_SET: [&str; 12] = [
    "HOME",
    "PWD",
    "USER",
    "PATH",
    "SHELL",
    "HOSTNAME",
    "OLDPWD",
    "GITHUB_WORKSPACE",
    "GITHUB_SHA",
    "GITHUB_REPOSITORY",
    "RUNNER_TEMP",
    "GITHUB_RUN_ID",
];

impl State {
    /// A shell that is started with these variables.
    pub fn with_environment(environment: &IndexMap<String, Vec<Text>>) -> Self {
        let mut state = Self::default();
        for (name, texts) in environment {
            let values = texts.iter().map(environment_value);
            state.set(name, values.reduce(Value::or).unwrap_or_else(Value::empty));
        }
        state
    }

    /// A child of this shell: it has the variables, not the functions and aliases.
    pub fn child(&self, positional: Option<Vec<Value>>) -> Self {
        Self {
            variables: self.variables.clone(),
            files: self.files.clone(),
            folder: self.folder.clone(),
            positional,
            ..Self::default()
        }
    }

    /// A shell on another machine: of this one it has the files that were copied, no variables.
    pub fn elsewhere(&self) -> Self {
        Self { files: self.files.clone(), ..Self::default() }
    }

    /// Goes to a folder, as `cd` does.
    pub fn enter(&mut self, folder: &Word) {
        self.folder = match folder.text() {
            Some(path) => joined(&self.folder, Path::new(path.as_ref())),
            None => below_hole(folder).and_then(|path| joined(Path::new(""), Path::new(&path))),
        }
        .unwrap_or_default();
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.set(name, Variable::Scalar(value));
    }

    pub fn append(&mut self, name: &str, value: Value) {
        let joined = match self.variables.get(name).map(Arc::as_ref) {
            Some(Variable::Scalar(held)) => held.clone().then(&value),
            _ => value,
        };
        self.set(name, joined);
    }

    pub fn set_array(&mut self, name: &str, words: Vec<Word>) {
        self.variables.set(name, Variable::Array(words));
    }

    pub fn extend_array(&mut self, name: &str, words: Vec<Word>) {
        let mut all = self.elements(name).unwrap_or_default();
        all.extend(words);
        self.set_array(name, all);
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.remove(name);
        self.functions.remove(name);
    }

    /// The value of a variable, if anything here sets it.
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.variables.get(name)?.as_ref() {
            Variable::Scalar(value) => Some(value.clone()),
            Variable::Array(words) => {
                Some(words.first().cloned().map_or_else(Value::empty, Value::one))
            }
        }
    }

    /// The elements of an array; a scalar is an array of one.
    pub fn elements(&self, name: &str) -> Option<Vec<Word>> {
        match self.variables.get(name)?.as_ref() {
            Variable::Scalar(value) => Some(value.alternatives().to_vec()),
            Variable::Array(words) => Some(words.clone()),
        }
    }

    /// The elements of a variable that is an array.
    pub fn array(&self, name: &str) -> Option<Vec<Word>> {
        match self.variables.get(name)?.as_ref() {
            Variable::Scalar(_) => None,
            Variable::Array(words) => Some(words.clone()),
        }
    }

    /// A variable that nothing here sets.
    pub fn unknown_variable(name: &str, location: Option<Location>) -> Value {
        Value::hole(Hole {
            origin: Origin::Variable(name.to_owned()),
            written: format!("${name}"),
            location,
            may_be_empty: !ALWAYS_SET.contains(&name),
        })
    }

    /// Takes in what a branch did that may or may not have been taken.
    pub fn merge(&mut self, branch: State) {
        self.exported.keep_common(&branch.exported);
        if branch.ended {
            return;
        }
        self.variables.merge(&branch.variables, |here, there| match (here, there.as_ref()) {
            (Variable::Scalar(here), Variable::Scalar(there)) => {
                Arc::new(Variable::Scalar(here.clone().or(there.clone())))
            }
            _ => Arc::clone(there),
        });
        self.functions.extend(&branch.functions);
        self.aliases.extend(&branch.aliases);
        self.files.extend(&branch.files);
    }
}

/// A path from a folder of the repository; nothing if it leads out of it.
pub fn joined(folder: &Path, path: &Path) -> Option<PathBuf> {
    let mut joined = folder.to_owned();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => joined.push(name),
            Component::ParentDir if joined.pop() => {}
            _ => return None,
        }
    }
    Some(joined)
}

/// The path below an unknown folder, `scripts/x.sh` of `$APP_DIR/scripts/x.sh`.
pub fn below_hole(word: &Word) -> Option<String> {
    let (first, rest) = word.pieces.split_first()?;
    let rest = Word { pieces: rest.to_vec() };
    let path = rest.text().filter(|_| matches!(first, Piece::Hole(_)))?;
    path.strip_prefix('/').map(str::to_owned)
}
