//! Which statements have to be read for those that matter.

use super::{Does, Span, Survey, words::names};
use crate::script::{run::Run, shell::State};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// What has to be read of a text and of the functions that it calls.
#[derive(Debug)]
pub struct Needs {
    /// Names that stand in what is read, as far as anything sets them: whoever does is read as well.
    names: HashSet<String>,
    functions: Functions,
    /// Whether something in it can have an effect, lead to other code or set something for later.
    matters: bool,
}

/// What a call of each function does.
#[derive(Debug, Default)]
struct Functions(HashMap<String, Called>);

/// What the call of a function does.
#[derive(Clone, Debug, Default)]
struct Called {
    matters: bool,
    reads_all: bool,
    steers: bool,
    writes: bool,
    leaves_code: bool,
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
        self.leaves_code |= does.leaves_code;
        let named = |spans: &[Span]| -> Vec<String> {
            spans.iter().map(|span| text[span.clone()].to_owned()).collect()
        };
        self.sets.extend(named(&does.sets));
        self.calls.extend(named(&does.calls));
    }

    /// Takes in what the functions do that it calls.
    fn take_in(&mut self, other: &Self) -> bool {
        let size = |called: &Self| {
            let Self { matters, reads_all, steers, writes, leaves_code, sets, calls } = called;
            (*matters, *reads_all, *steers, *writes, *leaves_code, sets.len(), calls.len())
        };
        let before = size(self);
        self.matters |= other.matters;
        self.reads_all |= other.reads_all;
        self.steers |= other.steers;
        self.writes |= other.writes;
        self.leaves_code |= other.leaves_code;
        self.sets.extend(other.sets.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
        before != size(self)
    }
}

impl Functions {
    /// Notes a function, or another body that one may have.
    fn define(&mut self, run: &mut Run, name: &str, body: &str) -> Option<()> {
        let survey = run.survey(body, 1)?;
        self.0.entry(name.to_owned()).or_default().add(body, &survey.whole);
        Some(())
    }

    /// A function does what the functions do that it calls.
    fn follow_calls(&mut self) {
        let names: Vec<String> = self.0.keys().cloned().collect();
        let mut changes = true;
        while std::mem::take(&mut changes) {
            for name in &names {
                let Some(function) = self.0.get(name) else { continue };
                let called: Vec<Called> = function
                    .calls
                    .iter()
                    .filter(|called| *called != name)
                    .filter_map(|called| self.0.get(called).cloned())
                    .collect();
                if let Some(function) = self.0.get_mut(name) {
                    for called in &called {
                        changes |= function.take_in(called);
                    }
                }
            }
        }
    }

    /// The functions that are called by a statement of `text`.
    fn called<'n>(&'n self, text: &'n str, does: &'n Does) -> impl Iterator<Item = &'n Called> {
        does.calls.iter().filter_map(|name| self.0.get(&text[name.clone()]))
    }

    /// Whether a statement of `text` has to be read where these names have to be known.
    fn need(&self, names: &HashSet<String>, text: &str, does: &Does) -> bool {
        does.matters
            || does.steers
            || does.writes
            || does.returns
            || does.breaks
            || does.sets.iter().any(|name| names.contains(&text[name.clone()]))
            || self.called(text, does).any(|function| {
                function.matters
                    || function.steers
                    || function.writes
                    || function.sets.iter().any(|name| names.contains(name))
            })
    }
}

/// The names that stand in what is read.
struct Mentioned<'t> {
    /// Those that something sets; of no others anybody asks.
    set: HashSet<&'t str>,
    names: HashSet<String>,
}

impl Mentioned<'_> {
    /// Notes the names in what is read.
    fn read(&mut self, text: &str) {
        names(text).for_each(|name| self.name(&text[name]));
    }

    fn name(&mut self, name: &str) {
        if self.set.contains(name) && !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
    }
}

impl Needs {
    /// What has to be read of `text`, in a shell that knows `state`; nothing if all of it has.
    pub fn of(run: &mut Run, text: &str, survey: &Survey, state: &State) -> Option<Self> {
        if survey.whole.reads_all || !state.aliases.is_empty() || state.options.allexport {
            return None;
        }
        let mut functions = Functions::default();
        for (name, function) in state.functions.all() {
            for body in &function.bodies {
                functions.define(run, name, body.as_str())?;
            }
        }
        let mut bodies: Vec<(String, &str)> = Vec::new();
        for (name, body) in &survey.functions {
            bodies.push((text[name.clone()].to_owned(), &text[body.clone()]));
        }
        while let Some((name, body)) = bodies.pop() {
            functions.define(run, &name, body)?;
            for (name, inner) in &run.survey(body, 1)?.functions {
                bodies.push((body[name.clone()].to_owned(), &body[inner.clone()]));
            }
        }
        functions.follow_calls();
        if functions.0.values().any(|function| function.reads_all) {
            return None;
        }
        let matters = survey.whole.matters
            || functions.called(text, &survey.whole).any(|function| function.matters);
        let names = match matters {
            true => names_to_know(text, survey, state, &functions),
            false => HashSet::default(),
        };
        Some(Self { names, functions, matters })
    }

    /// Whether nothing in `text` matters, and nothing of it that has to be read leaves a file that
    /// may be code.
    pub fn are_none(&self, text: &str, survey: &Survey) -> bool {
        let leaves = |does: &Does| {
            (does.leaves_code || self.functions.called(text, does).any(|called| called.leaves_code))
                && self.have(text, does)
        };
        !self.matters && !survey.statements.values().any(leaves)
    }

    /// Whether a statement of `text` has to be read.
    fn have(&self, text: &str, does: &Does) -> bool {
        self.functions.need(&self.names, text, does)
    }
}

/// The names of which it has to be known what they are, to know what matters in `text`.
fn names_to_know(
    text: &str,
    survey: &Survey,
    state: &State,
    functions: &Functions,
) -> HashSet<String> {
    let here = survey.whole.sets.iter().map(|name| &text[name.clone()]);
    let inside = functions.0.values().flat_map(|function| &function.sets).map(String::as_str);
    let set: HashSet<&str> = here.chain(inside).collect();
    if set.is_empty() {
        return HashSet::default();
    }
    let mut mentioned = Mentioned { set, names: HashSet::default() };
    state.exported_names().for_each(|name| mentioned.name(name));
    for (_, function) in state.functions.all() {
        function.bodies.iter().for_each(|body| mentioned.read(body.as_str()));
    }
    let mut left: Vec<(&Span, &Does)> = survey.statements.iter().collect();
    loop {
        let known = left.len();
        let mut read = Vec::new();
        left.retain(|(span, does)| {
            let needed = functions.need(&mentioned.names, text, does);
            read.extend(needed.then_some((*span, *does)));
            !needed
        });
        if left.len() == known {
            return mentioned.names;
        }
        for (span, does) in read {
            mentioned.read(&text[span.clone()]);
            does.elsewhere.iter().for_each(|span| mentioned.read(&text[span.clone()]));
        }
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
        does.is_none_or(|does| self.needs.have(text, does))
    }
}
