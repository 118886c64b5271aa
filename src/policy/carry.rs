use crate::{
    script::{Exports, Files},
    source::{
        Gives, Script,
        expression::{Contexts, Setting, Settings},
    },
};
use std::sync::Arc;

/// What the steps of a workflow leave to the steps and jobs after them.
#[derive(Default)]
pub(super) struct Carried {
    /// The job that is being read.
    job: Option<String>,
    /// What is known at its end, so far, if it leaves anything to later jobs.
    contexts: Option<Contexts>,
    /// Whether the script that is being read runs, if every run of the job decides it alike.
    runs: Option<bool>,
    variables: Arc<Settings>,
    outputs: Arc<Settings>,
    /// What the steps before it wrote.
    files: Files,
    /// Outputs of the jobs before it.
    needs: Arc<Settings>,
}

impl Carried {
    pub fn is_of_another_job(&self, script: &Script) -> bool {
        self.job != script.origin.job
    }

    /// Whether the job leaves anything to the jobs after it.
    pub fn has_results(&self) -> bool {
        self.contexts.is_some()
    }

    /// Goes over a script of the job.
    pub fn pass(&mut self, script: &Script) {
        if self.job != script.origin.job {
            self.job.clone_from(&script.origin.job);
        }
        if !script.contexts.results.is_empty() {
            self.contexts = Some(script.contexts.clone());
        }
    }

    /// Tells a script what those before it left; false if by that it never runs.
    pub fn give(&mut self, script: &mut Script) -> bool {
        script.contexts.exported = Arc::clone(&self.variables);
        script.contexts.outputs = Arc::clone(&self.outputs);
        script.contexts.needs = Arc::clone(&self.needs);
        self.runs = match &script.origin.condition {
            Some(condition) => script.contexts.condition(condition),
            None => Some(true),
        };
        self.runs != Some(false)
    }

    /// Takes what a script leaves.
    pub fn take(&mut self, script: &Script, exports: Exports) {
        let may_be_skipped = self.runs != Some(true);
        self.files = exports.files;
        for (name, mut setting) in exports.variables {
            setting.may_be_unset |= may_be_skipped;
            leave(&mut self.variables, name, setting);
        }
        if let Some(id) = &script.origin.id {
            for (name, mut setting) in exports.outputs {
                setting.may_be_unset |= may_be_skipped;
                leave(&mut self.outputs, format!("{}.{name}", id.to_lowercase()), setting);
            }
        }
    }

    /// The files that the steps before it wrote.
    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn end_job(&mut self) {
        self.files = Files::default();
        let (variables, outputs) =
            (std::mem::take(&mut self.variables), std::mem::take(&mut self.outputs));
        let (Some(mut contexts), Some(job)) = (self.contexts.take(), self.job.take()) else {
            return;
        };
        // The last step's own variables are not the job's.
        if let Some(own) = contexts.env.last_mut() {
            *own = Arc::default();
        }
        contexts.exported = variables;
        contexts.outputs = outputs;
        contexts.needs = Arc::clone(&self.needs);
        let job = own_name(&job);
        for (name, setting) in contexts.results.iter() {
            let resolved = resolved(setting, &contexts);
            leave(&mut self.needs, format!("{job}.{}", name.to_lowercase()), resolved);
        }
    }

    /// Keeps what an action or a called workflow gives at its end.
    pub fn end_of(&mut self, script: &Script, gives: &Gives) {
        let contexts = Contexts {
            exported: Arc::clone(&self.variables),
            outputs: Arc::clone(&self.outputs),
            needs: Arc::clone(&self.needs),
            ..script.contexts.clone()
        };
        let (outputs, kept, id) = match gives {
            Gives::Step(outputs) => (outputs, &mut self.outputs, script.origin.id.as_deref()),
            Gives::Job(outputs) => (outputs, &mut self.needs, script.origin.job.as_deref()),
        };
        let Some(id) = id.map(own_name) else { return };
        for (name, setting) in outputs.iter() {
            let resolved = resolved(setting, &contexts);
            leave(kept, format!("{id}.{}", name.to_lowercase()), resolved);
        }
    }
}

/// What a setting can come to there.
fn resolved(setting: &Setting, contexts: &Contexts) -> Setting {
    let mut resolved = Setting { location: setting.location.clone(), ..Setting::default() };
    for value in &setting.possible.values {
        let possible = contexts.possible_value(value);
        resolved.possible.others |= possible.others;
        possible.values.into_iter().for_each(|value| resolved.possible.add(value));
    }
    resolved
}

/// A job of a called workflow is known there by its own name.
fn own_name(job: &str) -> String {
    job.rsplit(" / ").next().unwrap_or(job).to_lowercase()
}

/// Sets something. Where that is not certain, it can still be what it was.
fn leave(settings: &mut Arc<Settings>, name: String, mut setting: Setting) {
    let settings = Arc::make_mut(settings);
    if let Some(before) = settings.get(&name).filter(|_| setting.may_be_unset) {
        before.possible.values.iter().for_each(|value| setting.possible.add(value.clone()));
        setting.possible.others |= before.possible.others;
        setting.may_be_unset = before.may_be_unset;
    }
    settings.insert(name, setting);
}
