//! Scripts made of the templates, in levels: what nests has names of its own and ends.

use super::templates::{
    ARRAYS, ASSIGNMENTS, BEFORE, BRACES, CALLS, KNOWN, LINES, LITERALS, POSITIONAL, QUOTED, SHIMS,
    STATEMENTS, SUBSTITUTIONS, VARIABLES,
};
use proptest::{prelude::*, strategy::Union};

/// What scripts of one level of nesting are made of.
#[derive(Clone)]
struct Level {
    number: u32,
    word: BoxedStrategy<String>,
    assignment: BoxedStrategy<String>,
    call: BoxedStrategy<String>,
    line: BoxedStrategy<String>,
    block: BoxedStrategy<String>,
}

/// How deep substitutions, functions and code in code nest.
const LEVELS: u32 = 3;

/// A script.
pub fn script() -> BoxedStrategy<String> {
    let simple = |alternatives: &[&str]| prop::sample::select(to_strings(alternatives)).boxed();
    let call = "pm2 stop app";
    let mut level = Level {
        number: 0,
        word: simple(LITERALS),
        assignment: simple(&["X=y"]),
        call: simple(&[call]),
        line: simple(&[call]),
        block: simple(&[call]),
    };
    for _ in 0..LEVELS {
        level = level.next();
    }
    let lines = BEFORE.iter().map(|lines| simple(lines)).collect::<Vec<_>>();
    let before = prop_oneof![
        Just(KNOWN.to_owned()),
        lines.prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect()),
    ];
    (before, prop::collection::vec(level.block, 1..3))
        .prop_map(|(before, blocks)| format!("{before}{}\n", blocks.join("\n")))
        .boxed()
}

impl Level {
    /// The level above this one.
    fn next(&self) -> Self {
        let mut next = Self { number: self.number + 1, ..self.clone() };
        let weighted = [
            (6, LITERALS),
            (2, QUOTED),
            (4, VARIABLES),
            (2, ARRAYS),
            (1, POSITIONAL),
            (1, BRACES),
            (2, SUBSTITUTIONS),
        ];
        next.word = Union::new_weighted(
            weighted.iter().map(|(weight, list)| (*weight, self.one_of(list))).collect(),
        )
        .boxed();
        next.assignment = next.one_of(ASSIGNMENTS);
        next.call = Union::new_weighted(vec![
            (1, next.template(CALLS[0])),
            (2, Level { call: self.call.clone(), ..next.clone() }.one_of(CALLS)),
        ])
        .boxed();
        next.line =
            Union::new_weighted(vec![(1, next.call.clone()), (2, next.one_of(LINES))]).boxed();
        let statement = Union::new_weighted(vec![
            (2, next.line.clone()),
            (2, next.assignment.clone()),
            (3, Level { block: self.block.clone(), ..next.clone() }.one_of(STATEMENTS)),
        ]);
        next.block = prop::collection::vec(statement, 1..4)
            .prop_map(|statements| statements.join("\n"))
            .boxed();
        next
    }

    fn one_of(&self, templates: &[&'static str]) -> BoxedStrategy<String> {
        Union::new(templates.iter().map(|template| self.template(template))).boxed()
    }

    fn template(&self, template: &'static str) -> BoxedStrategy<String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('«') {
            let (part, after) = after.split_once('»').expect("a part ends");
            parts.push(Just(before.to_owned()).boxed());
            parts.push(self.part(part));
            rest = after;
        }
        parts.push(Just(rest.to_owned()).boxed());
        parts.prop_map(|parts| parts.concat()).boxed()
    }

    fn part(&self, part: &str) -> BoxedStrategy<String> {
        let quote: Option<fn(&str) -> String> = match part.as_bytes()[0] {
            b'\'' => Some(single_quoted),
            b'"' => Some(|text| double_quoted(text, &['\\', '"', '$', '`'])),
            b'$' => Some(|text| double_quoted(text, &['\\', '"', '`'])),
            b'`' => Some(|text| escaped(text, &['\\', '`'])),
            _ => None,
        };
        if let Some(quote) = quote {
            let inner = self.part(&part[1..part.len() - 1]);
            return inner.prop_map(move |text| quote(&text)).boxed();
        }
        match part {
            "lit" => prop::sample::select(to_strings(LITERALS)).boxed(),
            "name" => prop::sample::select(to_strings(&["X", "Y", "Z"])).boxed(),
            "shim" => prop::sample::select(to_strings(SHIMS)).boxed(),
            "n" => Just(self.number.to_string()).boxed(),
            "word" => self.word.clone(),
            "words" => prop::collection::vec(self.word.clone(), 1..4)
                .prop_map(|words| words.join(" "))
                .boxed(),
            "assignment" => self.assignment.clone(),
            "call" => self.call.clone(),
            "line" => self.line.clone(),
            "plain" => self
                .line
                .clone()
                .prop_filter("quotes in quotes", |line| !line.contains("'\\''"))
                .boxed(),
            "block" => self.block.clone(),
            _ => panic!("the grammar has no `{part}`"),
        }
    }
}

fn to_strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn double_quoted(text: &str, escapes: &[char]) -> String {
    format!("\"{}\"", escaped(text, escapes))
}

fn escaped(text: &str, escapes: &[char]) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        if escapes.contains(&char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}
