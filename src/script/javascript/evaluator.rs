use super::code::Code;
use super::knowledge::{Facts, ItemId, Knowledge};
use super::printed::Print;
use super::selection::both;
use super::thing::{Fields, Function, List, Thing, Unknown};
use super::{Call, Command, Environment};
use crate::invocation::{Hole, Origin, Piece, Selection, Value, Word};
use crate::source::Text;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use tree_sitter::Node;

/// Deeper expressions and calls are not followed; it keeps the stack under a megabyte.
const MAX_DEPTH: usize = 120;
/// So many nodes are evaluated per script, no more.
const MAX_STEPS: usize = 100_000;
/// Longer texts are given up.
const MAX_TEXT: usize = 64 << 10;

/// The state of an evaluation: what the variables hold, what is known where it stands, and what it
/// found.
pub struct Evaluator<'t> {
    pub code: &'t Code,
    pub environment: Environment<'t>,
    scopes: Vec<Scope<'t>>,
    /// The scope that names are looked up in.
    pub scope: usize,
    /// What is known on the way to where the evaluation stands.
    pub facts: Facts,
    /// How many branches and loops, which may be skipped, it stands in.
    pub branches: usize,
    /// The functions that it stands in.
    pub frames: Vec<Frame<'t>>,
    later: VecDeque<Later<'t>>,
    elements: HashMap<(ItemId, String), ItemId>,
    /// The item that was last put into a text, by where it is written.
    texts: HashMap<Range<usize>, ItemId>,
    last_item: ItemId,
    depth: usize,
    steps: usize,
    calls: Vec<(Range<usize>, Call)>,
    pub prints: Vec<Print>,
    limit: Option<Range<usize>>,
}

#[derive(Default)]
struct Scope<'t> {
    parent: Option<usize>,
    variables: HashMap<String, Variable<'t>>,
}

struct Variable<'t> {
    thing: Thing<'t>,
    /// In how many branches it was declared.
    branches: usize,
    /// Whether it can be given another value.
    changes: bool,
}

/// A call of a function of the script.
pub struct Frame<'t> {
    pub function: Node<'t>,
    /// How many facts held before.
    pub facts: usize,
    pub result: Option<Thing<'t>>,
}

/// A callback that something unknown will call.
struct Later<'t> {
    function: Function<'t>,
    arguments: Vec<Thing<'t>>,
    facts: Facts,
    branches: usize,
}

impl<'t> Evaluator<'t> {
    pub fn new(code: &'t Code, environment: Environment<'t>) -> Self {
        Self {
            code,
            environment,
            scopes: vec![Scope::default()],
            scope: 0,
            facts: Facts::new(),
            branches: 0,
            frames: Vec::new(),
            later: VecDeque::new(),
            elements: HashMap::new(),
            texts: HashMap::new(),
            last_item: 0,
            depth: 0,
            steps: 0,
            calls: Vec::new(),
            prints: Vec::new(),
            limit: None,
        }
    }

    /// Evaluates a whole script, then the callbacks that are left.
    pub fn run(&mut self, program: Node<'t>) {
        self.statements(program);
        while let Some(later) = self.later.pop_front() {
            self.facts = later.facts;
            self.branches = later.branches;
            self.call_function(later.function, None, later.arguments);
        }
    }

    /// The calls in their order, and where a limit was reached first.
    pub fn finish(mut self) -> (Vec<Call>, Option<Range<usize>>) {
        self.calls.sort_by_key(|(range, _)| range.start);
        (self.calls.into_iter().map(|(_, call)| call).collect(), self.limit)
    }

    /// Counts a step into `node`. If this is false, a limit was reached and it must be left alone;
    /// else [`Self::leave`] is to be called after it.
    pub fn enter(&mut self, node: Node<'t>) -> bool {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            self.give_up(node);
            return false;
        }
        self.depth += 1;
        true
    }

    /// Notes that a limit was reached at `node`; the first time is enough.
    pub fn give_up(&mut self, node: Node<'t>) {
        self.limit.get_or_insert(node.byte_range());
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Opens a scope in the current one; gives the one to return to.
    pub fn open_scope(&mut self, parent: usize) -> usize {
        self.scopes.push(Scope { parent: Some(parent), variables: HashMap::new() });
        std::mem::replace(&mut self.scope, self.scopes.len() - 1)
    }

    pub fn declare(&mut self, name: &str, thing: Thing<'t>, changes: bool) {
        let thing = self.settled(thing);
        let variable = Variable { thing, branches: self.branches, changes };
        self.scopes[self.scope].variables.insert(name.to_owned(), variable);
    }

    /// Gives a variable another value; in a branch, a further one.
    pub fn assign(&mut self, name: &str, thing: Thing<'t>) {
        let thing = self.settled(thing);
        let branches = self.branches;
        match self.variable(name) {
            Some(variable) => {
                variable.changes = true;
                if branches > variable.branches {
                    let held = std::mem::replace(&mut variable.thing, Thing::Undefined);
                    variable.thing = held.or(thing);
                } else {
                    variable.thing = thing;
                }
            }
            None => {
                let variable = Variable { thing, branches: 0, changes: true };
                self.scopes[0].variables.insert(name.to_owned(), variable);
            }
        }
    }

    /// Changes what a variable holds in place, as a method of a list does.
    pub fn replace_variable(&mut self, name: &str, thing: Thing<'t>) {
        if let Some(variable) = self.variable(name) {
            variable.thing = thing;
        }
    }

    /// What a variable holds; nothing if there is none of that name.
    pub fn lookup(&mut self, name: &str) -> Option<Thing<'t>> {
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

    fn variable(&mut self, name: &str) -> Option<&mut Variable<'t>> {
        let mut scope = self.scope;
        while !self.scopes[scope].variables.contains_key(name) {
            scope = self.scopes[scope].parent?;
        }
        self.scopes[scope].variables.get_mut(name)
    }

    /// Evaluates what may be skipped, where `facts` hold.
    pub fn branch<T>(&mut self, facts: Facts, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.facts.len();
        self.facts.extend(facts);
        self.branches += 1;
        let result = evaluate(self);
        self.branches -= 1;
        self.facts.truncate(before);
        result
    }

    /// Has a callback called once the script has ended.
    pub fn call_later(&mut self, function: Function<'t>, arguments: Vec<Thing<'t>>) {
        let (facts, branches) = (self.facts.clone(), self.branches + 1);
        self.later.push_back(Later { function, arguments, facts, branches });
    }

    /// Notes a call. The same call with another text is the same call.
    pub fn found(&mut self, node: Node<'t>, command: Command, function: String) {
        let range = node.byte_range();
        let command = match command {
            Command::Shell(text) => Command::Shell(self.narrowed(text)),
            Command::Argv(argv) => {
                Command::Argv(argv.into_iter().map(|word| self.narrowed(word)).collect())
            }
        };
        let same = self.calls.iter_mut().filter(|(at, _)| *at == range);
        for (_, call) in same {
            match (&mut call.command, &command) {
                (Command::Shell(known), Command::Shell(new)) => {
                    *known = known.clone().or(new.clone());
                    return;
                }
                (Command::Argv(known), Command::Argv(new)) if is_same(known, new) => return,
                _ => {}
            }
        }
        let location = self.code.locate(range.clone());
        self.calls.push((range, Call { command, location, function }));
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

    /// Something unknown that `node` gives.
    pub fn unknown(&mut self, node: Node<'t>) -> Thing<'t> {
        let hole = self.hole(node);
        Thing::Unknown(self.item(List::default(), Selection::Any, hole))
    }

    pub fn hole(&self, node: Node<'t>) -> Hole {
        Hole {
            origin: Origin::Unknown,
            written: self.code.written(node),
            location: self.code.locate(node.byte_range()),
            may_be_empty: true,
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
    pub fn settled(&self, thing: Thing<'t>) -> Thing<'t> {
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
                let settle = |(name, field): (&String, &Thing<'t>)| {
                    (name.clone(), self.settled(field.clone()))
                };
                let fields: Fields<'t> = object.inner.iter().map(settle).collect();
                Thing::object(fields).unwrap_or(Thing::Object(object))
            }
            thing => thing,
        }
    }

    /// The text that a thing becomes where it is put into a string. `node` is what stands there.
    pub fn text(&mut self, thing: &Thing<'t>, node: Node<'t>) -> Value {
        match thing {
            Thing::Text(value) => value.clone(),
            Thing::Unknown(unknown) => {
                let hole = unknown.as_hole(&self.selection(unknown));
                if let Some(location) = &hole.location {
                    self.texts.insert(location.range.clone(), unknown.item);
                }
                Value::hole(hole)
            }
            Thing::Array(list) => {
                self.joined(&list.inner, &Word::known(self.made_up(",", node)), node)
            }
            Thing::Each(item) => self.text(&item.inner, node),
            _ => Value::hole(self.hole(node)),
        }
    }

    /// The texts of `items` with `separator` between.
    pub fn joined(&mut self, items: &[Thing<'t>], separator: &Word, node: Node<'t>) -> Value {
        let separator = Value::one(separator.clone());
        let mut joined = None;
        for item in items {
            let next = self.text(item, node);
            joined = Some(match joined {
                None => next,
                Some(text) => {
                    let text = self.concatenated(text, &separator, node);
                    self.concatenated(text, &next, node)
                }
            });
        }
        joined.unwrap_or_else(Value::empty)
    }

    /// One text after the other, unless that becomes too long.
    pub fn concatenated(&self, head: Value, tail: &Value, node: Node<'t>) -> Value {
        if length(&head) * tail.alternatives().len() + length(tail) * head.alternatives().len()
            > MAX_TEXT
        {
            return Value::hole(self.hole(node));
        }
        head.then(tail)
    }

    /// A text that stands nowhere; it counts as written at `node`.
    pub fn made_up(&self, string: &str, node: Node<'t>) -> Text {
        let mut text = Text::default();
        text.push_made_up(string, self.code.locate(node.byte_range()).as_ref());
        text
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
