//! What stands between PM2's clients and its daemon for the time of a deploy. PM2's clients find their
//! daemon by a variable; it names a socket of ours, at which every request comes in. Reading is passed
//! on. A change is resolved to the processes that it would really hit, and passed on if they are the
//! deploy's own; else the client gets an error that says why, and the daemon never hears of it. So
//! `npx pm2`, an absolute path, `require('pm2')` and a loop over numbers are seen, too.
//!
//! It lives in the process that guards the deploy, and nothing but the deploy's command knows of it:
//! when it dies, apps and daemon do not notice. Clients that find it dead would start a second daemon;
//! [`NO_SECOND_DAEMON`] keeps them from it.

mod client;
mod request;
mod rules;
mod session;
mod sweep;
mod traces;

pub use traces::Traces;

use super::refusal::Refusal;
use super::target::Target;
use super::voice::say;
use crate::config::Config;
use crate::host::pm2::connection::Connection;
use crate::host::pm2::{BROKER_VARIABLE, Pm2, SOCKET_VARIABLE, daemon};
use crate::host::{ManagerKind, ManagerState};
use client::Client;
use rules::Rules;
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Node options of the daemons that PM2's clients start.
pub const DAEMON_OPTIONS: &str = "PM2_NODE_OPTIONS";
const REQUIRE: &str = "--require ";

/// Read first by a daemon that a client starts, which happens only where the broker is dead. It would
/// bind its sockets beside the living daemon and overwrite its pid file, so it ends at once.
const NO_SECOND_DAEMON: &str = "\
console.error('tagout: this deploy is guarded, and what guards it is gone: no second PM2 daemon is started')
process.exit(1)
";

/// Open as long as this lives.
#[derive(Debug)]
pub struct Broker {
    desk: Arc<Desk>,
    accepting: Option<JoinHandle<()>>,
    /// Closed when no more clients are to be taken. The socket cannot tell: its file may be gone.
    lifeline: Option<UnixStream>,
}

/// What all connections share.
struct Desk {
    journal: PathBuf,
    rules: Rules,
    traces: Traces,
    /// The PM2 of this deploy.
    pm2: Pm2,
    /// Held by whoever starts a daemon, for two clients at once must not start two.
    starting: Mutex<()>,
    /// The connections that are open.
    open: Mutex<HashMap<u64, UnixStream>>,
}

/// Node options of daemons without what [`environment`] adds; None if nothing is left.
pub fn without_guard(options: &str) -> Option<String> {
    let others = options.rsplit_once(REQUIRE).map_or(options, |(others, _)| others).trim();
    (!others.is_empty()).then(|| others.to_owned())
}

/// Where in the folder of a deploy the socket is, and the environment that leads PM2's clients there.
pub fn environment(folder: &Path) -> Vec<(OsString, OsString)> {
    let socket: OsString = socket(folder).into();
    let mut options = std::env::var_os(DAEMON_OPTIONS).unwrap_or_default();
    if !options.is_empty() {
        options.push(" ");
    }
    options.push(REQUIRE);
    options.push(script(folder));
    vec![
        (SOCKET_VARIABLE.into(), socket.clone()),
        (BROKER_VARIABLE.into(), socket),
        (DAEMON_OPTIONS.into(), options),
    ]
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("rpc.sock")
}

fn script(folder: &Path) -> PathBuf {
    folder.join("no-second-daemon.cjs")
}

impl Broker {
    /// Stands in `folder`, for the deploy of `journal`, and takes `traces` out of what apps are given.
    pub fn open(
        folder: &Path,
        journal: &Path,
        config: &Config,
        target: &Target,
        traces: Traces,
    ) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(script(folder));
        file?.write_all(NO_SECOND_DAEMON.as_bytes())?;
        let socket = socket(folder);
        let listener = UnixListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        std::fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        let desk = Arc::new(Desk {
            journal: journal.to_owned(),
            rules: Rules::new(config, target),
            traces,
            pm2: Pm2::from_env(),
            starting: Mutex::new(()),
            open: Mutex::new(HashMap::new()),
        });
        let (lifeline, closed) = UnixStream::pair()?;
        let accepting = {
            let desk = Arc::clone(&desk);
            thread::Builder::new()
                .name("pm2-broker".to_owned())
                .spawn(move || accept(&listener, &closed, &desk))?
        };
        Ok(Self { desk, accepting: Some(accepting), lifeline: Some(lifeline) })
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if self.accepting.as_ref().is_some_and(JoinHandle::is_finished) {
            say(
                "what stands between PM2 and the deploy ended too early: PM2 was not guarded to the end",
            );
        }
        drop(self.lifeline.take());
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for stream in self.desk.open().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Takes clients until the other end of `closed` is closed.
fn accept(listener: &UnixListener, closed: &UnixStream, desk: &Arc<Desk>) {
    let mut number = 0;
    loop {
        let mut news = [PollFd::new(listener, PollFlags::IN), PollFd::new(closed, PollFlags::IN)];
        // Whatever wakes it, it looks.
        let _ = poll(&mut news, None);
        if !news[1].revents().is_empty() {
            return;
        }
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            // Out of files for a moment: the client that was not taken tries again.
            Err(_) => {
                thread::sleep(Duration::from_millis(10));
                continue;
            }
        };
        number += 1;
        // Some systems give a connection what its listener has.
        let (Ok(()), Ok(line)) = (stream.set_nonblocking(false), stream.try_clone()) else {
            continue;
        };
        desk.open().insert(number, line);
        let seat = Seat { desk: Arc::clone(desk), number };
        let serving = thread::Builder::new().name("pm2-client".to_owned());
        // One that cannot be served is closed, which its client sees.
        let _ = serving.spawn(move || {
            // How a client ends is its own affair.
            let _ = session::serve(stream, &seat.desk);
        });
    }
}

/// The place of a client. However it is left, the client's connection is closed.
struct Seat {
    desk: Arc<Desk>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(line) = self.desk.open().remove(&self.number) {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

impl Desk {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, UnixStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The PM2 of a home, which may be another than the deploy's.
    fn pm2_of(&self, home: &Path) -> Pm2 {
        if home == self.pm2.home() {
            self.pm2.clone()
        } else {
            Pm2::at(home, &home.join("rpc.sock"))
        }
    }

    /// A line to the daemon of `pm2`. Where none runs, one is started as the client would have done
    /// it, but without what belongs to this deploy.
    fn connect(&self, pm2: &Pm2, client: &Client) -> Result<Connection, Refusal> {
        let unreachable =
            |state: ManagerState| Refusal::new("pm2", state.describe(ManagerKind::Pm2));
        match Connection::open(pm2.socket()) {
            Ok(connection) => return Ok(connection),
            Err(state) if state.is_gone() => {}
            Err(state) => return Err(unreachable(state)),
        }
        let _one = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        match Connection::open(pm2.socket()) {
            Err(state) if state.is_gone() => {}
            opened => return opened.map_err(unreachable),
        }
        let mut failed = "there is no `pm2` from which one can be started".to_owned();
        for (interpreter, program) in client.launchers() {
            let mut command = Command::new(interpreter);
            command.arg(program).env_clear();
            for (name, value) in self.traces.without(&client.environment) {
                if !daemon::OF_THE_JOB.iter().any(|of_the_job| name == *of_the_job) {
                    command.env(name, value);
                }
            }
            command.env("PM2_HOME", pm2.home());
            match daemon::ping(command) {
                Ok(()) => return Connection::open(pm2.socket()).map_err(unreachable),
                Err(error) => failed = error.to_string(),
            }
        }
        Err(Refusal::new("pm2", format!("no PM2 daemon runs, and {failed}")))
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Desk({})", self.journal.display())
    }
}
