use super::{
    table::Table,
    variable::{
        Content, Fact, Known, SOME_KEY, Variable, is_not, not_empty, nth, rank, unknown_list,
    },
    written::Contents,
};
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
    /// The variables that stand for others, by `declare -n`.
    pub references: Table<String>,
    pub functions: Table<Function>,
    pub aliases: Table<Text>,
    /// Those that this statement defined: they are known from the next one on.
    pub new_aliases: Table<Text>,
    /// `$0`, if it is known.
    pub name: Option<Word>,
    /// `$1`, `$2`, …
    pub positional: Arc<Vec<Value>>,
    /// Files that were written here, by path.
    pub files: Table<Contents>,
    /// What is certainly set for later steps; see [`Exports`](crate::script::Exports).
    pub exported: Table<()>,
    /// Code for the end of the shell, by `trap`.
    pub traps: Table<Text>,
    /// The folder it works in, as far as that is known; empty for the one that it started in.
    pub directory: Word,
    /// The same, seen from the folder of the repository; where that is not known, it is taken for
    /// the repository's own, of which a host that is deployed to has a copy.
    pub folder: PathBuf,
    /// The folders that `popd` and `cd -` go back to.
    pub folders: Vec<(Word, PathBuf)>,
    pub options: Options,
    /// Whether what follows is not reached.
    pub ended: bool,
    /// Whether the last command succeeded, if that is certain.
    pub status: Option<bool>,
}

/// A function, with all the bodies that it may have.
#[derive(Clone, Debug)]
pub struct Function {
    pub bodies: Vec<Text>,
    pub exported: bool,
}

impl Function {
    pub fn of(body: Text) -> Self {
        Self { bodies: vec![body], exported: false }
    }
}

/// What `set` switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-e`: a command that fails ends the shell.
    pub errexit: bool,
    /// `-u`: a variable that is not set ends the shell.
    pub nounset: bool,
    /// `-a`: every variable is exported.
    pub allexport: bool,
}

/// What leaves a loop, by that many levels, or a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Continue(usize),
    Break(usize),
    Return,
}

/// What ends a shell before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    Exit,
    Failure,
}

/// The files that are read, the innermost first.
pub const SOURCE: &str = "BASH_SOURCE";

/// How arguments are written of which nothing is known.
const ALL: &str = "$@";

/// Set on every runner and login, so never empty.
const ALWAYS_SET: [&str; 13] = [
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
    "GITHUB_ENV",
];

impl State {
    /// A shell that is started with these variables, in this folder.
    pub fn with_environment(
        environment: &IndexMap<String, Vec<Text>>,
        folder: Option<&Text>,
    ) -> Self {
        let mut state =
            Self { positional: Self::unknown_arguments(), status: Some(true), ..Self::default() };
        for (name, texts) in environment {
            let values = texts.iter().map(environment_value);
            state.set(name, values.reduce(Value::or).unwrap_or_else(Value::empty));
            state.export(name);
        }
        if let Some(folder) = folder {
            state.directory =
                environment_value(folder).alternatives().first().cloned().unwrap_or_default();
            state.enter(&Word::known(folder.clone()));
        }
        state
    }

    /// Arguments of which nothing is known.
    pub fn unknown_arguments() -> Arc<Vec<Value>> {
        Arc::new(vec![unknown_list(ALL, None)])
    }

    /// A child of this shell: it has what is exported, the files and the folder.
    pub fn child(&self, positional: impl Into<Arc<Vec<Value>>>) -> Self {
        Self {
            variables: self.variables.only(|variable| variable.exported),
            references: Table::default(),
            functions: self.functions.only(|function| function.exported),
            files: self.files.clone(),
            directory: self.directory.clone(),
            folder: self.folder.clone(),
            positional: positional.into(),
            status: Some(true),
            ..Self::default()
        }
    }

    /// A shell on another host: files that were written may have been copied there.
    pub fn elsewhere(&self) -> Self {
        Self { files: self.files.clone(), ..Self::default() }
    }

    /// A subshell: what ends it does not end this one, and its traps are its own.
    pub fn subshell(&self) -> Self {
        Self { traps: Table::default(), ..self.clone() }
    }

    /// Goes to a folder of the repository, as `cd` does.
    pub fn enter(&mut self, folder: &Word) {
        self.folder = match folder.text() {
            Some(path) => joined(&self.folder, Path::new(path.as_ref())),
            None => below_hole(folder).and_then(|path| joined(Path::new(""), Path::new(&path))),
        }
        .unwrap_or_default();
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.set_content(name, Content::Scalar(value));
    }

    fn set_content(&mut self, name: &str, content: Content) {
        let held = self.variable(name).is_some_and(|held| held.exported);
        let exported = held || self.options.allexport;
        let name = self.meant(name).to_owned();
        self.variables.set(name, Variable { content, exported, learnt: false });
    }

    /// The variable that a name means: itself, or the one that it stands for.
    fn meant<'n>(&'n self, name: &'n str) -> &'n str {
        /// References to references are followed so often.
        const MAX_STEPS: usize = 8;
        let mut meant = name;
        for _ in 0..MAX_STEPS {
            match self.references.get(meant) {
                Some(name) => meant = name,
                None => break,
            }
        }
        meant
    }

    fn variable(&self, name: &str) -> Option<&Arc<Variable>> {
        self.variables.get(self.meant(name))
    }

    pub fn append(&mut self, name: &str, value: Value) {
        let joined = match self.known(name) {
            Known::Set(held) => held.then(&value),
            Known::Unset => value,
            Known::Unknown => value.clone().or(Self::unknown_variable(name, None).then(&value)),
        };
        match self.variable(name).map(|held| &held.content) {
            Some(Content::List { .. }) => self.set_item(name, "0", joined),
            _ => self.set(name, joined),
        }
    }

    pub fn set_list(&mut self, name: &str, items: impl IntoIterator<Item = Value>) {
        let items = items.into_iter().enumerate().map(|(n, value)| (n.to_string(), value));
        self.set_content(name, Content::List { keyed: false, items: items.collect() });
    }

    /// `declare -A`
    pub fn set_keyed(&mut self, name: &str) {
        if !self.is_keyed(name) {
            self.empty_keyed(name);
        }
    }

    pub fn empty_keyed(&mut self, name: &str) {
        self.set_content(name, Content::List { keyed: true, items: IndexMap::new() });
    }

    pub fn is_keyed(&self, name: &str) -> bool {
        let held = self.variable(name).map(|held| &held.content);
        matches!(held, Some(Content::List { keyed: true, .. }))
    }

    pub fn extend_list(&mut self, name: &str, more: impl IntoIterator<Item = Value>) {
        // Behind the last one, wherever some are missing before it.
        if let Some(Content::List { keyed: false, items }) = self.variable(name).map(|v| &v.content)
            && let numbers = items.keys().map(|key| key.parse::<usize>().ok())
            && let Some(last) =
                numbers.collect::<Option<Vec<_>>>().and_then(|n| n.into_iter().max())
        {
            let mut items = items.clone();
            let more = more.into_iter().enumerate();
            items.extend(more.map(|(at, value)| ((last + 1 + at).to_string(), value)));
            return self.set_content(name, Content::List { keyed: false, items });
        }
        let mut all = self.items(name).unwrap_or_default();
        all.extend(more);
        self.set_list(name, all);
    }

    pub fn set_item(&mut self, name: &str, key: &str, value: Value) {
        let (keyed, mut items) = match self.variable(name).map(|held| &held.content) {
            Some(Content::List { keyed, items }) => (*keyed, items.clone()),
            Some(Content::Scalar(value)) => (false, IndexMap::from([("0".into(), value.clone())])),
            Some(Content::Unset) => (false, IndexMap::new()),
            // It may have been set elsewhere, or not.
            None => {
                let unknown = unknown_list(&format!("${{{name}[@]}}"), None);
                (false, IndexMap::from([(SOME_KEY.into(), unknown)]))
            }
        };
        if !keyed && key == "0" {
            items.shift_remove(SOME_KEY);
        }
        items.insert(key.to_owned(), value);
        items.sort_by_cached_key(|key, _| rank(key, keyed));
        self.set_content(name, Content::List { keyed, items });
    }

    /// Sets an item of which the key is not known: any may be it, or one more.
    pub fn set_some_item(&mut self, name: &str, value: &Value) {
        for key in self.keys(name).unwrap_or_default() {
            if let Some(held) = self.item(name, &key).into_value() {
                self.set_item(name, &key, held.or(value.clone()));
            }
        }
        let keyed = self.is_keyed(name);
        let key = if keyed {
            SOME_KEY.to_owned()
        } else {
            self.items(name).map_or(0, |i| i.len()).to_string()
        };
        self.set_item(name, &key, value.clone().or(unknown_list(SOME_KEY, None)));
    }

    /// One item of an array; nothing if the array is not known.
    pub fn item(&self, name: &str, key: &str) -> Known {
        match self.variable(name).map(|held| &held.content) {
            None => Known::Unknown,
            Some(Content::List { keyed: false, items })
                if items.contains_key(SOME_KEY) && items.contains_key(key) =>
            {
                Known::of(items.get(key).cloned())
            }
            Some(Content::List { keyed: false, items }) if items.values().any(Value::splits) => {
                let unknown = || Value::hole(Hole::unknown(format!("${{{name}[{key}]}}"), None));
                let values: Vec<Value> = items.values().cloned().collect();
                let position = items.keys().position(|own| rank(own, false) >= rank(key, false));
                nth(&values, position.unwrap_or(values.len()), unknown)
            }
            Some(Content::List { keyed: true, items }) if !items.contains_key(key) => {
                Known::of(items.get(SOME_KEY).cloned())
            }
            Some(Content::List { items, .. }) => Known::of(items.get(key).cloned()),
            Some(Content::Scalar(value)) if key == "0" => Known::Set(value.clone()),
            Some(_) => Known::Unset,
        }
    }

    /// The keys of an array.
    pub fn keys(&self, name: &str) -> Option<Vec<String>> {
        match &self.variable(name)?.content {
            Content::List { keyed: false, items } if items.values().any(Value::splits) => None,
            Content::List { items, .. } => Some(items.keys().cloned().collect()),
            Content::Scalar(_) => Some(vec!["0".into()]),
            Content::Unset => Some(Vec::new()),
        }
    }

    pub fn unset(&mut self, name: &str) {
        match name.split_once('[') {
            None => {
                self.unset_variable(name);
                self.functions.remove(name);
            }
            Some((name, key)) => {
                let held = self.variable(name).map(|held| held.content.clone());
                if let Some(Content::List { keyed, mut items }) = held {
                    if !keyed && items.values().any(Value::splits) {
                        // Which of them it is, is not known.
                        let maybe = |value: Value| value.or(unknown_list(SOME_KEY, None));
                        let items = items.into_iter().map(|(key, value)| (key, maybe(value)));
                        let content = Content::List { keyed, items: items.collect() };
                        return self.set_content(name, content);
                    }
                    items.shift_remove(key.trim_end_matches(']'));
                    self.set_content(name, Content::List { keyed, items });
                }
            }
        }
    }

    pub fn unset_variable(&mut self, name: &str) {
        let name = self.meant(name).to_owned();
        self.variables.set(name, Variable::default());
    }

    pub fn export(&mut self, name: &str) {
        if let Some(held) = self.variables.get(name)
            && !held.exported
        {
            let held = Variable { exported: true, ..held.as_ref().clone() };
            self.variables.set(name, held);
        }
    }

    /// The variables that programs see.
    pub fn exported_names(&self) -> impl Iterator<Item = &str> {
        self.variables.all().filter(|(_, variable)| variable.exported).map(|(name, _)| name)
    }

    /// The value of a variable, if anything here sets it.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.known(name).into_value()
    }

    pub fn known(&self, name: &str) -> Known {
        self.variable(name).map_or(Known::Unknown, |variable| variable.value())
    }

    /// `$0`, `$1` and the like.
    pub fn argument(&self, position: usize) -> Known {
        let unknown = || Self::unknown_variable(&position.to_string(), None);
        match position.checked_sub(1) {
            Some(at) if self.positional.get(at).is_some_and(is_all) => Known::Unknown,
            Some(at) => nth(&self.positional, at, unknown),
            None => self.name.clone().map_or(Known::Unknown, |name| Known::Set(Value::one(name))),
        }
    }

    /// A script starts that is there.
    pub fn be_at(&mut self, place: Word) {
        self.set_list(SOURCE, [Value::one(place.clone())]);
        self.name = Some(place);
    }

    /// The items of an array; a scalar is an array of one.
    pub fn items(&self, name: &str) -> Option<Vec<Value>> {
        let items = self.variable(name)?.items();
        // Where an item stands whose key is not known, no other can tell.
        let may_be_any = |value: Value| value.or(unknown_list(SOME_KEY, None));
        match self.has_some_key(name) {
            true => Some(items.into_iter().map(may_be_any).collect()),
            false => Some(items),
        }
    }

    /// Whether an array has an item of which the key is not known.
    fn has_some_key(&self, name: &str) -> bool {
        let content = self.variable(name).map(|variable| &variable.content);
        matches!(content, Some(Content::List { keyed: true, items }) if items.contains_key(SOME_KEY))
    }

    /// The items of a variable that is an array.
    pub fn array(&self, name: &str) -> Option<Vec<Value>> {
        let variable = self.variable(name)?;
        matches!(variable.content, Content::List { .. }).then(|| variable.items())
    }

    /// A variable as it is, to be put back later.
    pub fn held(&self, name: &str) -> Option<Arc<Variable>> {
        self.variables.get(name).cloned()
    }

    pub fn put_back(&mut self, name: &str, held: Option<Arc<Variable>>) {
        self.variables.put(name, held);
    }

    /// A variable that nothing here sets.
    pub fn unknown_variable(name: &str, location: Option<Location>) -> Value {
        Value::hole(Hole {
            origin: Origin::Variable(name.to_owned()),
            written: format!("${name}"),
            location,
            may_be_empty: !ALWAYS_SET.contains(&name),
            splits: false,
        })
    }

    /// Notes what a condition tells.
    pub fn learn(&mut self, facts: &[Fact]) {
        for fact in facts {
            let (Fact::NotEmpty(name) | Fact::Is(name, _) | Fact::IsNot(name, _)) = fact;
            let position = name.parse::<usize>().ok();
            let known = match position {
                Some(position) => self.argument(position),
                None => self.known(name),
            };
            let value = match (fact, known) {
                (_, Known::Unset) => continue,
                (Fact::NotEmpty(_), Known::Set(value)) => not_empty(&value),
                (Fact::NotEmpty(_), Known::Unknown) => {
                    not_empty(&Self::unknown_variable(name, None))
                }
                (Fact::Is(_, value), _) => value.clone(),
                (Fact::IsNot(_, text), Known::Set(value)) => is_not(&value, text),
                (Fact::IsNot(..), Known::Unknown) => continue,
            };
            match position {
                Some(position) => {
                    let certain = self.positional.iter().take(position).all(|word| !word.splits());
                    if certain
                        && let Some(word) =
                            Arc::make_mut(&mut self.positional).get_mut(position.wrapping_sub(1))
                    {
                        *word = value;
                    }
                }
                None => {
                    let held = self.variables.get(name);
                    let exported = held.is_none_or(|held| held.exported);
                    let learnt = held.is_none_or(|held| held.learnt);
                    let content = Content::Scalar(value);
                    self.variables.set(name.as_str(), Variable { content, exported, learnt });
                }
            }
        }
    }

    /// What is known where one of two ways was taken.
    pub fn or(mut self, mut other: State) -> State {
        self.exported.keep_common(&other.exported);
        if self.ended {
            other.exported = self.exported;
            return State { files: both_files(other.files, &self.files), ..other };
        }
        if other.ended {
            return State { files: both_files(self.files, &other.files), ..self };
        }
        self.variables.join(&other.variables, |here, there| match (here, there) {
            (Some(here), Some(there)) => Some(here.or(there)),
            (Some(one), None) | (None, Some(one)) if one.learnt => None,
            // Only one way sets it: on the other it is what the environment says, mostly nothing.
            (Some(one), None) | (None, Some(one)) => Some(one.or(&Variable::default())),
            (None, None) => None,
        });
        self.functions.join(&other.functions, |here, there| {
            let mut bodies: Vec<Text> = Vec::new();
            for body in here.into_iter().chain(there).flat_map(|function| &function.bodies) {
                if bodies.iter().all(|held| held.as_str() != body.as_str()) {
                    bodies.push(body.clone());
                }
            }
            let exported = [here, there].into_iter().flatten().any(|function| function.exported);
            Some(Function { bodies, exported })
        });
        self.aliases.extend(&other.aliases);
        self.new_aliases.extend(&other.new_aliases);
        self.files = both_files(self.files, &other.files);
        self.traps.extend(&other.traps);
        if self.positional.len() != other.positional.len() {
            self.positional = Self::unknown_arguments();
        } else if !Arc::ptr_eq(&self.positional, &other.positional) {
            let both = self.positional.iter().zip(other.positional.iter());
            self.positional =
                Arc::new(both.map(|(here, there)| here.clone().or(there.clone())).collect());
        }
        if self.folder != other.folder {
            self.folder = PathBuf::new();
        }
        if !self.directory.reads_as(&other.directory) {
            self.directory = Word::hole(Hole::unknown("the folder", self.directory.location()));
        }
        self.options.errexit &= other.options.errexit;
        self.options.nounset &= other.options.nounset;
        self.options.allexport |= other.options.allexport;
        if self.status != other.status {
            self.status = None;
        }
        self
    }

    /// Whether a loop that leaves this state after a round would do the same in the next.
    pub fn same(&self, before: &State) -> bool {
        self.variables.changed(&before.variables, Variable::same).next().is_none()
            && self.positional.len() == before.positional.len()
            && self.directory.reads_as(&before.directory)
    }

    /// [`Self::same`], and no file was written either.
    pub fn same_with_files(&self, before: &State) -> bool {
        self.same(before) && self.files.changed(&before.files, |_, _| false).next().is_none()
    }

    /// Variables that differ from before may be anything, too.
    pub fn widen(&mut self, before: &State) {
        let changed: Vec<String> =
            self.variables.changed(&before.variables, Variable::same).map(str::to_owned).collect();
        for name in changed {
            match self.array(&name) {
                Some(items) => {
                    let more = unknown_list(&format!("${{{name}[@]}}"), None);
                    self.set_list(&name, items.into_iter().chain([more]));
                }
                None => {
                    let unknown = Value::hole(Hole::unknown(format!("${name}"), None));
                    let value = self.get(&name).unwrap_or_else(Value::empty);
                    self.set(&name, value.or(unknown));
                }
            }
        }
        if self.positional.len() != before.positional.len() {
            self.positional = Self::unknown_arguments();
        }
    }
}

fn is_all(value: &Value) -> bool {
    matches!(value.alternatives(), [word] if word.to_string() == ALL)
}

/// Files as two ways leave them: where both write one, it may hold either.
fn both_files(mut files: Table<Contents>, others: &Table<Contents>) -> Table<Contents> {
    files.join(others, |here, there| match (here, there) {
        (Some(here), Some(there)) => Some(here.or(there)),
        (one, other) => one.or(other).cloned(),
    });
    files
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
