//! What tagout says while a deploy runs: short lines on standard error, so that the deploy's own
//! standard output stays clean.

use jiff::Timestamp;
use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

/// Says one line. A closed standard error is no reason to stop in the middle of a rollback.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "tagout: {line}");
}

/// `2026-11-21 12:00:00 UTC`.
pub fn shown_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `340ms`, `12.3s`, `4m 5s`.
pub fn shown_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{}ms", time.as_millis()),
        1..60 => format!("{:.1}s", time.as_secs_f64()),
        _ => format!("{}m {}s", seconds / 60, seconds % 60),
    }
}
