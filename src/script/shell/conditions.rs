//! `[ … ]`, `[[ … ]]`, `test` and `(( … ))`, evaluated as far as they are known, and what their
//! outcome tells of variables.

use super::{
    Done, Shell,
    branches::{matches_any, sole_variable},
    patterns::Pattern,
    statements::Unit,
    syntax::Condition,
    variable::{Fact, Facts},
};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Text,
};
use regex::Regex;

/// Brackets in brackets deeper than this are not evaluated.
const MAX_DEPTH: usize = 40;

/// What a condition comes to.
#[derive(Clone, Debug, Default)]
struct Verdict {
    holds: Option<bool>,
    facts: Facts,
}

impl Shell<'_> {
    pub(super) fn test(&mut self, unit: &Unit<'_>, condition: &Condition) -> Done {
        let (words, double) = match condition {
            Condition::Arithmetic(inner) => {
                return Done::silent(self.is_true(&unit.slice(inner)));
            }
            Condition::Single(words) => (words, false),
            Condition::Double(words) => (words, true),
        };
        self.test_words(words.iter().map(|word| unit.slice(word)).collect(), double)
    }

    /// Evaluates the words between the brackets; `double` ones have patterns.
    pub(super) fn test_words(&mut self, words: Vec<Text>, double: bool) -> Done {
        let words = if double { with_brackets_apart(words) } else { words };
        let mut test = Test { shell: self, words, at: 0, double, depth: 0 };
        let verdict = test.either();
        let whole = test.at == test.words.len();
        while let Some(word) = test.next() {
            // What it substitutes runs.
            test.shell.value(&word);
        }
        match whole {
            true => Done { facts: verdict.facts, ..Done::silent(verdict.holds) },
            false => Done::default(),
        }
    }
}

struct Test<'s, 'r> {
    shell: &'s mut Shell<'r>,
    words: Vec<Text>,
    at: usize,
    double: bool,
    depth: usize,
}

impl Test<'_, '_> {
    fn next(&mut self) -> Option<Text> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    fn is(&self, offset: usize, text: &str) -> bool {
        self.words.get(self.at + offset).is_some_and(|word| word.as_str() == text)
    }

    fn eat(&mut self, double: &str, single: &str) -> bool {
        let eaten = self.is(0, if self.double { double } else { single });
        self.at += usize::from(eaten);
        eaten
    }

    /// `A || B`
    fn either(&mut self) -> Verdict {
        let mut verdict = self.both();
        while self.eat("||", "-o") {
            let next = self.both();
            let holds = match (verdict.holds, next.holds) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            verdict = Verdict { holds, facts: verdict.facts.or(next.facts) };
        }
        verdict
    }

    /// `A && B`
    fn both(&mut self) -> Verdict {
        let mut verdict = self.one();
        while self.eat("&&", "-a") {
            let next = self.one();
            let holds = match (verdict.holds, next.holds) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            verdict = Verdict { holds, facts: verdict.facts.and(next.facts) };
        }
        verdict
    }

    fn one(&mut self) -> Verdict {
        if self.depth > MAX_DEPTH {
            return Verdict::default();
        }
        let compares = self.words.get(self.at + 1).is_some_and(|word| is_binary(word.as_str()));
        if self.is(0, "!") && !compares {
            self.at += 1;
            self.depth += 1;
            let verdict = self.one();
            self.depth -= 1;
            let holds = verdict.holds.map(|holds| !holds);
            return Verdict { holds, facts: verdict.facts.negated() };
        }
        if !compares && self.eat("(", "\\(") {
            self.depth += 1;
            let verdict = self.either();
            self.depth -= 1;
            self.eat(")", "\\)");
            return verdict;
        }
        let Some(first) = self.next() else {
            return Verdict { holds: Some(false), ..Verdict::default() };
        };
        if compares {
            let operator = self.next().unwrap_or_default();
            let second = self.next().unwrap_or_default();
            return self.compared(&first, operator.as_str(), &second);
        }
        let unary = first.as_str();
        let is_unary = unary.len() == 2 && unary.starts_with('-') && self.at < self.words.len();
        match self.words.get(self.at).cloned() {
            Some(operand) if is_unary => {
                self.at += 1;
                self.unary(unary, &operand)
            }
            _ => self.unary("-n", &first),
        }
    }

    fn unary(&mut self, operator: &str, operand: &Text) -> Verdict {
        let value = self.operand(operand);
        let filled = || Facts::not_empty(operand);
        let is_filled = || {
            let words = value.as_ref()?.alternatives().iter().map(|word| {
                let known = word.pieces.iter().any(|p| matches!(p, Piece::Known(_)));
                match word.pieces.is_empty() {
                    true => Some(false),
                    false => known.then_some(true),
                }
            });
            agreed(words)
        };
        match operator {
            "-n" => {
                Verdict { holds: is_filled(), facts: Facts { holds: filled(), fails: Vec::new() } }
            }
            "-z" => Verdict {
                holds: is_filled().map(|filled| !filled),
                facts: Facts { holds: Vec::new(), fails: filled() },
            },
            // A file that is there has a name.
            "-e" | "-f" | "-d" | "-s" | "-r" | "-w" | "-x" | "-L" | "-h" => {
                let there = Facts { holds: filled(), fails: Vec::new() };
                Verdict { holds: None, facts: there }
            }
            _ => Verdict::default(),
        }
    }

    /// The value of an operand; nothing if it may be several words, which `[` does not take.
    fn operand(&mut self, operand: &Text) -> Option<Value> {
        if self.double {
            return Some(self.shell.value(operand));
        }
        let mut words = Vec::new();
        for fields in self.shell.fields(operand) {
            match fields.as_slice() {
                [word] => words.push(word.clone()),
                _ => return None,
            }
        }
        Some(Value::any_of(words))
    }

    fn compared(&mut self, left: &Text, operator: &str, right: &Text) -> Verdict {
        let negated = operator == "!=";
        match operator {
            "=" | "==" | "!=" => {
                let verdict = self.equal(left, right);
                if !negated {
                    return verdict;
                }
                let holds = verdict.holds.map(|holds| !holds);
                Verdict { holds, facts: verdict.facts.negated() }
            }
            "=~" => {
                let (value, pattern) = (self.operand(left), self.operand(right));
                let holds = value.zip(pattern).and_then(|(value, pattern)| {
                    let pattern = Regex::new(&pattern.text()?).ok()?;
                    agreed(
                        value
                            .alternatives()
                            .iter()
                            .map(|word| Some(pattern.is_match(&word.text()?))),
                    )
                });
                Verdict { holds, facts: Facts::default() }
            }
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let numbers = self.shell.numbers(left).zip(self.shell.numbers(right));
                let holds = numbers.and_then(|(lefts, rights)| {
                    agreed(lefts.iter().flat_map(|left| {
                        rights.iter().map(move |right| {
                            Some(match operator {
                                "-eq" => left == right,
                                "-ne" => left != right,
                                "-lt" => left < right,
                                "-le" => left <= right,
                                "-gt" => left > right,
                                _ => left >= right,
                            })
                        })
                    }))
                });
                Verdict { holds, facts: Facts::default() }
            }
            _ => {
                self.operand(left);
                self.operand(right);
                Verdict::default()
            }
        }
    }

    fn equal(&mut self, left: &Text, right: &Text) -> Verdict {
        let value = self.operand(left);
        let pattern = match self.double {
            true => Some(self.shell.pattern(right)),
            false => self.operand(right),
        };
        let (Some(value), Some(pattern)) = (value, pattern) else { return Verdict::default() };
        let held: Vec<_> =
            value.alternatives().iter().map(|word| (word, matches_any(&pattern, word))).collect();
        let facts = sole_variable(left.as_str()).map(|name| told(&name, &held, &pattern));
        let holds = agreed(held.into_iter().map(|(_, held)| held));
        Verdict { holds, facts: facts.unwrap_or_default() }
    }
}

/// What `$NAME = pattern` tells, for the words that the variable may be.
fn told(name: &str, held: &[(&Word, Option<bool>)], pattern: &Value) -> Facts {
    if pattern.alternatives().iter().any(Pattern::has_groups) {
        return Facts::default();
    }
    let fails = pattern.text().map(|text| match text.is_empty() {
        true => Fact::NotEmpty(name.to_owned()),
        false => Fact::IsNot(name.to_owned(), text.into_owned()),
    });
    let mut words: Vec<Word> = Vec::new();
    for (word, held) in held {
        match held {
            Some(false) => {}
            // `$X = web-*`: what matches starts so.
            None => words.extend(pattern.alternatives().iter().map(|p| shaped(name, p))),
            Some(true) => words.push((*word).clone()),
        }
    }
    let is_shape = |hole: &Hole| match &hole.origin {
        Origin::Glob => false,
        Origin::Variable(of) => of == name,
        _ => true,
    };
    let tells = !words.is_empty() && words.iter().all(|word| word.holes().all(is_shape));
    let holds = tells.then(|| Fact::Is(name.to_owned(), Value::any_of(words)));
    Facts { holds: holds.into_iter().collect(), fails: fails.into_iter().collect() }
}

/// A pattern as a word: any text is a hole.
fn shaped(name: &str, pattern: &Word) -> Word {
    let mut shaped = Word::default();
    for piece in &pattern.pieces {
        shaped.push(match piece {
            Piece::Hole(hole) if matches!(hole.origin, Origin::Glob) && hole.written != "[" => {
                let origin = Origin::Variable(name.to_owned());
                Piece::Hole(Hole { origin, may_be_empty: true, ..hole.clone() })
            }
            other => other.clone(),
        });
    }
    shaped
}

/// What all of them say, if they agree.
pub(super) fn agreed(mut all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = all.next()??;
    all.all(|next| next == Some(first)).then_some(first)
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "=="
            | "!="
            | "=~"
            | "<"
            | ">"
            | "-eq"
            | "-ne"
            | "-lt"
            | "-le"
            | "-gt"
            | "-ge"
            | "-nt"
            | "-ot"
            | "-ef"
            | "\\<"
            | "\\>"
    )
}

/// `[[ (a == b) ]]`: brackets around parts are words of their own.
fn with_brackets_apart(words: Vec<Text>) -> Vec<Text> {
    let mut apart: Vec<Text> = Vec::new();
    for word in words {
        let after_pattern = apart.last().is_some_and(|last| is_binary(last.as_str()));
        let mut word = word;
        while !after_pattern && word.as_str().starts_with('(') && word.len() > 1 {
            apart.push(word.slice(0..1));
            word = word.slice(1..word.len());
        }
        let closing = |text: &str| text.ends_with(')') && !text.contains('(');
        let mut ends = Vec::new();
        while closing(word.as_str()) && word.len() > 1 {
            ends.push(word.slice(word.len() - 1..word.len()));
            word = word.slice(0..word.len() - 1);
        }
        apart.push(word);
        apart.extend(ends);
    }
    apart
}
