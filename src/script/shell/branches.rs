//! `&&`, `||`, `if` and `case`: what is read where it is known which way is taken, and where not.

use super::{
    Done, Output, Shell,
    conditions::agreed,
    patterns::Pattern,
    statements::Unit,
    syntax::{ArmEnd, Case, Clause, If, Link, Span, Statement},
    variable::{Fact, Facts},
};
use crate::{
    invocation::{Value, Word},
    source::Text,
};

impl Shell<'_> {
    /// Reads a condition: its failure does not end the script.
    pub(super) fn condition(&mut self, read: impl FnOnce(&mut Self) -> Done) -> Done {
        self.checked += 1;
        let done = read(self);
        self.checked -= 1;
        done
    }

    /// Reads `a && b || c`: each of them in turn, if what is before it lets it.
    pub(super) fn list(
        &mut self,
        unit: &Unit<'_>,
        first: &Statement,
        rest: &[(Link, Statement)],
        depth: usize,
    ) -> Done {
        let mut done = self.condition(|shell| shell.statement(unit, first, depth + 1));
        for (position, (link, next)) in rest.iter().enumerate() {
            if self.state.ended {
                break;
            }
            let read = |shell: &mut Self| shell.statement(unit, next, depth + 1);
            done = match position + 1 == rest.len() {
                true => self.linked(done, *link, read),
                false => self.condition(|shell| shell.linked(done, *link, read)),
            };
        }
        done
    }

    /// Reads what is linked to what comes before it.
    fn linked(&mut self, first: Done, link: Link, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let needs = link == Link::And;
        if first.success == Some(!needs) {
            return first;
        }
        let (before, after) = match needs {
            true => (&first.facts.holds, &first.facts.fails),
            false => (&first.facts.fails, &first.facts.holds),
        };
        let skipped = first.success.is_none().then(|| self.state.clone());
        self.state.learn(before);
        self.state.status = Some(needs).filter(|_| needs);
        let second = read(self);
        let Some(mut skipped) = skipped else {
            let facts = if needs { first.facts.and(second.facts) } else { second.facts };
            let output = first.output.and(second.output);
            return Done { output, success: second.success, facts };
        };
        skipped.learn(after);
        // What comes after `|| exit` was successful.
        let success = self.state.ended.then_some(!needs);
        skipped.status = Some(!needs);
        self.state = std::mem::take(&mut self.state).or(skipped);
        let facts = match needs {
            true => first.facts.and(second.facts),
            false => first.facts.or(second.facts),
        };
        Done { output: first.output.and(second.output.or(Output::Silent)), success, facts }
    }

    pub(super) fn if_statement(&mut self, unit: &Unit<'_>, parts: &If, depth: usize) -> Done {
        self.arms(unit, &parts.condition, &parts.body, &parts.others, depth)
    }

    /// A condition, the statements for when it holds, and the clauses for when it does not.
    fn arms(
        &mut self,
        unit: &Unit<'_>,
        condition: &[Statement],
        body: &[Statement],
        others: &[Clause],
        depth: usize,
    ) -> Done {
        let held = self.condition(|shell| shell.statements(unit, condition, depth));
        if self.state.ended {
            return held;
        }
        match held.success {
            Some(true) => {
                self.state.learn(&held.facts.holds);
                let done = self.statements(unit, body, depth);
                return Done { output: held.output.and(done.output), ..done };
            }
            Some(false) => {
                self.state.learn(&held.facts.fails);
                let done = self.other_arms(unit, others, depth);
                return Done { output: held.output.and(done.output), ..done };
            }
            None => {}
        }
        let before = self.state.clone();
        self.state.learn(&held.facts.holds);
        let first = self.statements(unit, body, depth);
        let taken = std::mem::replace(&mut self.state, before);
        self.state.learn(&held.facts.fails);
        let second = self.other_arms(unit, others, depth);
        self.state = taken.or(std::mem::take(&mut self.state));
        let success = if first.success == second.success { first.success } else { None };
        Done::printing(held.output.and(first.output.or(second.output)), success)
    }

    fn other_arms(&mut self, unit: &Unit<'_>, others: &[Clause], depth: usize) -> Done {
        match others.split_first() {
            None => Done::silent(Some(true)),
            Some((Clause { condition: None, body }, _)) => self.statements(unit, body, depth + 1),
            Some((Clause { condition: Some(condition), body }, rest)) => {
                self.arms(unit, condition, body, rest, depth + 1)
            }
        }
    }

    pub(super) fn case_statement(&mut self, unit: &Unit<'_>, parts: &Case, depth: usize) -> Done {
        let written = unit.slice(&parts.subject);
        let mut value = self.value(&written);
        let name = sole_variable(written.as_str());
        let mut ends: Option<(super::State, Output)> = None;
        // An arm that falls through to the next one makes that one possible, too.
        let (mut certain, mut falls) = (false, None);
        for arm in &parts.arms {
            let matches = self.matching(unit, &arm.patterns, &value);
            let chosen = agreed(matches.iter().map(|(_, held)| *held));
            let before = self.state.clone();
            let fallen: Option<super::State> = falls.take();
            if chosen == Some(false) && fallen.is_none() {
                continue;
            }
            if let Some(name) = &name
                && chosen != Some(true)
                && let Some(known) = self.narrowed(&matches, &value)
            {
                self.state.learn(&[Fact::Is(name.clone(), known)]);
            }
            if let Some(fallen) = fallen {
                self.state = match chosen {
                    Some(false) => fallen,
                    _ => std::mem::take(&mut self.state).or(fallen),
                };
            }
            let done = self.statements(unit, &arm.body, depth);
            let after = std::mem::replace(&mut self.state, before);
            if arm.end == ArmEnd::FallsThrough {
                falls = Some(after.clone());
            }
            ends = Some(match ends {
                None => (after, done.output),
                Some((state, output)) => (state.or(after), output.or(done.output)),
            });
            if chosen == Some(true) {
                certain = true;
                if arm.end == ArmEnd::Leaves {
                    break;
                }
            }
            // What an arm takes for sure is not left for the others.
            value = self.rest(&matches, value);
        }
        let Some((state, output)) = ends else { return Done::silent(Some(true)) };
        if certain {
            self.state = state;
            return Done::printing(output, None);
        }
        self.state = state.or(std::mem::take(&mut self.state));
        Done::printing(output.or(Output::Silent), None)
    }

    /// For each word that the value may be: whether one of the patterns matches.
    fn matching(
        &mut self,
        unit: &Unit<'_>,
        patterns: &[Span],
        value: &Value,
    ) -> Vec<(Match, Option<bool>)> {
        let patterns: Vec<Value> = patterns.iter().map(|p| self.pattern(&unit.slice(p))).collect();
        let words = value.alternatives().iter().map(|word| {
            let held = patterns.iter().map(|pattern| matches_any(pattern, word));
            let exact = match patterns.as_slice() {
                // `@(a|b)` is no text.
                [pattern] => Some(pattern.clone()).filter(|pattern| {
                    pattern.text().is_some()
                        && !pattern.alternatives().iter().any(Pattern::has_groups)
                }),
                _ => None,
            };
            (Match { word: word.clone(), exact }, held.fold(Some(false), any))
        });
        words.collect()
    }

    /// What the value is in the arm that these matches choose, if that says more.
    fn narrowed(&self, matches: &[(Match, Option<bool>)], value: &Value) -> Option<Value> {
        let words = matches.iter().filter(|(_, held)| *held != Some(false)).map(|(found, held)| {
            match (held, &found.exact) {
                (None, Some(exact)) => exact.alternatives().first().cloned().unwrap_or_default(),
                _ => found.word.clone(),
            }
        });
        let words: Vec<Word> = words.collect();
        (!words.is_empty() && !value.alternatives().is_empty()).then(|| Value::any_of(words))
    }

    fn rest(&self, matches: &[(Match, Option<bool>)], value: Value) -> Value {
        let rest: Vec<Word> = matches
            .iter()
            .filter(|(_, held)| *held != Some(true))
            .map(|(found, _)| found.word.clone())
            .collect();
        if rest.is_empty() { value } else { Value::any_of(rest) }
    }
}

struct Match {
    word: Word,
    /// The only text that the pattern matches.
    exact: Option<Value>,
}

/// Whether one of the patterns that `pattern` may be matches.
pub(super) fn matches_any(pattern: &Value, word: &Word) -> Option<bool> {
    agreed(pattern.alternatives().iter().map(|pattern| Pattern::of(pattern)?.matches(word)))
}

/// `||` where some of it is unknown.
fn any(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// The variable that a word is nothing but: `$X`, `"${X}"`, `${X:-}`.
pub(super) fn sole_variable(written: &str) -> Option<String> {
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let rest = inner.unwrap_or(written).strip_prefix('$')?;
    let name = match rest.strip_prefix('{') {
        Some(braced) => {
            let name = braced.strip_suffix('}')?;
            name.strip_suffix(":-").or(name.strip_suffix('-')).unwrap_or(name)
        }
        None => rest,
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| name.to_owned())
}

impl Facts {
    /// That the variable is not empty which `written` is nothing but.
    pub fn not_empty(written: &Text) -> Vec<Fact> {
        sole_variable(written.as_str()).map(Fact::NotEmpty).into_iter().collect()
    }
}
