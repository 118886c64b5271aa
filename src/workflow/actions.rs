//! The actions of which an input is code: those of the configuration, then those of
//! `rules/actions.yml`.

use crate::config::{Action, Config, matches_name};
use serde::Deserialize;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::LazyLock,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    actions: Vec<Action>,
}

/// The entries of `rules/actions.yml`.
struct BuiltIn {
    actions: Vec<Action>,
    /// The first entry of each action, by its name in lower case.
    by_name: HashMap<String, usize>,
    /// The first entries of those whose names are patterns.
    patterns: Vec<Pattern>,
}

/// An entry whose name is a pattern.
struct Pattern {
    position: usize,
    /// What stands before its first star.
    head: String,
    /// What stands after its last one.
    tail: String,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let mut actions = built_in();
    let (mut by_name, mut patterns) = (HashMap::new(), Vec::new());
    for (position, action) in actions.iter_mut().enumerate() {
        action.uses.make_ascii_lowercase();
        if let Entry::Vacant(first) = by_name.entry(action.uses.clone()) {
            first.insert(position);
            let ends = action.uses.split_once('*').zip(action.uses.rsplit_once('*'));
            patterns.extend(ends.map(|((head, _), (_, tail))| Pattern {
                position,
                head: head.to_owned(),
                tail: tail.to_owned(),
            }));
        }
    }
    BuiltIn { actions, by_name, patterns }
});

/// The entries of `rules/actions.yml`, as they stand there.
pub(super) fn built_in() -> Vec<Action> {
    // A test reads the table, so that it cannot fail for a user.
    let table = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/actions.json")));
    table.map(|table: Table| table.actions).unwrap_or_default()
}

/// The entries for what stands in `uses:`; several if an action runs several things.
pub(super) fn find<'c>(config: &'c Config, uses: &str) -> Vec<&'c Action> {
    let Some(first) = first(config, uses) else { return Vec::new() };
    let is_same = |action: &&Action| action.uses.eq_ignore_ascii_case(&first.uses);
    config.actions.iter().chain(&BUILT_IN.actions).filter(is_same).collect()
}

/// Whether there is an entry for what stands in `uses:`.
pub(super) fn is_known(config: &Config, uses: &str) -> bool {
    first(config, uses).is_some()
}

fn first<'c>(config: &'c Config, uses: &str) -> Option<&'c Action> {
    let name = name_of(uses).to_ascii_lowercase();
    let configured =
        config.actions.iter().find(|action| matches_name(&action.uses.to_ascii_lowercase(), &name));
    let BuiltIn { actions, by_name, patterns } = &*BUILT_IN;
    configured.or_else(|| {
        let pattern = patterns.iter().find(|pattern| {
            let can_match = name.starts_with(&pattern.head) && name.ends_with(&pattern.tail);
            can_match && matches_name(&actions[pattern.position].uses, &name)
        });
        let pattern = pattern.map(|pattern| &pattern.position);
        let first = by_name.get(&name).into_iter().chain(pattern).min();
        first.map(|at| &actions[*at])
    })
}

/// What stands in `uses:`, without its version, and as if it came from the forge's own home:
/// `https://github.com/appleboy/ssh-action@v1` is `appleboy/ssh-action`.
pub(super) fn name_of(uses: &str) -> &str {
    let uses = uses.trim();
    let elsewhere = ["https://", "http://"].iter().find_map(|scheme| uses.strip_prefix(scheme));
    let name = match elsewhere {
        Some(address) => address.split_once('/').map_or(address, |(_, path)| path),
        None => uses,
    };
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    name.trim_end_matches(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_by_any_of_its_addresses() {
        let config = Config::default();
        for uses in [
            "appleboy/ssh-action@v1",
            "appleboy/ssh-action@823bd89e131d8d508129f9443cad5855e9ba96f0",
            "Appleboy/SSH-Action@master",
            "https://github.com/appleboy/ssh-action@v1",
            "https://gitea.com/appleboy/ssh-action@v1.0.3",
            "docker://alpine/ssh:latest",
            "D3rHase/ssh-command-action@v0.2.2",
        ] {
            assert!(!find(&config, uses).is_empty(), "{uses}");
        }
        for uses in ["actions/cache@v4", "actions/checkout@v4", ""] {
            assert!(find(&config, uses).is_empty(), "{uses}");
        }
    }
}
