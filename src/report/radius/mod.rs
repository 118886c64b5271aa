//! The blast radius, for people: what each workflow and job may do to what others share. In come the
//! reaches of a reading, out goes one [`Radius`], which the formats lay out.

mod html;
mod picture;
mod text;

pub use html::html;
pub use text::{human, json, markdown};

use crate::{
    effect::{Effect, resource},
    policy::{Configs, LintReport, Reach, does},
    program::Scope,
    source::{Place, shown_path},
};
use serde::Serialize;
use std::path::Path;

/// Every workflow, those that reach furthest first.
#[derive(Debug, Serialize)]
pub struct Radius {
    pub version: u32,
    pub workflows: Vec<Workflow>,
    /// What was not read, and so is missing here.
    pub unread: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Workflow {
    pub path: String,
    /// The environments of the inventory that it deploys.
    pub environments: Vec<String>,
    pub jobs: Vec<Job>,
}

#[derive(Debug, Serialize)]
pub struct Job {
    /// Empty for a script that is in no job.
    pub name: String,
    pub reaches: Vec<Line>,
}

/// One thing that a job can do, and from where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub does: String,
    /// What it does that to, in words.
    pub what: String,
    /// Whether it does so whenever the command runs; else it depends on what reading cannot know.
    pub sure: bool,
    pub effect: Effect,
    pub place: Place,
    /// `deny`, `warn`, `note`, or `allow` for what no rule minds.
    pub verdict: &'static str,
    pub rule: Option<String>,
    pub path: Option<String>,
    pub line: Option<usize>,
    pub command: String,
}

impl Radius {
    pub fn of(report: &LintReport, configs: &Configs) -> Self {
        let mut workflows: Vec<Workflow> = Vec::new();
        for reach in &report.reaches {
            let path = shown_path(&reach.workflow);
            if workflows.last().is_none_or(|last| last.path != path) {
                let environments = environments(configs, &reach.workflow);
                workflows.push(Workflow { path, environments, jobs: Vec::new() });
            }
            // One was pushed if there was none.
            let Some(workflow) = workflows.last_mut() else { continue };
            let name = reach.job.clone().unwrap_or_default();
            let position = workflow.jobs.iter().position(|job| job.name == name);
            let position = position.unwrap_or_else(|| {
                workflow.jobs.push(Job { name, reaches: Vec::new() });
                workflow.jobs.len() - 1
            });
            let line = line(reach);
            let reaches = &mut workflow.jobs[position].reaches;
            if !reaches.contains(&line) {
                reaches.push(line);
            }
        }
        for job in workflows.iter_mut().flat_map(|workflow| &mut workflow.jobs) {
            job.reaches.sort_by_key(|line| std::cmp::Reverse(line.weight()));
        }
        workflows.sort_by_key(|workflow| {
            let weights = workflow.lines().map(Line::weight).max();
            (std::cmp::Reverse(weights), workflow.path.clone())
        });
        let unread = report.coverage.skipped.iter().map(|gap| {
            let line = gap.line.map_or(String::new(), |line| format!(":{line}"));
            format!("{}{line}: {}", shown_path(&gap.path), gap.reason)
        });
        Self { version: 1, workflows, unread: unread.collect() }
    }
}

impl Workflow {
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.jobs.iter().flat_map(|job| &job.reaches)
    }

    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl Line {
    /// The gravest first: by verdict, then by how many and how badly it hits.
    fn weight(&self) -> (u8, bool, Scope, crate::program::Verb) {
        let verdict = match self.verdict {
            "deny" => 3,
            "warn" => 2,
            "note" => 1,
            _ => 0,
        };
        (verdict, !self.is_ephemeral(), self.effect.scope, self.effect.verb)
    }

    /// Whether it hits a machine that is thrown away after the job.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.place, Place::Ephemeral(_))
    }

    /// Whether others are there to be hit: also from such a machine, by what goes beyond it, as a
    /// cloud's client does.
    pub fn hits_others(&self) -> bool {
        !self.is_ephemeral() || matches!(self.verdict, "deny" | "warn")
    }
}

fn line(reach: &Reach) -> Line {
    Line {
        does: does(reach.effect.verb).to_owned(),
        what: what(&reach.effect),
        sure: reach.is_sure(),
        effect: reach.effect.clone(),
        place: reach.place.clone(),
        verdict: match reach.level() {
            Some(crate::policy::Level::Deny) => "deny",
            Some(crate::policy::Level::Warn) => "warn",
            Some(crate::policy::Level::Note) => "note",
            None => "allow",
        },
        rule: reach.verdict.as_ref().map(|(_, rule)| rule.clone()),
        path: reach.location.as_ref().map(|location| location.shown_path()),
        line: reach.location.as_ref().map(|location| location.line()),
        command: reach.command.join(" "),
    }
}

/// What an effect hits, in words.
fn what(effect: &Effect) -> String {
    let kind = resource(&effect.resource);
    let names = || {
        let names: Vec<String> = effect.targets.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match effect.scope {
        // `the PM2 daemon` is one by itself.
        _ if kind.one.starts_with("the ") => kind.one.clone(),
        Scope::All => format!("every {} on the host", kind.one),
        Scope::Unfiltered => format!("{} of every app", kind.many),
        Scope::Pattern => format!("{} that match {}", kind.many, names()),
        Scope::Unknown => format!("a {} that reading does not tell ({})", kind.one, names()),
        Scope::Named | Scope::Shared if effect.targets.is_empty() => format!("a {}", kind.one),
        Scope::Named => format!("{} {}", kind.one, names()),
        Scope::Shared => format!("{} {}, which others use", kind.one, names()),
    }
}

fn environments(configs: &Configs, workflow: &Path) -> Vec<String> {
    let name = workflow.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let Some(policy) = configs.of(workflow) else { return Vec::new() };
    let own = policy.config.environments_of(&name);
    own.map(|(app, environment, _)| format!("{app}/{environment}")).collect()
}

/// Where it happens, in words.
fn place(place: &Place) -> String {
    match place {
        Place::Ephemeral(name) => format!("{name}, thrown away after the job"),
        Place::Host(name) => format!("the runner's host ({name})"),
        Place::Remote(name) => name.clone(),
    }
}
