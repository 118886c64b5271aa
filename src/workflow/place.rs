use super::{Forge, expressions, model::Job};
use crate::{
    config::{Config, RunnerPlace, matches_name},
    source::{
        Place,
        expression::{Contexts, Matrix, PossibleValues, Value},
        yaml::Node,
    },
};
use std::sync::Arc;

/// The ways in which a job runs: where, whether on Windows, and what is known there. Where rows of
/// its matrix choose between machines that are shared and others, each kind has its own rows.
pub(super) fn of_runs(
    job: &Job,
    forge: Forge,
    config: &Config,
    contexts: Contexts,
) -> Vec<(Place, bool, Contexts)> {
    let runs_on = runs_on(job);
    let possible = contexts.possible_value(&runs_on);
    let in_rows = |rows| {
        let matrix = Some(Arc::new(Matrix::of_rows(rows)));
        let contexts = Contexts { matrix, ..contexts.clone() };
        let possible = contexts.possible_value(&runs_on);
        let (place, is_windows) = of_possible(job, forge, config, &runs_on, &possible);
        (place, is_windows, contexts)
    };
    if let Some(matrix) = &contexts.matrix
        && runs_on.to_string().contains("matrix.")
        && !are_of_one_kind(&possible, forge, config)
    {
        let (mut shared, mut others) = (Vec::new(), Vec::new());
        for row in matrix.known_rows() {
            match in_rows(vec![row.clone()]).0 {
                Place::Host(_) => shared.push(row.clone()),
                _ => others.push(row.clone()),
            }
        }
        if !shared.is_empty() && !others.is_empty() {
            return [shared, others].map(in_rows).into();
        }
    }
    let (place, is_windows) = of_possible(job, forge, config, &runs_on, &possible);
    vec![(place, is_windows, contexts)]
}

fn runs_on(job: &Job) -> Value {
    job.runs_on.map_or(Value::Null, expressions::value)
}

/// Whether all values of a `runs-on` are known and machines that are shared, or all are others.
fn are_of_one_kind(runs_on: &PossibleValues, forge: Forge, config: &Config) -> bool {
    let is_shared = |labels: &[String]| matches!(of_labels(labels, forge, config), Place::Host(_));
    let all: Vec<Vec<String>> = runs_on.values.iter().map(labels).collect();
    let shared = all.iter().filter(|labels| is_shared(labels)).count();
    let are_known = !runs_on.others && all.iter().all(|labels| !labels.is_empty());
    are_known && (shared == 0 || shared == all.len())
}

/// Where the steps of a job run, and whether all runners that it may get are Windows, whose `run:`
/// is PowerShell.
///
/// A label that GitHub hosts is a machine that is thrown away after the job, and so is the job's
/// own container where it has nothing of the host's. Every other label is taken for a machine that
/// others share, and all labels are on Gitea and Forgejo, unless `runners` in the configuration
/// says otherwise. Of several possible runners the shared one counts.
pub(super) fn of_job(
    job: &Job,
    forge: Forge,
    config: &Config,
    contexts: &Contexts,
) -> (Place, bool) {
    let runs_on = runs_on(job);
    of_possible(job, forge, config, &runs_on, &contexts.possible_value(&runs_on))
}

fn of_possible(
    job: &Job,
    forge: Forge,
    config: &Config,
    runs_on: &Value,
    possible: &PossibleValues,
) -> (Place, bool) {
    // What is written, where nothing of it is known.
    let values = match possible.values.as_slice() {
        [] => std::slice::from_ref(runs_on),
        values => values,
    };
    let runners: Vec<Vec<String>> =
        values.iter().map(labels).filter(|labels| !labels.is_empty()).collect();
    let windows = |label: &String| label.to_ascii_lowercase().starts_with("windows");
    let is_windows = !runners.is_empty() && runners.iter().all(|labels| labels.iter().any(windows));
    let places = runners.iter().map(|labels| of_labels(labels, forge, config));
    let place = match places.reduce(|a, b| if matches!(b, Place::Host(_)) { b } else { a }) {
        Some(Place::Host(_)) if forge == Forge::GitHub && is_apart(job.container) => {
            Place::Ephemeral("the job's container".to_owned())
        }
        Some(place) => place,
        None => Place::Host("an unnamed runner".to_owned()),
    };
    (place, is_windows)
}

/// One label, a list of them, or a group and labels.
fn labels(runs_on: &Value) -> Vec<String> {
    match runs_on {
        Value::String(label) | Value::Unknown(label) if !label.is_empty() => vec![label.clone()],
        Value::Array(items) => items.iter().flat_map(labels).collect(),
        Value::Object(entries) => {
            let group = entries.get("group").into_iter().flat_map(labels);
            let group = group.map(|group| format!("group {group}"));
            group.chain(entries.get("labels").into_iter().flat_map(labels)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_labels(labels: &[String], forge: Forge, config: &Config) -> Place {
    let name = labels.join(", ");
    let configured = config
        .runners
        .iter()
        .filter(|(pattern, _)| labels.iter().any(|label| matches_name(pattern, label)))
        .map(|(_, place)| *place)
        .reduce(|a, b| if b == RunnerPlace::Host { b } else { a });
    match configured {
        Some(RunnerPlace::Ephemeral) => Place::Ephemeral(name),
        Some(RunnerPlace::Host) => Place::Host(name),
        None if forge == Forge::GitHub && labels.iter().all(|l| is_hosted(l)) => {
            Place::Ephemeral(name)
        }
        None => Place::Host(name),
    }
}

/// Whether GitHub, or a service in its place, has machines with this label.
fn is_hosted(label: &str) -> bool {
    /// How the labels of machines start that are thrown away after each job.
    const HOSTED: [&str; 12] = [
        "ubuntu-",
        "windows-",
        "macos-",
        "blacksmith-",
        "buildjet-",
        "codebuild-",
        "depot-",
        "namespace-",
        "nscloud-",
        "runs-on=",
        "ubicloud",
        "warp-",
    ];
    let label = label.to_ascii_lowercase();
    HOSTED.iter().any(|start| label.starts_with(start))
}

/// Whether a job's container has nothing of the host's: no volumes, no options.
fn is_apart(container: Option<Node>) -> bool {
    container.is_some_and(|container| match container.as_str() {
        Some(image) => !image.is_empty() && !container.is_null(),
        None => {
            container.get("image").is_some()
                && container.get("volumes").is_none()
                && container.get("options").is_none()
        }
    })
}
