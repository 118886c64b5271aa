use super::{Config, ConfigError, load::Located};
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::num::NonZeroU32;

/// How many may deploy at a time, of all hosts that share a store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploys {
    #[serde(default = "one")]
    pub limit: NonZeroU32,
    #[serde(default)]
    pub scope: FleetScope,
}

/// Of what only so many are deployed at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FleetScope {
    /// Of one app, on whatever host and in whatever environment.
    #[default]
    App,
    /// Of one environment of an app.
    Environment,
    /// Of anything.
    All,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

pub(super) type RawDeploys = Option<Spanned<Deploys>>;

/// A limit that nobody could keep is none.
pub(super) fn settle(
    raw: &RawDeploys,
    config: &Config,
    file: Located<'_>,
) -> Result<Option<Deploys>, ConfigError> {
    match raw {
        Some(deploys) if config.store.is_none() => {
            let message = "`deploys` limits what hosts do that share a `store`, and there is none";
            Err(file.error(message.to_owned(), &deploys.referenced))
        }
        deploys => Ok(deploys.as_ref().map(|deploys| deploys.value.clone())),
    }
}
