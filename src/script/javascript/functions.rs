//! Calls: of functions of the script, of callbacks, of what is unknown.

use super::code::{children, only_child};
use super::evaluator::{Evaluator, Frame};
use super::thing::{Fields, Function, List, Thing};
use crate::invocation::Selection;
use tree_sitter::Node;

/// Calls of functions of the script within each other are followed so deep.
const MAX_CALLS: usize = 12;

impl<'t> Evaluator<'t> {
    pub fn call(&mut self, node: Node<'t>) -> Thing<'t> {
        let (Some(callee), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return self.unknown(node);
        };
        if arguments.kind() == "template_string" {
            return self.tagged_template(node, callee, arguments);
        }
        if callee.kind() == "member_expression"
            && let Some(object) = callee.child_by_field_name("object")
            && let Some(method) = callee.child_by_field_name("property")
        {
            let receiver = self.evaluate(object);
            let arguments = self.items(arguments);
            let method = self.code.parsed(method).to_owned();
            if let Thing::Library(_) = receiver {
                let function = self.member(&receiver, &method, callee);
                return self.call_thing(&function, arguments, node);
            }
            return self.method(&receiver, object, &method, arguments, node);
        }
        if callee.kind() == "import" {
            let arguments = self.items(arguments);
            return self.call_library("require", arguments, node);
        }
        let function = self.evaluate(callee);
        let arguments = self.items(arguments);
        self.call_thing(&function, arguments, node)
    }

    /// Calls what `function` is; the call stands at `node`.
    pub fn call_thing(
        &mut self,
        function: &Thing<'t>,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        match function {
            Thing::Library(path) => self.call_library(&path.clone(), arguments, node),
            Thing::Function(function) => {
                self.call_function(*function, None, arguments).unwrap_or_else(|| self.unknown(node))
            }
            _ => self.call_unknown(function, arguments, node),
        }
    }

    /// Calls a function of the script. Gives nothing if it is not followed: it calls itself, or
    /// calls are too deep.
    pub fn call_function(
        &mut self,
        function: Function<'t>,
        this: Option<Thing<'t>>,
        arguments: Vec<Thing<'t>>,
    ) -> Option<Thing<'t>> {
        let node = function.node;
        if self.frames.iter().any(|frame| frame.function == node) {
            return None;
        }
        if self.frames.len() >= MAX_CALLS {
            self.give_up(node);
            return None;
        }
        let body = node.child_by_field_name("body").filter(|body| body.kind() != "class_body")?;
        let (caller, facts) = (self.scope, self.facts.len());
        self.open_scope(function.scope);
        if let Some(this) = this {
            self.declare("this", this, true);
        }
        self.frames.push(Frame { function: node, facts, result: None });
        self.bind_parameters(node, arguments);
        let result = if body.kind() == "statement_block" {
            self.statement(body);
            None
        } else {
            let thing = self.evaluate(body);
            Some(self.settled(thing))
        };
        self.scope = caller;
        self.facts.truncate(facts);
        let returned = self.frames.pop().and_then(|frame| frame.result);
        Some(result.or(returned).unwrap_or(Thing::Undefined))
    }

    fn bind_parameters(&mut self, function: Node<'t>, arguments: Vec<Thing<'t>>) {
        let parameters = match function.child_by_field_name("parameters") {
            Some(parameters) => children(parameters),
            None => function.child_by_field_name("parameter").into_iter().collect(),
        };
        let mut arguments = arguments.into_iter();
        for parameter in parameters {
            if parameter.kind() == "rest_pattern" {
                let rest = Thing::array(arguments.by_ref().collect());
                let rest = rest.unwrap_or_else(|| self.unknown(parameter));
                if let Some(name) = only_child(parameter) {
                    self.bind(name, rest, Some("let"));
                }
                continue;
            }
            let argument = arguments.next().unwrap_or_else(|| match parameter.kind() {
                "assignment_pattern" => Thing::Undefined,
                _ => self.unknown(parameter),
            });
            self.bind(parameter, argument, Some("let"));
        }
    }

    /// Where a function's first parameter stands.
    pub fn first_parameter(&self, function: Function<'t>) -> Option<Node<'t>> {
        let node = function.node;
        let parameters = node.child_by_field_name("parameters").and_then(only_child);
        parameters.or_else(|| node.child_by_field_name("parameter"))
    }

    /// Something unknown is called: it may call every function that it is given.
    pub fn call_unknown(
        &mut self,
        function: &Thing<'t>,
        arguments: Vec<Thing<'t>>,
        node: Node<'t>,
    ) -> Thing<'t> {
        let list = arguments.iter().find(|argument| {
            matches!(argument, Thing::Array(_) | Thing::Each(_) | Thing::Unknown(_))
        });
        let list = list.cloned();
        for argument in &arguments {
            self.escapes(argument, list.as_ref(), node);
        }
        let hole = self.hole(node);
        // What is computed from the name of an item tells of it: `isOurs(p.name)`.
        let names = arguments.iter().chain([function]).find_map(|argument| match argument {
            Thing::Unknown(unknown) => {
                let derived = unknown.derived(hole.clone());
                derived.from_name.then_some(derived)
            }
            _ => None,
        });
        match names {
            Some(derived) => Thing::Unknown(derived),
            None => Thing::Unknown(self.item(List::default(), Selection::Any, hole)),
        }
    }

    /// Every function in `thing` may be called, with an item of `list` if there is one.
    fn escapes(&mut self, thing: &Thing<'t>, list: Option<&Thing<'t>>, node: Node<'t>) {
        match thing {
            Thing::Function(function) => {
                let item = match list {
                    Some(list) => {
                        let node = self.first_parameter(*function).unwrap_or(node);
                        vec![self.any_item(list, node)]
                    }
                    None => Vec::new(),
                };
                self.call_later(*function, item);
            }
            Thing::Array(items) => {
                items.inner.iter().for_each(|item| self.escapes(item, None, node));
            }
            Thing::Object(fields) => {
                fields.inner.values().for_each(|field| self.escapes(field, None, node));
            }
            _ => {}
        }
    }

    fn tagged_template(&mut self, node: Node<'t>, tag: Node<'t>, template: Node<'t>) -> Thing<'t> {
        let tag = self.evaluate(tag);
        let text = self.evaluate(template);
        match &tag {
            Thing::Library(path) => self.call_template(&path.clone(), &text, node),
            _ => self.unknown(node),
        }
    }

    /// `new X(…)`: of a class of the script, or of what is known.
    pub fn construct(&mut self, node: Node<'t>) -> Thing<'t> {
        let Some(callee) = node.child_by_field_name("constructor") else {
            return self.unknown(node);
        };
        let class = self.evaluate(callee);
        let arguments = node.child_by_field_name("arguments");
        let arguments = arguments.map_or(Vec::new(), |arguments| self.items(arguments));
        match &class {
            Thing::Function(class) if class.node.kind().starts_with("class") => {
                self.instance(*class, arguments).unwrap_or_else(|| self.unknown(node))
            }
            _ => self.call_thing(&class, arguments, node),
        }
    }

    fn instance(&mut self, class: Function<'t>, arguments: Vec<Thing<'t>>) -> Option<Thing<'t>> {
        let body = class.node.child_by_field_name("body")?;
        let caller = self.open_scope(class.scope);
        let mut fields = Fields::new();
        for member in children(body) {
            let name = member.child_by_field_name("name");
            if let Some(name) = name.or_else(|| member.child_by_field_name("property")) {
                let value = match member.child_by_field_name("value") {
                    Some(value) => self.evaluate(value),
                    None if member.kind() == "method_definition" => {
                        Thing::Function(Function { node: member, scope: self.scope })
                    }
                    None => Thing::Undefined,
                };
                fields.insert(self.key(name), value);
            }
        }
        let constructor = fields.get("constructor").cloned();
        let object = Thing::object(fields);
        if let Some(object) = &object {
            self.declare("this", object.clone(), true);
        }
        self.scope = caller;
        let object = object?;
        if let Some(Thing::Function(constructor)) = constructor {
            self.call_function(constructor, Some(object.clone()), arguments);
        }
        Some(object)
    }
}
