//! The guarded deploy. In come a command and a configuration; out goes a record of what happened to
//! the host while the command ran, and what was done about it: lock, snapshot, run, verify, compare,
//! roll back if it must. Whatever ends the command, the steps after it still run.

pub mod around;
pub mod broker;
pub mod checks;
pub mod ci;
pub mod conclude;
pub mod deploy;
pub mod doors;
pub mod evidence;
pub mod exec;
pub mod fleet;
pub mod guarded;
pub mod journal;
pub mod judge;
pub mod lease;
pub mod lock;
pub mod masking;
pub mod prepare;
pub mod record;
pub mod recovery;
pub mod refusal;
mod restoring;
pub mod release;
pub mod rollback;
pub mod shim;
pub mod signals;
pub mod supervise;
pub mod target;
mod terminal;
pub mod voice;
pub mod watchdog;
