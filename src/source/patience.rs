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
}

/// Of so many times that somebody asks, the clock is looked at once.
const ROUNDS: u32 = 32;

thread_local! {
    static START: Cell<Option<Start>> = const { Cell::new(None) };
    static IS_UP: Cell<bool> = const { Cell::new(false) };
    /// As often it may be asked for before the clock is looked at.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Does work that looks at [`time_is_up`] on its way. Work within other work ends with that.
pub fn in_time<T>(work: impl FnOnce() -> T) -> T {
    if START.get().is_some() {
        return work();
    }
    START.set(Some(Start { at: Instant::now(), worked: worked() }));
    let done = work();
    START.set(None);
    IS_UP.set(false);
    done
}

/// Whether the work at hand has to end. What else the machine does is not counted, so that a
/// finding does not depend on it.
pub fn time_is_up() -> bool {
    match LEFT.get().checked_sub(1) {
        Some(left) => LEFT.set(left),
        None => look_at_the_clock(),
    }
    IS_UP.get()
}

fn look_at_the_clock() {
    LEFT.set(ROUNDS);
    if let Some(Start { at, worked: before }) = START.get()
        && at.elapsed() > LONGEST
        && worked().saturating_sub(before) > LONGEST
    {
        IS_UP.set(true);
    }
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
