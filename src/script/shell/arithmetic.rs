//! Arithmetic, as far as its numbers are known.

use super::Shell;
use crate::{
    invocation::{Hole, Value},
    source::Text,
};

/// Brackets in brackets deeper than this are not evaluated.
const MAX_DEPTH: usize = 40;

impl Shell<'_> {
    /// Evaluates an expression for each text that it may be; nothing if one of them is unknown.
    pub(super) fn numbers(&mut self, expression: &Text) -> Option<Vec<i64>> {
        let value = self.quoted_value(expression);
        let mut numbers = Vec::new();
        for word in value.alternatives() {
            let text = word.text();
            let number = text.and_then(|text| Evaluator::new(self, &text).whole());
            numbers.push(number);
        }
        numbers.into_iter().collect()
    }

    pub(super) fn number(&mut self, expression: &Text) -> Option<i64> {
        match self.numbers(expression)?.as_slice() {
            [number] => Some(*number),
            _ => None,
        }
    }

    /// Whether an expression is not zero, if that is certain.
    pub(super) fn is_true(&mut self, expression: &Text) -> Option<bool> {
        let numbers = self.numbers(expression)?;
        let first = *numbers.first()? != 0;
        numbers.iter().all(|number| (*number != 0) == first).then_some(first)
    }
}

struct Evaluator<'s, 'r, 't> {
    shell: &'s mut Shell<'r>,
    rest: &'t str,
    depth: usize,
    /// In the part of `a && b` or `a ? b : c` that does not count, nothing is assigned.
    live: bool,
}

/// Operators by precedence, loosest first; longer ones before those that they start with.
const BINARY: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl<'s, 'r, 't> Evaluator<'s, 'r, 't> {
    fn new(shell: &'s mut Shell<'r>, text: &'t str) -> Self {
        Self { shell, rest: text, depth: 0, live: true }
    }

    fn whole(mut self) -> Option<i64> {
        if self.rest.trim().is_empty() {
            return Some(0);
        }
        let mut value = self.assignment();
        while self.eat(",") {
            value = self.assignment();
        }
        self.rest.trim().is_empty().then_some(value).flatten()
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start();
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let starts = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !starts {
            return None;
        }
        self.rest = &rest[len..];
        Some(&rest[..len])
    }

    fn assignment(&mut self) -> Option<i64> {
        self.deeper(Self::assignment_inner)
    }

    fn assignment_inner(&mut self) -> Option<i64> {
        let before = self.rest;
        if let Some(name) = self.name() {
            if self.rest.trim_start().starts_with('=') && !self.rest.trim_start().starts_with("==")
            {
                self.eat("=");
                let value = self.assignment();
                return self.assign(name, value);
            }
            let operators = ["+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="];
            if let Some(operator) = operators.iter().find(|operator| self.eat(operator)) {
                let right = self.assignment();
                let left = self.variable(name);
                let operator = &operator[..operator.len() - 1];
                let value = left.zip(right).and_then(|(l, r)| calculate(operator, l, r));
                return self.assign(name, value);
            }
        }
        self.rest = before;
        self.choice()
    }

    /// `a ? b : c`
    fn choice(&mut self) -> Option<i64> {
        let condition = self.binary(0);
        if !self.eat("?") {
            return condition;
        }
        let live = self.live;
        self.live = live && condition != Some(0);
        let first = self.assignment();
        self.eat(":");
        self.live = live && condition.is_none_or(|condition| condition == 0);
        let second = self.assignment();
        self.live = live;
        match condition? {
            0 => second,
            _ => first,
        }
    }

    fn binary(&mut self, level: usize) -> Option<i64> {
        let Some(operators) = BINARY.get(level) else { return self.power() };
        let mut left = self.binary(level + 1);
        while let Some(operator) = self.operator(operators) {
            let live = self.live;
            match operator {
                "&&" => self.live = live && left != Some(0),
                "||" => self.live = live && left.is_none_or(|left| left == 0),
                _ => {}
            }
            let right = self.binary(level + 1);
            self.live = live;
            left = match (operator, left, right) {
                ("&&", Some(0), _) | ("&&", _, Some(0)) => Some(0),
                ("||", Some(l), _) if l != 0 => Some(1),
                ("||", _, Some(r)) if r != 0 => Some(1),
                (_, Some(l), Some(r)) => calculate(operator, l, r),
                _ => None,
            };
        }
        left
    }

    /// The operator that stands next, if it is one of these and not the start of a longer one.
    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest.trim_start();
        let found = operators.iter().find(|operator| rest.starts_with(**operator))?;
        let after = rest[found.len()..].chars().next();
        let longer = match *found {
            "|" | "&" => after == found.chars().next() || after == Some('='),
            "<" | ">" => after == found.chars().next(),
            "*" => after == Some('*') || after == Some('='),
            "+" | "-" | "/" | "%" | "^" | "<<" | ">>" => after == Some('='),
            _ => false,
        };
        if longer {
            return None;
        }
        self.eat(found).then_some(found)
    }

    fn power(&mut self) -> Option<i64> {
        let base = self.unary();
        if !self.eat("**") {
            return base;
        }
        let exponent = self.deeper(Self::power);
        base?.checked_pow(u32::try_from(exponent?).ok()?)
    }

    fn deeper(&mut self, evaluate: impl FnOnce(&mut Self) -> Option<i64>) -> Option<i64> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = evaluate(self);
        self.depth -= 1;
        value
    }

    fn unary(&mut self) -> Option<i64> {
        self.deeper(Self::unary_inner)
    }

    fn unary_inner(&mut self) -> Option<i64> {
        for (token, step) in [("++", 1), ("--", -1)] {
            let before = self.rest;
            if self.eat(token) {
                if let Some(name) = self.name() {
                    let value = self.variable(name).and_then(|value| value.checked_add(step));
                    return self.assign(name, value);
                }
                self.rest = before;
            }
        }
        if self.eat("!") {
            return self.unary().map(|value| i64::from(value == 0));
        }
        if self.eat("~") {
            return self.unary().map(|value| !value);
        }
        if self.eat("-") {
            return self.unary().and_then(i64::checked_neg);
        }
        if self.eat("+") {
            return self.unary();
        }
        if self.eat("(") {
            let value = self.assignment();
            return if self.eat(")") { value } else { None };
        }
        if let Some(name) = self.name() {
            if self.rest.starts_with('[') {
                self.rest = self.rest.split_once(']').map_or("", |(_, rest)| rest);
                return None;
            }
            let value = self.variable(name);
            for (token, step) in [("++", 1), ("--", -1)] {
                if self.eat(token) {
                    self.assign(name, value.and_then(|value| value.checked_add(step)));
                    break;
                }
            }
            return value;
        }
        self.literal()
    }

    /// `10`, `0x1f`, `017`, `2#101`.
    fn literal(&mut self) -> Option<i64> {
        let rest = self.rest.trim_start();
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
        let digits = &rest[..len];
        self.rest = &rest[len..];
        let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).ok();
        match digits.split_once('#') {
            Some((base, digits)) => {
                let base = base.parse().ok().filter(|base| (2..=36).contains(base))?;
                radix(digits, base)
            }
            None => match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
                Some(digits) => radix(digits, 16),
                None if digits.starts_with('0') => radix(digits, 8),
                None => digits.parse().ok(),
            },
        }
    }

    fn variable(&mut self, name: &str) -> Option<i64> {
        let value = self.shell.known(name).into_value()?;
        let text = value.text()?;
        let text = text.trim();
        if text.is_empty() {
            return Some(0);
        }
        match text.parse() {
            Ok(_) if text.len() > 1 && text.starts_with('0') => None,
            Ok(number) => Some(number),
            Err(_) => None,
        }
    }

    fn assign(&mut self, name: &str, value: Option<i64>) -> Option<i64> {
        if !self.live {
            return value;
        }
        let value_of = |number: i64| {
            let mut text = Text::default();
            text.push_made_up(&number.to_string(), None);
            Value::known(text)
        };
        let unknown = || Value::hole(Hole::unknown(format!("${name}"), None));
        self.shell.state.set(name, value.map_or_else(unknown, value_of));
        value
    }
}

fn calculate(operator: &str, left: i64, right: i64) -> Option<i64> {
    let shift = || u32::try_from(right).ok();
    match operator {
        "||" => Some(i64::from(left != 0 || right != 0)),
        "&&" => Some(i64::from(left != 0 && right != 0)),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "==" => Some(i64::from(left == right)),
        "!=" => Some(i64::from(left != right)),
        "<=" => Some(i64::from(left <= right)),
        ">=" => Some(i64::from(left >= right)),
        "<" => Some(i64::from(left < right)),
        ">" => Some(i64::from(left > right)),
        "<<" => left.checked_shl(shift()?),
        ">>" => left.checked_shr(shift()?),
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        _ => None,
    }
}
