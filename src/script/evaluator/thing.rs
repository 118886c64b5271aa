//! What an expression may be, as far as it can be known by reading.

use super::{
    knowledge::{ItemId, Knowledge},
    selection::either,
    syntax,
};
use crate::invocation::{Hole, Origin, Selection, Value};
use indexmap::IndexMap;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Larger arrays and objects, counted with all that they hold, are given up.
const MAX_SIZE: usize = 1000;

#[derive(Clone)]
pub enum Thing {
    /// `undefined`, `null` and `None`.
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
    Array(Rc<Counted<Vec<Thing>>>),
    /// A list of any length, of items like this one.
    Each(Rc<Counted<Thing>>),
    Object(Rc<Counted<Fields>>),
    /// The arguments of a call that have a name.
    Named(Rc<Counted<Fields>>),
    /// A function of the script.
    Function(Function),
    /// A class of the script.
    Class(Class),
    /// A connection to another host.
    Session(Session),
    /// A module, a global object or one of their functions, by its path: `child_process.exec`.
    Library(String),
    Unknown(Unknown),
}

pub type Fields = IndexMap<String, Thing>;

/// Counts what it holds, so that things that hold each other stay small.
pub struct Counted<T> {
    pub inner: T,
    size: usize,
}

#[derive(Clone)]
pub struct Function {
    pub code: Rc<syntax::Function>,
    /// The scope that it was made in.
    pub scope: usize,
}

#[derive(Clone)]
pub struct Class {
    pub code: Rc<syntax::Class>,
    /// The scope that it was made in.
    pub scope: usize,
}

/// A connection to another host, and whatever of a library stands for it.
#[derive(Clone)]
pub struct Session {
    /// What made it: `paramiko.SSHClient`.
    pub path: String,
    /// The host, once it is said.
    pub host: Rc<RefCell<Option<Value>>>,
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

    /// Either of two: chosen by no more than what both were chosen by.
    fn or(self, other: Self) -> Self {
        let selection = either(&self.selection, &other.selection);
        let from_name = self.from_name && other.from_name;
        let is_process = self.list.contents() == Contents::Processes;
        let either = if is_process { self } else { other };
        Self { selection, from_name, ..either }
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

impl Thing {
    /// An array of these items; nothing if they are too many.
    pub fn array(items: Vec<Thing>) -> Option<Self> {
        let sized = Counted::new(items.iter().map(Thing::size).sum(), items)?;
        Some(Self::Array(Rc::new(sized)))
    }

    pub fn each(item: Thing) -> Option<Self> {
        Some(Self::Each(Rc::new(Counted::new(item.size(), item)?)))
    }

    pub fn object(fields: Fields) -> Option<Self> {
        let sized = Counted::new(fields.values().map(Thing::size).sum(), fields)?;
        Some(Self::Object(Rc::new(sized)))
    }

    pub fn named(fields: Fields) -> Option<Self> {
        let sized = Counted::new(fields.values().map(Thing::size).sum(), fields)?;
        Some(Self::Named(Rc::new(sized)))
    }

    /// A text, if that is known.
    pub fn known_text(&self) -> Option<String> {
        match self {
            Self::Text(value) => value.text().map(String::from),
            _ => None,
        }
    }

    pub fn is_callable(&self) -> bool {
        matches!(self, Self::Function(_) | Self::Library(_) | Self::Class(_))
    }

    fn size(&self) -> usize {
        match self {
            Self::Array(items) => items.size,
            Self::Each(item) => item.size,
            Self::Object(fields) | Self::Named(fields) => fields.size,
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
    pub fn or(self, other: Thing) -> Self {
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
            (
                Unknown(_),
                thing @ (Each(_) | Object(_) | Function(_) | Class(_) | Library(_) | Session(_)),
            ) => thing,
            (Unknown(left), Unknown(right)) if left.item != right.item => Unknown(left.or(right)),
            (thing, _) => thing,
        }
    }

    fn each_of(items: &[Thing], last: Thing) -> Self {
        let item = items.iter().cloned().fold(last.clone(), Thing::or);
        Thing::each(item).unwrap_or(last)
    }
}

impl<T> Counted<T> {
    fn new(inner_size: usize, inner: T) -> Option<Self> {
        (inner_size < MAX_SIZE).then_some(Self { inner, size: inner_size + 1 })
    }
}
