//! Which statements have to be read for those that matter.

use super::{Does, Span, Survey, words::names};
use crate::script::{run::Run, shell::State};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What has to be read of a text and of the functions that it calls.
#[derive(Debug)]
pub struct Needs {
    /// Names that stand in what is read: whoever sets one of them is read as well.
    names: HashSet<String>,
    /// What a call of each function does.
    functions: HashMap<String, Called>,
}

/// What the call of a function does.
#[derive(Clone, Debug, Default)]
struct Called {
    matters: bool,
    reads_all: bool,
    steers: bool,
    writes: bool,
    sets: HashSet<String>,
    calls: HashSet<String>,
}

impl Called {
    fn add(&mut self, text: &str, does: &Does) {
        self.matters |= does.matters;
        self.reads_all |= does.reads_all;
        // `break` leaves the loop around the call, and `return 1` fails, as `set -e` sees.
        self.steers |= does.steers || does.breaks || does.returns;
        self.writes |= does.writes;
        let named = |spans: &[Span]| -> Vec<String> {
            spans.iter().map(|span| text[span.clone()].to_owned()).collect()
        };
        self.sets.extend(named(&does.sets));
        self.calls.extend(named(&does.calls));
    }

    /// Takes in what the functions do that it calls.
    fn take_in(&mut self, other: &Self) -> bool {
        let size = |called: &Self| {
            let Self { matters, reads_all, steers, writes, sets, calls } = called;
            (*matters, *reads_all, *steers, *writes, sets.len(), calls.len())
        };
        let before = size(self);
        self.matters |= other.matters;
        self.reads_all |= other.reads_all;
        self.steers |= other.steers;
        self.writes |= other.writes;
        self.sets.extend(other.sets.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
        before != size(self)
    }
}

impl Needs {
    /// What has to be read of `text`, in a shell that knows `state`; nothing if all of it has.
    pub fn of(run: &mut Run, text: &str, survey: &Survey, state: &State) -> Option<Self> {
        if survey.whole.reads_all || !state.aliases.is_empty() || state.options.allexport {
            return None;
        }
        let mut needs = Self { names: HashSet::new(), functions: HashMap::new() };
        for (name, function) in state.functions.all() {
            for body in &function.bodies {
                needs.define(run, name, body.as_str())?;
            }
        }
        let mut bodies: Vec<(String, &str)> = Vec::new();
        for (name, body) in &survey.functions {
            bodies.push((text[name.clone()].to_owned(), &text[body.clone()]));
        }
        while let Some((name, body)) = bodies.pop() {
            needs.define(run, &name, body)?;
            for (name, inner) in &run.survey(body, 1)?.functions {
                bodies.push((body[name.clone()].to_owned(), &body[inner.clone()]));
            }
        }
        needs.follow_calls();
        if needs.functions.values().any(|function| function.reads_all) {
            return None;
        }
        if !needs.calls_what_matters(text, &survey.whole) {
            return Some(needs);
        }
        for name in state.exported_names() {
            needs.names.insert(name.to_owned());
        }
        for (_, function) in state.functions.all() {
            function.bodies.iter().for_each(|body| needs.mention(body.as_str()));
        }
        needs.grow(text, survey);
        Some(needs)
    }

    /// Notes a function, or another body that one may have.
    fn define(&mut self, run: &mut Run, name: &str, body: &str) -> Option<()> {
        let survey = run.survey(body, 1)?;
        self.functions.entry(name.to_owned()).or_default().add(body, &survey.whole);
        Some(())
    }

    /// A function does what the functions do that it calls.
    fn follow_calls(&mut self) {
        let names: Vec<String> = self.functions.keys().cloned().collect();
        let mut changes = true;
        while std::mem::take(&mut changes) {
            for name in &names {
                let Some(function) = self.functions.get(name) else { continue };
                let called: Vec<Called> = function
                    .calls
                    .iter()
                    .filter(|called| *called != name)
                    .filter_map(|called| self.functions.get(called).cloned())
                    .collect();
                if let Some(function) = self.functions.get_mut(name) {
                    for called in &called {
                        changes |= function.take_in(called);
                    }
                }
            }
        }
    }

    /// The functions that are called by a statement of `text`.
    fn called<'n>(&'n self, text: &'n str, does: &'n Does) -> impl Iterator<Item = &'n Called> {
        does.calls.iter().filter_map(|name| self.functions.get(&text[name.clone()]))
    }

    fn calls_what_matters(&self, text: &str, does: &Does) -> bool {
        does.matters || self.called(text, does).any(|function| function.matters)
    }

    /// Notes the names in what is read.
    fn mention(&mut self, text: &str) {
        for name in names(text) {
            if !self.names.contains(&text[name.clone()]) {
                self.names.insert(text[name].to_owned());
            }
        }
    }

    /// Finds all that has to be read for what matters.
    fn grow(&mut self, text: &str, survey: &Survey) {
        let mut left: Vec<(&Span, &Does)> = survey.statements.iter().collect();
        loop {
            let (read, rest): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|(_, does)| self.has(text, does));
            if read.is_empty() {
                return;
            }
            for (span, does) in read {
                self.mention(&text[span.clone()]);
                does.elsewhere.iter().for_each(|span| self.mention(&text[span.clone()]));
            }
            left = rest;
        }
    }

    /// Whether a statement of `text` has to be read.
    fn has(&self, text: &str, does: &Does) -> bool {
        let is_named = |name: &Span| self.names.contains(&text[name.clone()]);
        does.matters
            || does.steers
            || does.writes
            || does.returns
            || does.breaks
            || does.sets.iter().any(is_named)
            || self.called(text, does).any(|function| {
                function.matters
                    || function.steers
                    || function.writes
                    || function.sets.iter().any(|name| self.names.contains(name))
            })
    }
}

/// What has to be read of one text.
#[derive(Clone, Debug)]
pub struct Reads {
    pub needs: Arc<Needs>,
    pub survey: Arc<Survey>,
}

impl Reads {
    /// Whether a statement of `text` has to be read.
    pub fn wants(&self, text: &str, statement: &Span) -> bool {
        let does = self.survey.statements.get(statement);
        does.is_none_or(|does| self.needs.has(text, does))
    }
}
