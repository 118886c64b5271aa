//! What a statement does, as words: `drop table users`, `delete users --where`. What that means is
//! in `rules/programs/databases.yml`.

use super::names::Names;
use crate::invocation::Word;
use sqlparser::ast::{
    AlterTableOperation, BinaryOperator, Expr, FromTable, ObjectName, Query, SetExpr, Statement,
    TableFactor, TableWithJoins, UnaryOperator, Value,
};

/// The calls that a statement comes to; none for one that only reads or adds.
pub fn calls(statement: &Statement, names: &Names<'_>) -> Vec<Vec<Word>> {
    match statement {
        Statement::Drop { temporary: true, .. } => Vec::new(),
        Statement::Drop { object_type, names: dropped, .. } => {
            let kind = object_type.to_string().to_lowercase().replace(' ', "-");
            vec![names.call(&["drop", &kind], dropped, &[])]
        }
        Statement::Truncate(truncate) => {
            let tables: Vec<ObjectName> =
                truncate.table_names.iter().map(|table| table.name.clone()).collect();
            vec![names.call(&["truncate"], &tables, &[])]
        }
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            let tables = match delete.tables.is_empty() {
                true => from.iter().filter_map(table).cloned().collect(),
                false => delete.tables.clone(),
            };
            let is_limited = delete.limit.is_some()
                || delete.using.is_some()
                || from.iter().any(|table| !table.joins.is_empty())
                || chooses(delete.selection.as_ref());
            vec![names.call(&["delete"], &tables, where_flag(is_limited))]
        }
        Statement::Update(update) => {
            let tables: Vec<ObjectName> = table(&update.table).cloned().into_iter().collect();
            let is_limited = update.limit.is_some()
                || update.from.is_some()
                || !update.table.joins.is_empty()
                || chooses(update.selection.as_ref());
            vec![names.call(&["update"], &tables, where_flag(is_limited))]
        }
        Statement::AlterTable(alter) => {
            let drops = |operation: &AlterTableOperation| {
                matches!(
                    operation,
                    AlterTableOperation::DropColumn { .. }
                        | AlterTableOperation::DropPartitions { .. }
                )
            };
            let table = std::slice::from_ref(&alter.name);
            let dropped = alter.operations.iter().any(drops);
            dropped.then(|| names.call(&["alter", "drop"], table, &[])).into_iter().collect()
        }
        Statement::Query(query) => of_query(query, names, 0),
        Statement::Explain { analyze: true, statement, .. } => match statement.as_ref() {
            Statement::Explain { .. } => Vec::new(),
            statement => calls(statement, names),
        },
        _ => Vec::new(),
    }
}

/// `WITH gone AS (DELETE FROM t RETURNING *) SELECT …` changes data, too.
fn of_query(query: &Query, names: &Names<'_>, depth: usize) -> Vec<Vec<Word>> {
    const MAX_DEPTH: usize = 20;
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    let tables = query.with.iter().flat_map(|with| &with.cte_tables);
    let mut all: Vec<_> =
        tables.flat_map(|table| of_query(&table.query, names, depth + 1)).collect();
    match query.body.as_ref() {
        SetExpr::Delete(statement) | SetExpr::Update(statement) | SetExpr::Insert(statement) => {
            all.extend(calls(statement, names));
        }
        SetExpr::Query(query) => all.extend(of_query(query, names, depth + 1)),
        _ => {}
    }
    all
}

fn where_flag(is_limited: bool) -> &'static [&'static str] {
    if is_limited { &["--where"] } else { &[] }
}

fn table(table: &TableWithJoins) -> Option<&ObjectName> {
    match &table.relation {
        TableFactor::Table { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether a condition can leave anything out.
fn chooses(condition: Option<&Expr>) -> bool {
    condition.is_some_and(|condition| truth(condition) != Some(true))
}

/// Whether an expression is the same for every row: `1 = 1`, `true`.
fn truth(expression: &Expr) -> Option<bool> {
    match expression {
        Expr::Nested(inner) => truth(inner),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => truth(expr).map(|truth| !truth),
        Expr::Value(value) => match &value.value {
            Value::Boolean(truth) => Some(*truth),
            Value::Number(number, _) => number.parse::<f64>().ok().map(|number| number != 0.0),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::And => both(truth(left), truth(right)),
            BinaryOperator::Or => {
                let not = |truth: Option<bool>| truth.map(|truth| !truth);
                not(both(not(truth(left)), not(truth(right))))
            }
            BinaryOperator::Eq | BinaryOperator::NotEq => match (left.as_ref(), right.as_ref()) {
                (Expr::Value(left), Expr::Value(right)) => {
                    Some((left.value == right.value) == (*op == BinaryOperator::Eq))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
