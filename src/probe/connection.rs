//! Connections over TCP, of which every phase is measured by itself.

use super::encryption;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What has gone by until there was a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases {
    pub dns: Duration,
    pub connect: Duration,
    /// Nothing, where there is no encryption.
    pub tls: Option<Duration>,
}

/// Connects to a host by name or address.
pub async fn connect(host: &str, port: u16) -> Result<(TcpStream, Phases), String> {
    let begun = Instant::now();
    let named = |cause: std::io::Error| format!("no connection: {host} is not known: {cause}");
    let addresses: Vec<SocketAddr> = match host.trim_matches(['[', ']']).parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup_host((host, port)).await.map_err(named)?.collect(),
    };
    let dns = begun.elapsed();
    let stream = TcpStream::connect(&addresses[..]).await;
    let stream = stream.map_err(|cause| format!("no connection: {cause}"))?;
    // Small requests are not held back.
    let _ = stream.set_nodelay(true);
    Ok((stream, Phases { dns, connect: begun.elapsed() - dns, tls: None }))
}

/// Encrypts a connection to `name`.
pub async fn encrypt<S>(
    stream: S,
    name: &str,
    config: Arc<ClientConfig>,
) -> Result<(TlsStream<S>, Duration), String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let begun = Instant::now();
    let server = ServerName::try_from(name.trim_matches(['[', ']']).to_owned())
        .map_err(|_| format!("{name:?} is no name of a server"))?;
    let stream = TlsConnector::from(config).connect(server, stream).await.map_err(|cause| {
        let rustls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let reason = rustls.map_or_else(|| cause.to_string(), encryption::in_words);
        format!("no encrypted connection: {reason}")
    })?;
    Ok((stream, begun.elapsed()))
}

/// Work that goes on beside an attempt, and ends with it.
pub struct Background(tokio::task::JoinHandle<()>);

impl Background {
    pub fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The host and the port of an address.
pub fn host_and_port(address: &str) -> Result<(&str, u16), String> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts
        .filter(|(host, _)| !host.is_empty())
        .ok_or_else(|| "the address must be a host and a port, like 127.0.0.1:4000".to_owned())
}
