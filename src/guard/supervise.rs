//! Runs the deploy command in a process group of its own. Its standard streams are ours, untouched,
//! so colours and progress survive. SIGINT, SIGTERM and SIGHUP to tagout end the command, never
//! tagout: what was started must be verified and, if need be, undone.
//!
//! Processes that leave the group (daemons, `setsid`) are out of reach here; the comparison with the
//! snapshot sees what they did.

use super::{terminal, voice::say};
use crate::host::proc::{self, Identity};
use jiff::Timestamp;
use miette::Diagnostic;
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid,
};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::mpsc;

/// How long a command that was asked to end may take before it is killed. Runners that cancel a job
/// kill everything some ten seconds after they asked, and the rollback must have begun by then.
pub const GRACE: Duration = Duration::from_secs(5);
const GROUP_POLL: Duration = Duration::from_millis(20);

#[derive(Debug, Error, Diagnostic)]
pub enum SuperviseError {
    #[error("the deploy command `{program}` cannot be started: {cause}")]
    #[diagnostic(help("nothing was run and nothing was changed"))]
    NotStarted { program: String, cause: String },
    #[error("signals cannot be watched: {cause}")]
    Signals { cause: std::io::Error },
}

/// What asked tagout to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    Int,
    Term,
    Hup,
    /// No signal: the time that the deploy may take is over.
    TimeLimit,
}

impl Interrupt {
    fn signal(self) -> Signal {
        match self {
            Self::Int => Signal::INT,
            Self::Term | Self::TimeLimit => Signal::TERM,
            Self::Hup => Signal::HUP,
        }
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "SIGINT",
            Self::Term => "SIGTERM",
            Self::Hup => "SIGHUP",
            Self::TimeLimit => "its time limit",
        })
    }
}

/// The signals that would end tagout, caught from now until the process ends.
pub struct Interrupts {
    int: SignalStream,
    term: SignalStream,
    hup: SignalStream,
    /// Never read: a parent may have left SIGCHLD ignored, and then the system tells nobody how a
    /// child ended. Having a handler ends that.
    _child: SignalStream,
}

impl Interrupts {
    /// Catches them. Call it before anything is changed.
    pub fn catch() -> Result<Self, SuperviseError> {
        let stream = |kind| signal(kind).map_err(|cause| SuperviseError::Signals { cause });
        Ok(Self {
            int: stream(SignalKind::interrupt())?,
            term: stream(SignalKind::terminate())?,
            hup: stream(SignalKind::hangup())?,
            _child: stream(SignalKind::child())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Interrupt {
        tokio::select! {
            _ = self.int.recv() => Interrupt::Int,
            _ = self.term.recv() => Interrupt::Term,
            _ = self.hup.recv() => Interrupt::Hup,
        }
    }
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Code(i32),
    Signal(i32),
    /// The system does not tell.
    Unknown,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "killed by signal {number}"),
            Self::Unknown => f.write_str("exit code unknown"),
        }
    }
}

/// A finished run of the command.
#[derive(Clone, Debug)]
pub struct Run {
    pub ended: Ended,
    /// The signal to tagout that ended it early.
    pub interrupted: Option<Interrupt>,
    pub started: Timestamp,
    pub took: Duration,
}

impl Run {
    /// Whether it ran to its end and said that all is well.
    pub fn succeeded(&self) -> bool {
        self.ended == Ended::Code(0) && self.interrupted.is_none()
    }
}

/// What the waiting thread sees of the command.
enum News {
    Stopped(i32),
    Ended(Ended),
}

/// Runs `argv`, with `environment` beside ours, to its end, or until a signal or the time `limit`, and `grace` after it. When it did not succeed, what is
/// left of its process group is ended too, so that nothing works against the rollback.
pub async fn run(
    argv: &[OsString],
    environment: &[(OsString, OsString)],
    limit: Duration,
    grace: Duration,
    interrupts: &mut Interrupts,
) -> Result<Run, SuperviseError> {
    let started = Timestamp::now();
    let clock = Instant::now();
    let program = argv.first().cloned().unwrap_or_default();
    let child = std::process::Command::new(&program)
        .args(argv.get(1..).unwrap_or_default())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .process_group(0)
        .spawn()
        .map_err(|cause| SuperviseError::NotStarted {
            program: program.to_string_lossy().into_owned(),
            cause: cause.to_string(),
        })?;
    // Its group has the number of its first process.
    let group = Pid::from_child(&child);
    let lent = terminal::lend_to(group);
    let mut news = watch(group);

    let mut interrupted = None;
    let mut kill_at: Option<Instant> = None;
    let mut limit_at = Some(clock + limit);
    let ended = loop {
        let by = tokio::select! {
            told = news.recv() => {
                match told {
                    Some(News::Ended(ended)) => break ended,
                    Some(News::Stopped(by)) => on_stop(group, by, lent.is_some()),
                    // The thread always tells the end before it goes.
                    None => break Ended::Unknown,
                }
                continue;
            }
            by = interrupts.next() => by,
            () = until(limit_at) => {
                limit_at = None;
                Interrupt::TimeLimit
            }
            () = until(kill_at) => {
                say(format_args!("it did not end within {grace:?}: killing it"));
                send(group, Signal::KILL);
                kill_at = None;
                continue;
            }
        };
        if interrupted.is_none() {
            say(format_args!("{by}: ending the deploy command"));
            send(group, by.signal());
            interrupted = Some(by);
            kill_at = Some(Instant::now() + grace);
        } else if by != Interrupt::TimeLimit {
            say(format_args!("{by} again: killing the deploy command"));
            send(group, Signal::KILL);
        }
    };
    drop(lent);
    let run = Run { ended, interrupted, started, took: clock.elapsed() };
    if !run.succeeded() {
        end_group(group, kill_at.unwrap_or_else(|| Instant::now() + grace)).await;
    }
    Ok(run)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits for a process in a thread, and tells when it is stopped and when it ended.
fn watch(process: Pid) -> mpsc::UnboundedReceiver<News> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        loop {
            let news = match waitpid(Some(process), WaitOptions::UNTRACED) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => News::Ended(Ended::Unknown),
                Ok(None) => continue,
                Ok(Some((_, status))) => {
                    match (
                        status.exit_status(),
                        status.terminating_signal(),
                        status.stopping_signal(),
                    ) {
                        (Some(code), _, _) => News::Ended(Ended::Code(code)),
                        (_, Some(signal), _) => News::Ended(Ended::Signal(signal)),
                        (_, _, Some(signal)) => News::Stopped(signal),
                        _ => continue,
                    }
                }
            };
            let last = matches!(news, News::Ended(_));
            if tell.send(news).is_err() || last {
                return;
            }
        }
    });
    told
}

/// A stopped deploy would hold the host's lock for ever: it goes on, or it is ended.
fn on_stop(group: Pid, by: i32, has_terminal: bool) {
    let asks_terminal = by == Signal::TTIN.as_raw() || by == Signal::TTOU.as_raw();
    if asks_terminal && !has_terminal {
        say("the deploy command asks the terminal, but runs in the background: ending it");
        send(group, Signal::TERM);
    } else if !asks_terminal {
        say("a deploy under guard cannot be suspended: it goes on");
    }
    send(group, Signal::CONT);
}

/// Ends the group of a command that was left behind by the one who ran it, if it still runs.
pub fn end_left_behind(leader: &Identity) {
    let Some(group) = Pid::from_raw(leader.pid as i32) else { return };
    // The number of a group is not given away while anything is in it, so one that has another
    // leader is another group.
    let is_another = !leader.lives() && proc::stat(leader.pid).is_some_and(|stat| !stat.zombie);
    if leader.boot != proc::boot_id() || is_another {
        return;
    }
    let kill_at = Instant::now() + GRACE;
    send(group, Signal::TERM);
    while test_kill_process_group(group).is_ok() {
        if Instant::now() >= kill_at {
            send(group, Signal::KILL);
            return;
        }
        std::thread::sleep(GROUP_POLL);
    }
}

/// Ends what is left of a group, at the latest at `kill_at`.
async fn end_group(group: Pid, kill_at: Instant) {
    send(group, Signal::TERM);
    while test_kill_process_group(group).is_ok() {
        if Instant::now() >= kill_at {
            send(group, Signal::KILL);
            return;
        }
        tokio::time::sleep(GROUP_POLL).await;
    }
}

/// A group that is gone needs no signal.
fn send(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}
