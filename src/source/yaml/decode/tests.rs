use super::*;
use crate::source::yaml::{Node, Value, Yaml};
use proptest::prelude::*;

/// The scalar of `k: …`.
fn scalar(yaml: &Yaml) -> Node<'_> {
    assert_eq!(yaml.errors(), [], "{:?}", yaml.file().text());
    yaml.documents().next().and_then(|root| root.get("k")).expect("a mapping with the key k")
}

/// Decodes the scalar of `k: …`, and checks that no byte is mapped to a wrong place.
fn decoded(source: &str) -> Text {
    let file = Arc::new(SourceFile::new("x.yml", source));
    let yaml = Yaml::parse(Arc::clone(&file));
    let node = scalar(&yaml);
    let value = node.as_str().unwrap();
    let text = exact(&file, node.scalar().unwrap().style, node.range(), value)
        .unwrap_or_else(|| panic!("{source:?} is not decoded as the parser does, {value:?}"));
    assert_eq!(node.text().unwrap().as_str(), value);
    let mut before = 0;
    for (at, char) in value.char_indices() {
        let Range { start, end } = text.locate(at..at + char.len_utf8()).unwrap().range;
        assert!(before <= start, "{source:?}: {char:?} at {at} goes back to {start}");
        before = start;
        match &source[start..end] {
            "\n" | "\r" | "\r\n" => assert!(matches!(char, '\n' | ' '), "{source:?} at {at}"),
            written if written.len() == char.len_utf8() && !written.starts_with('\\') => {
                assert_eq!(written, char.to_string(), "{source:?} at {at}");
            }
            _ => {}
        }
    }
    text
}

#[test]
fn each_style_is_decoded_to_the_bytes_that_it_was_written_as() {
    for (source, word, value) in [
        ("k: pm2 delete all\n", "all", "pm2 delete all"),
        ("k: pm2\n  delete\n\n  all\n", "all", "pm2 delete\nall"),
        ("k: 'it''s all'", "all", "it's all"),
        ("k: 'a  \n\n\n    all '", "all", "a\n\nall "),
        (r#"k: "\u00e4\t\x41\U0001F600 all""#, "all", "ä\tA😀 all"),
        (r#"k: "\ud83d\ude00all""#, "all", "😀all"),
        ("k: \"a \\\n   \\ all\"", "all", "a  all"),
        ("k: \"a \\\n\n   all\"", "all", "a \nall"),
        ("k: |\n  a\n   all\n\n", "all", "a\n all\n"),
        ("k: |+\n  a\n  all\n\n", "all", "a\nall\n\n"),
        ("k: |-2\n    a\n  all\n", "all", "  a\nall"),
        ("k: |   # note\n\n \n  all", "all", "\n\nall\n"),
        ("k: >\n  a\n  all\n\n  c\n   d\n  e\n", "all", "a all\nc\n d\ne\n"),
        ("k: |\r\n  a\r\n  all\r\n", "all", "a\nall\n"),
        ("k: >-\r\n  a\r\n  all\r\n", "all", "a all"),
        ("\u{FEFF}k: |\n  é\n  all\n", "all", "é\nall\n"),
        ("k: |\n  a\tb\n  \tall\n", "all", "a\tb\n\tall\n"),
    ] {
        let text = decoded(source);
        assert_eq!(text.as_str(), value, "{source:?}");
        let at = value.find(word).unwrap();
        let found = text.locate(at..at + word.len()).unwrap().range;
        assert_eq!(&source[found.clone()], word, "{source:?}");
        assert_eq!(found.start, source.rfind(word).unwrap(), "{source:?}");
    }
}

#[test]
fn an_escape_or_a_fold_is_found_as_a_whole() {
    let text = decoded("k: \"a\\x20b  \n   c\"");
    let written = |range| text.locate(range).unwrap().range;
    assert_eq!(text.as_str(), "a b c");
    assert_eq!(written(1..2), 5..9);
    assert_eq!(written(3..4), 10..16);
    assert_eq!(written(0..5), 4..17);
}

#[test]
fn text_that_is_not_understood_maps_to_the_whole_scalar() {
    let file = Arc::new(SourceFile::new("x.yml", "k: 'abc'"));
    let text = decode(&file, ScalarStyle::SingleQuoted, 3..8, "other");
    assert_eq!(text.as_str(), "other");
    assert_eq!(text.locate(1..2).unwrap().range, 3..8);
}

#[test]
fn text_that_stands_as_it_is_is_not_copied() {
    for source in ["k: plain text", "k: 'quoted'", "k: \"quoted\""] {
        let yaml = Yaml::parse(Arc::new(SourceFile::new("x.yml", source)));
        assert!(matches!(scalar(&yaml).scalar().unwrap().value, Value::Verbatim(_)), "{source}");
    }
}

fn line_break() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("\n"), 1 => Just("\r\n")]
}

/// What stands after the key: a line break and, perhaps, more of the file.
fn rest() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("\n"),
        Just("\nnext: 1\n"),
        Just("\n# end\nnext: 1\n"),
        Just("\n\n\n")
    ]
}

prop_compose! {
    fn block_scalar()(
        style in "[|>]",
        chomping in "[+-]?",
        explicit in any::<bool>(),
        indent in 1_usize..5,
        comment in prop_oneof![Just(""), Just(" # note"), Just(" ")],
        mut lines in prop::collection::vec("[a-zé😀#:'\"\\\\ \t-]{0,8}", 1..8),
        solid in "[a-z][a-zé ]{0,8}",
        solid_at in any::<prop::sample::Index>(),
        blank_indents in prop::collection::vec(0_usize..5, 8),
        line_break in line_break(),
        rest in rest(),
    ) -> String {
        *solid_at.get_mut(&mut lines) = solid;
        if !explicit {
            // The first line with text sets the indentation, so it cannot start with a space.
            for line in &mut lines {
                if !line.trim_matches(' ').is_empty() {
                    *line = format!("x{line}");
                    break;
                }
                line.clear();
            }
        }
        let indicator = if explicit { indent.to_string() } else { String::new() };
        let mut source = format!("k: {style}{indicator}{chomping}{comment}");
        for (line, blank_indent) in lines.iter().zip(blank_indents) {
            let indent = if line.is_empty() { blank_indent.min(indent) } else { indent };
            source += &format!("{line_break}{}{line}", " ".repeat(indent));
        }
        source + &rest.replace('\n', line_break)
    }
}

/// Line breaks inside a flow scalar, with blanks around them.
fn fold() -> impl Strategy<Value = String> {
    ("[ \t]{0,2}", line_break(), 0_usize..3, "[ \t]{0,2}").prop_map(
        |(before, line_break, empty, after)| {
            format!("{before}{}  {after}", line_break.repeat(empty + 1))
        },
    )
}

fn plain_scalar() -> impl Strategy<Value = String> {
    let word = "[a-zé😀]([a-z:#'\"\\\\,-]{0,4}[a-z])?";
    let gap = prop_oneof![Just(" ".to_owned()), Just("  ".to_owned()), fold()];
    (word, prop::collection::vec((gap, word), 0..6), rest()).prop_map(|(first, more, rest)| {
        let more: String = more.into_iter().map(|(gap, word)| gap + &word).collect();
        format!("k: {first}{more}{rest}")
    })
}

fn quoted_scalar(quote: char, escapes: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let text = "[a-zé😀:#,{}]{1,5}".boxed();
    let piece = prop_oneof![3 => text, 2 => escapes, 1 => "[ \t]{1,2}", 1 => fold()];
    let pieces = prop::collection::vec(piece, 0..8);
    (pieces, rest())
        .prop_map(move |(pieces, rest)| format!("k: {quote}{}{quote}{rest}", pieces.concat()))
}

fn single_quoted() -> impl Strategy<Value = String> {
    quoted_scalar('\'', prop_oneof![Just("''".to_owned()), "[\"\\\\]{1,2}"].boxed())
}

fn double_quoted() -> impl Strategy<Value = String> {
    let escape = prop_oneof![
        "\\\\[0abtnvfre \"/\\\\N_LP]",
        "\\\\x[0-9a-f]{2}",
        "\\\\u[0-9a-c][0-9A-F]{3}",
        Just("\\U0001F600".to_owned()),
        Just("\\ud83d\\ude00".to_owned()),
        "\\\\\n {2,4}",
        "\\\\\r\n\n {2,4}",
        "'{1,2}",
    ];
    quoted_scalar('"', escape.boxed())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_block_scalar_is_mapped_exactly(source in block_scalar()) {
        decoded(&source);
    }

    #[test]
    fn any_plain_scalar_is_mapped_exactly(source in plain_scalar()) {
        decoded(&source);
    }

    #[test]
    fn any_single_quoted_scalar_is_mapped_exactly(source in single_quoted()) {
        decoded(&source);
    }

    #[test]
    fn any_double_quoted_scalar_is_mapped_exactly(source in double_quoted()) {
        decoded(&source);
    }

    #[test]
    fn no_input_makes_it_panic(source in "[ka:|>'\"\\\\\n\r\t &*<!{}\\[\\],#?é-]{0,60}") {
        let yaml = Yaml::parse(Arc::new(SourceFile::new("x.yml", source)));
        for id in 0..yaml.nodes.len() {
            let node = Node { yaml: &yaml, id };
            let text = node.text();
            prop_assert_eq!(text.as_ref().map(Text::as_str), node.as_str());
            prop_assert!(yaml.file().text().get(node.range()).is_some());
            node.entries();
        }
    }
}
