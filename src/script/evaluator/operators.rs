//! Operators, and what comparisons tell of the items that they look at.

use super::{
    code::Span,
    knowledge::{Facts, Knowledge},
    state::Evaluator,
    syntax::{Expression, Operator},
    thing::{Tells, Thing, Unknown},
};
use crate::invocation::{Selection, Value, Word};

impl Evaluator<'_> {
    /// `condition ? yes : no`.
    pub fn choice(&mut self, [condition, yes, no]: &[Expression; 3]) -> Thing {
        let known = self.evaluate(condition).knowledge();
        let branch = |this: &mut Self, part, facts: Option<Facts>| {
            Some(this.branch(facts?, |this| {
                let thing = this.evaluate(part);
                this.settled(thing)
            }))
        };
        let yes = branch(self, yes, known.when_true);
        let no = branch(self, no, known.when_false);
        yes.into_iter().chain(no).reduce(Thing::or).unwrap_or(Thing::Undefined)
    }

    pub fn operation(&mut self, operator: Operator, operands: &[Expression], at: Span) -> Thing {
        let Some((first, rest)) = operands.split_first() else { return Thing::Undefined };
        let facts = self.facts.len();
        let mut thing = self.evaluate(first);
        for right in rest {
            thing = self.operate(operator, thing, right, at);
        }
        self.facts.truncate(facts);
        thing
    }

    fn operate(&mut self, operator: Operator, left: Thing, right: &Expression, at: Span) -> Thing {
        match operator {
            Operator::And => {
                let known = left.knowledge();
                let Some(facts) = known.when_true.clone() else { return left };
                let right = self.branch(facts.clone(), |this| {
                    let thing = this.evaluate(right);
                    this.settled(thing)
                });
                return match right {
                    Thing::Test(test) => Thing::Test(known.and(test)),
                    Thing::Unknown(_) if !facts.is_empty() => {
                        Thing::Test(known.and(right.knowledge()))
                    }
                    right => right,
                };
            }
            Operator::Or | Operator::IfNothing => {
                let known = match (&left, operator) {
                    (Thing::Unknown(_) | Thing::Undefined, _) | (_, Operator::Or) => {
                        left.knowledge()
                    }
                    _ => Knowledge::constant(true),
                };
                let Some(facts) = known.when_false.clone() else { return left };
                let right = self.branch(facts, |this| this.evaluate(right));
                return match (&left, &right) {
                    (Thing::Test(_), _) | (_, Thing::Test(_)) => {
                        Thing::Test(known.or(right.knowledge()))
                    }
                    _ => left.or(right),
                };
            }
            _ => {}
        }
        let right_at = right.at;
        let right = self.evaluate(right);
        match operator {
            Operator::Plus => self.plus(left, right, at),
            Operator::Percent => self.format_percent(&left, &right, at),
            Operator::Slash => {
                let slash = Thing::Text(Value::known(self.made_up("/", right_at)));
                let folder = self.plus(left, slash, at);
                self.plus(folder, right, at)
            }
            Operator::Equal => Thing::Test(self.equal(&left, &right)),
            Operator::NotEqual => Thing::Test(self.equal(&left, &right).not()),
            Operator::In => Thing::Test(self.is_in(&left, &right)),
            Operator::NotIn => Thing::Test(self.is_in(&left, &right).not()),
            _ => Thing::Test(compared(operator, &left, &right)),
        }
    }

    /// `key in object`, `item in list`, `part in text`.
    fn is_in(&self, left: &Thing, right: &Thing) -> Knowledge {
        match right {
            Thing::Object(fields) => {
                let names: Vec<String> = fields.inner.keys().cloned().collect();
                match left.known_text() {
                    Some(name) => Knowledge::constant(names.contains(&name)),
                    None => self.is_named(left, Selection::Names(names)),
                }
            }
            Thing::Array(_) | Thing::Each(_) => self.is_among(right, left),
            Thing::Text(_) | Thing::Unknown(_) => self.is_part(right, "includes", left),
            _ => self.is_named(left, Selection::SomeName),
        }
    }

    /// `left + right`. A buffer that starts empty becomes what is put into it.
    pub fn plus(&mut self, left: Thing, right: Thing, at: Span) -> Thing {
        let is_empty = |thing: &Thing| match thing {
            Thing::Text(value) => value.text().is_some_and(|text| text.is_empty()),
            _ => false,
        };
        match (left, right) {
            (left, Thing::Unknown(right)) if is_empty(&left) => Thing::Unknown(right),
            (Thing::Unknown(left), right) if is_empty(&right) => Thing::Unknown(left),
            (Thing::Unknown(left), Thing::Unknown(right)) if left.item == right.item => {
                Thing::Unknown(left)
            }
            // Lists are put together in Python; who adds lists in JavaScript means that too.
            (Thing::Array(left), Thing::Array(right)) => {
                let items = left.inner.iter().chain(&right.inner).cloned().collect();
                Thing::array(items).unwrap_or_else(|| self.unknown(at))
            }
            (Thing::Array(left), right @ (Thing::Unknown(_) | Thing::Each(_))) => {
                let more = self.any_item(&right, at);
                let items = left.inner.iter().cloned().chain([more]).collect();
                Thing::array(items).unwrap_or_else(|| self.unknown(at))
            }
            (left, right) => {
                let (left, right) = (self.text(&left, at), self.text(&right, at));
                Thing::Text(self.concatenated(left, &right, at))
            }
        }
    }

    /// What `left === right` tells.
    pub fn equal(&self, left: &Thing, right: &Thing) -> Knowledge {
        match (left, right) {
            (Thing::Test(known), Thing::Test(truth)) | (Thing::Test(truth), Thing::Test(known))
                if truth.is_constant() =>
            {
                if truth.when_true.is_some() {
                    known.clone()
                } else {
                    known.clone().not()
                }
            }
            // `indexOf(…) === -1`, `find(…) === undefined`, `match(…) === null`
            (Thing::Test(known), Thing::Undefined) | (Thing::Undefined, Thing::Test(known)) => {
                known.clone().not()
            }
            (Thing::Test(known), Thing::Text(value)) | (Thing::Text(value), Thing::Test(known)) => {
                match value.text().as_deref() {
                    Some("-1") => known.clone().not(),
                    Some("0") => known.clone(),
                    _ => Knowledge::nothing(),
                }
            }
            (Thing::Text(left), Thing::Text(right)) => match (left.text(), right.text()) {
                (Some(left), Some(right)) => Knowledge::constant(left == right),
                _ => Knowledge::nothing(),
            },
            (Thing::Unknown(left), Thing::Unknown(right)) => {
                let named = |unknown: &Unknown| {
                    self.is_named(&Thing::Unknown(unknown.clone()), Selection::SomeName)
                };
                named(left).and(named(right))
            }
            (Thing::Unknown(_), Thing::Text(value)) => self.is_named(left, names(value)),
            (Thing::Text(value), Thing::Unknown(_)) => self.is_named(right, names(value)),
            _ => Knowledge::nothing(),
        }
    }

    /// What a test of `thing` tells, which is true if it is what `selection` says.
    pub fn is_named(&self, thing: &Thing, selection: Selection) -> Knowledge {
        let Thing::Unknown(unknown) = thing else { return Knowledge::nothing() };
        if unknown.from_name {
            return Knowledge::looks_at(unknown.item);
        }
        match unknown.tells() {
            Tells::Name => Knowledge::selects(unknown.item, selection),
            // Everything that nobody gave a namespace is in `default`.
            Tells::Group if selection == Selection::Names(vec!["default".into()]) => {
                Knowledge::nothing()
            }
            Tells::Group if selection != Selection::Any => {
                Knowledge::selects(unknown.item, Selection::SomeName)
            }
            _ => Knowledge::nothing(),
        }
    }
}

/// The names that a text may be.
fn names(value: &Value) -> Selection {
    let names = value.alternatives().iter().map(Word::text);
    let names: Option<Vec<String>> = names.map(|name| name.map(String::from)).collect();
    names.map_or(Selection::SomeName, Selection::Names)
}

/// What `indexOf(…) >= 0` and the like tell.
fn compared(operator: Operator, left: &Thing, right: &Thing) -> Knowledge {
    let (Thing::Test(known), Thing::Text(value)) = (left, right) else {
        return Knowledge::nothing();
    };
    match (operator, value.text().as_deref()) {
        (Operator::Greater, Some("-1")) | (Operator::GreaterOrEqual, Some("0")) => known.clone(),
        (Operator::Less, Some("0")) | (Operator::LessOrEqual, Some("-1")) => known.clone().not(),
        _ => Knowledge::nothing(),
    }
}
