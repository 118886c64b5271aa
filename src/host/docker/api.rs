use crate::host::ManagerState;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::task::JoinSet;

/// The longest answer that is read: a list of some ten thousand containers.
const LONGEST: usize = 64 << 20;
/// So many requests are under way at the same time.
const AT_ONCE: usize = 16;

/// Docker's Engine API on a socket, one connection for each request.
#[derive(Clone, Debug)]
pub struct Api {
    socket: PathBuf,
}

/// Why a request has no result.
#[derive(Debug)]
pub enum CallError {
    /// There is no such thing.
    NotFound(String),
    /// The daemon said no, and why.
    Refused(String),
    /// No answer in this many seconds.
    Unanswered(u64),
    /// The connection could not be made or broke, or what came was not Docker's.
    Broken(io::Error),
}

impl Api {
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Whether there is something to talk to, as far as the file system tells: connecting to a socket
    /// that systemd holds for Docker would start Docker.
    pub fn look(&self) -> Result<(), ManagerState> {
        let socket = self.socket.clone();
        match std::fs::metadata(&socket) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(ManagerState::NotASocket { socket });
            }
            Ok(_) => {}
            Err(cause) => return Err(self.state_of(&cause)),
        }
        let is_hosts = socket.canonicalize().is_ok_and(|it| it == Path::new("/run/docker.sock"));
        let pid_file = Path::new("/run/docker.pid");
        if is_hosts && Path::new("/run/systemd/system").is_dir() && !pid_file.exists() {
            return Err(ManagerState::NoDaemon { socket: pid_file.to_owned() });
        }
        Ok(())
    }

    pub async fn get(&self, path: &str, patience: Duration) -> Result<Value, CallError> {
        self.call(Method::GET, path, None, patience).await
    }

    /// Asks for several things at once; the answers come in the same order.
    pub async fn get_all(
        &self,
        paths: &[String],
        patience: Duration,
    ) -> Vec<Result<Value, CallError>> {
        let mut answers: Vec<Result<Value, CallError>> = Vec::new();
        for some in paths.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for (place, path) in some.iter().enumerate() {
                let (api, path) = (self.clone(), path.clone());
                asked.spawn(async move { (place, api.get(&path, patience).await) });
            }
            let mut answered = asked.join_all().await;
            answered.sort_by_key(|(place, _)| *place);
            answers.extend(answered.into_iter().map(|(_, answer)| answer));
        }
        answers
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, CallError> {
        let answer = self.exchange(method, path, body);
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok((status, bytes))) => result_of(status, &bytes),
            Ok(Err(cause)) => Err(CallError::Broken(cause)),
            Err(_) => Err(CallError::Unanswered(patience.as_secs())),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<(StatusCode, Bytes)> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "docker")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(text)))
            .map_err(io::Error::other)?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(io::Error::other)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            Ok((status, body.map_err(io::Error::other)?.to_bytes()))
        };
        tokio::pin!(connection);
        let mut answer = std::pin::pin!(answer);
        // The connection must be driven while its answer is waited for, and may end before that.
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            ended = &mut connection => match ended {
                Ok(()) => answer.await,
                Err(cause) => Err(io::Error::other(cause)),
            },
        }
    }

    /// What a failed call says of the daemon.
    pub fn state_after(&self, error: CallError) -> ManagerState {
        let socket = self.socket.clone();
        match error {
            CallError::Unanswered(seconds) => ManagerState::Hung { socket, seconds },
            CallError::NotFound(reason) | CallError::Refused(reason) => {
                ManagerState::Unreadable { socket, reason }
            }
            CallError::Broken(cause) => self.state_of(&cause),
        }
    }

    fn state_of(&self, cause: &io::Error) -> ManagerState {
        let socket = self.socket.clone();
        match cause.kind() {
            ErrorKind::NotFound => ManagerState::NoDaemon { socket },
            ErrorKind::ConnectionRefused => ManagerState::DeadSocket { socket },
            ErrorKind::PermissionDenied => {
                ManagerState::OutOfReach { socket, reason: "permission denied".to_owned() }
            }
            _ => ManagerState::Unreadable { socket, reason: cause.to_string() },
        }
    }
}

/// Docker answers JSON, several of them for events, nothing, or `{"message": …}`.
fn result_of(status: StatusCode, bytes: &[u8]) -> Result<Value, CallError> {
    let values: Result<Vec<Value>, _> =
        serde_json::Deserializer::from_slice(bytes).into_iter().collect();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        let mut values = values.map_err(|_| CallError::Broken(ErrorKind::InvalidData.into()))?;
        return Ok(match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            _ => Value::Array(values),
        });
    }
    let message =
        values.ok().and_then(|said| Some(said.first()?.get("message")?.as_str()?.to_owned()));
    let message = message.unwrap_or_else(|| status.to_string());
    Err(match status {
        StatusCode::NOT_FOUND => CallError::NotFound(message),
        _ => CallError::Refused(message),
    })
}
