//! The verdict on a deploy that is over: in comes what is known of its end, out goes the record. The
//! host is compared and checked; if the deploy failed, was interrupted, harmed anybody or left checks
//! failing, the host is brought back first.

use super::checks::{self, Checks};
use super::ci::CiRun;
use super::guarded::{Guarded, Look};
use super::journal::Step;
use super::judge::Judgement;
use super::masking::Secrets;
use super::record::{Cause, CommandEnd, Outcome, Record};
use super::supervise::Interrupt;
use std::sync::OnceLock;

/// A deploy that is over.
pub struct Over {
    /// The deploy command, its secrets masked.
    pub command: String,
    pub ci: CiRun,
    pub end: CommandEnd,
    /// Why it did not go well, if it did not.
    pub failed: Option<Cause>,
}

/// Judges the deploy, and undoes it if it cannot stand. A signal that came by the end of the checks
/// is a reason, too.
pub fn conclude(mut guarded: Guarded<'_>, over: Over, interrupted: &OnceLock<Interrupt>) -> Record {
    guarded.timeline.say("comparing the host with the snapshot");
    let deployed = over.failed.is_none();
    let (mut after, mut harm) = guarded.look(deployed, Look::WhenQuiet);
    let mut checks = Checks::NotRun;
    if deployed && harm.is_harmless() {
        checks = guarded.check(checks::run, deployed);
        // A crash may show only now.
        (after, harm) = guarded.look(deployed, Look::AtOnce);
        if !harm.is_harmless() {
            (after, harm) = guarded.look(deployed, Look::WhenQuiet);
        }
    }
    guarded.tell("harmed", &harm);
    let commits = guarded.commits(&after);
    let failed = over.failed.or_else(|| interrupted.get().copied().map(Cause::Interrupted));
    let mut causes = causes(failed, &harm, &checks);
    let verified = causes.is_empty() && matches!(checks, Checks::Ran(_));
    let secrets = Secrets::of(&guarded.before);
    let mut evidence = None;
    let (restoration, outcome) = if causes.is_empty() {
        guarded.timeline.must(Step::Stands { verified });
        (None, Outcome::Deployed)
    } else if let Some(released) = guarded.timeline.released() {
        // It is not ours any more to bring the host back.
        guarded.timeline.say(format!("nothing is rolled back: {released}"));
        causes.insert(0, released);
        (None, Outcome::LetGo)
    } else {
        evidence = Some(guarded.evidence(&harm, &secrets));
        let restoration = guarded.restore(&causes, &after, &[]);
        let outcome = restoration.outcome();
        (Some(restoration), outcome)
    };
    Record {
        host: guarded.before.host.clone(),
        command: over.command,
        target: guarded.target.to_string(),
        ci: over.ci,
        snapshot: guarded.before.id.clone(),
        commits,
        end: over.end,
        harm,
        checks,
        causes,
        restoration,
        evidence,
        secrets,
        outcome,
        verified,
        timeline: guarded.timeline,
    }
}

fn causes(failed: Option<Cause>, harm: &Judgement, checks: &Checks) -> Vec<Cause> {
    let mut causes: Vec<Cause> = failed.into_iter().collect();
    if !harm.harmed.is_empty() {
        causes.push(Cause::Harm(harm.harmed.len()));
    }
    causes.extend(harm.blind.iter().cloned().map(Cause::Blind));
    causes.extend(checks.cause());
    causes
}
