//! Statements, declarations and imports.

use super::JavaScript;
use crate::script::evaluator::{
    code::{children, only_child},
    lowering::Lowering,
    syntax::{
        Binds, Case, Each, Expression, Kind, Loop, Statement, StatementKind, Target, TargetKind,
        Try,
    },
};
use tree_sitter::Node;

impl Lowering<'_, JavaScript> {
    pub fn statement_kind(&mut self, node: Node<'_>) -> StatementKind {
        match node.kind() {
            "statement_block" => StatementKind::Block(self.statements(node)),
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                self.declaration(node)
            }
            "function_declaration" | "generator_function_declaration" | "class_declaration" => {
                self.definition(node)
            }
            "if_statement" => StatementKind::If(self.branches(node)),
            "return_statement" => {
                StatementKind::Return(only_child(node).map(|value| self.expression(value)))
            }
            "throw_statement" => {
                StatementKind::Throw(only_child(node).map(|value| self.expression(value)))
            }
            "break_statement" | "continue_statement" => StatementKind::Leave,
            "for_in_statement" => self.for_in(node),
            "for_statement" => StatementKind::Loop(Box::new(Loop {
                first: self.part(node, "initializer"),
                condition: self.condition(node),
                body: ["body", "increment"].iter().filter_map(|p| self.part(node, p)).collect(),
                runs_at_least_once: false,
            })),
            "while_statement" | "do_statement" => StatementKind::Loop(Box::new(Loop {
                first: None,
                condition: self.condition(node),
                body: self.part(node, "body").into_iter().collect(),
                runs_at_least_once: node.kind() == "do_statement",
            })),
            "try_statement" => self.try_statement(node),
            "switch_statement" => self.switch(node),
            "labeled_statement" | "with_statement" => {
                StatementKind::Group(self.part(node, "body").into_iter().collect())
            }
            "import_statement" => self.import(node),
            "export_statement" => self.export(node),
            "else_clause" | "finally_clause" => StatementKind::Group(
                only_child(node).map(|body| self.statement(body)).into_iter().collect(),
            ),
            "ERROR" => StatementKind::Block(self.statements(node)),
            kind if kind.ends_with("_declaration") => StatementKind::Group(Vec::new()),
            _ => StatementKind::Expression(self.expression(node)),
        }
    }

    fn part(&mut self, node: Node<'_>, name: &str) -> Option<Statement> {
        node.child_by_field_name(name).map(|part| self.statement(part))
    }

    fn condition(&mut self, node: Node<'_>) -> Option<Expression> {
        node.child_by_field_name("condition").map(|condition| self.expression(condition))
    }

    /// `const`, `let` or `var`.
    fn declaration(&mut self, node: Node<'_>) -> StatementKind {
        let binds = match node.child(0).map(|kind| kind.kind()) {
            Some("const") => Binds::Constant,
            _ => Binds::Variable,
        };
        let mut declared = Vec::new();
        for declarator in children(node) {
            let Some(name) = declarator.child_by_field_name("name") else { continue };
            let value = match declarator.child_by_field_name("value") {
                Some(value) => self.expression(value),
                None => self.expression_of(declarator, Kind::Nothing),
            };
            declared.push(Statement::assignment(self.target(name), value, binds));
        }
        StatementKind::Group(declared)
    }

    fn definition(&mut self, node: Node<'_>) -> StatementKind {
        let kind = match node.kind() {
            "class_declaration" => self.class(node),
            _ => self.function(node),
        };
        let value = self.expression_of(node, kind);
        match node.child_by_field_name("name") {
            Some(name) => StatementKind::Definition(self.source(name).to_owned(), value),
            None => StatementKind::Expression(value),
        }
    }

    /// `if`, `else if` and `else`: chains may be long.
    fn branches(&mut self, node: Node<'_>) -> Vec<(Option<Expression>, Statement)> {
        let mut branches = Vec::new();
        let mut next = Some(node);
        while let Some(branch) = next.take() {
            if branch.kind() != "if_statement" {
                branches.push((None, self.statement(branch)));
                break;
            }
            let condition = self.condition(branch);
            if let (Some(condition), Some(body)) = (condition, self.part(branch, "consequence")) {
                branches.push((Some(condition), body));
            }
            next = branch.child_by_field_name("alternative").and_then(only_child);
        }
        branches
    }

    fn for_in(&mut self, node: Node<'_>) -> StatementKind {
        let part = |name| node.child_by_field_name(name);
        let (Some(left), Some(right), Some(body)) = (part("left"), part("right"), part("body"))
        else {
            return StatementKind::Group(Vec::new());
        };
        let binds = match part("kind").map(|kind| kind.kind()) {
            Some("const") => Binds::Constant,
            Some(_) => Binds::Variable,
            None => Binds::Existing,
        };
        StatementKind::Each(Box::new(Each {
            target: self.target(left),
            binds,
            list: self.expression(right),
            by_key: part("operator").is_some_and(|operator| operator.kind() == "in"),
            body: self.statement(body),
        }))
    }

    fn try_statement(&mut self, node: Node<'_>) -> StatementKind {
        let Some(body) = self.part(node, "body") else { return StatementKind::Group(Vec::new()) };
        let handler = node.child_by_field_name("handler").and_then(|handler| {
            let parameter = handler.child_by_field_name("parameter");
            let target = parameter.map(|parameter| self.target(parameter));
            Some((target, self.part(handler, "body")?))
        });
        let last = node.child_by_field_name("finalizer").and_then(|f| self.part(f, "body"));
        StatementKind::Try(Box::new(Try { body, handlers: handler.into_iter().collect(), last }))
    }

    fn switch(&mut self, node: Node<'_>) -> StatementKind {
        let (Some(subject), Some(body)) =
            (node.child_by_field_name("value"), node.child_by_field_name("body"))
        else {
            return StatementKind::Group(Vec::new());
        };
        let mut cases = Vec::new();
        for case in children(body) {
            let label = case.child_by_field_name("value");
            let statements = children(case).into_iter().skip(usize::from(label.is_some()));
            cases.push(Case {
                labels: label.map(|label| vec![self.expression(label)]),
                body: statements.map(|statement| self.statement(statement)).collect(),
                falls_through: true,
            });
        }
        StatementKind::Switch(self.expression(subject), cases)
    }

    /// `import … from 'module'`.
    fn import(&mut self, node: Node<'_>) -> StatementKind {
        let Some(source) = node.child_by_field_name("source") else {
            return StatementKind::Group(Vec::new());
        };
        let name = self.string(source).to_string();
        let clauses = children(node).into_iter().filter(|child| child.kind() == "import_clause");
        let mut imports = Vec::new();
        for part in clauses.flat_map(children) {
            let target = match part.kind() {
                "identifier" => {
                    let default = self.part_of_module("default", part, part);
                    Target { at: self.at(part), kind: TargetKind::Fields(vec![default]) }
                }
                "namespace_import" => match only_child(part) {
                    Some(name) => self.target(name),
                    None => continue,
                },
                _ => {
                    let mut names = Vec::new();
                    for specifier in children(part) {
                        let Some(named) = specifier.child_by_field_name("name") else { continue };
                        let alias = specifier.child_by_field_name("alias").unwrap_or(named);
                        let name = self.source(named).to_owned();
                        names.push(self.part_of_module(&name, named, alias));
                    }
                    Target { at: self.at(part), kind: TargetKind::Fields(names) }
                }
            };
            let module = self.expression_of(source, Kind::Import(name.clone()));
            imports.push(Statement::assignment(target, module, Binds::Constant));
        }
        if imports.is_empty() {
            // Only for what it does.
            return StatementKind::Expression(self.expression_of(source, Kind::Import(name)));
        }
        StatementKind::Group(imports)
    }

    fn part_of_module(
        &mut self,
        name: &str,
        at: Node<'_>,
        alias: Node<'_>,
    ) -> (Expression, Target) {
        let key = Kind::Text(crate::invocation::Value::known(self.code.made_up(name, self.at(at))));
        (self.expression_of(at, key), self.target(alias))
    }

    fn export(&mut self, node: Node<'_>) -> StatementKind {
        if let Some(declaration) = node.child_by_field_name("declaration") {
            return self.statement(declaration).kind;
        }
        match node.child_by_field_name("value") {
            Some(value) => {
                let value = self.expression(value);
                let default = Target::named("default", self.at(node));
                StatementKind::Group(vec![Statement::assignment(default, value, Binds::Constant)])
            }
            None => StatementKind::Group(Vec::new()),
        }
    }
}
