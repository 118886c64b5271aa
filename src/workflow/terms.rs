//! On which terms a job runs: alone or beside others, behind an environment, after a confirmation.

use super::model::{Field, Job, Workflow};
use crate::source::{JobTerms, yaml::Node};
use regex::Regex;
use std::sync::LazyLock;

/// A comparison of an input with a text: `inputs.confirm == 'yes'`.
static COMPARED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b((?:github\.event\.)?inputs\.([\w-]+))\s*==\s*['\x22]").ok());

/// Those of a job of a workflow, which is called on the terms of `caller`.
pub(super) fn of(job: &Job, workflow: &Workflow, caller: Option<&JobTerms>) -> Option<JobTerms> {
    let serialises = |node: Option<Node>| node.is_some_and(|node| !node.is_null());
    let environment = job.environment.and_then(|node| node.get("name").or(Some(node)));
    let environment = environment.and_then(Node::as_str).filter(|name| !name.is_empty());
    let named = job.steps.iter().map(|step| step.name.clone());
    let used = job.steps.iter().filter_map(|step| step.uses?.value.as_str()).map(str::to_owned);
    Some(JobTerms {
        location: job.key?.location(),
        is_serialised: serialises(job.concurrency)
            || serialises(workflow.concurrency)
            || caller.is_some_and(|terms| terms.is_serialised),
        environment: environment
            .map(str::to_owned)
            .or_else(|| caller.and_then(|terms| terms.environment.clone())),
        confirmed_by: confirmation(job, workflow, 0)
            .or_else(|| caller.and_then(|terms| terms.confirmed_by.clone())),
        is_manual: is_manual(workflow.on)
            || caller.is_some_and(|terms| terms.is_manual && is_called(workflow.on)),
        steps: named.chain(used).chain(job.uses.and_then(name_of)).collect(),
    })
}

fn name_of(uses: Field) -> Option<String> {
    uses.value.as_str().map(str::to_owned)
}

/// The text that a person must have typed into an input, of the job or of one that it needs.
fn confirmation(job: &Job, workflow: &Workflow, depth: usize) -> Option<String> {
    /// Jobs can need each other in a circle.
    const MAX_DEPTH: usize = 10;
    if depth > MAX_DEPTH {
        return None;
    }
    let own = job.condition.and_then(|condition| typed_input(condition, workflow));
    own.or_else(|| {
        let needed = job.needs?;
        let names = needed.items().filter_map(Node::as_str).chain(needed.as_str());
        let mut jobs = names.filter_map(|name| workflow.jobs.iter().find(|job| job.id == name));
        jobs.find_map(|job| confirmation(job, workflow, depth + 1))
    })
}

/// The input that a condition compares with a text, if a person types it: a choice or a tick is
/// no confirmation.
fn typed_input(condition: &str, workflow: &Workflow) -> Option<String> {
    // Few have any, and the pattern is slow to be made ready.
    let dispatched = workflow.dispatched.filter(|_| condition.contains("inputs."))?;
    let compared = COMPARED.as_ref()?.captures_iter(condition);
    let is_typed = |name: &str| {
        dispatched.get(name).is_some_and(|input| {
            matches!(input.get("type").and_then(Node::as_str), None | Some("string"))
        })
    };
    let mut typed = compared.filter(|found| is_typed(&found[2]));
    typed.next().map(|found| found[1].to_owned())
}

/// Whether only a person starts a workflow.
fn is_manual(on: Option<Node>) -> bool {
    let Some(on) = on else { return false };
    let mut triggers = triggers(on).peekable();
    triggers.peek().is_some() && triggers.all(|trigger| trigger == "workflow_dispatch")
}

/// Whether only another workflow starts it.
fn is_called(on: Option<Node>) -> bool {
    on.is_some_and(|on| triggers(on).all(|trigger| trigger == "workflow_call"))
}

fn triggers(on: Node<'_>) -> impl Iterator<Item = &str> {
    let keys = on.entries().into_iter().filter_map(|(key, _)| key.as_str());
    on.as_str().into_iter().chain(on.items().filter_map(Node::as_str)).chain(keys)
}
