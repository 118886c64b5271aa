//! From invocations to effects. In comes an argv, read from a script or handed over at run time;
//! out goes what it does to what: `destroy pm2-process all`. The words of a command are in
//! `rules/programs`, how each kind of resource is named is in `rules/resources.yml`; what remains
//! here is the judgement of targets that are not plain names: patterns, paths, and lists.

mod jq;
mod listing;
mod path;
mod resource;
mod target;
mod unnamed;

#[cfg(test)]
mod tests;

pub use resource::{Resource, all, resource};

use crate::{
    invocation::{Invocation, Word},
    program::{Arguments, Catalog, Command, EffectSpec, Program, Scope, Source, Verb},
};
use serde::Serialize;
use std::{borrow::Cow, fmt};

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
    let Some(first) = invocation.argv.first() else { return Vec::new() };
    let Some(name) = first.text() else { return unnamed::effects(invocation, first) };
    let program = Catalog::built_in().find(&name);
    program.map(|program| of_program(program, invocation)).unwrap_or_default()
}

/// The effects of a call as one of this program.
fn of_program(program: &Program, invocation: &Invocation) -> Vec<Effect> {
    let arguments = Arguments::parse(program, &invocation.argv);
    if arguments.has(&program.options.help) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for command in &program.commands {
        let Some(matched) = command.matches(&arguments) else { continue };
        if let Some(spec) = &command.effect {
            let effect =
                effect(spec, &targets(command, &arguments, &matched, invocation), invocation);
            let counts = |effect: &Effect| !command.only_beyond || effect.scope >= Scope::Shared;
            effects.extend(effect.filter(counts));
        }
        if !matched.maybe {
            break;
        }
    }
    effects
}

impl Command {
    fn matches<'w>(&'w self, arguments: &Arguments<'w>) -> Option<crate::program::Match<'w>> {
        let there = self.with.iter().all(|flags| arguments.says(&flags.0));
        let forbidden = self.without.iter().any(|flags| arguments.says(&flags.0));
        let matched =
            if !there || forbidden { None } else { self.run.matches(&arguments.operands) };
        matched.filter(|matched| !(self.only_known && matched.maybe))
    }
}

/// The command of a program that an invocation calls for sure, such as the one that lists.
pub(crate) fn command_of<'p>(
    program: &'p Program,
    arguments: &Arguments<'_>,
) -> Option<&'p Command> {
    program.commands.iter().find(|c| c.matches(arguments).is_some_and(|m| !m.maybe))
}

/// What a call acts on: what its command's pattern captures, or what `names` says.
struct Targets<'w> {
    maybe: bool,
    /// The kind, where the effect does not say it.
    kind: Option<&'w str>,
    /// Each with its kind; nothing for the kind that the effect says.
    words: Vec<(Option<&'w str>, Cow<'w, Word>)>,
}

fn targets<'w>(
    command: &'w Command,
    arguments: &Arguments<'_>,
    matched: &crate::program::Match<'w>,
    invocation: &'w Invocation,
) -> Targets<'w> {
    let captured = matched.targets.iter();
    let mut words: Vec<_> =
        captured.map(|(kind, word)| (Some(*kind), Cow::Borrowed(*word))).collect();
    if command.names == Some(Source::Stdin) {
        // As PowerShell's cmdlets take what is piped into them.
        words.extend(invocation.stdin.iter().map(|word| (None, Cow::Borrowed(word))));
    } else if let Some(source) = &command.names {
        let named = arguments.commands(source).into_iter().flatten();
        words.extend(named.map(|word| (None, Cow::Owned(word))));
    }
    Targets { maybe: matched.maybe, kind: command.run.kinds().next(), words }
}

/// How far a word reaches. A relative path can reach out of the folder that the call runs in, or that
/// is a wide one itself; else the folder makes it no graver.
fn reach(kind: &str, word: &Word, invocation: &Invocation) -> target::Reach {
    let stdin = invocation.stdin.as_ref();
    let placed = path::placed(resource(kind), word, &invocation.folder);
    let placed = placed.map(|placed| target::reach(kind, &placed, stdin));
    match placed.filter(|reach| reach.scope == Scope::All) {
        Some(mut reach) => {
            reach.because.get_or_insert_with(|| format!("in {}", invocation.folder));
            reach.names = vec![word.to_string()];
            reach
        }
        None => target::reach(kind, word, stdin),
    }
}

fn effect(spec: &EffectSpec, targets: &Targets<'_>, invocation: &Invocation) -> Option<Effect> {
    let verb = spec.verb?;
    let kind = spec.resource.as_deref().or(targets.kind)?;
    let mut effect = Effect {
        verb,
        resource: kind.to_owned(),
        scope: spec.scope.unwrap_or(Scope::Named),
        targets: Vec::new(),
        may: targets.maybe,
        because: None,
    };
    if spec.scope.is_some() {
        effect.targets = targets.words.iter().map(|(_, word)| word.to_string()).collect();
        return Some(effect);
    }
    for (own_kind, word) in &targets.words {
        let kind = own_kind.unwrap_or(kind);
        let reach = reach(kind, word, invocation);
        effect.targets.extend(reach.names);
        if let Some(kind) = reach.kind {
            effect.resource = kind;
        }
        if reach.scope > effect.scope {
            effect.scope = reach.scope;
            effect.because = reach.because;
        }
    }
    effect.may |= effect.scope == Scope::Unknown && !resource(&effect.resource).whichever;
    Some(effect)
}
