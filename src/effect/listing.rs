use super::command_of;
use crate::{
    invocation::{Invocation, Selection, Word},
    program::{Arguments, Catalog, bare_name},
};
use regex::Regex;
use std::sync::LazyLock;

/// A regular expression that is compiled when it is first needed.
type Pattern = LazyLock<Option<Regex>>;

/// Words that tell what state a thing is in, not whose it is.
const STATES: [&str; 12] = [
    "online",
    "stopped",
    "stopping",
    "errored",
    "error",
    "launching",
    "exited",
    "running",
    "dead",
    "created",
    "paused",
    "up",
];

/// By what a pipeline such as `pm2 jlist | jq … | head` selects from the list that it starts with;
/// nothing if it does not start with a list of what runs.
pub fn selection(stages: &[Invocation]) -> Option<Selection> {
    let (first, filters) = stages.split_first()?;
    let program = Catalog::built_in().find(&first.argv.first()?.text()?)?;
    let arguments = Arguments::parse(program, &first.argv);
    let command = command_of(program, &arguments)?;
    command.lists.as_ref()?;
    let narrowed = |word: &Word| {
        let text = word.to_string();
        command.narrowed_by.iter().any(|mark| text.contains(mark.as_str()))
    };
    let by_option = arguments.options.iter().filter_map(|(_, value)| value.as_ref()).any(narrowed);
    if by_option {
        return Some(Selection::SomeName);
    }
    Some(filters.iter().find_map(filtered_by_name).unwrap_or(Selection::Any))
}

/// The selection that one stage of a pipeline makes, if it is by name.
fn filtered_by_name(stage: &Invocation) -> Option<Selection> {
    let name = stage.argv.first()?.text()?;
    let arguments = stage.argv[1..].iter().map(Word::to_string);
    match bare_name(&name) {
        "jq" => arguments.filter(|a| !a.starts_with('-')).find_map(|filter| by_jq(&filter)),
        "grep" | "egrep" | "fgrep" => {
            let words: Vec<String> = arguments.collect();
            if words.iter().any(|word| is_short_flag(word, 'v')) {
                return None;
            }
            let pattern = words.iter().find(|word| !word.starts_with('-'))?;
            names_something(pattern).then_some(Selection::SomeName)
        }
        "awk" | "gawk" | "sed" => {
            static MATCH: Pattern = Pattern::new(|| Regex::new("/([^/]+)/").ok());
            let program = arguments.into_iter().find(|word| !word.starts_with('-'))?;
            let found = MATCH.as_ref()?.captures(&program)?;
            names_something(&found[1]).then_some(Selection::SomeName)
        }
        _ => None,
    }
}

fn is_short_flag(word: &str, flag: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(flag)
}

/// Whether a pattern can tell apps apart: not by state, not by matching everything.
fn names_something(pattern: &str) -> bool {
    let bare = pattern.trim_matches(|c: char| !c.is_alphanumeric());
    let states = bare.split(['|', '\\', ' ']).filter(|part| !part.is_empty());
    !bare.is_empty() && !states.clone().all(|part| STATES.contains(&part.to_lowercase().as_str()))
}

/// `select(.name == "web")` and its relatives.
fn by_jq(filter: &str) -> Option<Selection> {
    static SELECT: Pattern = Pattern::new(|| Regex::new(r"select\((?s:.*)\.name\b").ok());
    static EXACT: Pattern = Pattern::new(|| Regex::new(r#"\.name\s*==\s*"([^"]+)""#).ok());
    static OR: Pattern = Pattern::new(|| Regex::new(r"\bor\b").ok());
    // `or` lets more in than the name does.
    if !SELECT.as_ref()?.is_match(filter) || OR.as_ref()?.is_match(filter) {
        return None;
    }
    let exact = EXACT.as_ref()?.captures_iter(filter);
    let names: Vec<String> = exact.map(|found| found[1].to_owned()).collect();
    Some(if names.is_empty() { Selection::SomeName } else { Selection::Names(names) })
}
