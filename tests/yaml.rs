//! Every byte of every scalar of a YAML file is mapped to the bytes that it was written as.
//!
//! Generated files have all that YAML has for scalars; files of this repository are what people
//! write. What a scalar says is compared with what another reader makes of it, and where it says
//! so with what stands there: a byte stands for itself, or for the escape, fold or line break that
//! it was decoded from; and what no byte was decoded from is but quotes, indentation and breaks.

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{fmt, fs, ops::Range, path::Path, sync::Arc};
use tagout::source::{
    SourceFile, Text,
    yaml::{Node, Yaml},
};

/// What serde-saphyr makes of a document.
#[derive(Debug)]
enum Tree {
    Text(String),
    /// A number, a truth value or null, which has many spellings.
    Other,
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Map(map))
    }
}

/// Checks all scalars of a file; gives how many they are.
fn check(source: &str) -> usize {
    let file = Arc::new(SourceFile::of_bytes("x.yml", source.as_bytes().to_vec()));
    let yaml = Yaml::parse(Arc::clone(&file));
    assert_eq!(yaml.errors(), [], "{source:?}");
    let trees: Vec<Tree> = serde_saphyr::from_multiple(source)
        .unwrap_or_else(|error| panic!("{source:?} is not YAML: {error}"));
    let documents: Vec<Node<'_>> = yaml.documents().collect();
    let documents = documents.iter().filter(|document| !document.is_null());
    let trees = trees.iter().filter(|tree| !matches!(tree, Tree::Other));
    documents.zip(trees).map(|(node, tree)| compare(*node, tree, file.text())).sum()
}

fn compare(node: Node<'_>, tree: &Tree, source: &str) -> usize {
    match tree {
        Tree::Text(value) => {
            assert_eq!(node.as_str(), Some(value.as_str()), "{source:?}");
            let text = node.text().unwrap();
            assert_eq!(text.as_str(), value, "{source:?}");
            is_mapped(&text, node.range(), source);
            1
        }
        Tree::Other => {
            is_mapped(&node.text().unwrap(), node.range(), source);
            1
        }
        Tree::List(items) => {
            let nodes: Vec<_> = node.items().collect();
            assert_eq!(nodes.len(), items.len(), "{source:?}");
            nodes.iter().zip(items).map(|(node, item)| compare(*node, item, source)).sum()
        }
        Tree::Map(entries) => {
            let nodes = node.entries();
            assert_eq!(nodes.len(), entries.len(), "{source:?}");
            let entries = nodes.iter().zip(entries);
            entries
                .map(|(node, entry)| {
                    compare(node.0, &entry.0, source) + compare(node.1, &entry.1, source)
                })
                .sum()
        }
    }
}

/// Each character of the text stands where it is said to stand, in order, and nothing is left out.
fn is_mapped(text: &Text, node: Range<usize>, source: &str) {
    let quote = source[node.clone()].chars().next().filter(|c| matches!(c, '\'' | '"'));
    let mut written_to = node.start;
    let mut last = None;
    for (at, char) in text.as_str().char_indices() {
        let range = text.locate(at..at + char.len_utf8()).unwrap().range;
        let written = &source[range.clone()];
        let fits = match written {
            _ if written.chars().eq([char]) => true,
            "''" => quote == Some('\'') && char == '\'',
            // Of JSON's surrogates and of line breaks, more than one character comes of one place.
            _ if is_break(written) => matches!(char, ' ' | '\n'),
            _ => quote == Some('"') && is_escape(written, char),
        };
        assert!(fits, "{char:?} is not written as {written:?} in {source:?}");
        if last.as_ref() != Some(&range) {
            // The empty lines before a block's first are its text, although it starts after them.
            if range.start >= node.start {
                is_nothing(source.get(written_to..range.start), quote, source);
            }
            written_to = range.end;
            last = Some(range);
        }
    }
    is_nothing(source.get(written_to..node.end.max(written_to)), quote, source);
}

/// What was written but says nothing.
fn is_nothing(between: Option<&str>, quote: Option<char>, source: &str) {
    let between = between.unwrap_or_else(|| panic!("a byte goes back in {source:?}"));
    let rest = match quote {
        Some(quote) => between.trim_matches(quote).replace('\\', ""),
        None => between.to_owned(),
    };
    assert!(rest.trim().is_empty(), "{between:?} is left out of {source:?}");
}

/// A fold or a line break, with an escape before it and blanks around it; at the end of a file, a
/// block's last line break is not even there.
fn is_break(written: &str) -> bool {
    let blanks = written.strip_prefix('\\').unwrap_or(written);
    blanks.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
        && (written.is_empty() || blanks.contains(['\r', '\n']))
}

fn is_escape(written: &str, char: char) -> bool {
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let Some(escape) = written.strip_prefix('\\') else { return false };
    match escape.split_at(escape.chars().next().map_or(0, char::len_utf8)) {
        ("x" | "u" | "U", digits) if !digits.contains('\\') => code(digits) == Some(char),
        ("u", _) => {
            serde_json::from_str::<String>(&format!("\"{written}\"")).unwrap().chars().eq([char])
        }
        (name, "") => {
            let names = "0abtnvfre \"/\\N_LP\t";
            let meant = "\0\x07\x08\t\n\x0b\x0c\r\x1b \"/\\\u{85}\u{a0}\u{2028}\u{2029}\t";
            names.chars().zip(meant.chars()).any(|(n, m)| name.chars().eq([n]) && m == char)
        }
        _ => false,
    }
}

#[test]
fn every_scalar_of_the_files_of_this_repository_is_mapped() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scalars = 0;
    for folder in ["fixtures", "rules", "action", ".pre-commit-hooks.yaml", "action.yml"] {
        for entry in ignore::WalkBuilder::new(root.join(folder)).hidden(false).build() {
            let path = entry.unwrap().into_path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if [".yml", ".yaml", "package.json", "tsconfig.json"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                let text = fs::read_to_string(&path).unwrap();
                scalars += check(&text);
                scalars += check(&text.replace('\n', "\r\n"));
            }
        }
    }
    println!("{scalars} scalars");
    assert!(scalars > 2_000, "{scalars}");
}

/// A key, tag or anchor may stand before a value.
fn entry(indent: usize) -> BoxedStrategy<String> {
    let gap = " ".repeat(indent);
    let property = prop_oneof![
        4 => Just(""),
        1 => Just("!!str "),
        1 => Just("&a "),
        1 => Just("&b !!str "),
        1 => Just("!local "),
    ];
    (0..4_usize, property, scalar(indent))
        .prop_map(move |(form, property, scalar)| match form {
            0 => format!("? KEY\n{gap}: {property}{scalar}"),
            _ => format!("KEY: {property}{scalar}"),
        })
        .boxed()
}

/// A scalar of any style, for an entry of a mapping that stands `indent` deep.
fn scalar(indent: usize) -> BoxedStrategy<String> {
    prop_oneof![
        2 => plain(indent, ":#'\"\\\\,\\[\\]{}&*!|>%@-"),
        2 => single_quoted(indent),
        3 => double_quoted(indent),
        4 => block(indent),
    ]
    .boxed()
}

/// A line break inside a scalar that may be folded, with blanks around it and empty lines in it.
fn fold(indent: usize) -> BoxedStrategy<String> {
    let empty = prop::collection::vec(" {0,3}\n", 0..3);
    ("[ \t]{0,2}", empty, 1..4_usize, "[ \t]{0,2}")
        .prop_map(move |(before, empty, more, after)| {
            format!("{before}\n{}{}{after}", empty.concat(), " ".repeat(indent + more))
        })
        .boxed()
}

fn plain(indent: usize, special: &str) -> BoxedStrategy<String> {
    let word = format!("[a-zé😀]([a-z0-9é{special}]{{0,5}}[a-z])?");
    let word = proptest::string::string_regex(&word).unwrap().boxed();
    let gap = prop_oneof![3 => Just(" ".to_owned()), 1 => Just("  ".to_owned()), 1 => fold(indent)];
    (word.clone(), prop::collection::vec((gap, word), 0..6))
        .prop_map(|(first, more)| {
            let more: String = more.into_iter().map(|(gap, word)| gap + &word).collect();
            // The words of YAML itself mean something else.
            format!("x{first}{more}")
        })
        .boxed()
}

fn single_quoted(indent: usize) -> BoxedStrategy<String> {
    let piece = prop_oneof![
        3 => "[a-zé😀:#,{}&*!|>%@`-]{1,5}",
        2 => Just("''".to_owned()),
        1 => "[\"\\\\]{1,2}",
        1 => "[ \t]{1,2}",
        1 => fold(indent),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| format!("'{}'", pieces.concat())).boxed()
}

fn double_quoted(indent: usize) -> BoxedStrategy<String> {
    let escaped_break =
        (prop::collection::vec(Just("\n"), 0..3), 1..4_usize).prop_map(move |(empty, more)| {
            format!("\\\n{}{}", empty.concat(), " ".repeat(indent + more))
        });
    let piece = prop_oneof![
        4 => "[a-zé😀:#,{}&*!|>%@`-]{1,5}",
        2 => "\\\\[0abtnvfre \"/\\\\N_LP\t]",
        1 => "\\\\x[0-9a-fA-F]{2}",
        1 => "\\\\u[0-9a-c][0-9A-F]{3}",
        1 => Just("\\U0001F600".to_owned()),
        1 => Just("\\ud83d\\ude00".to_owned()),
        1 => "'{1,2}",
        1 => "[ \t]{1,2}",
        1 => fold(indent),
        1 => escaped_break,
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| format!("\"{}\"", pieces.concat())).boxed()
}

/// A literal or folded scalar with every kind of header, deeper lines, blank lines and tabs.
fn block(indent: usize) -> BoxedStrategy<String> {
    let lines = prop::collection::vec("[a-zé😀#:'\"\\\\ \t-]{0,10}", 1..8);
    let header = ("[|>]", "[+-]?", any::<bool>(), any::<bool>(), "( # note| |)");
    (header, lines, 1..5_usize, prop::collection::vec(0..5_usize, 8))
        .prop_map(move |((style, chomp, explicit, swap, comment), mut lines, deeper, blanks)| {
            // The indentation is that of the first line with text, if no number says it.
            match lines.iter_mut().find(|line| !line.trim_matches(' ').is_empty()) {
                Some(line) if !explicit => *line = format!("x{line}"),
                Some(_) => {}
                None => lines.push("x".to_owned()),
            }
            let number = if explicit { deeper.to_string() } else { String::new() };
            let marks = if swap { format!("{chomp}{number}") } else { format!("{number}{chomp}") };
            let mut source = format!("{style}{marks}{comment}");
            let mut started = false;
            for (line, blank) in lines.iter().zip(blanks) {
                let is_blank = line.trim_matches(' ').is_empty();
                started |= !is_blank;
                source.push('\n');
                if is_blank && (!started || line.is_empty()) {
                    source += &" ".repeat(blank.min(indent + deeper));
                } else {
                    source += &" ".repeat(indent + deeper);
                    source += line;
                }
            }
            source
        })
        .boxed()
}

/// A collection in brackets or braces, over several lines.
fn flow(indent: usize) -> BoxedStrategy<String> {
    let item = prop_oneof![
        plain(indent, "#'\"\\\\&*!|>%@-"),
        single_quoted(indent),
        double_quoted(indent)
    ];
    let between = prop_oneof![
        Just(", ".to_owned()),
        Just(",".to_owned()),
        Just(format!(" ,  # note\n{} ", " ".repeat(indent)))
    ];
    (any::<bool>(), prop::collection::vec((item, between), 1..4))
        .prop_map(|(list, items)| {
            let numbered = items.into_iter().enumerate();
            let inner: String = numbered
                .map(|(n, (item, between))| match list {
                    true => item + &between,
                    false => format!("\"k{n}\": {item}{between}"),
                })
                .collect();
            if list { format!("[ {inner} ]") } else { format!("{{{inner} }}") }
        })
        .boxed()
}

/// Entries of a document; each `KEY` gets a name of its own.
fn document() -> BoxedStrategy<String> {
    let list = (any::<bool>(), prop::collection::vec(scalar(2), 1..4)).prop_map(|(deep, items)| {
        // Items of a list that stands as deep as its key are still deeper than the key.
        let gap = if deep { "  " } else { " " };
        items.iter().fold("KEY:".to_owned(), |list, item| format!("{list}\n{gap}- {item}"))
    });
    let nested = prop::collection::vec(entry(4), 1..4).prop_map(|entries| {
        entries.iter().fold("KEY:".to_owned(), |all, e| format!("{all}\n    {e}"))
    });
    let item = prop_oneof![
        5 => entry(0),
        1 => list,
        1 => nested,
        1 => flow(0).prop_map(|flow| format!("KEY: {flow}")),
        1 => Just("# a comment: 'with'".to_owned()),
        1 => Just(String::new()),
        1 => Just("KEY: &c text\nKEY: *c".to_owned()),
    ];
    prop::collection::vec(item, 1..8)
        .prop_map(|items| {
            let source = items.join("\n") + "\nKEY: end";
            let parts: Vec<&str> = source.split("KEY").collect();
            let named = parts.iter().enumerate().map(|(n, part)| match n {
                0 => (*part).to_owned(),
                n => format!("key{n}{part}"),
            });
            named.collect()
        })
        .boxed()
}

fn json() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[ -~éç😀\\n\\t\\r\\x08\"\\\\/]{0,12}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::hash_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    (value, any::<bool>())
        .prop_map(|(value, pretty)| {
            let list = serde_json::json!([value]);
            if pretty { format!("{list:#}") } else { list.to_string() }
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("YAML_FILES").ok().and_then(|n| n.parse().ok()).unwrap_or(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_scalar_of_any_file_is_mapped(
        documents in prop::collection::vec(document(), 1..3),
        bom in any::<bool>(),
        crlf in any::<bool>(),
        end in any::<bool>(),
    ) {
        let mut source = documents.join("\n---\n");
        if documents.len() > 1 && end {
            source += "\n...\n";
        }
        if crlf {
            source = source.replace('\n', "\r\n");
        }
        check(&format!("{}{source}", if bom { "\u{feff}" } else { "" }));
    }

    #[test]
    fn every_string_of_json_is_mapped(source in json()) {
        check(&source);
    }
}
