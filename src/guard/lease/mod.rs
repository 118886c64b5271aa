//! A deploy that is several steps of a workflow, between `tagout begin` and `tagout end`. In come the
//! same things as for one command, out goes the same record. In between no process of ours runs but
//! the watchdog, so it holds the host's lock, as a lease, until `tagout end` asks it for it or the
//! time is over. Exactly one of the two acts: the watchdog gives the lock away or keeps it.

mod begin;
mod end;
pub mod handover;

pub use begin::begin;
pub use end::{End, EndError, Ending, end, find};

use super::doors::LEASE_VARIABLE;

/// The token of the lease that an earlier step of this job has begun.
pub fn of_this_job() -> Option<String> {
    std::env::var(LEASE_VARIABLE).ok().filter(|token| !token.is_empty())
}
