//! `tagout.yml`. In comes a file, out goes a checked [`Config`]: whose things are whose (the
//! inventory), what to measure (probes and checklists), and how deploys are guarded. Everything
//! that can be wrong in it is found here, with file, line and column, and before anything runs.

mod action;
mod condition;
mod env_text;
mod fleet;
mod inventory;
mod load;
mod probe;
mod rollback;
mod rule;
mod selector;
mod suggest;
mod triage;

pub use action::{Action, Example, NestedInputs, RemoteInputs};
pub use condition::{BEFORE, Condition, NOW, Names, SAMPLES, size_named};
pub use env_text::EnvText;
pub use fleet::{Deploys, FleetScope};
pub use inventory::{App, Environment, Inventory, Neighbours, Owner, Thing, matches_name};
pub use load::{
    ConfigError, FILE_NAME, find, folder_of, load, load_inventory, parse, parse_inventory, span_of,
};
pub use probe::{
    BuiltIn, Command, Description, Dns, Entry, Env, File, Host, Http, Kind, Log, LogSource,
    Manager, Manual, Metrics, Named, Pattern, PlacedCondition, Probe, Process, RecordType, Redis,
    Sample, Since, Sql, StartTls, Step, Tcp, Timing, Tls, TlsOptions, Verify,
};
pub use rollback::Rollback;
pub use rule::{WrittenExample, WrittenRule};
pub use selector::Selector;
pub use suggest::{did_you_mean, listed};
pub use triage::{DOWN, Triage};

use indexmap::IndexMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A whole `tagout.yml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The version of this format: 1.
    pub version: u32,
    /// Whose processes, paths and workflows are whose, by app.
    #[serde(default)]
    pub inventory: Inventory,
    /// What runs on the host and belongs to nobody in the inventory.
    #[serde(default)]
    pub neighbours: Neighbours,
    /// Units, containers and PM2 processes that serve everybody: nobody's deploy stops them.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Where the jobs of a `runs-on` label run.
    #[serde(default)]
    pub runners: IndexMap<String, RunnerPlace>,
    /// Actions of which an input is code; they win over those that tagout knows.
    #[serde(default, deserialize_with = "action::actions")]
    pub actions: Vec<Action>,
    /// Rules of the team's own, asked before those that tagout has.
    #[serde(default)]
    pub rules: Vec<WrittenRule>,
    /// How a deploy that does not stand is undone.
    #[serde(default)]
    pub rollback: Rollback,
    /// The scale of severities, the worst first.
    #[serde(default = "default_severities")]
    pub severities: Vec<String>,
    /// Measurements and what must hold of them, by name.
    #[serde(skip)]
    pub probes: IndexMap<String, Probe>,
    /// What to check, by name and in order.
    #[serde(skip)]
    pub checklists: IndexMap<String, Vec<Entry>>,
    #[serde(default, rename = "probes")]
    raw_probes: probe::RawProbes,
    #[serde(default, rename = "checklists")]
    raw_checklists: probe::RawChecklists,
    /// How bad a checklist's outcome is as a whole; the first that holds decides.
    #[serde(skip)]
    pub triage: Vec<Triage>,
    #[serde(default, rename = "triage")]
    raw_triage: Vec<triage::RawTriage>,
    /// Where hosts keep what they share: `file:`, `postgres:` or `s3:`.
    #[serde(default)]
    pub store: Option<EnvText>,
    /// How many may deploy at a time, of all hosts that share the store.
    #[serde(skip)]
    pub deploys: Option<Deploys>,
    #[serde(default, rename = "deploys")]
    raw_deploys: fleet::RawDeploys,
    /// Where this was read from.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

/// What stands behind a `runs-on` label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunnerPlace {
    /// A machine that is thrown away after the job.
    Ephemeral,
    /// A machine that others share.
    Host,
}

fn default_severities() -> Vec<String> {
    ["P1", "P2", "P3", "P4"].map(str::to_owned).to_vec()
}

impl Config {
    /// The folder that its relative paths start from.
    pub fn folder(&self) -> &Path {
        self.path.as_deref().map_or(Path::new("."), folder_of)
    }
}
