//! Loops. Where the rounds are known, each is read; otherwise one round is read until another one
//! would tell nothing new.

use super::{
    Done, Output, Shell,
    fields::together,
    state::{Ends, State},
    statements::Unit,
    syntax::{Counting, For, Span, While},
    variable::{Facts, one_of},
};
use crate::{
    invocation::Value,
    script::{Matters, relevance},
};

/// As many rounds are read one by one, in loops in loops together.
const MAX_ROUNDS: usize = 128;

/// And as many of which each may be the last: `while true` until something works.
const MAX_UNSURE_ROUNDS: usize = 8;

/// Rounds after which what still changes may be anything.
const PASSES: usize = 3;

impl Shell<'_> {
    pub(super) fn for_statement(
        &mut self,
        unit: &Unit<'_>,
        span: &Span,
        parts: &For,
        depth: usize,
    ) -> Done {
        let variable = unit.str(&parts.variable);
        let items = self.items(unit, parts.items.as_deref());
        let known = !parts.is_select
            && !items.iter().any(Value::splits)
            && items.len() * self.rounds <= MAX_ROUNDS;
        let read = |shell: &mut Self| shell.statements(unit, &parts.body.statements, depth + 1);
        if !known {
            let unknown = || State::unknown_variable(variable, unit.text.locate(span.clone()));
            let any = items.iter().map(|item| one_of(item, unknown)).reduce(Value::or);
            let any = any.unwrap_or_else(unknown);
            return self.some_rounds(|shell| {
                shell.state.set(variable, any.clone());
                read(shell)
            });
        }
        if !self.round_matters(unit.str(&parts.body.span))
            && let Some(any) = items.iter().cloned().reduce(Value::or)
            && let Some(done) = self.any_round(variable, any, read)
        {
            return done;
        }
        self.each_round(items.len(), |shell, round| {
            shell.state.set(variable, items[round].clone());
            read(shell)
        })
    }

    /// Reads one round for any item; nothing if that changes what the next finds.
    fn any_round(
        &mut self,
        variable: &str,
        any: Value,
        read: impl Fn(&mut Self) -> Done,
    ) -> Option<Done> {
        let (before, mark) = (self.state.clone(), self.left.len());
        self.state.set(variable, any);
        let start = self.state.clone();
        let done = self.each_round(1, |shell, _| read(shell));
        if self.state.same_with_files(&start) {
            return Some(done);
        }
        self.state = before;
        self.left.truncate(mark);
        None
    }

    /// Whether more than variables and files can depend on which item a round is for.
    fn round_matters(&self, body: &str) -> bool {
        let is_called = |name: &str| body.contains(name);
        self.heard
            || relevance::of_text(body) != Matters::Not
            || self.state.functions.names().any(is_called)
            || self.state.aliases.names().any(is_called)
    }

    /// What a `for` goes through. Alternatives of a word are taken together.
    fn items(&mut self, unit: &Unit<'_>, words: Option<&[Span]>) -> Vec<Value> {
        let Some(words) = words else { return self.state.positional.to_vec() };
        let mut items: Vec<Value> = Vec::new();
        for word in words {
            items.extend(together(&self.fields(&unit.slice(word))));
        }
        items
    }

    pub(super) fn while_statement(&mut self, unit: &Unit<'_>, parts: &While, depth: usize) -> Done {
        let wanted = !parts.is_until;
        self.while_holds(
            |shell| {
                let held = shell.condition(|shell| shell.statements(unit, &parts.condition, depth));
                let facts = if wanted { held.facts } else { held.facts.negated() };
                Done { success: held.success.map(|held| held == wanted), facts, ..held }
            },
            |shell| shell.statements(unit, &parts.body.statements, depth + 1),
            |_| {},
        )
    }

    pub(super) fn counting_loop(
        &mut self,
        unit: &Unit<'_>,
        counting: &Counting,
        depth: usize,
    ) -> Done {
        let read = |shell: &mut Self| shell.statements(unit, &counting.body.statements, depth + 1);
        let inner = unit.slice(&counting.header);
        let mut parts = Vec::new();
        let mut from = 0;
        for (at, _) in inner.as_str().match_indices(';') {
            parts.push(inner.slice(from..at));
            from = at + 1;
        }
        parts.push(inner.slice(from..inner.len()));
        let [first, condition, update] = parts.as_slice() else {
            return self.some_rounds(read);
        };
        self.numbers(first);
        self.while_holds(
            |shell| match condition.as_str().trim().is_empty() {
                true => Done::silent(Some(true)),
                false => Done::silent(shell.is_true(condition)),
            },
            read,
            |shell| {
                shell.numbers(update);
            },
        )
    }

    /// Reads rounds while the condition is known to hold, and then as many as there may be.
    fn while_holds(
        &mut self,
        mut condition: impl FnMut(&mut Self) -> Done,
        mut body: impl FnMut(&mut Self) -> Done,
        mut update: impl FnMut(&mut Self),
    ) -> Done {
        let mark = self.left.len();
        let mut output = Output::Silent;
        let most = MAX_ROUNDS / self.rounds;
        let mut exits: Option<State> = None;
        let outer = self.rounds;
        self.rounds = (self.rounds * 8).min(MAX_ROUNDS);
        let mut known = true;
        let mut unsure = 0;
        let exited = std::mem::take(&mut self.exits);
        for _ in 0..most {
            let before = self.state.clone();
            let input = self.stdin.clone();
            let held = condition(self);
            output = output.and(held.output);
            if self.state.ended || held.success == Some(false) {
                known = false;
                break;
            }
            if held.success.is_none() {
                // Read once more, below.
                self.state = before;
                self.stdin = input;
                break;
            }
            self.state.learn(&held.facts.holds);
            let done = body(self);
            output = output.and(done.output);
            self.settle(mark, &mut exits);
            if self.state.ended {
                known = false;
                break;
            }
            unsure += usize::from(exits.is_some() || self.exits);
            update(self);
            if self.state.same(&before) && !self.consumed(&input) {
                // It goes on like this until something leaves it.
                self.state.ended = true;
                known = false;
                break;
            }
            if unsure == MAX_UNSURE_ROUNDS {
                break;
            }
        }
        self.rounds = outer;
        self.exits |= exited;
        if known {
            let done = self.some_rounds(|shell| {
                let held = condition(shell);
                if shell.state.ended {
                    return held;
                }
                let mut skipped = shell.state.clone();
                skipped.learn(&held.facts.fails);
                shell.state.learn(&held.facts.holds);
                let done = body(shell);
                update(shell);
                let state = std::mem::take(&mut shell.state);
                shell.state = state.or(skipped);
                Done::printing(held.output.and(done.output), None)
            });
            output = output.and(done.output);
        }
        self.leave(exits);
        Done { output, success: None, facts: Facts::default() }
    }

    fn consumed(&self, before: &Output) -> bool {
        match (before, &self.stdin) {
            (Output::Known(before), Output::Known(now)) => !super::variable::same(before, now),
            _ => false,
        }
    }

    /// Reads as many rounds, one after the other.
    fn each_round(
        &mut self,
        rounds: usize,
        mut read: impl FnMut(&mut Self, usize) -> Done,
    ) -> Done {
        let mark = self.left.len();
        let (mut output, mut exits) = (Output::Silent, None);
        let outer = self.rounds;
        self.rounds = outer * rounds.max(1);
        for round in 0..rounds {
            let done = read(self, round);
            output = output.and(done.output);
            self.settle(mark, &mut exits);
            if self.state.ended {
                break;
            }
        }
        self.rounds = outer;
        self.leave(exits);
        Done::printing(output, None)
    }

    /// Reads a round of which there may be any number.
    fn some_rounds(&mut self, mut read: impl FnMut(&mut Self) -> Done) -> Done {
        let mark = self.left.len();
        let (mut output, mut exits) = (Output::Silent, None);
        let outer = self.rounds;
        self.rounds = (outer * 8).min(MAX_ROUNDS);
        let passes = if outer >= MAX_ROUNDS { 1 } else { PASSES };
        for pass in 1..=passes {
            let before = self.state.clone();
            let input = self.stdin.clone();
            let done = read(self);
            output = output.or(done.output);
            self.settle(mark, &mut exits);
            self.stdin = input;
            // None at all, or one more.
            self.state = before.clone().or(std::mem::take(&mut self.state));
            if self.state.same(&before) {
                break;
            }
            if pass + 1 >= passes {
                self.state.widen(&before);
            }
        }
        self.rounds = outer;
        self.leave(exits);
        Done::printing(output, None)
    }

    /// After a round: takes in what `continue` left, and keeps what `break` left for later.
    fn settle(&mut self, mark: usize, exits: &mut Option<State>) {
        for (way, state) in self.left.split_off(mark) {
            match way {
                Ends::Continue(1) => self.state = std::mem::take(&mut self.state).or(state),
                Ends::Break(1) => *exits = Some(joined(exits.take(), state)),
                Ends::Continue(levels) => self.left.push((Ends::Continue(levels - 1), state)),
                Ends::Break(levels) => self.left.push((Ends::Break(levels - 1), state)),
                Ends::Return => self.left.push((way, state)),
            }
        }
    }

    /// After the last round: what `break` left goes on here.
    fn leave(&mut self, exits: Option<State>) {
        if let Some(exits) = exits {
            self.state = std::mem::take(&mut self.state).or(exits);
        }
    }
}

pub(super) fn joined(one: Option<State>, other: State) -> State {
    match one {
        Some(one) => one.or(other),
        None => other,
    }
}
