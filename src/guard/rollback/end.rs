use crate::host::{Orphan, proc};
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a process may take to end when it is asked to.
const ASKED: Duration = Duration::from_secs(5);
/// How long one may take that is killed.
const KILLED: Duration = Duration::from_secs(2);

/// Ends an orphan and all that it has started: asks first, then kills.
pub fn end(orphan: &Orphan) -> Result<(), String> {
    if !proc::runs(orphan.pid, orphan.start) {
        return Ok(());
    }
    let family: Vec<(u32, u64)> = proc::tree(orphan.pid)
        .into_iter()
        .filter_map(|pid| Some((pid, proc::stat(pid)?.start)))
        .collect();
    for (signal, patience) in [(Signal::TERM, ASKED), (Signal::KILL, KILLED)] {
        for &(pid, start) in &family {
            send(pid, start, signal);
        }
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if !family.iter().any(|&(pid, start)| proc::runs(pid, start)) {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
    }
    Err(format!("pid {} could not be ended", orphan.pid))
}

/// Whether it worked shows in whether the process still runs.
fn send(pid: u32, start: u64, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw)
        && proc::runs(pid.as_raw_nonzero().get().unsigned_abs(), start)
    {
        let _ = kill_process(pid, signal);
    }
}
