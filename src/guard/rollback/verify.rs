use super::{Action, Pace};
use crate::host::{Condition, Process, Status};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(50);

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
        let ran = matches!(recorded.condition(), Condition::Up | Condition::Changing);
        match action {
            Action::Stop | Action::PutBackDown => Self::Down,
            Action::Replace if !ran => Self::Down,
            // It may run to its end before we look.
            _ if was_unsteady || !recorded.autorestart => Self::Listed,
            Action::PutBack | Action::Restart | Action::Replace => Self::Up,
        }
    }
}

/// Looks until the process stands as it should, or says why it does not.
pub fn verify(
    goal: Goal,
    pace: Pace,
    mut look: impl FnMut() -> Result<Option<Process>, String>,
) -> Result<(), String> {
    let begun = Instant::now();
    let mut steady: Option<(Instant, Option<u32>, u64)> = None;
    let mut restarts_at_first = None;
    loop {
        let seen = look()?.ok_or("it is not in the list")?;
        let first = *restarts_at_first.get_or_insert(seen.restarts);
        match (goal, seen.condition()) {
            (Goal::Listed, _) => return Ok(()),
            (Goal::Down, Condition::Stopped | Condition::Failed) => return Ok(()),
            (Goal::Up, Condition::Up) => {
                let now = (seen.pid, seen.restarts);
                let since = steady.filter(|(_, pid, restarts)| (*pid, *restarts) == now);
                let since = since.map_or_else(Instant::now, |(since, ..)| since);
                if since.elapsed() >= pace.hold {
                    return Ok(());
                }
                steady = Some((since, seen.pid, seen.restarts));
            }
            (Goal::Up, Condition::Failed) => {
                return Err(format!("it was started and is {}", told(&seen)));
            }
            _ => steady = None,
        }
        if begun.elapsed() >= pace.per_item {
            let seconds = pace.per_item.as_secs();
            let restarts = seen.restarts.saturating_sub(first);
            return Err(match restarts {
                0 => format!("after {seconds} s it is still {}", told(&seen)),
                _ => format!("it does not stay up: {restarts} restarts in {seconds} s"),
            });
        }
        sleep(STEP);
    }
}

fn told(process: &Process) -> String {
    match (&process.status, process.pid) {
        (Status::Online, None) => "called online without a process behind it".to_owned(),
        (status, _) => status.to_string(),
    }
}
