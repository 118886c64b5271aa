//! Mending findings in the files themselves. In come findings, out go [`Edit`]s of single words: a
//! command on all PM2 processes gets the names that the inventory gives to its workflow, and a variable
//! whose emptiness would widen a deletion gets a guard. Nothing else in the file is touched.

use super::{Configs, Finding, LintReport, Policy};
use crate::program::{Scope, Verb};
use regex::Regex;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

/// Which findings are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixes {
    /// Those whose mending does the same for the app itself.
    Safe,
    /// Also those that a person should look at: what was deleted or stopped is less than before.
    All,
}

/// New words in the place of others, in bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub text: String,
}

/// The edits of each file, in the order of their places.
pub fn edits(report: &LintReport, configs: &Configs, which: Fixes) -> BTreeMap<PathBuf, Vec<Edit>> {
    let mut all: BTreeMap<PathBuf, Vec<Edit>> = BTreeMap::new();
    for finding in report.open() {
        let Some((kind, edits)) = edits_of(finding, configs) else { continue };
        if kind <= which {
            let file = all.entry(finding.location.path().to_owned()).or_default();
            file.extend(edits.into_iter().filter(|edit| !file.contains(edit)).collect::<Vec<_>>());
        }
    }
    for edits in all.values_mut() {
        edits.sort_by_key(|edit| edit.range.start);
        edits.dedup_by(|next, kept| next.range.start < kept.range.end);
    }
    all
}

/// A text with edits, which are in the order of their places.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        edited.push_str(&text[done..edit.range.start]);
        edited.push_str(&edit.text);
        done = edit.range.end;
    }
    edited + &text[done..]
}

fn edits_of(finding: &Finding, configs: &Configs) -> Option<(Fixes, Vec<Edit>)> {
    let effect = finding.effect.as_ref()?;
    if finding.rule == "pm2-all" && effect.scope == Scope::All {
        let names = own_names(finding, configs)?;
        let word = only_word(finding, r"\s(?<word>all)(?:$|[\s;&|)])")?;
        let kind = match effect.verb {
            Verb::Restart | Verb::Reload => Fixes::Safe,
            _ => Fixes::All,
        };
        return Some((kind, vec![Edit { range: word, text: names.join(" ") }]));
    }
    // `if $DIR is empty, this is /*`
    let because = effect.because.as_deref()?;
    let empty = because.strip_prefix("if $")?.split_once(" is empty")?.0;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if empty.is_empty() || !empty.chars().all(is_name) {
        return None;
    }
    let pattern = format!(r"(?<word>\$(?:\{{{empty}\}}|{empty}\b))");
    let word = only_word(finding, &pattern)?;
    Some((Fixes::Safe, vec![Edit { range: word, text: format!("${{{empty}:?}}") }]))
}

/// Where the one match of a pattern's `word` stands in the words of the command; none if there are
/// more, for then it is not certain which is meant.
fn only_word(finding: &Finding, pattern: &str) -> Option<Range<usize>> {
    let location = &finding.location;
    let written = location.file.text().get(location.range.clone())?;
    let pattern = Regex::new(pattern).ok()?;
    let mut found = pattern.captures_iter(written).filter_map(|captures| captures.name("word"));
    let word = found.next()?;
    let start = location.range.start + word.start();
    found.next().is_none().then(|| start..start + word.len())
}

/// The names of the PM2 processes of the environments that the finding's workflow deploys, if all
/// are written out.
fn own_names(finding: &Finding, configs: &Configs) -> Option<Vec<String>> {
    let start = finding.via.iter().find_map(|hop| hop.location.as_ref());
    let workflow = start.unwrap_or(&finding.location).path();
    let names = names_of(workflow, configs.of(workflow)?);
    let is_plain = |name: &String| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    (!names.is_empty() && names.iter().all(is_plain)).then_some(names)
}

fn names_of(workflow: &Path, policy: &Policy) -> Vec<String> {
    let file = workflow.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let own = policy.config.environments_of(&file);
    own.flat_map(|(_, _, environment)| environment.pm2.iter().cloned()).collect()
}
