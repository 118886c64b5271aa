//! Which app a deploy deploys, and so whose processes it may change. All other processes are its
//! neighbours.

use super::ci::CiRun;
use crate::config::{Config, Owner, matches_name};
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

#[derive(Debug, Error, Diagnostic)]
#[error("{wanted} is not in the inventory")]
#[diagnostic(help("{known}"))]
pub struct UnknownTarget {
    wanted: String,
    known: String,
}

/// What is deployed: environments of the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// As (app, environment).
    environments: Vec<(String, String)>,
    pub known_by: KnownBy,
}

/// How the target was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KnownBy {
    /// `--app` names it.
    Name,
    /// The workflow that runs is in its list.
    Workflow(String),
    /// The inventory has no other.
    OnlyOne,
    /// Nothing says which: all that is in the inventory counts as the deploy's own.
    Nothing,
    /// There is no inventory: every process is a neighbour.
    NoInventory,
}

impl Target {
    /// The target that `--app` names, else that of the workflow that runs, else the only one.
    pub fn find(config: &Config, named: Option<&str>, ci: &CiRun) -> Result<Self, UnknownTarget> {
        if let Some(wanted) = named {
            return Self::named(config, wanted);
        }
        if let Some(workflow) = &ci.workflow {
            let environments = pick(config, |_, _, declared| {
                declared.workflows.iter().any(|pattern| matches_name(pattern, workflow))
            });
            if !environments.is_empty() {
                return Ok(Self { environments, known_by: KnownBy::Workflow(workflow.clone()) });
            }
        }
        let environments = pick(config, |_, _, _| true);
        let known_by = match environments.len() {
            0 => KnownBy::NoInventory,
            1 => KnownBy::OnlyOne,
            _ => KnownBy::Nothing,
        };
        Ok(Self { environments, known_by })
    }

    fn named(config: &Config, wanted: &str) -> Result<Self, UnknownTarget> {
        let (app, environment) = match wanted.split_once('/') {
            Some((app, environment)) => (app, Some(environment)),
            None => (wanted, None),
        };
        let environments = pick(config, |name, of_app, _| {
            name == app && environment.is_none_or(|environment| environment == of_app)
        });
        if environments.is_empty() {
            let known: Vec<String> = pick(config, |_, _, _| true)
                .iter()
                .map(|(app, env)| format!("{app}/{env}"))
                .collect();
            let known = match known.as_slice() {
                [] => "it is empty; declare the app under `inventory:` in tagout.yml".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            return Err(UnknownTarget { wanted: wanted.to_owned(), known });
        }
        Ok(Self { environments, known_by: KnownBy::Name })
    }

    /// Whether a process of `owner` is the deploy's own.
    pub fn owns(&self, owner: Owner<'_>) -> bool {
        match owner {
            Owner::Ours { app, environment } => self
                .environments
                .iter()
                .any(|own| (own.0.as_str(), own.1.as_str()) == (app, environment)),
            Owner::Neighbour | Owner::Unknown => false,
        }
    }

    /// Its environments, as (app, environment).
    pub fn environments(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environments.iter().map(|(app, environment)| (app.as_str(), environment.as_str()))
    }
}

/// `shop/production`, and how that is known where it is not obvious.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> =
            self.environments().map(|(app, environment)| format!("{app}/{environment}")).collect();
        let names = names.join(", ");
        match &self.known_by {
            KnownBy::Name | KnownBy::OnlyOne => f.write_str(&names),
            KnownBy::Workflow(workflow) => write!(f, "{names} (by the workflow {workflow})"),
            KnownBy::Nothing => write!(f, "one of {names} (`--app` would say which)"),
            KnownBy::NoInventory => f.write_str("an app that is in no inventory"),
        }
    }
}

fn pick(
    config: &Config,
    chosen: impl Fn(&str, &str, &crate::config::Environment) -> bool,
) -> Vec<(String, String)> {
    config
        .environments()
        .filter(|(app, environment, declared)| chosen(app, environment, declared))
        .map(|(app, environment, _)| (app.to_owned(), environment.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn shown(inventory: &str, named: Option<&str>, workflow: Option<&str>) -> String {
        let text = format!("version: 1\ninventory: {inventory}");
        let config = crate::config::parse(Path::new("tagout.yml"), &text).unwrap();
        let ci = CiRun { workflow: workflow.map(str::to_owned), ..CiRun::default() };
        match Target::find(&config, named, &ci) {
            Ok(target) => target.to_string(),
            Err(error) => format!("{error}: {}", error.known),
        }
    }

    #[test]
    fn the_target_is_named_or_told_by_the_workflow_or_the_only_one() {
        let one = "{shop: {environments: {production: {pm2: [web]}}}}";
        let two = "{shop: {environments: {production: {workflows: [deploy-*.yml]}, test: {}}}}";
        for (inventory, named, workflow, expected) in [
            (one, None, None, "shop/production"),
            (one, None, Some("x.yml"), "shop/production"),
            (two, Some("shop"), None, "shop/production, shop/test"),
            (two, Some("shop/test"), Some("deploy-a.yml"), "shop/test"),
            (two, None, Some("deploy-a.yml"), "shop/production (by the workflow deploy-a.yml)"),
            (
                two,
                None,
                Some("x.yml"),
                "one of shop/production, shop/test (`--app` would say which)",
            ),
            ("{}", None, None, "an app that is in no inventory"),
            (
                two,
                Some("shop/live"),
                None,
                "shop/live is not in the inventory: it has shop/production, shop/test",
            ),
        ] {
            assert_eq!(shown(inventory, named, workflow), expected);
        }
    }
}
