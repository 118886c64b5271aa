//! Operators on all items of a list: `${A[@]-word}`, `${A[@]:1}`, `${@%.sh}`.

use super::{
    Shell,
    fields::Builder,
    parameters::{Parameter, braced},
    variable::unknown_list,
    words::Quoting,
};
use crate::{
    invocation::{Hole, Value},
    source::Text,
};

impl Shell<'_> {
    /// Appends `${A[@]-word}` or `${A[@]+word}`: the list or the word, by whether there are items.
    pub(super) fn put_list_or_word(
        &mut self,
        parameter: &Parameter<'_>,
        items: Vec<Value>,
        joined: bool,
        operator: char,
        builder: &mut Builder,
        quoting: Quoting,
    ) {
        let start = usize::from(parameter.operator().0) + 1;
        let word = parameter.operation.slice(start..parameter.operation.len());
        let may_be_none = items.iter().all(Value::splits);
        let some_word = if operator == '+' { !items.is_empty() } else { may_be_none };
        let no_word = if operator == '+' { may_be_none } else { !items.is_empty() };
        let mut other = builder.clone();
        if operator != '+' {
            self.put_list(&mut other, items, joined, quoting);
        }
        if some_word {
            self.expand(&word, builder, quoting.of_operand());
        }
        match (some_word, no_word) {
            (true, true) => builder.or(other),
            (false, _) => *builder = other,
            (true, false) => {}
        }
    }

    /// The list after the operator.
    pub(super) fn operated_list(
        &mut self,
        parameter: &Parameter<'_>,
        items: Vec<Value>,
    ) -> Vec<Value> {
        let source = parameter.operation.as_str();
        match source.trim_start_matches(':').chars().next() {
            None => items,
            _ if source.starts_with(':') => {
                let Some((offset, len)) = self.bounds(parameter) else {
                    return vec![unknown_list_of(parameter.inner)];
                };
                // Arguments count from 1: before them stands the name of the script.
                let script = parameter.key.is_none().then(|| {
                    let unknown = || Value::hole(Hole::unknown("$0", parameter.inner.location()));
                    self.known("0").into_value().unwrap_or_else(unknown)
                });
                let items: Vec<Value> = script.into_iter().chain(items).collect();
                let numbered = parameter.key.is_some() && !self.state.is_keyed(parameter.name);
                let keys = numbered.then(|| self.state.keys(parameter.name));
                let from = match offset {
                    // Of an array, those from that number on.
                    0.. if let Some(Some(keys)) = &keys => {
                        let is_from = |key: &String| key.parse::<i64>().is_ok_and(|n| n >= offset);
                        keys.iter().position(is_from).unwrap_or(items.len())
                    }
                    0.. => offset.unsigned_abs() as usize,
                    _ => items
                        .len()
                        .checked_sub(offset.unsigned_abs() as usize)
                        .unwrap_or(items.len()),
                };
                // Where one stands after what may be several words is not known.
                let to = if offset < 0 || len.is_some() { items.len() } else { from };
                if items.iter().take(to).any(Value::splits) {
                    return vec![unknown_list_of(parameter.inner)];
                }
                let len = len.map_or(usize::MAX, |len| usize::try_from(len).unwrap_or(0));
                items.into_iter().skip(from).take(len).collect()
            }
            // Each of its words is changed, or none.
            _ if items.iter().any(Value::splits) => vec![unknown_list_of(parameter.inner)],
            _ => items.iter().map(|item| self.changed(parameter, item)).collect(),
        }
    }
}

pub(super) fn unknown_list_of(inner: &Text) -> Value {
    unknown_list(&braced(inner), inner.location())
}
