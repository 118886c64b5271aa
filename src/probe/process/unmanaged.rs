use super::Instance;
use jiff::Timestamp;
use regex::Regex;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// Processes by their command lines. tagout itself is none of them, nor what it has started.
pub async fn read(pattern: &str) -> Result<Vec<Instance>, String> {
    let pattern = Regex::new(pattern).map_err(|_| "the name is no regular expression")?;
    let look = move || {
        let mut system = System::new().map_err(|cause| cause.to_string())?;
        let what = ProcessRefreshKind::nothing()
            .with_cmd(UpdateKind::Always)
            .with_memory()
            .without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let own = sysinfo::get_current_pid().ok();
        let mut found = Vec::new();
        for (pid, process) in system.processes() {
            let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy()).collect();
            let is_own = Some(*pid) == own || process.parent() == own;
            if is_own || words.is_empty() || !pattern.is_match(&words.join(" ")) {
                continue;
            }
            found.push(Instance {
                key: pid.to_string(),
                up: true,
                status: "online".to_owned(),
                pid: Some(pid.as_u32()),
                restarts: 0,
                started: i64::try_from(process.start_time())
                    .ok()
                    .and_then(|seconds| Timestamp::from_second(seconds).ok()),
                memory: Some(process.memory()),
                cpu: None,
            });
        }
        Ok(found)
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| "the processes could not be listed")?
}
