//! By what a pipeline such as `pm2 jlist | jq … | head` selects from the list that it starts with.

use super::{
    command_of,
    jq::{self, Variable},
};
use crate::{
    invocation::{Hole, Invocation, Origin, Piece, Selection, Word},
    program::{Arguments, Catalog, bare_name},
    script::selection::{both, of_regex},
};
use std::{borrow::Cow, sync::Arc};

/// Words that tell what kind or state a thing is of, not whose it is.
const STATES: [&str; 17] = [
    "service",
    "loaded",
    "active",
    "inactive",
    "failed",
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

/// What a pipeline gives that starts with a list of what runs.
pub struct Listed {
    pub kind: String,
    /// The things themselves, where the command says them: `pgrep -f web`.
    pub names: Option<Vec<Word>>,
    /// Otherwise what its filters let through.
    pub selection: Selection,
    /// Narrowed, but not by whose things they are: `--filter publish=80`.
    pub is_loose: bool,
    /// What its filters look for, they find in any part of a line.
    pub by_part: bool,
    /// Some of it by where it stands in the list.
    pub is_part: bool,
}

/// What a pipeline lists; nothing if it does not start with a list of what runs.
pub fn listed(stages: &[Arc<Invocation>]) -> Option<Listed> {
    let (first, filters) = stages.split_first()?;
    let program = Catalog::built_in().find(&first.argv.first()?.text()?)?;
    let arguments = Arguments::parse(program, &first.argv);
    let command = command_of(program, &arguments)?;
    let kind = command.lists.clone()?;
    let words = command.names.as_ref().map(|source| arguments.commands(source).concat());
    let narrowed = |marks: &[String]| {
        arguments.options.iter().filter_map(|(_, value)| value.as_ref()).any(|word| {
            let text = word.to_string();
            marks.iter().any(|mark| text.contains(mark.as_str()))
        })
    };
    let by_name = narrowed(&command.narrowed_by);
    let start = if by_name { Selection::SomeName } else { Selection::Any };
    let selection = filters
        .iter()
        .filter_map(|stage| filtered(stage))
        .fold(start, |all, next| both(&all, &next));
    let names = words.filter(|words| !words.is_empty());
    let is_loose =
        !by_name && selection == Selection::Any && narrowed(&command.loosely_narrowed_by);
    let selection = if is_loose { Selection::SomeName } else { selection };
    let cuts = |stage: &Arc<Invocation>| {
        let name = stage.argv.first().and_then(Word::text);
        name.is_some_and(|name| matches!(bare_name(&name), "head" | "tail"))
    };
    let is_part = filters.iter().any(cuts);
    let by_part = !by_name && matches!(selection, Selection::Pattern(_) | Selection::SomeName);
    Some(Listed { kind, names, selection, is_loose, by_part, is_part })
}

/// What one stage of a pipeline lets through, if it is a filter that is known.
fn filtered(stage: &Invocation) -> Option<Selection> {
    let name = stage.argv.first()?.text()?;
    let arguments = &stage.argv[1..];
    match bare_name(&name) {
        "jq" | "jaq" | "gojq" => by_jq(arguments),
        "grep" | "egrep" | "fgrep" => by_grep(bare_name(&name), arguments),
        "awk" | "gawk" | "mawk" => by_awk(&marked(first_operand(arguments, &["-F", "-v"])?)),
        "sed" => by_sed(arguments),
        // Code that looks at names chooses by them, however it does.
        "node" | "nodejs" | "python" | "python3" | "ruby" | "perl" | "php" | "bun" | "deno" => {
            let names = arguments.iter().any(|word| marked(word).contains("name"));
            names.then_some(Selection::SomeName)
        }
        _ => None,
    }
}

/// A word with a mark for each of its holes.
fn marked(word: &Word) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Known(text) => text.as_str().to_owned(),
        // `grep [n]ode`, without quotes.
        Piece::Hole(Hole { origin: Origin::Glob, written, .. }) => written.clone(),
        Piece::Hole(_) => jq::UNKNOWN.to_string(),
    };
    word.pieces.iter().map(piece).collect()
}

/// The first word that is no option and no value of one.
fn first_operand<'w>(words: &'w [Word], with_value: &[&str]) -> Option<&'w Word> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let head = word.head();
        if with_value.contains(&head) {
            words.next();
        } else if !head.starts_with('-') || head == "-" {
            return Some(word);
        }
    }
    None
}

fn by_jq(words: &[Word]) -> Option<Selection> {
    let mut variables = Vec::new();
    let mut filter = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.head() {
            "--arg" | "--argjson" => {
                let (name, value) = (rest.next()?.to_string(), rest.next()?);
                let value = match value.text() {
                    Some(text) => Variable::Texts(vec![text.trim_matches('"').to_owned()]),
                    None => Variable::Unknown,
                };
                variables.push((format!("${name}"), value));
            }
            "--slurpfile" | "--rawfile" => {
                variables.push((format!("${}", rest.next()?), Variable::Unknown));
                rest.next();
            }
            "--indent" | "-L" | "-f" | "--from-file" => {
                rest.next();
            }
            head if head.len() > 1 && head.starts_with('-') => {}
            _ => {
                filter.get_or_insert(word);
            }
        }
    }
    let filter = marked(filter?);
    let names_something = || filter.contains(".name").then_some(Selection::SomeName);
    jq::selection(&filter, &variables).or_else(names_something)
}

fn by_grep(program: &str, words: &[Word]) -> Option<Selection> {
    let has = |letter: char, long: &str| {
        words.iter().any(|word| {
            let head = word.head();
            let short = head.starts_with('-') && !head.starts_with("--") && head.contains(letter);
            short || head == long
        })
    };
    if has('v', "--invert-match") {
        return None;
    }
    let given = words.iter().position(|word| word.head() == "-e").and_then(|at| words.get(at + 1));
    let with_value = ["-A", "-B", "-C", "-m", "-f"];
    let pattern = marked(given.or_else(|| first_operand(words, &with_value))?);
    if program == "fgrep" || has('F', "--fixed-strings") {
        return by_regex(&escaped(&pattern), has('i', "--ignore-case"));
    }
    let extended = program == "egrep" || has('E', "--extended-regexp") || has('P', "--perl-regexp");
    let pattern = if extended { Cow::Borrowed(pattern.as_str()) } else { extended_regex(&pattern) };
    by_regex(&pattern, has('i', "--ignore-case"))
}

/// What the lines that match an expression name; nothing for one that any app can match.
fn by_regex(pattern: &str, ignores_case: bool) -> Option<Selection> {
    if !names_something(pattern) {
        return None;
    }
    if pattern.contains(jq::UNKNOWN) {
        return Some(Selection::SomeName);
    }
    // `[n]ode`, which does not find the filter itself.
    let pattern = one_letter_classes(pattern);
    Some(of_regex(&pattern, ignores_case))
}

/// Without the brackets around single letters.
fn one_letter_classes(pattern: &str) -> String {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('[') {
        let class = &rest[at + 1..];
        let letter = class.chars().next().filter(|c| c.is_alphanumeric());
        let after = letter.and_then(|c| class[c.len_utf8()..].strip_prefix(']'));
        plain.push_str(&rest[..at]);
        match (letter, after) {
            (Some(letter), Some(after)) => {
                plain.push(letter);
                rest = after;
            }
            _ => {
                plain.push('[');
                rest = class;
            }
        }
    }
    plain + rest
}

/// A basic regular expression, in which `\|`, `\(` and `\)` mean what they mean without a stroke in
/// others.
fn extended_regex(pattern: &str) -> Cow<'_, str> {
    match pattern.contains('\\') {
        true => Cow::Owned(pattern.replace("\\|", "|").replace("\\(", "(").replace("\\)", ")")),
        false => Cow::Borrowed(pattern),
    }
}

fn escaped(text: &str) -> String {
    let special = |c: char| r".*+?()[]{}|^$\".contains(c);
    text.chars().fold(String::new(), |mut escaped, c| {
        if special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// `/web/ {print $1}`, `$2 == "web"`, `$2 ~ /web/`; what is turned round by `!` selects nothing.
fn by_awk(program: &str) -> Option<Selection> {
    let condition = program.split('{').next().unwrap_or_default().trim();
    if condition.contains('!') || condition.contains("||") {
        return None;
    }
    if let Some((_, pattern)) = condition.split_once('/') {
        return by_regex(pattern.rsplit_once('/')?.0, false);
    }
    let (_, value) = condition.split_once("==")?;
    let value = value.trim().strip_prefix('"')?.split('"').next()?;
    if value.contains(jq::UNKNOWN) {
        return Some(Selection::SomeName);
    }
    names_something(value).then(|| Selection::Names(vec![value.to_owned()]))
}

/// `sed -n '/web/p'`; any other use lets every line through.
fn by_sed(words: &[Word]) -> Option<Selection> {
    let is_quiet =
        words.iter().any(|word| matches!(word.head(), "-n" | "-En" | "-nE" | "-rn" | "-nr"));
    let script = marked(first_operand(words, &[])?);
    let (pattern, command) = script.trim().strip_prefix('/')?.rsplit_once('/')?;
    if !is_quiet || !matches!(command.trim(), "p" | "Ip") {
        return None;
    }
    by_regex(&extended_regex(pattern), command.contains('I'))
}

/// Whether a pattern can tell apps apart: not by state, not by matching everything.
fn names_something(pattern: &str) -> bool {
    let bare = pattern.trim_matches(|c: char| !c.is_alphanumeric() && c != jq::UNKNOWN);
    let parts = bare.split(['|', '\\', ' ', '(', ')']).filter(|part| !part.is_empty());
    !bare.is_empty() && !parts.clone().all(|part| STATES.contains(&part.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        invocation::Origin,
        script,
        source::{Language, Script, SourceFile, Text},
    };
    use std::sync::Arc;

    /// What `xargs pm2 delete` gets behind a pipeline.
    fn of(filters: &str) -> Selection {
        let code = format!("pm2 delete $(pm2 jlist | {filters})");
        let file = Arc::new(SourceFile::new("x.sh", code));
        let reading = script::read(&Script::alone(Text::of_file(file), Language::Shell));
        let call = reading.invocations.last();
        let hole = call.and_then(|call| call.argv[2].holes().next());
        let Some(Origin::Output(stages)) = hole.map(|hole| &hole.origin) else {
            panic!("{filters}: {reading:?}");
        };
        listed(stages).unwrap().selection
    }

    #[test]
    fn every_filter_of_a_pipeline_counts() {
        let names =
            |names: &[&str]| Selection::Names(names.iter().map(|n| (*n).to_owned()).collect());
        let pattern = |pattern: &str| Selection::Pattern(pattern.to_owned());
        for (filters, expected) in [
            (r#"jq -r '.[] | select(.name == "web") | .pm_id'"#, names(&["web"])),
            (r#"jq -r --arg n web '.[] | select(.name == $n) | .pm_id'"#, names(&["web"])),
            (r#"jq -r --arg n "$APP" '.[] | select(.name == $n) | .pm_id'"#, Selection::SomeName),
            (r#"jq -r ".[] | select(.name == \"$APP\") | .pm_id""#, Selection::SomeName),
            (r#"jq -r '.[] | select(.pm2_env.status == "errored") | .pm_id'"#, Selection::Any),
            ("jq -r '.[].name' | grep '^web-'", pattern("web-*")),
            ("jq -r '.[].name' | grep -E '^(a|b)$'", names(&["a", "b"])),
            (r"jq -r '.[].name' | grep '^a$\|^b$'", names(&["a", "b"])),
            ("jq -r '.[].name' | grep -v '^web$'", Selection::Any),
            ("jq -r '.[].name' | grep -vE 'a|b' | grep web", pattern("*web*")),
            ("jq -r '.[].name' | grep .", Selection::Any),
            ("grep errored | awk '{print $2}'", Selection::Any),
            ("awk '/web/ {print $2}'", pattern("*web*")),
            ("awk '$4 == \"web\" {print $2}'", names(&["web"])),
            ("awk '!/web/ {print $2}'", Selection::Any),
            ("sed -n '/web/p'", pattern("*web*")),
            ("sed '/web/d'", Selection::Any),
            ("grep \"$APP\" | head -1", Selection::SomeName),
            ("ruby -rjson -e 'puts JSON.parse(STDIN.read)[0][\"name\"]'", Selection::SomeName),
            ("ruby -e 'puts STDIN.read'", Selection::Any),
        ] {
            assert_eq!(of(filters), expected, "{filters}");
        }
    }
}
