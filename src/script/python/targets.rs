//! What is given a value: names, parts of lists and objects, parameters.

use super::Names;
use crate::script::evaluator::{
    code::{children, only_child},
    lowering::{Lowering, fields},
    syntax::{Binds, Target, TargetKind},
};
use tree_sitter::Node;

impl Lowering<'_, Names> {
    pub fn target_kind(&mut self, node: Node<'_>) -> TargetKind {
        match node.kind() {
            "identifier" => TargetKind::Name(self.source(node).to_owned()),
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list"
            | "expression_list" => {
                let parts = children(node).into_iter().enumerate();
                TargetKind::Items(parts.map(|(n, part)| (n, self.target(part))).collect())
            }
            "list_splat_pattern" | "list_splat" => self.inner(node, TargetKind::Rest),
            "dictionary_splat_pattern" => self.inner(node, TargetKind::NamedRest),
            "attribute" | "subscript" => TargetKind::Part(self.expression(node)),
            "typed_parameter" | "as_pattern_target" | "parenthesized_expression" => {
                only_child(node).map_or(TargetKind::Nothing, |inner| self.target(inner).kind)
            }
            "default_parameter" | "typed_default_parameter" => {
                match fields(node, ["name", "value"]) {
                    Some([name, value]) => {
                        let inner = Box::new(self.target(name));
                        TargetKind::Default(inner, self.expression(value))
                    }
                    None => TargetKind::Nothing,
                }
            }
            _ => TargetKind::Nothing,
        }
    }

    fn inner(&mut self, node: Node<'_>, wrap: fn(Box<Target>) -> TargetKind) -> TargetKind {
        match only_child(node) {
            Some(inner) => wrap(Box::new(self.target(inner))),
            None => TargetKind::Nothing,
        }
    }

    /// Which variable an assignment means.
    pub fn binds(&self, target: &Target) -> Binds {
        match target.name() {
            Some(name) if self.language.of_others.iter().any(|other| other == name) => {
                Binds::Existing
            }
            _ => Binds::OfFunction,
        }
    }

    /// The parameters of a function, without what only divides them.
    pub fn parameters(&mut self, node: Node<'_>) -> Vec<Target> {
        let parameters = node.child_by_field_name("parameters").map_or(vec![], children);
        parameters
            .into_iter()
            .filter(|parameter| !parameter.kind().ends_with("_separator"))
            .map(|parameter| self.target(parameter))
            .collect()
    }
}
