//! What an expression comes to in one world.

use super::{
    Setting, Settings, Value, expressions,
    syntax::{Kind, Node, Operator},
    world::World,
};
use std::cmp::Ordering;

/// Longer text, in bytes, is not put together.
pub(super) const MAX_TEXT: usize = 1 << 16;

/// What is nested deeper, expressions in values of expressions included, is not evaluated.
const MAX_DEPTH: usize = 80;

/// Evaluates the tree of an expression.
struct Reader<'r, 'c> {
    world: &'r mut World<'c>,
    /// The expression as it is written.
    text: &'r str,
}

impl World<'_> {
    /// A value as it is written in a workflow, its expressions filled in.
    pub fn resolved(&mut self, written: &Value) -> Value {
        match written {
            Value::Unknown(text) => self.text(text),
            Value::Array(items) => Value::Array(items.iter().map(|v| self.resolved(v)).collect()),
            Value::Object(entries) => {
                let resolved = entries.iter().map(|(key, v)| (key.clone(), self.resolved(v)));
                Value::Object(resolved.collect())
            }
            known => known.clone(),
        }
    }

    /// A text with its expressions filled in. One that is nothing but an expression keeps the type
    /// of its value.
    pub fn text(&mut self, text: &str) -> Value {
        let (mut filled, mut at) = (String::new(), 0);
        let mut is_known = true;
        for expression in expressions(text) {
            let value = self.expression(expression.inner);
            if expression.range == (0..text.len()) {
                return value;
            }
            is_known &= value.is_known();
            filled.push_str(&text[at..expression.range.start]);
            filled.push_str(&value.to_string());
            at = expression.range.end;
            if filled.len() > MAX_TEXT {
                return Value::Unknown(text.to_owned());
            }
        }
        filled.push_str(&text[at..]);
        if is_known { Value::String(filled) } else { Value::Unknown(filled) }
    }

    /// What stands between the braces.
    pub fn expression(&mut self, inner: &str) -> Value {
        match self.parse(inner) {
            Some(tree) if self.step() => Reader { world: self, text: inner }.value(&tree),
            _ => Value::unknown(inner),
        }
    }

    /// Whether a condition holds; nothing if this world leaves it open.
    pub fn holds(&mut self, condition: &str) -> Option<bool> {
        let value = self.expression(condition);
        self.truth(&value)
    }

    fn truth(&mut self, value: &Value) -> Option<bool> {
        match value {
            Value::Unknown(text) => self.decide_truth(text),
            known => known.truth(),
        }
    }

    pub(super) fn decide_truth(&mut self, question: &str) -> Option<bool> {
        self.decide(question, 2).map(|answer| answer == 0)
    }

    /// The value of a variable, as far as it is seen here; nothing if none is.
    pub fn variable(&mut self, name: &str) -> Option<Value> {
        let contexts = self.contexts;
        let inner = self.inner_layer;
        let mut value = None;
        for (layer, settings) in contexts.layers().filter(|(layer, _)| *layer < inner) {
            let Some(setting) = settings.get(name) else { continue };
            self.inner_layer = layer;
            value = self.setting(&format!("env.{name} in {layer}"), setting);
            self.inner_layer = inner;
            if value.is_some() {
                break;
            }
        }
        value
    }

    /// What a variable or output is set to; nothing if it is not set.
    fn setting(&mut self, question: &str, setting: &Setting) -> Option<Value> {
        let values = &setting.possible.values;
        let answers =
            values.len() + usize::from(setting.possible.others) + usize::from(setting.may_be_unset);
        let unknown = || Value::unknown(question.split(' ').next().unwrap_or_default());
        let Some(answer) = self.decide(question, answers) else { return Some(unknown()) };
        match values.get(answer) {
            Some(value) => Some(self.resolved(value)),
            None if setting.may_be_unset && answer + 1 == answers => None,
            None => Some(unknown()),
        }
    }
}

impl Reader<'_, '_> {
    fn unknown(&self, node: &Node) -> Value {
        Value::unknown(&self.text[node.range.clone()])
    }

    fn value(&mut self, node: &Node) -> Value {
        if self.world.depth >= MAX_DEPTH {
            return self.unknown(node);
        }
        self.world.depth += 1;
        let value = self.value_here(node);
        self.world.depth -= 1;
        value
    }

    fn value_here(&mut self, node: &Node) -> Value {
        match &node.kind {
            Kind::Literal(value) => value.clone(),
            Kind::Name(_) | Kind::Part(..) | Kind::All(_) => self.reference(node),
            Kind::Not(inner) => {
                let value = self.value(inner);
                let truth = self.world.truth(&value);
                truth.map_or_else(|| self.unknown(node), |truth| Value::Bool(!truth))
            }
            Kind::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
                let left = self.value(left);
                match self.world.truth(&left) {
                    Some(truth) if truth == (*operator == Operator::And) => self.value(right),
                    Some(_) => left,
                    None => self.unknown(node),
                }
            }
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                let truth = self.comparison(*operator, &left, &right);
                truth.map_or_else(|| self.unknown(node), Value::Bool)
            }
            Kind::Call(name, arguments) if name == "case" => {
                self.case(arguments).unwrap_or_else(|| self.unknown(node))
            }
            Kind::Call(name, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(|a| self.value(a)).collect();
                self.world.call(name, &arguments).unwrap_or_else(|| self.unknown(node))
            }
        }
    }

    fn comparison(&mut self, operator: Operator, left: &Value, right: &Value) -> Option<bool> {
        if !left.is_known() || !right.is_known() {
            // Both ways to ask the same question get the same answer.
            let (sign, as_asked) = match operator {
                Operator::NotEqual => ("==", false),
                Operator::GreaterOrEqual => ("<", false),
                Operator::LessOrEqual => (">", false),
                Operator::Less => ("<", true),
                Operator::Greater => (">", true),
                _ => ("==", true),
            };
            let answer = self.world.decide_truth(&format!("{left} {sign} {right}"))?;
            return Some(answer == as_asked);
        }
        let order = left.compare(right);
        Some(match operator {
            Operator::NotEqual => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            _ => order == Some(Ordering::Equal),
        })
    }

    /// `case(condition, value, …, otherwise)`.
    fn case(&mut self, arguments: &[Node]) -> Option<Value> {
        let (otherwise, cases) = arguments.split_last()?;
        for case in cases.chunks(2) {
            let [condition, value] = case else { return None };
            let condition = self.value(condition);
            if self.world.truth(&condition)? {
                return Some(self.value(value));
            }
        }
        Some(self.value(otherwise))
    }

    /// A context, or a part of one or of any other value.
    fn reference(&mut self, node: &Node) -> Value {
        // From the innermost: `a.b.*` is `a`, then `b`, then all of that.
        let (mut base, mut parts) = (node, Vec::new());
        loop {
            base = match &base.kind {
                Kind::Part(inner, key) => {
                    parts.push((base, Some(key)));
                    inner
                }
                Kind::All(inner) => {
                    parts.push((base, None));
                    inner
                }
                _ => break,
            };
        }
        let mut steps = Vec::new();
        for (part, key) in parts.into_iter().rev() {
            let key = key.map(|key| self.value(key));
            if key.as_ref().is_some_and(|key| !key.is_known()) {
                return self.unknown(node);
            }
            steps.push((part, key));
        }
        let (mut value, taken) = match &base.kind {
            Kind::Name(context) => {
                let names: Vec<String> =
                    steps.iter().map_while(|(_, key)| Some(key.as_ref()?.to_string())).collect();
                match self.world.lookup(context, &names) {
                    Some(found) => found,
                    None => return self.unknown(node),
                }
            }
            _ => (self.value(base), 0),
        };
        // After a `*`, what follows is taken of each item.
        let mut is_filtered = false;
        for (part, key) in &steps[taken..] {
            value = match (value, key) {
                (Value::Unknown(_), _) => return self.unknown(part),
                (Value::Array(items), Some(key)) if is_filtered => {
                    let parts = items.iter().map(|item| item.part(key));
                    Value::Array(parts.filter(|part| *part != Value::Null).collect())
                }
                (Value::Array(items), None) if is_filtered => {
                    Value::Array(items.into_iter().flat_map(items_of).collect())
                }
                (value, Some(key)) => value.part(key),
                (value, None) => Value::Array(items_of(value)),
            };
            is_filtered |= key.is_none();
        }
        value
    }
}

fn items_of(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Object(entries) => entries.into_values().collect(),
        _ => Vec::new(),
    }
}

impl World<'_> {
    /// The value of a name in a context, and how many of the names led to it.
    fn lookup(&mut self, context: &str, names: &[String]) -> Option<(Value, usize)> {
        let contexts = self.contexts;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match (context, names.as_slice()) {
            ("env", [name, ..]) => Some((self.variable(name)?, 1)),
            ("matrix", [name, ..]) => Some((self.matrix_value(name)?, 1)),
            ("inputs", [name, ..]) => Some((self.input(name)?, 1)),
            ("github", ["event", "inputs", name, ..]) => {
                let value = self.input(name)?;
                // The event has them as text.
                let text = if value.is_known() { Value::String(value.to_string()) } else { value };
                Some((text, 3))
            }
            ("github", ["action_path"]) => Some((self.variable("GITHUB_ACTION_PATH")?, 1)),
            ("steps", [id, "outputs", name, ..]) => {
                Some((self.output("steps", &contexts.outputs, id, name)?, 3))
            }
            // In the outputs of a called workflow, of its own jobs.
            ("needs" | "jobs", [id, "outputs", name, ..]) => {
                Some((self.output("needs", &contexts.needs, id, name)?, 3))
            }
            _ => None,
        }
    }

    fn input(&mut self, name: &str) -> Option<Value> {
        let contexts = self.contexts;
        let same = |input: &(&String, _)| input.0.eq_ignore_ascii_case(name);
        let (name, possible) = contexts.inputs.iter().find(same)?;
        let value = self.pick(&format!("inputs.{name}"), possible)?;
        Some(self.resolved(value))
    }

    fn output(&mut self, context: &str, outputs: &Settings, id: &str, name: &str) -> Option<Value> {
        let setting = outputs.get(&format!("{id}.{name}").to_lowercase())?;
        self.setting(&format!("{context}.{id}.outputs.{name}"), setting)
    }
}
