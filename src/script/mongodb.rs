//! What MongoDB's shell is given: which calls on `db` does it make? In comes JavaScript, out goes
//! each call as one of `mongodb` with plain words: `db.users.deleteMany({})` is
//! `mongodb deleteMany users`, and `--where` follows where something is chosen.

use crate::{
    invocation::Word,
    source::{Location, Text},
};
use tree_sitter::Node;

pub struct Call {
    pub argv: Vec<Word>,
    pub location: Option<Location>,
}

pub fn read(text: &Text) -> Vec<Call> {
    let tree = super::parse(&tree_sitter_javascript::LANGUAGE.into(), text.as_str());
    let mut calls = Vec::new();
    let Some(tree) = tree else { return calls };
    // Every node once, without recursion: code may be nested deeply.
    let mut cursor = tree.walk();
    loop {
        if cursor.node().kind() == "call_expression" {
            calls.extend(call(text, cursor.node()));
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return calls;
            }
        }
    }
}

fn call(text: &Text, node: Node<'_>) -> Option<Call> {
    let source = |node: Node<'_>| text.as_str().get(node.byte_range());
    let callee = node.child_by_field_name("function")?;
    let method = source(callee.child_by_field_name("property")?)?;
    let object = callee.child_by_field_name("object")?;
    let path = source(object)?;
    let hands_out = method.starts_with("get");
    if hands_out || path != "db" && !path.starts_with("db.") && !path.starts_with("db[") {
        return None;
    }
    let word = |text_of: &str| {
        let mut word = Text::default();
        word.push_made_up(text_of, text.locate(node.byte_range()).as_ref());
        Word::known(word)
    };
    let mut argv = vec![word("mongodb"), word(method)];
    let collection = collection(path);
    argv.extend((!collection.is_empty()).then(|| word(&collection)));
    let filter = node.child_by_field_name("arguments").and_then(|all| all.named_child(0));
    let chooses =
        filter.is_some_and(|filter| filter.kind() != "object" || filter.named_child_count() > 0);
    argv.extend(chooses.then(|| word("--where")));
    Some(Call { argv, location: text.locate(node.byte_range()) })
}

/// `users` of `db.users`, `db["users"]`, `db.getCollection("users")`, `db.getSiblingDB("x").users`.
fn collection(path: &str) -> String {
    let path = match path.split_once("getSiblingDB") {
        Some((_, rest)) => rest.split_once(')').map_or("", |(_, rest)| rest),
        None => &path[2..],
    };
    let name = path.trim_start_matches(".getCollection");
    name.trim_matches(['.', '(', ')', '[', ']', '"', '\'', '`']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{script::display, source::SourceFile};
    use std::sync::Arc;

    fn calls(code: &str) -> Vec<String> {
        let text = Text::of_file(Arc::new(SourceFile::new("x.js", code)));
        read(&text).iter().map(|call| display(&call.argv)).collect()
    }

    #[test]
    fn calls_on_the_database_are_found_by_what_they_act_on() {
        for (code, expected) in [
            ("db.dropDatabase()", "mongodb dropDatabase"),
            ("db.getSiblingDB('app').dropDatabase()", "mongodb dropDatabase"),
            ("db.users.drop();", "mongodb drop users"),
            ("db.getCollection('users').deleteMany({})", "mongodb deleteMany users"),
            ("db['users'].deleteMany({a: 1})", "mongodb deleteMany users --where"),
            ("if (x) { db.users.deleteMany(filter) }", "mongodb deleteMany users --where"),
        ] {
            assert_eq!(calls(code), [expected], "{code}");
        }
        assert!(calls("print('db.dropDatabase()'); other.drop()").is_empty());
    }
}
