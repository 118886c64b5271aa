use super::{
    code::Span,
    knowledge::{Facts, Knowledge, all, any},
    state::Evaluator,
    syntax::{Binds, Case, Each, Expression, Loop, Statement, StatementKind, Try},
    thing::{List, Thing},
};
use crate::invocation::{Hole, Selection};

/// Whether what follows a statement is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    On,
    Left,
}

impl Evaluator<'_> {
    /// Runs the statements of a block or a script.
    pub fn statements(&mut self, statements: &[Statement]) -> Flow {
        self.hoist(statements);
        let facts = self.facts.len();
        let flow = self.statement_list(statements);
        self.facts.truncate(facts);
        flow
    }

    fn statement_list(&mut self, statements: &[Statement]) -> Flow {
        for statement in statements {
            if self.statement(statement) == Flow::Left {
                return Flow::Left;
            }
        }
        Flow::On
    }

    /// Declares functions and classes, which can be used before they stand.
    fn hoist(&mut self, statements: &[Statement]) {
        for statement in statements {
            if let StatementKind::Definition(name, value) = &statement.kind {
                let thing = self.evaluate(value);
                self.declare(name, thing, false);
            }
        }
    }

    pub fn statement(&mut self, statement: &Statement) -> Flow {
        if !self.enter(statement.at) {
            return Flow::On;
        }
        let flow = self.statement_of_kind(statement);
        self.leave();
        flow
    }

    fn statement_of_kind(&mut self, statement: &Statement) -> Flow {
        match &statement.kind {
            StatementKind::Expression(expression) => match self.evaluate(expression) {
                Thing::Never => Flow::Left,
                _ => Flow::On,
            },
            StatementKind::Definition(..) => Flow::On,
            StatementKind::Block(statements) => {
                let outer = self.open_scope(self.scope);
                let flow = self.statements(statements);
                self.scope = outer;
                flow
            }
            StatementKind::Group(statements) => {
                self.hoist(statements);
                self.statement_list(statements)
            }
            StatementKind::If(branches) => self.if_statement(branches),
            StatementKind::Return(value) => {
                let thing = value.as_ref().map_or(Thing::Undefined, |value| self.evaluate(value));
                self.returns(thing);
                Flow::Left
            }
            StatementKind::Throw(value) => {
                value.as_ref().map(|value| self.evaluate(value));
                Flow::Left
            }
            StatementKind::Leave => Flow::Left,
            StatementKind::Each(each) => {
                self.each(each, statement.at);
                Flow::On
            }
            StatementKind::Loop(parts) => {
                self.loop_statement(parts);
                Flow::On
            }
            StatementKind::Try(parts) => self.try_statement(parts),
            StatementKind::Switch(subject, cases) => {
                self.switch(subject, cases);
                Flow::On
            }
            StatementKind::ImportAll(module) => {
                self.import_all(module);
                Flow::On
            }
        }
    }

    /// Keeps what a function returns, with what is known where it does.
    fn returns(&mut self, thing: Thing) {
        let Some(frame) = self.frames.last() else { return };
        let thing = match self.settled(thing) {
            Thing::Test(known) => {
                Thing::Test(known.given(self.facts.get(frame.facts..).unwrap_or_default()))
            }
            thing => thing,
        };
        if let Some(frame) = self.frames.last_mut() {
            let result = frame.result.take();
            frame.result = Some(result.map_or(thing.clone(), |known| known.or(thing)));
        }
    }

    /// After it is known what holds in each of the branches that do not leave.
    fn if_statement(&mut self, branches: &[(Option<Expression>, Statement)]) -> Flow {
        let outer = self.facts.len();
        let mut past: Option<Facts> = None;
        let mut may_reach_end = true;
        for (condition, body) in branches {
            let known = match condition {
                Some(condition) => self.evaluate(condition).knowledge(),
                None => Knowledge::constant(true),
            };
            let others = Some(self.facts[outer..].to_vec());
            if let Some(facts) = known.when_true
                && self.branch(facts.clone(), |this| this.statement(body)) == Flow::On
            {
                past = any(past, all(others, Some(facts)));
            }
            match known.when_false {
                Some(facts) => self.facts.extend(facts),
                None => {
                    may_reach_end = false;
                    break;
                }
            }
        }
        if may_reach_end {
            past = any(past, Some(self.facts[outer..].to_vec()));
        }
        self.facts.truncate(outer);
        let Some(past) = past else { return Flow::Left };
        self.facts.extend(past);
        Flow::On
    }

    fn each(&mut self, each: &Each, at: Span) {
        let list = self.evaluate(&each.list);
        let list = if each.by_key { self.unknown(at) } else { list };
        self.each_item(&list, each.target.at, |this, item| {
            let outer = this.open_scope(this.scope);
            this.bind(&each.target, item, each.binds);
            this.statement(&each.body);
            this.scope = outer;
        });
    }

    fn loop_statement(&mut self, parts: &Loop) {
        let outer = self.open_scope(self.scope);
        if let Some(first) = &parts.first {
            self.statement(first);
            self.forget_counters(first.at);
        }
        let known = match &parts.condition {
            Some(condition) => self.evaluate(condition).knowledge(),
            None => Knowledge::nothing(),
        };
        let facts = if parts.runs_at_least_once { Some(Facts::new()) } else { known.when_true };
        if let Some(facts) = facts {
            self.branch(facts, |this| {
                for part in &parts.body {
                    this.statement(part);
                }
            });
        }
        self.scope = outer;
    }

    /// What `for (let i = 0; …` declares changes in every round.
    fn forget_counters(&mut self, at: Span) {
        for (name, _) in self.names_of(self.scope) {
            let hole = Hole { written: name.clone(), ..self.hole(at) };
            let counter = Thing::Unknown(self.item(List::default(), Selection::Any, hole));
            self.declare(&name, counter, true);
        }
    }

    fn try_statement(&mut self, parts: &Try) -> Flow {
        let mut flow = self.branch(Facts::new(), |this| this.statement(&parts.body));
        for (target, body) in &parts.handlers {
            let caught = self.branch(Facts::new(), |this| {
                let outer = this.open_scope(this.scope);
                if let Some(target) = target {
                    let error = this.unknown(target.at);
                    this.bind(target, error, Binds::Variable);
                }
                let flow = this.statement(body);
                this.scope = outer;
                flow
            });
            if caught == Flow::On {
                flow = Flow::On;
            }
        }
        if let Some(last) = &parts.last
            && self.statement(last) == Flow::Left
        {
            flow = Flow::Left;
        }
        flow
    }

    fn switch(&mut self, subject: &Expression, cases: &[Case]) {
        let subject = self.evaluate(subject);
        // What is known where the case before falls through into the next.
        let mut reached: Option<Facts> = None;
        for case in cases {
            let known = match &case.labels {
                Some(labels) => labels.iter().fold(None, |known, label| {
                    let label = self.evaluate(label);
                    any(known, self.equal(&subject, &label).when_true)
                }),
                None => Some(Facts::new()),
            };
            reached = any(reached, known);
            let Some(facts) = reached.clone() else { continue };
            let flow = self.branch(facts, |this| this.statement_list(&case.body));
            if flow == Flow::Left || !case.falls_through {
                reached = None;
            }
        }
    }
}
