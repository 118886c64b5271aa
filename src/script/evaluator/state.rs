use super::{
    Call, Command, Dialect, Reading, Surroundings,
    code::{self, Code, Span},
    knowledge::{Facts, ItemId, Knowledge},
    printed::Print,
    selection::both,
    syntax::{self, Statement},
    thing::{Fields, Function, List, Thing, Unknown},
};
use crate::{
    invocation::{Hole, Origin, Piece, Selection, Value, Word},
    source::{Text, time_is_up},
};
use foldhash::HashMap;
use std::{collections::VecDeque, ops::Range, rc::Rc};

/// Deeper expressions and calls are not followed; it keeps the stack under a megabyte.
const MAX_DEPTH: usize = 120;
/// So many nodes are evaluated per script, no more.
const MAX_STEPS: usize = 100_000;
/// Longer texts are given up.
const MAX_TEXT: usize = 64 << 10;

/// The state of an evaluation: what the variables hold, what is known where it stands, and what it
/// found.
pub struct Evaluator<'s> {
    pub code: Code,
    pub dialect: &'s dyn Dialect,
    pub surroundings: &'s Surroundings<'s>,
    scopes: Vec<Scope>,
    /// The scope that names are looked up in.
    pub scope: usize,
    /// What is known on the way to where the evaluation stands.
    pub facts: Facts,
    /// The branches and loops, which may be skipped, that it stands in.
    branches: Vec<Branch>,
    /// The functions that it stands in.
    pub frames: Vec<Frame>,
    later: VecDeque<Later>,
    elements: HashMap<(ItemId, String), ItemId>,
    /// The item that was last put into a text, by where it is written.
    texts: HashMap<Range<usize>, ItemId>,
    last_item: ItemId,
    depth: usize,
    steps: usize,
    calls: Vec<(Span, Call)>,
    pub prints: Vec<Print>,
    /// Modules of which all names are imported.
    pub open_modules: Vec<String>,
    /// The modules that were read from files, by path; none while they are being read.
    pub modules: HashMap<String, Option<Thing>>,
    /// The folder of the file that is being read.
    pub folder: String,
    /// What could not be parsed, and where a limit was reached first.
    unread: Vec<Span>,
    gave_up: bool,
}

#[derive(Default)]
struct Scope {
    parent: Option<usize>,
    /// Whether it is a function's, a file's or a class's, not a block's.
    is_of_function: bool,
    variables: HashMap<String, Variable>,
}

struct Variable {
    thing: Thing,
    /// Whether it can be given another value.
    changes: bool,
}

/// What variables held before a branch gave them another value: by their scope and name.
type Branch = HashMap<(usize, String), Thing>;

/// A call of a function of the script.
pub struct Frame {
    pub function: Rc<syntax::Function>,
    /// How many facts held before.
    pub facts: usize,
    pub result: Option<Thing>,
}

/// A callback that something unknown will call.
struct Later {
    function: Function,
    arguments: Vec<Thing>,
    facts: Facts,
}

impl<'s> Evaluator<'s> {
    pub fn new(dialect: &'s dyn Dialect, surroundings: &'s Surroundings<'s>) -> Self {
        Self {
            code: Code::default(),
            dialect,
            surroundings,
            scopes: vec![Scope { is_of_function: true, ..Scope::default() }],
            scope: 0,
            facts: Facts::new(),
            branches: Vec::new(),
            frames: Vec::new(),
            later: VecDeque::new(),
            elements: HashMap::default(),
            texts: HashMap::default(),
            last_item: 0,
            depth: 0,
            steps: 0,
            calls: Vec::new(),
            prints: Vec::new(),
            open_modules: Vec::new(),
            modules: HashMap::default(),
            folder: surroundings.folder.clone(),
            unread: Vec::new(),
            gave_up: false,
        }
    }

    /// Evaluates a whole script, then the callbacks that are left.
    pub fn run(&mut self, script: &Word) {
        let statements = self.parse(script);
        let start = Span { start: 0, end: 0 };
        let main = Value::known(self.made_up("__main__", start));
        self.declare("__name__", Thing::Text(main), false);
        self.statements(&statements);
        while let Some(later) = self.later.pop_front() {
            self.branch(later.facts, |this| {
                this.call_function(&later.function, None, later.arguments);
            });
        }
    }

    /// The statements of a script, which is added to the code.
    pub fn parse(&mut self, script: &Word) -> Vec<Statement> {
        let start = self.code.len();
        let Some(parsed) = self.code.add(script, self.dialect) else {
            self.unread.push(Span { start, end: self.code.len() });
            return Vec::new();
        };
        let errors = code::errors(&parsed).into_iter();
        self.unread.extend(errors.map(|error| self.code.whole_lines(error)));
        self.dialect.lower(&self.code, &parsed, parsed.tree.root_node())
    }

    /// The calls in their order, what is printed, and what was not read.
    pub fn finish(mut self) -> Reading {
        let printed = self.printed();
        self.calls.sort_by_key(|(at, _)| at.start);
        if self.steps > MAX_STEPS {
            self.unread.push(Span { start: 0, end: self.code.len() });
        }
        self.unread.sort();
        Reading {
            calls: self.calls.into_iter().map(|(_, call)| call).collect(),
            printed,
            unread: self.unread.into_iter().filter_map(|at| self.code.locate(at)).collect(),
        }
    }

    /// Counts a step into `at`. If this is false, a limit was reached and it must be left alone;
    /// else [`Self::leave`] is to be called after it.
    pub fn enter(&mut self, at: Span) -> bool {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS || time_is_up() {
            self.give_up(at);
            return false;
        }
        self.depth += 1;
        true
    }

    /// Notes that a limit was reached there; the first time is enough.
    pub fn give_up(&mut self, at: Span) {
        if !self.gave_up {
            self.gave_up = true;
            self.unread.push(at);
        }
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Opens the scope of a block in another one; gives the one to return to.
    pub fn open_scope(&mut self, parent: usize) -> usize {
        self.scopes.push(Scope { parent: Some(parent), ..Scope::default() });
        std::mem::replace(&mut self.scope, self.scopes.len() - 1)
    }

    /// Opens the scope of a function, file or class.
    pub fn open_function_scope(&mut self, parent: usize) -> usize {
        let outer = self.open_scope(parent);
        self.scopes[self.scope].is_of_function = true;
        outer
    }

    /// All that was declared in a scope, by name.
    pub fn names_of(&self, scope: usize) -> Fields {
        let variables = &self.scopes[scope].variables;
        let mut names: Fields =
            variables.iter().map(|(name, held)| (name.clone(), held.thing.clone())).collect();
        names.sort_unstable_keys();
        names
    }

    pub fn declare(&mut self, name: &str, thing: Thing, changes: bool) {
        self.declare_in(self.scope, name, thing, changes);
    }

    fn declare_in(&mut self, scope: usize, name: &str, thing: Thing, changes: bool) {
        let thing = self.settled(thing);
        self.scopes[scope].variables.insert(name.to_owned(), Variable { thing, changes });
    }

    /// Gives a variable another value; after the branch that it stands in, it may be either.
    pub fn assign(&mut self, name: &str, thing: Thing) {
        let scope = self.scope_of(name).unwrap_or(0);
        self.assign_in(scope, name, thing);
    }

    /// Gives a variable of the function a value, as Python does.
    pub fn assign_in_function(&mut self, name: &str, thing: Thing) {
        let mut scope = self.scope;
        while !self.scopes[scope].is_of_function
            && !self.scopes[scope].variables.contains_key(name)
            && let Some(parent) = self.scopes[scope].parent
        {
            scope = parent;
        }
        self.assign_in(scope, name, thing);
    }

    fn assign_in(&mut self, scope: usize, name: &str, thing: Thing) {
        let thing = self.settled(thing);
        let variables = &mut self.scopes[scope].variables;
        let before = variables.insert(name.to_owned(), Variable { thing, changes: true });
        if let Some(branch) = self.branches.last_mut() {
            let before = before.map_or(Thing::Undefined, |variable| variable.thing);
            branch.entry((scope, name.to_owned())).or_insert(before);
        }
    }

    /// Changes what a variable holds in place, as a method of a list does.
    pub fn replace_variable(&mut self, name: &str, thing: Thing) {
        if let Some(variable) = self.variable(name) {
            variable.thing = thing;
        }
    }

    /// What a variable holds; nothing if there is none of that name.
    pub fn lookup(&mut self, name: &str) -> Option<Thing> {
        let variable = self.variable(name)?;
        let thing = variable.thing.clone();
        match thing {
            // A flag that a later round of a loop, or a callback, may change.
            Thing::Test(known) if variable.changes && known.is_constant() => {
                Some(Thing::Test(Knowledge::nothing()))
            }
            thing => Some(thing),
        }
    }

    fn variable(&mut self, name: &str) -> Option<&mut Variable> {
        let scope = self.scope_of(name)?;
        self.scopes[scope].variables.get_mut(name)
    }

    fn scope_of(&self, name: &str) -> Option<usize> {
        let mut scope = self.scope;
        while !self.scopes[scope].variables.contains_key(name) {
            scope = self.scopes[scope].parent?;
        }
        Some(scope)
    }

    /// What a variable of that very scope holds.
    pub fn held_in(&self, scope: usize, name: &str) -> Option<&Thing> {
        self.scopes[scope].variables.get(name).map(|variable| &variable.thing)
    }

    /// Whether what stands here may be skipped.
    pub fn is_in_branch(&self) -> bool {
        !self.branches.is_empty()
    }

    /// Evaluates what may be skipped, where `facts` hold.
    pub fn branch<T>(&mut self, facts: Facts, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.facts.len();
        self.facts.extend(facts);
        self.branches.push(Branch::default());
        let result = evaluate(self);
        self.facts.truncate(before);
        for ((scope, name), before) in self.branches.pop().unwrap_or_default() {
            if let Some(variable) = self.scopes[scope].variables.get_mut(&name) {
                let now = std::mem::replace(&mut variable.thing, Thing::Undefined);
                variable.thing = before.clone().or(now);
            }
            if let Some(outer) = self.branches.last_mut() {
                outer.entry((scope, name)).or_insert(before);
            }
        }
        result
    }

    /// Has a callback called once the script has ended.
    pub fn call_later(&mut self, function: Function, arguments: Vec<Thing>) {
        let facts = self.facts.clone();
        self.later.push_back(Later { function, arguments, facts });
    }

    /// Notes a call. The same call with another text is the same call.
    pub fn found(&mut self, at: Span, call: Call) {
        let narrowed = |text: Value| self.narrowed(text);
        let command = match call.command {
            Command::Shell(text) => Command::Shell(narrowed(text)),
            Command::Argv(argv) => Command::Argv(argv.into_iter().map(narrowed).collect()),
        };
        let call = Call { command, location: self.code.locate(at), ..call };
        let is_plain = |call: &Call| call.input.is_none() && call.host.is_none();
        let same = self.calls.iter_mut().filter(|(of, known)| *of == at && is_plain(known));
        for (_, known) in same.filter(|_| is_plain(&call)) {
            match (&mut known.command, &call.command) {
                (Command::Shell(known), Command::Shell(new)) => {
                    *known = known.clone().or(new.clone());
                    return;
                }
                (Command::Argv(known), Command::Argv(new)) if is_same(known, new) => return,
                _ => {}
            }
        }
        self.calls.push((at, call));
    }

    /// The text with what is known of its items by now: more than where it was put together.
    fn narrowed(&self, text: Value) -> Value {
        if self.facts.is_empty() {
            return text;
        }
        let narrow = |hole: &Hole| {
            let mut hole = hole.clone();
            let at = hole.location.as_ref().map(|location| &location.range);
            if let (Origin::Item(selection), Some(item)) =
                (&mut hole.origin, at.and_then(|at| self.texts.get(at)))
            {
                *selection = self.known_of(*item, selection.clone());
            }
            hole
        };
        Value::any_of(text.alternatives().iter().map(|word| {
            let pieces = word.pieces.iter().map(|piece| match piece {
                Piece::Known(text) => Piece::Known(text.clone()),
                Piece::Hole(hole) => Piece::Hole(narrow(hole)),
            });
            Word { pieces: pieces.collect() }
        }))
    }

    /// A new item.
    pub fn item(&mut self, list: List, selection: Selection, hole: Hole) -> Unknown {
        self.last_item += 1;
        let item = self.last_item;
        Unknown { item, list, path: Vec::new(), selection, from_name: false, hole }
    }

    /// The item at `index` of an unknown list: the same one each time.
    pub fn element_at(&mut self, list: &Unknown, index: &str, hole: Hole) -> Unknown {
        if list.from_name {
            return list.derived(hole);
        }
        let key = (list.item, index.to_owned());
        let selection = self.selection(list);
        let mut element = self.item(list.list.clone(), selection, hole);
        element.item = *self.elements.entry(key).or_insert(element.item);
        element
    }

    /// Something unknown that `at` gives.
    pub fn unknown(&mut self, at: Span) -> Thing {
        let hole = self.hole(at);
        Thing::Unknown(self.item(List::default(), Selection::Any, hole))
    }

    pub fn hole(&self, at: Span) -> Hole {
        Hole {
            origin: Origin::Unknown,
            written: self.code.written(at),
            location: self.code.locate(at),
            may_be_empty: true,
            splits: false,
        }
    }

    /// How an unknown thing was chosen, with what is known here.
    pub fn selection(&self, unknown: &Unknown) -> Selection {
        self.known_of(unknown.item, unknown.selection.clone())
    }

    /// A selection with what is known here of the item.
    fn known_of(&self, item: ItemId, selection: Selection) -> Selection {
        let known = self.facts.iter().filter(|(known, _)| *known == item);
        known.fold(selection, |selection, (_, fact)| both(&selection, fact))
    }

    /// The thing, with what is known of it here kept for elsewhere.
    pub fn settled(&self, thing: Thing) -> Thing {
        if self.facts.is_empty() {
            return thing;
        }
        match thing {
            Thing::Unknown(mut unknown) => {
                unknown.selection = self.selection(&unknown);
                Thing::Unknown(unknown)
            }
            Thing::Array(list) => {
                let items = list.inner.iter().map(|item| self.settled(item.clone())).collect();
                Thing::array(items).unwrap_or(Thing::Array(list))
            }
            Thing::Each(item) => {
                Thing::each(self.settled(item.inner.clone())).unwrap_or(Thing::Each(item))
            }
            Thing::Object(object) => {
                let settle =
                    |(name, field): (&String, &Thing)| (name.clone(), self.settled(field.clone()));
                let fields: Fields = object.inner.iter().map(settle).collect();
                Thing::object(fields).unwrap_or(Thing::Object(object))
            }
            thing => thing,
        }
    }

    /// The text that a thing becomes where it is put into a string. `at` is what stands there.
    pub fn text(&mut self, thing: &Thing, at: Span) -> Value {
        match thing {
            Thing::Text(value) => value.clone(),
            Thing::Unknown(unknown) => {
                let hole = unknown.as_hole(&self.selection(unknown));
                if let Some(location) = &hole.location {
                    self.texts.insert(location.range.clone(), unknown.item);
                }
                Value::hole(hole)
            }
            Thing::Array(list) => self.joined(&list.inner, &Word::known(self.made_up(",", at)), at),
            Thing::Each(item) => self.text(&item.inner, at),
            _ => Value::hole(self.hole(at)),
        }
    }

    /// The texts of `items` with `separator` between.
    pub fn joined(&mut self, items: &[Thing], separator: &Word, at: Span) -> Value {
        let separator = Value::one(separator.clone());
        let mut joined = None;
        for item in items {
            let next = self.text(item, at);
            joined = Some(match joined {
                None => next,
                Some(text) => {
                    let text = self.concatenated(text, &separator, at);
                    self.concatenated(text, &next, at)
                }
            });
        }
        joined.unwrap_or_else(Value::empty)
    }

    /// One text after the other, unless that becomes too long.
    pub fn concatenated(&self, head: Value, tail: &Value, at: Span) -> Value {
        if length(&head) * tail.alternatives().len() + length(tail) * head.alternatives().len()
            > MAX_TEXT
        {
            return Value::hole(self.hole(at));
        }
        head.then(tail)
    }

    /// A text that stands nowhere; it counts as written at `at`.
    pub fn made_up(&self, string: &str, at: Span) -> Text {
        self.code.made_up(string, at)
    }
}

fn length(value: &Value) -> usize {
    let pieces = value.alternatives().iter().flat_map(|word| &word.pieces);
    pieces.map(|piece| if let Piece::Known(text) = piece { text.len() } else { 1 }).sum()
}

fn is_same(left: &[Value], right: &[Value]) -> bool {
    let written = |values: &[Value]| -> Vec<Vec<String>> {
        values.iter().map(|v| v.alternatives().iter().map(Word::to_string).collect()).collect()
    };
    written(left) == written(right)
}
