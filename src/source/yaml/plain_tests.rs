//! The reader of plain YAML says what the full parser says, or nothing.

use super::{Content, Kind, Node, NodeId, Yaml, build};
use crate::source::SourceFile;
use proptest::prelude::*;
use std::sync::Arc;

/// All that is known of a node and what is below it.
fn show(yaml: &Yaml, id: NodeId, out: &mut String) {
    let Content { range, kind } = &yaml.nodes[id];
    let node = Node { yaml, id };
    *out += &format!("{range:?} {} {:?} {:?}\n", node.kind_name(), node.is_plain(), node.as_str());
    match kind {
        Kind::Scalar(scalar) => *out += &format!("{:?}\n", scalar.style),
        Kind::Sequence(items) => items.iter().for_each(|id| show(yaml, *id, out)),
        Kind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
            show(yaml, *key, out);
            show(yaml, *value, out);
        }),
    }
}

fn shown(yaml: &Yaml) -> String {
    let mut out = format!("{:?} {:?}\n", yaml.comments, yaml.errors);
    yaml.documents.iter().for_each(|id| show(yaml, *id, &mut out));
    out
}

/// Holds the two readers against each other; tells whether the text is plain.
fn agree(text: &str) -> bool {
    let file = Arc::new(SourceFile::new("x.yml", text));
    let Some(plain) = build::parse_plain(&file) else { return false };
    assert_eq!(shown(&plain), shown(&build::parse_all(file)), "{text}");
    true
}

const PLAIN: [&str; 6] = [
    "name: CI # why\n\"on\":\n  push:\n    branches: [main, 'release/**', \"v 1\"]\n  pull_request:\n\njobs:\n  build:\n    steps:\n    - uses: actions/checkout@v4\n    -   name: 'it''s'\n        run: |\n          npm ci\n\n          npm test\n    # the end\n",
    "---\na: >-\n  folded\n  line\n\n    kept\n\n\n  last\nb: |+\n  x\n\n\nc: >\n\n  y\n  z\n  \nd: \"\\u00e9\\n\\\"\"\n",
    "- x\n- -y\n- a: 1\n  b:\n  - c\n  - d: {e: f, \"g\": [h, {i: j}]}\n  k: []\n- http://x.y:80/#z\n",
    "a: |\r\n  x\r\n  y\r\nb: \"z\"  \r\n# c\r\nd: {}\r\n",
    "a:\n  b: é ☕ #x\n#y\n  'c d': ${{ github.ref }}\n  e: a:b #c\n  f: x -y ?z\n",
    "run: |\n  cat <<EOF\n  \tx\n     \n  EOF\n  # not a comment\n# a comment\nnext: 1\n",
];

#[test]
fn plain_yaml_is_read_as_the_full_parser_reads_it() {
    for text in PLAIN {
        assert!(agree(text), "not plain: {text}");
    }
}

#[test]
fn whatever_is_more_than_plain_is_left_to_the_full_parser() {
    for text in [
        "",
        "# only\n",
        "scalar\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: b\n  c\n",
        "a: 'b\n  c'\n",
        "a: [b,\n  c]\n",
        "a: b: c\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\tb\n",
        "a: 1\n---\nb: 2\n",
        "a: |2\n   x\n",
        "a: |\n    \n  x\n",
        "? a\n: b\n",
        "- - a\n",
        "-\n",
        "a: \"b\" c\n",
        "a: @b\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: \"b\\\n  c\"\n",
        "a: 1",
        "{a: 1}\n",
        "a: \u{7}\n",
        "a: 1\rb: 2\n",
        "a: [b, ]\n",
        "a: {b}\n",
    ] {
        assert!(!agree(text), "taken for plain: {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn whatever_happens_to_a_file_the_readers_agree(
        which in 0..PLAIN.len(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0usize..4, "[-a: \n#'\"|>\\[\\]{},&*!%?\t\r~é\\\\]{0,3}"),
            1..4,
        ),
    ) {
        let mut text: Vec<char> = PLAIN[which].chars().collect();
        for (at, removed, added) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, added.chars());
        }
        agree(&text.into_iter().collect::<String>());
    }
}
