//! What a job does as a whole. In come its scripts and what they do; out go notes on what good practice
//! asks of a deploy and no single command shows: that nothing deploys beside it, that something looks
//! at the app afterwards, that PM2's list is not saved after a command on every app.

mod words;

use super::{Finding, Judge};
use crate::{
    effect::{Effect, resource},
    invocation::Invocation,
    program::{Scope, Verb},
    source::{JobTerms, Location, Place, Script, Text},
};
use std::{path::Path, sync::Arc};
pub(super) use words::Practice;

/// The jobs of a file, in the order in which they run.
#[derive(Default)]
pub(super) struct Jobs {
    seen: Vec<Job>,
}

struct Job {
    name: Option<String>,
    terms: Option<Arc<JobTerms>>,
    scripts: Vec<Text>,
    /// The last effect that makes it a deploy.
    deploys: Option<Done>,
    /// Commands on all processes of PM2.
    on_all: Vec<Done>,
    /// Commands on processes of PM2 that are named.
    on_named: Vec<Done>,
    /// The input that one of its scripts asks a confirmation of.
    confirmed_by: Option<String>,
}

/// Something that a job does.
struct Done {
    /// By the number of its script.
    script: usize,
    location: Option<Location>,
    command: String,
    targets: Vec<String>,
    place: Place,
}

impl Jobs {
    /// Goes on to a script.
    pub fn begin(&mut self, script: &Script) {
        if self.seen.last().is_none_or(|job| job.name != script.origin.job) {
            self.seen.push(Job {
                name: script.origin.job.clone(),
                terms: script.origin.terms.clone(),
                scripts: Vec::new(),
                deploys: None,
                on_all: Vec::new(),
                on_named: Vec::new(),
                confirmed_by: None,
            });
        }
        if let Some(job) = self.seen.last_mut() {
            job.scripts.push(script.text.clone());
            job.confirmed_by = job.confirmed_by.take().or_else(|| asked_in(script));
        }
    }

    /// Notes an effect of that script, where it outlives the job.
    pub fn effect(&mut self, invocation: &Invocation, effect: &Effect) {
        let Some(job) = self.seen.last_mut() else { return };
        if matches!(invocation.place, Place::Ephemeral(_)) || !resource(&effect.resource).runs {
            return;
        }
        let done = || Done {
            script: job.scripts.len().saturating_sub(1),
            location: invocation.location.clone(),
            command: crate::script::display(&invocation.argv),
            targets: effect.targets.clone(),
            place: invocation.place.clone(),
        };
        let changes = matches!(effect.verb, Verb::Restart | Verb::Stop | Verb::Destroy);
        if effect.resource == "pm2-process" && changes {
            let is_all = matches!(effect.scope, Scope::All | Scope::Unfiltered | Scope::Pattern);
            match effect.scope {
                _ if is_all => job.on_all.push(done()),
                Scope::Named => job.on_named.push(done()),
                _ => {}
            }
        }
        if changes || effect.verb == Verb::Reload {
            job.deploys = Some(done());
        }
    }

    /// What a person has to do before the job that is read now does anything, in words.
    pub fn guard(&self) -> Option<String> {
        let job = self.seen.last()?;
        let terms = job.terms.as_ref()?;
        let environment = terms.environment.as_ref().map(|name| format!("environment `{name}`"));
        let confirmation = terms
            .confirmed_by
            .clone()
            .or_else(|| self.seen.iter().find_map(|job| job.confirmed_by.clone()));
        let confirmation = confirmation.map(|input| format!("typed confirmation `{input}`"));
        match (confirmation, environment) {
            (Some(first), Some(second)) => Some(format!("{first} and {second}")),
            (first, second) => first.or(second),
        }
    }

    /// The notes on all of them, after the last.
    pub fn notes(&self, judge: Judge<'_>, path: &Path) -> Vec<Finding> {
        let practice = Practice::known();
        let mut notes = Vec::new();
        for (number, job) in self.seen.iter().enumerate() {
            notes.extend(job.saves_after_all(judge));
            if let (Some(terms), Some(deploys)) = (&job.terms, &job.deploys) {
                let name = job.name.as_deref().unwrap_or_default();
                let about = |rule| judge.about(rule, name, terms.location.clone());
                if !terms.is_serialised && !job.says(practice, |known| &known.lock) {
                    notes.extend(about("deploy-without-lock"));
                }
                let later =
                    self.seen.iter().skip(number + 1).filter(|later| later.name != job.name);
                let mut later = later.map(|job| job.says(practice, |known| &known.verify));
                if !job.verifies_after(deploys, practice) && !later.any(|verifies| verifies) {
                    notes.extend(about("deploy-without-check"));
                }
            }
            notes.extend(job.names_no_test(judge, path, practice));
        }
        notes
    }
}

/// The input without which a script ends the job, by its name: `inputs.confirm`.
fn asked_in(script: &Script) -> Option<String> {
    let text = script.text.as_str();
    if !text.contains("exit 1") {
        return None;
    }
    let around = script.env.values().map(Text::as_str);
    std::iter::once(text).chain(around).find_map(|text| {
        let start = text.find("inputs.confirm")?;
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let len = text[start..].find(|c| !is_name(c)).unwrap_or(text.len() - start);
        Some(text[start..start + len].to_owned())
    })
}

impl Job {
    /// Whether one of the words stands in a script or in the name of a step.
    fn says(&self, practice: &Practice, words: impl Fn(&Practice) -> &words::Words) -> bool {
        let words = words(practice);
        let steps = self.terms.iter().flat_map(|terms| &terms.steps).map(String::as_str);
        self.scripts.iter().map(Text::as_str).chain(steps).any(|text| words.are_in(text))
    }

    /// Whether anything looks at the app after it was deployed.
    fn verifies_after(&self, deploys: &Done, practice: &Practice) -> bool {
        let words = &practice.verify;
        let in_names =
            self.terms.iter().flat_map(|terms| &terms.steps).any(|step| words.are_in(step));
        in_names || self.texts_after(deploys).any(|text| words.are_in(text))
    }

    /// The text of the job that runs after something.
    fn texts_after<'j>(&'j self, done: &'j Done) -> impl Iterator<Item = &'j str> {
        let texts = self.scripts.iter().enumerate().skip(done.script);
        texts.filter_map(|(number, text)| {
            if number > done.script {
                return Some(text.as_str());
            }
            let end = done.location.as_ref()?.range.end;
            let whole = text.location()?;
            // A file that it calls has a text of its own.
            let is_here = done.location.as_ref()?.file.path() == whole.file.path();
            let after = is_here.then(|| text.at_source(end)).flatten()?;
            text.as_str().get(after..)
        })
    }

    /// `pm2 restart all && pm2 save`
    fn saves_after_all(&self, judge: Judge<'_>) -> Option<Finding> {
        let done = self.on_all.first()?;
        for (number, text) in self.scripts.iter().enumerate().skip(done.script) {
            let from = match (&done.location, number == done.script) {
                (Some(location), true) => text.at_source(location.range.end).unwrap_or(text.len()),
                _ => 0,
            };
            let saves = ["pm2 save", "pm2 dump"].iter().filter_map(|save| {
                Some((text.as_str().get(from..)?.find(save)? + from, save.len()))
            });
            if let Some((at, len)) = saves.min()
                && let Some(location) = text.locate(at..at + len)
            {
                return judge.about("saved-after-all", &done.command, location);
            }
        }
        None
    }

    /// A test deploy that names processes of which nothing says that they are for tests. Where the
    /// inventory knows the workflow, it says whose they are.
    fn names_no_test(&self, judge: Judge<'_>, path: &Path, practice: &Practice) -> Option<Finding> {
        if self.on_named.is_empty() {
            return None;
        }
        let file = path.file_name()?.to_str()?;
        if judge.policy.config.environments_of(file).next().is_some() {
            return None;
        }
        let has = |name: &str, wanted: &str| {
            name.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(wanted))
        };
        let file = path.file_stem()?.to_string_lossy();
        let is_deploy = ["deploy", "deployment", "release", "publish", "cd"];
        let is_deploy = is_deploy.iter().any(|word| has(&file, word));
        let environment = self.terms.as_ref().and_then(|terms| terms.environment.as_deref());
        let is_test = |name: &str| practice.tests.iter().any(|word| has(name, word));
        if !(is_deploy && is_test(&file) || environment.is_some_and(is_test)) {
            return None;
        }
        let unsaid = |done: &&Done| {
            let elsewhere = matches!(&done.place, Place::Remote(host) if is_test(host));
            !elsewhere && !done.targets.is_empty() && !done.targets.iter().any(|name| is_test(name))
        };
        let done = self.on_named.iter().find(unsaid)?;
        let what = format!("`{}` names `{}`", done.command, done.targets.join(" "));
        judge.about("test-deploy-names", &what, done.location.clone()?)
    }
}
