use super::{install, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tagout::host::Process;
use tempfile::TempDir;

/// A PM2 of one test: its own home, its own daemon, its own apps.
pub struct Pm2 {
    folder: TempDir,
    /// The `pm2` command.
    cli: PathBuf,
}

/// What a run of the real `tagout` gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// An app for [`Pm2::start`]: a process that does nothing but stay.
pub fn app(name: &str) -> Value {
    json!({"name": name, "script": "stay.js"})
}

impl Pm2 {
    /// One of the newest release.
    pub fn new() -> Self {
        Self::with(install::pm2().to_owned())
    }

    /// One of release 5, 6 or 7.
    pub fn release(release: u32) -> Self {
        Self::with(install::pm2_of(release))
    }

    fn with(cli: PathBuf) -> Self {
        // A short path: a socket's may have 107 characters.
        let folder = tempfile::Builder::new().prefix("tg").tempdir_in("/tmp").unwrap();
        let pm2 = Self { folder, cli };
        pm2.write(
            "stay.js",
            "require('http').createServer((_, r) => r.end('ok')).listen(0, '127.0.0.1')",
        );
        pm2
    }

    /// The folder that its apps and tagout run in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its `pm2` command.
    pub fn cli(&self) -> &Path {
        &self.cli
    }

    pub fn home(&self) -> PathBuf {
        self.folder().join(".pm2")
    }

    pub fn socket(&self) -> PathBuf {
        self.home().join("rpc.sock")
    }

    /// Where tagout keeps its state.
    pub fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A command in the environment of this PM2.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.folder())
            .env("PM2_HOME", self.home())
            .env("HOME", self.folder())
            .env("TAGOUT_STATE", self.state())
            .env("TAGOUT_LOCK", self.folder().join("lock"))
            // What else runs on the machine of whoever runs the tests is none of their business.
            .env("TAGOUT_MANAGERS", "pm2")
            .env("NO_COLOR", "1")
            .env_remove("PM2_DAEMON_RPC_PORT");
        command
    }

    /// Runs `pm2` and expects that it succeeds.
    pub fn pm2(&self, arguments: &[&str]) -> String {
        let mut command = self.command(&self.cli);
        let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
        let (out, err) = (text(&stdout), text(&stderr));
        assert!(status.success(), "pm2 {arguments:?}: {status}\n{out}\n{err}");
        out
    }

    /// Starts `apps`, written as in an ecosystem file.
    pub fn start(&self, apps: &[Value]) {
        self.write("apps.json", &json!({"apps": apps}).to_string());
        self.pm2(&["start", "apps.json"]);
    }

    /// Runs tagout.
    pub fn tagout(&self, arguments: &[&str]) -> Ran {
        self.tagout_with(arguments, &[])
    }

    /// Runs tagout with more variables.
    pub fn tagout_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_tagout"));
        command.envs(variables.iter().copied());
        Ran::of(command.args(arguments), self.folder())
    }

    /// Takes a snapshot and gives its id.
    pub fn snapshot(&self) -> String {
        let mut command = self.command(env!("CARGO_BIN_EXE_tagout"));
        let output = command.args(["snapshot", "take"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let out = text(&output.stdout);
        out.lines().next().unwrap().strip_prefix("snapshot ").unwrap().to_owned()
    }

    /// What runs, as the daemon says.
    pub fn processes(&self) -> Vec<Process> {
        tagout::host::pm2::Pm2::at(&self.home(), &self.socket()).processes().unwrap()
    }

    /// All processes of one name, by instance.
    pub fn named(&self, name: &str) -> Vec<Process> {
        let mut processes = self.processes();
        processes.retain(|process| process.key.name == name);
        processes.sort_by_key(|process| process.key.instance);
        processes
    }

    /// The only process of that name.
    pub fn one(&self, name: &str) -> Process {
        let mut named = self.named(name);
        assert_eq!(named.len(), 1, "processes called {name}");
        named.remove(0)
    }

    /// The environment that a process really runs with.
    pub fn variable(&self, process: &Process, name: &str) -> Option<String> {
        tagout::host::proc::variable(process.pid.unwrap(), name)
    }

    pub fn daemon_pid(&self) -> Option<u32> {
        self.belonging().into_iter().find(|pid| {
            fs::read_to_string(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.contains("God Daemon") || line.contains("Daemon.js"))
        })
    }

    /// Every process that was started in this home.
    pub fn belonging(&self) -> Vec<u32> {
        let home = self.home().display().to_string();
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|&pid| tagout::host::proc::variable(pid, "PM2_HOME").as_ref() == Some(&home))
            .collect()
    }
}

impl Ran {
    /// Runs a command, and takes out of what it says what differs from run to run.
    pub fn of(command: &mut Command, folder: &Path) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let (out, err) = (tidy(&stdout, folder), tidy(&stderr, folder));
        Self { code: status.code().unwrap_or(-1), out, err }
    }
}

fn tidy(bytes: &[u8], folder: &Path) -> String {
    let mut text = text(bytes).replace(&folder.display().to_string(), "[FOLDER]");
    for (pattern, tidied) in [
        (r"\d{8}T\d{6}\.\d{3}Z", "[ID]"),
        // As wide as the widest pid, the column is of no fixed width.
        (r"\bpid (\d+|-)  +", "pid $1  "),
        (r"\bpid \d+", "pid [PID]"),
        (r"\bhost \S+, .* UTC", "host [HOST], [TIME]"),
    ] {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, tidied).into_owned();
    }
    text
}

impl Drop for Pm2 {
    fn drop(&mut self) {
        // The daemon first, or it starts again what we end.
        if let Some(pid) = self.daemon_pid() {
            kill(pid);
        }
        for pid in self.belonging() {
            kill(pid);
        }
    }
}

/// Ends a process at once, and waits until it has ended: its memory, by which it is known, goes some
/// time before its sockets do.
pub fn kill(pid: u32) {
    let start = tagout::host::proc::stat(pid).map(|stat| stat.start);
    // It may have ended by itself.
    let _ = kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL);
    let Some(start) = start else { return };
    wait_for("a process to end", || (!tagout::host::proc::runs(pid, start)).then_some(()));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
