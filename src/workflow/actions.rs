//! The actions of which an input is code: those of the configuration, then those of
//! `rules/actions.yml`.

use crate::config::{Action, Config, matches_name};
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    actions: Vec<Action>,
}

// A test reads the table, so that it cannot fail for a user.
static BUILT_IN: LazyLock<Vec<Action>> =
    LazyLock::new(|| parse(include_str!("../../rules/actions.yml")).unwrap_or_default());

fn parse(text: &str) -> Result<Vec<Action>, serde_saphyr::Error> {
    serde_saphyr::from_str(text).map(|table: Table| table.actions)
}

/// The entries for what stands in `uses:`; several if an action runs several things.
pub(super) fn find<'c>(config: &'c Config, uses: &str) -> Vec<&'c Action> {
    let name = name_of(uses).to_ascii_lowercase();
    let known = || config.actions.iter().chain(BUILT_IN.iter());
    let fits = |action: &&Action| matches_name(&action.uses.to_ascii_lowercase(), &name);
    let Some(first) = known().find(fits) else { return Vec::new() };
    known().filter(|action| action.uses == first.uses).collect()
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
pub(super) fn built_in() -> Vec<Action> {
    parse(include_str!("../../rules/actions.yml")).unwrap()
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
        for uses in ["appleboy/scp-action@v1", "actions/checkout@v4", ""] {
            assert!(find(&config, uses).is_empty(), "{uses}");
        }
    }
}
