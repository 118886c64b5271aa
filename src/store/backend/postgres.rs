use super::{Backend, BackendError, Expected, Item, Line, Version};
use crate::probe::postgres::{Background, Server, in_words};
use tokio_postgres::Client;

/// A table of a PostgreSQL database, which is made when it is first needed.
pub struct Database {
    server: Server,
    line: Line,
}

const MAKE: &str = "CREATE TABLE IF NOT EXISTS tagout_store (
    key text PRIMARY KEY, version bigint NOT NULL, bytes bytea NOT NULL, written timestamptz NOT NULL DEFAULT now())";
const READ: &str = "SELECT bytes, version FROM tagout_store WHERE key = $1";
const PUT: &str = "INSERT INTO tagout_store (key, version, bytes) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE
    SET version = tagout_store.version + 1, bytes = excluded.bytes, written = now() RETURNING version";
const ADD: &str =
    "INSERT INTO tagout_store (key, version, bytes) VALUES ($1, 1, $2) ON CONFLICT (key) DO NOTHING
    RETURNING version";
const CHANGE: &str = "UPDATE tagout_store SET version = version + 1, bytes = $2, written = now()
    WHERE key = $1 AND version = $3 RETURNING version";
const LIST: &str =
    "SELECT key FROM tagout_store WHERE starts_with(key, $1) ORDER BY key COLLATE \"C\"";
const REMOVE: &str = "DELETE FROM tagout_store WHERE key = $1";

impl Database {
    pub fn at(url: &str) -> Result<Self, BackendError> {
        let broken = |reason: String| BackendError::Address { reason };
        let server = Server::new(url, None, std::path::Path::new(".")).map_err(broken)?;
        let line = Line::to(server.shown())?;
        Ok(Self { server, line })
    }

    async fn client(&self) -> Result<(Client, Background), String> {
        let (client, driver) = self.server.connect().await?;
        // Making it takes rights that using it does not.
        let there = "SELECT to_regclass('tagout_store') IS NOT NULL";
        let is_there: bool =
            client.query_one(there, &[]).await.map_err(|error| in_words(&error))?.get(0);
        if !is_there {
            let made = client.batch_execute(MAKE).await;
            // Two hosts may make it at the same time.
            if let Err(error) = made
                && !in_words(&error).contains("already exists")
                && !in_words(&error).contains("duplicate key")
            {
                return Err(in_words(&error));
            }
        }
        Ok((client, driver))
    }
}

impl Backend for Database {
    fn read(&self, key: &str) -> Result<Option<Item>, BackendError> {
        self.line.ask(async {
            let (client, _driver) = self.client().await?;
            let row = client.query_opt(READ, &[&key]).await.map_err(|error| in_words(&error))?;
            Ok(row.map(|row| Item {
                bytes: row.get(0),
                version: Version(row.get::<_, i64>(1).to_string()),
            }))
        })
    }

    fn write(
        &self,
        key: &str,
        bytes: &[u8],
        expected: Expected<'_>,
    ) -> Result<Option<Version>, BackendError> {
        self.line.ask(async {
            let (client, _driver) = self.client().await?;
            let row = match expected {
                Expected::Anything => client.query_opt(PUT, &[&key, &bytes]).await,
                Expected::Nothing => client.query_opt(ADD, &[&key, &bytes]).await,
                Expected::Version(Version(version)) => {
                    let Ok(version) = version.parse::<i64>() else { return Ok(None) };
                    client.query_opt(CHANGE, &[&key, &bytes, &version]).await
                }
            };
            let row = row.map_err(|error| in_words(&error))?;
            Ok(row.map(|row| Version(row.get::<_, i64>(0).to_string())))
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, BackendError> {
        self.line.ask(async {
            let (client, _driver) = self.client().await?;
            let rows = client.query(LIST, &[&prefix]).await.map_err(|error| in_words(&error))?;
            Ok(rows.into_iter().map(|row| row.get(0)).collect())
        })
    }

    fn remove(&self, key: &str) -> Result<(), BackendError> {
        self.line.ask(async {
            let (client, _driver) = self.client().await?;
            client.execute(REMOVE, &[&key]).await.map_err(|error| in_words(&error))?;
            Ok(())
        })
    }
}
