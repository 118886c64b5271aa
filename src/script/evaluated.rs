//! Scripts in JavaScript and Python: the commands that they run are read on.

use super::{
    Unread,
    evaluator::{Call, Command, Reading, Surroundings},
    shell::{Done, Output, Shell, State, fields},
};
use crate::{
    invocation::{Value, Word},
    source::{Hop, Language, Place, Text, shown_path},
};
use std::{path::Path, sync::Arc};

/// Finds the commands that a script runs.
type Evaluation = fn(&Word, &Surroundings<'_>) -> Reading;

impl Shell<'_> {
    /// Reads a script by what each of its expressions may be.
    pub(super) fn evaluated(&mut self, text: &Text, language: Language, read: Evaluation) -> Done {
        let value = self.run.marks.value(text);
        let [script] = value.alternatives() else { return Done::default() };
        let reading = read(
            script,
            &Surroundings {
                environment: &|name| self.state.get(name),
                arguments: (!self.state.positional.iter().any(Value::splits))
                    .then(|| self.state.positional.to_vec()),
                file: &|path| self.script_text(path),
                folder: self.folder_of(text),
                only_calls: self.run.selective && !self.heard,
            },
        );
        for location in reading.unread {
            let reason = format!("this {language} is not understood, or too tangled to follow");
            self.run.unread.push(Unread::code(Some(location), reason));
        }
        for call in reading.calls {
            self.evaluated_call(call);
        }
        // `::set-output name=x::value`
        self.printed_commands(reading.printed.as_ref().map_or(&[], Value::alternatives));
        let output = reading.printed.map_or(Output::Of(Vec::new()), Output::Known);
        Done::printing(output, None)
    }

    /// Reads a command that code of another language runs.
    fn evaluated_call(&mut self, call: Call) {
        let hop = Hop { step: call.function, location: call.location.clone() };
        let place = call.host.map(|host| Place::Remote(super::display(host.alternatives())));
        let state = if place.is_some() {
            self.state.elsewhere()
        } else {
            self.state.child(State::unknown_arguments())
        };
        let stdin = call.input.map_or_else(|| self.stdin.clone(), Output::Known);
        let outer = std::mem::replace(&mut self.stdin, stdin);
        self.within(hop, place, |shell| match call.command {
            Command::Shell(value) => {
                for word in value.alternatives() {
                    let code = shell.run.marks.text(word);
                    let from = shell.run.invocations.len();
                    shell.in_state(state.clone(), |shell| shell.script(&code));
                    // The call is where a person looks: its text may be put together elsewhere.
                    for invocation in &mut shell.run.invocations[from..] {
                        Arc::make_mut(invocation).location.clone_from(&call.location);
                    }
                }
            }
            Command::Argv(values) => {
                let argvs = values.iter().fold(vec![Vec::new()], |argvs, value| {
                    let words = value.alternatives().iter().map(|word| vec![word.clone()]);
                    fields::product(argvs, words.collect())
                });
                for argv in argvs {
                    shell.in_state(state.clone(), |shell| {
                        shell.program(argv, call.location.clone())
                    });
                }
            }
        });
        self.stdin = outer;
    }

    /// The folder of a script, from the repository's; code that stands in a workflow runs in that.
    fn folder_of(&self, text: &Text) -> String {
        let script = self.path_of_file(text).filter(|path| Language::of_file(path, "").is_some());
        script.and_then(Path::parent).map(shown_path).unwrap_or_default()
    }
}
