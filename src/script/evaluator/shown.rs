//! How the tests of both languages show what was read.

use super::{Call, Command, Reading, Surroundings};
use crate::invocation::{Origin, Piece, Selection, Value, Word};
use crate::script::marks::Marks;
use crate::source::{SourceFile, Text};
use std::sync::Arc;

/// A script with nothing around it.
pub fn nothing_around() -> Surroundings<'static> {
    Surroundings {
        environment: &|_| None,
        arguments: None,
        file: &|_| None,
        folder: String::new(),
        only_calls: false,
    }
}

/// What a language's reader makes of a script with nothing around it.
pub fn reading(read: fn(&Word, &Surroundings<'_>) -> Reading, name: &str, script: &str) -> Reading {
    let file = Arc::new(SourceFile::new(name, script));
    let code = Marks::default().value(&Text::of_file(file));
    read(&code.alternatives()[0], &nothing_around())
}

/// The commands of a script of which everything was read.
pub fn commands(reading: &Reading) -> Vec<String> {
    assert!(reading.unread.is_empty(), "unread: {:?}", reading.unread);
    reading.calls.iter().map(command).collect()
}

/// A command: shell text after `$ `, an argv in brackets, holes as `‹…›`.
pub fn command(call: &Call) -> String {
    let mut shown = match &call.command {
        Command::Shell(text) => format!("$ {}", value(text)),
        Command::Argv(words) => {
            format!("[{}]", words.iter().map(value).collect::<Vec<_>>().join(", "))
        }
    };
    if let Some(input) = &call.input {
        shown += &format!(" < {}", value(input));
    }
    if let Some(host) = &call.host {
        shown += &format!(" @ {}", value(host));
    }
    shown
}

pub fn value(value: &Value) -> String {
    value.alternatives().iter().map(word).collect::<Vec<_>>().join(" | ")
}

fn word(word: &Word) -> String {
    let pieces = word.pieces.iter().map(|piece| match piece {
        Piece::Known(text) => text.as_str().to_owned(),
        Piece::Hole(hole) => match &hole.origin {
            Origin::Item(selection) => format!("‹{}: {}›", hole.written, selected(selection)),
            Origin::Variable(name) => format!("‹${name}›"),
            _ => format!("‹{}›", hole.written),
        },
    });
    pieces.collect()
}

fn selected(selection: &Selection) -> String {
    match selection {
        Selection::Any => "any".into(),
        Selection::Names(names) => names.join(", "),
        Selection::Pattern(pattern) => pattern.clone(),
        Selection::SomeName => "some name".into(),
    }
}
