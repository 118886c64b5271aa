//! Commands: which can have effects, and which the shell does itself.

use super::{Does, Span, Surveyor};
use crate::{
    program::{Catalog, bare_name},
    script::{
        relevance::{self, Called, Stands, called, hooks, is_own_path, module},
        shell::syntax::Command,
    },
};
use std::borrow::Cow;

/// Programs that write to the files which they are given.
const WRITERS: [&str; 7] = ["tee", "cp", "mv", "ln", "install", "scp", "rsync"];

impl Surveyor<'_> {
    pub(super) fn command(&mut self, span: &Span, command: &Command, does: &mut Does) {
        does.matters |= !command.broken.is_empty();
        self.words(&command.words, does);
        self.redirects(&command.redirects, does);
        if command.words.is_empty() {
            return self.assignments(&command.assignments, does);
        }
        for assignment in &command.assignments {
            self.assigned(&assignment.value, does);
        }
        does.calls.push(command.words[0].clone());
        self.own(span, &command.words, does);
        does.matters |= does.matters || self.can_matter(&command.words);
    }

    fn stands(&self) -> Stands {
        if self.depth > 0 { Stands::Inside } else { Stands::Alone }
    }

    /// What the shell itself does.
    fn own(&mut self, span: &Span, words: &[Span], does: &mut Does) {
        let Some(name) = literal(self.str(&words[0])) else { return };
        let has_arguments = words.len() > 1;
        match name.as_ref() {
            "trap" => self.trap(words, does),
            "eval" | "source" | "." | "alias" => {
                does.matters = true;
                does.reads_all = true;
            }
            "cd" | "pushd" | "popd" | "exit" | "exec" | "set" | "shift" | "unset" | "read"
            | "mapfile" | "readarray" | "let" | "getopts" | "false" | "unalias" | "export"
            | "declare" | "local" | "readonly" | "typeset" | "command" | "builtin" => {
                does.steers = true;
            }
            "return" => does.returns = true,
            // More than one loop may end.
            "break" | "continue" if has_arguments => does.steers = true,
            "break" | "continue" => does.breaks = true,
            "[" | "test" => {
                // As a condition; see there.
                words[1..].iter().for_each(|word| self.names_in(word, does));
            }
            "echo" | "printf" => {
                // `::set-output` tells the runner something.
                does.matters |= self.str(span).contains("::set-");
                does.steers |= words.get(1).is_some_and(|word| self.str(word) == "-v");
            }
            "time" | "coproc" => does.calls.extend_from_slice(&words[1..]),
            _ => {}
        }
        // `sudo tee`, too.
        let writer = words.iter().position(|word| WRITERS.contains(&self.str(word)));
        for word in writer.map_or(&[][..], |writer| &words[writer + 1..]) {
            self.file(&word.clone(), does);
            // What is put there is called by its name.
            does.matters |= self.str(word).contains("bin/");
        }
    }

    /// Code for the end of the shell.
    fn trap(&mut self, words: &[Span], does: &mut Does) {
        does.steers = true;
        let Some(code) = words.get(1) else { return };
        let written = self.str(code);
        let inner = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match inner {
            Some(inner) if !inner.contains('\'') => self.code(code.start + 1..code.end - 1, does),
            None if literal(written).is_some() => does.calls.push(code.clone()),
            _ => does.matters = true,
        }
    }

    /// Whether a call can have an effect, or run other code.
    fn can_matter(&self, words: &[Span]) -> bool {
        let (mut passes, mut gives) = (false, false);
        for (position, word) in words.iter().enumerate() {
            let Some(name) = literal(self.str(word)) else { return true };
            if position > 0 && name.starts_with('-') {
                continue;
            }
            if is_own_path(&name) || self.is_put_on_the_path(&name) {
                return true;
            }
            if let Some(tells) = Catalog::built_in().tells(bare_name(&name)) {
                let matters = tells.acts || tells.leads;
                if matters && gives {
                    return true;
                }
                let says = |part: &str| self.text.contains(part) || self.run.says(part);
                match called(tells, self.text, word.end, self.stands(), says) {
                    Called::Really if matters => return true,
                    Called::Really | Called::Around => passes = true,
                    Called::Idly => {}
                }
                // What it runs by itself, and its modules.
                if hooks(tells, self.text, word.end).is_some()
                    || module(tells, self.text, word.end).is_some()
                {
                    return true;
                }
                gives |= tells.gives;
            }
            passes |= matches!(name.as_ref(), "time" | "coproc" | "command" | "builtin" | "exec");
            if !passes {
                return false;
            }
        }
        false
    }
}

impl Surveyor<'_> {
    /// Whether a part of the text, data or not, names a program in a way in which that can do
    /// something.
    pub(super) fn names_a_call(&self, part: &Span) -> bool {
        let is_in = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let says = |part: &str| self.text.contains(part) || self.run.says(part);
        let bytes = self.text.as_bytes();
        let mut at = part.start;
        while at < part.end {
            let len = bytes[at..part.end].iter().take_while(|byte| is_in(**byte)).count();
            let end = at + len;
            if len > 0
                && let Some(tells) = Catalog::built_in().tells(&self.text[at..end])
                && (tells.acts || tells.leads)
                && called(tells, self.text, end, self.stands(), says) != Called::Idly
            {
                return true;
            }
            at = end + 1;
        }
        false
    }

    /// Whether the script writes a program of this name.
    fn is_put_on_the_path(&self, name: &str) -> bool {
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        self.bins.iter().any(|after| after.strip_prefix(name).is_some_and(is_end))
    }
}

/// A word without its quotes; nothing if something in it can be any text.
fn literal(written: &str) -> Option<Cow<'_, str>> {
    match written {
        "[" | "{" | "}" => Some(written.into()),
        // A redirection in it, and what a mark starts with.
        _ => relevance::literal(written, |byte| matches!(byte, b'<' | b'>' | 0xee)),
    }
}
