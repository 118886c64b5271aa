use super::{Value, world::World};
use indexmap::IndexMap;
use std::sync::OnceLock;

/// The matrix of a job as it is written; texts with expressions are [`Value::Unknown`].
#[derive(Debug)]
pub struct Matrix {
    written: Value,
    /// Its rows, where no expression decides on them.
    rows: OnceLock<Vec<Row>>,
}

/// The values of one run of the job, by name.
pub type Row = IndexMap<String, Value>;

/// GitHub's own limit.
const MAX_ROWS: usize = 256;

impl Matrix {
    pub fn new(written: Value) -> Self {
        Self { written, rows: OnceLock::new() }
    }

    /// One that makes these rows.
    pub fn of_rows(rows: Vec<Row>) -> Self {
        let rows = rows.into_iter().map(Value::Object).collect();
        Self::new(Value::Object(IndexMap::from([("include".to_owned(), Value::Array(rows))])))
    }

    /// Its rows; none where an expression decides on them.
    pub fn known_rows(&self) -> &[Row] {
        if !self.written.is_known() {
            return &[];
        }
        self.rows.get_or_init(|| rows_of(&self.written).unwrap_or_default())
    }
}

impl World<'_> {
    /// A value of the matrix; nothing where it is not known. Values of one row go together.
    pub(super) fn matrix_value(&mut self, name: &str) -> Option<Value> {
        let matrix = self.contexts.matrix.clone()?;
        let made;
        let rows = if matrix.written.is_known() {
            matrix.known_rows()
        } else {
            made = rows_of(&self.resolved(&matrix.written))?;
            &made
        };
        let question = format!("matrix.{}", name.to_ascii_lowercase());
        let name = rows.iter().flat_map(IndexMap::keys).find(|key| key.eq_ignore_ascii_case(name));
        let fitting = self.rows.take().unwrap_or_else(|| (0..rows.len()).collect());
        let value_in = |row: usize| name.and_then(|name| rows.get(row)?.get(name));
        let mut values: Vec<Option<&Value>> = Vec::new();
        for row in &fitting {
            if !values.contains(&value_in(*row)) {
                values.push(value_in(*row));
            }
        }
        // A matrix without rows is none.
        let answer = self.decide(&question, values.len());
        let chosen = answer.and_then(|answer| values.get(answer));
        self.rows = Some(match chosen {
            Some(value) => fitting.into_iter().filter(|row| value_in(*row) == *value).collect(),
            None => fitting,
        });
        Some(chosen?.cloned().unwrap_or(Value::Null))
    }
}

/// The rows that a matrix makes; nothing if an expression decides on all of it.
fn rows_of(matrix: &Value) -> Option<Vec<Row>> {
    let Value::Object(entries) = matrix else { return None };
    let listed = |name: &str| match entries.get(name) {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    let axes = entries.iter().filter(|(name, _)| !matches!(name.as_str(), "include" | "exclude"));
    let mut rows = vec![Row::new()];
    for (name, values) in axes.clone() {
        let values = match values {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let longer = rows.iter().flat_map(|row| {
            values.iter().map(|value| {
                let mut row = row.clone();
                row.insert(name.clone(), value.clone());
                row
            })
        });
        rows = longer.take(MAX_ROWS).collect();
    }
    let excluded = listed("exclude");
    rows.retain(|row| !row.is_empty() && !excluded.iter().any(|fewer| is_part_of(fewer, row)));
    let original = rows.len();
    for more in listed("include") {
        let Value::Object(more) = more else { continue };
        let changes_axis = |row: &Row| {
            more.iter().any(|(name, value)| {
                axes.clone().any(|(axis, _)| axis == name) && row.get(name) != Some(value)
            })
        };
        let mut is_new = true;
        for row in rows[..original].iter_mut().filter(|row| !changes_axis(row)) {
            row.extend(more.clone());
            is_new = false;
        }
        if is_new && rows.len() < MAX_ROWS {
            rows.push(more.clone());
        }
    }
    Some(rows)
}

fn is_part_of(fewer: &Value, row: &Row) -> bool {
    let Value::Object(fewer) = fewer else { return false };
    fewer.iter().all(|(name, value)| row.get(name) == Some(value))
}
