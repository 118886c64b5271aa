//! What an expression may be, as far as it can be known by reading.

use super::knowledge::{ItemId, Knowledge};
use crate::invocation::{Hole, Origin, Selection, Value};
use indexmap::IndexMap;
use std::{cell::Cell, rc::Rc};
use tree_sitter::Node;

/// Larger arrays and objects, counted with all that they hold, are given up.
const MAX_SIZE: usize = 1000;

#[derive(Clone)]
pub enum Thing<'t> {
    /// `undefined` and `null`.
    Undefined,
    /// The result of what does not come back, such as `process.exit()`.
    Never,
    /// Strings and numbers.
    Text(Value),
    /// A condition, or an index that says whether something was found.
    Test(Knowledge),
    Regex {
        pattern: String,
        ignores_case: bool,
    },
    /// An array or a set of which all items are known.
    Array(Rc<Counted<Vec<Thing<'t>>>>),
    /// A list of any length, of items like this one.
    Each(Rc<Counted<Thing<'t>>>),
    Object(Rc<Counted<Fields<'t>>>),
    /// A function or class of the script.
    Function(Function<'t>),
    /// A module, a global object or one of their functions, by its path: `child_process.exec`.
    Library(String),
    Unknown(Unknown),
}

pub type Fields<'t> = IndexMap<String, Thing<'t>>;

/// Counts what it holds, so that things that hold each other stay small.
pub struct Counted<T> {
    pub inner: T,
    size: usize,
}

#[derive(Clone, Copy)]
pub struct Function<'t> {
    pub node: Node<'t>,
    /// The scope that it was made in.
    pub scope: usize,
}

/// Something of which only the origin is known: what a function gives, or the item of a list.
#[derive(Clone)]
pub struct Unknown {
    /// The item that this is, or is a part of.
    pub item: ItemId,
    pub list: List,
    /// The way from the item to this: `pm2_env`, `pm_id`.
    pub path: Vec<String>,
    /// How the item was chosen.
    pub selection: Selection,
    /// Whether it was computed from an item's name.
    pub from_name: bool,
    /// How it stands in a text.
    pub hole: Hole,
}

/// What an unknown thing was read from, shared by all that comes from it.
#[derive(Clone, Default)]
pub struct List(Rc<Cell<Contents>>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Contents {
    #[default]
    Unknown,
    /// Text that is a list of processes if it is read as JSON: standard input, the output of
    /// `pm2 jlist`.
    ProcessesAsText,
    Processes,
}

/// What a part of an item tells of whose it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    Name,
    /// It goes with the name, but is not it: a namespace, a folder.
    Group,
    Nothing,
}

impl List {
    pub fn of(contents: Contents) -> Self {
        Self(Rc::new(Cell::new(contents)))
    }

    pub fn contents(&self) -> Contents {
        self.0.get()
    }

    /// To be called when something shows that it holds processes.
    pub fn is_of_processes(&self) {
        self.0.set(Contents::Processes);
    }
}

impl Unknown {
    /// A part of it.
    pub fn field(&self, name: &str, hole: Hole) -> Self {
        if matches!(name, "pm2_env" | "pm_id") {
            self.list.is_of_processes();
        }
        let mut field = Self { hole, ..self.clone() };
        field.path.push(name.to_owned());
        field
    }

    /// Something computed from it.
    pub fn derived(&self, hole: Hole) -> Self {
        let from_name = self.from_name || (self.tells() == Tells::Name && !self.path.is_empty());
        Self { hole, from_name, ..self.clone() }
    }

    /// How it stands in a text, if it was chosen by `selection`.
    pub fn as_hole(&self, selection: &Selection) -> Hole {
        let mut hole = self.hole.clone();
        let chosen = *selection != Selection::Any || self.list.contents() == Contents::Processes;
        // What is computed from a name is another name.
        if chosen && !self.from_name {
            hole.origin = Origin::Item(selection.clone());
        }
        hole
    }

    fn value(&self) -> Value {
        Value::hole(self.as_hole(&self.selection))
    }

    pub fn tells(&self) -> Tells {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let path = path.strip_prefix(&["pm2_env"]).unwrap_or(&path);
        match path {
            [] if self.path.is_empty() => Tells::Name,
            ["name"] => Tells::Name,
            ["namespace" | "pm_cwd" | "cwd" | "pm_exec_path" | "script" | "username"] => {
                Tells::Group
            }
            _ => Tells::Nothing,
        }
    }
}

impl<'t> Thing<'t> {
    /// An array of these items; nothing if they are too many.
    pub fn array(items: Vec<Thing<'t>>) -> Option<Self> {
        let sized = Counted::new(items.iter().map(Thing::size).sum(), items)?;
        Some(Self::Array(Rc::new(sized)))
    }

    pub fn each(item: Thing<'t>) -> Option<Self> {
        Some(Self::Each(Rc::new(Counted::new(item.size(), item)?)))
    }

    pub fn object(fields: Fields<'t>) -> Option<Self> {
        let sized = Counted::new(fields.values().map(Thing::size).sum(), fields)?;
        Some(Self::Object(Rc::new(sized)))
    }

    fn size(&self) -> usize {
        match self {
            Self::Array(items) => items.size,
            Self::Each(item) => item.size,
            Self::Object(fields) => fields.size,
            _ => 1,
        }
    }

    /// What is known when it is used as a condition.
    pub fn knowledge(&self) -> Knowledge {
        match self {
            Self::Test(knowledge) => knowledge.clone(),
            Self::Undefined => Knowledge::constant(false),
            Self::Text(value) => match value.text() {
                Some(text) => Knowledge::constant(!text.is_empty() && text != "0"),
                None => Knowledge::nothing(),
            },
            Self::Unknown(unknown) if unknown.from_name => Knowledge::looks_at(unknown.item),
            Self::Unknown(_) | Self::Library(_) | Self::Never => Knowledge::nothing(),
            _ => Knowledge::constant(true),
        }
    }

    /// What it may be if it may be either of two things.
    pub fn or(self, other: Thing<'t>) -> Self {
        use Thing::*;
        match (self, other) {
            (Undefined | Never, thing) | (thing, Undefined | Never) => thing,
            (Text(left), Text(right)) => Text(left.or(right)),
            (Text(value), Unknown(unknown)) | (Unknown(unknown), Text(value))
                if value.text().is_some_and(|text| text.is_empty()) =>
            {
                Unknown(unknown)
            }
            (Text(value), Unknown(unknown)) => Text(value.or(unknown.value())),
            (Unknown(unknown), Text(value)) => Text(unknown.value().or(value)),
            (Test(left), Test(right)) => Test(left.one_of(right)),
            (Test(known), other) | (other, Test(known)) => Test(known.one_of(other.knowledge())),
            (Array(list), thing) | (thing, Array(list)) if list.inner.is_empty() => thing,
            (Array(left), Array(right)) => {
                let items = left.inner.iter().chain(&right.inner).cloned().collect();
                Thing::array(items).unwrap_or(Array(left))
            }
            (Array(list), Unknown(unknown)) | (Unknown(unknown), Array(list)) => {
                Thing::each_of(&list.inner, Unknown(unknown))
            }
            (Array(list), Each(item)) | (Each(item), Array(list)) => {
                Thing::each_of(&list.inner, item.inner.clone())
            }
            (Object(left), Object(right)) => {
                let mut fields = left.inner.clone();
                for (name, thing) in &right.inner {
                    let known = fields.shift_remove(name).unwrap_or(Undefined);
                    fields.insert(name.clone(), known.or(thing.clone()));
                }
                Thing::object(fields).unwrap_or(Object(left))
            }
            (Unknown(_), thing @ (Each(_) | Object(_) | Function(_) | Library(_))) => thing,
            (thing, _) => thing,
        }
    }

    fn each_of(items: &[Thing<'t>], last: Thing<'t>) -> Self {
        let item = items.iter().cloned().fold(last.clone(), Thing::or);
        Thing::each(item).unwrap_or(last)
    }
}

impl<T> Counted<T> {
    fn new(inner_size: usize, inner: T) -> Option<Self> {
        (inner_size < MAX_SIZE).then_some(Self { inner, size: inner_size + 1 })
    }
}
