use super::{
    Problem,
    arithmetic::arithmetic,
    compare::{equal, order},
    say, series, tree,
};
use crate::{
    config::size_named,
    probe::facts::{Fact, Facts},
};
use cel::{
    Context, Env, ExecutionError, IdedExpr, Value,
    common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators},
    objects::{Key, Map},
};
use indexmap::IndexMap;
use std::sync::{Arc, LazyLock};

/// More work than any honest condition needs; a body could ask for much more.
const MAX_STEPS: usize = 1_000_000;

/// Functions that are not operators are CEL's own.
static LIBRARY: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut library = Env::stdlib();
    // It fails only for a name that is there already; then that one is used.
    let _ = library.add_extension(cel::extensions::strings);
    Arc::new(library)
});

pub struct Evaluator<'a> {
    facts: &'a Facts,
    /// The names that `all`, `map` and the like have given, innermost last.
    scope: Vec<Bound>,
    /// What was looked at, and what it was.
    seen: IndexMap<String, String>,
    /// Inside a comparison its whole operands are noted, not their parts.
    inside_operand: bool,
    /// Inside a comparison with a size, numbers are noted as sizes.
    about_bytes: bool,
    steps: usize,
}

struct Bound {
    name: String,
    value: Value,
    /// As a message writes it: `json.items[2]`.
    spelling: String,
}

type Answer = Result<Value, Problem>;

fn problem<T>(message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem(message.into()))
}

impl<'a> Evaluator<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            scope: Vec::new(),
            seen: IndexMap::new(),
            inside_operand: false,
            about_bytes: false,
            steps: 0,
        }
    }

    /// `json.n is 73, status is 500`
    pub fn seen(&self) -> String {
        let pairs: Vec<String> =
            self.seen.iter().map(|(name, value)| format!("{name} is {value}")).collect();
        pairs.join(", ")
    }

    pub fn value(&mut self, expression: &IdedExpr) -> Answer {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return problem("there is too much to look at");
        }
        let value = match &expression.expr {
            Expr::Literal(literal) => Ok(of_literal(literal)),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) if select.test => {
                let operand = self.path_operand(&select.operand)?;
                let map = self.as_map(&select.operand, operand)?;
                let value = Value::Bool(map.map.contains_key(&Key::from(select.field.as_str())));
                self.note(expression, &value);
                return Ok(value);
            }
            Expr::Select(select) => {
                let operand = self.path_operand(&select.operand)?;
                self.field(&select.operand, operand, &select.field)
            }
            Expr::Call(call) => return self.call(expression, call),
            Expr::List(list) => {
                let items = list.elements.iter().map(|item| self.value(item));
                Ok(Value::List(Arc::new(items.collect::<Result<_, _>>()?)))
            }
            Expr::Map(map) => self.map(map.entries.iter().map(|entry| &entry.expr)),
            Expr::Comprehension(comprehension) => return self.each(comprehension),
            Expr::Struct(_) | Expr::Unspecified => problem("this cannot be evaluated"),
        }?;
        if tree::is_path(expression) {
            self.note(expression, &value);
        }
        Ok(value)
    }

    /// What a path starts with is not itself looked at.
    fn path_operand(&mut self, operand: &IdedExpr) -> Answer {
        let outer = std::mem::replace(&mut self.inside_operand, true);
        let value = self.value(operand);
        self.inside_operand = outer;
        value
    }

    fn note(&mut self, expression: &IdedExpr, value: &Value) {
        if !self.inside_operand && !matches!(expression.expr, Expr::Literal(_)) {
            let is_internal =
                matches!(&expression.expr, Expr::Ident(name) if name.starts_with('@'));
            if !is_internal {
                let shown = self.about_bytes.then(|| say::size(value)).flatten();
                let shown = shown.unwrap_or_else(|| say::shown(value));
                self.seen.insert(self.spelled(expression), shown);
            }
        }
    }

    fn spelled(&self, expression: &IdedExpr) -> String {
        tree::spelled(expression, &|name| {
            let bound = self.scope.iter().rev().find(|bound| bound.name == name);
            bound.map_or(name, |bound| &bound.spelling).to_owned()
        })
    }

    fn name(&self, name: &str) -> Answer {
        if let Some(bound) = self.scope.iter().rev().find(|bound| bound.name == name) {
            return Ok(bound.value.clone());
        }
        if let Some(size) = size_named(name) {
            return Ok(Value::Int(size));
        }
        match self.facts.get(name) {
            Some(Fact::Known(value)) => Ok(value.clone()),
            Some(Fact::Empty) => problem(format!("{name} is empty")),
            Some(Fact::Absent(reason)) => problem(format!("there is no `{name}`: {reason}")),
            None => problem(format!("there is no `{name}`")),
        }
    }

    fn as_map(&self, expression: &IdedExpr, value: Value) -> Result<Map, Problem> {
        match value {
            Value::Map(map) => Ok(map),
            other => {
                let (shown, kind) = (say::shown(&other), say::kind_of(&other));
                let name = self.spelled(expression);
                match other {
                    Value::Null => problem(format!("{name} is null and has no fields")),
                    _ => problem(format!("{name} is {shown}, which is {kind} and has no fields")),
                }
            }
        }
    }

    fn field(&self, expression: &IdedExpr, operand: Value, field: &str) -> Answer {
        let map = self.as_map(expression, operand)?;
        match map.map.get(&Key::from(field)) {
            Some(value) => Ok(value.clone()),
            None => problem(format!("{}.{field} is missing", self.spelled(expression))),
        }
    }

    fn map<'e>(&mut self, entries: impl Iterator<Item = &'e EntryExpr>) -> Answer {
        let mut map = std::collections::HashMap::new();
        for entry in entries {
            let EntryExpr::MapEntry(entry) = entry else { continue };
            let key = self.value(&entry.key)?;
            let Ok(key) = key.try_into() else { return problem("this cannot be a key") };
            map.insert(key, self.value(&entry.value)?);
        }
        Ok(Value::Map(Map { map: Arc::new(map) }))
    }

    fn call(&mut self, expression: &IdedExpr, call: &CallExpr) -> Answer {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => self.both(left, right, false),
            (operators::LOGICAL_OR, [left, right]) => self.both(left, right, true),
            (operators::LOGICAL_NOT, [operand]) => Ok(Value::Bool(!self.truth(operand)?)),
            (operators::CONDITIONAL, [test, yes, no]) => {
                let chosen = if self.truth(test)? { yes } else { no };
                self.value(chosen)
            }
            (operators::INDEX, [list, index]) => {
                let value = self.index(list, index)?;
                if tree::is_path(expression) {
                    self.note(expression, &value);
                }
                Ok(value)
            }
            (name, [left, right]) if is_comparison(name) => self.compare(name, left, right),
            (operators::IN, [left, right]) => self.contained(left, right),
            ("size", _) => self.size(expression, call),
            (name, _) if series::FUNCTIONS.contains(&name) => self.series(call),
            _ => self.function(expression, call),
        }
    }

    fn truth(&mut self, expression: &IdedExpr) -> Result<bool, Problem> {
        match self.value(expression)? {
            Value::Bool(truth) => Ok(truth),
            other => problem(format!(
                "{} is {}, which is {} and not true or false",
                self.spelled(expression),
                say::shown(&other),
                say::kind_of(&other)
            )),
        }
    }

    /// `&&` and `||`; `deciding` is what the left side must be to make the right one needless.
    fn both(&mut self, left: &IdedExpr, right: &IdedExpr, deciding: bool) -> Answer {
        let left_truth = self.truth(left)?;
        if left_truth == deciding && tree::is_guarded(left, right) {
            return Ok(Value::Bool(deciding));
        }
        let right_truth = self.truth(right)?;
        Ok(Value::Bool(if deciding {
            left_truth || right_truth
        } else {
            left_truth && right_truth
        }))
    }

    fn index(&mut self, list: &IdedExpr, index: &IdedExpr) -> Answer {
        let container = self.path_operand(list)?;
        let index_value = self.path_operand(index)?;
        match (container, index_value) {
            (Value::List(items), Value::Int(at)) => {
                let found = usize::try_from(at).ok().and_then(|at| items.get(at).cloned());
                let missing = || {
                    let name = self.spelled(list);
                    Problem(match items.len() {
                        0 => format!("{name} is empty and has no [{at}]"),
                        len => format!("{name} has no [{at}], for its length is {len}"),
                    })
                };
                found.ok_or_else(missing)
            }
            (map @ Value::Map(_), Value::String(key)) => self.field(list, map, &key),
            (container, index_value) => problem(format!(
                "{} is {} and cannot be indexed by {}",
                self.spelled(list),
                say::kind_of(&container),
                say::shown(&index_value)
            )),
        }
    }

    /// An operand of a comparison: noted as a whole, null only where it is asked for.
    fn operand(&mut self, expression: &IdedExpr) -> Answer {
        let outer = std::mem::replace(&mut self.inside_operand, true);
        let value = self.value(expression);
        self.inside_operand = outer;
        let value = value?;
        if tree::reads_something(expression) {
            self.note(expression, &value);
        }
        Ok(value)
    }

    fn compare(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Answer {
        let is_equality = matches!(name, operators::EQUALS | operators::NOT_EQUALS);
        if is_equality && let Some(same) = self.asks_for_nothing(left, right)? {
            return Ok(Value::Bool(same == (name == operators::EQUALS)));
        }
        self.about_bytes = tree::is_about_bytes(left) || tree::is_about_bytes(right);
        let values = (self.operand(left), self.operand(right));
        self.about_bytes = false;
        let (left_value, right_value) = (values.0?, values.1?);
        for (expression, value) in [(left, &left_value), (right, &right_value)] {
            if matches!(value, Value::Null) {
                return problem(format!("{} is null", self.spelled(expression)));
            }
        }
        let because = |Problem(reason): Problem| {
            let name = if tree::is_path(left) { left } else { right };
            Problem(if tree::reads_something(name) {
                format!("{}: {reason}", self.spelled(name))
            } else {
                reason
            })
        };
        let truth = match name {
            operators::EQUALS => equal(&left_value, &right_value).map_err(because)?,
            operators::NOT_EQUALS => !equal(&left_value, &right_value).map_err(because)?,
            _ => {
                let order = order(&left_value, &right_value).map_err(because)?;
                match name {
                    operators::LESS => order.is_lt(),
                    operators::LESS_EQUALS => order.is_le(),
                    operators::GREATER => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        };
        Ok(Value::Bool(truth))
    }

    /// For `x == null` and `x == ""`, whether x is just that.
    fn asks_for_nothing(
        &mut self,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Option<bool>, Problem> {
        let is_null = |e: &IdedExpr| matches!(e.expr, Expr::Literal(LiteralValue::Null));
        let is_empty = |e: &IdedExpr| matches!(&e.expr, Expr::Literal(LiteralValue::String(text)) if text.inner().is_empty());
        let (asked, nothing) =
            if is_null(left) || is_empty(left) { (right, left) } else { (left, right) };
        if is_null(nothing) {
            return Ok(Some(matches!(self.operand(asked)?, Value::Null)));
        }
        Ok(if is_empty(nothing) && self.is_empty_fact(asked) { Some(true) } else { None })
    }

    fn is_empty_fact(&self, expression: &IdedExpr) -> bool {
        matches!(&expression.expr, Expr::Ident(name) if matches!(self.facts.get(name), Some(Fact::Empty)))
    }

    fn contained(&mut self, left: &IdedExpr, right: &IdedExpr) -> Answer {
        let value = self.operand(left)?;
        match self.operand(right)? {
            Value::List(items) if items.is_empty() => {
                problem(format!("{} is empty", self.spelled(right)))
            }
            _ if matches!(value, Value::Null) => problem(format!("{} is null", self.spelled(left))),
            Value::List(items) => {
                let found = items
                    .iter()
                    .try_fold(false, |found, item| Ok(equal(&value, item)? || found))?;
                Ok(Value::Bool(found))
            }
            Value::Map(map) => match value {
                Value::String(key) => {
                    Ok(Value::Bool(map.map.contains_key(&Key::from(key.as_str()))))
                }
                other => problem(format!("{} cannot be a key", say::shown(&other))),
            },
            other => problem(format!(
                "{} is {}, and nothing can be in it",
                self.spelled(right),
                say::kind_of(&other)
            )),
        }
    }

    fn size(&mut self, original: &IdedExpr, call: &CallExpr) -> Answer {
        if let [only] = call.target.as_deref().into_iter().chain(&call.args).collect::<Vec<_>>()[..]
            && self.is_empty_fact(only)
        {
            return Ok(Value::Int(0));
        }
        self.function(original, call)
    }

    /// What a list comes to: `max(samples)`.
    fn series(&mut self, call: &CallExpr) -> Answer {
        let operands: Vec<&IdedExpr> =
            call.target.as_deref().into_iter().chain(&call.args).collect();
        let [operand] = operands[..] else {
            return problem(format!("`{}` is asked of one list", call.func_name));
        };
        let name = self.spelled(operand);
        match self.path_operand(operand)? {
            Value::List(items) if items.is_empty() => problem(format!("{name} is empty")),
            Value::List(items) => series::of(&call.func_name, &items, &self.facts.sample_times)
                .map_err(|Problem(reason)| Problem(format!("{name}: {reason}"))),
            other => problem(format!("{name} is {} and not a list", say::kind_of(&other))),
        }
    }

    /// Everything else is CEL's, on arguments that were evaluated strictly.
    fn function(&mut self, original: &IdedExpr, call: &CallExpr) -> Answer {
        let operands: Vec<&IdedExpr> =
            call.target.as_deref().into_iter().chain(&call.args).collect();
        let mut context = Context::with_env(Arc::clone(&LIBRARY));
        let mut values = Vec::new();
        for operand in &operands {
            match self.value(operand)? {
                Value::Null => return problem(format!("{} is null", self.spelled(operand))),
                Value::Float(float) if float.is_nan() => {
                    return problem(format!(
                        "{} is NaN, which is no number",
                        self.spelled(operand)
                    ));
                }
                value => values.push(value),
            }
        }
        if let Some(value) = arithmetic(&call.func_name, &values) {
            return Ok(value);
        }
        let mut names = Vec::new();
        for (at, value) in values.into_iter().enumerate() {
            let name = format!("@{at}");
            context.add_variable_from_value(name.clone(), value);
            names.push(IdedExpr { id: 0, expr: Expr::Ident(name) });
        }
        let args = names.split_off(usize::from(call.target.is_some()));
        let target = names.pop().map(Box::new);
        let expression = IdedExpr {
            id: 0,
            expr: Expr::Call(CallExpr { func_name: call.func_name.clone(), target, args }),
        };
        match Value::resolve(&expression, &context) {
            Ok(Value::Float(float)) if !float.is_finite() => {
                problem(format!("the result is {float}"))
            }
            Ok(value) => Ok(value),
            Err(error) => problem(match error {
                ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                    format!("{} divides by zero", self.spelled(original))
                }
                ExecutionError::Overflow(..) => format!("{} is too large", self.spelled(original)),
                error => format!("{} cannot be answered: {error}", self.spelled(original)),
            }),
        }
    }

    /// `all`, `exists`, `map` and the like: over every element, so that none goes unread.
    fn each(&mut self, each: &ComprehensionExpr) -> Answer {
        let range = self.spelled(&each.iter_range);
        let container = self.path_operand(&each.iter_range)?;
        let elements: Vec<(String, Value)> = match &container {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| (format!("{range}[{at}]"), item.clone()))
                .collect(),
            Value::Map(map) => {
                map.map.keys().map(|key| (format!("{key}"), Value::from(key))).collect()
            }
            other => {
                return problem(format!("{range} is {} and not a list", say::kind_of(other)));
            }
        };
        if elements.is_empty() {
            return problem(format!("{range} is empty"));
        }
        let mut result = self.value(&each.accu_init)?;
        let before_all = self.seen.len();
        let mut culprit = false;
        for (spelling, element) in elements {
            let before = self.seen.len();
            let was_true = matches!(result, Value::Bool(true));
            self.scope.push(Bound { name: each.iter_var.clone(), value: element, spelling });
            self.scope.push(Bound {
                name: each.accu_var.clone(),
                value: result,
                spelling: String::new(),
            });
            let next = self.value(&each.loop_step);
            self.scope.truncate(self.scope.len() - 2);
            result = next?;
            // `all` shows the first element of which it did not hold; the others are of no interest.
            if was_true && matches!(result, Value::Bool(false)) && !self.inside_operand {
                culprit = true;
            } else {
                self.seen.truncate(before);
            }
        }
        if !culprit {
            self.seen.truncate(before_all);
            if !self.inside_operand {
                self.seen.insert(range, say::shown(&container));
            }
        }
        self.scope.push(Bound {
            name: each.accu_var.clone(),
            value: result,
            spelling: String::new(),
        });
        let result = self.value(&each.result);
        self.scope.pop();
        result
    }
}

fn is_comparison(name: &str) -> bool {
    matches!(
        name,
        operators::EQUALS
            | operators::NOT_EQUALS
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS
    )
}

fn of_literal(literal: &LiteralValue) -> Value {
    match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::UInt(value) => Value::UInt(*value.inner()),
        LiteralValue::Double(value) => Value::Float(*value.inner()),
        LiteralValue::String(value) => Value::from(value.inner()),
        LiteralValue::Bytes(value) => Value::Bytes(Arc::new(value.inner().to_vec())),
        LiteralValue::Null => Value::Null,
    }
}
