//! What a script prints: a filter between `pm2 jlist` and `xargs pm2 delete` may be a script.

use super::{code::Span, state::Evaluator, thing::Thing};
use crate::invocation::{Value, Word};

/// What is printed by one call.
pub struct Print {
    text: Value,
    /// Whether it is printed just once, whatever happens.
    is_certain: bool,
}

impl Evaluator<'_> {
    /// `console.log(…)`. The line's end is left out: who takes the output does so too.
    pub fn print(&mut self, parts: &[Thing], at: Span) {
        let blank = Word::known(self.made_up(" ", at));
        let text = self.joined(parts, &blank, at);
        self.prints.push(Print { text, is_certain: !self.is_in_branch() });
    }

    /// `::set-output name=NAME::VALUE`, which the runner takes for an output of the step.
    pub fn tell_runner(&mut self, command: &str, arguments: &[Thing], at: Span) -> Thing {
        if let [name, value, ..] = arguments {
            let head = Value::known(self.made_up(&format!("::{command} name="), at));
            let (name, value) = (self.text(name, at), self.text(value, at));
            let middle = Value::known(self.made_up("::", at));
            let text = [name, middle, value]
                .iter()
                .fold(head, |text, part| self.concatenated(text, part, at));
            self.prints.push(Print { text, is_certain: !self.is_in_branch() });
        }
        Thing::Undefined
    }

    /// All that is printed; nothing if nothing is. What is printed in loops and branches is given
    /// as alternatives.
    pub fn printed(&mut self) -> Option<Value> {
        let program = Span { start: 0, end: self.code.len() };
        let prints = std::mem::take(&mut self.prints);
        if prints.iter().all(|print| print.is_certain) {
            let line_end = Value::known(self.made_up("\n", program));
            return prints.into_iter().map(|print| print.text).reduce(|text, next| {
                let text = self.concatenated(text, &line_end, program);
                self.concatenated(text, &next, program)
            });
        }
        let words = prints.iter().flat_map(|print| print.text.alternatives()).cloned();
        let printed = Value::any_of(words);
        // A hole can be empty as it is.
        let is_any_known = printed.alternatives().iter().any(Word::is_known);
        Some(if is_any_known { printed.or(Value::empty()) } else { printed })
    }
}
