//! What users write, and what is read from it.

mod bounds;
mod commands;
mod data;
mod loops;
mod positions;
mod printed;
mod values;

use super::{Call, Command, Reading, read};
use crate::invocation::{Origin, Piece, Selection, Value, Word};
use crate::script::marks::Marks;
use crate::source::{SourceFile, Text};
use std::sync::Arc;

fn reading(script: &str) -> Reading {
    let file = Arc::new(SourceFile::new("x.js", script));
    let code = Marks::default().value(&Text::of_file(file));
    read(&code.alternatives()[0], &|_| None)
}

/// The commands that a script runs: shell text after `$ `, an argv in brackets, holes as `‹…›`.
fn commands(script: &str) -> Vec<String> {
    let reading = reading(script);
    assert!(reading.unread.is_empty(), "unread: {:?} in {script}", reading.unread);
    reading.calls.iter().map(command).collect()
}

fn command(call: &Call) -> String {
    match &call.command {
        Command::Shell(text) => format!("$ {}", value(text)),
        Command::Argv(words) => {
            format!("[{}]", words.iter().map(value).collect::<Vec<_>>().join(", "))
        }
    }
}

fn value(value: &Value) -> String {
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

/// Each script runs exactly the one command.
fn each_runs(command: &str, scripts: &[&str]) {
    for script in scripts {
        assert_eq!(commands(script), [command], "{script}");
    }
}
