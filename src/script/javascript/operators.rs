//! Operators, and what comparisons tell of the items that they look at.

use super::evaluator::Evaluator;
use super::knowledge::{Facts, Knowledge};
use super::thing::{Tells, Thing, Unknown};
use crate::invocation::{Selection, Value, Word};
use tree_sitter::Node;

impl<'t> Evaluator<'t> {
    pub fn unary(&mut self, node: Node<'t>) -> Thing<'t> {
        let Some(argument) = node.child_by_field_name("argument") else {
            return self.unknown(node);
        };
        let thing = self.evaluate(argument);
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("!") => Thing::Test(thing.knowledge().not()),
            Some("~" | "+") => thing,
            Some("-") => match &thing {
                Thing::Text(_) => Thing::Text(Value::one(self.code.raw(node.byte_range()))),
                _ => self.unknown(node),
            },
            Some("void") => Thing::Undefined,
            _ => self.unknown(node),
        }
    }

    pub fn ternary(&mut self, node: Node<'t>) -> Thing<'t> {
        let condition = node.child_by_field_name("condition");
        let known = condition.map_or(Knowledge::nothing(), |c| self.evaluate(c).knowledge());
        let branch = |this: &mut Self, part, facts: Option<Facts>| {
            let part = node.child_by_field_name(part)?;
            Some(this.branch(facts?, |this| {
                let thing = this.evaluate(part);
                this.settled(thing)
            }))
        };
        let consequence = branch(self, "consequence", known.when_true);
        let alternative = branch(self, "alternative", known.when_false);
        consequence.into_iter().chain(alternative).reduce(Thing::or).unwrap_or(Thing::Undefined)
    }

    /// A chain of one operator leans to the left and may be long: it is taken apart in a loop.
    pub fn binary(&mut self, node: Node<'t>) -> Thing<'t> {
        let operator = |node: Node<'t>| node.child_by_field_name("operator").map(|o| o.kind());
        let same = operator(node);
        let (mut first, mut rest) = (node, Vec::new());
        while first.kind() == "binary_expression" && operator(first) == same {
            let (Some(left), Some(right)) =
                (first.child_by_field_name("left"), first.child_by_field_name("right"))
            else {
                break;
            };
            rest.push(right);
            first = left;
        }
        let facts = self.facts.len();
        let mut thing = self.evaluate(first);
        for right in rest.into_iter().rev() {
            thing = self.operate(same.unwrap_or_default(), thing, right, node);
        }
        self.facts.truncate(facts);
        thing
    }

    fn operate(
        &mut self,
        operator: &str,
        left: Thing<'t>,
        right: Node<'t>,
        node: Node<'t>,
    ) -> Thing<'t> {
        match operator {
            "+" => {
                let right = self.evaluate(right);
                self.plus(left, right, node)
            }
            "&&" => {
                let known = left.knowledge();
                let Some(facts) = known.when_true.clone() else { return left };
                let right = self.branch(facts.clone(), |this| {
                    let thing = this.evaluate(right);
                    this.settled(thing)
                });
                match right {
                    Thing::Test(test) => Thing::Test(known.and(test)),
                    Thing::Unknown(_) if !facts.is_empty() => {
                        Thing::Test(known.and(right.knowledge()))
                    }
                    right => right,
                }
            }
            "||" | "??" => {
                let known = match (&left, operator) {
                    (Thing::Unknown(_) | Thing::Undefined, _) | (_, "||") => left.knowledge(),
                    _ => Knowledge::constant(true),
                };
                let Some(facts) = known.when_false.clone() else { return left };
                let right = self.branch(facts, |this| this.evaluate(right));
                match (&left, &right) {
                    (Thing::Test(_), _) | (_, Thing::Test(_)) => {
                        Thing::Test(known.or(right.knowledge()))
                    }
                    _ => left.or(right),
                }
            }
            "==" | "===" => {
                let right = self.evaluate(right);
                Thing::Test(self.equal(&left, &right))
            }
            "!=" | "!==" => {
                let right = self.evaluate(right);
                Thing::Test(self.equal(&left, &right).not())
            }
            ">" | ">=" | "<" | "<=" => {
                let right = self.evaluate(right);
                Thing::Test(compared(operator, &left, &right))
            }
            "in" => {
                let right = self.evaluate(right);
                match right {
                    Thing::Object(fields) => {
                        let names = fields.inner.keys().cloned().collect();
                        Thing::Test(self.is_named(&left, Selection::Names(names)))
                    }
                    _ => Thing::Test(self.is_named(&left, Selection::SomeName)),
                }
            }
            _ => {
                self.evaluate(right);
                self.unknown(node)
            }
        }
    }

    /// `left + right`. A buffer that starts empty becomes what is put into it.
    pub fn plus(&mut self, left: Thing<'t>, right: Thing<'t>, node: Node<'t>) -> Thing<'t> {
        let is_empty = |thing: &Thing<'t>| match thing {
            Thing::Text(value) => value.text().is_some_and(|text| text.is_empty()),
            _ => false,
        };
        match (left, right) {
            (left, Thing::Unknown(right)) if is_empty(&left) => Thing::Unknown(right),
            (Thing::Unknown(left), right) if is_empty(&right) => Thing::Unknown(left),
            (Thing::Unknown(left), Thing::Unknown(right)) if left.item == right.item => {
                Thing::Unknown(left)
            }
            (left, right) => {
                let (left, right) = (self.text(&left, node), self.text(&right, node));
                Thing::Text(self.concatenated(left, &right, node))
            }
        }
    }

    /// What `left === right` tells.
    pub fn equal(&self, left: &Thing<'t>, right: &Thing<'t>) -> Knowledge {
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
    pub fn is_named(&self, thing: &Thing<'t>, selection: Selection) -> Knowledge {
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
fn compared(operator: &str, left: &Thing<'_>, right: &Thing<'_>) -> Knowledge {
    let (Thing::Test(known), Thing::Text(value)) = (left, right) else {
        return Knowledge::nothing();
    };
    match (operator, value.text().as_deref()) {
        (">", Some("-1")) | (">=", Some("0")) => known.clone(),
        ("<", Some("0")) | ("<=", Some("-1")) => known.clone().not(),
        _ => Knowledge::nothing(),
    }
}
