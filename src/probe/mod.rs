//! Probes: what is measured, and whether what must hold of it does. In come the probes of one
//! checklist, out goes a [`CheckReport`]. All probes run at once, each on its own clock; each kind
//! is one file that turns one attempt into [`Facts`], the `condition` folder judges these, and
//! `runner` repeats attempts until the answer is final.

mod command;
mod condition;
mod facts;
mod filling;
mod http;
mod process;
mod report;
mod runner;
mod tcp;

pub use report::{CheckReport, Outcome, Overall, ProbeReport, Unmet};

use crate::config::{Config, Entry, Kind, NEIGHBOURS, Probe, did_you_mean, listed};
use facts::Facts;
use filling::Filling;
use miette::Diagnostic;
use std::{collections::BTreeMap, pin::Pin, time::Instant};
use thiserror::Error;
use tokio::{runtime, signal::unix, task::JoinSet};

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
fn prober(probe: &Probe, filling: &mut Filling) -> Result<Box<dyn Measure>, String> {
    let asks_for =
        |name| probe.expect.iter().any(|e| e.condition.expression.references().has_variable(name));
    Ok(match &probe.kind {
        Kind::Http(http) => Box::new(http::Prober::new(http, filling)?),
        Kind::Tcp(tcp) => Box::new(tcp::Prober::new(tcp, asks_for("reply"), filling)?),
        Kind::Process(process) => Box::new(process::Prober::new(process, filling)),
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

/// What the comparison of the host with its snapshot gave.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub outcome: Outcome,
    pub message: Option<String>,
}

/// Runs a checklist to its end and blocks until then; it must not be called inside a tokio
/// runtime. `compare` compares the host with its snapshot, for a checklist that has `neighbours`.
pub fn run(
    config: &Config,
    checklist: &str,
    compare: &dyn Fn() -> Comparison,
) -> Result<CheckReport, CheckError> {
    let entries = entries(config, checklist)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut running = JoinSet::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Entry::Probe(name) = entry
            && let Some(probe) = config.probes.get(name)
        {
            let run = runner::run(probe.clone(), config.folder().to_owned());
            running.spawn_on(async move { (place, run.await) }, runtime.handle());
        }
    }
    // It reads the host while the probes run.
    let compared = entries.iter().position(|entry| *entry == Entry::Neighbours);
    let compared = compared.map(|place| (place, comparison(config, compare)));
    let reports = runtime.block_on(async {
        tokio::select! {
            reports = finished(&mut running, compared) => reports,
            () = interruption() => {
                // What they have begun ends with them: no command outlives this.
                running.shutdown().await;
                Err(CheckError::Interrupted)
            }
        }
    });
    // A name that is still being looked up cannot be ended, and need not be waited for.
    runtime.shutdown_background();
    Ok(CheckReport::new(checklist, reports?, &config.severities))
}

/// The reports of all, in the order of the checklist.
async fn finished(
    running: &mut JoinSet<(usize, ProbeReport)>,
    compared: Option<(usize, ProbeReport)>,
) -> Result<Vec<ProbeReport>, CheckError> {
    let mut reports: BTreeMap<usize, ProbeReport> = compared.into_iter().collect();
    while let Some(finished) = running.join_next().await {
        let (place, report) = finished.map_err(std::io::Error::other)?;
        reports.insert(place, report);
    }
    Ok(reports.into_values().collect())
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

fn comparison(config: &Config, compare: &dyn Fn() -> Comparison) -> ProbeReport {
    let started = Instant::now();
    let Comparison { outcome, message } = compare();
    ProbeReport {
        name: NEIGHBOURS.to_owned(),
        kind: NEIGHBOURS,
        outcome,
        // Harm to others is the worst there is.
        severity: config.severities.first().cloned().unwrap_or_default(),
        attempts: 1,
        latency_ms: Some(report::milliseconds(started.elapsed())),
        message,
        unmet: Vec::new(),
    }
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
