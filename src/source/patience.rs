use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// The longest that the reading of one file takes. Limits of length, depth and number come first;
/// this one is for what they do not foresee. Without optimisation all is slower.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 3_000 } else { 400 });

/// When work began, on the clock and in the time that its thread has worked.
#[derive(Clone, Copy)]
struct Start {
    at: Instant,
    worked: Duration,
    /// It has taken too long.
    is_up: bool,
}

/// Of so many times that somebody asks, the clock is looked at once.
const ROUNDS: u32 = 8;

thread_local! {
    static START: Cell<Option<Start>> = const { Cell::new(None) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Does work that looks at [`time_is_up`] on its way. Work within other work ends with that.
pub fn in_time<T>(work: impl FnOnce() -> T) -> T {
    if START.get().is_some() {
        return work();
    }
    START.set(Some(Start { at: Instant::now(), worked: worked(), is_up: false }));
    let done = work();
    START.set(None);
    done
}

/// Whether the work at hand has to end. What else the machine does is not counted, so that a
/// finding does not depend on it.
pub fn time_is_up() -> bool {
    let Some(start) = START.get() else { return false };
    let asked = ASKED.get().wrapping_add(1);
    ASKED.set(asked);
    if start.is_up || !asked.is_multiple_of(ROUNDS) {
        return start.is_up;
    }
    let is_up = start.at.elapsed() > LONGEST && worked().saturating_sub(start.worked) > LONGEST;
    START.set(Some(Start { is_up, ..start }));
    is_up
}

/// For how long this thread has worked.
#[cfg(unix)]
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// For how long this thread has been there, where no more is known.
#[cfg(not(unix))]
fn worked() -> Duration {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}
