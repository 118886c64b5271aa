//! Calls: of functions of the script, of callbacks, of what is unknown.

use super::{
    code::Span,
    state::{Evaluator, Frame},
    syntax::{self, Binds, Body, Expression, Kind, TargetKind},
    thing::{Class, Fields, Function, List, Thing},
};
use crate::invocation::Selection;
use std::rc::Rc;

/// Calls of functions of the script within each other are followed so deep.
const MAX_CALLS: usize = 12;

/// What a call of a function of the script gives, and the scope that it ran in.
struct Called {
    result: Thing,
    scope: usize,
}

impl Evaluator<'_> {
    pub fn call(&mut self, callee: &Expression, arguments: &[Expression], at: Span) -> Thing {
        if let Kind::Member(object, method) = &callee.kind {
            let receiver = self.evaluate(object);
            let arguments = self.items(arguments);
            if let Thing::Library(_) | Thing::Class(_) = receiver {
                let function = self.member(&receiver, method, callee.at);
                return self.call_thing(&function, arguments, at);
            }
            return self.method(&receiver, object, method, arguments, at);
        }
        let function = self.evaluate(callee);
        let arguments = self.items(arguments);
        self.call_thing(&function, arguments, at)
    }

    /// Calls what `function` is; the call stands at `at`.
    pub fn call_thing(&mut self, function: &Thing, arguments: Vec<Thing>, at: Span) -> Thing {
        match function {
            Thing::Library(path) => self.call_library(path, arguments, at),
            Thing::Function(function) => {
                self.call_function(function, None, arguments).unwrap_or_else(|| self.unknown(at))
            }
            Thing::Class(class) => {
                self.instance(class, arguments).unwrap_or_else(|| self.unknown(at))
            }
            _ => self.call_unknown(function, arguments, at),
        }
    }

    /// Calls a function of the script. Gives nothing if it is not followed: it calls itself, or
    /// calls are too deep.
    pub fn call_function(
        &mut self,
        function: &Function,
        receiver: Option<Thing>,
        arguments: Vec<Thing>,
    ) -> Option<Thing> {
        self.call_in_scope(function, receiver, arguments).map(|called| called.result)
    }

    /// Calls a method of an object that the expression `object` gave, which it may change.
    pub fn call_method(
        &mut self,
        function: &Function,
        receiver: &Thing,
        object: &Expression,
        arguments: Vec<Thing>,
        at: Span,
    ) -> Thing {
        let Some(called) = self.call_in_scope(function, Some(receiver.clone()), arguments) else {
            return self.unknown(at);
        };
        if let (Some(receiver), Some(variable)) = (&function.code.receiver, object.name())
            && let Some(changed) = self.held_in(called.scope, receiver).cloned()
        {
            self.replace_variable(variable, changed);
        }
        called.result
    }

    fn call_in_scope(
        &mut self,
        function: &Function,
        receiver: Option<Thing>,
        arguments: Vec<Thing>,
    ) -> Option<Called> {
        let code = &function.code;
        if self.frames.iter().any(|frame| Rc::ptr_eq(&frame.function, code)) {
            return None;
        }
        if self.frames.len() >= MAX_CALLS {
            self.give_up(code.at);
            return None;
        }
        let (caller, facts) = (self.scope, self.facts.len());
        self.open_function_scope(function.scope);
        let scope = self.scope;
        if let (Some(name), Some(receiver)) = (&code.receiver, receiver) {
            self.declare(name, receiver, true);
        }
        self.frames.push(Frame { function: Rc::clone(code), facts, result: None });
        self.bind_parameters(code, arguments);
        let result = match &code.body {
            Body::Block(statements) => {
                self.statements(statements);
                None
            }
            Body::Value(expression) => {
                let thing = self.evaluate(expression);
                Some(self.settled(thing))
            }
        };
        self.scope = caller;
        self.facts.truncate(facts);
        let returned = self.frames.pop().and_then(|frame| frame.result);
        Some(Called { result: result.or(returned).unwrap_or(Thing::Undefined), scope })
    }

    fn bind_parameters(&mut self, function: &syntax::Function, mut arguments: Vec<Thing>) {
        let mut named = match arguments.last() {
            Some(Thing::Named(fields)) => {
                let fields = fields.inner.clone();
                arguments.pop();
                fields
            }
            _ => Fields::new(),
        };
        let mut arguments = arguments.into_iter();
        for parameter in &function.parameters {
            let argument = match &parameter.kind {
                TargetKind::Rest(_) => Thing::array(arguments.by_ref().collect()),
                TargetKind::NamedRest(_) => Thing::object(std::mem::take(&mut named)),
                kind => {
                    let given = parameter.name().and_then(|name| named.shift_remove(name));
                    let given = given.or_else(|| arguments.next());
                    match kind {
                        TargetKind::Default(..) => Some(given.unwrap_or(Thing::Undefined)),
                        _ => given,
                    }
                }
            };
            let argument = argument.unwrap_or_else(|| self.unknown(parameter.at));
            self.bind(parameter, argument, Binds::Variable);
        }
    }

    /// Something unknown is called: it may call every function that it is given.
    pub fn call_unknown(&mut self, function: &Thing, arguments: Vec<Thing>, at: Span) -> Thing {
        let list = arguments.iter().find(|argument| {
            matches!(argument, Thing::Array(_) | Thing::Each(_) | Thing::Unknown(_))
        });
        for argument in &arguments {
            self.escapes(argument, list, at);
        }
        let hole = self.hole(at);
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
    fn escapes(&mut self, thing: &Thing, list: Option<&Thing>, at: Span) {
        match thing {
            Thing::Function(function) => {
                let item = match list {
                    Some(list) => {
                        let at = function.code.first_parameter().unwrap_or(at);
                        vec![self.any_item(list, at)]
                    }
                    None => Vec::new(),
                };
                self.call_later(function.clone(), item);
            }
            Thing::Array(items) => {
                items.inner.iter().for_each(|item| self.escapes(item, None, at));
            }
            Thing::Object(fields) | Thing::Named(fields) => {
                fields.inner.values().for_each(|field| self.escapes(field, None, at));
            }
            _ => {}
        }
    }

    pub fn tagged(&mut self, tag: &Expression, template: &Expression, at: Span) -> Thing {
        let tag = self.evaluate(tag);
        let text = self.evaluate(template);
        match &tag {
            Thing::Library(path) => self.call_template(path, &text, at),
            _ => self.unknown(at),
        }
    }

    /// What the methods and fields of a class are, by name; those that it inherits come first.
    pub fn class_fields(&mut self, class: &Class) -> Fields {
        if !self.enter(class.code.at) {
            return Fields::new();
        }
        let base = class.code.base.as_ref().map(|base| self.evaluate(base));
        let mut fields = match base {
            Some(Thing::Class(base)) => self.class_fields(&base),
            _ => Fields::new(),
        };
        let caller = self.open_function_scope(class.scope);
        for (name, value) in &class.code.members {
            let thing = value.as_ref().map_or(Thing::Undefined, |value| self.evaluate(value));
            fields.insert(name.clone(), thing);
        }
        self.scope = caller;
        self.leave();
        fields
    }

    /// A new object of a class of the script.
    fn instance(&mut self, class: &Class, arguments: Vec<Thing>) -> Option<Thing> {
        let caller = self.open_function_scope(class.scope);
        let fields = self.class_fields(&Class { scope: self.scope, ..class.clone() });
        let constructor = ["constructor", "__init__"].iter().find_map(|name| fields.get(*name));
        let constructor = constructor.cloned();
        let object = Thing::object(fields);
        if let Some(object) = &object {
            self.declare("this", object.clone(), true);
        }
        self.scope = caller;
        let object = object?;
        if let Some(Thing::Function(constructor)) = constructor
            && let Some(called) = self.call_in_scope(&constructor, Some(object.clone()), arguments)
            && let Some(name) = &constructor.code.receiver
            && let Some(built) = self.held_in(called.scope, name)
        {
            return Some(built.clone());
        }
        Some(object)
    }
}
