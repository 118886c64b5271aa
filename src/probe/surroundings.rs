use super::{
    Event, Measured,
    report::{self, Outcome, ProbeReport},
};
use crate::config::{BuiltIn, Config, Manual};
use std::time::Instant;

/// What a checklist asks of what is around it, and whom it tells how it goes.
pub trait Surroundings {
    /// Sees to what can be checked without a probe.
    fn look(&self, built_in: BuiltIn) -> Comparison;

    /// Asks a person.
    fn ask(&self, manual: &Manual) -> Answer;

    /// What was measured at the snapshot that is compared with; nothing if there is none.
    fn before(&self) -> Option<Measured>;

    /// Hears how it goes.
    fn tell(&self, event: &Event<'_>);
}

/// What became of something that is no probe.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub outcome: Outcome,
    pub message: Option<String>,
}

/// What a person has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// There was nobody to ask.
    Open,
}

/// The report of what is built in.
pub fn looked(built_in: BuiltIn, around: &dyn Surroundings, config: &Config) -> ProbeReport {
    let started = Instant::now();
    let Comparison { outcome, message } = around.look(built_in);
    ProbeReport {
        latency_ms: Some(report::milliseconds(started.elapsed())),
        message,
        // Harm to others is the worst there is.
        ..ProbeReport::plain(
            built_in.name(),
            built_in.name(),
            outcome,
            config.severities.first().cloned().unwrap_or_default(),
        )
    }
}

/// The report of a question for a person.
pub fn asked(manual: &Manual, around: &dyn Surroundings) -> ProbeReport {
    let Manual { name, confirm, .. } = manual;
    let (outcome, message) = match around.ask(manual) {
        Answer::Yes => (Outcome::Pass, format!("confirmed: {confirm}")),
        Answer::No => (Outcome::Fail, format!("not so: {confirm}")),
        Answer::Open if manual.required => {
            (Outcome::Error, format!("nobody has confirmed: {confirm}; `--confirm {name}` does"))
        }
        Answer::Open => (Outcome::Open, format!("left open: {confirm}")),
    };
    ProbeReport {
        message: Some(message),
        ..ProbeReport::plain(name, "manual", outcome, manual.severity.clone())
    }
}
