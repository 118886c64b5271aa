use super::frame::{self, Frame};
use crate::host::ManagerState;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A connection to a PM2 daemon that runs.
pub struct Connection {
    stream: UnixStream,
    socket: PathBuf,
    requests: u64,
}

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// The daemon said no, and why.
    Refused(String),
    /// No answer in this many seconds.
    Unanswered(u64),
    /// The connection broke, or what came was not PM2's.
    Broken(io::Error),
}

impl CallError {
    /// Whether the daemon, or what stands before it, has closed the connection.
    pub fn is_hang_up(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        let closed = [BrokenPipe, ConnectionReset, UnexpectedEof];
        matches!(self, Self::Broken(error) if closed.contains(&error.kind()))
    }
}

impl Connection {
    /// Connects to the daemon behind `socket`, or says why that cannot be. Never starts one.
    pub fn open(socket: &Path) -> Result<Self, ManagerState> {
        let path = || socket.to_owned();
        let unreadable = |reason: String| ManagerState::Unreadable { socket: path(), reason };
        match std::fs::metadata(socket) {
            Ok(meta) if !meta.file_type().is_socket() => {
                return Err(ManagerState::NotASocket { socket: path() });
            }
            // Being root would let us in, but what we then start would not be that user's.
            Ok(meta) if meta.uid() != rustix::process::geteuid().as_raw() => {
                return Err(ManagerState::ForeignOwner { socket: path(), uid: Some(meta.uid()) });
            }
            Ok(_) => {}
            Err(error) => return Err(from_io(error, socket)),
        }
        let stream = connect(socket).map_err(|error| match error.kind() {
            // The queue of a daemon that accepts nobody is full.
            io::ErrorKind::WouldBlock => ManagerState::Hung { socket: path(), seconds: 0 },
            _ => from_io(error, socket),
        })?;
        stream.set_nonblocking(false).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { stream, socket: path(), requests: 0 })
    }

    /// The bare line to the daemon, for somebody who speaks its language.
    pub fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// The daemon's pid, as the kernel knows it.
    pub fn daemon_pid(&self) -> Option<u32> {
        #[cfg(target_os = "linux")]
        return rustix::net::sockopt::socket_peercred(&self.stream)
            .ok()
            .and_then(|peer| u32::try_from(peer.pid.as_raw_nonzero().get()).ok());
        #[cfg(not(target_os = "linux"))]
        return None;
    }

    /// Calls one of the daemon's methods.
    pub fn call(
        &mut self,
        method: &str,
        argument: Value,
        patience: Duration,
    ) -> Result<Value, CallError> {
        self.requests += 1;
        let id = self.requests.to_string();
        let request = json!({"type": "call", "method": method, "args": [argument]});
        let deadline = Instant::now() + patience;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                CallError::Unanswered(patience.as_secs())
            }
            _ => CallError::Broken(error),
        };
        self.stream.set_write_timeout(Some(patience)).map_err(failed)?;
        self.stream.write_all(&frame::encode(&request, &id)).map_err(failed)?;
        let mut answers = Deadlined { stream: &self.stream, deadline };
        let mut answers = io::BufReader::with_capacity(64 << 10, &mut answers);
        loop {
            let answer = Frame::read(&mut answers).map_err(failed)?;
            let answer = answer.ok_or_else(|| failed(io::ErrorKind::UnexpectedEof.into()))?;
            if answer.id().map_err(failed)? == id {
                return result_of(answer.message().map_err(failed)?);
            }
        }
    }

    /// What an unanswered or broken call says of the daemon.
    pub fn state_after(&self, error: &CallError) -> ManagerState {
        let socket = self.socket.clone();
        match error {
            CallError::Unanswered(seconds) => ManagerState::Hung { socket, seconds: *seconds },
            CallError::Refused(reason) => {
                ManagerState::Unreadable { socket, reason: reason.clone() }
            }
            CallError::Broken(error) => {
                ManagerState::Unreadable { socket, reason: error.to_string() }
            }
        }
    }
}

/// Reads until a point in time, however many pieces come.
struct Deadlined<'a> {
    stream: &'a UnixStream,
    deadline: Instant,
}

impl Read for Deadlined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut stream = self.stream;
        stream.read(buffer)
    }
}

/// Connects without waiting: to a daemon that is stopped, a plain `connect` can block for ever.
fn connect(socket: &Path) -> io::Result<UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
    let address = SocketAddrUnix::new(socket)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let unix = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&unix, &address)?;
    Ok(unix.into())
}

fn from_io(error: io::Error, socket: &Path) -> ManagerState {
    let socket = socket.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => ManagerState::NoDaemon { socket },
        io::ErrorKind::ConnectionRefused => ManagerState::DeadSocket { socket },
        io::ErrorKind::PermissionDenied => ManagerState::ForeignOwner { socket, uid: None },
        _ => ManagerState::Unreadable { socket, reason: error.to_string() },
    }
}

/// PM2 answers `{"args": [result]}` or `{"error": …}`.
fn result_of(mut answer: Value) -> Result<Value, CallError> {
    if let Some(error) = answer.get("error") {
        let reason = error.as_str().or_else(|| error.get("message")?.as_str());
        return Err(CallError::Refused(reason.unwrap_or("no reason given").to_owned()));
    }
    match answer.get_mut("args").and_then(Value::as_array_mut) {
        Some(results) => Ok(results.first_mut().map(Value::take).unwrap_or_default()),
        None => Err(CallError::Broken(io::ErrorKind::InvalidData.into())),
    }
}
