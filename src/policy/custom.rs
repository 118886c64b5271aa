//! Rules of a team's own. In come the rules of `tagout.yml` and of the files of `--rules`, out go
//! [`PolicyRule`]s that are asked before those that are built in; or the first mistake, at its place.
//! What a rule says of itself must hold: its examples are read as scripts and judged.

use super::{
    Level, PolicyRule,
    rules::{own, rules},
};
use crate::{
    config::{Config, ConfigError, WrittenExample, WrittenRule, did_you_mean, listed, span_of},
    effect,
    program::{Catalog, Scope, Verb},
    script,
    source::{Language, Script, Text},
};
use serde_saphyr::Spanned;
use std::{collections::BTreeSet, path::Path, str::FromStr};

const VERBS: [&str; 9] =
    ["start", "reload", "reset", "signal", "change", "restart", "overwrite", "stop", "destroy"];
const SCOPES: [&str; 6] = ["named", "unknown", "pattern", "shared", "unfiltered", "all"];
const LEVELS: [&str; 3] = ["deny", "warn", "note"];

/// The rules of every `.yml` file in a folder, in the order of the files' names.
pub fn of_folder(folder: &Path) -> Result<Vec<PolicyRule>, ConfigError> {
    let failed = |path: &Path, cause| ConfigError::Read { path: path.display().to_string(), cause };
    let listed = std::fs::read_dir(folder).map_err(|cause| failed(folder, cause))?;
    let mut paths: Vec<_> = listed
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "yml" || end == "yaml"))
        .collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|cause| failed(&path, cause))?;
        let written: Vec<WrittenRule> = serde_saphyr::from_str(&text)
            .map_err(|error| ConfigError::yaml(&error, &path, &text))?;
        checked(&written, File { path: &path, text: &text }, &mut all)?;
    }
    Ok(all)
}

/// The rules of a configuration, after those that are there already.
pub fn of_config(
    config: &Config,
    mut all: Vec<PolicyRule>,
) -> Result<Vec<PolicyRule>, ConfigError> {
    let Some(path) = config.path.as_ref().filter(|_| !config.rules.is_empty()) else {
        return Ok(all);
    };
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Read { path: path.display().to_string(), cause })?;
    checked(&config.rules, File { path, text: &text }, &mut all)?;
    Ok(all)
}

#[derive(Clone, Copy)]
struct File<'f> {
    path: &'f Path,
    text: &'f str,
}

impl File<'_> {
    fn error<T>(self, at: &Spanned<T>, message: String) -> ConfigError {
        let span = span_of(&at.referenced, self.text);
        ConfigError::at(message, self.path, self.text, Some(span))
    }
}

/// Adds the rules of a file, and holds them against their examples.
fn checked(
    written: &[WrittenRule],
    file: File<'_>,
    all: &mut Vec<PolicyRule>,
) -> Result<(), ConfigError> {
    let before = all.len();
    for rule in written {
        let name = &rule.rule;
        if all.iter().chain(rules()).any(|other| other.name == name.value) {
            let message = format!("there is a rule `{}` already; give it another name", name.value);
            return Err(file.error(name, message));
        }
        all.push(settled(rule, file)?);
    }
    for (rule, position) in written.iter().zip(before..) {
        hold_examples(rule, &all[position].name, all, file)?;
    }
    Ok(())
}

fn settled(rule: &WrittenRule, file: File<'_>) -> Result<PolicyRule, ConfigError> {
    if rule.resource.is_empty() {
        let message =
            format!("`{}` is about no resource; name the kinds it is about", rule.rule.value);
        return Err(file.error(&rule.rule, message));
    }
    for kind in &rule.resource {
        if !effect::all().contains_key(&kind.value) {
            let near = did_you_mean(&kind.value, effect::all().keys().map(String::as_str));
            return Err(
                file.error(kind, format!("the resource `{}` is not known{near}", kind.value))
            );
        }
    }
    let verbs: Vec<Verb> = words(&rule.verb, "verb", &VERBS, file)?;
    let scopes: Vec<Scope> = words(&rule.scope, "scope", &SCOPES, file)?;
    for kind in &rule.resource {
        let known = verbs_on(&kind.value);
        if !verbs.is_empty() && !verbs.iter().any(|verb| known.contains(verb)) {
            let known = known.iter().map(ToString::to_string).collect::<Vec<_>>();
            let known = listed(known.iter().map(String::as_str));
            let message = format!(
                "no program that tagout knows does that to a {}, so this never matches; there is {known}",
                kind.value
            );
            return Err(file.error(kind, message));
        }
    }
    let level = one(&rule.level, "level", &LEVELS, file)?;
    let ephemeral = rule.ephemeral.as_ref();
    let ephemeral = ephemeral.map(|word| one(word, "level", &LEVELS, file)).transpose()?;
    Ok(own(rule, verbs, scopes, level, ephemeral.unwrap_or(Level::Note)))
}

/// What programs can do to a kind of thing.
fn verbs_on(kind: &str) -> BTreeSet<Verb> {
    let commands = Catalog::built_in().all().flat_map(|(_, program)| &program.commands);
    let effects = commands.filter_map(|command| Some((command, command.effect.as_ref()?)));
    let on_kind = effects.filter(|(command, effect)| match &effect.resource {
        Some(resource) => resource == kind,
        None => command.run.kinds().any(|captured| captured == kind),
    });
    on_kind.filter_map(|(_, effect)| effect.verb).collect()
}

fn words<T: FromStr>(
    written: &[Spanned<String>],
    what: &str,
    known: &[&str],
    file: File<'_>,
) -> Result<Vec<T>, ConfigError> {
    written.iter().map(|word| one(word, what, known, file)).collect()
}

fn one<T: FromStr>(
    word: &Spanned<String>,
    what: &str,
    known: &[&str],
    file: File<'_>,
) -> Result<T, ConfigError> {
    word.value.parse().map_err(|_| {
        let near = did_you_mean(&word.value, known.iter().copied());
        let all = listed(known.iter().copied());
        file.error(word, format!("the {what} `{}` is not known{near}\nthere are {all}", word.value))
    })
}

/// A rule without an example that it finds proves nothing.
fn hold_examples(
    rule: &WrittenRule,
    name: &str,
    all: &[PolicyRule],
    file: File<'_>,
) -> Result<(), ConfigError> {
    let mut finds = false;
    for example in &rule.examples {
        let (line, bad) = match example {
            WrittenExample::Bad(line) => (line, true),
            WrittenExample::Good(line) => (line, false),
        };
        finds |= bad;
        let deciding = deciding(&line.value, all);
        let found = deciding.iter().any(|one| one == name);
        if found != bad {
            let by = match deciding.first() {
                Some(other) if bad => format!("; `{other}` decides on it"),
                _ => String::new(),
            };
            let does = if bad { "does not find" } else { "finds" };
            return Err(file.error(line, format!("`{name}` {does} this example{by}")));
        }
    }
    if finds {
        return Ok(());
    }
    let message = format!(
        "`{name}` has no example that it finds; add `examples: [{{bad: a line of shell}}]`"
    );
    Err(file.error(&rule.rule, message))
}

/// The rules that decide on what a line of shell does.
pub fn deciding(line: &str, own: &[PolicyRule]) -> Vec<String> {
    let mut text = Text::default();
    text.push_made_up(line, None);
    let reading = script::read(&Script::alone(text, Language::Shell));
    let effects = reading.invocations.iter().flat_map(|invocation| effect::of(invocation));
    effects
        .filter_map(|effect| {
            let rule = own.iter().chain(rules()).find(|rule| rule.matches(&effect))?;
            Some(rule.name.clone())
        })
        .collect()
}
