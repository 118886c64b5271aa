//! Scripts that a command of their own runs: `shell: ssh prod bash -s {0}`.

use super::shell::{Contents, Output, Shell};
use crate::{
    invocation::{Invocation, Word},
    source::{Hop, Location, Script, Text},
};
use std::sync::Arc;

/// The file of the script.
pub(super) const FILE: &str = "{0}";

impl Shell<'_> {
    /// Reads the command that runs a script; whether that is seen to run anything of it.
    pub(super) fn by_template(&mut self, script: &Script, text: &Text) -> bool {
        let Some((template, place)) = &script.template else { return false };
        let whole = text.location();
        let path = self.path(&Word::made_up(FILE));
        self.state.files.set(path, Contents::of(text.clone()));
        let hop = Hop { step: "shell".to_owned(), location: template.location() };
        let own = Script { text: template.clone(), template: None, ..script.clone() };
        let from = self.run.invocations.len();
        let mut is_seen = false;
        // Some give it to their standard input.
        let input = Output::Known(self.run.marks.value(text));
        for stdin in [Output::Silent, input] {
            for way in own.alternatives() {
                let state = self.state.clone();
                let stdin = std::mem::replace(&mut self.stdin, stdin.clone());
                self.within(hop.clone(), Some(place.clone()), |shell| {
                    shell.in_state(state, |shell| shell.script(&way.text))
                });
                self.stdin = stdin;
            }
            let made = &self.run.invocations[from..];
            is_seen =
                whole.as_ref().is_some_and(|whole| made.iter().any(|call| is_in(call, whole)));
            if is_seen {
                break;
            }
        }
        is_seen
    }
}

fn is_in(call: &Arc<Invocation>, whole: &Location) -> bool {
    call.location.as_ref().is_some_and(|location| {
        location.path() == whole.path() && whole.range.contains(&location.range.start)
    })
}
