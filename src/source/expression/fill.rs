use super::{Expression, Setting, Value, expressions, world, world::World};
use crate::source::{Location, Script, Text};
use indexmap::IndexMap;

/// A script in one of the ways in which its expressions can come out.
#[derive(Clone, Debug)]
pub struct Filled {
    /// What is filled in counts as written at its expression; what is not known stands there still.
    pub text: Text,
    /// Likewise the folder that it starts in.
    pub folder: Option<Text>,
    /// What the variables around it may be; they, too, may hold expressions.
    pub env: IndexMap<String, Vec<Text>>,
}

impl Script {
    /// The script in every way in which its expressions can come out; at least one. A name has the
    /// same value in the text and in the variables that the text names.
    pub fn alternatives(&self) -> Vec<Filled> {
        let exported = self.contexts.exported.iter().filter(|(name, _)| self.is_given(name));
        let mut env: IndexMap<String, Vec<Text>> = IndexMap::new();
        let mut open: IndexMap<&str, Option<Location>> = IndexMap::new();
        for (name, text) in self.env.iter() {
            if is_open(text.as_str()) {
                open.insert(name, text.location());
            }
            env.insert(name.clone(), vec![text.clone()]);
        }
        for (name, Setting { location, .. }) in exported {
            open.insert(name, location.clone());
            env.entry(name.clone()).or_default();
        }
        let is_known = |text: &Text| !is_open(text.as_str());
        if open.is_empty() && is_known(&self.text) && self.folder.as_ref().is_none_or(is_known) {
            return vec![Filled { text: self.text.clone(), folder: self.folder.clone(), env }];
        }
        open.retain(|name, location| {
            let is_named = self.text.as_str().contains(name);
            if !is_named {
                env[*name] = self.possible_variable(name, location.as_ref());
            }
            is_named
        });
        let mut ways: Vec<Filled> = Vec::new();
        for (text, folder, variables) in world::in_all(&self.contexts, |world| {
            let text = filled_in(&self.text, world);
            let folder = self.folder.as_ref().map(|folder| filled_in(folder, world));
            let variables = open.keys().map(|name| world.variable(name)).collect::<Vec<_>>();
            (text, folder, variables)
        }) {
            let mut way = Filled { text, folder, env: env.clone() };
            for ((name, location), value) in open.iter().zip(variables) {
                match value {
                    Some(value) => way.env[*name] = vec![made_up(&value, location.as_ref())],
                    None => {
                        way.env.shift_remove(*name);
                    }
                }
            }
            if !ways.iter().any(|known| known.is_same(&way)) {
                ways.push(way);
            }
        }
        ways
    }

    /// Whether the shell or program that runs it is given a variable of the job.
    fn is_given(&self, name: &str) -> bool {
        self.passed.as_ref().is_none_or(|names| names.iter().any(|passed| passed == name))
    }

    fn possible_variable(&self, name: &str, location: Option<&Location>) -> Vec<Text> {
        let mut texts: Vec<Text> = Vec::new();
        for value in world::in_all(&self.contexts, |world| world.variable(name)) {
            let text = made_up(&value.unwrap_or(Value::Null), location);
            if !texts.iter().any(|known| known.as_str() == text.as_str()) {
                texts.push(text);
            }
        }
        texts
    }
}

impl Filled {
    fn is_same(&self, other: &Self) -> bool {
        let same = |(left, right): (&Vec<Text>, &Vec<Text>)| {
            left.iter().map(Text::as_str).eq(right.iter().map(Text::as_str))
        };
        self.text.as_str() == other.text.as_str()
            && self.folder.as_ref().map(Text::as_str) == other.folder.as_ref().map(Text::as_str)
            && self.env.keys().eq(other.env.keys())
            && self.env.values().zip(other.env.values()).all(same)
    }
}

/// Whether a text has expressions that the workflow may decide.
fn is_open(text: &str) -> bool {
    expressions(text).any(|expression| !expression.is_for_the_run())
}

fn made_up(value: &Value, location: Option<&Location>) -> Text {
    let mut text = Text::default();
    text.push_made_up(&value.to_string(), location);
    text
}

fn filled_in(text: &Text, world: &mut World<'_>) -> Text {
    let mut filled = Text::default();
    let mut at = 0;
    for Expression { range, inner } in expressions(text.as_str()) {
        let value = world.expression(inner);
        if value != Value::unknown(inner) {
            filled.push(&text.slice(at..range.start));
            let written = text.locate(range.clone());
            filled.push_made_up(&value.to_string(), written.as_ref());
            at = range.end;
        }
    }
    filled.push(&text.slice(at..text.len()));
    filled
}
