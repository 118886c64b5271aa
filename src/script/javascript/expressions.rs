//! Expressions, patterns and functions.

use super::JavaScript;
use crate::{
    invocation::Value,
    script::evaluator::{
        code::{children, only_child},
        lowering::{Lowering, fields, operands, operator},
        syntax::{
            Assignment, Binds, Body, Change, Class, Entry, Expression, Function, Kind, Operator,
            Target, TargetKind,
        },
    },
};
use std::rc::Rc;
use tree_sitter::Node;

impl Lowering<'_, JavaScript> {
    pub fn expression_kind(&mut self, node: Node<'_>) -> Kind {
        match node.kind() {
            "string" => Kind::Text(Value::one(self.string(node))),
            "template_string" => self.template(node),
            "number" => Kind::Text(Value::one(self.code.raw(self.at(node)))),
            "true" | "false" => Kind::Truth(node.kind() == "true"),
            "null" | "undefined" => Kind::Nothing,
            "identifier" | "shorthand_property_identifier" | "this" | "meta_property" => {
                self.name(node)
            }
            "spread_element" => match only_child(node) {
                Some(inner) => Kind::Spread(self.boxed(inner)),
                None => Kind::Nothing,
            },
            "sequence_expression" => Kind::Sequence(self.expressions(children(node))),
            "array" => Kind::List(self.expressions(children(node))),
            "object" => self.object(node),
            "arrow_function" | "function_expression" | "generator_function" => self.function(node),
            "class" => self.class(node),
            "regex" => {
                let part = |name| node.child_by_field_name(name).map_or("", |p| self.source(p));
                let pattern = part("pattern").to_owned();
                Kind::Regex { pattern, ignores_case: part("flags").contains('i') }
            }
            "member_expression" => self.member(node),
            "subscript_expression" => match fields(node, ["object", "index"]) {
                Some([object, index]) => Kind::Index(self.boxed(object), self.boxed(index)),
                None => self.other(node),
            },
            "call_expression" => self.call(node),
            "new_expression" => {
                let Some(class) = node.child_by_field_name("constructor") else {
                    return self.other(node);
                };
                let arguments = node.child_by_field_name("arguments").map_or(vec![], children);
                Kind::Call(self.boxed(class), self.expressions(arguments))
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "ternary_expression" => {
                match fields(node, ["condition", "consequence", "alternative"]) {
                    Some(parts) => Kind::Choice(Box::new(parts.map(|part| self.expression(part)))),
                    None => self.other(node),
                }
            }
            "assignment_expression" | "augmented_assignment_expression" => self.assignment(node),
            _ => self.other(node),
        }
    }

    /// Something that is not followed.
    fn other(&mut self, node: Node<'_>) -> Kind {
        Kind::Other(self.expressions(children(node)))
    }

    fn name(&self, node: Node<'_>) -> Kind {
        match self.code.hole_at(self.at(node)) {
            Some(hole) => Kind::Text(Value::hole(hole.clone())),
            None => Kind::Name(self.source(node).to_owned()),
        }
    }

    fn template(&mut self, node: Node<'_>) -> Kind {
        let parts = children(node).into_iter().filter_map(|part| match part.kind() {
            "template_substitution" => only_child(part).map(|inner| self.expression(inner)),
            _ => {
                let text = Kind::Text(Value::one(self.string_part(part)));
                Some(self.expression_of(part, text))
            }
        });
        Kind::Template(parts.collect())
    }

    fn object(&mut self, node: Node<'_>) -> Kind {
        let mut entries = Vec::new();
        for part in children(node) {
            match part.kind() {
                "pair" => {
                    if let Some([key, value]) = fields(part, ["key", "value"]) {
                        entries.push(Entry::Field(self.key(key), self.expression(value)));
                    }
                }
                "method_definition" => {
                    if let Some(name) = part.child_by_field_name("name") {
                        let key = self.key(name);
                        let method = self.function(part);
                        entries.push(Entry::Field(key, self.expression_of(part, method)));
                    }
                }
                "spread_element" => {
                    if let Some(inner) = only_child(part) {
                        entries.push(Entry::Spread(self.expression(inner)));
                    }
                }
                _ => entries.push(Entry::Field(self.key(part), self.expression(part))),
            }
        }
        Kind::Object(entries)
    }

    /// The name of a field.
    fn key(&mut self, key: Node<'_>) -> Expression {
        match key.kind() {
            "string" | "number" | "computed_property_name" => self.expression(key),
            _ => {
                let text = Kind::Text(Value::one(self.code.raw(self.at(key))));
                self.expression_of(key, text)
            }
        }
    }

    fn member(&mut self, node: Node<'_>) -> Kind {
        match fields(node, ["object", "property"]) {
            Some([object, property]) => {
                let name = self.source(property).to_owned();
                Kind::Member(self.boxed(object), name)
            }
            None => self.other(node),
        }
    }

    fn call(&mut self, node: Node<'_>) -> Kind {
        let Some([callee, arguments]) = fields(node, ["function", "arguments"]) else {
            return self.other(node);
        };
        if arguments.kind() == "template_string" {
            return Kind::Tagged(self.boxed(callee), self.boxed(arguments));
        }
        let callee = match callee.kind() {
            // `import('module')`
            "import" => Box::new(self.expression_of(callee, Kind::Name("require".to_owned()))),
            _ => self.boxed(callee),
        };
        Kind::Call(callee, self.expressions(children(arguments)))
    }

    fn unary(&mut self, node: Node<'_>) -> Kind {
        let Some(argument) = node.child_by_field_name("argument") else { return self.other(node) };
        match operator(node) {
            Some("!") => Kind::Not(self.boxed(argument)),
            Some("~" | "+") => self.expression(argument).kind,
            Some("-") if argument.kind() == "number" => {
                Kind::Text(Value::one(self.code.raw(self.at(node))))
            }
            Some("void") => {
                let evaluated = self.expression(argument);
                let nothing = self.expression_of(node, Kind::Nothing);
                Kind::Sequence(vec![evaluated, nothing])
            }
            _ => self.other(node),
        }
    }

    fn binary(&mut self, node: Node<'_>) -> Kind {
        match operator(node).and_then(operator_of) {
            Some(operator) => Kind::Operation(operator, self.expressions(operands(node))),
            None => self.other(node),
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Kind {
        let Some([left, right]) = fields(node, ["left", "right"]) else {
            return self.other(node);
        };
        let change = match operator(node) {
            None => Change::Replaces,
            Some("+=") => Change::Adds,
            Some("||=" | "??=" | "&&=") => Change::MayReplace,
            Some(_) => Change::Computes,
        };
        let (target, value) = (self.target(left), self.expression(right));
        Kind::Assignment(Box::new(Assignment { target, value, change, binds: Binds::Existing }))
    }

    pub fn target_kind(&mut self, node: Node<'_>) -> TargetKind {
        match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                TargetKind::Name(self.source(node).to_owned())
            }
            "object_pattern" => {
                let parts = children(node).into_iter().filter_map(|part| self.field_target(part));
                TargetKind::Fields(parts.collect())
            }
            "array_pattern" => {
                let parts = places(node).into_iter();
                TargetKind::Items(parts.map(|(n, part)| (n, self.target(part))).collect())
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                match fields(node, ["left", "right"]) {
                    Some([left, right]) => {
                        let inner = Box::new(self.target(left));
                        TargetKind::Default(inner, self.expression(right))
                    }
                    None => TargetKind::Nothing,
                }
            }
            "rest_pattern" => match only_child(node) {
                Some(inner) => TargetKind::Rest(Box::new(self.target(inner))),
                None => TargetKind::Nothing,
            },
            "parenthesized_expression" => {
                only_child(node).map_or(TargetKind::Nothing, |inner| self.target(inner).kind)
            }
            "member_expression" | "subscript_expression" => TargetKind::Part(self.expression(node)),
            _ => TargetKind::Nothing,
        }
    }

    fn field_target(&mut self, part: Node<'_>) -> Option<(Expression, Target)> {
        let (key, target) = match part.kind() {
            "pair_pattern" => {
                (part.child_by_field_name("key")?, part.child_by_field_name("value")?)
            }
            "object_assignment_pattern" => (part.child_by_field_name("left")?, part),
            _ => (part, part),
        };
        Some((self.key(key), self.target(target)))
    }

    /// A function, method or arrow function.
    pub fn function(&mut self, node: Node<'_>) -> Kind {
        let parameters = match node.child_by_field_name("parameters") {
            Some(parameters) => children(parameters),
            None => node.child_by_field_name("parameter").into_iter().collect(),
        };
        let parameters = parameters.into_iter().map(|parameter| self.target(parameter)).collect();
        let body = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "statement_block" => Body::Block(self.statements(body)),
            Some(body) => Body::Value(self.expression(body)),
            None => Body::Block(Vec::new()),
        };
        let receiver = (node.kind() != "arrow_function").then(|| "this".to_owned());
        Kind::Function(Rc::new(Function { parameters, receiver, body, at: self.at(node) }))
    }

    pub fn class(&mut self, node: Node<'_>) -> Kind {
        let heritage = children(node).into_iter().find(|part| part.kind() == "class_heritage");
        let base = heritage.and_then(only_child).map(|base| self.expression(base));
        let mut members = Vec::new();
        for member in node.child_by_field_name("body").map_or(vec![], children) {
            let name = member.child_by_field_name("name");
            let Some(name) = name.or_else(|| member.child_by_field_name("property")) else {
                continue;
            };
            let name = self.source(name).trim_matches(['\'', '"']).to_owned();
            let value = match member.child_by_field_name("value") {
                Some(value) => Some(self.expression(value)),
                None if member.kind() == "method_definition" => {
                    let method = self.deeper(|this| this.function(member)).unwrap_or(Kind::TooDeep);
                    Some(self.expression_of(member, method))
                }
                None => None,
            };
            members.push((name, value));
        }
        Kind::Class(Rc::new(Class { base, members, at: self.at(node) }))
    }
}

fn operator_of(written: &str) -> Option<Operator> {
    Some(match written {
        "+" => Operator::Plus,
        "&&" => Operator::And,
        "||" => Operator::Or,
        "??" => Operator::IfNothing,
        "==" | "===" => Operator::Equal,
        "!=" | "!==" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "in" => Operator::In,
        _ => return None,
    })
}

/// The parts of an array pattern with their positions: in `[, second]` the first is left out.
fn places<'t>(pattern: Node<'t>) -> Vec<(usize, Node<'t>)> {
    let mut cursor = pattern.walk();
    let mut index = 0;
    let mut places = Vec::new();
    for part in pattern.children(&mut cursor) {
        match part.kind() {
            "," => index += 1,
            _ if part.is_named() && !part.is_extra() => places.push((index, part)),
            _ => {}
        }
    }
    places
}
