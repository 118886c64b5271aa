//! What people write in scripts, and which calls of `pm2` and `rm` are read from it.

mod branches;
mod control;
mod expansion;
mod files;
mod filters;
mod functions;
mod syntax;
mod variables;

use crate::{
    invocation::{Hole, Piece, Word},
    script::{self, Reading},
    source::{Language, Script, SourceFile, Text},
};
use std::sync::Arc;

fn reading(script: &str) -> Reading {
    let file = Arc::new(SourceFile::new("deploy.sh", script));
    script::read(&Script::alone(Text::of_file(file), Language::Shell))
}

/// The calls of `pm2` and `rm` in order, each once; holes as `‹…›`, those that can be empty with a
/// question mark.
fn calls(script: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for invocation in reading(script).invocations {
        let name = invocation.argv.first().and_then(Word::text).unwrap_or_default().into_owned();
        if !matches!(name.as_str(), "pm2" | "rm") {
            continue;
        }
        let call = invocation.argv.iter().map(shown).collect::<Vec<_>>().join(" ");
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    calls
}

fn shown(word: &Word) -> String {
    let pieces = word.pieces.iter().map(|piece| match piece {
        Piece::Known(text) => text.as_str().to_owned(),
        Piece::Hole(Hole { written, may_be_empty: true, .. }) => format!("‹{written}?›"),
        Piece::Hole(hole) => format!("‹{}›", hole.written),
    });
    let text: String = pieces.collect();
    if text.is_empty() { "''".into() } else { text }
}

/// Each script makes exactly these calls, and all of it is understood.
#[track_caller]
fn each_calls(expected: &[&str], scripts: &[&str]) {
    let mut wrong = String::new();
    for script in scripts {
        let (calls, unread) = (calls(script), reading(script).unread);
        if calls != expected {
            wrong += &format!("{script}\n  calls {calls:?}\n");
        }
        for unread in unread.iter().filter(|unread| unread.is_code()) {
            wrong += &format!("{script}\n  unread: {}\n", unread.reason);
        }
    }
    assert!(wrong.is_empty(), "not {expected:?}:\n{wrong}");
}

/// Each script stops everything, and does nothing else.
#[track_caller]
fn each_is_dangerous(scripts: &[&str]) {
    each_calls(&["pm2 delete all"], scripts);
}

/// Each script calls neither `pm2` nor `rm`.
#[track_caller]
fn each_is_harmless(scripts: &[&str]) {
    each_calls(&[], scripts);
}
