//! Code whose syntax is not understood, read word by word.

use super::{Done, Shell, statements::Unit, survey::names, syntax::Span};
use crate::{script::Unread, source::Location};
use foldhash::HashSet;

/// Words that may stand before a command where the syntax is not understood.
pub(super) const RESERVED: [&str; 14] = [
    "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}", "esac",
    "time",
];

impl Shell<'_> {
    /// Reads around a syntax error: what may be commands in it, and the functions that it names.
    pub(super) fn broken(&mut self, unit: &Unit<'_>, span: &Span, commands: &[Vec<Span>]) -> Done {
        let code = unit.str(span);
        let named: HashSet<&str> = names(code).map(|name| &code[name]).collect();
        let reason = "the shell syntax is not understood here";
        self.in_part(unit, span, reason, commands, |name| named.contains(name))
    }

    /// What the end of a text may do that is missing: to call any function.
    pub(super) fn cut_off(&mut self, unit: &Unit<'_>, end: &Span, commands: &[Vec<Span>]) -> Done {
        let reason = "it ends in the middle of its syntax, so what comes after that is not known";
        self.in_part(unit, end, reason, commands, |_| true)
    }

    /// Reads what may be commands, and the functions that may be called beside them, and says that
    /// this is not all.
    fn in_part(
        &mut self,
        unit: &Unit<'_>,
        span: &Span,
        reason: &str,
        commands: &[Vec<Span>],
        may_call: impl Fn(&str) -> bool,
    ) -> Done {
        let location = unit.text.locate(span.clone());
        self.run.unread.push(Unread::code(location.clone(), reason));
        for words in commands {
            self.rough_command(unit, words);
        }
        self.may_call(location, may_call);
        Done::default()
    }

    /// Calls those functions that nothing else has called.
    fn may_call(&mut self, location: Option<Location>, is_meant: impl Fn(&str) -> bool) {
        for (name, function) in self.state.functions.clone().into_sorted() {
            if is_meant(&name) && self.run.called.insert(name) {
                let before = self.state.clone();
                self.function(&function, Vec::new(), location.clone());
                self.state = before;
            }
        }
    }

    /// A command in text whose syntax is not understood.
    fn rough_command(&mut self, unit: &Unit<'_>, words: &[Span]) {
        let mut arguments = Vec::new();
        for word in words {
            let text = unit.slice(word);
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
            // Whether it is reached is not known.
            self.state.ended = false;
        }
    }
}
