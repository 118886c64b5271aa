//! The actions of which an input is code: those of the configuration, then those of
//! `rules/actions.yml`.

use crate::config::{Action, Config, matches_name};
use aho_corasick::AhoCorasick;
use foldhash::HashMap;
use serde::Deserialize;
use std::{collections::hash_map::Entry, sync::LazyLock};

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
    patterns: Vec<usize>,
    /// The longest part of each of these, without which no name fits it.
    parts: Option<AhoCorasick>,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let mut actions = built_in();
    let (mut by_name, mut patterns, mut parts) = (HashMap::default(), Vec::new(), Vec::new());
    for (position, action) in actions.iter_mut().enumerate() {
        action.uses.make_ascii_lowercase();
        if let Entry::Vacant(first) = by_name.entry(action.uses.clone()) {
            first.insert(position);
            if action.uses.contains('*') {
                patterns.push(position);
                parts.extend(
                    action.uses.split('*').max_by_key(|part| part.len()).map(str::to_owned),
                );
            }
        }
    }
    let parts = AhoCorasick::new(parts).ok();
    BuiltIn { actions, by_name, patterns, parts }
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
    let BuiltIn { actions, by_name, patterns, parts } = &*BUILT_IN;
    configured.or_else(|| {
        let found = parts.iter().flat_map(|parts| parts.find_overlapping_iter(&name));
        let fitting = found
            .map(|part| &patterns[part.pattern().as_usize()])
            .filter(|position| matches_name(&actions[**position].uses, &name));
        let first = by_name.get(&name).into_iter().chain(fitting).min();
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
    name.strip_suffix(".git").unwrap_or(name)
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
