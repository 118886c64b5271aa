//! Whose processes a deploy may change. In comes a change and the list of processes, out comes a
//! refusal in words for the author of the deploy, or nothing.

use super::request::{Change, Subject};
use crate::config::{Config, Owner, matches_name};
use crate::guard::refusal::Refusal;
use crate::guard::target::{KnownBy, Target};
use crate::host::Process;
use crate::policy;
use std::collections::BTreeSet;
use std::path::Path;

/// How many names a message lists.
const LISTED: usize = 4;

/// What to do where nothing says whose processes are whose.
pub const NAME_THEM: &str = "Name the app's own processes, or write a tagout.yml (`tagout init`)";

#[derive(Clone, Debug)]
pub struct Rules {
    config: Config,
    target: Target,
}

impl Rules {
    pub fn new(config: &Config, target: &Target) -> Self {
        Self { config: config.clone(), target: target.clone() }
    }

    /// Whether anything says which processes are the deploy's own.
    pub fn know_the_own(&self) -> bool {
        self.target.known_by != KnownBy::NoInventory
    }

    /// Refuses the change if any of what it would hit is not the deploy's own.
    pub fn judge(&self, change: &Change, processes: &[Process]) -> Result<(), Refusal> {
        for subject in &change.subjects {
            match subject {
                Subject::New(name) => {
                    if let Some(why) = self.objection(name, true) {
                        return Err(Refusal::new(format!("pm2 {} {name}", change.verb), why));
                    }
                }
                Subject::Group(group) => {
                    let what = format!("pm2 {} {group}", change.verb);
                    self.judge_all(&what, &hit(subject, processes))?;
                }
                Subject::All => {
                    let what = format!("pm2 {} all", change.verb);
                    self.judge_all(&what, &hit(subject, processes))?;
                }
                Subject::Id(_) | Subject::Name(_) => {
                    for process in hit(subject, processes) {
                        if let Some(why) = self.objection(&process.key.name, false) {
                            let what = format!("pm2 {} {}", change.verb, process.key.name);
                            return Err(Refusal::new(what, why));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses a call of PM2's command line that names these, if any is not the deploy's own.
    pub fn judge_words(
        &self,
        what: &str,
        words: &[String],
        hit: &[&Process],
    ) -> Result<(), Refusal> {
        let called = |process: &&Process| {
            let script = process.script.as_deref().and_then(|script| script.file_name());
            words.iter().any(|word| {
                *word == process.key.name
                    || Path::new(word).file_name().is_some_and(|name| Some(name) == script)
            })
        };
        // Each was named, however many.
        if !self.know_the_own() && hit.iter().all(called) {
            return hit.iter().try_for_each(|process| {
                match self.objection(&process.key.name, false) {
                    Some(why) => Err(Refusal::new(what, why)),
                    None => Ok(()),
                }
            });
        }
        self.judge_all(what, hit)
    }

    /// Refuses what was said once for all of these, if any is not the deploy's own. Where nothing
    /// says which are, it may be for one app only.
    fn judge_all(&self, what: &str, hit: &[&Process]) -> Result<(), Refusal> {
        let names: BTreeSet<&str> = hit.iter().map(|process| process.key.name.as_str()).collect();
        if let (Some(name), 1) = (names.first(), names.len()) {
            let why = self.objection(name, false);
            return why.map_or(Ok(()), |why| Err(Refusal::new(what, why)));
        }
        let foreign: Vec<String> = names
            .iter()
            .filter_map(|name| Some(format!("{name} ({})", self.foreign(name)?)))
            .collect();
        if !foreign.is_empty() {
            let why = format!(
                "it would hit {}; nothing was touched. Name the app's own processes instead",
                listed(&foreign)
            );
            return Err(Refusal::new(what, why));
        }
        if !self.know_the_own() && names.len() > 1 {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let why = format!(
                "it would hit {}, and no inventory says whose they are; nothing was touched. {NAME_THEM}",
                listed(&names)
            );
            return Err(Refusal::new(what, why));
        }
        Ok(())
    }

    /// Why the process of this name must not be changed, or not be made.
    fn objection(&self, name: &str, new: bool) -> Option<String> {
        let owner = self.config.owner_of_pm2(name);
        if self.target.owns(owner) {
            return None;
        }
        let deploys = || {
            let own: Vec<String> =
                self.target.environments().map(|(app, env)| format!("{app}/{env}")).collect();
            own.join(", ")
        };
        match owner {
            Owner::Ours { app, environment } => {
                Some(format!("it belongs to {app}/{environment}, and this deploys {}", deploys()))
            }
            Owner::Neighbour => {
                let declared = self.config.neighbours.pm2.iter();
                let by =
                    declared.filter(|pattern| matches_name(pattern, name)).max_by_key(|p| p.len());
                let by = by.map_or(name, String::as_str);
                Some(format!("it belongs to a neighbour (`neighbours: {{pm2: [{by}]}}`)"))
            }
            Owner::Unknown if !self.know_the_own() || self.is_declared_by_now(name) => None,
            Owner::Unknown => {
                let list =
                    self.target.environments().next().map_or_else(String::new, |(app, env)| {
                        format!("inventory.{app}.environments.{env}.pm2 in tagout.yml")
                    });
                Some(if new {
                    format!("that name is not the deploy's own; if it is to be, add it to {list}")
                } else {
                    format!(
                        "it is in no list of the inventory; if it is the app's own, add it to {list}"
                    )
                })
            }
        }
    }

    /// Whose a process is that is not the deploy's own.
    fn foreign(&self, name: &str) -> Option<String> {
        match self.config.owner_of_pm2(name) {
            owner if self.target.owns(owner) => None,
            Owner::Ours { app, environment } => Some(format!("{app}/{environment}")),
            Owner::Neighbour => Some("a neighbour".to_owned()),
            Owner::Unknown if !self.know_the_own() || self.is_declared_by_now(name) => None,
            Owner::Unknown => Some("in no list".to_owned()),
        }
    }

    /// Whether an ecosystem file of the deploy's own names it, which the deploy may have brought.
    fn is_declared_by_now(&self, name: &str) -> bool {
        let mut config = self.config.clone();
        policy::read_ecosystems(&mut config);
        self.target.owns(config.owner_of_pm2(name))
    }
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What a subject hits of what there is.
fn hit<'p>(subject: &Subject, processes: &'p [Process]) -> Vec<&'p Process> {
    let is = |process: &Process| match subject {
        Subject::Id(id) => process.id == *id,
        Subject::Name(name) => process.key.name == *name,
        Subject::Group(group) => {
            let script = process.script.as_deref().and_then(|script| script.file_name());
            group == "all"
                || process.key.name == *group
                || process.key.namespace == *group
                || script.is_some_and(|script| script == group.as_str())
        }
        Subject::All => true,
        Subject::New(_) => false,
    };
    processes.iter().filter(|process| is(process)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::ci::CiRun;
    use serde_json::json;

    const INVENTORY: &str = "
inventory:
  shop:
    environments:
      production: {pm2: [shop-api, shop-worker]}
      test: {pm2: ['*-test']}
";

    /// Numbered as they stand.
    fn processes() -> Vec<Process> {
        let names = ["shop-api", "shop-api-test", "stock-api", "nobodys", "shop-worker"];
        let process = |(id, name): (usize, &&str)| {
            serde_json::from_value(json!({
                "manager": "pm2", "name": name, "namespace": if id < 2 { "shop" } else { "default" },
                "instance": 0, "id": id, "status": "online", "pid": id + 1, "pid_start": null,
                "restarts": 0, "started": null, "memory": 0, "cpu": 0.0, "script": "/srv/run.js",
                "cwd": null, "exec_mode": null, "watch": false, "autorestart": true, "cron": false,
                "module": false, "recipe": {},
            }))
            .unwrap()
        };
        names.iter().enumerate().map(process).collect()
    }

    fn rules(inventory: &str) -> Rules {
        let text = format!("version: 1\nneighbours: {{pm2: ['stock-*']}}\n{inventory}");
        let config = crate::config::parse(Path::new("tagout.yml"), &text).unwrap();
        let named = (!inventory.is_empty()).then_some("shop/production");
        let target = Target::find(&config, named, &CiRun::default()).unwrap();
        Rules::new(&config, &target)
    }

    fn judged(inventory: &str, verb: &'static str, subject: Subject) -> String {
        let change = Change { verb, subjects: vec![subject] };
        match rules(inventory).judge(&change, &processes()) {
            Ok(()) => "passed".to_owned(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn with_an_inventory_only_the_deploys_own_processes_may_be_changed() {
        let judged = |verb, subject| judged(INVENTORY, verb, subject);
        let new = |name: &str| Subject::New(name.to_owned());
        assert_eq!(judged("delete", Subject::Id(0)), "passed");
        assert_eq!(judged("delete", Subject::Id(77)), "passed", "PM2 says itself that it has none");
        assert_eq!(judged("start", new("shop-worker")), "passed");
        assert_eq!(
            judged("delete", Subject::Id(1)),
            "pm2 delete shop-api-test refused: it belongs to shop/test, and this deploys shop/production"
        );
        assert_eq!(
            judged("stop", Subject::Name("stock-api".into())),
            "pm2 stop stock-api refused: it belongs to a neighbour (`neighbours: {pm2: [stock-*]}`)"
        );
        assert_eq!(
            judged("restart", Subject::Id(3)),
            "pm2 restart nobodys refused: it is in no list of the inventory; if it is the app's own, \
             add it to inventory.shop.environments.production.pm2 in tagout.yml"
        );
        assert_eq!(
            judged("start", new("shop-cron")),
            "pm2 start shop-cron refused: that name is not the deploy's own; if it is to be, \
             add it to inventory.shop.environments.production.pm2 in tagout.yml"
        );
        assert_eq!(
            judged("trigger", Subject::Group("shop".into())),
            "pm2 trigger shop refused: it would hit shop-api-test (shop/test); nothing was touched. \
             Name the app's own processes instead"
        );
        assert_eq!(
            judged("stop", Subject::All),
            "pm2 stop all refused: it would hit nobodys (in no list), shop-api-test (shop/test), \
             stock-api (a neighbour); nothing was touched. Name the app's own processes instead"
        );
    }

    #[test]
    fn without_an_inventory_single_processes_may_be_changed_and_never_all() {
        let judged = |verb, subject| judged("", verb, subject);
        assert_eq!(judged("delete", Subject::Id(0)), "passed");
        assert_eq!(judged("start", Subject::New("new".into())), "passed");
        assert_eq!(
            judged("delete", Subject::Id(2)),
            "pm2 delete stock-api refused: it belongs to a neighbour (`neighbours: {pm2: [stock-*]}`)"
        );
        assert_eq!(
            judged("trigger", Subject::Group("shop".into())),
            "pm2 trigger shop refused: it would hit shop-api, shop-api-test, and no inventory says whose \
             they are; nothing was touched. Name the app's own processes, or write a tagout.yml (`tagout init`)"
        );
    }

    #[test]
    fn words_that_name_each_process_pass_where_nothing_says_whose_they_are() {
        let processes = processes();
        let judged = |words: &[&str], ids: &[usize]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let hit: Vec<&Process> = ids.iter().map(|id| &processes[*id]).collect();
            rules("").judge_words("it", &words, &hit).is_ok()
        };
        assert!(judged(&["delete", "shop-api", "nobodys"], &[0, 3]));
        assert!(judged(&["restart", "./run.js"], &[0, 3]));
        assert!(!judged(&["delete", "all"], &[0, 3]));
        assert!(judged(&["delete", "/api/"], &[0]));
        assert!(!judged(&["delete", "stock-api", "shop-api"], &[2, 0]));
    }
}
