//! What tagout says that a script calls, and whether that covers a call of bash.

use crate::templates::SHIMS;
use std::sync::Arc;
use tagout::{
    invocation::{Invocation, Piece, Word},
    script,
    source::{Language, Script, SourceFile, Text},
};

/// The calls of recorded programs, and those of which the program is not known.
pub fn calls(code: &str) -> Vec<Invocation> {
    // By a path that is nowhere: nothing of this machine is read.
    let file = Arc::new(SourceFile::new("/nowhere/script.sh", code));
    let reading = script::read(&Script::alone(Text::of_file(file), Language::Shell));
    let recorded = |invocation: &Invocation| {
        let name = invocation.argv.first();
        name.is_some_and(|name| name.text().is_none_or(|name| SHIMS.contains(&name.as_ref())))
    };
    reading.invocations.into_iter().map(Arc::unwrap_or_clone).filter(recorded).collect()
}

/// Whether all of it is known.
pub fn is_exact(invocation: &Invocation) -> bool {
    invocation.argv.iter().all(Word::is_known)
}

/// Whether the call can be this argv: known text is equal, and a hole is any text, of which the shell
/// may have made several words, or none, only where it says so.
pub fn covers(invocation: &Invocation, argv: &[String]) -> bool {
    let mut pattern: Vec<Part<'_>> = Vec::new();
    for word in &invocation.argv {
        let is_list = |piece: &Piece| matches!(piece, Piece::Hole(hole) if hole.splits);
        // A word that is but a list may vanish, and the gap before it too.
        if word.pieces.is_empty() || !word.pieces.iter().all(is_list) {
            pattern.push(Part::Text("\0"));
        }
        for piece in &word.pieces {
            pattern.push(match piece {
                Piece::Known(text) => Part::Text(text.as_str()),
                Piece::Hole(hole) if hole.splits => Part::Words,
                Piece::Hole(_) => Part::Word,
            });
        }
    }
    let written: String = argv.iter().flat_map(|word| ["\0", word]).collect();
    matches(&pattern, &written)
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a str),
    /// Any text of one word.
    Word,
    /// Any text of any number of words.
    Words,
}

fn matches(pattern: &[Part<'_>], text: &str) -> bool {
    let Some((part, rest)) = pattern.split_first() else { return text.is_empty() };
    let longest = match part {
        Part::Text(known) => {
            return text.strip_prefix(known).is_some_and(|text| matches(rest, text));
        }
        Part::Word => text.find('\0').unwrap_or(text.len()),
        Part::Words => text.len(),
    };
    (0..=longest).rev().filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}
