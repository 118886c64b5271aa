use super::code::{children, only_child};
use super::evaluator::Evaluator;
use super::knowledge::{Facts, Knowledge};
use super::library;
use super::thing::{Fields, Function, List, Tells, Thing, Unknown};
use crate::invocation::{Hole, Origin, Selection, Value, Word};
use tree_sitter::Node;

impl<'t> Evaluator<'t> {
    /// What an expression may be. The calls in it are found on the way.
    pub fn evaluate(&mut self, node: Node<'t>) -> Thing<'t> {
        if !self.enter(node) {
            return self.unknown(node);
        }
        let thing = self.evaluate_kind(node);
        self.leave();
        thing
    }

    fn evaluate_kind(&mut self, node: Node<'t>) -> Thing<'t> {
        match node.kind() {
            "string" => Thing::Text(Value::one(self.code.string(node))),
            "template_string" => Thing::Text(self.template(node)),
            "number" => Thing::Text(Value::one(self.code.raw(node.byte_range()))),
            "true" | "false" => Thing::Test(Knowledge::constant(node.kind() == "true")),
            "null" | "undefined" => Thing::Undefined,
            "identifier" | "shorthand_property_identifier" | "this" => self.identifier(node),
            "parenthesized_expression"
            | "await_expression"
            | "yield_expression"
            | "expression_statement"
            | "spread_element" => {
                only_child(node).map_or(Thing::Undefined, |inner| self.evaluate(inner))
            }
            "sequence_expression" => {
                let parts = children(node).into_iter();
                parts.map(|part| self.evaluate(part)).last().unwrap_or(Thing::Undefined)
            }
            "array" => {
                let items = self.items(node);
                Thing::array(items).unwrap_or_else(|| self.unknown(node))
            }
            "object" => self.object(node),
            "arrow_function" | "function_expression" | "generator_function" | "class" => {
                Thing::Function(Function { node, scope: self.scope })
            }
            "regex" => self.regex(node),
            "member_expression" => self.member_expression(node),
            "subscript_expression" => self.subscript(node),
            "call_expression" => self.call(node),
            "new_expression" => self.construct(node),
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "ternary_expression" => self.ternary(node),
            "assignment_expression" | "augmented_assignment_expression" => self.assignment(node),
            _ => {
                for child in children(node) {
                    self.evaluate(child);
                }
                self.unknown(node)
            }
        }
    }

    fn identifier(&mut self, node: Node<'t>) -> Thing<'t> {
        if let Some(hole) = self.code.hole_at(node) {
            return Thing::Text(Value::hole(hole.clone()));
        }
        let name = self.code.parsed(node);
        if let Some(thing) = self.lookup(name) {
            return thing;
        }
        match library::global(name) {
            Some(path) => Thing::Library(path),
            None => self.unknown(node),
        }
    }

    fn template(&mut self, node: Node<'t>) -> Value {
        children(node).into_iter().fold(Value::empty(), |text, part| {
            let next = match part.kind() {
                "template_substitution" => match only_child(part) {
                    Some(inner) => {
                        let thing = self.evaluate(inner);
                        self.text(&thing, inner)
                    }
                    None => Value::empty(),
                },
                _ => Value::one(self.code.string_part(part)),
            };
            self.concatenated(text, &next, node)
        })
    }

    /// The items of an array or the arguments of a call, with what is spread into them.
    pub fn items(&mut self, node: Node<'t>) -> Vec<Thing<'t>> {
        let mut items = Vec::new();
        for child in children(node) {
            let item = self.evaluate(child);
            match item {
                Thing::Array(list) if child.kind() == "spread_element" => {
                    items.extend(list.inner.iter().cloned());
                }
                Thing::Each(each) if child.kind() == "spread_element" => {
                    items.push(each.inner.clone());
                }
                Thing::Unknown(unknown) if child.kind() == "spread_element" => {
                    items.push(Thing::Unknown(
                        self.element(&unknown, only_child(child).unwrap_or(child)),
                    ));
                }
                item => items.push(item),
            }
        }
        items
    }

    fn object(&mut self, node: Node<'t>) -> Thing<'t> {
        let mut fields = Fields::new();
        for part in children(node) {
            match part.kind() {
                "pair" => {
                    let (Some(key), Some(value)) =
                        (part.child_by_field_name("key"), part.child_by_field_name("value"))
                    else {
                        continue;
                    };
                    let key = self.key(key);
                    let value = self.evaluate(value);
                    fields.insert(key, value);
                }
                "method_definition" => {
                    if let Some(name) = part.child_by_field_name("name") {
                        let function = Thing::Function(Function { node: part, scope: self.scope });
                        fields.insert(self.key(name), function);
                    }
                }
                "spread_element" => {
                    if let Thing::Object(other) = self.evaluate(part) {
                        fields.extend(other.inner.clone());
                    }
                }
                _ => {
                    let name = self.code.parsed(part).to_owned();
                    let value = self.evaluate(part);
                    fields.insert(name, value);
                }
            }
        }
        Thing::object(fields).unwrap_or_else(|| self.unknown(node))
    }

    fn regex(&mut self, node: Node<'t>) -> Thing<'t> {
        let part = |name| node.child_by_field_name(name).map_or("", |part| self.code.parsed(part));
        let pattern = part("pattern").to_owned();
        Thing::Regex { pattern, ignores_case: part("flags").contains('i') }
    }

    fn member_expression(&mut self, node: Node<'t>) -> Thing<'t> {
        let (Some(object), Some(property)) =
            (node.child_by_field_name("object"), node.child_by_field_name("property"))
        else {
            return self.unknown(node);
        };
        let object = self.evaluate(object);
        let name = self.code.parsed(property).to_owned();
        self.member(&object, &name, node)
    }

    /// The part `name` of a thing; `node` is where it is asked for.
    pub fn member(&mut self, object: &Thing<'t>, name: &str, node: Node<'t>) -> Thing<'t> {
        match object {
            Thing::Library(path) if path == "process.env" => {
                if let Some(value) = (self.environment)(name) {
                    return Thing::Text(value);
                }
                let origin = Origin::Variable(name.to_owned());
                let hole = Hole { origin, ..self.hole(node) };
                Thing::Unknown(self.item(List::default(), Selection::Any, hole))
            }
            Thing::Library(path) if path == "process.argv" => self.unknown(node),
            Thing::Library(path) => Thing::Library(library::member(path, name)),
            Thing::Object(object) => match object.inner.get(name) {
                Some(thing) => thing.clone(),
                None => Thing::Undefined,
            },
            Thing::Unknown(unknown) => {
                let hole = self.hole(node);
                Thing::Unknown(unknown.field(name, hole))
            }
            _ => self.unknown(node),
        }
    }

    fn subscript(&mut self, node: Node<'t>) -> Thing<'t> {
        let (Some(object), Some(index)) =
            (node.child_by_field_name("object"), node.child_by_field_name("index"))
        else {
            return self.unknown(node);
        };
        let object = self.evaluate(object);
        let index_thing = self.evaluate(index);
        let known = match &index_thing {
            Thing::Text(value) => value.text().map(String::from),
            _ => None,
        };
        // `owners[p.name]`: true for the names that are keys.
        if let (Thing::Object(fields), Thing::Unknown(key)) = (&object, &index_thing)
            && key.tells() == Tells::Name
        {
            let names = fields.inner.keys().cloned().collect();
            return Thing::Test(Knowledge::selects(key.item, Selection::Names(names)));
        }
        let index = known.unwrap_or_else(|| self.code.written(index));
        self.index(&object, &index, node)
    }

    /// The item of a list, or the part of an object, at `index`.
    pub fn index(&mut self, object: &Thing<'t>, index: &str, node: Node<'t>) -> Thing<'t> {
        match object {
            Thing::Array(list) => match index.parse::<usize>() {
                Ok(index) => list.inner.get(index).cloned().unwrap_or(Thing::Undefined),
                Err(_) => {
                    let items = list.inner.iter().cloned();
                    items.reduce(Thing::or).unwrap_or(Thing::Undefined)
                }
            },
            Thing::Each(item) => item.inner.clone(),
            Thing::Unknown(list) => {
                let hole = self.hole(node);
                Thing::Unknown(self.element_at(list, index, hole))
            }
            object => self.member(object, index, node),
        }
    }

    /// What a loop over an unknown list hands out.
    pub fn element(&mut self, list: &Unknown, node: Node<'t>) -> Unknown {
        if list.from_name {
            return list.derived(self.hole(node));
        }
        let (hole, selection) = (self.hole(node), self.selection(list));
        self.item(list.list.clone(), selection, hole)
    }

    fn unary(&mut self, node: Node<'t>) -> Thing<'t> {
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

    fn ternary(&mut self, node: Node<'t>) -> Thing<'t> {
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
    fn binary(&mut self, node: Node<'t>) -> Thing<'t> {
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
