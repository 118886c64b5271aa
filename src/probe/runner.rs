use super::{
    Measure,
    condition::{Verdict, judge},
    facts::Facts,
    filling::Filling,
    prober,
    report::{Outcome, ProbeReport, Unmet, milliseconds},
};
use crate::config::{PlacedCondition, Probe, Timing};
use std::{path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Measures until the probe has passed for as long as it should, or its time is over.
pub async fn run(probe: Probe, folder: PathBuf) -> ProbeReport {
    let mut filling = Filling::new(folder);
    let outcome = match prober(&probe, &mut filling) {
        Ok(prober) => Run::new(&probe, prober).finish().await,
        Err(reason) => Ended {
            outcome: Outcome::Error,
            attempts: 0,
            last: Attempt { took: None, message: Some(reason), unmet: Vec::new() },
        },
    };
    let Ended { outcome, attempts, last } = outcome;
    let hide = |text: &String| filling.hide(text);
    ProbeReport {
        kind: probe.kind.name(),
        outcome,
        severity: probe.severity,
        attempts,
        latency_ms: last.took.map(milliseconds),
        message: last.message.as_ref().map(hide),
        unmet: last
            .unmet
            .into_iter()
            .map(|unmet| Unmet { reason: hide(&unmet.reason), ..unmet })
            .collect(),
        name: probe.name,
    }
}

struct Run<'a> {
    probe: &'a Probe,
    prober: Box<dyn Measure>,
    attempts: u32,
    /// Attempts in a row that have passed, and when the first of them ended.
    passes: u32,
    passing_since: Option<Instant>,
    /// The first attempt that did not pass.
    stumble: Option<String>,
}

struct Ended {
    outcome: Outcome,
    attempts: u32,
    last: Attempt,
}

/// One attempt: it passed if it has no message.
struct Attempt {
    took: Option<Duration>,
    message: Option<String>,
    unmet: Vec<Unmet>,
}

impl<'a> Run<'a> {
    fn new(probe: &'a Probe, prober: Box<dyn Measure>) -> Self {
        Self { probe, prober, attempts: 0, passes: 0, passing_since: None, stumble: None }
    }

    async fn finish(mut self) -> Ended {
        let Timing { timeout, within, every, hold, successes } = self.probe.timing;
        let deadline = Instant::now() + within;
        let mut failed: Option<Attempt> = None;
        loop {
            // The first attempt has its time whatever the deadline is, and so has one that only
            // has to confirm.
            let left = deadline.saturating_duration_since(Instant::now());
            let is_free = within.is_zero() || self.passes > 0;
            let may_take = if is_free { timeout } else { timeout.min(left) };
            let mut attempt = self.attempt(may_take).await;
            let Some(message) = attempt.message.take() else {
                self.passes += 1;
                let since = *self.passing_since.get_or_insert_with(Instant::now);
                let hold_left = hold.saturating_sub(since.elapsed());
                if self.passes >= successes && hold_left.is_zero() {
                    return self.passed(attempt);
                }
                // The last look is at the end of the hold, not after it.
                let pause = if self.passes >= successes { every.min(hold_left) } else { every };
                sleep(pause).await;
                continue;
            };
            let message = if self.passes > 0 {
                format!("it passed and did not stay so: {message}")
            } else {
                message
            };
            self.stumble.get_or_insert_with(|| message.clone());
            attempt.message = Some(message);
            self.passes = 0;
            self.passing_since = None;
            self.prober.start_over();
            // An attempt that the deadline cut short tells less than the one before it.
            let was_cut = may_take < timeout && attempt.took.is_none_or(|took| took >= may_take);
            failed = match failed {
                Some(before) if was_cut => Some(before),
                _ => Some(attempt),
            };
            if Instant::now() + every >= deadline
                && let Some(last) = failed
            {
                let is_unclear = last.unmet.is_empty() || last.unmet.iter().any(|u| u.unclear);
                let outcome = if is_unclear { Outcome::Error } else { Outcome::Fail };
                return Ended { outcome, attempts: self.attempts, last };
            }
            sleep(every).await;
        }
    }

    fn passed(self, last: Attempt) -> Ended {
        let attempts = self.attempts;
        let Some(stumble) = self.stumble else {
            return Ended { outcome: Outcome::Pass, attempts, last };
        };
        let message = Some(format!("attempt {attempts} passed; at first: {stumble}"));
        Ended { outcome: Outcome::Flaky, attempts, last: Attempt { message, ..last } }
    }

    async fn attempt(&mut self, may_take: Duration) -> Attempt {
        self.attempts += 1;
        let started = Instant::now();
        let facts = match timeout(may_take, self.prober.measure()).await {
            Ok(Ok(facts)) => facts,
            Ok(Err(reason)) => {
                let took = Some(started.elapsed());
                return Attempt { took, message: Some(reason), unmet: Vec::new() };
            }
            Err(_) => {
                let message = Some(format!("it did not end within {may_take:?}"));
                return Attempt { took: Some(started.elapsed()), message, unmet: Vec::new() };
            }
        };
        let expect = self.probe.expect.iter();
        let unmet: Vec<Unmet> = expect.filter_map(|placed| unmet(placed, &facts)).collect();
        let message = unmet.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; ");
        let message = (!unmet.is_empty()).then_some(message);
        Attempt { took: Some(facts.latency), message, unmet }
    }
}

fn unmet(placed: &PlacedCondition, facts: &Facts) -> Option<Unmet> {
    let (reason, unclear) = match judge(&placed.condition, facts) {
        Verdict::Holds => return None,
        Verdict::Fails(seen) => match &facts.note {
            Some(note) => (format!("{seen}; {note}"), false),
            None => (seen, false),
        },
        Verdict::Unclear(reason) => (reason, true),
    };
    let condition = placed.condition.source.clone();
    Some(Unmet { condition, reason, line: placed.line, column: placed.column, unclear })
}
