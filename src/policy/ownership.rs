//! Whose things an effect touches, by the inventory. A workflow belongs to the environments that name
//! it, a deploy to those that it deploys; what belongs to another, or to a neighbour, it may not
//! touch, and what is its own it may.

use crate::{
    config::{Config, Owner, Thing, matches_name},
    effect::Effect,
    program::{Scope, Verb},
};
use std::path::Path;

/// What the inventory says of an effect.
#[derive(Debug, PartialEq, Eq)]
pub enum Ownership {
    /// All that it touches is the workflow's own.
    Own,
    /// It touches something of somebody else.
    Foreign { name: String, owner: String },
    /// It touches what serves everybody.
    Shared { name: String },
    /// The inventory does not say.
    Unknown,
}

/// The environments, as (app, environment), that the workflow of that path belongs to.
pub fn environments_of<'c>(config: &'c Config, workflow: &'c Path) -> Vec<(&'c str, &'c str)> {
    let file = workflow.file_name().and_then(|name| name.to_str());
    let environments = file.into_iter().flat_map(|file| config.environments_of(file));
    environments.map(|(app, name, _)| (app, name)).collect()
}

/// Whose things `effect` touches, seen from the environments that are one's own.
pub fn of(config: &Config, own: &[(&str, &str)], effect: &Effect) -> Ownership {
    let Some(kind) = kind_of(&effect.resource) else { return Ownership::Unknown };
    if !harms(kind, effect.verb) {
        return Ownership::Unknown;
    }
    let targets: Vec<&str> = effect.targets.iter().map(|target| bare(kind, target)).collect();
    if matches!(kind, Thing::Pm2 | Thing::Unit | Thing::Container) {
        let shared = |name: &str| config.shared.iter().any(|pattern| matches_name(pattern, name));
        if let Some(name) = targets.iter().find(|name| shared(name)) {
            return Ownership::Shared { name: (*name).to_owned() };
        }
    }
    if own.is_empty() {
        return Ownership::Unknown;
    }
    let names: Vec<String> =
        targets.iter().flat_map(|target| names_behind(config, kind, target)).collect();
    let is_told = effect.scope <= Scope::Shared && effect.scope != Scope::Unknown;
    let mut all_own = !names.is_empty() && is_told;
    for name in names {
        match config.owner_of(kind, &name) {
            Owner::Ours { app, environment } if own.contains(&(app, environment)) => {}
            Owner::Ours { app, environment } => {
                return Ownership::Foreign { name, owner: format!("{app} {environment}") };
            }
            Owner::Neighbour => {
                return Ownership::Foreign { name, owner: "a neighbour".to_owned() };
            }
            Owner::Unknown => all_own = false,
        }
    }
    if all_own { Ownership::Own } else { Ownership::Unknown }
}

fn kind_of(resource: &str) -> Option<Thing> {
    Some(match resource {
        "pm2-process" => Thing::Pm2,
        "systemd-unit" | "windows-service" => Thing::Unit,
        "container" | "container-stack" => Thing::Container,
        "path" | "moved-path" | "changed-path" | "app-folder" | "file" | "written-file"
        | "edited-file" | "mirror" => Thing::Path,
        "database" | "database-contents" | "database-schema" => Thing::Database,
        "kubernetes-namespace" => Thing::Namespace,
        "port" => Thing::Port,
        "redis-database" => Thing::Redis,
        _ => return None,
    })
}

/// Whether a verb is one that the owner of a thing would mind.
fn harms(kind: Thing, verb: Verb) -> bool {
    match verb {
        Verb::Destroy | Verb::Stop | Verb::Restart | Verb::Signal | Verb::Overwrite => true,
        Verb::Change => matches!(kind, Thing::Path | Thing::Database),
        Verb::Start | Verb::Reload | Verb::Reset => false,
    }
}

/// A name as the inventory writes it.
fn bare(kind: Thing, target: &str) -> &str {
    match kind {
        Thing::Unit => target.strip_suffix(".service").unwrap_or(target),
        Thing::Port => target.split('/').next().unwrap_or(target).trim_start_matches(':'),
        _ => target,
    }
}

/// The names of the inventory that a target stands for: itself, or what its pattern matches.
fn names_behind(config: &Config, kind: Thing, target: &str) -> Vec<String> {
    if kind != Thing::Pm2 || !target.contains('*') {
        return vec![target.to_owned()];
    }
    let declared = config.environments().flat_map(|(_, _, env)| &env.pm2);
    declared
        .chain(&config.neighbours.pm2)
        // A declared pattern stands for one name that it matches.
        .map(|name| name.replace('*', "x"))
        .filter(|name| matches_name(target, name))
        .collect()
}
