use super::Level;
use crate::{
    config::{WrittenRule, matches_name},
    effect::Effect,
    program::{Scope, Verb},
};
use serde::Deserialize;
use std::sync::OnceLock;

/// A rule of `rules/policy.yml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    #[serde(rename = "rule")]
    pub name: String,
    /// What it is about, in one line.
    pub title: String,
    /// The kinds it is about; none for what the reading itself finds.
    resource: Vec<String>,
    #[serde(default)]
    verb: Vec<Verb>,
    #[serde(default)]
    scope: Vec<Scope>,
    /// Names, of which every target must match one.
    #[serde(default)]
    targets: Vec<String>,
    /// On a machine that others share.
    pub level: Level,
    /// On a machine that is thrown away.
    #[serde(default = "note")]
    pub ephemeral: Level,
    says: String,
    #[serde(default)]
    pub help: Option<String>,
}

/// `rules/policy.yml`.
const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/policy.json"));

/// The rules that are built in, in their order.
pub fn rules() -> &'static [PolicyRule] {
    static RULES: OnceLock<Vec<PolicyRule>> = OnceLock::new();
    // A test reads the file, so that it cannot fail for a user.
    RULES.get_or_init(|| serde_json::from_str(TABLE).unwrap_or_default())
}

/// A rule of a team's own, its words understood.
pub(super) fn own(
    written: &WrittenRule,
    verb: Vec<Verb>,
    scope: Vec<Scope>,
    level: Level,
    ephemeral: Level,
) -> PolicyRule {
    PolicyRule {
        name: written.rule.value.clone(),
        title: written.title.clone(),
        resource: written.resource.iter().map(|kind| kind.value.clone()).collect(),
        verb,
        scope,
        targets: written.targets.clone(),
        level,
        ephemeral,
        says: written.says.clone(),
        help: written.help.clone(),
    }
}

/// The rule of that name; the tests know that it exists.
pub fn rule(name: &str) -> Option<&'static PolicyRule> {
    rules().iter().find(|rule| rule.name == name)
}

fn note() -> Level {
    Level::Note
}

/// Longer lists of targets are cut in messages, in bytes.
const MAX_TARGETS: usize = 500;

impl PolicyRule {
    pub fn matches(&self, effect: &Effect) -> bool {
        let any = |empty: bool, found: bool| empty || found;
        self.resource.contains(&effect.resource)
            && any(self.verb.is_empty(), self.verb.contains(&effect.verb))
            && any(self.scope.is_empty(), self.scope.contains(&effect.scope))
            && any(self.targets.is_empty(), self.names_all(&effect.targets))
    }

    fn names_all(&self, targets: &[String]) -> bool {
        let named = |target: &String| self.targets.iter().any(|name| matches_name(name, target));
        !targets.is_empty() && targets.iter().all(named)
    }

    /// Whether effects decide; otherwise the reading itself finds what it is about.
    pub fn is_on_effects(&self) -> bool {
        !self.resource.is_empty()
    }

    pub fn message(&self, effect: &Effect) -> String {
        let message = self.says(&effect.targets.join(" ")).replace("{does}", does(effect.verb));
        match &effect.because {
            Some(reason) => format!("{message} ({reason})"),
            None => message,
        }
    }

    /// The message on something that is no effect, or of which only the names are known.
    pub fn says(&self, targets: &str) -> String {
        let targets = targets.trim();
        if targets.is_empty() {
            return self.says.replace("`{targets}`", "`…`").replace("{targets}", "everything");
        }
        let shown = &targets[..targets.floor_char_boundary(MAX_TARGETS)];
        let more = if shown.len() < targets.len() { "…" } else { "" };
        self.says.replace("{targets}", &format!("{shown}{more}"))
    }
}

pub fn does(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "starts",
        Verb::Reload => "reloads",
        Verb::Reset => "resets",
        Verb::Signal => "signals",
        Verb::Change => "changes",
        Verb::Restart => "restarts",
        Verb::Overwrite => "overwrites",
        Verb::Stop => "stops",
        Verb::Destroy => "deletes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect;
    use std::collections::HashSet;

    #[test]
    fn a_message_without_a_name_says_everything() {
        let rule = |name: &str| rules().iter().find(|rule| rule.name == name).unwrap();
        let drops = rule("database-drop").says("");
        assert_eq!(drops, "deletes everything from a database, and all data in it");
        assert_eq!(rule("mirror").says(" "), "deletes from `…` what is not in the source");
    }

    #[test]
    fn every_rule_is_understood_has_a_name_of_its_own_and_knows_its_resources() {
        let rules: Vec<PolicyRule> = serde_json::from_str(TABLE).unwrap();
        let mut names = HashSet::new();
        for rule in &rules {
            assert!(names.insert(&rule.name), "{} stands twice", rule.name);
            for kind in &rule.resource {
                assert!(!effect::resource(kind).one.is_empty(), "{}: {kind}", rule.name);
            }
        }
    }
}
