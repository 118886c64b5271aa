//! Calls of a program that is not known: `$TOOL delete all`, `"$PM2" kill`. Its other words can tell
//! what it would do all the same, and that it may do it.

use super::{Effect, of_program};
use crate::{
    invocation::{Invocation, Word},
    program::{Catalog, Scope, Verb},
};

/// Words by which a command means everything there is.
const EVERYTHING: [&str; 4] = ["all", "--all", "*", "-A"];

/// What a call may do whose program `first` stands for.
pub fn effects(invocation: &Invocation, first: &Word) -> Vec<Effect> {
    let catalog = Catalog::built_in();
    let may = |name: &str, effect: Effect| {
        let because = effect.because.clone().unwrap_or(format!("if `{first}` is `{name}`"));
        Effect { may: true, because: Some(because), ..effect }
    };
    if let Some(program) = catalog.named_after(first) {
        let effects = of_program(program, invocation).into_iter();
        return effects.map(|effect| may(&program.names[0], effect)).collect();
    }
    let is_everything =
        |word: &Word| word.text().is_some_and(|text| EVERYTHING.contains(&text.as_ref()));
    if !invocation.argv[1..].iter().any(is_everything) {
        return Vec::new();
    }
    // The gravest that it is with any program, once.
    let programs = catalog.all().map(|(_, program)| program);
    let acting = programs.filter(|program| {
        let has_verb = program.commands.iter().any(|command| !command.run.verb().is_empty());
        has_verb && !program.is_language && !program.common_word
    });
    let effects = acting.flat_map(|program| {
        let effects = of_program(program, invocation).into_iter();
        effects.filter(is_grave).map(|effect| may(&program.names[0], effect))
    });
    effects.max_by_key(|effect| effect.verb).into_iter().collect()
}

fn is_grave(effect: &Effect) -> bool {
    let takes_down = matches!(effect.verb, Verb::Destroy | Verb::Stop | Verb::Restart);
    takes_down && effect.scope == Scope::All && !effect.may
}
