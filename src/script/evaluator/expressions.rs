use super::{
    code::Span,
    knowledge::Knowledge,
    methods::folder,
    state::Evaluator,
    syntax::{Binds, Comprehension, Entry, Expression, Kind},
    thing::{Class, Fields, Function, List, Tells, Thing, Unknown},
};
use crate::invocation::{Hole, Origin, Selection, Value, Word};
use std::rc::Rc;

/// So many folders above a path are looked at.
const MAX_PARENTS: usize = 8;

impl Evaluator<'_> {
    /// What an expression may be. The calls in it are found on the way.
    pub fn evaluate(&mut self, expression: &Expression) -> Thing {
        let at = expression.at;
        if !self.enter(at) {
            return self.unknown(at);
        }
        let thing = self.evaluate_kind(&expression.kind, at);
        self.leave();
        thing
    }

    fn evaluate_kind(&mut self, kind: &Kind, at: Span) -> Thing {
        match kind {
            Kind::Text(value) => Thing::Text(value.clone()),
            Kind::Template(parts) => Thing::Text(self.template(parts, at)),
            Kind::Truth(truth) => Thing::Test(Knowledge::constant(*truth)),
            Kind::Nothing => Thing::Undefined,
            Kind::Name(name) => self.name(name, at),
            Kind::List(items) => {
                let items = self.items(items);
                Thing::array(items).unwrap_or_else(|| self.unknown(at))
            }
            Kind::Object(entries) => self.object(entries, at),
            Kind::Spread(inner) | Kind::Named(_, inner) => self.evaluate(inner),
            Kind::Regex { pattern, ignores_case } => {
                Thing::Regex { pattern: pattern.clone(), ignores_case: *ignores_case }
            }
            Kind::Function(code) => {
                Thing::Function(Function { code: Rc::clone(code), scope: self.scope })
            }
            Kind::Class(code) => Thing::Class(Class { code: Rc::clone(code), scope: self.scope }),
            Kind::Import(name) => self.module(name),
            Kind::Member(object, name) => {
                let object = self.evaluate(object);
                self.member(&object, name, at)
            }
            Kind::Index(object, index) => self.subscript(object, index, at),
            Kind::Call(callee, arguments) => self.call(callee, arguments, at),
            Kind::Tagged(tag, template) => self.tagged(tag, template, at),
            Kind::Not(inner) => Thing::Test(self.evaluate(inner).knowledge().not()),
            Kind::Operation(operator, operands) => self.operation(*operator, operands, at),
            Kind::Choice(parts) => self.choice(parts),
            Kind::Assignment(assignment) => self.assignment(assignment, at),
            Kind::Comprehension(comprehension) => self.comprehension(comprehension, at),
            Kind::Sequence(parts) => {
                parts.iter().map(|part| self.evaluate(part)).last().unwrap_or(Thing::Undefined)
            }
            Kind::Other(parts) => {
                for part in parts {
                    self.evaluate(part);
                }
                self.unknown(at)
            }
            Kind::TooDeep => {
                self.give_up(at);
                self.unknown(at)
            }
        }
    }

    fn name(&mut self, name: &str, at: Span) -> Thing {
        if let Some(thing) = self.lookup(name) {
            return thing;
        }
        match name {
            "__dirname" => return self.own_folder(at),
            "__filename" | "__file__" => return self.own_file(at),
            _ => {}
        }
        if let Some(path) = self.dialect.global(name) {
            return Thing::Library(path);
        }
        let paths = self.open_modules.iter().map(|module| format!("{module}.{name}"));
        match paths.into_iter().find(|path| self.dialect.runs(path).is_some()) {
            Some(path) => Thing::Library(path),
            None => self.unknown(at),
        }
    }

    /// The folder that the code is in.
    fn own_folder(&self, at: Span) -> Thing {
        Thing::Text(Value::one(Word::in_repository(&self.folder, self.code.locate(at))))
    }

    fn own_file(&self, at: Span) -> Thing {
        let location = self.code.locate(at);
        let name = location.as_ref().and_then(|location| location.path().file_name());
        let name = name.unwrap_or_default().to_string_lossy();
        let below = format!("{}/{name}", self.folder);
        Thing::Text(Value::one(Word::in_repository(below.trim_start_matches('/'), location)))
    }

    fn template(&mut self, parts: &[Expression], at: Span) -> Value {
        parts.iter().fold(Value::empty(), |text, part| {
            let thing = self.evaluate(part);
            let next = self.text(&thing, part.at);
            self.concatenated(text, &next, at)
        })
    }

    /// The items of a list or the arguments of a call, with what is spread into them. Arguments
    /// with a name come last, together.
    pub fn items(&mut self, expressions: &[Expression]) -> Vec<Thing> {
        let mut items = Vec::new();
        let mut named = Fields::new();
        for expression in expressions {
            let item = self.evaluate(expression);
            match (&expression.kind, item) {
                (Kind::Named(name, _), item) => {
                    named.insert(name.clone(), item);
                }
                (Kind::Spread(_), Thing::Array(list)) => items.extend(list.inner.iter().cloned()),
                (Kind::Spread(_), Thing::Each(each)) => items.push(each.inner.clone()),
                (Kind::Spread(_), Thing::Object(fields)) => named.extend(fields.inner.clone()),
                (Kind::Spread(inner), Thing::Unknown(unknown)) => {
                    items.push(Thing::Unknown(self.element(&unknown, inner.at)));
                }
                (_, item) => items.push(item),
            }
        }
        if !named.is_empty() {
            items.extend(Thing::named(named));
        }
        items
    }

    fn object(&mut self, entries: &[Entry], at: Span) -> Thing {
        let mut fields = Fields::new();
        for entry in entries {
            match entry {
                Entry::Field(key, value) => {
                    let key = self.key(key);
                    let value = self.evaluate(value);
                    fields.insert(key, value);
                }
                Entry::Spread(other) => {
                    if let Thing::Object(other) = self.evaluate(other) {
                        fields.extend(other.inner.clone());
                    }
                }
            }
        }
        Thing::object(fields).unwrap_or_else(|| self.unknown(at))
    }

    /// The part `name` of a thing; `at` is where it is asked for.
    pub fn member(&mut self, object: &Thing, name: &str, at: Span) -> Thing {
        match object {
            Thing::Library(path) if path == "process.env" => self.variable_of_environment(name, at),
            Thing::Library(path) if path == "import.meta" => match name {
                "dirname" => self.own_folder(at),
                _ => self.own_file(at),
            },
            Thing::Library(path) => Thing::Library(self.dialect.member(path, name)),
            Thing::Object(object) => match object.inner.get(name) {
                Some(thing) => thing.clone(),
                None => Thing::Undefined,
            },
            Thing::Unknown(unknown) => {
                let hole = self.hole(at);
                Thing::Unknown(unknown.field(name, hole))
            }
            Thing::Text(_) if name == "parent" => self.folder_of(Some(object), at),
            Thing::Text(_) if name == "parents" => {
                let folders = std::iter::successors(folder(object), folder);
                let folders = Thing::array(folders.take(MAX_PARENTS).collect());
                folders.unwrap_or_else(|| self.unknown(at))
            }
            // A static method or constant of a class.
            Thing::Class(class) => {
                self.class_fields(class).swap_remove(name).unwrap_or_else(|| self.unknown(at))
            }
            _ => self.unknown(at),
        }
    }

    /// What a variable of the environment holds.
    pub fn variable_of_environment(&mut self, name: &str, at: Span) -> Thing {
        if let Some(value) = (self.surroundings.environment)(name) {
            return Thing::Text(value);
        }
        let origin = Origin::Variable(name.to_owned());
        let hole = Hole { origin, ..self.hole(at) };
        Thing::Unknown(self.item(List::default(), Selection::Any, hole))
    }

    fn subscript(&mut self, object: &Expression, index: &Expression, at: Span) -> Thing {
        let object = self.evaluate(object);
        let index_thing = self.evaluate(index);
        // `owners[p.name]`: true for the names that are keys.
        if let (Thing::Object(fields), Thing::Unknown(key)) = (&object, &index_thing)
            && key.tells() == Tells::Name
        {
            let names = fields.inner.keys().cloned().collect();
            return Thing::Test(Knowledge::selects(key.item, Selection::Names(names)));
        }
        match index_thing.known_text() {
            Some(index) => self.index(&object, &index, at),
            None => {
                let index = self.code.written(index.at);
                self.index_unknown(&object, &index, at)
            }
        }
    }

    /// The item of a list, or the part of an object, at `index`.
    pub fn index(&mut self, object: &Thing, index: &str, at: Span) -> Thing {
        let position = index.parse::<usize>().ok();
        match object {
            Thing::Library(path) if matches!(path.as_str(), "process.argv" | "sys.argv") => {
                self.argument(position, at)
            }
            Thing::Library(path) if path == "os.environ" => self.variable_of_environment(index, at),
            Thing::Array(list) => match (position, index.strip_prefix('-')) {
                (Some(position), _) => {
                    list.inner.get(position).cloned().unwrap_or(Thing::Undefined)
                }
                (None, Some(from_end)) => {
                    let from_end = from_end.parse().unwrap_or(0usize);
                    let item = list.inner.iter().rev().nth(from_end.saturating_sub(1));
                    item.cloned().unwrap_or(Thing::Undefined)
                }
                (None, None) => self.index_unknown(object, index, at),
            },
            Thing::Unknown(_) if position.is_none() && !index.starts_with('-') => {
                self.member(object, index, at)
            }
            Thing::Unknown(_) | Thing::Each(_) => self.index_unknown(object, index, at),
            object => self.member(object, index, at),
        }
    }

    /// Any item of a list; `index` tells what is asked for again.
    pub fn index_unknown(&mut self, object: &Thing, index: &str, at: Span) -> Thing {
        match object {
            Thing::Array(list) => {
                let items = list.inner.iter().cloned();
                items.reduce(Thing::or).unwrap_or(Thing::Undefined)
            }
            Thing::Object(fields) => {
                let values = fields.inner.values().cloned();
                values.reduce(Thing::or).unwrap_or(Thing::Undefined)
            }
            Thing::Each(item) => item.inner.clone(),
            Thing::Unknown(list) => {
                let hole = self.hole(at);
                Thing::Unknown(self.element_at(list, index, hole))
            }
            object => self.member(object, index, at),
        }
    }

    /// An argument of the script: node's own name comes before the script's.
    fn argument(&mut self, position: Option<usize>, at: Span) -> Thing {
        let before = self.dialect.arguments_before();
        let known = match (&self.surroundings.arguments, position) {
            (Some(arguments), Some(n)) if n >= before => {
                Some(arguments.get(n - before).map_or(Thing::Undefined, |a| Thing::Text(a.clone())))
            }
            _ => None,
        };
        known.unwrap_or_else(|| self.unknown(at))
    }

    /// What a loop over an unknown list hands out.
    pub fn element(&mut self, list: &Unknown, at: Span) -> Unknown {
        if list.from_name {
            return list.derived(self.hole(at));
        }
        let (hole, selection) = (self.hole(at), self.selection(list));
        self.item(list.list.clone(), selection, hole)
    }

    fn comprehension(&mut self, comprehension: &Comprehension, at: Span) -> Thing {
        let mut results = Vec::new();
        let mut is_known = true;
        self.comprehension_loop(comprehension, 0, &mut results, &mut is_known);
        let list = match is_known {
            true => Thing::array(results),
            false => results.into_iter().reduce(Thing::or).and_then(Thing::each),
        };
        list.unwrap_or_else(|| self.unknown(at))
    }

    fn comprehension_loop(
        &mut self,
        comprehension: &Comprehension,
        depth: usize,
        results: &mut Vec<Thing>,
        is_known: &mut bool,
    ) {
        let Some(this_loop) = comprehension.loops.get(depth) else {
            let element = self.evaluate(&comprehension.element);
            results.push(self.settled(element));
            return;
        };
        let list = self.evaluate(&this_loop.list);
        *is_known &= matches!(list, Thing::Array(_));
        self.each_item(&list, this_loop.target.at, |this, item| {
            let outer = this.open_scope(this.scope);
            this.bind(&this_loop.target, item, Binds::Variable);
            let knowledge =
                this_loop.conditions.iter().fold(Knowledge::constant(true), |known, condition| {
                    let test = this.evaluate(condition).knowledge();
                    known.and(test)
                });
            if let Some(facts) = knowledge.when_true {
                this.branch(facts, |this| {
                    this.comprehension_loop(comprehension, depth + 1, results, is_known);
                });
            }
            this.scope = outer;
        });
    }
}
