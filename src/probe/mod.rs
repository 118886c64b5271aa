//! Probes: what is measured, and whether what must hold of it does. In come the probes of one
//! checklist, out goes a [`CheckReport`]. All probes run at once, each on its own clock; each kind
//! is one file that turns one attempt into [`Facts`], the `condition` folder judges these, and
//! `runner` repeats attempts until the answer is final. What is no measurement (the comparison with
//! the snapshot, questions for a person) is asked of the [`Surroundings`].

mod answering;
mod command;
mod condition;
mod connection;
mod dns;
mod encryption;
mod env;
mod facts;
mod file;
mod filling;
mod host;
mod http;
mod log;
mod metrics;
mod process;
mod redis;
mod report;
mod runner;
mod sql;
mod surroundings;
mod tcp;
mod tls;

/// What else has to do with a PostgreSQL server.
pub(crate) mod postgres {
    pub use super::connection::Background;
    pub use super::sql::postgres::{Server, in_words};
}

pub use answering::{Page, answering};
pub use facts::Kept;
pub use report::{CheckReport, Outcome, Overall, ProbeReport, Unmet};
pub use runner::Event;
pub use surroundings::{Answer, Comparison, Surroundings};

use crate::config::{Config, Entry, Kind, Probe, did_you_mean, listed};
use facts::Facts;
use filling::Filling;
use miette::Diagnostic;
use runner::{Setting, Turn};
use std::{
    collections::{BTreeMap, HashMap},
    pin::Pin,
};
use thiserror::Error;
use tokio::{
    runtime::{self, Runtime},
    signal::unix,
    sync::{mpsc, watch},
    task::JoinSet,
};

/// What probes have measured at the snapshot, by their names.
pub type Measured = BTreeMap<String, Kept>;

/// One attempt under way: its facts, or why there are none.
type Measuring<'a> = Pin<Box<dyn Future<Output = Result<Facts, String>> + Send + 'a>>;

/// A probe that is ready to measure.
trait Measure: Send {
    /// Makes one attempt. Dropping it ends all that it has begun.
    fn measure(&mut self) -> Measuring<'_>;

    /// Forgets what earlier attempts have seen.
    fn start_over(&mut self) {}
}

/// Makes the probe of a kind ready; the error names a variable that is not set, or what else
/// keeps it from measuring.
fn prober(
    probe: &Probe,
    setting: &Setting,
    filling: &mut Filling,
) -> Result<Box<dyn Measure>, String> {
    let asks_for =
        |name| probe.conditions().any(|one| one.expression.references().has_variable(name));
    Ok(match &probe.kind {
        Kind::Http(http) => Box::new(http::Prober::new(http, filling)?),
        Kind::Tcp(tcp) => Box::new(tcp::Prober::new(tcp, asks_for("reply"), filling)?),
        Kind::Tls(tls) => Box::new(tls::Prober::new(tls, filling)?),
        Kind::Dns(dns) => Box::new(dns::Prober::new(dns, filling)?),
        Kind::Sql(sql) => Box::new(sql::Prober::new(sql, probe.timing.timeout, filling)?),
        Kind::Redis(redis) => Box::new(redis::Prober::new(redis, filling)?),
        Kind::Process(process) => Box::new(process::Prober::new(process)),
        Kind::Log(log) => {
            let before = setting.before.as_ref();
            Box::new(log::Prober::new(log, before, setting.is_first, filling)?)
        }
        Kind::Metrics(metrics) => Box::new(metrics::Prober::new(metrics, filling)?),
        Kind::Host(host) => Box::new(host::Prober::new(host, filling)?),
        Kind::File(file) => Box::new(file::Prober::new(file, filling)?),
        Kind::Env(env) => Box::new(env::Prober::new(env, filling)?),
        Kind::Command(command) => Box::new(command::Prober::new(command, filling)?),
    })
}

/// Why a checklist could not be run.
#[derive(Debug, Error, Diagnostic)]
pub enum CheckError {
    #[error("there is no checklist `{name}`{hint}")]
    #[diagnostic(help("{help}"))]
    NoSuchChecklist { name: String, hint: String, help: String },
    #[error("the probes cannot be started: {0}")]
    CannotStart(#[from] std::io::Error),
    #[error("interrupted; the probes that were running have been ended")]
    Interrupted,
}

/// Runs a checklist to its end and blocks until then; it must not be called inside a tokio
/// runtime.
pub fn run(
    config: &Config,
    checklist: &str,
    around: &dyn Surroundings,
) -> Result<CheckReport, CheckError> {
    let entries = entries(config, checklist)?;
    let probes = entries.iter().enumerate().filter_map(|(place, entry)| match entry {
        Entry::Probe(name) => Some((place, config.probes.get(name)?)),
        Entry::BuiltIn(_) | Entry::Manual(_) => None,
    });
    let before = around.before();
    let setting = |probe: &Probe| {
        let kept = before.as_ref().map(|measured| measured.get(&probe.name).cloned());
        Setting {
            folder: config.folder().to_owned(),
            before: kept.map(Option::unwrap_or_default),
            is_first: false,
        }
    };
    let (runtime, mut running) = begin(probes, setting)?;
    // The host is looked at while the probes run.
    let mut reports: BTreeMap<usize, ProbeReport> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Entry::BuiltIn(built_in) = entry {
            let report = surroundings::looked(*built_in, around, config);
            around.tell(&Event::Ended(&report));
            reports.insert(place, report);
        }
    }
    let finished = runtime.block_on(async {
        tokio::select! {
            finished = running.finish(|event| around.tell(&event)) => finished,
            () = interruption() => {
                // What they have begun ends with them: no command outlives this.
                running.tasks.shutdown().await;
                Err(CheckError::Interrupted)
            }
        }
    });
    // A name that is still being looked up cannot be ended, and need not be waited for.
    runtime.shutdown_background();
    reports.extend(finished?.into_iter().map(|(place, ended)| (place, ended.report)));
    // Questions come last: whoever answers them has seen the rest.
    for (place, entry) in entries.iter().enumerate() {
        if let Entry::Manual(manual) = entry {
            reports.insert(place, surroundings::asked(manual, around));
        }
    }
    Ok(CheckReport::new(checklist, reports.into_values().collect(), config))
}

/// Measures what the checklists' probes will want to compare with later.
pub fn measure(config: &Config, checklists: &[&str]) -> Result<Measured, CheckError> {
    let entries = checklists.iter().filter_map(|name| config.checklists.get(*name)).flatten();
    let mut names: Vec<&str> = entries.map(Entry::name).collect();
    names.sort_unstable();
    names.dedup();
    let probes = names.into_iter().filter_map(|name| config.probes.get(name));
    let probes: Vec<_> = probes.filter(|probe| !probe.remembers().is_empty()).enumerate().collect();
    if probes.is_empty() {
        return Ok(Measured::new());
    }
    let setting =
        |_: &Probe| Setting { folder: config.folder().to_owned(), before: None, is_first: true };
    let (runtime, mut running) = begin(probes.into_iter(), setting)?;
    let finished = runtime.block_on(running.finish(|_| {}));
    runtime.shutdown_background();
    let measured = finished?.into_values().map(|ended| (ended.report.name, ended.kept));
    Ok(measured.filter(|(_, kept)| !kept.is_empty()).collect())
}

/// Probes that are running, each known by its place in the checklist.
struct Running {
    tasks: JoinSet<(usize, runner::Ended)>,
    events: mpsc::UnboundedReceiver<runner::Told>,
}

/// Starts probes, each to wait for those that must come before it.
fn begin<'p>(
    probes: impl Iterator<Item = (usize, &'p Probe)>,
    setting: impl Fn(&Probe) -> Setting,
) -> Result<(Runtime, Running), CheckError> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let (teller, events) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let probes: Vec<(usize, &Probe)> = probes.collect();
    // The sender of each goes away when its probe has ended.
    let (mut ends, mut ended) = (HashMap::new(), HashMap::new());
    for (_, probe) in &probes {
        let (sender, receiver) = watch::channel(());
        ends.insert(&probe.name, sender);
        ended.insert(&probe.name, receiver);
    }
    for (place, probe) in &probes {
        let turn = Turn {
            after: probe.after.iter().filter_map(|name| ended.get(name).cloned()).collect(),
            end: ends.remove(&probe.name),
            teller: teller.clone(),
        };
        let run = runner::run((*probe).clone(), setting(probe), turn);
        let place = *place;
        tasks.spawn_on(async move { (place, run.await) }, runtime.handle());
    }
    Ok((runtime, Running { tasks, events }))
}

impl Running {
    /// The reports of all, in the order of the checklist.
    async fn finish(
        &mut self,
        mut tell: impl FnMut(Event<'_>),
    ) -> Result<BTreeMap<usize, runner::Ended>, CheckError> {
        let mut reports = BTreeMap::new();
        loop {
            tokio::select! {
                biased;
                Some(told) = self.events.recv() => tell(told.event()),
                finished = self.tasks.join_next() => {
                    let Some(finished) = finished else { return Ok(reports) };
                    let (place, ended) = finished.map_err(std::io::Error::other)?;
                    tell(Event::Ended(&ended.report));
                    reports.insert(place, ended);
                }
            }
        }
    }
}

fn entries<'c>(config: &'c Config, checklist: &str) -> Result<&'c [Entry], CheckError> {
    config.checklists.get(checklist).map(Vec::as_slice).ok_or_else(|| {
        let known = || config.checklists.keys().map(String::as_str);
        let help = if config.checklists.is_empty() {
            let file = match &config.path {
                Some(_) => "tagout.yml has none; write one there",
                None => "there is no tagout.yml here or in a folder above; write one",
            };
            format!(
                "{file}:\n\nversion: 1\nprobes:\n  ready:\n    http: http://127.0.0.1:3000/health\n    \
                 expect: status == 200\nchecklists:\n  {checklist}: [ready]"
            )
        } else {
            format!("tagout.yml has {}", listed(known()))
        };
        let hint = did_you_mean(checklist, known());
        CheckError::NoSuchChecklist { name: checklist.to_owned(), hint, help }
    })
}

/// Ends when somebody wants this program to end.
async fn interruption() {
    let wait = |kind| async move {
        match unix::signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(unix::SignalKind::interrupt()) => {}
        () = wait(unix::SignalKind::terminate()) => {}
    }
}
