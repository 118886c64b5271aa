//! The grammar of expressions, from text to a tree.

use super::{MAX_LENGTH, Value, value::parse_number};
use std::ops::Range;

/// A parsed expression, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub kind: Kind,
    /// Where it is written, from its first to its last token.
    pub range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Literal(Value),
    /// A context: `matrix`.
    Name(String),
    Call(String, Vec<Node>),
    /// `a.b` and `a['b']`.
    Part(Box<Node>, Box<Node>),
    /// `a.*` and `a[*]`.
    All(Box<Node>),
    Not(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// From the loosest to the tightest; what is longer stands before what it starts with.
const OPERATORS: [&[(&str, Operator)]; 4] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
];

/// Expressions that are nested deeper are not read; GitHub's own limit.
const MAX_DEPTH: usize = 50;

/// Nor those of more operators and parts: their tree is as deep as they are many.
const MAX_PARTS: usize = 200;

/// Parses what stands between the braces; nothing if it is no expression.
pub(super) fn parse(text: &str) -> Option<Node> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut parser = Parser { text, at: 0, depth: 0, parts: 0 };
    let node = parser.binary(0)?;
    parser.blanks();
    (parser.at == text.len()).then_some(node)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    parts: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes a token, if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.blanks();
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn node(&self, start: usize, kind: Kind) -> Node {
        Node { kind, range: start..self.at }
    }

    /// Counts a part; nothing when there were too many.
    fn part(&mut self) -> Option<()> {
        self.parts += 1;
        (self.parts <= MAX_PARTS).then_some(())
    }

    fn binary(&mut self, level: usize) -> Option<Node> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        self.blanks();
        let start = self.at;
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(token, _)| self.take(token)) {
            self.part()?;
            let right = self.binary(level + 1)?;
            left = self.node(start, Kind::Binary(*operator, Box::new(left), Box::new(right)));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Node> {
        self.blanks();
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let node = match self.take("!") {
            true => {
                let inner = self.unary()?;
                self.node(start, Kind::Not(Box::new(inner)))
            }
            false => self.postfix(start)?,
        };
        self.depth -= 1;
        Some(node)
    }

    fn postfix(&mut self, start: usize) -> Option<Node> {
        let mut node = self.primary(start)?;
        loop {
            let kind = if self.take(".") {
                self.blanks();
                if self.take("*") {
                    Kind::All(Box::new(node))
                } else {
                    let (key_start, name) = (self.at, self.word()?);
                    let key = self.node(key_start, Kind::Literal(Value::String(name)));
                    Kind::Part(Box::new(node), Box::new(key))
                }
            } else if self.take("[") {
                let kind = if self.take("*") {
                    Kind::All(Box::new(node))
                } else {
                    let key = self.binary(0)?;
                    Kind::Part(Box::new(node), Box::new(key))
                };
                if !self.take("]") {
                    return None;
                }
                kind
            } else {
                return Some(node);
            };
            self.part()?;
            node = self.node(start, kind);
        }
    }

    fn primary(&mut self, start: usize) -> Option<Node> {
        if self.take("(") {
            let inner = self.binary(0)?;
            return self.take(")").then(|| self.node(start, inner.kind));
        }
        let kind = match self.rest().chars().next()? {
            '\'' => Kind::Literal(Value::String(self.string()?)),
            '0'..='9' | '-' | '+' | '.' => Kind::Literal(Value::Number(self.number()?)),
            _ => self.named()?,
        };
        Some(self.node(start, kind))
    }

    /// A context, a function call or a word with a meaning of its own.
    fn named(&mut self) -> Option<Kind> {
        let name = self.word()?;
        if !self.take("(") {
            return Some(match name.as_str() {
                "null" => Kind::Literal(Value::Null),
                "true" => Kind::Literal(Value::Bool(true)),
                "false" => Kind::Literal(Value::Bool(false)),
                "NaN" => Kind::Literal(Value::Number(f64::NAN)),
                "Infinity" => Kind::Literal(Value::Number(f64::INFINITY)),
                _ => Kind::Name(name.to_ascii_lowercase()),
            });
        }
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.binary(0)?);
                if !self.take(",") {
                    break;
                }
            }
            if !self.take(")") {
                return None;
            }
        }
        Some(Kind::Call(name.to_ascii_lowercase(), arguments))
    }

    fn word(&mut self) -> Option<String> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = rest[..len].to_owned();
        let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        self.at += len;
        starts.then_some(word)
    }

    /// `'it''s'`.
    fn string(&mut self) -> Option<String> {
        let mut string = String::new();
        loop {
            self.at += 1;
            let len = self.rest().find('\'')?;
            string.push_str(&self.rest()[..len]);
            self.at += len + 1;
            if !self.rest().starts_with('\'') {
                return Some(string);
            }
            string.push('\'');
        }
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let written = &rest[..len];
        let number = parse_number(written);
        self.at += len;
        (!number.is_nan()).then_some(number)
    }
}
