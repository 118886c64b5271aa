//! Code whose syntax is not understood, read word by word.

use super::{Done, Shell, scan, statements::Unit};
use crate::{script::Unread, source::Location};
use std::ops::Range;
use tree_sitter::Node;

/// Words that may stand before a command where the syntax is not understood.
const RESERVED: [&str; 14] = [
    "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}", "esac",
    "time",
];

impl Shell<'_> {
    /// Reads around a syntax error: what was parsed of it, and the rest line by line.
    pub(super) fn broken(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let location = unit.text.locate(node.byte_range());
        self.run.unread.push(Unread::code(location, "the shell syntax is not understood here"));
        self.roughly(unit, node)
    }

    /// Reads a part of the code without its syntax.
    pub(super) fn roughly(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let commands = rough_commands(&unit.prepared.code, node.byte_range());
        for range in commands {
            self.rough_command(unit, range);
        }
        Done::default()
    }

    /// A command in text whose syntax is not understood.
    fn rough_command(&mut self, unit: &Unit<'_>, range: Range<usize>) {
        let mut arguments = Vec::new();
        for word in rough_words(&unit.prepared.code, range) {
            let text = unit.text.slice(word);
            let reserved = arguments.is_empty() && RESERVED.contains(&text.as_str());
            if !reserved {
                arguments.push(text);
            }
        }
        let ends = arguments.first().zip(arguments.last());
        let location = ends.and_then(|(first, last)| {
            let (first, last) = (first.location()?, last.location()?);
            // In code that was put together, the last word may stand before the first.
            let range =
                first.range.start.min(last.range.start)..first.range.end.max(last.range.end);
            Some(Location { range, file: first.file })
        });
        if !arguments.is_empty() && self.run.step() {
            self.deeper(location.clone().as_ref(), |shell| {
                let argvs = shell.argvs(&arguments);
                shell.argvs_called(argvs, location)
            });
        }
    }
}

/// Splits code into commands without understanding more than quotes.
fn rough_commands(code: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut commands = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        match bytes[at] {
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' => {
                commands.push(start..at);
                at += 1;
                start = at;
            }
            b'#' if scan::starts_comment(bytes, at) => {
                commands.push(start..at);
                at = code[at..].find('\n').map_or(range.end, |line| at + line);
                start = at;
            }
            _ => at = scan::quoted_or_next(code, at),
        }
    }
    commands.push(start.min(range.end)..range.end);
    commands.retain(|command| !code[command.clone()].trim().is_empty());
    commands
}

/// The words of a command.
pub(super) fn rough_words(code: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut words = Vec::new();
    let (mut start, mut at) = (None, range.start);
    while at < range.end {
        if bytes[at].is_ascii_whitespace() {
            words.extend(start.take().map(|start| start..at));
            at += 1;
        } else {
            start.get_or_insert(at);
            at = scan::quoted_or_next(code, at).min(range.end);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}
