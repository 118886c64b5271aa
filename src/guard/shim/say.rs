//! What a stand-in says on standard error, and writes into the journal.

use super::allowance;
use super::called::Called;
use super::deploy::Deploy;
use super::judge::Judged;
use crate::guard::journal::Step;
use crate::guard::masking::{masked, shown_command};
use crate::guard::refusal::Refusal;
use crate::guard::voice::say;
use crate::policy::Finding;
use std::fmt::Display;
use std::path::Path;

/// Says what was found, and notes it.
pub fn tell(judged: &Judged, called: &Called, deploy: &Deploy) {
    for trouble in &judged.troubles {
        say(masked(trouble));
    }
    for finding in &judged.denied {
        let Refusal { what, why } = refuse(finding, called);
        note(deploy, Step::Refused { what, why });
    }
    if judged.is_refused() {
        return;
    }
    for (finding, reason) in &judged.let_through {
        let (what, why) = (command(finding), format!("{} ({reason})", message(finding)));
        say(format_args!("{what} let through: {why}"));
        note(deploy, Step::LetThrough { what, why });
    }
    for finding in &judged.warned {
        say(format_args!("warning: {}: {}", command(finding), message(finding)));
    }
}

fn refuse(finding: &Finding, called: &Called) -> Refusal {
    let refusal = Refusal::new(command(finding), message(finding));
    say(&refusal);
    if let Some(way) = way(finding, called) {
        say(format_args!("  it is run by {way}"));
    }
    if let Some(help) = &finding.help {
        say(format_args!("  {help}"));
    }
    say(format_args!(
        "  if it must be, run it with {}='{}: why'; the report will say so",
        allowance::VARIABLE,
        finding.rule
    ));
    refusal
}

/// A journal that cannot be written changes nothing of what is refused.
fn note(deploy: &Deploy, step: Step) {
    if let Err(error) = deploy.note(step) {
        say(format_args!("{error}: the report will not tell of this"));
    }
}

fn command(finding: &Finding) -> String {
    shown_command(&finding.command)
}

fn message(finding: &Finding) -> String {
    masked(&format!("{} [{}]", finding.message, finding.rule))
}

/// The way to a command that was not called itself: `bash -c`, `sudo`, `deploy.sh:3`.
fn way(finding: &Finding, called: &Called) -> Option<String> {
    let mut way: Vec<String> = finding.via.iter().map(|hop| hop.step.clone()).collect();
    if !called.wrote(finding) {
        let location = &finding.location;
        way.push(format!("{}:{}", location.shown_path(), location.line()));
    }
    (!way.is_empty()).then(|| masked(&way.join(" → ")))
}

pub fn not_found(name: &str) {
    say(format_args!("{name}: not found: only tagout's stand-in for it is on PATH"));
}

pub fn not_run(program: &Path, cause: &dyn Display) {
    say(format_args!("{}: {cause}", program.display()));
}
