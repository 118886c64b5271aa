use super::{place::matrix_values, scripts::Variables};
use crate::source::{PossibleValues, Text, expressions, yaml::Node};
use indexmap::IndexMap;

/// Where the names in the expressions of a script get their values.
pub(super) struct Scope<'a> {
    pub env: &'a Variables,
    pub matrix: Option<Node<'a>>,
    pub inputs: &'a [Node<'a>],
}

impl Scope<'_> {
    /// What the expressions of a text can come to, of those that are one name with a value in
    /// this file.
    pub fn values(&self, text: &str) -> IndexMap<String, PossibleValues> {
        let mut found = IndexMap::new();
        for expression in expressions(text) {
            if let Some(values) = self.lookup(expression.inner) {
                found.insert(expression.inner.to_owned(), values);
            }
        }
        found
    }

    fn lookup(&self, expression: &str) -> Option<PossibleValues> {
        let (context, name) = expression.rsplit_once('.')?;
        let values = match context {
            "env" => PossibleValues { texts: vec![self.env.get(name)?.clone()], others: false },
            "matrix" => {
                let values = matrix_values(self.matrix, name);
                let texts: Vec<Text> = values.iter().filter_map(|value| value.text()).collect();
                PossibleValues { others: texts.len() < values.len(), texts }
            }
            "inputs" | "github.event.inputs" => {
                let declared = |inputs: &&Node| inputs.get(name).is_some();
                input_values(self.inputs.iter().find(declared)?.get(name)?)
            }
            _ => return None,
        };
        let is_constant = |text: &Text| expressions(text.as_str()).next().is_none();
        let (texts, rest): (Vec<_>, Vec<_>) = values.texts.into_iter().partition(is_constant);
        let others = values.others || !rest.is_empty();
        (!texts.is_empty()).then_some(PossibleValues { texts, others })
    }
}

/// The choices of an input, or else its default, which can be replaced by anything.
fn input_values(input: Node) -> PossibleValues {
    let default = input.get("default").filter(|default| !default.is_null());
    match input.get("options") {
        Some(options) => PossibleValues {
            texts: options.items().filter_map(Node::text).collect(),
            others: false,
        },
        None => PossibleValues {
            texts: default.and_then(Node::text).into_iter().collect(),
            others: true,
        },
    }
}
