//! Questions to databases. In comes a URL with a query, out go its rows as conditions know them.
//! One file for each database; `decode` reads PostgreSQL's own forms of values.

mod decode;
mod mysql;
pub(super) mod postgres;
mod sqlite;

use super::{
    Measure, Measuring,
    facts::{Facts, duration, list, map},
    filling::Filling,
};
use crate::config::Sql;
use cel::Value;
use std::time::{Duration, Instant};

/// More rows are not for a condition to look at.
const MOST_ROWS: usize = 1000;

/// One question to one database.
pub struct Prober {
    database: Database,
    query: String,
    timeout: Duration,
}

enum Database {
    Postgres(Box<postgres::Server>),
    Mysql(Box<mysql::Server>),
    Sqlite(std::path::PathBuf),
}

/// What a database has answered.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    connect_time: Duration,
}

impl Prober {
    pub fn new(sql: &Sql, timeout: Duration, filling: &mut Filling) -> Result<Self, String> {
        let url = filling.fill(&sql.url)?;
        filling.hide_password_of(&url);
        let query = filling.fill(&sql.query)?;
        let database = match url.strip_prefix("sqlite:") {
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Database::Sqlite(filling.folder.join(path))
            }
            None if ["mysql:", "mariadb:"].iter().any(|scheme| url.starts_with(scheme)) => {
                let server = mysql::Server::new(&url, sql.ca.as_deref(), &filling.folder)?;
                Database::Mysql(Box::new(server))
            }
            None => {
                let server = postgres::Server::new(&url, sql.ca.as_deref(), &filling.folder)?;
                Database::Postgres(Box::new(server))
            }
        };
        Ok(Self { database, query, timeout })
    }
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let table = match &self.database {
                Database::Postgres(server) => server.ask(&self.query, self.timeout).await?,
                Database::Mysql(server) => server.ask(&self.query, self.timeout).await?,
                Database::Sqlite(path) => sqlite::ask(path, &self.query, self.timeout).await?,
            };
            Ok(facts(table, started.elapsed()))
        })
    }
}

fn facts(table: Table, latency: Duration) -> Facts {
    let Table { columns, rows, connect_time } = table;
    let mut facts = Facts::after(latency);
    facts.set("connect_time", duration(connect_time));
    facts.set("row_count", rows.len() as i64);
    match rows.as_slice() {
        [row] => match row.first() {
            Some(value) => facts.set("value", value.clone()),
            None => facts.set_absent("value", "the row has no columns"),
        },
        [] => facts.set_absent("value", "there are no rows"),
        many => facts.set_absent("value", format!("there are {} rows", many.len())),
    }
    let as_map = |row: Vec<Value>| map(columns.iter().cloned().zip(row));
    facts.set("rows", list(rows.into_iter().map(as_map)));
    facts.set("columns", list(columns.iter().map(|name| Value::from(name.as_str()))));
    facts
}
