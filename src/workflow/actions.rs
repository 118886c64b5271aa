use crate::{config::matches_name, source::Language};
use indexmap::IndexMap;
use serde::Deserialize;
use std::sync::LazyLock;
use thiserror::Error;

/// The actions of which an input is code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    actions: Vec<Action>,
}

/// One entry of `rules/actions.yml`, which says what each field means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub uses: String,
    pub inputs: Vec<String>,
    #[serde(default = "shell")]
    pub language: Language,
    #[serde(default)]
    pub remote: Option<RemoteInputs>,
    #[serde(default)]
    pub passes_env: Option<String>,
    #[serde(default)]
    pub or_env: bool,
    #[serde(default)]
    pub shell: Option<String>,
    #[serde(default)]
    pub command: Option<String>,
    pub example: Example,
}

/// The inputs that name a remote machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteInputs {
    pub host: String,
    pub user: String,
}

/// A use of the action in a job on `ubuntu-latest`, and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub with: IndexMap<String, String>,
    pub code: String,
    pub place: String,
}

/// `actions.yml` is not as it should be.
#[derive(Debug, Error)]
#[error("the table of actions cannot be read: {0}")]
pub struct ActionsError(String);

fn shell() -> Language {
    Language::Shell
}

static BUILT_IN: LazyLock<Result<Actions, ActionsError>> =
    LazyLock::new(|| Actions::parse(include_str!("../../rules/actions.yml")));

impl Actions {
    /// The table that comes with tagout, read on first use.
    pub fn built_in() -> Result<&'static Self, &'static ActionsError> {
        BUILT_IN.as_ref()
    }

    pub fn parse(text: &str) -> Result<Self, ActionsError> {
        serde_saphyr::from_str(text).map_err(|error| ActionsError(error.to_string()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter()
    }

    /// The entry for what stands in `uses:`.
    pub fn find(&self, uses: &str) -> Option<&Action> {
        let name = normal_name(uses);
        self.iter().find(|action| matches_name(&action.uses, &name))
    }
}

/// What stands in `uses:`, without its version, and as if it came from the forge's own home:
/// `https://github.com/appleboy/ssh-action@v1` is `appleboy/ssh-action`.
fn normal_name(uses: &str) -> String {
    let uses = uses.trim();
    let local = ["https://", "http://"].iter().find_map(|scheme| uses.strip_prefix(scheme));
    let name = match local {
        Some(address) => address.split_once('/').map_or(address, |(_, path)| path),
        None => uses,
    };
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    name.trim_end_matches(".git").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_comes_with_tagout_can_be_read() {
        assert!(Actions::built_in().unwrap().iter().count() > 5);
    }

    #[test]
    fn an_action_is_found_by_any_of_its_addresses() {
        let actions = Actions::built_in().unwrap();
        for uses in [
            "appleboy/ssh-action@v1",
            "appleboy/ssh-action@823bd89e131d8d508129f9443cad5855e9ba96f0",
            "Appleboy/SSH-Action@master",
            "https://github.com/appleboy/ssh-action@v1",
            "https://gitea.com/appleboy/ssh-action@v1.0.3",
            "docker://alpine/ssh:latest",
        ] {
            assert!(actions.find(uses).is_some(), "{uses}");
        }
        for uses in ["appleboy/scp-action@v1", "./ssh-action", "actions/checkout@v4", ""] {
            assert!(actions.find(uses).is_none(), "{uses}");
        }
    }

    #[test]
    fn a_misspelt_field_of_the_table_is_told() {
        let error = Actions::parse("actions:\n  - uses: a/b\n    input: [x]\n").unwrap_err();
        assert!(error.to_string().contains("input"), "{error}");
    }
}
