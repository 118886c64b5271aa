//! The way through a workflow or an action to its scripts, and into the actions and workflows of
//! the repository that it uses.

use super::{
    Forge, Problem, ProblemKind, WorkflowReading, actions, broken, expressions,
    model::{Defaults, Document, Field, Job, Step, Workflow},
    order, place,
    read::Reader,
    shell::Shell,
    terms,
};
use crate::{
    config::Config,
    source::{
        Hop, Language, Origin, Place, Repository, Script, Text,
        expression::{Contexts, expression_at},
        yaml::{Node, Yaml},
    },
};
use indexmap::IndexMap;
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// Reads a file, and all of the repository that it uses.
pub(super) fn read(yaml: Yaml, config: &Config) -> WorkflowReading {
    let path = yaml.file().path().to_owned();
    let repository = yaml.file().repository().clone();
    let mut walk = Walk {
        config,
        repository,
        reader: Reader::new(),
        scripts: Vec::new(),
        active: vec![path],
        opened: HashMap::new(),
    };
    walk.alone(&yaml);
    WorkflowReading { scripts: walk.scripts, problems: walk.reader.problems }
}

pub(super) struct Walk<'c> {
    pub config: &'c Config,
    pub repository: Repository,
    pub reader: Reader,
    pub scripts: Vec<Script>,
    /// The files that are being read, each used by the one before it.
    pub active: Vec<PathBuf>,
    pub opened: HashMap<PathBuf, Option<Arc<Yaml>>>,
}

pub(super) type Variables = IndexMap<String, Text>;

/// What a workflow finds around it.
#[derive(Default)]
pub(super) struct Call {
    pub origin: Origin,
    pub via: Vec<Hop>,
    pub inputs: expressions::Inputs,
}

/// What a step finds around it.
#[derive(Clone)]
pub(super) struct Around<'a> {
    pub origin: Arc<Origin>,
    pub via: Vec<Hop>,
    pub place: Place,
    pub is_windows: bool,
    /// Under which names the service containers of the job are reached.
    pub services: Vec<String>,
    pub defaults: Defaults<'a>,
    pub env: Arc<Variables>,
    pub contexts: Contexts,
}

impl Walk<'_> {
    /// Reads a file that nothing calls.
    fn alone(&mut self, yaml: &Yaml) {
        self.syntax_errors(yaml);
        let mut nothing = Some(ProblemKind::Empty);
        for document in yaml.documents().filter(|document| !document.is_null()) {
            nothing = match self.reader.document(document) {
                Some(Document::Workflow(workflow)) => {
                    let declared = [workflow.dispatched, workflow.called];
                    let inputs = expressions::declared(declared.into_iter().flatten());
                    let name = workflow.name.map(str::to_owned);
                    let origin = Origin { workflow: name, ..Origin::default() };
                    self.workflow(
                        &workflow,
                        Forge::of(yaml.file().path()),
                        Call { origin, inputs, ..Call::default() },
                    );
                    None
                }
                Some(Document::Action(action)) => {
                    let inputs = expressions::declared(action.inputs);
                    let around = Around {
                        origin: Arc::default(),
                        via: Vec::new(),
                        place: Place::Host("the caller's runner".to_owned()),
                        is_windows: false,
                        services: Vec::new(),
                        defaults: Defaults::default(),
                        env: Arc::default(),
                        contexts: expressions::of_workflow(None, inputs),
                    };
                    self.action_file(&action, yaml.file(), &around);
                    None
                }
                None => nothing.map(|_| ProblemKind::NotAWorkflow),
            };
        }
        if yaml.is_broken() {
            self.broken(yaml.file());
        } else if let Some(kind) = nothing {
            self.reader.problems.push(Problem::at(kind, yaml.file(), 0..0));
        }
    }

    pub fn syntax_errors(&mut self, yaml: &Yaml) {
        for error in yaml.errors() {
            let kind = ProblemKind::Syntax(match error.is_repaired {
                true => error.message.clone(),
                false => {
                    format!("{}; {}", error.message, broken::advice(yaml.file(), error.at.start))
                }
            });
            self.reader.problems.push(Problem::at(kind, yaml.file(), error.at.clone()));
        }
    }

    pub fn workflow(&mut self, workflow: &Workflow, forge: Forge, call: Call) {
        let outer = expressions::of_workflow(workflow.env, call.inputs);
        for job in order::by_needs(&workflow.jobs) {
            let mut contexts = expressions::in_job(&outer, job.env, job.matrix);
            contexts.results = expressions::settings(job.outputs);
            if job.condition.is_some_and(|condition| contexts.condition(condition) == Some(false)) {
                continue;
            }
            let mut env = Arc::default();
            add_variables(&mut env, workflow.env);
            add_variables(&mut env, job.env);
            let mut origin = call.origin.clone();
            origin.job = Some(match &origin.job {
                Some(caller) => format!("{caller} / {}", job.id),
                None => job.id.to_owned(),
            });
            origin.terms = terms::of(job, workflow, origin.terms.as_deref()).map(Arc::new);
            let origin = Arc::new(origin);
            let services = job.services.into_iter().flat_map(Node::entries);
            let services: Vec<String> =
                services.filter_map(|(name, _)| name.as_str().map(str::to_owned)).collect();
            for (place, is_windows, contexts) in place::of_runs(job, forge, self.config, contexts) {
                let around = Around {
                    origin: Arc::clone(&origin),
                    via: call.via.clone(),
                    place,
                    is_windows,
                    services: services.clone(),
                    defaults: job.defaults.or(workflow.defaults),
                    env: Arc::clone(&env),
                    contexts,
                };
                self.job(job, &around);
            }
        }
    }

    fn job(&mut self, job: &Job, around: &Around) {
        if let Some(uses) = job.uses {
            self.called_workflow(uses, job.with, around);
        }
        self.steps(&job.steps, around);
    }

    pub fn steps(&mut self, steps: &[Step], around: &Around) {
        for step in steps {
            if !self.runs_code(step) {
                continue;
            }
            let around = around.in_step(step);
            let never = |condition| {
                // What steps before it set is only known when they are read.
                let any_env = Contexts { env: Vec::new(), ..around.contexts.clone() };
                any_env.condition(condition) == Some(false)
            };
            if !step.condition.is_some_and(never) {
                self.step(step, &around);
            }
        }
    }

    /// Whether a step runs anything that can be read.
    fn runs_code(&self, step: &Step) -> bool {
        let is_known = |uses: Field| {
            let name = uses.value.as_str().unwrap_or_default();
            is_local(name) || actions::is_known(self.config, name)
        };
        step.run.is_some() || step.uses.is_some_and(is_known)
    }

    /// Reads a step, which `around` is already that of.
    pub fn step(&mut self, step: &Step, around: &Around) {
        if let Some(run) = step.run
            && let Some(text) = run.value.text()
        {
            self.run(step, run, text, around);
        }
        let Some(uses) = step.uses else { return };
        match uses.value.as_str() {
            Some(name) if is_local(name) => {
                self.local_action(uses, step.with, around);
            }
            _ => self.known_action(step, uses, around),
        }
    }

    fn run(&mut self, step: &Step, run: Field, text: Text, around: &Around) {
        let settings = step.own.or(around.defaults);
        let folder = settings.folder.and_then(Node::text);
        let shell_text = settings.shell.and_then(Node::text);
        let shell = around.shell(shell_text.as_ref().map(Text::as_str));
        let template = shell_text.filter(|_| shell.is_command);
        let template = template.map(|template| (template, around.place.clone()));
        let place = shell.remote.map_or_else(|| around.place.clone(), Place::Remote);
        let hop = Hop { step: "run".to_owned(), location: Some(run.key.location()) };
        let script = around.script(text, shell.language, place, hop);
        self.push(Script { folder, template, ..script });
    }

    /// Keeps a script, and says so where none of its text is known.
    pub fn push(&mut self, script: Script) {
        let text = script.text.as_str().trim();
        let is_whole = |e: &crate::source::Expression| e.range == (0..text.len());
        let only = expression_at(text, 0).filter(is_whole);
        if let Some(only) = only
            && script.contexts.possible(text).others
            && let Some(location) = script.text.location()
        {
            let kind = ProblemKind::OnlyExpression(format!("${{{{ {} }}}}", only.inner));
            self.reader.problems.push(Problem { kind, location });
        }
        self.scripts.push(script);
    }
}

impl Around<'_> {
    /// With what a step adds.
    pub fn in_step(&self, step: &Step) -> Self {
        let mut around = self.clone();
        around.origin = Arc::new(Origin {
            step: Some(step.name.clone()),
            id: step.id.map(str::to_owned),
            condition: step.condition.map(str::to_owned),
            ..Origin::clone(&self.origin)
        });
        add_variables(&mut around.env, step.env);
        around.contexts = expressions::in_step(&self.contexts, step.env);
        around
    }

    /// The shell that is named, or else the runner's own.
    pub fn shell(&self, named: Option<&str>) -> Shell {
        match named {
            None if self.is_windows => Shell::parse("pwsh"),
            named => Shell::parse(named.unwrap_or_default()),
        }
    }

    /// A script of the step that this is around, which `hop` leads to.
    pub fn script(&self, text: Text, language: Language, place: Place, hop: Hop) -> Script {
        let mut via = self.via.clone();
        via.push(hop);
        Script {
            text,
            language,
            place,
            via,
            env: self.env.clone(),
            folder: None,
            passed: None,
            contexts: self.contexts.clone(),
            origin: Arc::clone(&self.origin),
            services: self.services.clone(),
            template: None,
            gives: None,
        }
    }
}

/// Whether `uses:` names an action of the repository itself.
fn is_local(uses: &str) -> bool {
    uses.trim_start().starts_with("./")
}

pub(super) fn add_variables(env: &mut Arc<Variables>, node: Option<Node>) {
    for (key, value) in node.into_iter().flat_map(Node::entries) {
        if let (Some(name), Some(text)) = (key.as_str(), value.text()) {
            Arc::make_mut(env).insert(name.to_owned(), text);
        }
    }
}
