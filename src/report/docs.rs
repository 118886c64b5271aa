//! The pages of `docs/`: one for each rule, made from `rules/`, and one for each kind of probe.

use crate::{
    config::Description,
    policy::{Level, PolicyRule, custom, rules},
    program::Catalog,
};
use std::fmt::Write;

/// The page of a rule, in Markdown.
pub fn rule_page(rule: &PolicyRule) -> String {
    let mut page = format!("# {}\n\n{}.\n\n", rule.name, rule.title);
    let _ = writeln!(page, "| where it would run | level |\n|---|---|");
    let _ = writeln!(page, "| on a host that others share, or over ssh | {} |", word(rule.level));
    let _ = writeln!(
        page,
        "| on a machine that is thrown away after the job | {} |",
        word(rule.ephemeral)
    );
    if let Some(help) = &rule.help {
        let _ = writeln!(page, "\n**What to do:** {help}.");
    }
    let examples = examples(rule);
    if !examples.is_empty() {
        let _ = writeln!(page, "\n## What it finds\n\n```sh\n{}\n```", examples.join("\n"));
    }
    page.push_str(
        "\nA target that cannot be known by reading is one level lower, unless `--strict` is given.\n",
    );
    page
}

/// The list of all rules, in Markdown.
pub fn rule_index() -> String {
    let mut page = "# Rules\n\nWhat `tagout lint` finds. These pages are made from `rules/`.\n\n\
                    | rule | | level |\n|---|---|---|\n"
        .to_owned();
    for rule in rules() {
        let _ = writeln!(
            page,
            "| [{0}]({0}.md) | {1} | {2} |",
            rule.name,
            rule.title,
            word(rule.level)
        );
    }
    page
}

/// The page of a kind of probe, in Markdown.
pub fn probe_page(kind: &Description) -> String {
    let mut page = format!("# {}\n\n{}.\n\n", kind.name, kind.summary);
    let (example, condition) = (kind.example, kind.condition);
    let _ =
        writeln!(page, "```yaml\nprobes:\n  example:\n    {example}\n    expect: {condition}\n```");
    let _ = writeln!(page, "\n## Its keys\n\n| key | |\n|---|---|");
    for (key, meaning) in kind.keys {
        let _ = writeln!(page, "| `{key}` | {meaning} |");
    }
    let _ = writeln!(page, "\n## What conditions can ask about\n\n| name | |\n|---|---|");
    for (name, meaning) in kind.variables {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    page.push_str("\nWhat is missing, null or empty is an error, which is never a pass.\n");
    page
}

/// Some examples of `rules/programs` that the rule decides, those of the programs with the effect
/// before those of the programs that only run them.
fn examples(rule: &PolicyRule) -> Vec<&'static str> {
    const MOST: usize = 12;
    let mut programs: Vec<_> = Catalog::built_in().all().map(|(_, program)| program).collect();
    programs.sort_by_key(|program| program.commands.is_empty());
    let examples = programs.into_iter().flat_map(|program| &program.examples);
    examples
        .map(|example| example.run.as_str())
        .filter(|line| custom::deciding(line, &[]).contains(&rule.name))
        .take(MOST)
        .collect()
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Deny => "denied",
        Level::Warn => "a warning",
        Level::Note => "a note",
    }
}
