//! From invocations to effects. In comes an argv, read from a script or handed over at run time;
//! out goes what it does to what: `destroy pm2-process all`. The words of a command are in
//! `rules/programs`, how each kind of resource is named is in `rules/resources.yml`; what remains
//! here is the judgement of targets that are not plain names: patterns, paths, and lists.

mod jq;
mod listing;
mod path;
mod resource;
mod target;

#[cfg(test)]
mod tests;

pub use resource::{Resource, resource};

use crate::{
    invocation::{Invocation, Word},
    program::{Arguments, Catalog, Command, EffectSpec, Program, Scope, Verb},
};
use serde::Serialize;
use std::fmt;

/// What an invocation does to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    pub verb: Verb,
    /// A kind of `rules/resources.yml`.
    pub resource: String,
    pub scope: Scope,
    /// The names, as far as they are known.
    pub targets: Vec<String>,
    /// It depends on something unknown whether it does this at all.
    #[serde(skip)]
    pub may: bool,
    /// Why the scope is what it is, where that is not plain: `if $DIR is empty, this is /*`.
    #[serde(skip)]
    pub because: Option<String>,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.verb, self.resource, self.scope)
    }
}

/// The effects of a call of a known program; none for a program that is not known.
pub fn of(invocation: &Invocation) -> Vec<Effect> {
    let Some(name) = invocation.argv.first().and_then(Word::text) else { return Vec::new() };
    let Some(program) = Catalog::built_in().find(&name) else { return Vec::new() };
    let arguments = Arguments::parse(program, &invocation.argv);
    if arguments.has(&program.options.help) {
        return Vec::new();
    }
    let words = arguments.operand_words();
    let mut effects = Vec::new();
    for command in &program.commands {
        let Some(matched) = command.matches(&arguments, &words) else { continue };
        if let Some(spec) = &command.effect {
            effects.extend(effect(spec, &matched, invocation));
        }
        if !matched.maybe {
            break;
        }
    }
    effects
}

impl Command {
    fn matches<'w>(
        &'w self,
        arguments: &Arguments<'_>,
        words: &[&'w Word],
    ) -> Option<crate::program::Match<'w>> {
        let there = self.with.iter().all(|flags| arguments.has(&flags.0));
        let forbidden = self.without.iter().any(|flags| arguments.has(&flags.0));
        if !there || forbidden { None } else { self.run.matches(words) }
    }
}

/// The command of a program that an invocation calls for sure, such as the one that lists.
pub(crate) fn command_of<'p>(
    program: &'p Program,
    arguments: &Arguments<'_>,
) -> Option<&'p Command> {
    let words = arguments.operand_words();
    program.commands.iter().find(|c| c.matches(arguments, &words).is_some_and(|m| !m.maybe))
}

fn effect(
    spec: &EffectSpec,
    matched: &crate::program::Match<'_>,
    invocation: &Invocation,
) -> Option<Effect> {
    let verb = spec.verb?;
    let kind = spec.resource.as_deref().or(matched.targets.first().map(|(kind, _)| *kind))?;
    let mut effect = Effect {
        verb,
        resource: kind.to_owned(),
        scope: spec.scope.unwrap_or(Scope::Named),
        targets: Vec::new(),
        may: matched.maybe,
        because: None,
    };
    if spec.scope.is_some() {
        effect.targets = matched.targets.iter().map(|(_, word)| word.to_string()).collect();
        return Some(effect);
    }
    for (kind, word) in &matched.targets {
        let reach = target::reach(resource(kind), word, invocation.stdin.as_ref());
        effect.targets.extend(reach.names);
        if reach.scope > effect.scope {
            effect.scope = reach.scope;
            effect.because = reach.because;
        }
    }
    effect.may |= effect.scope == Scope::Unknown && !resource(kind).whichever;
    Some(effect)
}
