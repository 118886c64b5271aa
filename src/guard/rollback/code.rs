//! Taking code back. In come the team's own command, `rollback.run`, and the folder that was deployed
//! to; out comes whether the command did it. It knows what a checkout, a release folder or a build is
//! here; tagout knows what was checked out before, and gives it time.

use crate::host::proc::Identity;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(20);
/// How long it may take to end when its time is over.
const GRACE: Duration = Duration::from_secs(5);

/// The command, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    /// For `sh`.
    pub text: &'a str,
    pub limit: Duration,
}

/// Runs it in `folder`. It waits until `begun` has noted its process, so that whoever goes on after us
/// can end it.
pub fn run(
    hook: Hook<'_>,
    folder: &Path,
    variables: &[(&str, String)],
    begun: impl FnOnce(Identity),
) -> Result<(), String> {
    let cannot = |cause: io::Error| format!("`{}` cannot be run: {cause}", hook.text);
    // Standard output is the deploy command's alone.
    let output =
        rustix::io::dup(rustix::stdio::stderr()).map_or_else(|_| Stdio::null(), Stdio::from);
    let mut child = Command::new("sh")
        .args(["-c", "read -r go && exec sh -c \"$0\"", hook.text])
        .current_dir(folder)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(output)
        .process_group(0)
        .spawn()
        .map_err(cannot)?;
    begun(Identity::of(child.id()));
    if let Some(mut input) = child.stdin.take() {
        input.write_all(b"go\n").map_err(cannot)?;
    }
    match wait(&mut child, hook.limit).map_err(cannot)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{}` failed ({status})", hook.text)),
        None => {
            end(&mut child);
            Err(format!("`{}` took more than {} s, and was ended", hook.text, hook.limit.as_secs()))
        }
    }
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || begun.elapsed() >= limit {
            return Ok(ended);
        }
        sleep(STEP);
    }
}

/// Ends it with all that it has started.
fn end(child: &mut Child) {
    let group = Pid::from_child(child);
    let begun = Instant::now();
    let _ = kill_process_group(group, Signal::TERM);
    while test_kill_process_group(group).is_ok() {
        if begun.elapsed() >= GRACE {
            let _ = kill_process_group(group, Signal::KILL);
            let _ = child.wait();
            return;
        }
        // A process that has ended is in its group until it is waited for.
        let _ = child.try_wait();
        sleep(STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_in(folder: &Path, text: &str, limit: Duration) -> Result<(), String> {
        run(Hook { text, limit }, folder, &[("TAGOUT_OLD_COMMIT", "abc".into())], |_| {})
    }

    #[test]
    fn the_command_runs_in_the_folder_and_knows_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let long = Duration::from_secs(60);
        assert_eq!(run_in(folder.path(), "echo $TAGOUT_OLD_COMMIT > told", long), Ok(()));
        assert_eq!(std::fs::read_to_string(folder.path().join("told")).unwrap(), "abc\n");
        let failed = run_in(folder.path(), "exit 3", long);
        assert_eq!(failed, Err("`exit 3` failed (exit status: 3)".to_owned()));
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let failed =
            run_in(folder.path(), "sleep 600 & echo $! > child; wait", Duration::from_secs(1));
        assert!(failed.unwrap_err().contains("took more than 1 s"));
        let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
        let child = child.trim().parse().unwrap();
        assert!(crate::host::proc::stat(child).is_none_or(|stat| stat.zombie));
    }

    #[test]
    fn it_does_not_run_if_we_die_before_it_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let died = std::panic::catch_unwind(|| {
            let hook = Hook { text: "touch ran", limit: Duration::from_secs(60) };
            run(hook, folder.path(), &[], |_| panic!("killed here"))
        });
        assert!(died.is_err());
        sleep(Duration::from_millis(200));
        assert!(!folder.path().join("ran").exists());
    }
}
