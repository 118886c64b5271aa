use super::files;
use crate::host::{Key, ManagerKind, Process, Status, proc};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// What is asked of every unit.
pub const PROPERTIES: &str = "Id,LoadState,ActiveState,SubState,Type,RemainAfterExit,MainPID,\
    NRestarts,MemoryCurrent,UnitFileState,FragmentPath,DropInPaths,TriggeredBy,\
    ActiveEnterTimestampMonotonic";

type Properties<'a> = HashMap<&'a str, &'a str>;

/// Reads what `systemctl show` prints: lines of `NAME=value`, with an empty line between units.
/// What is not loaded is no unit but the mention of one.
pub fn read(text: &str, manager: ManagerKind) -> Vec<Process> {
    let uptime = proc::uptime();
    text.split("\n\n").filter_map(|unit| process(unit, manager, uptime)).collect()
}

fn process(text: &str, manager: ManagerKind, uptime: Option<SignedDuration>) -> Option<Process> {
    let properties: Properties<'_> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let text = |name: &str| properties.get(name).copied().unwrap_or_default();
    let number = |name: &str| text(name).parse::<u64>().ok();
    let name = text("Id").strip_suffix(".service")?;
    if !matches!(text("LoadState"), "loaded" | "masked") {
        return None;
    }
    let (active, sub) = (text("ActiveState"), text("SubState"));
    let pid = number("MainPID").and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0);
    let entered = number("ActiveEnterTimestampMonotonic").filter(|&micros| micros > 0);
    let entered = entered.and_then(|micros| i64::try_from(micros).ok());
    let entered = entered.map(SignedDuration::from_micros).filter(|_| active == "active");
    let started = entered.zip(uptime).and_then(|(entered, uptime)| {
        Timestamp::now().checked_sub(uptime.checked_sub(entered)?).ok()
    });
    let comes_and_goes = comes_and_goes(&properties);
    let status = Status::Other(format!("{active} ({sub})"));
    Some(Process {
        restarts: number("NRestarts").unwrap_or(0),
        started,
        // What is not counted is `[not set]`, or the largest number.
        memory: number("MemoryCurrent").filter(|&bytes| bytes < u64::MAX),
        autorestart: !comes_and_goes,
        cron: comes_and_goes,
        recipe: files::record(
            text("UnitFileState"),
            [text("FragmentPath")].into_iter().chain(text("DropInPaths").split(' ')),
        ),
        ..Process::plain(Key::plain(manager, name.to_owned()), 0, status, pid)
    })
}

/// Whether a unit is started by a clock, by a session or by whoever needs it, and ends by itself.
fn comes_and_goes(properties: &Properties<'_>) -> bool {
    let text = |name: &str| properties.get(name).copied().unwrap_or_default();
    let is_job = text("Type") == "oneshot" && text("RemainAfterExit") != "yes";
    let triggers = text("TriggeredBy");
    let at_times = triggers.split(' ').any(|trigger| trigger.ends_with(".timer"));
    let kept = match text("UnitFileState") {
        "enabled" | "enabled-runtime" | "linked" | "linked-runtime" | "alias" | "generated"
        | "masked" | "masked-runtime" => true,
        // Started by hand, unless a socket is there to start it.
        "disabled" => triggers.is_empty(),
        // `static`, `transient`, `indirect`.
        _ => false,
    };
    is_job || at_times || !kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Condition;

    fn unit(lines: &str) -> Process {
        let plain = "Id=web.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\
             Type=simple\nRemainAfterExit=no\nMainPID=0\nNRestarts=0\nUnitFileState=enabled\n";
        read(&format!("{plain}{lines}"), ManagerKind::Systemd).remove(0)
    }

    #[test]
    fn a_unit_is_read_as_systemctl_shows_it() {
        let unit = unit("MainPID=4194304\nNRestarts=3\nMemoryCurrent=[not set]\n");
        assert_eq!((unit.key.name.as_str(), unit.pid, unit.restarts), ("web", Some(4194304), 3));
        assert_eq!((unit.status.as_str(), unit.memory), ("active (running)", None));
        assert_eq!(unit.key.to_string(), "web.service");
    }

    #[test]
    fn what_is_only_mentioned_is_no_unit() {
        let text = "Id=gone.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n";
        assert!(read(text, ManagerKind::Systemd).is_empty());
        assert!(read("", ManagerKind::Systemd).is_empty());
    }

    #[test]
    fn jobs_and_helpers_are_told_from_services() {
        for (lines, expected) in [
            ("", false),
            ("UnitFileState=disabled", false),
            ("UnitFileState=generated", false),
            ("UnitFileState=enabled\nTriggeredBy=docker.socket", false),
            ("UnitFileState=disabled\nTriggeredBy=ssh.socket", true),
            ("UnitFileState=static", true),
            ("UnitFileState=transient", true),
            ("Type=oneshot", true),
            ("Type=oneshot\nRemainAfterExit=yes", false),
            ("TriggeredBy=backup.timer", true),
        ] {
            assert_eq!(unit(lines).cron, expected, "{lines}");
        }
    }

    #[test]
    fn a_unit_is_up_down_or_on_its_way() {
        for (lines, expected) in [
            ("", Condition::Up),
            ("SubState=exited", Condition::Up),
            ("ActiveState=reloading\nSubState=reload", Condition::Up),
            ("ActiveState=activating\nSubState=auto-restart", Condition::Changing),
            ("ActiveState=activating\nSubState=start\nType=oneshot", Condition::Up),
            ("ActiveState=deactivating\nSubState=stop-sigterm", Condition::Changing),
            ("ActiveState=inactive\nSubState=dead", Condition::Stopped),
            ("ActiveState=failed\nSubState=failed", Condition::Failed),
        ] {
            assert_eq!(unit(lines).condition(), expected, "{lines}");
        }
    }
}
