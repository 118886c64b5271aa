//! Signals to tagout while it is at work: they are answered on a thread of their own.

use super::supervise::{Interrupt, Interrupts, SuperviseError};
use super::voice::say;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;

/// Signals are answered on its thread while this one does the work.
pub fn runtime() -> Result<Runtime, SuperviseError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.worker_threads(1).enable_all().build();
    built.map_err(|cause| SuperviseError::Signals { cause })
}

/// From now on signals end nothing: they are answered, and the first is remembered.
pub fn listen(runtime: &Runtime, mut interrupts: Interrupts) -> Arc<OnceLock<Interrupt>> {
    let first = Arc::new(OnceLock::new());
    let seen = Arc::clone(&first);
    runtime.spawn(async move {
        loop {
            let by = interrupts.next().await;
            say(format_args!("{by}: tagout ends when the host is as it should be"));
            // Only the first counts.
            let _ = seen.set(by);
        }
    });
    first
}
