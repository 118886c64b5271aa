use super::{Exit, configuration};
use crate::cli::{Check, Global};
use crate::config::{Config, Manual};
use crate::guard::around::Around;
use crate::host::settle::{Patience, settle};
use crate::host::{Snapshot, diff};
use crate::probe::{self, Answer, Comparison, Outcome};
use crate::report::{self, Format, progress::Progress};
use crate::store::{Store, StoreError};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Runs a checklist and prints what became of it.
pub fn run(global: &Global, arguments: &Check) -> miette::Result<Exit> {
    let config = configuration(global)?;
    unknown_questions(&config, &arguments.confirm)?;
    let before = newest_snapshot();
    let progress = Progress::new(&config, &arguments.checklist);
    let around = Around {
        config: &config,
        compare: &|| neighbours(&config, &before),
        before: before.as_ref().ok(),
        holds_lock: false,
        confirmed: &arguments.confirm,
        ask: &|manual| {
            progress.clear();
            ask(manual)
        },
        tell: &|event| progress.tell(event),
    };
    let report = probe::run(&config, &arguments.checklist, &around);
    progress.clear();
    let report = report?;
    for output in &arguments.format {
        output.write(&match output.format {
            Format::Human => report::check::human(&report, config.path.as_deref().map(shortened)),
            Format::Json => report::check::json(&report)?,
            Format::Junit => report::check::junit(&report)?,
            Format::Markdown => report::check::markdown(&report),
            Format::Prometheus => report::check::prometheus(&report),
            other => return Err(other.unknown_here("check")),
        })?;
    }
    Ok(if report.is_clean() { Exit::Fine } else { Exit::Failed })
}

/// An answer to a question that is nowhere asked is a mistake in writing.
pub fn unknown_questions(config: &Config, confirmed: &[String]) -> miette::Result<()> {
    let entries = config.checklists.values().flatten();
    let known: Vec<&str> = entries
        .filter_map(|entry| match entry {
            crate::config::Entry::Manual(manual) => Some(manual.name.as_str()),
            _ => None,
        })
        .collect();
    match confirmed.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let hint = crate::config::did_you_mean(name, known.iter().copied());
            Err(miette::miette!("no checklist asks {name:?}{hint}"))
        }
    }
}

/// A path as it looks from here.
fn shortened(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

/// Asks whoever sits at the terminal; nothing is answered by itself.
pub fn ask(manual: &Manual) -> Answer {
    let (mut out, input) = (io::stderr(), io::stdin());
    if !out.is_terminal() || !input.is_terminal() {
        return Answer::Open;
    }
    loop {
        let question =
            format!("{}\n  is that so? yes, no, or nothing to leave it open: ", manual.confirm);
        let asked = out.write_all(question.as_bytes()).and_then(|()| out.flush());
        let mut answer = String::new();
        if asked.is_err() || input.read_line(&mut answer).is_err() {
            return Answer::Open;
        }
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "" => return Answer::Open,
            _ => {}
        }
    }
}

/// The snapshot to compare with; outside of a deploy there need not be one.
pub fn newest_snapshot() -> Result<Snapshot, StoreError> {
    Store::from_env().and_then(|store| store.load(None))
}

/// Compares the host with the newest snapshot.
pub fn neighbours(config: &Config, before: &Result<Snapshot, StoreError>) -> Comparison {
    let before = match before {
        Ok(before) => before,
        Err(error) => {
            let outcome = match error {
                StoreError::Empty { .. } => Outcome::Warn,
                _ => Outcome::Error,
            };
            return Comparison { outcome, message: Some(format!("not compared: {error}")) };
        }
    };
    let now = settle(before, &before.managers(), config, Patience::default());
    let diff = diff::compare(before, &now, config);
    let blind = diff.blind.iter().map(|(manager, state)| state.describe(*manager));
    let harmed = diff.harmed().map(|change| format!("{} is {}", change.key, change.what.word()));
    let harm: Vec<String> = blind.chain(harmed).collect();
    let outcome = match (diff.harms_others(), harm.is_empty()) {
        (true, _) => Outcome::Fail,
        (false, false) => Outcome::Warn,
        (false, true) => Outcome::Pass,
    };
    let message = format!("since the snapshot {}: {}", before.id, harm.join(", "));
    Comparison { outcome, message: (!harm.is_empty()).then_some(message) }
}
