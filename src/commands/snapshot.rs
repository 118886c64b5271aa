use super::{Exit, configuration};
use crate::cli::{Global, Snapshot, SnapshotAction};
use crate::host::settle::{Patience, settle};
use crate::host::{self, diff, snapshot};
use crate::probe;
use crate::report::{self, Format, Output, print};
use crate::store::Store;

/// Takes, lists, shows and compares snapshots.
pub fn run(global: &Global, arguments: Snapshot) -> miette::Result<Exit> {
    let store = Store::from_env()?;
    match arguments.action.unwrap_or(SnapshotAction::Take) {
        SnapshotAction::Take => take(global, &store),
        SnapshotAction::List => {
            print(&report::host::list(&store.list()?))?;
            Ok(Exit::Fine)
        }
        SnapshotAction::Show { id } => {
            let snapshot = store.load(id.as_deref())?;
            print(&report::host::shown(&snapshot, &configuration(global)?))?;
            Ok(Exit::Fine)
        }
        SnapshotAction::Diff { id, format } => compare(global, &store, id.as_deref(), &format),
    }
}

fn take(global: &Global, store: &Store) -> miette::Result<Exit> {
    let config = configuration(global)?;
    let mut snapshot = snapshot::take(&host::managers()?, &config);
    // With a hole in it, it would later pass for the whole.
    if snapshot.gaps().next().is_some() {
        eprint!("{}", report::host::not_taken(&snapshot));
        return Ok(Exit::Failed);
    }
    let checklists: Vec<&str> = config.checklists.keys().map(String::as_str).collect();
    snapshot.measured = probe::measure(&config, &checklists)?;
    let path = store.save(&mut snapshot, &[])?;
    print(&report::host::taken(&snapshot, &path))?;
    Ok(Exit::Fine)
}

fn compare(
    global: &Global,
    store: &Store,
    id: Option<&str>,
    format: &[Output],
) -> miette::Result<Exit> {
    let config = configuration(global)?;
    let before = store.load(id)?;
    let now = settle(&before, &before.managers(), &config, Patience::default());
    let diff = diff::compare(&before, &now, &config);
    for output in format {
        output.write(&match output.format {
            Format::Human => report::host::diff(&before, &diff),
            Format::Json => report::host::diff_json(&before, &diff),
            other => return Err(other.unknown_here("snapshot diff")),
        })?;
    }
    Ok(if diff.has_harm() { Exit::Failed } else { Exit::Fine })
}
