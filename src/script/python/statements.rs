//! Statements, definitions and imports.

use super::Names;
use crate::{
    invocation::Value,
    script::evaluator::{
        code::{children, only_child},
        lowering::{Lowering, fields},
        syntax::{
            Binds, Body, Case, Class, Each, Expression, Function, Kind, Loop, Statement,
            StatementKind, Target, TargetKind, Try,
        },
    },
};
use std::rc::Rc;
use tree_sitter::Node;

/// Decorators that only say what a function is; all others may call it.
const PLAIN_DECORATORS: [&str; 10] = [
    "staticmethod",
    "classmethod",
    "property",
    "dataclass",
    "dataclasses",
    "contextmanager",
    "contextlib",
    "functools",
    "lru_cache",
    "abstractmethod",
];

impl Lowering<'_, Names> {
    pub fn statement_kind(&mut self, node: Node<'_>) -> StatementKind {
        match node.kind() {
            "block" | "ERROR" => StatementKind::Group(self.statements(node)),
            "function_definition" => {
                let value = self.function(node, None);
                self.definition(node, value)
            }
            "class_definition" => {
                let value = self.class(node);
                self.definition(node, value)
            }
            "decorated_definition" => self.decorated(node),
            "if_statement" => StatementKind::If(self.branches(node)),
            "for_statement" => self.for_statement(node),
            "while_statement" => {
                let each_round = StatementKind::Loop(Box::new(Loop {
                    first: None,
                    condition: self.part(node, "condition"),
                    body: self.body(node, "body").into_iter().collect(),
                    runs_at_least_once: false,
                }));
                self.with_else(node, each_round)
            }
            "try_statement" => self.try_statement(node),
            "with_statement" => self.with(node),
            "match_statement" => self.match_statement(node),
            "return_statement" => {
                StatementKind::Return(only_child(node).map(|value| self.expression(value)))
            }
            "raise_statement" => {
                StatementKind::Throw(only_child(node).map(|value| self.expression(value)))
            }
            "break_statement" | "continue_statement" => StatementKind::Leave,
            "import_statement" => StatementKind::Group(self.imports(node)),
            "import_from_statement" => self.import_from(node),
            "global_statement" | "nonlocal_statement" => {
                for name in children(node) {
                    let name = self.source(name).to_owned();
                    self.language.of_others.push(name);
                }
                StatementKind::Group(Vec::new())
            }
            "pass_statement" | "future_import_statement" => StatementKind::Group(Vec::new()),
            _ => StatementKind::Expression(self.expression(node)),
        }
    }

    fn part(&mut self, node: Node<'_>, name: &str) -> Option<Expression> {
        node.child_by_field_name(name).map(|part| self.expression(part))
    }

    fn body(&mut self, node: Node<'_>, name: &str) -> Option<Statement> {
        node.child_by_field_name(name).map(|body| self.statement(body))
    }

    fn definition(&mut self, node: Node<'_>, kind: Kind) -> StatementKind {
        let value = self.expression_of(node, kind);
        match node.child_by_field_name("name") {
            Some(name) => StatementKind::Definition(self.source(name).to_owned(), value),
            None => StatementKind::Expression(value),
        }
    }

    /// A function; the first parameter of a method is the object that it belongs to.
    fn function(&mut self, node: Node<'_>, receiver: Option<()>) -> Kind {
        let outer = std::mem::take(&mut self.language.of_others);
        let mut parameters = self.parameters(node);
        let receiver = match receiver {
            Some(()) if !parameters.is_empty() => parameters.remove(0).name().map(str::to_owned),
            _ => None,
        };
        let body = node.child_by_field_name("body");
        let body = Body::Block(body.map_or(vec![], |body| self.statements(body)));
        self.language.of_others = outer;
        Kind::Function(Rc::new(Function { parameters, receiver, body, at: self.at(node) }))
    }

    fn class(&mut self, node: Node<'_>) -> Kind {
        let bases = node.child_by_field_name("superclasses").and_then(only_child);
        let base = bases.map(|base| self.expression(base));
        let mut members = Vec::new();
        for member in node.child_by_field_name("body").map_or(vec![], children) {
            let definition = member.child_by_field_name("definition").unwrap_or(member);
            let is_static = children(member).iter().any(|part| {
                part.kind() == "decorator" && self.source(*part).ends_with("staticmethod")
            });
            if definition.kind() == "function_definition" {
                let Some(name) = definition.child_by_field_name("name") else { continue };
                let name = self.source(name).to_owned();
                let method = (!is_static).then_some(());
                let method = self.deeper(|this| this.function(definition, method));
                let method = self.expression_of(definition, method.unwrap_or(Kind::TooDeep));
                members.push((name, Some(method)));
            } else if let Some([left, right]) =
                only_child(definition).and_then(|inner| fields(inner, ["left", "right"]))
            {
                members.push((self.source(left).to_owned(), Some(self.expression(right))));
            }
        }
        Kind::Class(Rc::new(Class { base, members, at: self.at(node) }))
    }

    /// A function that decorators get: it is used as if it had none, but they may call it.
    fn decorated(&mut self, node: Node<'_>) -> StatementKind {
        let Some(definition) = node.child_by_field_name("definition") else {
            return StatementKind::Group(Vec::new());
        };
        let name = definition.child_by_field_name("name");
        let mut statements = vec![self.statement(definition)];
        for decorator in children(node).into_iter().filter(|part| part.kind() == "decorator") {
            let written = self.source(decorator).trim_start_matches(['@', ' ']);
            let first = written.split(['.', '(']).next().unwrap_or_default();
            let (Some(inner), Some(name)) = (only_child(decorator), name) else { continue };
            if PLAIN_DECORATORS.contains(&first) {
                continue;
            }
            let given = vec![self.expression(name)];
            let call = Kind::Call(Box::new(self.expression(inner)), given);
            let call = self.expression_of(decorator, call);
            let kind = StatementKind::Expression(call);
            statements.push(Statement { at: self.at(decorator), kind });
        }
        StatementKind::Group(statements)
    }

    fn branches(&mut self, node: Node<'_>) -> Vec<(Option<Expression>, Statement)> {
        let mut branches = Vec::new();
        let elses = children(node).into_iter().filter(|part| part.kind().ends_with("_clause"));
        for branch in [node].into_iter().chain(elses) {
            let condition = self.part(branch, "condition");
            let body = match condition {
                Some(_) => self.body(branch, "consequence"),
                None => self.body(branch, "body"),
            };
            if let Some(body) = body {
                branches.push((condition, body));
            }
        }
        branches
    }

    fn for_statement(&mut self, node: Node<'_>) -> StatementKind {
        let Some([left, right, body]) = fields(node, ["left", "right", "body"]) else {
            return StatementKind::Group(Vec::new());
        };
        let each = StatementKind::Each(Box::new(Each {
            target: self.target(left),
            binds: Binds::Variable,
            list: self.expression(right),
            by_key: false,
            body: self.statement(body),
        }));
        self.with_else(node, each)
    }

    /// A loop, and what is done after it.
    fn with_else(&mut self, node: Node<'_>, each_round: StatementKind) -> StatementKind {
        let Some(last) = node.child_by_field_name("alternative") else { return each_round };
        let first = Statement { at: self.at(node), kind: each_round };
        StatementKind::Group([first].into_iter().chain(self.body(last, "body")).collect())
    }

    fn try_statement(&mut self, node: Node<'_>) -> StatementKind {
        let Some(body) = self.body(node, "body") else { return StatementKind::Group(Vec::new()) };
        let (mut handlers, mut last, mut otherwise) = (Vec::new(), None, None);
        for clause in children(node) {
            let block = children(clause).into_iter().find(|part| part.kind() == "block");
            let Some(block) = block else { continue };
            match clause.kind() {
                "except_clause" | "except_group_clause" => {
                    let alias = clause.child_by_field_name("alias");
                    let alias = alias.map(|alias| self.target(alias));
                    handlers.push((alias, self.statement(block)));
                }
                "else_clause" => otherwise = Some(self.statement(block)),
                "finally_clause" => last = Some(self.statement(block)),
                _ => {}
            }
        }
        let body = match otherwise {
            Some(otherwise) => {
                let at = body.at.to(otherwise.at);
                Statement { at, kind: StatementKind::Group(vec![body, otherwise]) }
            }
            None => body,
        };
        StatementKind::Try(Box::new(Try { body, handlers, last }))
    }

    /// `with open(x) as name:` gives what it opens a name.
    fn with(&mut self, node: Node<'_>) -> StatementKind {
        let mut statements = Vec::new();
        let clause = children(node).into_iter().find(|part| part.kind() == "with_clause");
        for item in clause.map_or(vec![], children) {
            let Some(value) = item.child_by_field_name("value") else { continue };
            let alias = value.child_by_field_name("alias");
            let opened = match alias {
                Some(_) => only_child(value).unwrap_or(value),
                None => value,
            };
            let opened = self.expression(opened);
            let at = opened.at;
            statements.push(match alias {
                Some(alias) => Statement::assignment(self.target(alias), opened, Binds::OfFunction),
                None => Statement { at, kind: StatementKind::Expression(opened) },
            });
        }
        statements.extend(self.body(node, "body"));
        StatementKind::Group(statements)
    }

    fn match_statement(&mut self, node: Node<'_>) -> StatementKind {
        let Some([subject, body]) = fields(node, ["subject", "body"]) else {
            return StatementKind::Group(Vec::new());
        };
        let mut cases = Vec::new();
        for clause in children(body).into_iter().filter(|part| part.kind() == "case_clause") {
            let patterns = children(clause).into_iter().filter(|p| p.kind() == "case_pattern");
            let mut labels = Vec::new();
            for pattern in patterns.filter_map(only_child) {
                match pattern.kind() {
                    "union_pattern" => labels.extend(self.expressions(children(pattern))),
                    _ => labels.push(self.expression(pattern)),
                }
            }
            let is_any = labels.iter().any(|label| !matches!(label.kind, Kind::Template(_)));
            cases.push(Case {
                labels: (!is_any && !labels.is_empty()).then_some(labels),
                body: self.body(clause, "consequence").into_iter().collect(),
                falls_through: false,
            });
        }
        StatementKind::Switch(self.expression(subject), cases)
    }

    /// `import a.b as c, d`.
    fn imports(&mut self, node: Node<'_>) -> Vec<Statement> {
        let mut imports = Vec::new();
        for part in children(node) {
            let (name, alias) = match part.child_by_field_name("alias") {
                Some(alias) => (part.child_by_field_name("name").unwrap_or(part), Some(alias)),
                None => (part, None),
            };
            let path = self.source(name).to_owned();
            let (path, target) = match alias {
                Some(alias) => (path, self.target(alias)),
                // `import a.b` binds `a`.
                None => {
                    let first = path.split('.').next().unwrap_or_default().to_owned();
                    let target = Target::named(&first, self.at(name));
                    (first, target)
                }
            };
            let module = self.expression_of(name, Kind::Import(path));
            imports.push(Statement::assignment(target, module, Binds::OfFunction));
        }
        imports
    }

    /// `from a import b as c`.
    fn import_from(&mut self, node: Node<'_>) -> StatementKind {
        let Some(module) = node.child_by_field_name("module_name") else {
            return StatementKind::Group(Vec::new());
        };
        let path = self.source(module).to_owned();
        let mut cursor = node.walk();
        let names: Vec<_> = node.children_by_field_name("name", &mut cursor).collect();
        if names.is_empty() {
            return StatementKind::ImportAll(path);
        }
        let mut parts = Vec::new();
        for name in names {
            let alias = name.child_by_field_name("alias");
            let name = name.child_by_field_name("name").unwrap_or(name);
            let key = Kind::Text(Value::one(self.code.raw(self.at(name))));
            let target = match alias {
                Some(alias) => self.target(alias),
                None => Target::named(self.source(name), self.at(name)),
            };
            parts.push((self.expression_of(name, key), target));
        }
        let module = self.expression_of(module, Kind::Import(path));
        let target = Target { at: self.at(node), kind: TargetKind::Fields(parts) };
        StatementKind::Group(vec![Statement::assignment(target, module, Binds::OfFunction)])
    }
}
