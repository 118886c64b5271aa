//! Playbooks of Ansible: what their tasks run, and on which hosts. Modules that run a command are
//! read as that command; what others do is in `rules/ansible.yml`, as the command that does the same.

use super::{
    Unread,
    nested::{Nested, prints},
    shell::{Done, Shell, State, joined},
};
use crate::{
    invocation::{Hole, Value, Word},
    source::{
        Hop, Language, Location, Place, SourceFile, Text,
        yaml::{Node, Yaml},
    },
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Files that playbooks lead to, in each other, are read no deeper.
const MAX_DEPTH: usize = 20;

/// What a module does, as a command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Module {
    module: Vec<String>,
    /// Only with these parameters.
    #[serde(default)]
    when: HashMap<String, Vec<String>>,
    /// Shell text in which `{name}` is the value of that parameter.
    run: String,
}

/// `rules/ansible.yml`.
const MODULES: &str = include_str!(concat!(env!("OUT_DIR"), "/ansible.json"));

fn modules() -> &'static [Module] {
    static ALL: OnceLock<Vec<Module>> = OnceLock::new();
    // A test reads the file, so that it cannot fail for a user.
    ALL.get_or_init(|| serde_json::from_str(MODULES).unwrap_or_default())
}

/// A file of plays or tasks.
struct Book {
    yaml: Yaml,
    /// Its folder, and that of the playbook which led to it, from the repository's.
    folder: PathBuf,
    root: PathBuf,
    /// Where the playbook was started.
    start: Place,
    depth: usize,
}

/// The parameters of a module, and where they stand.
struct Parameters<'y> {
    node: Node<'y>,
    /// `name=nginx state=stopped`
    inline: Vec<(String, Text)>,
}

impl Shell<'_> {
    pub(super) fn playbooks(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        for word in words.iter().filter(|word| !word.head().starts_with('-')) {
            let found = word.text().and_then(|path| {
                let path = joined(&self.state.folder, Path::new(path.as_ref()))?;
                self.book(&path, self.place.clone(), 0)
            });
            match found {
                Some(book) => self.plays(&book),
                None => {
                    self.missing(nested.invocation, format!("`{word}` is not in the repository"));
                }
            }
        }
        prints(nested.invocation)
    }

    fn book(&self, path: &Path, start: Place, depth: usize) -> Option<Book> {
        if depth > MAX_DEPTH {
            return None;
        }
        let file: Arc<SourceFile> = self.repository_file(Path::new(""), path.to_str()?)?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Some(Book { yaml: Yaml::parse(file), root: folder.clone(), folder, start, depth })
    }

    fn plays(&mut self, book: &Book) {
        for error in book.yaml.errors().iter().filter(|error| !error.is_repaired) {
            let location = Location { file: Arc::clone(book.yaml.file()), range: error.at.clone() };
            let reason = format!("this playbook is no YAML: {}", error.message);
            self.run.unread.push(Unread::code(Some(location), reason));
        }
        for play in book.yaml.documents().flat_map(Node::items) {
            if let Some(file) = module_of(play, &["import_playbook", "include"]) {
                if let Some(other) = file.as_str().and_then(|path| self.beside(book, path)) {
                    self.plays(&other);
                }
                continue;
            }
            let hosts = play.get("hosts");
            let is_local = play.get("connection").and_then(Node::as_str) == Some("local");
            let names = hosts.map(|hosts| match hosts.as_str() {
                Some(name) => name.to_owned(),
                None => hosts.items().filter_map(Node::as_str).collect::<Vec<_>>().join(","),
            });
            let hop = Hop {
                step: "ansible-playbook".to_owned(),
                location: hosts.unwrap_or(play).location().into(),
            };
            let place = names.filter(|names| !is_local && !is_here(names)).map(Place::Remote);
            let mut state =
                if place.is_some() { self.state.elsewhere() } else { self.state.child(Vec::new()) };
            set_variables(&mut state, play.get("vars"));
            self.within(hop, place, |shell| {
                shell.in_state(state, |shell| {
                    shell.roles(book, play.get("roles"));
                    for section in ["pre_tasks", "tasks", "post_tasks", "handlers"] {
                        shell.tasks(book, play.get(section));
                    }
                    Done::default()
                })
            });
        }
    }

    /// A file that is named in another: beside it, or from the folder that the playbook is run in.
    fn beside(&self, book: &Book, path: &str) -> Option<Book> {
        let from = |folder: &Path| {
            let path = joined(folder, Path::new(path))?;
            let other = self.book(&path, book.start.clone(), book.depth + 1)?;
            Some(Book { root: book.root.clone(), ..other })
        };
        [&book.folder, &book.root, &self.state.folder].into_iter().find_map(|folder| from(folder))
    }

    fn roles(&mut self, book: &Book, roles: Option<Node<'_>>) {
        for role in roles.into_iter().flat_map(Node::items) {
            let named = role.get("role").or_else(|| role.get("name")).unwrap_or(role);
            if let Some(name) = named.as_str() {
                self.role(book, name);
            }
        }
    }

    fn role(&mut self, book: &Book, name: &str) {
        let part = |shell: &Self, part: &str| {
            ["yml", "yaml"].iter().find_map(|ending| {
                shell.beside(book, &format!("roles/{name}/{part}/main.{ending}"))
            })
        };
        for values in ["defaults", "vars"] {
            if let Some(values) = part(self, values) {
                values.yaml.documents().for_each(|root| set_variables(&mut self.state, Some(root)));
            }
        }
        for tasks in ["tasks", "handlers"] {
            if let Some(tasks) = part(self, tasks) {
                tasks.yaml.documents().for_each(|root| self.tasks(&tasks, Some(root)));
            }
        }
    }

    fn tasks(&mut self, book: &Book, tasks: Option<Node<'_>>) {
        for task in tasks.into_iter().flat_map(Node::items) {
            self.deeper(None, |shell| shell.task_of_book(book, task));
        }
    }

    fn task_of_book(&mut self, book: &Book, task: Node<'_>) {
        if task.get("when").and_then(Node::as_str).is_some_and(|when| when.trim() == "false") {
            return;
        }
        let delegate = task.get("delegate_to").and_then(Node::as_str);
        let place = delegate.map(|host| match is_here(host) {
            true => book.start.clone(),
            false => Place::Remote(host.to_owned()),
        });
        let mut state = self.state.clone();
        set_variables(&mut state, task.get("vars"));
        let items = task.get("loop").or_else(|| task.get("with_items"));
        if let Some(items) = items {
            let items =
                items.items().filter_map(Node::text).map(|text| Word::known(as_shell(&text)));
            let any: Vec<Word> = items.collect();
            if !any.is_empty() {
                state.set("item", Value::any_of(any));
            }
        }
        let outer = std::mem::replace(&mut self.state, state);
        self.module_of_task(book, task, place.as_ref());
        let inner = std::mem::replace(&mut self.state, outer);
        self.state.files.extend(&inner.files);
    }

    fn module_of_task(&mut self, book: &Book, task: Node<'_>, place: Option<&Place>) {
        for section in ["block", "rescue", "always"] {
            self.tasks(book, task.get(section));
        }
        for (key, value) in task.entries() {
            let Some(name) = key.as_str() else { continue };
            let module = name.rsplit('.').next().unwrap_or(name);
            match module {
                "import_tasks" | "include_tasks" | "include" => {
                    let file = value.get("file").unwrap_or(value);
                    if let Some(other) = file.as_str().and_then(|path| self.beside(book, path)) {
                        other.yaml.documents().for_each(|root| self.tasks(&other, Some(root)));
                    }
                }
                "import_role" | "include_role" => {
                    if let Some(name) = value.get("name").and_then(Node::as_str) {
                        self.role(book, name);
                    }
                }
                _ => {
                    let parameters = Parameters::of(value);
                    let Some((language, code)) = code_of(module, &parameters, task) else {
                        continue;
                    };
                    let hop = Hop { step: module.to_owned(), location: Some(key.location()) };
                    self.within(hop, place.cloned(), |shell| {
                        let state = shell.state.clone();
                        shell.in_state(state, |shell| shell.code(language, &code))
                    });
                }
            }
        }
    }
}

impl<'y> Parameters<'y> {
    fn of(node: Node<'y>) -> Self {
        let mut inline = Vec::new();
        if let Some(text) = node.text() {
            let source = text.as_str();
            for word in source.split_whitespace() {
                let at = word.as_ptr() as usize - source.as_ptr() as usize;
                if let Some((name, value)) = word.split_once('=') {
                    let from = at + name.len() + 1;
                    inline.push((name.to_owned(), text.slice(from..from + value.len())));
                }
            }
        }
        Self { node, inline }
    }

    fn get(&self, name: &str) -> Option<Text> {
        let own = self.inline.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        own.or_else(|| self.node.get(name)?.text())
    }
}

/// What a module runs.
fn code_of(module: &str, parameters: &Parameters<'_>, task: Node<'_>) -> Option<(Language, Text)> {
    let language = match module {
        "shell" | "command" | "raw" | "script" => Language::Shell,
        "win_shell" => Language::PowerShell,
        "win_command" => Language::Batch,
        _ => return Some((Language::Shell, command_of(module, parameters)?)),
    };
    let node = parameters.node;
    let command = ["cmd", "_raw_params"].iter().find_map(|name| node.get(name)?.text());
    let argv = || {
        let mut line = Text::default();
        for word in node.get("argv")?.items().filter_map(Node::text) {
            line.push_made_up(" \"", None);
            line.push(&word);
            line.push_made_up("\"", None);
        }
        Some(line)
    };
    let command = command.or_else(|| node.text()).or_else(argv)?;
    let folder = task.get("args").and_then(|args| args.get("chdir")?.text());
    let folder = folder.or_else(|| parameters.get("chdir"));
    let mut code = Text::default();
    if let Some(folder) = folder.filter(|_| language == Language::Shell) {
        code.push_made_up("cd ", None);
        code.push(&folder);
        code.push_made_up("\n", None);
    }
    // `chdir=/srv pm2 restart web`
    let source = command.as_str();
    let mut from = 0;
    for word in source.split_inclusive(char::is_whitespace) {
        let is_own = ["chdir=", "creates=", "removes=", "executable=", "warn="];
        if !is_own.iter().any(|own| word.starts_with(own)) {
            break;
        }
        from += word.len();
    }
    if module == "script" {
        code.push_made_up("./", None);
    }
    code.push(&command.slice(from..command.len()));
    Some((language, as_shell(&code)))
}

/// The command that does what a module does, as `rules/ansible.yml` says.
fn command_of(module: &str, parameters: &Parameters<'_>) -> Option<Text> {
    let holds = |(name, values): (&String, &Vec<String>)| {
        parameters.get(name).is_some_and(|given| values.iter().any(|value| value == given.as_str()))
    };
    let rule = modules().iter().find(|rule| {
        rule.module.iter().any(|name| name == module) && rule.when.iter().all(holds)
    })?;
    let location = parameters.node.location();
    let mut code = Text::default();
    for (position, part) in rule.run.split('{').enumerate() {
        let (name, rest) = match part.split_once('}') {
            Some((name, rest)) if position > 0 => (Some(name), rest),
            _ => (None, part),
        };
        if let Some(name) = name {
            // Several names of one parameter: `{name|path}`.
            let value = name.split('|').find_map(|name| parameters.get(name));
            code.push_made_up("\"", Some(&location));
            match value {
                Some(value) => code.push(&as_shell(&value)),
                None => code.push_made_up("$UNKNOWN", Some(&location)),
            }
            code.push_made_up("\"", Some(&location));
        }
        code.push_made_up(rest, Some(&location));
    }
    Some(code)
}

fn module_of<'y>(play: Node<'y>, names: &[&str]) -> Option<Node<'y>> {
    let (_, value) = play.entry(|key| names.contains(&key.rsplit('.').next().unwrap_or(key)))?;
    Some(value)
}

fn is_here(hosts: &str) -> bool {
    matches!(hosts.trim(), "localhost" | "127.0.0.1" | "::1")
}

/// Sets the variables of a mapping of Ansible's as those of a shell.
fn set_variables(state: &mut State, variables: Option<Node<'_>>) {
    for (key, value) in variables.into_iter().flat_map(Node::entries) {
        let (Some(name), Some(text)) = (key.as_str(), value.text()) else { continue };
        let value = match text.as_str().contains("{{") {
            false => Value::known(text),
            true => Value::hole(Hole::unknown(text.as_str(), text.location())),
        };
        state.set(name, value);
    }
}

/// `{{ name }}` and `{{ name | default('x') }}` as a variable of the shell.
fn as_shell(text: &Text) -> Text {
    let source = text.as_str();
    let mut shell = Text::default();
    let mut from = 0;
    while let Some(at) = source[from..].find("{{").map(|at| from + at) {
        let Some(end) = source[at..].find("}}").map(|end| at + end + 2) else { break };
        let inner = source[at + 2..end - 2].trim();
        let (name, filter) = inner.split_once('|').unwrap_or((inner, ""));
        let name = name.trim();
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let default =
            filter.trim().strip_prefix("default(").and_then(|rest| rest.split(')').next());
        let default = default.map(|value| value.split(',').next().unwrap_or_default());
        let default = default.map(|value| value.trim().trim_matches(['\'', '"']));
        let made_up = match (is_name, default) {
            (true, Some(default)) if !default.contains(['$', '`', '"', '}']) => {
                format!("${{{name}:-{default}}}")
            }
            (true, _) => format!("${{{name}}}"),
            (false, _) => "${UNKNOWN}".to_owned(),
        };
        shell.push(&text.slice(from..at));
        shell.push_made_up(&made_up, text.locate(at..end).as_ref());
        from = end;
    }
    shell.push(&text.slice(from..source.len()));
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_understood_and_named_once_for_its_conditions() {
        let modules: Vec<Module> = serde_json::from_str(MODULES).unwrap();
        for module in &modules {
            assert!(!module.module.is_empty() && !module.run.is_empty(), "{module:?}");
        }
    }
}
