//! TypeScript: what is no JavaScript in it (types, and the words that go with them) is written over
//! with blanks, so that what is left is JavaScript in which every byte stands where it stood.

use crate::script::parse;
use tree_sitter::Node;

/// What is all about types.
const TYPES: [&str; 16] = [
    "type_annotation",
    "type_arguments",
    "type_parameters",
    "type_predicate_annotation",
    "asserts_annotation",
    "omitting_type_annotation",
    "opting_type_annotation",
    "adding_type_annotation",
    "implements_clause",
    "accessibility_modifier",
    "override_modifier",
    "index_signature",
    "method_signature",
    "abstract_method_signature",
    "function_signature",
    "ambient_declaration",
];

/// Declarations of types, which may be exported.
const DECLARATIONS: [&str; 4] = [
    "interface_declaration",
    "type_alias_declaration",
    "ambient_declaration",
    "function_signature",
];

/// The same code without its types; nothing if it cannot be read.
pub fn without_types(code: &str) -> Option<String> {
    let tree = parse(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), code)?;
    let mut plain = code.as_bytes().to_vec();
    let mut cursor = tree.walk();
    loop {
        let goes_on = plainer(&mut plain, cursor.node());
        if goes_on && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return String::from_utf8(plain).ok();
            }
        }
    }
}

/// Writes over what a node has of types; whether there may be more in it.
fn plainer(code: &mut [u8], node: Node<'_>) -> bool {
    let mut blank = |from: usize, to: usize| {
        for byte in &mut code[from..to] {
            // Lines stay lines: some statements end there.
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let parent = node.parent().map_or("", |parent| parent.kind());
    let has = |kind: &str| {
        let children = (0..node.child_count()).filter_map(|at| node.child(at));
        children.into_iter().any(|child| child.kind() == kind)
    };
    match node.kind() {
        kind if TYPES.contains(&kind) || DECLARATIONS.contains(&kind) => {
            blank(node.start_byte(), node.end_byte());
            return false;
        }
        "import_statement" | "export_statement" if has("type") || has("typeof") => {
            blank(node.start_byte(), node.end_byte());
            return false;
        }
        "export_statement" if DECLARATIONS.iter().any(|kind| has(kind)) => {
            blank(node.start_byte(), node.end_byte());
            return false;
        }
        "import_specifier" | "export_specifier" if has("type") || has("typeof") => {
            let comma = node.next_sibling().filter(|next| next.kind() == ",");
            blank(node.start_byte(), comma.unwrap_or(node).end_byte());
            return false;
        }
        "as_expression" | "satisfies_expression" | "non_null_expression" => {
            if let Some(inner) = node.named_child(0) {
                blank(inner.end_byte(), node.end_byte());
            }
        }
        // `import fs = require('fs')`
        "import" if matches!(parent, "import_statement" | "import_alias") => {
            let of_clause = |next: Node<'_>| next.kind() == "import_require_clause";
            if parent == "import_alias" || node.next_sibling().is_some_and(of_clause) {
                code[node.byte_range()].copy_from_slice(b"const ");
            }
        }
        "?" if matches!(
            parent,
            "optional_parameter" | "public_field_definition" | "method_definition"
        ) =>
        {
            blank(node.start_byte(), node.end_byte());
        }
        "!" if matches!(parent, "variable_declarator" | "public_field_definition") => {
            blank(node.start_byte(), node.end_byte());
        }
        "readonly" | "declare" | "abstract" if !node.is_named() => {
            blank(node.start_byte(), node.end_byte());
        }
        // `enum Verb { Stop = 'stop' }` as the object that it is.
        "const" if parent == "enum_declaration" => blank(node.start_byte(), node.end_byte()),
        "enum" if parent == "enum_declaration" => {
            code[node.byte_range()].copy_from_slice(b"var ");
        }
        "enum_body" => {
            let before = node.start_byte().checked_sub(1).and_then(|at| code.get_mut(at));
            if let Some(before) = before.filter(|byte| byte.is_ascii_whitespace()) {
                *before = b'=';
            }
        }
        "=" if parent == "enum_assignment" => code[node.start_byte()] = b':',
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(code: &str) -> String {
        let plain = without_types(code).unwrap();
        assert_eq!(plain.len(), code.len(), "{code}");
        let words: Vec<&str> = plain.split_whitespace().collect();
        words.join(" ")
    }

    #[test]
    fn types_go_and_the_rest_stays_where_it_is() {
        for (code, expected) in [
            ("const a: string = 'x';", "const a = 'x';"),
            ("interface A { b: string }\nf();", "f();"),
            ("export interface A { b: string }\nf();", "f();"),
            ("type A = 'x' | 'y'; f()", "f()"),
            ("import type { A } from 'a';\nf()", "f()"),
            ("import { type A, b } from 'a';", "import { b } from 'a';"),
            ("import { b, type A } from 'a';", "import { b, } from 'a';"),
            ("import fs = require('fs');", "const fs = require('fs');"),
            ("f<string>(x as any, y!, z satisfies Z);", "f (x , y , z );"),
            ("function f<T>(this: X, a?: T): void {}", "function f (this , a ) {}"),
            ("class A implements B { private readonly c: string = 'd'; }", "class A { c = 'd'; }"),
            ("enum Verb { Stop = 'stop', Go = 'go' }", "var Verb={ Stop : 'stop', Go : 'go' }"),
            ("const x = <any>y;", "const x = y;"),
            ("declare const g: string;\ng;", "g;"),
            ("const é: string = 'ü';", "const é = 'ü';"),
        ] {
            assert_eq!(plain(code), expected, "{code}");
        }
    }
}
