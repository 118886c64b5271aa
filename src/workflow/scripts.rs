use super::{
    Forge,
    actions::{Action, Actions},
    expressions,
    model::{Field, Job, Step, Workflow},
    place,
    shell::Shell,
};
use crate::{
    config::Config,
    source::{
        Hop, Language, Origin, Place, Script, SourceFile, Text, expression::Contexts, yaml::Node,
    },
};
use indexmap::IndexMap;
use std::sync::Arc;

/// Adds the scripts of a workflow, in order.
pub(super) fn collect(
    workflow: &Workflow,
    file: &Arc<SourceFile>,
    config: &Config,
    scripts: &mut Vec<Script>,
) {
    let forge = Forge::of(file.path());
    let inputs = expressions::declared(workflow.inputs.iter().copied());
    let contexts = expressions::of_workflow(workflow.env, inputs);
    for job in &workflow.jobs {
        let mut env = IndexMap::new();
        add_variables(&mut env, workflow.env);
        add_variables(&mut env, job.env);
        let place = place::of_job(job, forge, config);
        let contexts = expressions::in_job(&contexts, job.env, job.matrix);
        let around = Around { workflow, job, env, place, contexts };
        for step in &job.steps {
            around.step(step, scripts);
        }
    }
}

fn add_variables(env: &mut Variables, node: Option<Node>) {
    for (key, value) in node.into_iter().flat_map(Node::entries) {
        if let (Some(name), Some(text)) = (key.as_str(), value.text()) {
            env.insert(name.to_owned(), text);
        }
    }
}

type Variables = IndexMap<String, Text>;

/// What a step finds around it.
struct Around<'a> {
    workflow: &'a Workflow<'a>,
    job: &'a Job<'a>,
    env: Variables,
    place: Place,
    contexts: Contexts,
}

impl Around<'_> {
    fn step(&self, step: &Step, scripts: &mut Vec<Script>) {
        if let Some(run) = step.run
            && let Some(text) = run.value.text()
        {
            self.run(step, run, text, scripts);
        }
        // An unreadable table is found by its own test, before it is built in.
        if let (Some(uses), Ok(actions)) = (step.uses, Actions::built_in())
            && let Some(action) = actions.find(uses)
        {
            self.action(step, action, scripts);
        }
    }

    fn run(&self, step: &Step, run: Field, text: Text, scripts: &mut Vec<Script>) {
        let settings = step.own.or(self.job.defaults).or(self.workflow.defaults);
        let folder = settings.folder.and_then(Node::text);
        let shell_text = settings.shell.and_then(Node::text);
        let shell = self.shell(shell_text.as_ref().map(Text::as_str));
        if let Some(template) = shell_text.filter(|_| shell.is_command) {
            let hop = Hop { step: "shell".to_owned(), location: template.location() };
            let place = self.place.clone();
            scripts.push(Script {
                folder: folder.clone(),
                ..self.script(step, template, Language::Shell, place, hop)
            });
        }
        let place = shell.remote.map_or_else(|| self.place.clone(), Place::Remote);
        let hop = Hop { step: "run".to_owned(), location: Some(run.key.location()) };
        scripts.push(Script { folder, ..self.script(step, text, shell.language, place, hop) });
    }

    /// The shell that is named, or else the runner's own.
    fn shell(&self, named: Option<&str>) -> Shell {
        match named {
            None if place::is_windows(self.job) => Shell::parse("pwsh"),
            named => Shell::parse(named.unwrap_or_default()),
        }
    }

    fn action(&self, step: &Step, action: &Action, scripts: &mut Vec<Script>) {
        let inputs = Inputs { step, action };
        let place = match &action.remote {
            Some(remote) => Place::Remote(
                inputs.machine(&remote.user, &remote.host).unwrap_or_else(|| action.uses.clone()),
            ),
            None => self.place.clone(),
        };
        for name in &action.inputs {
            let Some(input) = inputs.get(name) else { continue };
            let Some(written) = input.value.text() else { continue };
            let mut text = Text::default();
            if let Some(command) = &action.command {
                text.push_made_up(&format!("{command} "), written.location().as_ref());
            }
            text.push(&written);
            let language = match action.shell.as_ref().and_then(|shell| inputs.get(shell)) {
                Some(shell) => self.shell(shell.value.as_str()).language,
                None if action.shell.is_some() => self.shell(None).language,
                None => action.language,
            };
            let hop = Hop {
                step: format!("{} {name}", action.uses),
                location: Some(input.key.location()),
            };
            let mut script = self.script(step, text, language, place.clone(), hop);
            if action.remote.is_some() {
                let passed = action.passes_env.as_ref().and_then(|input| inputs.get(input));
                keep_passed(&mut script, passed.and_then(|input| input.value.as_str()));
            }
            scripts.push(script);
        }
    }

    fn script(
        &self,
        step: &Step,
        text: Text,
        language: Language,
        place: Place,
        hop: Hop,
    ) -> Script {
        let mut env = self.env.clone();
        add_variables(&mut env, step.env);
        let origin = Origin {
            workflow: self.workflow.name.map(str::to_owned),
            job: self.job.id.map(str::to_owned),
            step: Some(step.name.clone()),
        };
        let contexts = expressions::in_step(&self.contexts, step.env);
        let services = self.job.services.into_iter().flat_map(Node::entries);
        let services = services.filter_map(|(name, _)| name.as_str().map(str::to_owned)).collect();
        Script {
            text,
            language,
            place,
            via: vec![hop],
            env,
            folder: None,
            passed: None,
            contexts,
            origin,
            services,
        }
    }
}

/// A remote machine has only those of the job's variables that are listed for it.
fn keep_passed(script: &mut Script, list: Option<&str>) {
    let names = list.unwrap_or_default().split([',', ' ', '\n']).map(str::trim);
    let passed: Vec<String> = names.map(str::to_owned).collect();
    script.env.retain(|name, _| passed.contains(name));
    script.passed = Some(passed);
}

/// The inputs of a step that uses an action. Their names have no case.
struct Inputs<'a> {
    step: &'a Step<'a>,
    action: &'a Action,
}

impl<'a> Inputs<'a> {
    fn get(&self, name: &str) -> Option<Field<'a>> {
        let find = |node: Node<'a>| node.entry(|key| key.eq_ignore_ascii_case(name));
        let given = self.step.with.and_then(find);
        let or_env = || self.step.env.filter(|_| self.action.or_env).and_then(find);
        given.or_else(or_env).map(|(key, value)| Field { key, value })
    }

    /// `user@host`, or the host as it is written where one of the two is not known.
    fn machine(&self, user: &str, host: &str) -> Option<String> {
        let value = |name| self.get(name).and_then(|field| field.value.as_str()).map(str::trim);
        let host = value(host).filter(|host| !host.is_empty())?;
        let is_known = |text: &str| !text.is_empty() && !text.contains("${{");
        Some(match value(user) {
            Some(user) if is_known(user) && is_known(host) => format!("{user}@{host}"),
            _ => host.to_owned(),
        })
    }
}
