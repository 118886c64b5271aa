use super::{Forge, model::Job};
use crate::{
    config::{Config, RunnerPlace, matches_name},
    source::{Place, yaml::Node},
};

/// Where the steps of a job run.
///
/// A label that GitHub hosts is a machine that is thrown away after the job, and so is the job's
/// own container where it has nothing of the host's. Every other label is taken for a machine that
/// others share, and all labels are on Gitea and Forgejo, unless `runners` in the configuration
/// says otherwise. Of several possible runners the shared one counts.
pub(super) fn of_job(job: &Job, forge: Forge, config: &Config) -> Place {
    let runners =
        job.runs_on.map(|runs_on| possible_runners(runs_on, job.matrix)).unwrap_or_default();
    let places = runners.iter().map(|labels| of_labels(labels, forge, config));
    match places.reduce(|a, b| if matches!(b, Place::Host(_)) { b } else { a }) {
        Some(Place::Host(_)) if forge == Forge::GitHub && is_apart(job.container) => {
            Place::Ephemeral("the job's container".to_owned())
        }
        Some(place) => place,
        None if job.id.is_none() => Place::Host("the caller's runner".to_owned()),
        None => Place::Host("an unnamed runner".to_owned()),
    }
}

/// Whether all runners that a job may get are Windows, whose `run:` is PowerShell.
pub(super) fn is_windows(job: &Job) -> bool {
    let runners =
        job.runs_on.map(|runs_on| possible_runners(runs_on, job.matrix)).unwrap_or_default();
    let windows = |label: &String| label.to_ascii_lowercase().starts_with("windows");
    !runners.is_empty() && runners.iter().all(|labels| labels.iter().any(windows))
}

/// The sets of labels that a `runs-on` can come to; none of them is empty.
fn possible_runners(runs_on: Node, matrix: Option<Node>) -> Vec<Vec<String>> {
    let key = runs_on.as_str().and_then(matrix_key);
    let values = key.map(|key| matrix_values(matrix, key)).unwrap_or_default();
    let possible = if values.is_empty() { vec![runs_on] } else { values };
    possible.into_iter().map(labels).filter(|labels| !labels.is_empty()).collect()
}

/// One label, a list of them, or a group and labels.
fn labels(node: Node) -> Vec<String> {
    let group = node.get("group").and_then(Node::as_str).map(|group| format!("group {group}"));
    let labels = node.get("labels").unwrap_or(node);
    let one = labels.as_str().filter(|label| !label.is_empty());
    let named = one.into_iter().chain(labels.items().filter_map(Node::as_str));
    group.into_iter().chain(named.map(str::to_owned)).collect()
}

/// The key of `${{ matrix.key }}`.
fn matrix_key(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    inner.strip_prefix("matrix.").filter(|key| !key.contains(|c: char| c.is_whitespace()))
}

/// The values that a key of a matrix can have.
pub(super) fn matrix_values<'y>(matrix: Option<Node<'y>>, key: &str) -> Vec<Node<'y>> {
    let Some(matrix) = matrix else { return Vec::new() };
    let listed = matrix.get(key).into_iter().flat_map(Node::items);
    let included = matrix.get("include").into_iter().flat_map(Node::items);
    listed.chain(included.filter_map(|combination| combination.get(key))).collect()
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

/// Whether GitHub has machines with this label.
fn is_hosted(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ["ubuntu-", "windows-", "macos-"].iter().any(|system| label.starts_with(system))
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
