use super::{MOST_ROWS, Table};
use crate::probe::facts::of_json;
use cel::Value;
use chrono::{Duration as Length, NaiveDate};
use futures_util::TryStreamExt;
use mysql_async::{
    Column, Conn, DriverError, Error, Opts, OptsBuilder, Row, SslOpts, Value as Raw,
    consts::ColumnType, prelude::Queryable,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// A server of MySQL or MariaDB, and who one is on it.
pub struct Server {
    options: OptsBuilder,
    encryption: SslOpts,
    /// Whether it has to prove who it is.
    verified: bool,
}

/// One value, or a row of them, may be so long.
const LONGEST: usize = 4 << 20;

impl Server {
    pub fn new(url: &str, ca: Option<&Path>, folder: &Path) -> Result<Self, String> {
        let url = url.replacen("mariadb:", "mysql:", 1);
        // What the parser says of a URL may hold parts of it.
        let options = Opts::from_url(&url).map_err(|_| "the URL of the database is broken")?;
        let options = OptsBuilder::from_opts(options)
            // Who asks for an address is not sent to a socket.
            .prefer_socket(false)
            .max_allowed_packet(Some(LONGEST));
        // It fails only where another part of this program has chosen the same already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let encryption = match ca {
            Some(ca) => SslOpts::default()
                .with_root_certs(vec![folder.join(ca).into()])
                .with_disable_built_in_roots(true),
            None => SslOpts::default()
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true),
        };
        Ok(Self { options, encryption, verified: ca.is_some() })
    }

    /// Asks in a transaction that cannot write; the server ends it by itself after `timeout`.
    pub async fn ask(&self, query: &str, timeout: Duration) -> Result<Table, String> {
        let started = Instant::now();
        let connected = self.connect().await;
        let mut connection =
            connected.map_err(|error| format!("no connection: {}", in_words(&error)))?;
        let connect_time = started.elapsed();
        let asked = rows(&mut connection, query, timeout).await;
        let (columns, rows) = asked.map_err(|error| in_words(&error))?;
        if rows.len() > MOST_ROWS {
            return Err(format!("there are over {MOST_ROWS} rows"));
        }
        let names: Vec<String> = columns.iter().map(|it| it.name_str().into_owned()).collect();
        let rows = rows.into_iter().map(|row| {
            let values = row.into_iter().zip(&columns).zip(&names);
            let values = values.map(|((raw, column), name)| {
                read(raw, column).map_err(|reason| format!("the column {name}: {reason}"))
            });
            values.collect::<Result<Vec<_>, String>>()
        });
        Ok(Table { rows: rows.collect::<Result<_, _>>()?, columns: names, connect_time })
    }

    /// Encrypted, if the server can, or if it has to prove who it is.
    async fn connect(&self) -> Result<Conn, Error> {
        let encrypted = self.options.clone().ssl_opts(self.encryption.clone());
        match Conn::new(encrypted).await {
            Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) if !self.verified => {
                Conn::new(self.options.clone()).await
            }
            connected => connected,
        }
    }
}

/// The rows, of which there is one too many where there are too many. Preparing lets the server
/// refuse a second statement.
async fn rows(
    connection: &mut Conn,
    query: &str,
    timeout: Duration,
) -> Result<(Vec<Column>, Vec<Vec<Raw>>), Error> {
    // Each of the two knows its own variable, and reads the other's as a comment.
    let (seconds, milliseconds) = (timeout.as_secs_f64(), timeout.as_millis().max(1));
    let limit = format!(
        "SET SESSION time_zone = '+00:00' /*M!100100 , max_statement_time = {seconds} */ \
         /*!50708 , max_execution_time = {milliseconds} */"
    );
    connection.query_drop(limit).await?;
    connection.query_drop("START TRANSACTION READ ONLY").await?;
    let statement = connection.prep(query).await?;
    let columns = statement.columns().to_vec();
    let mut answer = connection.exec_stream::<Row, _, _>(&statement, ()).await?;
    let mut rows = Vec::new();
    while let Some(row) = answer.try_next().await? {
        rows.push(row.unwrap_raw().into_iter().map(|raw| raw.unwrap_or(Raw::NULL)).collect());
        if rows.len() > MOST_ROWS {
            break;
        }
    }
    Ok((columns, rows))
}

/// What charsets call that which is no text.
const BINARY: u16 = 63;

fn read(raw: Raw, column: &Column) -> Result<Value, String> {
    Ok(match raw {
        Raw::NULL => Value::Null,
        Raw::Int(int) => Value::Int(int),
        Raw::UInt(uint) => i64::try_from(uint).map_or(Value::UInt(uint), Value::Int),
        Raw::Float(float) => Value::Float(float.into()),
        Raw::Double(float) => Value::Float(float),
        Raw::Date(year, month, day, hour, minute, second, micro) => {
            let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
            let at = date.and_then(|date| {
                date.and_hms_micro_opt(hour.into(), minute.into(), second.into(), micro)
            });
            Value::Timestamp(at.ok_or("it is no date")?.and_utc().fixed_offset())
        }
        Raw::Time(negative, days, hours, minutes, seconds, micros) => {
            let hours = i64::from(days) * 24 + i64::from(hours);
            let seconds = (hours * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
            let length = Length::seconds(seconds) + Length::microseconds(micros.into());
            Value::Duration(if negative { -length } else { length })
        }
        Raw::Bytes(bytes) => match column.column_type() {
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => {
                let text = String::from_utf8_lossy(&bytes);
                let whole = text.parse().map(Value::Int);
                whole.or_else(|_| text.parse().map(Value::Float)).map_err(|_| "it is no number")?
            }
            ColumnType::MYSQL_TYPE_JSON => {
                of_json(serde_json::from_slice(&bytes).map_err(|cause| cause.to_string())?)
            }
            _ if column.character_set() == BINARY => {
                return Err("it is no text; cast it: `CAST(… AS CHAR)`".to_owned());
            }
            _ => Value::from(String::from_utf8(bytes).map_err(|_| "it is not UTF-8")?),
        },
    })
}

/// What the server says, or what keeps us from asking it.
fn in_words(error: &Error) -> String {
    if let Error::Server(said) = error {
        return said.message.clone();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
