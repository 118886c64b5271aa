//! The watchdog: a process that goes on when the one that deploys is killed. In come the journal and
//! the host's lock, which both share, so that nobody else deploys between the death of the one and
//! the rollback of the other. It stands in a session of its own, is nobody's child, and has none of
//! the variables by which runners find what a job has left, so what ends a job does not end it.

use super::doors::Doors;
use super::fleet;
use super::journal::{Begun, Journal, Step, Story};
use super::lease::handover::Post;
use super::lock::HostLock;
use super::recovery;
use crate::host::proc::Identity;
use jiff::Timestamp;
use miette::{Diagnostic, IntoDiagnostic};
use rustix::process::{Signal, setsid};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;

/// The hidden subcommand of a watchdog.
pub const SUBCOMMAND: &str = "watchdog";

/// By these variables runners find what a job has left behind, and end it.
const TRACKING: [&str; 3] = ["RUNNER_TRACKING_ID", "JENKINS_NODE_COOKIE", "BUILD_ID"];
/// How long a watchdog may take to stand.
const ARMING: Duration = Duration::from_secs(10);
/// How long one that is not needed any more may take to go.
const LEAVING: Duration = Duration::from_secs(5);
/// After the command's time limit, the one that deploys has so long to compare and check, beside the
/// time that the configuration gives a rollback.
pub const SUPERVISOR_GRACE: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Error, Diagnostic)]
#[error("the watchdog does not start: {cause}")]
#[diagnostic(help("a deploy that nobody would roll back if tagout is killed is not begun"))]
pub struct WatchdogError {
    cause: io::Error,
}

/// What a watchdog says when it stands.
#[derive(Debug, Serialize, Deserialize)]
struct Stands {
    pid: u32,
    environment: Vec<(String, String)>,
}

/// The line to an armed watchdog. It acts when this is closed, be it by the end of this process, and
/// the journal does not say that all is done.
#[derive(Debug)]
pub struct Watchdog {
    pub process: Identity,
    /// What the steps of a lease need, that what they call comes by the doors which it holds open.
    pub environment: Vec<(String, String)>,
    line: UnixStream,
}

impl Watchdog {
    /// Starts one, and returns when it stands.
    pub fn arm(journal: &Path, lock: &HostLock) -> Result<Self, WatchdogError> {
        let mut failed = None;
        for launcher in launchers() {
            match launch(&launcher, journal, lock) {
                Ok(watchdog) => return Ok(watchdog),
                Err(cause) => failed = Some(cause),
            }
        }
        Err(WatchdogError { cause: failed.unwrap_or_else(|| ErrorKind::NotFound.into()) })
    }

    /// One that is armed already, and has given us the lease at the other end of `line`.
    pub fn on(line: UnixStream, process: Identity) -> Self {
        Self { process, environment: Vec::new(), line }
    }

    /// Lets it go, after the journal says that all is done.
    pub fn disarm(mut self) {
        let _ = self.line.shutdown(Shutdown::Write);
        let _ = self.line.set_read_timeout(Some(LEAVING));
        // It says nothing more; this waits for its end.
        let _ = self.line.read(&mut [0]);
    }
}

/// Where systemd runs, a scope of its own keeps the watchdog from being ended with the runner's
/// service; where that cannot be had, and elsewhere, a process of its own must do.
fn launchers() -> Vec<Vec<&'static str>> {
    let mut launchers = Vec::new();
    if Path::new("/run/systemd/system").is_dir() {
        let mut scope = vec!["systemd-run", "--scope", "--quiet", "--collect"];
        if !rustix::process::getuid().is_root() {
            scope.push("--user");
        }
        launchers.push(scope);
    }
    launchers.push(Vec::new());
    launchers
}

fn launch(launcher: &[&str], journal: &Path, lock: &HostLock) -> io::Result<Watchdog> {
    let (ours, theirs) = UnixStream::pair()?;
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(journal.with_extension("log"))?;
    let program = std::env::current_exe()?;
    let mut words = launcher.iter().map(Path::new).chain([program.as_path()]);
    // There is always the program.
    let mut command = Command::new(words.next().unwrap_or(Path::new("tagout")));
    command.args(words).arg(SUBCOMMAND).arg(journal);
    TRACKING.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
        .stdin(Stdio::from(lock.share()?))
        .stdout(Stdio::from(OwnedFd::from(theirs)))
        .stderr(Stdio::from(log));
    // It only starts the one that stays.
    let mut starter = command.spawn()?;
    // Our end of their line must be closed, for their end to be heard.
    drop(command);
    ours.set_read_timeout(Some(ARMING))?;
    let mut said = String::new();
    let heard = BufReader::new(&ours).read_line(&mut said);
    starter.wait()?;
    heard?;
    let stands = serde_json::from_str(&said).map_err(|_| io::Error::other("it ended at once"))?;
    let Stands { pid, environment } = stands;
    Ok(Watchdog { process: Identity::of(pid), environment, line: ours })
}

/// Starts the watchdog that stays, as nobody's child.
pub fn start(journal: &Path) -> miette::Result<()> {
    let program = std::env::current_exe().into_diagnostic()?;
    let mut command = Command::new(program);
    command.arg(SUBCOMMAND).arg("--stay").arg(journal);
    command.spawn().into_diagnostic()?;
    Ok(())
}

/// Watches the deploy of `journal`. Returns the deploy to be finished, with the host's lock, if the one
/// that ran it died or did not end in time; nothing if all is done.
pub fn watch(journal: &Path) -> miette::Result<Option<(Story, HostLock)>> {
    setsid().into_diagnostic()?;
    let (lock, mut line) = inherited().into_diagnostic()?;
    let story = Story::read(journal)?;
    let Some(begun) = &story.begun else { return Ok(None) };
    let lock = HostLock::adopt(lock, begun.token.clone());
    let is_lease = begun.lease && story.ending.is_none();
    let lease = is_lease.then(|| Lease::open(journal, begun)).transpose()?;
    let environment = lease.as_ref().map(Lease::environment).transpose().into_diagnostic()?;
    let stands = Stands { pid: std::process::id(), environment: environment.unwrap_or_default() };
    writeln!(line, "{}", serde_json::to_string(&stands).into_diagnostic()?).into_diagnostic()?;
    let is_lost = Arc::new(AtomicBool::new(false));
    if let Some(turn) = &begun.turn {
        let (journal, is_lost) = (journal.to_owned(), Arc::clone(&is_lost));
        let supervisor = begun.supervisor.clone();
        fleet::keep(turn, begun, move |why| {
            // What it does may be another's work by now: this watchdog takes it back.
            let said = Journal::resume(&journal)
                .and_then(|mut journal| journal.append(Step::Said { what: why }));
            drop(said);
            is_lost.store(true, Ordering::Release);
            let ending = Story::read(&journal).ok().and_then(|story| story.ending);
            kill(&ending.unwrap_or(supervisor));
        });
    }
    let deadline = Instant::now() + Duration::from_secs(begun.limit) + grace(begun);
    let supervisor = story.ending.as_ref().unwrap_or(&begun.supervisor);
    if !hears_the_end(&mut line, deadline) {
        kill(supervisor);
    }
    let mut story = Story::read(journal)?;
    if let (Some(lease), true) = (lease, story.waits_for_its_end()) {
        wait_for_the_end(lease, &story, &lock, &is_lost);
        story = Story::read(journal)?;
    }
    if story.closed {
        lock.release();
        return Ok(None);
    }
    Ok(Some((story, lock)))
}

/// How long the supervisor may take after the command's time is over.
fn grace(begun: &Begun) -> Duration {
    // One that cannot be read is said when it is needed.
    let rollback = recovery::configuration(begun).map(|config| config.rollback.longest());
    SUPERVISOR_GRACE + rollback.unwrap_or_default()
}

/// What a lease has between `tagout begin` and `tagout end`.
struct Lease {
    post: Post,
    doors: Doors,
}

impl Lease {
    fn open(journal: &Path, begun: &Begun) -> miette::Result<Self> {
        let config = recovery::configuration(begun)?;
        let doors = Doors::open(journal, Some(&begun.token), &config, &begun.target)?;
        Ok(Self { post: Post::open(journal).into_diagnostic()?, doors })
    }

    /// As a CI system can hand it on.
    fn environment(&self) -> io::Result<Vec<(String, String)>> {
        let text = |word: &OsString| {
            word.to_str().map(str::to_owned).ok_or(io::Error::other("a path is not UTF-8"))
        };
        let pairs = self.doors.environment().iter();
        pairs.map(|(name, value)| Ok((text(name)?, text(value)?))).collect()
    }
}

/// Holds the lock of a lease until `tagout end` has taken it and ended, its time is over, or its turn
/// among other hosts is lost.
fn wait_for_the_end(lease: Lease, story: &Story, lock: &HostLock, is_lost: &AtomicBool) {
    let Some(begun) = &story.begun else { return };
    let passed = Duration::try_from(Timestamp::now().duration_since(story.at)).unwrap_or_default();
    let left = Duration::from_secs(begun.limit).saturating_sub(passed);
    let deadline = Instant::now() + left;
    let is_over = || Instant::now() >= deadline || is_lost.load(Ordering::Acquire);
    let Some(mut line) = lease.post.wait(lock, is_over) else { return };
    // One is enough: who comes later is to be told so. And nothing stands in their way.
    drop(lease);
    if !hears_the_end(&mut line, Instant::now() + grace(begun))
        && let Ok(Story { ending: Some(supervisor), .. }) = Story::read(&story.path)
    {
        kill(&supervisor);
    }
}

/// The lock and the line, which came as standard input and output; those lead nowhere from now on.
fn inherited() -> io::Result<(File, UnixStream)> {
    let above_standard = 3;
    let lock = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), above_standard)?;
    let line = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), above_standard)?;
    let nowhere = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok((File::from(lock), UnixStream::from(line)))
}

/// Waits until the other end of the line is closed, or until the deadline.
fn hears_the_end(line: &mut UnixStream, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        // It has a length, so it can be set.
        let _ = line.set_read_timeout(Some(left));
        match line.read(&mut [0]) {
            Ok(0) => return true,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) => {}
            Err(_) => return true,
        }
    }
}

/// Two must not work on one host.
fn kill(supervisor: &Identity) {
    // Whether it worked shows in whether it lives.
    let _ = supervisor.signal(Signal::KILL);
    let patience = Instant::now() + LEAVING;
    while supervisor.lives() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
}
