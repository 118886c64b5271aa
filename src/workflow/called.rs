//! The actions and workflows of the repository that a workflow uses, read with what they are given
//! and at the place of the job that uses them.

use super::{
    Forge, Problem, ProblemKind, expressions,
    model::{ActionFile, Document, Field, Runs},
    walk::{Around, Call, Walk},
};
use crate::source::{
    Gives, Hop, Language, Origin, Repository, Script, SourceFile, Text,
    expression::{Contexts, PossibleValues, Setting, Settings, Value},
    shown_path,
    yaml::{Node, Yaml},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// GitHub's own limit for workflows and actions that use each other.
const MAX_DEPTH: usize = 10;

/// What tells an action where it is.
const ACTION_PATH: &str = "GITHUB_ACTION_PATH";

impl Walk<'_> {
    /// Reads the reusable workflow that a job is.
    pub fn called_workflow(&mut self, uses: Field, with: Option<Node>, around: &Around) {
        let Some(name) = uses.value.as_str().map(str::trim) else { return };
        let Some(path) = name.strip_prefix("./") else {
            return self.problem(ProblemKind::Elsewhere(name.to_owned()), uses);
        };
        self.enter(&[PathBuf::from(path)], name, uses, |walk, yaml, document| {
            let Document::Workflow(workflow) = document else { return };
            let inputs = expressions::given(workflow.called, &given(with, &around.contexts));
            let origin = Origin { step: None, ..Origin::clone(&around.origin) };
            let via = around.through(name, uses);
            let contexts = expressions::of_workflow(None, inputs.clone());
            walk.workflow(&workflow, Forge::of(yaml.file().path()), Call { origin, via, inputs });
            if workflow.outputs.is_some() {
                let gives = Gives::Job(expressions::outputs(workflow.outputs));
                walk.scripts.push(around.end_of(contexts, gives));
            }
        });
    }

    /// Reads the action of the repository that a step uses.
    pub fn local_action(&mut self, uses: Field, with: Option<Node>, around: &Around) {
        let Some(name) = uses.value.as_str().map(str::trim) else { return };
        let files = ["action.yml", "action.yaml"].map(|file| Path::new(name).join(file));
        self.enter(&files, name, uses, |walk, yaml, document| {
            let Document::Action(action) = document else { return };
            let inputs = expressions::given(action.inputs, &given(with, &around.contexts));
            let mut inner = around.clone();
            inner.via = around.through(name, uses);
            let mut env = settled(&around.contexts);
            let folder = Value::String(name.to_owned());
            Arc::make_mut(&mut env).insert(ACTION_PATH.to_owned(), folder.into());
            let mut path = Text::default();
            path.push_made_up(name, Some(&uses.value.location()));
            Arc::make_mut(&mut inner.env).insert(ACTION_PATH.to_owned(), path);
            inner.contexts = Contexts {
                env: vec![env],
                inputs: Arc::new(inputs),
                matrix: around.contexts.matrix.clone(),
                ..Contexts::default()
            };
            walk.action_file(&action, yaml.file(), &inner);
            if action.outputs.is_some() {
                let gives = Gives::Step(expressions::outputs(action.outputs));
                walk.scripts.push(around.end_of(inner.contexts, gives));
            }
        });
    }

    /// Reads what an action runs.
    pub fn action_file(&mut self, action: &ActionFile, file: &SourceFile, around: &Around) {
        match &action.runs {
            Runs::Steps(steps) => self.steps(steps, around),
            Runs::Node(files) => {
                for field in files {
                    self.file_of_action(file, *field, Language::JavaScript, around);
                }
            }
            Runs::Container { image, entrypoints, args } => {
                self.container(file, *image, entrypoints, *args, around);
            }
        }
    }

    fn container(
        &mut self,
        file: &SourceFile,
        image: Option<Field>,
        entrypoints: &[Field],
        args: Option<Node>,
        around: &Around,
    ) {
        for entrypoint in entrypoints {
            self.file_of_action(file, *entrypoint, Language::Shell, around);
        }
        let Some(image) = image else { return };
        let is_built = image.value.as_str().is_some_and(|image| !image.starts_with("docker://"));
        if is_built && entrypoints.is_empty() {
            return self.problem(ProblemKind::OnlyInImage, image);
        }
        // The arguments are those of the entrypoint; of an image from elsewhere they are mostly a
        // command.
        let mut command = Text::default();
        let is_main = |field: &&Field| field.key.as_str() == Some("entrypoint");
        if let Some(main) = entrypoints.iter().find(is_main)
            && let Some(name) = main.value.as_str()
        {
            let path = folder_in(&self.repository, file).join(name.trim_start_matches('/'));
            command.push_made_up(&format!("./{}", shown_path(&path)), Some(&main.value.location()));
        } else if is_built {
            return;
        }
        let words = args.into_iter().flat_map(Node::items).filter_map(Node::text);
        for word in words {
            if !command.is_empty() {
                command.push_made_up(" ", word.location().as_ref());
            }
            command.push(&quoted(&word));
        }
        if args.is_some() && !command.is_empty() {
            let hop = Hop { step: "args".to_owned(), location: Some(image.key.location()) };
            self.push(around.script(command, Language::Shell, around.place.clone(), hop));
        }
    }

    /// Reads a file that stands beside the action that runs it.
    fn file_of_action(
        &mut self,
        action: &SourceFile,
        field: Field,
        language: Language,
        around: &Around,
    ) {
        let Some(name) = field.value.as_str() else { return };
        // A container has it wherever its image puts it.
        let path = name.trim_start_matches('/');
        let folder = folder_in(&self.repository, action);
        let Some(file) = self.repository.file(&folder.join(path)) else {
            return self.problem(ProblemKind::NotInRepository(name.to_owned()), field);
        };
        let language = Language::of_file(file.path(), file.text()).unwrap_or(language);
        let step = field.key.as_str().unwrap_or_default().to_owned();
        let hop = Hop { step, location: Some(field.key.location()) };
        self.push(around.script(Text::of_file(file), language, around.place.clone(), hop));
    }

    /// Reads the first of these files that there is, unless it is being read already.
    fn enter(
        &mut self,
        paths: &[PathBuf],
        name: &str,
        uses: Field,
        read: impl FnOnce(&mut Self, &Yaml, Document<'_>),
    ) {
        let Some(yaml) = paths.iter().find_map(|path| self.open(path)) else {
            return self.problem(ProblemKind::NotInRepository(name.to_owned()), uses);
        };
        let path = yaml.file().path().to_owned();
        if self.active.contains(&path) {
            return self.problem(ProblemKind::UsesItself(name.to_owned()), uses);
        }
        if self.active.len() > MAX_DEPTH {
            return self.problem(ProblemKind::TooDeep(name.to_owned(), MAX_DEPTH), uses);
        }
        self.active.push(path);
        self.syntax_errors(&yaml);
        let document = yaml.documents().next().and_then(|root| self.reader.document(root));
        match document {
            Some(document) => read(self, &yaml, document),
            None => {
                self.reader.problems.push(Problem::at(
                    ProblemKind::NotAWorkflow,
                    yaml.file(),
                    0..0,
                ));
            }
        }
        self.active.pop();
    }

    fn open(&mut self, path: &Path) -> Option<Arc<Yaml>> {
        if let Some(opened) = self.opened.get(path) {
            return opened.clone();
        }
        let yaml = self.repository.file(path).map(|file| Arc::new(Yaml::parse(file)));
        self.opened.insert(path.to_owned(), yaml.clone());
        yaml
    }

    fn problem(&mut self, kind: ProblemKind, at: Field) {
        self.reader.problems.push(Problem { kind, location: at.value.location() });
    }
}

impl Around<'_> {
    /// Where what was used from here has ended.
    fn end_of(&self, contexts: Contexts, gives: Gives) -> Script {
        let hop = Hop { step: String::new(), location: None };
        let script = self.script(Text::default(), Language::Shell, self.place.clone(), hop);
        Script { contexts, gives: Some(gives), ..script }
    }

    fn through(&self, name: &str, uses: Field) -> Vec<Hop> {
        let mut via = self.via.clone();
        via.push(Hop { step: name.to_owned(), location: Some(uses.value.location()) });
        via
    }
}

/// The folder of a file, from that of the repository.
fn folder_in<'f>(repository: &Repository, file: &'f SourceFile) -> &'f Path {
    let folder = file.path().parent().unwrap_or(Path::new(""));
    folder.strip_prefix(repository.root()).unwrap_or(folder)
}

/// What a `with:` can come to where it is written.
fn given(with: Option<Node>, contexts: &Contexts) -> expressions::Inputs {
    let entries = with.into_iter().flat_map(Node::entries);
    let inputs = entries.filter_map(|(name, value)| {
        let value = expressions::value(value);
        Some((name.as_str()?.to_owned(), possible(&value, contexts)))
    });
    inputs.collect()
}

/// The variables that an action sees, as they are where it is used.
fn settled(contexts: &Contexts) -> Arc<Settings> {
    let mut settled = Settings::new();
    for (name, setting) in contexts.env.iter().flat_map(|layer| layer.iter()) {
        let mut found = PossibleValues { others: setting.possible.others, values: Vec::new() };
        for value in &setting.possible.values {
            let possible = possible(value, contexts);
            found.others |= possible.others;
            found.values.extend(possible.values);
        }
        settled.insert(name.clone(), Setting { possible: found, ..setting.clone() });
    }
    Arc::new(settled)
}

/// What a value can come to. Text of which a part is only known at run time stays as it is written,
/// unless that part would mean something else where it is read.
fn possible(value: &Value, contexts: &Contexts) -> PossibleValues {
    let possible = contexts.possible_value(value);
    match value {
        Value::Unknown(text) if possible.values.is_empty() && !text.contains("inputs.") => {
            PossibleValues::one(value.clone())
        }
        _ => possible,
    }
}

/// A word as the shell takes it for one.
fn quoted(word: &Text) -> Text {
    let location = word.location();
    let mut text = Text::default();
    let mut from = 0;
    text.push_made_up("'", location.as_ref());
    for (at, _) in word.as_str().match_indices('\'') {
        text.push(&word.slice(from..at));
        text.push_made_up(r"'\''", location.as_ref());
        from = at + 1;
    }
    text.push(&word.slice(from..word.len()));
    text.push_made_up("'", location.as_ref());
    text
}
