//! What a deploy has to answer for. In comes a comparison of the host with its snapshot, out go the
//! processes that were harmed and those that are only worth telling of.
//!
//! | what | of the deploy's own | of a neighbour |
//! |---|---|---|
//! | errored, crash-looping, unsettled | harm | harm |
//! | missing, stopped | harm if the deploy failed, or if nothing of that inventory entry runs | harm |
//! | started, other settings | what a deploy is for | harm |
//! | restarted, replaced, ended, recovered, new | what a deploy is for | told |
//!
//! Of a deploy that failed, all that it did to its own is told.

use super::target::Target;
use crate::config::{Config, Owner};
use crate::host::diff::{Change, Diff, Glance, What};
use crate::host::{Condition, Difference, ManagerKind, Snapshot};
use crate::probe::{Comparison, Outcome};
use std::fmt;

/// A process that was changed while the deploy ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// As people write it: `payments/billing-api`, `api #1`.
    pub process: String,
    pub whose: Whose,
    pub what: What,
    pub before: Option<Glance>,
    pub after: Option<Glance>,
}

/// Whose an affected process is, seen from the deploy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Of what is deployed.
    Own { app: String, environment: String },
    /// Of another app or environment in the inventory.
    Other { app: String, environment: String },
    /// Of a declared neighbour, named by the pattern that declares it.
    Neighbour { declared: String },
    /// In no list.
    Unknown { name: String },
}

impl fmt::Display for Affected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.process, self.whose, self.what.word())
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { app, environment } | Self::Other { app, environment } => {
                write!(f, "{app}/{environment}")
            }
            Self::Neighbour { .. } => f.write_str("a neighbour"),
            Self::Unknown { .. } => f.write_str("in no list"),
        }
    }
}

/// The verdict on a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// In the order of restoration.
    pub harmed: Vec<Affected>,
    pub told: Vec<Affected>,
    /// Managers that cannot be read any more, in words: of their processes nothing is known.
    pub blind: Vec<String>,
}

impl Judgement {
    /// Whether the host is no worse off than it was.
    pub fn is_harmless(&self) -> bool {
        self.harmed.is_empty() && self.blind.is_empty()
    }

    /// The same, as the entry `neighbours` of a checklist.
    pub fn comparison(&self) -> Comparison {
        if self.is_harmless() {
            return Comparison { outcome: Outcome::Pass, message: None };
        }
        let harmed = self.harmed.iter().map(ToString::to_string);
        let harm: Vec<String> = harmed.chain(self.blind.iter().cloned()).collect();
        Comparison { outcome: Outcome::Fail, message: Some(harm.join("; ")) }
    }
}

/// Judges `diff`. `deployed` is the host as the deploy left it, if its command succeeded.
pub fn judge(
    diff: &Diff<'_>,
    deployed: Option<&Snapshot>,
    target: &Target,
    config: &Config,
) -> Judgement {
    let mut judgement = Judgement {
        blind: diff.blind.iter().map(|(manager, state)| state.describe(*manager)).collect(),
        ..Judgement::default()
    };
    for change in &diff.changes {
        let own = target.owns(change.owner);
        let harm = match &change.what {
            What::Missing | What::Stopped if own => {
                change.harm && !deployed.is_some_and(|now| entry_runs(change, now, config))
            }
            // Of ports that nobody has declared, nothing is harm.
            _ if !change.harm && change.key.manager == ManagerKind::Ports => false,
            // The comparison takes all of the inventory for ours; to this deploy, it is not.
            What::Started => !own,
            What::Reconfigured(differences) => {
                !own && differences.iter().any(|one| matches!(one, Difference::Setting(_)))
            }
            _ => change.harm,
        };
        let affected = Affected {
            process: change.key.to_string(),
            whose: whose(change, own, config),
            what: change.what.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        };
        if harm {
            judgement.harmed.push(affected);
        } else if !own || deployed.is_none() || matches!(change.what, What::Missing | What::Stopped)
        {
            judgement.told.push(affected);
        }
    }
    judgement
}

/// Whether anything runs that the process's inventory entry names: an app may be scaled down, and
/// a pattern does not say which of its processes must be there.
fn entry_runs(change: &Change<'_>, now: &Snapshot, config: &Config) -> bool {
    let entry = change.key.pattern(config);
    now.processes().filter(|process| process.condition() == Condition::Up).any(|process| {
        process.key.manager.thing() == change.key.manager.thing()
            && process.key.owner(config) == change.owner
            && entry.is_some()
            && entry == process.key.pattern(config)
    })
}

fn whose(change: &Change<'_>, own: bool, config: &Config) -> Whose {
    let name = &change.key.name;
    match change.owner {
        Owner::Ours { app, environment } => {
            let (app, environment) = (app.to_owned(), environment.to_owned());
            if own { Whose::Own { app, environment } } else { Whose::Other { app, environment } }
        }
        Owner::Neighbour => {
            let declared = change.key.pattern(config).map_or_else(|| name.clone(), Into::into);
            Whose::Neighbour { declared }
        }
        Owner::Unknown => Whose::Unknown { name: name.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::ci::CiRun;
    use crate::host::diff::compare;
    use serde_json::json;
    use std::path::Path;

    const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      production: {pm2: [shop-api, shop-worker]}
      test: {pm2: ['*-test']}
neighbours: {pm2: ['stock-*']}
";

    /// Processes as `name` or `name#instance`, with status.
    fn host(processes: &[(&str, &str)]) -> Snapshot {
        let processes: Vec<_> = processes
            .iter()
            .enumerate()
            .map(|(id, (name, status))| {
                let (name, instance) = name.split_once('#').unwrap_or((name, "0"));
                json!({
                    "manager": "pm2", "name": name, "namespace": "default",
                    "instance": instance.parse::<u64>().unwrap(), "id": id, "status": status,
                    "pid": (*status == "online").then_some(id + 1), "pid_start": null, "restarts": 0,
                    "started": null, "memory": 0, "cpu": 0.0, "script": null, "cwd": null,
                    "exec_mode": null, "watch": false, "autorestart": true, "cron": false,
                    "module": false, "recipe": {},
                })
            })
            .collect();
        let state = json!({"kind": "running", "version": "7.0.4"});
        serde_json::from_value(json!({
            "version": 1, "id": "i", "taken": "2026-11-21T12:00:00Z", "host": "h", "boot": null,
            "commits": [], "sections": [{"manager": "pm2", "state": state, "processes": processes}],
        }))
        .unwrap()
    }

    /// Who is harmed and who is told of when production is deployed.
    fn judged(before: &[(&str, &str)], after: &[(&str, &str)], deployed: bool) -> String {
        let config = crate::config::parse(Path::new("tagout.yml"), CONFIG).unwrap();
        let target = Target::find(&config, Some("shop/production"), &CiRun::default()).unwrap();
        let (before, after) = (host(before), host(after));
        let diff = compare(&before, &after, &config);
        let judgement = judge(&diff, deployed.then_some(&after), &target, &config);
        let shown = |affected: &[Affected]| {
            affected.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        format!("harmed [{}] told [{}]", shown(&judgement.harmed), shown(&judgement.told))
    }

    #[test]
    fn a_deploy_may_scale_its_own_app_down_but_not_to_nothing() {
        let two = [("shop-api#0", "online"), ("shop-api#1", "online")];
        let one = [("shop-api#0", "online")];
        assert_eq!(
            judged(&two, &one, true),
            "harmed [] told [shop-api #1 (shop/production): missing]"
        );
        assert_eq!(judged(&one, &[], true), "harmed [shop-api (shop/production): missing] told []");
        // A deploy that failed did not mean to.
        assert_eq!(
            judged(&two, &one, false),
            "harmed [shop-api #1 (shop/production): missing] told []"
        );
    }

    #[test]
    fn the_other_environment_of_the_same_app_is_a_neighbour() {
        let both = [("shop-api", "online"), ("shop-api-test", "online")];
        let down = [("shop-api", "online"), ("shop-api-test", "stopped")];
        assert_eq!(
            judged(&both, &down, true),
            "harmed [shop-api-test (shop/test): stopped] told []"
        );
        // Started though it was stopped on purpose.
        assert_eq!(
            judged(&down, &both, true),
            "harmed [shop-api-test (shop/test): started] told []"
        );
    }

    #[test]
    fn what_failed_before_the_deploy_is_not_its_doing() {
        let before = [("stock-alert", "errored"), ("nobodys", "online")];
        let after = [("stock-alert", "errored"), ("nobodys", "errored"), ("stock-new", "online")];
        assert_eq!(
            judged(&before, &after, true),
            "harmed [nobodys (in no list): errored] told [stock-new (a neighbour): new]"
        );
    }
}
