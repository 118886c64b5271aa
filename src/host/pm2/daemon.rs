use crate::host::{ActionError, ManagerKind, Process, proc};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

/// How a daemon was started.
#[derive(Clone, Serialize, Deserialize)]
pub struct DaemonFacts {
    pub pid: Option<u32>,
    /// As in [`Process::pid_start`].
    pub pid_start: Option<u64>,
    /// The interpreter, and the `pm2` that belongs to the daemon: perhaps not the one on `PATH`.
    pub node: PathBuf,
    pub pm2: PathBuf,
    /// Its environment, which holds secrets.
    environment: Map<String, Value>,
}

impl std::fmt::Debug for DaemonFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DaemonFacts({}, environment not shown)", self.pm2.display())
    }
}

impl DaemonFacts {
    /// Whether this very daemon still runs, if the host was not booted since.
    pub fn runs(&self) -> bool {
        self.pid.zip(self.pid_start).is_some_and(|(pid, start)| proc::runs(pid, start))
    }

    /// From the daemon's answer to `getReport`.
    pub fn from_report(report: &Value, home: &Path, pid: Option<u32>) -> Option<Self> {
        let argv = report.get("argv")?.as_array()?;
        let mut environment = report.get("env")?.as_object()?.clone();
        environment.insert("PM2_HOME".into(), home.display().to_string().into());
        // The daemon is …/pm2/lib/Daemon.js, the command …/pm2/bin/pm2.
        let package = Path::new(argv.get(1)?.as_str()?).parent()?.parent()?;
        Some(Self {
            pid,
            pid_start: pid.and_then(proc::stat).map(|stat| stat.start),
            node: argv.first()?.as_str()?.into(),
            pm2: package.join("bin/pm2"),
            environment,
        })
    }
}

/// The list that PM2 brings back after a reboot, `dump.pm2`, and whether it is worth anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SavedList {
    /// There is none.
    None,
    /// It cannot be read.
    Unreadable,
    /// It names other processes than those that run.
    Stale,
    /// It names those that run.
    Current,
}

impl SavedList {
    /// When the list was written, if there is one.
    pub fn written(home: &Path) -> Option<Timestamp> {
        let modified = fs::metadata(home.join("dump.pm2")).and_then(|meta| meta.modified());
        Timestamp::try_from(modified.ok()?).ok()
    }

    pub fn compare(home: &Path, processes: &[Process]) -> Self {
        #[derive(Deserialize)]
        struct Saved {
            name: String,
        }
        let Ok(text) = fs::read(home.join("dump.pm2")) else { return Self::None };
        let Ok(saved) = serde_json::from_slice::<Vec<Saved>>(&text) else {
            return Self::Unreadable;
        };
        let names = processes.iter().filter(|process| !process.module).map(|p| p.key.name.as_str());
        let same = count(names) == count(saved.iter().map(|saved| saved.name.as_str()));
        if same { Self::Current } else { Self::Stale }
    }
}

fn count<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counted = BTreeMap::new();
    for name in names {
        *counted.entry(name).or_default() += 1;
    }
    counted
}

/// How long PM2's command line may take to start a daemon, or to write its list.
const START: Duration = Duration::from_secs(30);

/// Variables of a job that the daemon must not carry on: with the first, GitHub's runner ends the
/// daemon when the job ends.
pub(crate) const OF_THE_JOB: &[&str] =
    &["RUNNER_TRACKING_ID", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"];

/// Starts a daemon in the environment that the recorded one had. Where none was recorded, in one
/// that has nothing of this job.
pub fn wake(home: &Path, recorded: Option<&DaemonFacts>) -> Result<(), ActionError> {
    run(home, recorded, "ping").map_err(not_awake)
}

/// Writes the list of what runs now as the one that a reboot brings back.
pub fn save(home: &Path, recorded: Option<&DaemonFacts>) -> Result<(), ActionError> {
    run(home, recorded, "save").map_err(ActionError::Save)
}

/// Runs one of PM2's commands, with the PM2 that the recorded daemon is of.
fn run(home: &Path, recorded: Option<&DaemonFacts>, what: &str) -> Result<(), String> {
    let mut command = match recorded.filter(|facts| facts.node.is_file() && facts.pm2.is_file()) {
        Some(facts) => {
            let mut command = Command::new(&facts.node);
            command.arg(&facts.pm2);
            command
        }
        None => Command::new("pm2"),
    };
    command.env_clear();
    match recorded {
        Some(facts) => {
            let texts = facts.environment.iter().filter_map(|(k, v)| Some((k, v.as_str()?)));
            command.envs(texts.filter(|(name, _)| !OF_THE_JOB.contains(&name.as_str())));
        }
        None => {
            let kept = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ"];
            command.envs(kept.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        }
    }
    command.env("PM2_HOME", home).current_dir("/");
    run_quietly(command, what)
}

/// Runs a `pm2`, which starts its daemon, until that stands.
pub(crate) fn ping(command: Command) -> Result<(), ActionError> {
    run_quietly(command, "ping").map_err(not_awake)
}

fn not_awake(reason: String) -> ActionError {
    ActionError::Wake { manager: ManagerKind::Pm2, reason }
}

fn run_quietly(mut command: Command, what: &str) -> Result<(), String> {
    let mut child = command
        .args(["--silent", what])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`pm2` cannot be run: {error}"))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("`pm2 {what}` ended with {status}")),
            Ok(None) if begun.elapsed() < START => sleep(Duration::from_millis(20)),
            Ok(None) => {
                // It only waits for its daemon; ending it ends nothing else.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`pm2 {what}` took more than {} s", START.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}
