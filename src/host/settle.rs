//! A snapshot of a host that has come to rest. Right after a deploy, processes are on their way up
//! or down, and one in a crash loop looks like one that runs; only watching tells them apart.

use super::{Condition, Key, Manager, Process, Snapshot, pairs, snapshot};
use crate::config::{Config, Owner};
use std::collections::HashMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to watch.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Nothing may have changed for so long.
    pub quiet: Duration,
    /// After so long, things are taken as they are.
    pub longest: Duration,
}

impl Patience {
    /// Enough to plan by, where each step is looked at again.
    pub fn brief() -> Self {
        Self { quiet: Duration::from_secs(1), ..Self::default() }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { quiet: Duration::from_secs(2), longest: Duration::from_secs(20) }
    }
}

/// Between two looks.
const STEP: Duration = Duration::from_millis(200);
/// So many restarts while we watch are a crash loop and not somebody's `pm2 restart`.
const LOOP: u64 = 2;

/// Watches until the host is quiet, then says what runs. `before` is what it may be on its way back
/// to.
pub fn settle(
    before: &Snapshot,
    managers: &[Box<dyn Manager>],
    config: &Config,
    patience: Patience,
) -> Snapshot {
    let begun = Instant::now();
    let mut watched = Watched::default();
    let mut quiet_since = begun;
    loop {
        let mut now = snapshot::take(managers, config);
        let late = begun.elapsed() >= patience.longest;
        if watched.look(&now) || is_silent(before, &now, config) {
            quiet_since = Instant::now();
        }
        // Where no manager runs there is nothing to wait for.
        let gone = now.sections.iter().all(|section| !section.state.is_running());
        if late || gone || quiet_since.elapsed() >= patience.quiet {
            for process in now.sections.iter_mut().flat_map(|section| &mut section.processes) {
                process.looping = watched.restarts_of(process) >= if late { 1 } else { LOOP };
            }
            return now;
        }
        sleep(STEP);
    }
}

/// Whether all run that ran before, and a port that somebody has declared is not served: whoever
/// serves it is up, and not ready yet.
fn is_silent(before: &Snapshot, now: &Snapshot, config: &Config) -> bool {
    let (kept, ports): (Vec<_>, Vec<_>) = pairs(before.processes(), now.processes())
        .into_iter()
        .filter_map(|pair| Some((pair.before?, pair.after)))
        .partition(|(before, _)| before.key.manager.restores());
    let is_up = |after: &Option<&Process>| after.is_some_and(Process::ran);
    ports.iter().any(|(port, now)| now.is_none() && port.key.owner(config) != Owner::Unknown)
        && kept.iter().all(|(before, after)| !before.ran() || is_up(after))
}

/// What was seen of each process, by its number in its manager's list. Of ports, nothing: others
/// come and go all the time.
#[derive(Default)]
struct Watched(HashMap<(Key, u64), Seen>);

struct Seen {
    restarts_at_first: u64,
    last: (u64, Option<u32>, Condition),
}

impl Watched {
    /// Notes what there is now, and says whether anything is moving. What is known to be in a
    /// crash loop moves for ever and is not waited for.
    fn look(&mut self, now: &Snapshot) -> bool {
        let mut moving = false;
        let mut present = HashMap::new();
        for process in now.processes().filter(|one| one.key.manager.restores()) {
            let last = (process.restarts, process.pid, process.condition());
            let number = (process.key.clone(), process.id);
            let before = self.0.remove(&number);
            let changed = before.as_ref().is_none_or(|seen| seen.last != last);
            let restarts_at_first = before.map_or(process.restarts, |seen| seen.restarts_at_first);
            let looping = process.restarts.saturating_sub(restarts_at_first) >= LOOP;
            moving |= !looping && (changed || process.condition() == Condition::Changing);
            present.insert(number, Seen { restarts_at_first, last });
        }
        // Something that was there is gone.
        moving |= !self.0.is_empty();
        self.0 = present;
        moving
    }

    fn restarts_of(&self, process: &Process) -> u64 {
        let seen = self.0.get(&(process.key.clone(), process.id));
        seen.map_or(0, |seen| process.restarts.saturating_sub(seen.restarts_at_first))
    }
}
