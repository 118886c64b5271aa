//! Secrets in the arguments of programs, which every user of a host can read in its process list.

use super::{Finding, Judge, practice::Practice};
use crate::{
    config::matches_name,
    invocation::{Invocation, Word},
    source::{Location, Place, Script, Text, expressions},
};

/// Whether a script can give a program a secret on a host that others use.
pub(super) fn may_be_given(script: &Script) -> bool {
    let text = script.text.as_str();
    let has_secret = |text: &str| secret_in(text).is_some();
    let is_used = |(name, value): (&String, &Text)| {
        has_secret(value.as_str()) && text.contains(name.as_str())
    };
    !matches!(script.place, Place::Ephemeral(_))
        && (has_secret(text) || script.env.iter().any(is_used))
}

/// The finding on an invocation that is given secrets in its arguments.
pub(super) fn given(judge: Judge<'_>, invocation: &Invocation) -> Option<Finding> {
    if matches!(invocation.place, Place::Ephemeral(_)) {
        return None;
    }
    let words = invocation.argv.iter().skip(1);
    let given: Vec<(&Word, Vec<String>)> =
        words.map(|word| (word, secrets_in(word))).filter(|(_, names)| !names.is_empty()).collect();
    let (first, _) = given.first()?;
    let call = invocation.location.clone()?;
    // The value of a variable stands elsewhere.
    let is_here = |word: &Location| call.range.contains(&word.range.start);
    let location = first.location().filter(is_here).unwrap_or(call);
    let names = given.iter().flat_map(|(_, names)| names.clone()).collect();
    judge.about("secret-on-command-line", &listed(names), location)
}

fn secrets_in(word: &Word) -> Vec<String> {
    let of_hole = |written: &str| Some(format!("`{}`", secret_in(written)?));
    word.holes().filter_map(|hole| of_hole(&hole.written)).collect()
}

/// The first secret that a text names, but for those that are none by what their names say.
fn secret_in(text: &str) -> Option<&str> {
    let is_public = |name: &str| {
        let name = name.to_uppercase();
        Practice::known().public.iter().any(|public| matches_name(public, &name))
    };
    expressions(text)
        .flat_map(|expression| secrets_named(expression.inner))
        .find(|name| !is_public(name))
}

/// The names after `secrets.` in an expression.
fn secrets_named(expression: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    expression.match_indices("secrets.").filter_map(move |(at, context)| {
        let name = &expression[at + context.len()..];
        let len = name.find(|c| !is_word(c)).unwrap_or(name.len());
        (len > 0 && !expression[..at].ends_with(is_word)).then_some(&name[..len])
    })
}

fn listed(mut names: Vec<String>) -> String {
    const SHOWN: usize = 3;
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let list = names.join(", ");
    match (names.len(), more) {
        (1, 0) => format!("the secret {list}"),
        (_, 0) => format!("the secrets {list}"),
        _ => format!("the secrets {list} and {more} more"),
    }
}
