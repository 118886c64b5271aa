use super::{Finding, Level, ownership, rules};
use crate::{
    config::Config,
    effect::{self, Effect},
    invocation::{Invocation, Word},
    program::Catalog,
    script::Unread,
    source::{Hop, Location, Place, Script},
    workflow::{Problem, ProblemKind},
};
use aho_corasick::AhoCorasick;
use std::{path::Path, sync::OnceLock};

/// Judges what a workflow would do.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'c> {
    pub config: &'c Config,
    /// Denies what only may happen, too.
    pub strict: bool,
}

impl Judge<'_> {
    /// The findings on an invocation of a script in the file `workflow`.
    pub fn invocation(&self, workflow: &Path, invocation: &Invocation) -> Vec<Finding> {
        let effects = effect::of(invocation);
        effects.into_iter().filter_map(|e| self.effect(workflow, invocation, e)).collect()
    }

    fn effect(&self, workflow: &Path, invocation: &Invocation, effect: Effect) -> Option<Finding> {
        let location = place_of(invocation)?;
        let of = |rule: &str, level, message, help: Option<&str>, effect: Effect| Finding {
            rule: rule.to_owned(),
            level,
            message,
            help: help.map(str::to_owned),
            location: location.clone(),
            command: invocation.argv.iter().map(Word::to_string).collect(),
            effect: Some(effect),
            place: Some(invocation.place.clone()),
            via: invocation.via.clone(),
        };
        if let Some((name, owner)) = ownership::foreign(self.config, workflow, &effect) {
            let message = format!("touches the PM2 process `{name}` of {owner}");
            let help = "a workflow may only touch the processes that the inventory gives to it";
            let level = self.level(Level::Deny, Level::Note, invocation, &effect);
            return Some(of("foreign-process", level, message, Some(help), effect));
        }
        let rule = rules().iter().find(|rule| rule.matches(&effect))?;
        let level = self.level(rule.level, rule.ephemeral, invocation, &effect);
        Some(of(&rule.name, level, rule.message(&effect), rule.help.as_deref(), effect))
    }

    fn level(
        &self,
        shared: Level,
        ephemeral: Level,
        invocation: &Invocation,
        effect: &Effect,
    ) -> Level {
        match (&invocation.place, shared) {
            (Place::Ephemeral(_), _) => ephemeral,
            (_, Level::Deny) if effect.may && !self.strict => Level::Warn,
            (_, level) => level,
        }
    }

    /// The finding on a part of a script that could not be read, if it names a program that can do
    /// harm. Anything else is only told in the coverage.
    pub fn unread(&self, script: &Script, unread: &Unread) -> Option<Finding> {
        let location = unread.location.clone().or_else(|| script.text.location())?;
        let text = location.file.text().get(location.range.clone())?;
        let program = dangerous_name(text)?;
        let shared = !matches!(script.place, Place::Ephemeral(_));
        Some(Finding {
            rule: "unread-script".to_owned(),
            level: if shared { Level::Warn } else { Level::Note },
            message: format!("this names `{program}`, but could not be read: {}", unread.reason),
            help: Some("check by hand what it does; tagout cannot vouch for it".to_owned()),
            location,
            command: Vec::new(),
            effect: None,
            place: Some(script.place.clone()),
            via: script.via.clone(),
        })
    }

    /// The finding on a part of a workflow that could not be read.
    pub fn problem(&self, problem: &Problem) -> Finding {
        let rule = match problem.kind {
            ProblemKind::Syntax(_) => "invalid-yaml",
            _ => "unread-workflow",
        };
        Finding {
            rule: rule.to_owned(),
            level: Level::Warn,
            message: problem.kind.to_string(),
            help: Some(
                "the runner would not run this as it is meant; what follows was not read".into(),
            ),
            location: problem.location.clone(),
            command: Vec::new(),
            effect: None,
            place: None,
            via: Vec::<Hop>::new(),
        }
    }
}

/// Where a person looks for the command: its own words, or the innermost step that has a place.
fn place_of(invocation: &Invocation) -> Option<Location> {
    let own = invocation.location.clone();
    own.or_else(|| invocation.via.iter().rev().find_map(|hop| hop.location.clone()))
}

/// The first program with effects that stands in a text as a word.
fn dangerous_name(text: &str) -> Option<&'static str> {
    static SEARCH: OnceLock<(Option<AhoCorasick>, Vec<&'static str>)> = OnceLock::new();
    let (search, names) = SEARCH.get_or_init(|| {
        let harmful = Catalog::built_in()
            .all()
            .filter(|(_, program)| program.commands.iter().any(|command| command.effect.is_some()));
        let names: Vec<&str> =
            harmful.flat_map(|(_, program)| program.names.iter().map(String::as_str)).collect();
        (AhoCorasick::new(&names).ok(), names)
    });
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    search
        .as_ref()?
        .find_overlapping_iter(text)
        .find(|found| {
            let before = text[..found.start()].chars().next_back();
            let after = text[found.end()..].chars().next();
            !is_word(before) && !is_word(after)
        })
        .map(|found| names[found.pattern()])
}
