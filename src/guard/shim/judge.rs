//! What a command would do, and whether it may.

use super::allowance::Allowance;
use super::called::{self, Called};
use super::deploy::{Deploy, Rules};
use crate::effect::{self, Effect, resource};
use crate::invocation::{Invocation, Word};
use crate::policy::{Finding, Judge, Level, by_comments};
use crate::program::{Catalog, bare_name};
use crate::script::{self, Matters, Reading};
use crate::source::{Location, Place};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What was found of a command. What is nobody's business is not kept.
#[derive(Debug, Default)]
pub struct Judged {
    pub denied: Vec<Finding>,
    pub warned: Vec<Finding>,
    /// What would be denied or warned of, and is let through by [`Allowance`], with its reason.
    pub let_through: Vec<(Finding, String)>,
    /// The rules that comments in scripts allow to be broken there, with the reasons. What such a
    /// script calls does not know of them.
    pub by_comments: Vec<(String, String)>,
    /// What is wrong with what it was judged by.
    pub troubles: Vec<String>,
    /// The program that is called in the end: by `npx pm2`, `pm2`.
    pub innermost: Option<String>,
}

impl Judged {
    pub fn of(called: &Called, deploy: &Deploy) -> Self {
        let mut script = called.script();
        if script::matters_as_written(&script) == Matters::Not {
            return Self { innermost: Some(called.name.clone()), ..Self::default() };
        }
        script.env = called::environment();
        let reading = script::read_what_matters(&script);
        let mut judged = Self { innermost: innermost(&reading), ..Self::default() };
        let acts = acts(&reading.invocations, &called.folder, &script.place);
        if !acts.is_empty() {
            let (rules, trouble) = deploy.rules();
            judged.troubles.extend(trouble);
            judged.sort(findings(acts, &rules), called, &script.place);
        }
        judged
    }

    pub fn is_refused(&self) -> bool {
        !self.denied.is_empty()
    }

    fn sort(&mut self, findings: Vec<Finding>, called: &Called, here: &Place) {
        let allowance = Allowance::from_env().unwrap_or_else(|why| {
            self.troubles.push(format!("{} counts for nothing: {why}", super::allowance::VARIABLE));
            None
        });
        for finding in findings.into_iter().filter(|finding| is_now(finding, called, here)) {
            if let Some(reason) = finding.suppressed.clone() {
                self.by_comments.push((finding.rule, reason));
                continue;
            }
            let allowed = allowance.as_ref().and_then(|allowance| allowance.reason_for(&finding));
            match (finding.level, allowed) {
                (Level::Deny | Level::Warn, Some(reason)) => {
                    self.let_through.push((finding, reason.to_owned()));
                }
                (Level::Deny, None) => self.denied.push(finding),
                // What a script may do comes past us again if it does it.
                (Level::Warn, None) if called.wrote(&finding) => self.warned.push(finding),
                (Level::Warn | Level::Note, _) => {}
            }
        }
    }
}

/// Whether it is about what runs now: the call itself and the file that it names. What that file runs
/// in turn on this host may be another one by then, and comes past us again.
fn is_now(finding: &Finding, called: &Called, here: &Place) -> bool {
    let hops = finding.via.iter().filter_map(|hop| hop.location.as_ref());
    let files: HashSet<&Path> = hops
        .chain([&finding.location])
        .map(Location::path)
        .filter(|file| !called.is_command_line(file))
        .collect();
    files.len() <= 1 || finding.place.as_ref() != Some(here)
}

/// Each effect with the invocation that has it.
fn acts(invocations: &[Arc<Invocation>], folder: &Path, here: &Place) -> Vec<(Invocation, Effect)> {
    let mut acts = Vec::new();
    for invocation in invocations {
        let effects = effect::of(invocation);
        let is_here = invocation.place == *here;
        match with_whole_paths(invocation, &effects, folder).filter(|_| is_here) {
            Some(whole) => {
                let effects = effect::of(&whole);
                acts.extend(effects.into_iter().map(|effect| (whole.clone(), effect)));
            }
            None => {
                acts.extend(
                    effects.into_iter().map(|effect| (invocation.as_ref().clone(), effect)),
                );
            }
        }
    }
    acts
}

fn findings(acts: Vec<(Invocation, Effect)>, rules: &Rules) -> Vec<Finding> {
    let own: Vec<(&str, &str)> =
        rules.own.iter().map(|(app, environment)| (app.as_str(), environment.as_str())).collect();
    let judge = Judge::new(&rules.policy);
    let mut found: Vec<Finding> = Vec::new();
    for (invocation, effect) in acts {
        let Some(finding) = judge.effect(&own, &invocation, effect) else { continue };
        let is_same = |held: &Finding| {
            (&held.rule, &held.command, &held.message)
                == (&finding.rule, &finding.command, &finding.message)
        };
        if !found.iter().any(is_same) {
            found.push(finding);
        }
    }
    by_comments(found, judge)
}

/// The same with the paths that it acts on written out, as a process knows where it is: `rm -rf app`
/// in `/var/www` is about `/var/www/app`. None where that changes nothing.
fn with_whole_paths(
    invocation: &Invocation,
    effects: &[Effect],
    folder: &Path,
) -> Option<Invocation> {
    let here = invocation.folder.text()?;
    let here = if here.is_empty() { folder.to_owned() } else { folder.join(&*here) };
    let is_target = |text: &str| {
        effects.iter().any(|effect| {
            resource(&effect.resource).path && effect.targets.iter().any(|target| target == text)
        })
    };
    let whole = |word: &Word| {
        let text = word.text()?;
        let relative = !text.is_empty() && !text.starts_with(['/', '~', '-']) && is_target(&text);
        relative.then(|| Word::made_up(&plain(&here.join(&*text)).to_string_lossy()))
    };
    let mut changed = false;
    let argv = invocation.argv.iter().map(|word| {
        let whole = whole(word);
        changed |= whole.is_some();
        whole.unwrap_or_else(|| word.clone())
    });
    let argv: Vec<Word> = argv.collect();
    changed.then(|| Invocation { argv, ..invocation.clone() })
}

/// A path without `.` and `..`, as far as that can be told without looking at links.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The program at the end of a chain of programs that each run the next, if it is called just so:
/// `npx pm2`, but not `xargs pm2`.
fn innermost(reading: &Reading) -> Option<String> {
    let (last, before) = reading.invocations.split_last()?;
    let is_chain = reading.invocations.iter().enumerate().all(|(at, i)| i.via.len() == at);
    let is_known = last.argv.iter().all(Word::is_known);
    let runs_it = before.iter().all(|invocation| runs_one(invocation));
    let name = last.argv.first().filter(|_| is_chain && is_known && runs_it)?;
    name.text().map(|name| bare_name(&name).to_owned())
}

/// Whether a program does nothing else than run the one that its arguments name.
fn runs_one(invocation: &Invocation) -> bool {
    let texts = || invocation.argv.iter().filter_map(Word::text);
    let tells = texts().next().and_then(|name| Catalog::built_in().tells(bare_name(&name)));
    tells.is_some_and(|tells| {
        let passes = tells.passes && !tells.gives;
        passes || texts().any(|word| tells.passing.iter().any(|verb| *verb == word))
    })
}
