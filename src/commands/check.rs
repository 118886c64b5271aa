use super::{Exit, configuration};
use crate::cli::{Check, Global};
use crate::config::Config;
use crate::host::diff;
use crate::host::settle::{Patience, settle};
use crate::probe::{self, Comparison, Outcome};
use crate::report::{self, Format};
use crate::store::{Store, StoreError};
use std::path::Path;

/// Runs a checklist and prints what became of it.
pub fn run(global: &Global, arguments: &Check) -> miette::Result<Exit> {
    let config = configuration(global)?;
    let report = probe::run(&config, &arguments.checklist, &|| neighbours(&config))?;
    for output in &arguments.format {
        output.write(&match output.format {
            Format::Human => report::check::human(&report, config.path.as_deref().map(shortened)),
            Format::Json => report::check::json(&report)?,
            other => return Err(other.unknown_here("check")),
        })?;
    }
    Ok(if report.is_clean() { Exit::Fine } else { Exit::Failed })
}

/// A path as it looks from here.
fn shortened(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

/// Compares the host with the newest snapshot; outside of a deploy there need not be one.
fn neighbours(config: &Config) -> Comparison {
    let before = match Store::from_env().and_then(|store| store.load(None)) {
        Ok(before) => before,
        Err(error) => {
            let outcome = match error {
                StoreError::Empty { .. } => Outcome::Warn,
                _ => Outcome::Error,
            };
            return Comparison { outcome, message: Some(format!("not compared: {error}")) };
        }
    };
    let now = settle(&before.managers(), config, Patience::default());
    let diff = diff::compare(&before, &now, config);
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
