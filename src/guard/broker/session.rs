//! One connection of a client: its requests are passed on to the daemon or refused, and what the
//! daemon answers is passed back as it is.

use super::Desk;
use super::client::Client;
use super::request::{Change, Request, Subject};
use super::rules::NAME_THEM;
use super::sweep;
use crate::guard::masking::shown_command;
use crate::guard::refusal::Refusal;
use crate::host::pm2::Pm2;
use crate::host::pm2::frame::{self, Frame};
use crate::host::{ManagerKind, ManagerState, Process};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{self, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Serves a client until it goes, or until the daemon does.
pub fn serve(stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let client = Client::of(&stream);
    let pm2 = client.home().map_or_else(|| desk.pm2.clone(), |home| desk.pm2_of(&home));
    let mut session = Session {
        desk,
        client,
        pm2,
        answers: Arc::new(Mutex::new(stream.try_clone()?)),
        daemon: None,
        conduct: Conduct::default(),
    };
    let mut requests = BufReader::with_capacity(64 << 10, &stream);
    let served = loop {
        match Frame::read(&mut requests) {
            Ok(Some(frame)) => match session.answer(&frame) {
                Ok(()) => {}
                Err(error) => break Err(error),
            },
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let _ = stream.shutdown(Shutdown::Both);
    if let Some(daemon) = session.daemon {
        let _ = daemon.shutdown(Shutdown::Both);
    }
    served
}

struct Session<'d> {
    desk: &'d Desk,
    client: Client,
    /// The one that the client means.
    pm2: Pm2,
    /// Where answers are written, a whole one at a time.
    answers: Arc<Mutex<UnixStream>>,
    /// The line to the daemon, once there was anything to say.
    daemon: Option<UnixStream>,
    conduct: Conduct,
}

/// What a client has done so far.
#[derive(Default)]
struct Conduct {
    /// How often it has read the list of processes.
    listings: usize,
    /// The names of those that it has changed.
    changed: BTreeSet<String>,
    /// Whether its words have been looked at.
    known: bool,
    /// Why it may not change anything any more.
    banned: Option<Refusal>,
    /// What was refused and told already.
    told: BTreeSet<String>,
}

impl Session<'_> {
    fn answer(&mut self, frame: &Frame) -> io::Result<()> {
        let mut message = frame.message()?;
        let request = Request::read(&message);
        let allowed = match self.refuse_strangers() {
            Ok(()) => self.judge(&request),
            refused => refused,
        };
        if let Err(refusal) = allowed {
            return self.refuse(&refusal, frame.id()?);
        }
        if let Err(refusal) = self.reach_daemon() {
            return self.refuse(&refusal, frame.id()?);
        }
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        if matches!(request, Request::Change(_)) && self.desk.traces.wipe(&mut message) {
            daemon.write_all(&frame::encode(&message, frame.id()?))
        } else {
            daemon.write_all(frame.bytes())
        }
    }

    /// Another user's processes are not ours to see, so what that user means cannot be known.
    fn refuse_strangers(&self) -> Result<(), Refusal> {
        let own = rustix::process::geteuid().as_raw();
        match self.client.uid {
            Some(uid) if uid != own => Err(Refusal::new(
                "pm2 of another user",
                format!(
                    "uid {uid} called it, and this deploy is guarded for uid {own}; \
                     call it without `sudo -E`, so that it finds its own PM2"
                ),
            )),
            _ => Ok(()),
        }
    }

    fn judge(&mut self, request: &Request) -> Result<(), Refusal> {
        let change = match request {
            Request::Read => return Ok(()),
            Request::List => {
                self.conduct.listings += 1;
                return Ok(());
            }
            Request::EndDaemon => {
                let refusal = self.conduct.banned.get_or_insert_with(|| {
                    let what = self.client.words().map_or_else(|| "pm2 kill".to_owned(), called);
                    Refusal::new(
                        what,
                        "it would end the daemon that all apps on this host share, and all apps with it",
                    )
                });
                return Err(refusal.clone());
            }
            Request::Unknown(method) => {
                let what = format!("pm2 request `{method}`");
                return Err(Refusal::new(what, "tagout does not know what it does"));
            }
            Request::Change(change) => change,
        };
        if let Some(refusal) = &self.conduct.banned {
            return Err(refusal.clone());
        }
        // Where no daemon runs there is nothing to be harmed.
        let processes = match self.pm2.processes() {
            Ok(processes) => processes,
            Err(state) if state.is_gone() => Vec::new(),
            Err(state) => return Err(self.blind(change, &state)),
        };
        if let Err(refusal) = self.judge_words(&processes) {
            self.conduct.banned = Some(refusal.clone());
            return Err(refusal);
        }
        self.desk.rules.judge(change, &processes)?;
        self.judge_spread(change, &processes)
    }

    /// What cannot be seen cannot be judged.
    fn blind(&self, change: &Change, state: &ManagerState) -> Refusal {
        Refusal::new(format!("pm2 {}", change.verb), state.describe(ManagerKind::Pm2))
    }

    /// Before the first change of a client: all that its words name.
    fn judge_words(&mut self, processes: &[Process]) -> Result<(), Refusal> {
        if self.conduct.known {
            return Ok(());
        }
        self.conduct.known = true;
        let Some(words) = self.client.words() else { return Ok(()) };
        let hit = sweep::hit(words, self.client.folder(), processes);
        self.desk.rules.judge_words(&called(words), words, &hit)
    }

    /// Without an inventory the names say nothing. But PM2's clients read the list before they change
    /// what is called by its name, so one that changes more apps than it has read lists was told to
    /// change many at once.
    fn judge_spread(&mut self, change: &Change, processes: &[Process]) -> Result<(), Refusal> {
        if self.desk.rules.know_the_own() {
            return Ok(());
        }
        for subject in &change.subjects {
            let Subject::Id(id) = subject else { continue };
            let Some(process) = processes.iter().find(|process| process.id == *id) else {
                continue;
            };
            let name = &process.key.name;
            let many = self.conduct.changed.len() >= self.conduct.listings.max(1);
            if many && !self.conduct.changed.contains(name) {
                let refusal = Refusal::new(
                    format!("pm2 {} of several apps at once, {name} among them", change.verb),
                    format!("no inventory says whose they are. {NAME_THEM}"),
                );
                self.conduct.banned = Some(refusal.clone());
                return Err(refusal);
            }
            self.conduct.changed.insert(name.clone());
        }
        Ok(())
    }

    fn refuse(&mut self, refusal: &Refusal, id: &str) -> io::Result<()> {
        if self.conduct.told.insert(refusal.what.clone()) {
            refusal.tell(&self.desk.journal);
        }
        let said = format!("tagout: {refusal}");
        let answer = frame::encode(&json!({"error": said, "stack": said}), id);
        write_whole(&self.answers, &answer)
    }

    /// Connects to the daemon, and starts one where none runs, as the client would have done.
    fn reach_daemon(&mut self) -> Result<(), Refusal> {
        if self.daemon.is_some() {
            return Ok(());
        }
        let connection = self.desk.connect(&self.pm2, &self.client)?;
        let daemon = connection.into_stream();
        let passed = daemon.try_clone().and_then(|daemon| {
            let answers = Arc::clone(&self.answers);
            thread::Builder::new()
                .name("pm2-answers".to_owned())
                .spawn(move || pass(&daemon, &answers))
        });
        passed.map_err(|cause| Refusal::new("pm2", format!("it cannot be reached: {cause}")))?;
        self.daemon = Some(daemon);
        Ok(())
    }
}

/// A call of PM2's command line, without its secrets.
fn called(words: &[String]) -> String {
    format!("pm2 {}", shown_command(words))
}

/// Passes on the daemon's answers until it goes; then the client is to know that it has gone.
fn pass(daemon: &UnixStream, answers: &Mutex<UnixStream>) {
    let mut read = BufReader::with_capacity(64 << 10, daemon);
    while let Ok(Some(frame)) = Frame::read(&mut read) {
        if write_whole(answers, frame.bytes()).is_err() {
            break;
        }
    }
    let client = answers.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = client.shutdown(Shutdown::Both);
}

fn write_whole(answers: &Mutex<UnixStream>, answer: &[u8]) -> io::Result<()> {
    answers.lock().unwrap_or_else(PoisonError::into_inner).write_all(answer)
}
