//! What tagout says that a script calls, and whether that covers a call of bash.

use crate::grammar::SHIMS;
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
    reading.invocations.into_iter().filter(recorded).collect()
}

/// Whether all of it is known.
pub fn is_exact(invocation: &Invocation) -> bool {
    invocation.argv.iter().all(Word::is_known)
}

/// Whether the call can be this argv: known text is equal, and a hole is any text, which the shell
/// may have split into words, or into none.
pub fn covers(invocation: &Invocation, argv: &[String]) -> bool {
    let mut pattern: Vec<Part<'_>> = Vec::new();
    for word in &invocation.argv {
        let only_holes =
            !word.pieces.is_empty() && !word.is_known() && word.pieces.iter().all(is_hole);
        // A word that is but holes may vanish, and the gap before it too.
        pattern.push(if only_holes { Part::Any } else { Part::Text("\0") });
        for piece in &word.pieces {
            pattern.push(match piece {
                Piece::Known(text) => Part::Text(text.as_str()),
                Piece::Hole(_) => Part::Any,
            });
        }
    }
    let written: String = argv.iter().flat_map(|word| ["\0", word]).collect();
    matches(&pattern, &written)
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a str),
    Any,
}

fn is_hole(piece: &Piece) -> bool {
    matches!(piece, Piece::Hole(_))
}

fn matches(pattern: &[Part<'_>], text: &str) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Part::Text(known), rest)) => {
            text.strip_prefix(known).is_some_and(|text| matches(rest, text))
        }
        Some((Part::Any, [])) => true,
        Some((Part::Any, rest @ [Part::Any, ..])) => matches(rest, text),
        Some((Part::Any, rest)) => text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .any(|at| matches(rest, &text[at..])),
    }
}
