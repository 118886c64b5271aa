use super::{
    Kept, Measure,
    condition::{self, Verdict, judge},
    facts::{Facts, from_kept, list, map, time},
    filling::Filling,
    prober,
    report::{Outcome, ProbeReport, Unmet, milliseconds},
};
use crate::config::{BEFORE, NOW, PlacedCondition, Probe, SAMPLES, Sample, Timing};
use jiff::Timestamp;
use std::{path::PathBuf, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

/// What a probe is run with.
pub struct Setting {
    pub folder: PathBuf,
    /// What it measured at the snapshot; empty if there was no answer, nothing without a snapshot.
    pub before: Option<Kept>,
    /// Whether this is the measurement for the snapshot.
    pub is_first: bool,
}

/// When it is a probe's turn, and whom it tells.
pub struct Turn {
    /// It begins when all of these have gone away.
    pub after: Vec<watch::Receiver<()>>,
    /// It goes away with the probe.
    pub end: Option<watch::Sender<()>>,
    pub teller: mpsc::UnboundedSender<Told>,
}

/// How a probe comes along.
#[derive(Debug)]
pub enum Event<'a> {
    Begun {
        name: &'a str,
    },
    /// An attempt has not passed, and there will be another.
    Again {
        name: &'a str,
        attempt: u32,
        message: &'a str,
        left: Duration,
    },
    /// It has passed and must stay so.
    Holding {
        name: &'a str,
        left: Duration,
    },
    Ended(&'a ProbeReport),
}

/// An event on its way.
pub struct Told {
    name: String,
    what: What,
}

enum What {
    Begun,
    Again { attempt: u32, message: String, left: Duration },
    Holding { left: Duration },
}

impl Told {
    pub fn event(&self) -> Event<'_> {
        let name = &self.name;
        match &self.what {
            What::Begun => Event::Begun { name },
            What::Again { attempt, message, left } => {
                Event::Again { name, attempt: *attempt, message, left: *left }
            }
            What::Holding { left } => Event::Holding { name, left: *left },
        }
    }
}

/// What came of a probe, and what a snapshot keeps of it.
pub struct Ended {
    pub report: ProbeReport,
    pub kept: Kept,
}

/// Measures until the probe has passed for as long as it should, or its time is over; once only,
/// if it is for the snapshot.
pub async fn run(probe: Probe, setting: Setting, mut turn: Turn) -> Ended {
    for before in &mut turn.after {
        // Nothing is ever sent; it ends with an error when the other probe has ended.
        while before.changed().await.is_ok() {}
    }
    let mut filling = Filling::new(setting.folder.clone());
    let prober = prober(&probe, &setting, &mut filling);
    let end = turn.end.take();
    let done = match prober {
        Ok(prober) => {
            let mut run = Run::new(&probe, prober, &setting, &mut filling, turn.teller);
            run.tell(What::Begun);
            run.finish().await
        }
        Err(reason) => Done::broken(reason),
    };
    drop(end);
    let hide = |text: &String| filling.hide(text);
    let Done { outcome, attempts, last } = done;
    let report = ProbeReport {
        attempts,
        latency_ms: last.took.map(milliseconds),
        message: last.message.as_ref().map(hide),
        unmet: last
            .unmet
            .into_iter()
            .map(|unmet| Unmet { reason: hide(&unmet.reason), ..unmet })
            .collect(),
        ..ProbeReport::plain(&probe.name, probe.kind.name(), outcome, probe.severity.clone())
    };
    Ended { report, kept: last.kept }
}

struct Run<'a> {
    probe: &'a Probe,
    prober: Box<dyn Measure>,
    setting: &'a Setting,
    filling: &'a mut Filling,
    teller: mpsc::UnboundedSender<Told>,
    attempts: u32,
    /// Attempts in a row that have passed, and when the first of them ended.
    passes: u32,
    passing_since: Option<Instant>,
    /// The first attempt that did not pass.
    stumble: Option<String>,
}

struct Done {
    outcome: Outcome,
    attempts: u32,
    last: Attempt,
}

impl Done {
    fn broken(reason: String) -> Self {
        let last = Attempt { message: Some(reason), ..Attempt::default() };
        Self { outcome: Outcome::Error, attempts: 0, last }
    }
}

/// One attempt: it passed if it has no message, or only warnings.
#[derive(Default)]
struct Attempt {
    took: Option<Duration>,
    message: Option<String>,
    unmet: Vec<Unmet>,
    kept: Kept,
}

impl Attempt {
    fn broken(took: Duration, reason: String) -> Self {
        Self { took: Some(took), message: Some(reason), ..Self::default() }
    }

    fn has_passed(&self) -> bool {
        self.message.is_none() || !self.unmet.is_empty() && self.unmet.iter().all(|it| it.warning)
    }
}

impl<'a> Run<'a> {
    fn new(
        probe: &'a Probe,
        prober: Box<dyn Measure>,
        setting: &'a Setting,
        filling: &'a mut Filling,
        teller: mpsc::UnboundedSender<Told>,
    ) -> Self {
        Self {
            probe,
            prober,
            setting,
            filling,
            teller,
            attempts: 0,
            passes: 0,
            passing_since: None,
            stumble: None,
        }
    }

    fn tell(&self, what: What) {
        // Nobody may be listening any more.
        let _ = self.teller.send(Told { name: self.probe.name.clone(), what });
    }

    async fn finish(&mut self) -> Done {
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
            if self.setting.is_first {
                return Done { outcome: Outcome::Pass, attempts: self.attempts, last: attempt };
            }
            if attempt.has_passed() {
                self.passes += 1;
                let since = *self.passing_since.get_or_insert_with(Instant::now);
                let hold_left = hold.saturating_sub(since.elapsed());
                if self.passes >= successes && hold_left.is_zero() {
                    return self.passed(attempt);
                }
                self.tell(What::Holding { left: hold_left });
                // The last look is at the end of the hold, not after it.
                let pause = if self.passes >= successes { every.min(hold_left) } else { every };
                sleep(pause).await;
                continue;
            }
            let message = attempt.message.take().unwrap_or_default();
            let message = if self.passes > 0 {
                format!("it passed and did not stay so: {message}")
            } else {
                message
            };
            self.stumble.get_or_insert_with(|| message.clone());
            attempt.message = Some(message.clone());
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
                let expected = || last.unmet.iter().filter(|unmet| !unmet.warning);
                let is_unclear = last.unmet.is_empty() || expected().any(|u| u.unclear);
                let outcome = if is_unclear { Outcome::Error } else { Outcome::Fail };
                return Done { outcome, attempts: self.attempts, last };
            }
            let (attempt, message) = (self.attempts, self.filling.hide(&message));
            let left = deadline.saturating_duration_since(Instant::now());
            self.tell(What::Again { attempt, message, left });
            sleep(every).await;
        }
    }

    fn passed(&self, last: Attempt) -> Done {
        let attempts = self.attempts;
        let after = self
            .stumble
            .as_ref()
            .map(|stumble| format!("attempt {attempts} passed; at first: {stumble}"));
        let outcome = match (&last.message, &after) {
            (Some(_), _) => Outcome::Warn,
            (None, Some(_)) => Outcome::Flaky,
            (None, None) => Outcome::Pass,
        };
        let said: Vec<String> = last.message.iter().chain(&after).cloned().collect();
        let message = (!said.is_empty()).then(|| said.join("; "));
        Done { outcome, attempts, last: Attempt { message, ..last } }
    }

    async fn attempt(&mut self, may_take: Duration) -> Attempt {
        self.attempts += 1;
        let started = Instant::now();
        let measured = match &self.probe.sample {
            None => self.measure(may_take).await,
            Some(sample) => self.series(sample).await,
        };
        let mut facts = match measured {
            Ok(facts) => facts,
            Err(reason) => return Attempt::broken(started.elapsed(), reason),
        };
        for (name, value) in std::mem::take(&mut facts.secrets) {
            self.filling.keep_secret(&name, &value);
        }
        match &self.setting.before {
            Some(kept) => {
                let kept = kept.clone().into_iter().map(|(name, kept)| (name, from_kept(kept)));
                facts.set(BEFORE, map(kept));
            }
            None => facts.set_absent(
                BEFORE,
                "there is no snapshot; `tagout snapshot take` and `tagout deploy` take one",
            ),
        }
        let kept = facts.kept(&self.probe.remembers());
        let (expect, warn) = (self.probe.expect.iter(), self.probe.warn.iter());
        let expected = expect.filter_map(|placed| unmet(placed, &facts, false));
        let warned = warn.filter_map(|placed| unmet(placed, &facts, true));
        let unmet: Vec<Unmet> = expected.chain(warned).collect();
        let message = unmet.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; ");
        let message = (!unmet.is_empty()).then_some(message);
        Attempt { took: Some(facts.latency), message, unmet, kept }
    }

    async fn measure(&mut self, may_take: Duration) -> Result<Facts, String> {
        let mut facts = in_time(may_take, self.prober.measure()).await?;
        facts.set(NOW, time(Timestamp::now()));
        Ok(facts)
    }

    /// Measures again and again, and gives the last facts with what was kept of each.
    async fn series(&mut self, sample: &Sample) -> Result<Facts, String> {
        let begun = Instant::now();
        let (mut values, mut times) = (Vec::new(), Vec::new());
        loop {
            let count = times.len() as u32;
            let of = format!("measurement {} of {}", count + 1, sample.count);
            let may_take = self.probe.timing.timeout;
            times.push(begun.elapsed().as_secs_f64());
            let facts = self.measure(may_take).await.map_err(|why| format!("{of}: {why}"))?;
            let value = condition::value(&sample.value.condition, &facts);
            let source = &sample.value.condition.source;
            values.push(value.map_err(|reason| format!("{of}: {source} ({reason})"))?);
            if values.len() as u32 == sample.count {
                let mut facts = facts;
                facts.set(SAMPLES, list(values));
                facts.sample_times = times;
                return Ok(facts);
            }
            sleep_until(begun + sample.every * (count + 1)).await;
        }
    }
}

fn unmet(placed: &PlacedCondition, facts: &Facts, warning: bool) -> Option<Unmet> {
    let (reason, unclear) = match judge(&placed.condition, facts) {
        Verdict::Holds => return None,
        Verdict::Fails(seen) => match &facts.note {
            Some(note) => (format!("{seen}; {note}"), false),
            None => (seen, false),
        },
        Verdict::Unclear(reason) => (reason, true),
    };
    Some(Unmet {
        condition: placed.condition.source.clone(),
        reason,
        line: placed.line,
        column: placed.column,
        width: placed.width,
        source_line: placed.source_line.clone(),
        unclear,
        warning,
    })
}

/// What something gives that may take so long. An error that comes later is one of the end of its
/// time, too: a server that has the same limit may be the first to say so.
async fn in_time<T>(
    may_take: Duration,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let begun = Instant::now();
    match timeout(may_take, work).await {
        Ok(Ok(given)) => Ok(given),
        Ok(Err(reason)) if begun.elapsed() < may_take => Err(reason),
        _ => Err(format!("it did not end within {may_take:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_says_that_the_time_is_over_makes_no_difference() {
        let limit = Duration::from_millis(20);
        let fails_after = |length| async move {
            std::thread::sleep(length);
            Err::<(), _>("the server ended it".to_owned())
        };
        let late = in_time(limit, fails_after(limit)).await;
        assert_eq!(late, Err("it did not end within 20ms".to_owned()));
        let soon = in_time(Duration::from_secs(60), fails_after(limit)).await;
        assert_eq!(soon, Err("the server ended it".to_owned()));
        let ends = in_time(limit, std::future::pending::<Result<(), String>>()).await;
        assert_eq!(ends, late);
    }
}
