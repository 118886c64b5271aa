use super::*;
use insta::assert_snapshot;

fn yaml(text: &str) -> Yaml {
    Yaml::parse(Arc::new(SourceFile::new("x.yml", text)))
}

/// A node as compact JSON-like text, merges and duplicates resolved, down to a depth.
fn show(node: Node, depth: usize) -> String {
    let each = |shown: Vec<String>| shown.join(", ");
    match node.as_str() {
        _ if depth == 0 => "…".to_owned(),
        Some(text) => format!("{text:?}"),
        None if node.is_sequence() => {
            format!("[{}]", each(node.items().map(|item| show(item, depth - 1)).collect()))
        }
        None => {
            let entry = |(key, value): (Node, Node)| {
                format!("{}: {}", key.as_str().unwrap_or_default(), show(value, depth - 1))
            };
            format!("{{{}}}", each(node.entries().into_iter().map(entry).collect()))
        }
    }
}

fn shown(text: &str) -> String {
    let yaml = yaml(text);
    let documents: Vec<String> = yaml.documents().map(|node| show(node, 6)).collect();
    let errors = yaml.errors().iter().map(|error| {
        let at = yaml.file().line_column(error.at.start);
        format!("{}:{} {}", at.line, at.column, error.message)
    });
    documents.into_iter().chain(errors).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_alias_is_what_its_anchor_names() {
    assert_eq!(
        shown("a: &x [1, &y two]\nb: *x\nc: *y"),
        r#"{a: ["1", "two"], b: ["1", "two"], c: "two"}"#
    );
}

#[test]
fn merged_keys_come_after_own_ones_and_nearer_ones_first() {
    let text = "\
far: &far {a: far, b: far, c: far, d: far}
near: &near {<<: *far, b: near, c: near}
it: {<<: *near, c: own}
list: {<<: [*near, {e: last, a: last}]}
";
    let file = yaml(text);
    let it = file.documents().next().unwrap().get("it").unwrap();
    let value = |key| it.get(key).and_then(Node::as_str);
    assert_eq!(
        [value("a"), value("b"), value("c"), value("e")],
        [Some("far"), Some("near"), Some("own"), None]
    );
    assert_eq!(value("d"), Some("far"));
    assert_eq!(it.entries().len(), 4);
    let list = file.documents().next().unwrap().get("list").unwrap();
    assert_eq!(list.get("a").and_then(Node::as_str), Some("far"));
    assert_eq!(list.get("e").and_then(Node::as_str), Some("last"));
}

#[test]
fn of_duplicate_keys_the_last_counts() {
    assert_eq!(shown("a: 1\nb: 2\na: 3"), r#"{a: "3", b: "2"}"#);
    assert_eq!(
        yaml("a: 1\na: 3").documents().next().unwrap().get("a").unwrap().as_str(),
        Some("3")
    );
}

#[test]
fn a_mapping_that_merges_itself_ends() {
    assert_eq!(shown("a: &a {<<: *a, b: 1}"), r#"{a: {b: "1"}}"#);
}

#[test]
fn an_alias_bomb_costs_nothing() {
    let mut text = "a0: &a0 {<<: {k: v}}\n".to_owned();
    for level in 1..60 {
        let before = format!("*a{}", level - 1);
        text += &format!(
            "a{level}: &a{level} {{<<: [{before}, {before}, {before}], l: [{before}, {before}]}}\n"
        );
    }
    let yaml = yaml(&text);
    let last = yaml.documents().next().unwrap().get("a59").unwrap();
    assert_eq!(last.get("k").and_then(Node::as_str), Some("v"));
    assert_eq!(last.get("none").map(Node::range), None);
    assert_eq!(last.entries().len(), 2);
}

#[test]
fn what_stands_before_an_error_is_kept_and_later_documents_are_read() {
    assert_snapshot!(shown("a: 1\nb: [1, 2\nc: }\n---\nd: 2\n"), @r#"
    {a: "1", b: ["1"]}
    {d: "2"}
    3:2 illegal placement of ':' indicator
    "#);
}

#[test]
fn an_alias_without_an_anchor_is_told_and_hides_nothing() {
    assert_snapshot!(shown("a: *nope\nb: 1"), @r#"
    {a: "*nope", b: "1"}
    1:4 `*nope` names no anchor before it
    "#);
}

#[test]
fn a_heredoc_at_the_left_margin_is_told_and_read_as_it_was_meant() {
    let text = "\
steps:
  - run: |
      python3 <<'EOF'
import os
if os.name:
    print('all')
EOF
      pm2 delete all
  - run: |
      cat <<SQL
DROP TABLE t;
SQL
  - run: last
";
    assert_snapshot!(shown(text), @r#"
    {steps: [{run: "python3 <<'EOF'\nimport os\nif os.name:\n    print('all')\nEOF\npm2 delete all\n"}, {run: "cat <<SQL\nDROP TABLE t;\nSQL\n"}, {run: "last"}]}
    4:1 indent the heredoc up to its `EOF` like the lines before it; YAML takes its text for the end of the script
    11:1 indent the heredoc up to its `SQL` like the lines before it; YAML takes its text for the end of the script
    "#);
    let yaml = yaml(text);
    let steps = yaml.documents().next().unwrap().get("steps").unwrap();
    let run = steps.items().next().unwrap().get("run").unwrap().text().unwrap();
    for word in ["import os", "    print", "pm2 delete all"] {
        let at = run.as_str().find(word).unwrap();
        let written = run.locate(at..at + word.len()).unwrap().range;
        assert_eq!(&text[written], word);
    }
}

#[test]
fn json_is_yaml() {
    assert_eq!(shown("{\"a\": [1, null, \"x\\ty\"]}"), r#"{a: ["1", "null", "x\ty"]}"#);
}

#[test]
fn a_block_ends_with_its_last_value_and_comments_are_known() {
    let text = "a: # one\n  b: c\n  # two\nd: e\n";
    let yaml = yaml(text);
    let a = yaml.documents().next().unwrap().get("a").unwrap();
    assert_eq!(&text[a.range()], "b: c");
    let comments: Vec<&str> = yaml.comments().iter().map(|range| &text[range.clone()]).collect();
    assert_eq!(comments, ["# one", "# two"]);
}
