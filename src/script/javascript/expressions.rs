use super::code::{children, only_child};
use super::evaluator::Evaluator;
use super::knowledge::Knowledge;
use super::library;
use super::thing::{Fields, Function, List, Tells, Thing, Unknown};
use crate::invocation::{Hole, Origin, Selection, Value};
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
}
