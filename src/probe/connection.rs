//! Connections over TCP, of which every phase is measured by itself.

use super::encryption;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
};
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

/// What the other side may say on a connection of which the client keeps all; more is not for a
/// condition to look at.
pub const MOST_SAID: usize = 4 << 20;

/// A connection that breaks when the other side says too much.
pub struct Limited<S> {
    inner: S,
    left: usize,
}

impl<S> Limited<S> {
    /// The other side may say `most` bytes.
    pub fn new(inner: S, most: usize) -> Self {
        Self { inner, left: most }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let left = self.left.checked_sub(buffer.filled().len() - before);
        self.left = left.ok_or_else(|| io::Error::other("the answer is longer than 4 MiB"))?;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
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
