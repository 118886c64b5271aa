use super::{MOST_ROWS, Table};
use cel::Value;
use rusqlite::{Connection, InterruptHandle, OpenFlags, types::ValueRef};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Asks a database in a file that is opened for reading only.
pub async fn ask(path: &Path, query: &str, timeout: Duration) -> Result<Table, String> {
    let (path, query) = (path.to_owned(), query.to_owned());
    let (opened, handle) = oneshot::channel();
    let asking = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(&path, flags).map_err(in_words)?;
        // One that waits for a lock cannot be interrupted.
        database.busy_timeout(timeout).map_err(in_words)?;
        // Nobody may be there any more to hear it.
        let _ = opened.send(Interrupt(database.get_interrupt_handle()));
        let connect_time = started.elapsed();
        let (columns, rows) = rows(&database, &query)?;
        Ok(Table { columns, rows, connect_time })
    });
    // Dropped before the answer is there, it ends the question.
    let _interrupt = handle.await;
    asking.await.map_err(|_| "the database could not be asked")?
}

struct Interrupt(InterruptHandle);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

fn rows(database: &Connection, query: &str) -> Result<(Vec<String>, Vec<Vec<Value>>), String> {
    let mut statement = database.prepare(query).map_err(in_words)?;
    if !statement.readonly() {
        return Err("the query would write, and a probe only asks".to_owned());
    }
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = statement.query([]).map_err(in_words)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(in_words)? {
        if rows.len() == MOST_ROWS {
            return Err(format!("there are over {MOST_ROWS} rows"));
        }
        let values = columns.iter().enumerate().map(|(at, name)| {
            Ok(match row.get_ref(at).map_err(in_words)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(int) => Value::Int(int),
                ValueRef::Real(float) => Value::Float(float),
                ValueRef::Text(text) => Value::from(&*String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => return Err(format!("the column {name} is no text")),
            })
        });
        rows.push(values.collect::<Result<_, String>>()?);
    }
    Ok((columns, rows))
}

fn in_words(error: rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        rusqlite::Error::MultipleStatement => "there is more than one statement".to_owned(),
        other => other.to_string(),
    }
}
