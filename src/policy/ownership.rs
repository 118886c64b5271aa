use crate::{
    config::{Config, Owner, matches_name},
    effect::Effect,
    program::Verb,
};
use std::path::Path;

/// The first process that an effect names and that belongs to somebody else than `workflow`
/// deploys, with whose it is.
pub fn foreign(config: &Config, workflow: &Path, effect: &Effect) -> Option<(String, String)> {
    let touches = matches!(effect.verb, Verb::Destroy | Verb::Stop | Verb::Restart | Verb::Signal);
    if effect.resource != "pm2-process" || !touches {
        return None;
    }
    let file = workflow.file_name()?.to_str()?;
    let own: Vec<(&str, &str)> = config
        .environments()
        .filter(|(_, _, env)| env.workflows.iter().any(|pattern| matches_name(pattern, file)))
        .map(|(app, name, _)| (app, name))
        .collect();
    if own.is_empty() {
        return None;
    }
    effect.targets.iter().flat_map(|target| names_behind(config, target)).find_map(|name| {
        match config.owner_of_pm2(&name) {
            Owner::Ours { app, environment } if own.contains(&(app, environment)) => None,
            Owner::Ours { app, environment } => Some((name, format!("{app} {environment}"))),
            Owner::Neighbour => Some((name, "a neighbour".to_owned())),
            Owner::Unknown => None,
        }
    })
}

/// The names of the inventory that a target stands for: itself, or what its pattern matches.
fn names_behind(config: &Config, target: &str) -> Vec<String> {
    if !target.contains('*') {
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
