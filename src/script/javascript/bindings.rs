//! Declarations, assignments, destructuring and imports: what names come to hold.

use super::code::{children, only_child};
use super::evaluator::Evaluator;
use super::thing::Thing;
use tree_sitter::Node;

impl<'t> Evaluator<'t> {
    /// `const`, `let` or `var`.
    pub fn declaration(&mut self, node: Node<'t>) {
        let kind = node.child(0).map_or("var", |kind| kind.kind());
        for declarator in children(node) {
            let value = declarator.child_by_field_name("value");
            let thing = value.map_or(Thing::Undefined, |value| self.evaluate(value));
            if let Some(name) = declarator.child_by_field_name("name") {
                self.bind(name, thing, Some(kind));
            }
        }
    }

    /// Gives the names of a pattern the parts of a thing: declares them if there is a `kind`
    /// (`const`, `let`), assigns to them if there is none.
    pub fn bind(&mut self, pattern: Node<'t>, thing: Thing<'t>, kind: Option<&str>) {
        if !self.enter(pattern) {
            return;
        }
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                let name = self.code.parsed(pattern).to_owned();
                match kind {
                    Some(kind) => self.declare(&name, thing, kind != "const"),
                    None => self.assign(&name, thing),
                }
            }
            "object_pattern" => {
                for part in children(pattern) {
                    self.bind_field(part, &thing, kind);
                }
            }
            "array_pattern" => {
                for (index, part) in places(pattern) {
                    if part.kind() == "rest_pattern" {
                        self.bind(part, thing.clone(), kind);
                    } else {
                        let item = self.index(&thing, &index.to_string(), part);
                        self.bind(part, item, kind);
                    }
                }
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                let thing = self.or_default(pattern, thing);
                if let Some(left) = pattern.child_by_field_name("left") {
                    self.bind(left, thing, kind);
                }
            }
            "rest_pattern" | "parenthesized_expression" => {
                if let Some(inner) = only_child(pattern) {
                    self.bind(inner, thing, kind);
                }
            }
            "member_expression" | "subscript_expression" => self.assign_part(pattern, thing),
            _ => {}
        }
        self.leave();
    }

    fn bind_field(&mut self, part: Node<'t>, thing: &Thing<'t>, kind: Option<&str>) {
        let (key, target) = match part.kind() {
            "pair_pattern" => (part.child_by_field_name("key"), part.child_by_field_name("value")),
            "object_assignment_pattern" => (part.child_by_field_name("left"), Some(part)),
            _ => (Some(part), Some(part)),
        };
        let (Some(key), Some(target)) = (key, target) else { return };
        if part.kind() == "rest_pattern" {
            return self.bind(part, thing.clone(), kind);
        }
        let name = self.key(key);
        let field = self.member(thing, &name, key);
        self.bind(target, field, kind);
    }

    /// The name that a key of an object or of a pattern stands for.
    pub fn key(&mut self, key: Node<'t>) -> String {
        match key.kind() {
            "string" => self.code.string(key).to_string(),
            "computed_property_name" => {
                let thing = only_child(key).map(|inner| self.evaluate(inner));
                let text = thing.map(|thing| self.text(&thing, key));
                text.and_then(|text| text.text().map(String::from)).unwrap_or_default()
            }
            _ => self.code.parsed(key).to_owned(),
        }
    }

    fn or_default(&mut self, pattern: Node<'t>, thing: Thing<'t>) -> Thing<'t> {
        let default = pattern.child_by_field_name("right");
        match (thing, default) {
            (thing @ (Thing::Undefined | Thing::Unknown(_)), Some(default)) => {
                let default = self.evaluate(default);
                thing.or(default)
            }
            (thing, _) => thing,
        }
    }

    /// `config.name = …` and `list[0] = …`: only for objects and arrays that a variable holds.
    fn assign_part(&mut self, target: Node<'t>, thing: Thing<'t>) {
        let Some(object) = target.child_by_field_name("object") else { return };
        if object.kind() != "identifier" && object.kind() != "this" {
            return;
        }
        let variable = self.code.parsed(object).to_owned();
        let field = match target.child_by_field_name("property") {
            Some(property) => self.code.parsed(property).to_owned(),
            None => target.child_by_field_name("index").map_or(String::new(), |i| self.key(i)),
        };
        let changed = match self.lookup(&variable) {
            Some(Thing::Object(object)) => {
                let mut fields = object.inner.clone();
                fields.insert(field, self.settled(thing));
                Thing::object(fields)
            }
            Some(Thing::Array(list)) => {
                let mut items = list.inner.clone();
                items.push(self.settled(thing));
                Thing::array(items)
            }
            _ => None,
        };
        if let Some(changed) = changed {
            self.assign(&variable, changed);
        }
    }

    pub fn assignment(&mut self, node: Node<'t>) -> Thing<'t> {
        let (Some(left), Some(right)) =
            (node.child_by_field_name("left"), node.child_by_field_name("right"))
        else {
            return Thing::Undefined;
        };
        let value = self.evaluate(right);
        let operator = node.child_by_field_name("operator").map(|operator| operator.kind());
        let value = match operator {
            None => value,
            Some("+=") => {
                let held = self.evaluate(left);
                self.plus(held, value, node)
            }
            Some("||=" | "??=" | "&&=") => self.evaluate(left).or(value),
            Some(_) => self.unknown(node),
        };
        self.bind(left, value.clone(), None);
        value
    }

    /// `import … from 'module'`.
    pub fn import(&mut self, node: Node<'t>) {
        let Some(source) = node.child_by_field_name("source") else { return };
        let module = self.module(&self.code.string(source).to_string());
        let clauses = children(node).into_iter().filter(|child| child.kind() == "import_clause");
        for part in clauses.flat_map(children) {
            match part.kind() {
                "identifier" => self.bind(part, module.clone(), Some("const")),
                "namespace_import" => {
                    if let Some(name) = only_child(part) {
                        self.bind(name, module.clone(), Some("const"));
                    }
                }
                _ => {
                    for specifier in children(part) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let key = self.key(name);
                        let thing = self.member(&module, &key, name);
                        let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                        self.bind(alias, thing, Some("const"));
                    }
                }
            }
        }
    }
}

/// The parts of an array pattern with their positions: in `[, second]` the first is left out.
fn places<'t>(pattern: Node<'t>) -> Vec<(usize, Node<'t>)> {
    let mut cursor = pattern.walk();
    let mut index = 0;
    let mut places = Vec::new();
    for part in pattern.children(&mut cursor) {
        match part.kind() {
            "," => index += 1,
            _ if part.is_named() && !part.is_extra() => places.push((index, part)),
            _ => {}
        }
    }
    places
}
