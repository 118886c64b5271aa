//! Every example of `rules/programs`, read as a script and judged.

use crate::{
    effect,
    program::Catalog,
    script,
    source::{Language, Script, SourceFile, Text},
};
use std::sync::Arc;

/// The effects of a line of shell, the widest first.
fn effects(line: &str) -> Vec<String> {
    let file = Arc::new(SourceFile::new("example.sh", line));
    let script = Script::alone(Text::of_file(file), Language::Shell);
    let reading = script::read(&script);
    assert!(reading.unread.is_empty(), "{line}: {:?}", reading.unread);
    let mut effects: Vec<_> =
        reading.invocations.iter().flat_map(|invocation| effect::of(invocation)).collect();
    effects.sort_by_key(|effect| std::cmp::Reverse((effect.scope, effect.verb)));
    effects.iter().map(ToString::to_string).collect()
}

#[test]
fn every_example_of_every_program_has_the_effect_it_says() {
    let mut wrong = Vec::new();
    for (path, program) in Catalog::built_in().all() {
        for example in &program.examples {
            let effects = effects(&example.run);
            let got = effects.first().map_or("none", String::as_str);
            if got != example.effect {
                wrong.push(format!(
                    "{path}: {}: expected {}, got {effects:?}",
                    example.run, example.effect
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_program_with_effects_has_examples() {
    for (path, program) in Catalog::built_in().all() {
        let acts = program.commands.iter().any(|command| command.effect.is_some());
        assert!(!acts || !program.examples.is_empty(), "{path}: {:?}", program.names);
    }
}
