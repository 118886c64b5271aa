use super::{
    Finding, Level, PolicyRule,
    ownership::{self, Ownership},
    rules::{rule, rules},
};
use crate::{
    config::Config,
    effect::{self, Effect},
    invocation::{Invocation, Word},
    program::{Catalog, Verb},
    script::{Unread, UnreadKind},
    source::{Hop, Location, Place, Script},
    workflow::{Problem, ProblemKind},
};
use std::path::Path;

/// Judges what a workflow would do.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'c> {
    pub policy: &'c Policy,
    /// Denies what only may happen, too.
    pub strict: bool,
    /// Keeps what is fine, too.
    pub keeps_all: bool,
    /// Reads what does nothing, too, for the files that it names.
    pub reads_all: bool,
}

/// What a workflow is judged by.
#[derive(Debug, Default)]
pub struct Policy {
    pub config: Config,
    /// The team's own rules, asked before those that are built in.
    pub rules: Vec<PolicyRule>,
}

impl<'c> Judge<'c> {
    /// By a policy, as lint judges if it is told nothing else.
    pub fn new(policy: &'c Policy) -> Self {
        Self { policy, strict: false, keeps_all: false, reads_all: false }
    }

    /// All rules, in the order in which they are asked.
    pub fn rules(&self) -> impl Iterator<Item = &'c PolicyRule> + use<'c> {
        self.policy.rules.iter().chain(rules())
    }

    /// The effects of an invocation of a script in the file `workflow`, each with the finding on it.
    pub fn invocation(
        &self,
        workflow: &Path,
        invocation: &Invocation,
    ) -> impl Iterator<Item = (Effect, Option<Finding>)> {
        let own = ownership::environments_of(&self.policy.config, workflow);
        let effects = effect::of(invocation).into_iter();
        let judged = effects.map(|effect| (effect.clone(), self.effect(&own, invocation, effect)));
        judged.collect::<Vec<_>>().into_iter()
    }

    /// The finding on an effect, seen from those environments, as (app, environment), that are the
    /// deploy's own.
    pub fn effect(
        &self,
        own: &[(&str, &str)],
        invocation: &Invocation,
        effect: Effect,
    ) -> Option<Finding> {
        let (rule, message) = match ownership::of(&self.policy.config, own, &effect) {
            Ownership::Foreign { name, owner } => {
                let rule = rule("foreign-thing")?;
                let one = &effect::resource(&effect.resource).one;
                let named = Effect { targets: vec![format!("{one} `{name}`")], ..effect.clone() };
                (rule, format!("{}: it belongs to {owner}", rule.message(&named)))
            }
            Ownership::Shared { name } => {
                let stops = matches!(effect.verb, Verb::Destroy | Verb::Stop);
                let rule = rule(if stops { "shared-service" } else { "shared-service-restart" })?;
                (rule, rule.message(&Effect { targets: vec![name], ..effect.clone() }))
            }
            // Who drops their own database has lost it all the same.
            Ownership::Own if !is_data(&effect.resource) => return None,
            Ownership::Own | Ownership::Unknown => {
                let rule = self.rules().find(|rule| rule.matches(&effect))?;
                (rule, rule.message(&effect))
            }
        };
        // What only may happen is one level lower.
        let level = match self.level(rule, Some(&invocation.place)) {
            Level::Deny if effect.may && !self.strict => Level::Warn,
            level => level,
        };
        Some(Finding {
            rule: rule.name.clone(),
            level,
            message,
            help: rule.help.clone(),
            location: place_of(invocation)?,
            command: invocation.argv.iter().map(Word::to_string).collect(),
            effect: Some(effect),
            place: Some(invocation.place.clone()),
            via: invocation.via.clone(),
            suppressed: None,
        })
    }

    fn level(&self, rule: &PolicyRule, place: Option<&Place>) -> Level {
        match place {
            Some(Place::Ephemeral(_)) => rule.ephemeral,
            _ => rule.level,
        }
    }

    /// The finding on a part of a script that could not be read, if it names a program that can do
    /// harm. Anything else is only told in the coverage.
    pub fn unread(&self, script: &Script, unread: &Unread) -> Option<Finding> {
        let location = unread.location.clone().or_else(|| script.text.location())?;
        match &unread.kind {
            UnreadKind::Code => {}
            UnreadKind::Missing => return None,
            UnreadKind::Downloaded(_) if matches!(script.place, Place::Ephemeral(_)) => {
                return None;
            }
            UnreadKind::Downloaded(by) => return self.about("downloaded-script", by, location),
        }
        let written = || location.file.text().get(location.range.clone());
        let program = unread.names.or_else(|| dangerous_name(written()?))?;
        let rule = rule("unread-script")?;
        let message = format!("{}: {}", rule.says(program), unread.reason);
        let place = Some(script.place.clone());
        Some(self.without_command(rule, message, location, place, script.via.clone()))
    }

    /// The finding on a part of a workflow that could not be read; none where that is common in
    /// sound workflows, which is only told in the coverage.
    pub fn problem(&self, problem: &Problem) -> Option<Finding> {
        if problem.kind.is_only_a_gap() {
            return None;
        }
        let rule = rule(match problem.kind {
            ProblemKind::Syntax(_) => "invalid-yaml",
            _ => "unread-workflow",
        })?;
        let message = rule.says(&problem.kind.to_string());
        Some(self.without_command(rule, message, problem.location.clone(), None, Vec::new()))
    }

    /// A finding of the rule `name` on something that is no command.
    pub fn about(&self, name: &str, what: &str, location: Location) -> Option<Finding> {
        let rule = rule(name)?;
        Some(self.without_command(rule, rule.says(what), location, None, Vec::new()))
    }

    fn without_command(
        &self,
        rule: &PolicyRule,
        message: String,
        location: Location,
        place: Option<Place>,
        via: Vec<Hop>,
    ) -> Finding {
        Finding {
            rule: rule.name.clone(),
            level: self.level(rule, place.as_ref()),
            message,
            help: rule.help.clone(),
            location,
            command: Vec::new(),
            effect: None,
            place,
            via,
            suppressed: None,
        }
    }
}

fn is_data(resource: &str) -> bool {
    resource.starts_with("database") || resource.ends_with("-namespace")
}

/// Where a person looks for the command: its own words, or the innermost step that has a place.
fn place_of(invocation: &Invocation) -> Option<Location> {
    let own = invocation.location.clone();
    own.or_else(|| invocation.via.iter().rev().find_map(|hop| hop.location.clone()))
}

/// The first program with effects that stands in a text as a word.
fn dangerous_name(text: &str) -> Option<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let word_end =
        |from: usize| text[from..].find(|c| !is_word(c)).map_or(text.len(), |len| from + len);
    let catalog = Catalog::built_in();
    let acts =
        |name: &&str| catalog.tells(name).is_some_and(|tells| tells.acts && !tells.common_word);
    let mut at = 0;
    while let Some(len) = text[at..].find(is_word) {
        let start = at + len;
        at = word_end(start);
        // `mkfs.ext4`
        let longer = text[at..].starts_with(['.', ':']).then(|| word_end(at + 1));
        let mut names = [Some(at), longer].into_iter().flatten().map(|end| &text[start..end]);
        if let Some(name) = names.find(acts) {
            return Some(name);
        }
    }
    None
}
