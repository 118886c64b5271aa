//! `local`, `declare`, `export`, `readonly`, `typeset` and `unset`.

use super::{
    Done, Shell,
    braces::braces,
    state::State,
    statements::Unit,
    syntax::{Assigned, Declaration, Declared, Span},
};
use crate::{
    invocation::{Value, Word},
    program::split_assignment,
    source::Text,
};

/// What the words after a declaring command say.
#[derive(Default)]
struct Declares {
    exports: bool,
    keyed: bool,
    functions: bool,
    references: bool,
    local: bool,
}

impl Declares {
    fn option(&mut self, option: &str) {
        let flags = option.strip_prefix('-').unwrap_or_default();
        self.exports |= flags.contains('x');
        self.keyed |= flags.contains('A');
        self.functions |= flags.contains('f');
        self.references |= flags.contains('n');
        self.local &= !flags.contains('g');
    }
}

impl Shell<'_> {
    /// Reads a declaration as the parser gives it.
    pub(super) fn declaration(&mut self, unit: &Unit<'_>, declaration: &Declaration) -> Done {
        let mut declares = self.declares(unit.str(&declaration.keyword));
        // All is expanded before any of it is set: `local X=$1 Y=$X` takes the `X` outside.
        let mut set = Vec::new();
        for item in &declaration.items {
            match item {
                Declared::Assignment(assignment)
                    if !matches!(assignment.value, Assigned::Items(_))
                        && braces(&unit.slice(&assignment.span)).len() > 1 =>
                {
                    // `X={a,b}` is two assignments here.
                    for assignment in braces(&unit.slice(&assignment.span)) {
                        let word = self.value(&assignment).alternatives().first().cloned();
                        self.declare(&word.unwrap_or_default(), &mut declares);
                    }
                }
                Declared::Assignment(assignment) => {
                    let name = unit.str(&assignment.name);
                    if declares.references {
                        let word = self.value(&unit.slice(&assignment.span));
                        self.refer(name, &word, &declares);
                    } else if declares.keyed {
                        self.declared(name, &declares);
                        self.assignment(unit, assignment);
                        self.export_declared(name, &declares);
                    } else {
                        let outer = self.state.held(name);
                        self.assignment(unit, assignment);
                        let inner = self.state.held(name);
                        self.state.put_back(name, outer);
                        set.push((name, inner));
                    }
                }
                Declared::Word(word) if unit.str(word).starts_with('-') => {
                    declares.option(unit.str(word));
                }
                Declared::Word(word) => {
                    // `export "$(cat file)"`: what it substitutes runs, and it may be assignments.
                    for word in self.fields(&unit.slice(word)).into_iter().flatten() {
                        self.declare(&word, &mut declares);
                    }
                }
            }
        }
        for (name, value) in set {
            self.declared(name, &declares);
            self.state.put_back(name, value);
            self.export_declared(name, &declares);
        }
        Done::silent(Some(true))
    }

    /// Reads a declaration whose words are known only after expansion.
    pub(super) fn declaration_words(&mut self, command: &str, words: &[Word]) -> Done {
        let mut declares = self.declares(command);
        for word in words {
            self.declare(word, &mut declares);
        }
        Done::silent(Some(true))
    }

    fn declares(&self, command: &str) -> Declares {
        let in_function = !self.locals.is_empty();
        Declares {
            exports: command == "export",
            local: in_function && matches!(command, "local" | "declare" | "typeset"),
            ..Declares::default()
        }
    }

    fn declare(&mut self, word: &Word, declares: &mut Declares) {
        match (word.text(), split_assignment(word)) {
            (Some(option), _) if option.starts_with('-') => declares.option(&option),
            (_, Some((name, value))) if declares.references => {
                self.refer(&name, &Value::one(value), declares);
            }
            (_, Some((name, value))) => {
                self.declared(&name, declares);
                self.state.set(&name, Value::one(value));
                self.export_declared(&name, declares);
            }
            (Some(name), None) if declares.functions => {
                if let Some(function) = self.state.functions.get(&name).cloned() {
                    let mut function = function.as_ref().clone();
                    function.exported |= declares.exports;
                    self.state.functions.set(name, function);
                }
            }
            (Some(name), None) => {
                self.declared(&name, declares);
                self.export_declared(&name, declares);
            }
            _ => {}
        }
    }

    /// `declare -n NAME=OTHER`: the one stands for the other, if that is known.
    fn refer(&mut self, name: &str, other: &Value, declares: &Declares) {
        self.declared(name, declares);
        let other = other.text();
        let own = format!("{name}=");
        let other = other.as_deref().map(|text| text.strip_prefix(&own).unwrap_or(text));
        let is_name = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        match other.filter(is_name).filter(|other| *other != name) {
            Some(other) => self.state.references.set(name, other.to_owned()),
            None => self.state.set(name, State::unknown_variable(name, None)),
        }
    }

    /// Before a variable is set: remembers what it hides.
    fn declared(&mut self, name: &str, declares: &Declares) {
        let name = name.split('[').next().unwrap_or_default();
        if declares.local {
            let held = self.state.held(name);
            if let Some(locals) = self.locals.last_mut()
                && locals.iter().all(|(local, _)| local != name)
            {
                locals.push((name.to_owned(), held));
                self.state.unset_variable(name);
            }
        }
        if declares.keyed {
            self.state.set_keyed(name);
        }
    }

    fn export_declared(&mut self, name: &str, declares: &Declares) {
        if declares.exports {
            self.state.export(name);
        }
    }

    pub(super) fn unset(&mut self, unit: &Unit<'_>, words: &[Span]) -> Done {
        let words: Vec<Text> = words.iter().map(|word| unit.slice(word)).collect();
        let words: Vec<Word> = words.iter().flat_map(|w| self.fields(w)).flatten().collect();
        self.unset_words(&words)
    }

    pub(super) fn unset_words(&mut self, words: &[Word]) -> Done {
        let functions_only = words.first().and_then(Word::text).is_some_and(|text| text == "-f");
        for name in words.iter().filter_map(Word::text).filter(|text| !text.starts_with('-')) {
            match functions_only {
                true => self.state.functions.remove(&name),
                false => self.state.unset(&name),
            }
        }
        Done::silent(Some(true))
    }
}
