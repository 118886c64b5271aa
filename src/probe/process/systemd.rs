use super::Instance;
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, process::Stdio};
use tokio::process::Command;

const PROPERTIES: &str = "LoadState,ActiveState,SubState,MainPID,NRestarts,MemoryCurrent,\
    ActiveEnterTimestampMonotonic";

/// A unit of systemd; `user/NAME` is one of this user's own.
pub async fn read(name: &str) -> Result<Vec<Instance>, String> {
    let (scope, unit) = match name.strip_prefix("user/") {
        Some(unit) => ("--user", unit),
        None => ("--system", name),
    };
    let output = Command::new("systemctl")
        .args([scope, "show", "--property", PROPERTIES, "--", unit])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|cause| format!("systemctl cannot be run: {cause}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("systemd cannot be asked: {}", said.trim()));
    }
    Ok(parse(name, &String::from_utf8_lossy(&output.stdout), uptime()).into_iter().collect())
}

/// How long this host runs; systemd counts from there.
fn uptime() -> Option<SignedDuration> {
    let read = std::fs::read_to_string("/proc/uptime").ok()?;
    SignedDuration::try_from_secs_f64(read.split(' ').next()?.parse().ok()?).ok()
}

/// Reads `NAME=value` lines; nothing if there is no such unit.
fn parse(name: &str, text: &str, uptime: Option<SignedDuration>) -> Option<Instance> {
    let properties: HashMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once('=')).collect();
    let number = |name: &str| properties.get(name)?.parse::<u64>().ok();
    if properties.get("LoadState").is_none_or(|state| *state != "loaded") {
        return None;
    }
    let active = properties.get("ActiveState").copied().unwrap_or_default();
    let sub = properties.get("SubState").copied().unwrap_or_default();
    let entered = number("ActiveEnterTimestampMonotonic").filter(|micros| *micros > 0);
    let entered =
        entered.and_then(|micros| i64::try_from(micros).ok()).map(SignedDuration::from_micros);
    let started = entered.zip(uptime).and_then(|(entered, uptime)| {
        Timestamp::now().checked_sub(uptime.checked_sub(entered)?).ok()
    });
    Some(Instance {
        key: name.to_owned(),
        up: active == "active",
        status: if sub.is_empty() { active.to_owned() } else { format!("{active} ({sub})") },
        pid: number("MainPID").and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0),
        restarts: number("NRestarts").unwrap_or(0),
        started: started.filter(|_| active == "active"),
        // What is not accounted for is said as a text.
        memory: number("MemoryCurrent").filter(|bytes| *bytes < u64::MAX).unwrap_or(0),
        cpu: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_as_systemctl_shows_it() {
        let shown = "MainPID=812\nNRestarts=3\nMemoryCurrent=[not set]\nLoadState=loaded\n\
                     ActiveState=activating\nSubState=auto-restart\nActiveEnterTimestampMonotonic=0\n";
        let unit = parse("web.service", shown, None).unwrap();
        assert_eq!((unit.up, unit.pid, unit.restarts), (false, Some(812), 3));
        assert_eq!(unit.status, "activating (auto-restart)");
        let missing = shown.replace("LoadState=loaded", "LoadState=not-found");
        assert!(parse("web.service", &missing, None).is_none());
    }
}
