use super::{
    Language, Location, Text,
    expression::{Contexts, Settings},
};
use indexmap::IndexMap;
use serde::Serialize;
use std::sync::Arc;

/// Code that a workflow can run, with the place where it would run.
#[derive(Clone, Debug)]
pub struct Script {
    pub text: Text,
    pub language: Language,
    pub place: Place,
    /// The steps that lead here, outermost first.
    pub via: Vec<Hop>,
    /// Variables that are set around it (workflow, job and step `env:`), unresolved.
    pub env: Arc<IndexMap<String, Text>>,
    /// The folder that it starts in, unresolved; None for the default one.
    pub folder: Option<Text>,
    /// The variables of the job that it is given; None for all.
    pub passed: Option<Vec<String>>,
    /// What the names in its `${{ }}` mean; [`Script::alternatives`] fills them in.
    pub contexts: Contexts,
    pub origin: Arc<Origin>,
    /// Under which names the service containers of its job are reached.
    pub services: Vec<String>,
    /// The command of the `shell:` that it is given to, and where that runs; in it, `{0}` is the file
    /// of the script. Where what that command does with it is not known, the script runs as the rest
    /// of this says.
    pub template: Option<(Text, Place)>,
    /// It is no code but the end of something that gives outputs, by their names.
    pub gives: Option<Gives>,
}

/// Whose outputs are given at the end of an action or a called workflow.
#[derive(Clone, Debug)]
pub enum Gives {
    /// The step's that uses the action.
    Step(Arc<Settings>),
    /// The job's that calls the workflow.
    Job(Arc<Settings>),
}

impl Script {
    /// Code with nothing around it, on a host that others share.
    pub fn alone(text: Text, language: Language) -> Self {
        Self {
            text,
            language,
            place: Place::Host("where it is run".to_owned()),
            via: Vec::new(),
            env: Arc::default(),
            folder: None,
            passed: None,
            contexts: Contexts::default(),
            origin: Arc::default(),
            services: Vec::new(),
            template: None,
            gives: None,
        }
    }
}

/// The workflow, job and step that a script belongs to; empty for a script that is linted by its
/// own path.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub workflow: Option<String>,
    pub job: Option<String>,
    /// What the workflow says about the job.
    pub terms: Option<Arc<JobTerms>>,
    /// The step's name, or its position in the job.
    pub step: Option<String>,
    /// The step's `id`, by which later ones know it.
    pub id: Option<String>,
    /// The step's `if:`.
    pub condition: Option<String>,
}

/// On which terms a job runs: what a workflow says about it beside what it does.
#[derive(Clone, Debug)]
pub struct JobTerms {
    /// Its name, where it stands.
    pub location: Location,
    /// Whether it is in a concurrency group, or all of the workflow is.
    pub is_serialised: bool,
    /// Its environment, which may be protected.
    pub environment: Option<String>,
    /// The input that must be typed for it to run at all.
    pub confirmed_by: Option<String>,
    /// Whether nothing but a person starts the workflow.
    pub is_manual: bool,
    /// Names and actions of its steps, which may say that one of them verifies something.
    pub steps: Vec<String>,
}

/// Where a script's effects land.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "lowercase")]
pub enum Place {
    /// A machine or container that is thrown away after the job.
    Ephemeral(String),
    /// The runner's own machine, which others share.
    Host(String),
    /// A machine that is reached over the network, by the name the workflow gives it.
    Remote(String),
}

impl Place {
    /// A container that runs there already. What it holds is taken for a thing of its host: it
    /// outlives the deploy, others may depend on it, and its volumes are the host's.
    pub fn container(&self, name: &str) -> Self {
        let within = |place: &str| format!("{place}, container {name}");
        match self {
            Self::Ephemeral(place) => Self::Ephemeral(within(place)),
            Self::Host(place) => Self::Host(within(place)),
            Self::Remote(place) => Self::Remote(within(place)),
        }
    }
}

/// One step of the way from the workflow to a command.
#[derive(Clone, Debug)]
pub struct Hop {
    /// What happens there, in a few words: `ssh heredoc`, `sudo`, `bash -c`.
    pub step: String,
    pub location: Option<Location>,
}
