use super::{MOST_ROWS, Table, decode::Raw};
use crate::{
    config::TlsOptions,
    probe::{
        connection::{self, Background, Limited, MOST_SAID},
        encryption,
    },
};
use futures_util::TryStreamExt;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    io,
    net::IpAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
};
use tokio_postgres::{
    Client, Config, Error,
    config::Host,
    tls::{ChannelBinding, TlsConnect, TlsStream},
};
use tokio_rustls::{TlsConnector, client};

/// A server, and who one is on it.
pub struct Server {
    config: Config,
    encryption: Arc<ClientConfig>,
}

/// Where a server listens if nothing else is said.
const PORT: u16 = 5432;

impl Server {
    pub fn new(url: &str, ca: Option<&Path>, folder: &Path) -> Result<Self, String> {
        // What the parser says of a URL may hold parts of it.
        let mut config: Config = url.parse().map_err(|_| "the URL of the database is broken")?;
        config.application_name("tagout");
        let verify = crate::config::Verify(ca.is_some());
        let options = TlsOptions { ca: ca.map(Path::to_owned), verify, ..TlsOptions::default() };
        if ca.is_some() {
            config.ssl_mode(tokio_postgres::config::SslMode::Require);
        }
        let encryption = Arc::new(encryption::config(&options, folder)?);
        Ok(Self { config, encryption })
    }

    /// A connection, which lasts as long as what drives it.
    pub async fn connect(&self) -> Result<(Client, Background), String> {
        self.connect_up_to(usize::MAX).await
    }

    /// Its address, for messages: no user, no password.
    pub fn shown(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        format!("postgres://{host}/{}", self.config.get_dbname().unwrap_or_default())
    }

    /// Asks in a transaction that cannot write; the server ends it by itself after `timeout`.
    pub(super) async fn ask(&self, query: &str, timeout: Duration) -> Result<Table, String> {
        let started = Instant::now();
        let (client, _driver) = self.connect_up_to(MOST_SAID).await?;
        let connect_time = started.elapsed();
        let limit = timeout.as_millis().max(1);
        let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}");
        client.batch_execute(&begin).await.map_err(|error| in_words(&error))?;
        let (columns, rows) = rows(&client, query).await.map_err(|error| in_words(&error))?;
        if rows.len() > MOST_ROWS {
            return Err(format!("there are over {MOST_ROWS} rows"));
        }
        let rows = rows.into_iter().map(|row| {
            (0..columns.len())
                .map(|at| {
                    let raw = row.try_get::<_, Raw>(at).map_err(|error| in_words(&error))?;
                    raw.0.map_err(|reason| format!("the column {}: {reason}", columns[at]))
                })
                .collect::<Result<Vec<_>, String>>()
        });
        Ok(Table { rows: rows.collect::<Result<_, _>>()?, columns, connect_time })
    }
}

impl Server {
    /// Connects to the first of its hosts that lets us in; it may say `most` bytes.
    async fn connect_up_to(&self, most: usize) -> Result<(Client, Background), String> {
        let (hosts, ports) = (self.config.get_hosts(), self.config.get_ports());
        let mut refused = "the URL of the database names no host".to_owned();
        for (at, host) in hosts.iter().enumerate() {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
            let address = self.config.get_hostaddrs().get(at);
            match self.connect_to(host, address, port, most).await {
                Ok(connected) => return Ok(connected),
                Err(reason) => refused = reason,
            }
        }
        Err(refused)
    }

    async fn connect_to(
        &self,
        host: &Host,
        address: Option<&IpAddr>,
        port: u16,
        most: usize,
    ) -> Result<(Client, Background), String> {
        match host {
            Host::Tcp(name) => {
                let at = address.map_or_else(|| name.clone(), IpAddr::to_string);
                let (stream, _) = connection::connect(&at, port).await?;
                self.log_in(Limited::new(stream, most), name).await
            }
            Host::Unix(folder) => {
                let socket = folder.join(format!(".s.PGSQL.{port}"));
                let stream = UnixStream::connect(&socket).await;
                let shown = socket.display();
                let stream = stream.map_err(|e| format!("no connection: {shown}: {e}"))?;
                self.log_in(Limited::new(stream, most), "").await
            }
        }
    }

    async fn log_in<S>(&self, stream: S, name: &str) -> Result<(Client, Background), String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connector = TlsConnector::from(Arc::clone(&self.encryption));
        let encryption = Encryption { connector, name: name.to_owned() };
        let connected = self.config.connect_raw(stream, encryption).await;
        let (client, connection) =
            connected.map_err(|error| format!("no connection: {}", in_words(&error)))?;
        Ok((client, Background::spawn(async { drop(connection.await) })))
    }
}

/// The rows, of which there is one too many where there are too many. Preparing lets the server
/// refuse a second statement.
async fn rows(
    client: &Client,
    query: &str,
) -> Result<(Vec<String>, Vec<tokio_postgres::Row>), Error> {
    let statement = client.prepare(query).await?;
    let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
    let mut stream = Box::pin(client.query_raw(&statement, parameters).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
        if rows.len() > MOST_ROWS {
            break;
        }
    }
    Ok((columns, rows))
}

/// What the server says, or what keeps us from asking it.
pub fn in_words(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// rustls, as the database's client wants it.
struct Encryption {
    connector: TlsConnector,
    name: String,
}

impl<S> TlsConnect<S> for Encryption
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = ServerName::try_from(self.name).map_err(io::Error::other)?;
            self.connector.connect(name, stream).await.map(Encrypted)
        })
    }
}

struct Encrypted<S>(client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
