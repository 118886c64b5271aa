use super::{Ran, wait_for};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Starts a systemd of a user on a host that was not booted with one: it wants to see the folder that
/// such a host has, and a control group of its own.
const START: &str = r#"
for groups in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    mkdir "$groups/$1" 2>/dev/null && echo $$ 2>/dev/null > "$groups/$1/cgroup.procs"
done
if [ ! -d /run/systemd/system ]; then
    mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system
fi
exec "$2" --user
"#;

/// A systemd of one test: its own units, its own sockets.
pub struct Systemd {
    folder: TempDir,
    child: Child,
}

impl Systemd {
    /// Starts one, or says why that cannot be done here.
    pub fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("ts").tempdir_in("/tmp").unwrap();
        let programs = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
        let Some(program) = programs.iter().find(|program| Path::new(program).exists()) else {
            return skipped("systemd is not installed");
        };
        fs::create_dir_all(folder.path().join("run")).unwrap();
        fs::create_dir_all(folder.path().join(".config/systemd/user")).unwrap();
        let group = folder.path().file_name().unwrap().to_str().unwrap();
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command.args(["sh", "-c", START, "sh", group, program]);
        let output = fs::File::create(folder.path().join("log")).unwrap();
        let child = environment(&mut command, folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(cause) => return skipped(&format!("unshare cannot be run: {cause}")),
        };
        let mut systemd = Self { folder, child };
        let ready = wait_for("systemd to start or to give up", || {
            if systemd.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            let asked = ["--user", "show", "--property", "ActiveState", "default.target"];
            let answered = systemd.command("systemctl").args(asked).output().unwrap();
            answered.stdout.starts_with(b"ActiveState=active").then_some(true)
        });
        if ready { Some(systemd) } else { skipped(&systemd.log()) }
    }

    /// Writes a unit and reads it in.
    pub fn write(&self, unit: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(".config/systemd/user").join(unit);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.ctl(&["daemon-reload"]);
        path
    }

    /// A service that does nothing but stay, started and to be started at boot.
    pub fn service(&self, name: &str) -> PathBuf {
        let text = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=default.target\n";
        let path = self.write(&format!("{name}.service"), text);
        self.ctl(&["enable", "--now", name]);
        path
    }

    /// Runs `systemctl --user` and expects that it succeeds.
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let mut command = self.command("systemctl");
        let output = command.arg("--user").args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A property of a unit.
    pub fn shown(&self, unit: &str, property: &str) -> String {
        self.ctl(&["show", "--value", "--property", property, unit]).trim().to_owned()
    }

    /// A command in the environment of this systemd.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        environment(&mut command, self.folder.path());
        command
    }

    /// Runs tagout, which sees nothing but this systemd and what is said here.
    pub fn tagout(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_tagout"));
        Ran::of(command.env("TAGOUT_MANAGERS", "systemd").args(arguments), self.folder.path())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn environment<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder.join("run"))
        .env("TAGOUT_STATE", folder.join("state"))
        .env("TAGOUT_LOCK", folder.join("lock"))
        .env("NO_COLOR", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
}

fn skipped<T>(reason: &str) -> Option<T> {
    eprintln!("SKIPPED: no systemd can be started here: {}", reason.trim());
    None
}

impl Drop for Systemd {
    fn drop(&mut self) {
        let _ = self.command("systemctl").args(["--user", "exit"]).output();
        if wait_quietly(&mut self.child).is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let group = self.folder.path().file_name().unwrap().to_owned();
        for groups in ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
            // They are empty, and else nothing is lost.
            let _ = Command::new("find")
                .arg(Path::new(groups).join(&group))
                .args(["-depth", "-type", "d", "-delete"])
                .stderr(Stdio::null())
                .status();
        }
    }
}

fn wait_quietly(child: &mut Child) -> io::Result<()> {
    for _ in 0..100 {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Err(io::ErrorKind::TimedOut.into())
}
