use super::{Action, Pace};
use crate::host::{Condition, Process, Status};
use std::time::Instant;

/// What one process is watched for after something was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// It runs, and goes on running.
    Up,
    /// It is in the list and does not run.
    Down,
    /// It is in the list. More cannot be asked of what was in a crash loop before.
    Listed,
}

impl Goal {
    /// What `action` on a process that was so `recorded` should lead to.
    pub fn of(action: Action, recorded: &Process, was_unsteady: bool) -> Self {
        match action {
            Action::Stop | Action::PutBackDown => Self::Down,
            Action::Replace if !recorded.ran() => Self::Down,
            // It may run to its end before we look.
            _ if was_unsteady || !recorded.autorestart => Self::Listed,
            Action::PutBack | Action::Restart | Action::Replace => Self::Up,
        }
    }
}

/// What a look has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It stands as it should.
    Stands,
    NotYet,
}

/// Watches one process until it stands as it should.
#[derive(Debug)]
pub struct Watch {
    goal: Goal,
    pace: Pace,
    begun: Instant,
    /// Since when it has run, as which process, and after how many restarts.
    steady: Option<(Instant, Option<u32>, u64)>,
    restarts_at_first: Option<u64>,
}

impl Watch {
    pub fn new(goal: Goal, pace: Pace) -> Self {
        Self { goal, pace, begun: Instant::now(), steady: None, restarts_at_first: None }
    }

    /// Takes in how it is now. An error says why it will not stand.
    pub fn look(&mut self, seen: Option<&Process>) -> Result<Seen, String> {
        let seen = seen.ok_or("it is not in the list")?;
        let first = *self.restarts_at_first.get_or_insert(seen.restarts);
        match (self.goal, seen.condition()) {
            (Goal::Listed, _) => return Ok(Seen::Stands),
            (Goal::Down, Condition::Stopped | Condition::Failed) => return Ok(Seen::Stands),
            (Goal::Up, Condition::Up) => {
                let now = (seen.pid, seen.restarts);
                let since = self.steady.filter(|(_, pid, restarts)| (*pid, *restarts) == now);
                let since = since.map_or_else(Instant::now, |(since, ..)| since);
                if since.elapsed() >= self.pace.hold {
                    return Ok(Seen::Stands);
                }
                self.steady = Some((since, seen.pid, seen.restarts));
            }
            (Goal::Up, Condition::Failed) => {
                return Err(format!("it was started and is {}", told(seen)));
            }
            _ => self.steady = None,
        }
        if self.begun.elapsed() < self.pace.per_item {
            return Ok(Seen::NotYet);
        }
        let seconds = self.pace.per_item.as_secs();
        Err(match seen.restarts.saturating_sub(first) {
            0 => format!("after {seconds} s it is still {}", told(seen)),
            restarts => format!("it does not stay up: {restarts} restarts in {seconds} s"),
        })
    }
}

fn told(process: &Process) -> String {
    match (&process.status, process.pid) {
        (Status::Online, None) => "called online without a process behind it".to_owned(),
        (status, _) => status.to_string(),
    }
}
