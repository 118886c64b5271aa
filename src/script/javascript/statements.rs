use super::code::{children, only_child};
use super::evaluator::Evaluator;
use super::knowledge::{Facts, Knowledge, all, any};
use super::thing::{Function, Thing};
use tree_sitter::Node;

/// Whether what follows a statement is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    On,
    Left,
}

impl<'t> Evaluator<'t> {
    /// Runs the statements of a block, a script or a `case`.
    pub fn statements(&mut self, block: Node<'t>) -> Flow {
        let statements = children(block);
        for statement in &statements {
            self.hoist(*statement);
        }
        let facts = self.facts.len();
        let flow = self.statement_list(&statements);
        self.facts.truncate(facts);
        flow
    }

    fn statement_list(&mut self, statements: &[Node<'t>]) -> Flow {
        for statement in statements {
            if self.statement(*statement) == Flow::Left {
                return Flow::Left;
            }
        }
        Flow::On
    }

    /// Declares functions and classes, which can be used before they stand.
    fn hoist(&mut self, statement: Node<'t>) {
        let declaration = match statement.kind() {
            "export_statement" => statement.child_by_field_name("declaration"),
            _ => Some(statement),
        };
        let Some(declaration) = declaration else { return };
        if matches!(
            declaration.kind(),
            "function_declaration" | "generator_function_declaration" | "class_declaration"
        ) && let Some(name) = declaration.child_by_field_name("name")
        {
            let function = Thing::Function(Function { node: declaration, scope: self.scope });
            let name = self.code.parsed(name).to_owned();
            self.declare(&name, function, false);
        }
    }

    pub fn statement(&mut self, node: Node<'t>) -> Flow {
        if !self.enter(node) {
            return Flow::On;
        }
        let flow = self.statement_of_kind(node);
        self.leave();
        flow
    }

    fn statement_of_kind(&mut self, node: Node<'t>) -> Flow {
        match node.kind() {
            "statement_block" => {
                let outer = self.open_scope(self.scope);
                let flow = self.statements(node);
                self.scope = outer;
                return flow;
            }
            "expression_statement" => {
                let thing = only_child(node).map(|child| self.evaluate(child));
                return if matches!(thing, Some(Thing::Never)) { Flow::Left } else { Flow::On };
            }
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                self.declaration(node);
            }
            "if_statement" => return self.if_statement(node),
            "return_statement" => {
                let thing = only_child(node).map_or(Thing::Undefined, |child| self.evaluate(child));
                self.returns(thing);
                return Flow::Left;
            }
            "throw_statement" => {
                only_child(node).map(|child| self.evaluate(child));
                return Flow::Left;
            }
            "break_statement" | "continue_statement" => return Flow::Left,
            "for_in_statement" => self.for_in(node),
            "for_statement" => self.for_statement(node),
            "while_statement" | "do_statement" => self.while_statement(node),
            "try_statement" => return self.try_statement(node),
            "switch_statement" => self.switch(node),
            "labeled_statement" | "with_statement" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.statement(body);
                }
            }
            "import_statement" => self.import(node),
            "export_statement" => {
                if let Some(declaration) = node.child_by_field_name("declaration") {
                    return self.statement(declaration);
                }
                if let Some(value) = node.child_by_field_name("value") {
                    self.evaluate(value);
                }
            }
            "else_clause" => return only_child(node).map_or(Flow::On, |body| self.statement(body)),
            "ERROR" => {
                self.statements(node);
            }
            kind if kind.ends_with("_declaration") => {}
            _ => {
                self.evaluate(node);
            }
        }
        Flow::On
    }

    /// Keeps what a function returns, with what is known where it does.
    fn returns(&mut self, thing: Thing<'t>) {
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

    /// `if`, `else if` and `else`, in a loop: chains may be long. After it is known what holds in
    /// each of the branches that do not leave.
    fn if_statement(&mut self, node: Node<'t>) -> Flow {
        let outer = self.facts.len();
        let mut past: Option<Facts> = None;
        let mut next = Some(node);
        while let Some(branch) = next.take() {
            let is_else = branch.kind() != "if_statement";
            let (known, body) = if is_else {
                (Knowledge::constant(true), Some(branch))
            } else {
                next = branch.child_by_field_name("alternative").and_then(only_child);
                let condition = branch.child_by_field_name("condition");
                let known =
                    condition.map_or(Knowledge::nothing(), |c| self.evaluate(c).knowledge());
                (known, branch.child_by_field_name("consequence"))
            };
            let others = Some(self.facts[outer..].to_vec());
            if let (Some(facts), Some(body)) = (known.when_true, body)
                && self.branch(facts.clone(), |this| this.statement(body)) == Flow::On
            {
                past = any(past, all(others, Some(facts)));
            }
            match known.when_false {
                None => next = None,
                Some(facts) => {
                    self.facts.extend(facts);
                    if next.is_none() {
                        past = any(past, Some(self.facts[outer..].to_vec()));
                    }
                }
            }
        }
        self.facts.truncate(outer);
        let Some(past) = past else { return Flow::Left };
        self.facts.extend(past);
        Flow::On
    }

    fn for_in(&mut self, node: Node<'t>) {
        let (Some(left), Some(right), Some(body)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("right"),
            node.child_by_field_name("body"),
        ) else {
            return;
        };
        let list = self.evaluate(right);
        let by_key = node.child_by_field_name("operator").is_some_and(|o| o.kind() == "in");
        let list = if by_key { self.unknown(left) } else { list };
        let kind = node.child_by_field_name("kind").map(|kind| self.code.parsed(kind).to_owned());
        self.each_item(&list, left, |this, item| {
            let outer = this.open_scope(this.scope);
            match &kind {
                Some(kind) => this.bind(left, item, Some(kind)),
                None => this.bind(left, item, None),
            }
            this.statement(body);
            this.scope = outer;
        });
    }

    fn for_statement(&mut self, node: Node<'t>) {
        let outer = self.open_scope(self.scope);
        if let Some(first) = node.child_by_field_name("initializer") {
            self.statement(first);
            self.forget_counters(first);
        }
        let condition = node.child_by_field_name("condition");
        let known = condition.map_or(Knowledge::nothing(), |c| self.evaluate(c).knowledge());
        if let Some(facts) = known.when_true {
            self.branch(facts, |this| {
                for part in ["body", "increment"] {
                    node.child_by_field_name(part).map(|part| this.statement(part));
                }
            });
        }
        self.scope = outer;
    }

    /// What `for (let i = 0; …` declares changes in every round.
    fn forget_counters(&mut self, initializer: Node<'t>) {
        for declarator in children(initializer) {
            if let Some(name) = declarator.child_by_field_name("name")
                && name.kind() == "identifier"
            {
                let counter = self.unknown(name);
                let name = self.code.parsed(name).to_owned();
                self.declare(&name, counter, true);
            }
        }
    }

    fn while_statement(&mut self, node: Node<'t>) {
        let condition = node.child_by_field_name("condition");
        let known = condition.map_or(Knowledge::nothing(), |c| self.evaluate(c).knowledge());
        let facts =
            if node.kind() == "do_statement" { Some(Facts::new()) } else { known.when_true };
        if let (Some(facts), Some(body)) = (facts, node.child_by_field_name("body")) {
            self.branch(facts, |this| this.statement(body));
        }
    }

    fn try_statement(&mut self, node: Node<'t>) -> Flow {
        let mut flow = Flow::On;
        if let Some(body) = node.child_by_field_name("body") {
            flow = self.branch(Facts::new(), |this| this.statement(body));
        }
        if let Some(handler) = node.child_by_field_name("handler") {
            let caught = self.branch(Facts::new(), |this| this.catch(handler));
            if caught == Flow::On {
                flow = Flow::On;
            }
        }
        if let Some(last) =
            node.child_by_field_name("finalizer").and_then(|f| f.child_by_field_name("body"))
            && self.statement(last) == Flow::Left
        {
            flow = Flow::Left;
        }
        flow
    }

    fn catch(&mut self, handler: Node<'t>) -> Flow {
        let outer = self.open_scope(self.scope);
        if let Some(parameter) = handler.child_by_field_name("parameter") {
            let error = self.unknown(parameter);
            self.bind(parameter, error, Some("let"));
        }
        let body = handler.child_by_field_name("body");
        let flow = body.map_or(Flow::On, |body| self.statement(body));
        self.scope = outer;
        flow
    }

    fn switch(&mut self, node: Node<'t>) {
        let subject = node.child_by_field_name("value").map(|value| self.evaluate(value));
        let (Some(subject), Some(body)) = (subject, node.child_by_field_name("body")) else {
            return;
        };
        // What is known where the case before falls through into the next.
        let mut reached: Option<Facts> = None;
        for case in children(body) {
            let mut statements = children(case);
            let known = match case.child_by_field_name("value") {
                Some(label) => {
                    statements.remove(0);
                    let label = self.evaluate(label);
                    self.equal(&subject, &label).when_true
                }
                None => Some(Facts::new()),
            };
            reached = any(reached, known);
            let Some(facts) = reached.clone() else { continue };
            if self.branch(facts, |this| this.statement_list(&statements)) == Flow::Left {
                reached = None;
            }
        }
    }
}
