//! What the names in the expressions of a workflow mean, from its own text. [`Contexts::possible`]
//! and [`Contexts::condition`] say what any text or condition then comes to; the inputs of what is
//! called can be [`declared`], or any map of values that a caller gives.

use crate::source::{
    expression::{Contexts, Matrix, PossibleValues, Setting, Settings, Value},
    yaml::Node,
};
use indexmap::IndexMap;
use std::sync::{Arc, LazyLock};

/// Inputs, by name.
pub(super) type Inputs = IndexMap<String, PossibleValues>;

/// Deeper values are not read; aliases can nest without end.
const MAX_DEPTH: usize = 20;

/// More values than this are not read of one node; aliases can multiply them.
const MAX_VALUES: usize = 5_000;

/// What is known around the jobs of a workflow, or the steps of an action.
pub(super) fn of_workflow(env: Option<Node>, inputs: Inputs) -> Contexts {
    Contexts { env: vec![settings(env)], inputs: Arc::new(inputs), ..Contexts::default() }
}

/// What is known around the steps of a job.
pub(super) fn in_job(outer: &Contexts, env: Option<Node>, matrix: Option<Node>) -> Contexts {
    let mut contexts = outer.clone();
    contexts.env.push(settings(env));
    contexts.matrix = matrix.map(|matrix| Arc::new(Matrix::new(value(matrix))));
    contexts
}

/// What is known in a step.
pub(super) fn in_step(outer: &Contexts, env: Option<Node>) -> Contexts {
    let mut contexts = outer.clone();
    contexts.env.push(settings(env));
    contexts
}

/// What declared inputs can be where nobody says what they are given.
pub(super) fn declared<'y>(declarations: impl IntoIterator<Item = Node<'y>>) -> Inputs {
    let mut inputs = Inputs::new();
    for (name, input) in declarations.into_iter().flat_map(Node::entries) {
        if let Some(name) = name.as_str() {
            // One that both a dispatch and a call declare can be what either says.
            let possible = inputs.entry(name.to_owned()).or_default();
            let more = declared_input(input);
            possible.values.extend(more.values);
            possible.others |= more.others;
        }
    }
    inputs
}

/// What declared inputs are where a caller gives these; what it does not give has its default.
pub(super) fn given(declaration: Option<Node>, given: &Inputs) -> Inputs {
    let mut inputs = Inputs::new();
    for (name, input) in declaration.into_iter().flat_map(Node::entries) {
        let Some(name) = name.as_str() else { continue };
        let same = |(given, _): &(&String, _)| given.eq_ignore_ascii_case(name);
        let possible = match (given.iter().find(same), input.get("default")) {
            (Some((_, possible)), _) => possible.clone(),
            (None, Some(default)) => PossibleValues::one(value(default)),
            (None, None) => PossibleValues::one(Value::Null),
        };
        inputs.insert(name.to_owned(), possible);
    }
    inputs
}

/// The choices of an input, or else its default, which can be replaced by anything.
fn declared_input(input: Node) -> PossibleValues {
    if let Some(options) = input.get("options") {
        return PossibleValues { values: options.items().map(value).collect(), others: false };
    }
    if input.get("type").and_then(Node::as_str) == Some("boolean") {
        return PossibleValues { values: [true, false].map(Value::Bool).to_vec(), others: false };
    }
    let default = input.get("default").filter(|default| !default.is_null());
    PossibleValues { values: default.map(value).into_iter().collect(), others: true }
}

/// The variables or outputs that a mapping sets.
pub(super) fn settings(node: Option<Node>) -> Arc<Settings> {
    static NONE: LazyLock<Arc<Settings>> = LazyLock::new(Arc::default);
    let Some(node) = node else { return Arc::clone(&NONE) };
    let settings = node.entries().into_iter().filter_map(|(key, value)| {
        let possible = PossibleValues::one(Value::template(value.as_str()?));
        let location = Some(value.location());
        Some((key.as_str()?.to_owned(), Setting { possible, location, may_be_unset: false }))
    });
    Arc::new(settings.collect())
}

/// The outputs that an action or a called workflow declares, as they are written.
pub(super) fn outputs(declarations: Option<Node>) -> Arc<Settings> {
    let entries = declarations.into_iter().flat_map(Node::entries);
    let outputs = entries.filter_map(|(name, output)| {
        let value = output.get("value")?;
        let possible = PossibleValues::one(Value::template(value.as_str()?));
        let location = Some(value.location());
        Some((name.as_str()?.to_owned(), Setting { possible, location, may_be_unset: false }))
    });
    Arc::new(outputs.collect())
}

/// A value as it is written, its expressions not filled in.
pub(super) fn value(node: Node) -> Value {
    value_within(node, 0, &mut 0)
}

fn value_within(node: Node, depth: usize, count: &mut usize) -> Value {
    *count += 1;
    if depth > MAX_DEPTH || *count > MAX_VALUES {
        return Value::unknown("…");
    }
    if node.is_sequence() {
        let items = node.items().map(|item| value_within(item, depth + 1, count));
        return Value::Array(items.collect());
    }
    let Some(text) = node.as_str() else {
        let mut entries = IndexMap::new();
        for (key, value) in node.entries() {
            if let Some(key) = key.as_str() {
                entries.insert(key.to_owned(), value_within(value, depth + 1, count));
            }
        }
        return Value::Object(entries);
    };
    match text {
        _ if node.is_null() => Value::Null,
        "true" | "True" | "TRUE" if node.is_plain() => Value::Bool(true),
        "false" | "False" | "FALSE" if node.is_plain() => Value::Bool(false),
        _ => plain_number(node, text).map_or_else(|| Value::template(text), Value::Number),
    }
}

/// `1.10` is 1.1 in a matrix or an input, as on the runner.
fn plain_number(node: Node, text: &str) -> Option<f64> {
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    let number = Value::String(text.to_owned()).number();
    (node.is_plain() && starts && !number.is_nan()).then_some(number)
}
