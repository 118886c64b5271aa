//! Statements: lists, pipelines, subshells and functions.

use super::{
    Done, Output, Shell,
    redirections::RunsIn,
    state::{EndedBy, Function},
    survey::{Needs, Reads, Survey},
    syntax::{Kind, MAX_NESTING, Span, Statement},
};
use crate::{
    script::Unread,
    source::{Text, time_is_up},
};
use std::sync::Arc;

/// A parsed piece of shell text.
pub(super) struct Unit<'t> {
    pub text: &'t Text,
    /// Which of its statements have to be read; all, where nothing says it.
    reads: Option<Reads>,
}

impl Unit<'_> {
    pub fn slice(&self, span: &Span) -> Text {
        self.text.slice(span.clone())
    }

    pub fn str(&self, span: &Span) -> &str {
        &self.text.as_str()[span.clone()]
    }

    /// Whether a statement has to be read.
    fn wants(&self, statement: &Statement) -> bool {
        let wants = |reads: &Reads| reads.wants(self.text.as_str(), &statement.span);
        self.reads.as_ref().is_none_or(wants)
    }
}

impl Shell<'_> {
    /// Reads shell text of which everything counts.
    pub fn script(&mut self, text: &Text) -> Done {
        self.reads(text);
        self.with_needs(text, None)
    }

    /// Reads shell text in a shell that nobody sees from outside: what of it does not matter need
    /// not be read.
    pub fn script_alone(&mut self, text: &Text) -> Done {
        self.reads(text);
        if !self.run.selective || self.heard {
            return self.with_needs(text, None);
        }
        let Some(survey) = self.survey(text.as_str()) else { return self.with_needs(text, None) };
        let needs = Needs::of(self.run, text.as_str(), &survey, &self.state);
        if let Some(needs) = &needs
            && self.depth == 0
            && needs.are_none(text.as_str(), &survey)
        {
            // It still has to be told how much of it can be read at all.
            self.start_of(text, |_| None);
            return Done::default();
        }
        self.with_needs(text, needs)
    }

    /// Notes a text that is read.
    fn reads(&mut self, text: &Text) {
        if self.run.selective {
            self.run.reads(text);
        }
    }

    fn with_needs(&mut self, text: &Text, needs: Option<Needs>) -> Done {
        let outer = std::mem::replace(&mut self.needs, needs.map(Arc::new));
        let done = self.script_here(text);
        self.needs = outer;
        done
    }

    /// What the statements of a text do; what runs in other code may be fed by it.
    fn survey(&mut self, text: &str) -> Option<Arc<Survey>> {
        self.run.survey(text, usize::from(self.depth > 0))
    }

    /// Reads shell text that is part of the one that is being read.
    pub(super) fn script_here(&mut self, text: &Text) -> Done {
        // To parse anything takes as long as to expand a lot.
        if !self.run.spend(text.len() + 2_000) {
            return Done::default();
        }
        let text = &*self.start_of(text, |_| None);
        let Some(syntax) = self.run.syntax(text.as_str()) else {
            self.run.unread.push(Unread::code(text.location(), "the shell parser gave up on it"));
            return Done::default();
        };
        let reads = self.needs.clone().filter(|_| !self.heard).and_then(|needs| {
            let survey = self.survey(text.as_str())?;
            Some(Reads { needs, survey })
        });
        let unit = Unit { text, reads };
        let mut done = Done::silent(Some(true));
        let last = syntax.len().wrapping_sub(1);
        for (position, statement) in syntax.iter().enumerate() {
            // By its last statement, a text succeeds or fails.
            let counts = position == last && self.depth > 0;
            if !counts && !unit.wants(statement) {
                self.state.status = None;
                continue;
            }
            let new = std::mem::take(&mut self.state.new_aliases);
            self.state.aliases.extend(&new);
            let next = self.stated(&unit, statement, 1);
            done = done.then(next);
            if self.state.ended {
                break;
            }
        }
        done
    }

    /// Statements one after the other.
    pub(super) fn statements(
        &mut self,
        unit: &Unit<'_>,
        statements: &[Statement],
        depth: usize,
    ) -> Done {
        let mut done = Done::silent(Some(true));
        let last = statements.len().wrapping_sub(1);
        for (position, statement) in statements.iter().enumerate() {
            if position != last && !self.heard && !unit.wants(statement) {
                self.state.status = None;
                continue;
            }
            let next = self.stated(unit, statement, depth + 1);
            done = done.then(next);
            if self.state.ended {
                break;
            }
        }
        done
    }

    /// One statement of a list: in the background, or where `set -e` counts.
    fn stated(&mut self, unit: &Unit<'_>, statement: &Statement, depth: usize) -> Done {
        if statement.is_background {
            let state = self.state.subshell();
            let done = self.in_state(state, |shell| shell.statement(unit, statement, depth));
            self.state.status = Some(true);
            return Done::printing(done.output, Some(true));
        }
        let done = self.statement(unit, statement, depth);
        self.state.status = done.success;
        if self.state.options.errexit && self.checked == 0 && !self.state.ended {
            match (&statement.kind, done.success) {
                (Kind::List { .. } | Kind::Negated(_), _) => {}
                (_, Some(false)) => self.end(EndedBy::Failure),
                _ => self.state.learn(&done.facts.holds),
            }
        }
        done
    }

    /// An assignment fails only if what it substitutes does.
    pub(super) fn assigned(&mut self) -> Done {
        Done::silent(self.substituted.take().unwrap_or(Some(true)))
    }

    pub(super) fn statement(
        &mut self,
        unit: &Unit<'_>,
        statement: &Statement,
        depth: usize,
    ) -> Done {
        if time_is_up() {
            return Done::default();
        }
        if depth > MAX_NESTING {
            return self.too_deep(unit, &statement.span);
        }
        match &statement.kind {
            Kind::Command(command) => self.simple_command(unit, &statement.span, command),
            Kind::Assignments(assignments) => {
                self.substituted = None;
                for assignment in assignments {
                    self.assignment(unit, assignment);
                }
                self.assigned()
            }
            Kind::Declaration(declaration) => self.declaration(unit, declaration),
            Kind::Unset(words) => self.unset(unit, words),
            Kind::Redirected(body, redirects) => {
                self.with_redirections(unit, redirects, RunsIn::Shell, |shell| {
                    shell.statement(unit, body, depth + 1)
                })
            }
            Kind::Pipeline(parts) => self.pipeline(unit, parts, depth),
            Kind::List { first, rest } => self.list(unit, first, rest, depth),
            Kind::Negated(inner) => {
                let done = self.condition(|shell| shell.statement(unit, inner, depth + 1));
                let success = done.success.map(|success| !success);
                Done { success, facts: done.facts.negated(), ..done }
            }
            Kind::Subshell(inner) => {
                let state = self.state.subshell();
                self.in_state(state, |shell| shell.statements(unit, inner, depth))
            }
            Kind::Group(inner) => self.statements(unit, inner, depth),
            Kind::Condition(condition) => self.test(unit, condition),
            Kind::If(parts) => self.if_statement(unit, parts, depth),
            Kind::Case(parts) => self.case_statement(unit, parts, depth),
            Kind::For(parts) => self.for_statement(unit, &statement.span, parts, depth),
            Kind::While(parts) => self.while_statement(unit, parts, depth),
            Kind::Counting(parts) => self.counting_loop(unit, parts, depth),
            Kind::Function(name, body) => {
                let function = Function::of(unit.slice(body));
                self.state.functions.set(unit.str(name), function);
                Done::silent(Some(true))
            }
            Kind::Word(word) => {
                self.value(&unit.slice(word));
                Done::default()
            }
            Kind::Broken(commands) => self.broken(unit, &statement.span, commands),
            Kind::TooDeep => self.too_deep(unit, &statement.span),
            Kind::CutOff(commands) => self.cut_off(unit, &statement.span, commands),
        }
    }

    fn too_deep(&mut self, unit: &Unit<'_>, span: &Span) -> Done {
        let reason = format!("statements are nested more than {MAX_NESTING} deep here");
        self.run.unread.push(Unread::code(unit.text.locate(span.clone()), reason));
        Done::default()
    }

    fn pipeline(&mut self, unit: &Unit<'_>, parts: &[Statement], depth: usize) -> Done {
        let outer = self.stdin.clone();
        let (mut piped, mut last) = (Output::Silent, Done::default());
        for (position, part) in parts.iter().enumerate() {
            let state = self.state.subshell();
            let read = |shell: &mut Self| {
                shell.in_state(state, |shell| {
                    shell.condition(|shell| shell.statement(unit, part, depth + 1))
                })
            };
            last = self.that_may_fail(|shell| match position + 1 == parts.len() {
                true => read(shell),
                false => shell.heard(read),
            });
            piped = std::mem::take(&mut last.output).into_stages().after(piped);
            self.stdin = piped.clone();
            if position == 0 && matches!(self.stdin, Output::Silent) {
                self.stdin = outer.clone();
            }
        }
        let output = std::mem::replace(&mut self.stdin, outer);
        Done::printing(output, last.success)
    }
}
