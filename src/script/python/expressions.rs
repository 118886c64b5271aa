//! Expressions.

use super::Names;
use crate::{
    invocation::{Value, Word},
    script::evaluator::{
        code::{Span, children, only_child},
        lowering::{Lowering, fields, operands, operator},
        syntax::{
            Assignment, Body, Change, Comprehension, ComprehensionLoop, Entry, Expression,
            Function, Kind, Operator,
        },
    },
};
use std::rc::Rc;
use tree_sitter::Node;

impl Lowering<'_, Names> {
    pub fn expression_kind(&mut self, node: Node<'_>) -> Kind {
        match node.kind() {
            "string" | "concatenated_string" => Kind::Template(self.string_parts(node)),
            "integer" | "float" => Kind::Text(Value::one(self.code.raw(self.at(node)))),
            "true" | "false" => Kind::Truth(node.kind() == "true"),
            "none" => Kind::Nothing,
            "identifier" => match self.code.hole_at(self.at(node)) {
                Some(hole) => Kind::Text(Value::hole(hole.clone())),
                None => Kind::Name(self.source(node).to_owned()),
            },
            "list" | "tuple" | "set" | "expression_list" => {
                Kind::List(self.expressions(children(node)))
            }
            "list_splat" | "dictionary_splat" => match only_child(node) {
                Some(inner) => Kind::Spread(self.boxed(inner)),
                None => Kind::Nothing,
            },
            "dictionary" => self.dictionary(node),
            "list_comprehension"
            | "set_comprehension"
            | "generator_expression"
            | "dictionary_comprehension" => self.comprehension(node),
            "attribute" => match fields(node, ["object", "attribute"]) {
                Some([object, name]) => {
                    let name = self.source(name).to_owned();
                    Kind::Member(self.boxed(object), name)
                }
                None => self.other(node),
            },
            "subscript" => self.subscript(node),
            "call" => self.call(node),
            "keyword_argument" => match fields(node, ["name", "value"]) {
                Some([name, value]) => {
                    let name = self.source(name).to_owned();
                    Kind::Named(name, self.boxed(value))
                }
                None => self.other(node),
            },
            "not_operator" => match node.child_by_field_name("argument") {
                Some(argument) => Kind::Not(self.boxed(argument)),
                None => self.other(node),
            },
            "unary_operator" => match node.child_by_field_name("argument") {
                Some(number) if matches!(number.kind(), "integer" | "float") => {
                    Kind::Text(Value::one(self.code.raw(self.at(node))))
                }
                _ => self.other(node),
            },
            "binary_operator" | "boolean_operator" => match operator(node).and_then(operator_of) {
                Some(operator) => Kind::Operation(operator, self.expressions(operands(node))),
                None => self.other(node),
            },
            "comparison_operator" => self.comparison(node),
            "conditional_expression" => match <[Node<'_>; 3]>::try_from(children(node)) {
                Ok([yes, condition, no]) => {
                    Kind::Choice(Box::new([condition, yes, no].map(|part| self.expression(part))))
                }
                Err(_) => self.other(node),
            },
            "named_expression" => match fields(node, ["name", "value"]) {
                Some([name, value]) => self.assigned(name, value, Change::Replaces),
                None => self.other(node),
            },
            "assignment" | "augmented_assignment" => self.assignment(node),
            "lambda" => self.lambda(node),
            _ => self.other(node),
        }
    }

    /// Something that is not followed.
    pub fn other(&mut self, node: Node<'_>) -> Kind {
        Kind::Other(self.expressions(children(node)))
    }

    /// The parts of a string, of an f-string, or of several that stand side by side.
    fn string_parts(&mut self, node: Node<'_>) -> Vec<Expression> {
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string" => parts.extend(self.string_parts(part)),
                "string_content" => {
                    let text = Kind::Text(Value::one(self.string_content(part)));
                    parts.push(self.expression_of(part, text));
                }
                "interpolation" => {
                    if let Some(inner) = part.child_by_field_name("expression") {
                        parts.push(self.expression(inner));
                    }
                }
                _ => {}
            }
        }
        parts
    }

    fn string_content(&self, node: Node<'_>) -> Word {
        let at = self.at(node);
        let mut word = Word::default();
        let mut from = at.start;
        for escape in children(node) {
            let escape_at = self.at(escape);
            word.append(&self.code.raw(Span { start: from, end: escape_at.start }));
            let decoded = unescaped(self.source(escape));
            word.append(&Word::known(self.code.made_up(&decoded, escape_at)));
            from = escape_at.end;
        }
        word.append(&self.code.raw(Span { start: from, ..at }));
        word
    }

    fn dictionary(&mut self, node: Node<'_>) -> Kind {
        let mut entries = Vec::new();
        for part in children(node) {
            if let Some([key, value]) = fields(part, ["key", "value"]) {
                entries.push(Entry::Field(self.expression(key), self.expression(value)));
            } else if let Some(inner) = only_child(part) {
                entries.push(Entry::Spread(self.expression(inner)));
            }
        }
        Kind::Object(entries)
    }

    fn comprehension(&mut self, node: Node<'_>) -> Kind {
        let Some(body) = node.child_by_field_name("body") else { return self.other(node) };
        // Of a dictionary only the values are followed.
        let body = body.child_by_field_name("value").unwrap_or(body);
        let mut loops: Vec<ComprehensionLoop> = Vec::new();
        for clause in children(node) {
            match clause.kind() {
                "for_in_clause" => {
                    if let Some([left, right]) = fields(clause, ["left", "right"]) {
                        let (target, list) = (self.target(left), self.expression(right));
                        loops.push(ComprehensionLoop { target, list, conditions: Vec::new() });
                    }
                }
                "if_clause" => {
                    if let (Some(last), Some(condition)) = (loops.last_mut(), only_child(clause)) {
                        last.conditions.push(self.expression(condition));
                    }
                }
                _ => {}
            }
        }
        let element = self.expression(body);
        Kind::Comprehension(Box::new(Comprehension { element, loops }))
    }

    fn subscript(&mut self, node: Node<'_>) -> Kind {
        let Some([value, index]) = fields(node, ["value", "subscript"]) else {
            return self.other(node);
        };
        let value = self.boxed(value);
        if index.kind() != "slice" {
            return Kind::Index(value, self.boxed(index));
        }
        // `list[1:]`
        let slice = self.expression_of(node, Kind::Member(value, "slice".to_owned()));
        Kind::Call(Box::new(slice), self.expressions(children(index)))
    }

    fn call(&mut self, node: Node<'_>) -> Kind {
        let Some([function, arguments]) = fields(node, ["function", "arguments"]) else {
            return self.other(node);
        };
        let arguments = match arguments.kind() {
            "argument_list" => self.expressions(children(arguments)),
            _ => vec![self.expression(arguments)],
        };
        Kind::Call(self.boxed(function), arguments)
    }

    fn comparison(&mut self, node: Node<'_>) -> Kind {
        let mut cursor = node.walk();
        let operators: Vec<&str> = node
            .children_by_field_name("operators", &mut cursor)
            .map(|operator| operator.kind())
            .collect();
        match operators.as_slice() {
            [operator] => match comparison_of(operator) {
                Some(operator) => Kind::Operation(operator, self.expressions(children(node))),
                None => self.other(node),
            },
            _ => self.other(node),
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Kind {
        let Some(left) = node.child_by_field_name("left") else { return self.other(node) };
        let change = match operator(node) {
            None => Change::Replaces,
            Some("+=") => Change::Adds,
            Some(_) => Change::Computes,
        };
        match node.child_by_field_name("right") {
            Some(right) => self.assigned(left, right, change),
            // `name: type`
            None => Kind::Nothing,
        }
    }

    fn assigned(&mut self, target: Node<'_>, value: Node<'_>, change: Change) -> Kind {
        let (target, value) = (self.target(target), self.expression(value));
        let binds = self.binds(&target);
        Kind::Assignment(Box::new(Assignment { target, value, change, binds }))
    }

    fn lambda(&mut self, node: Node<'_>) -> Kind {
        let Some(body) = node.child_by_field_name("body") else { return self.other(node) };
        let parameters = self.parameters(node);
        let body = Body::Value(self.expression(body));
        Kind::Function(Rc::new(Function { parameters, receiver: None, body, at: self.at(node) }))
    }
}

fn operator_of(written: &str) -> Option<Operator> {
    Some(match written {
        "+" => Operator::Plus,
        "%" => Operator::Percent,
        "/" => Operator::Slash,
        "and" => Operator::And,
        "or" => Operator::Or,
        _ => return None,
    })
}

fn comparison_of(written: &str) -> Option<Operator> {
    Some(match written {
        "==" | "is" => Operator::Equal,
        "!=" | "<>" | "is not" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "in" => Operator::In,
        "not in" => Operator::NotIn,
        _ => return None,
    })
}

/// What an escape such as `\n` or `{{` stands for.
fn unescaped(escape: &str) -> String {
    let Some(body) = escape.strip_prefix('\\') else {
        return escape.chars().take(1).collect();
    };
    let Some(first) = body.chars().next() else { return escape.to_owned() };
    let code = |digits: &str, radix| {
        let decoded = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        decoded.unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
    };
    match first {
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        'a' => "\u{7}".to_owned(),
        'b' => "\u{8}".to_owned(),
        'f' => "\u{c}".to_owned(),
        'v' => "\u{b}".to_owned(),
        '\n' | '\r' => String::new(),
        'x' | 'u' | 'U' => code(&body[1..], 16),
        '0'..='7' => code(body, 8),
        '\\' | '\'' | '"' => first.to_string(),
        _ => escape.to_owned(),
    }
}
