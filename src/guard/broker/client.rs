//! Who is at the other end of a connection: what the kernel says of the process that opened it.

use std::ffi::OsString;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// A client of PM2. Of one that has ended already, or on a system that tells nothing of its
/// processes, little is known.
#[derive(Debug, Default)]
pub struct Client {
    pub uid: Option<u32>,
    program: Option<PathBuf>,
    folder: Option<PathBuf>,
    arguments: Vec<String>,
    pub environment: Vec<(OsString, OsString)>,
}

impl Client {
    #[cfg(target_os = "linux")]
    pub fn of(stream: &UnixStream) -> Self {
        let Ok(peer) = rustix::net::sockopt::socket_peercred(stream) else {
            return Self::default();
        };
        let about = PathBuf::from(format!("/proc/{}", peer.pid.as_raw_nonzero()));
        let list = |name: &str| std::fs::read(about.join(name)).unwrap_or_default();
        Self {
            uid: Some(peer.uid.as_raw()),
            program: std::fs::read_link(about.join("exe")).ok(),
            folder: std::fs::read_link(about.join("cwd")).ok(),
            arguments: entries(&list("cmdline"))
                .map(|argument| String::from_utf8_lossy(argument).into_owned())
                .collect(),
            environment: entries(&list("environ")).filter_map(variable).collect(),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub fn of(_: &UnixStream) -> Self {
        Self::default()
    }

    /// The PM2 home that it means, where that is known.
    pub fn home(&self) -> Option<PathBuf> {
        let home = match self.variable("PM2_HOME") {
            Some(home) => PathBuf::from(home),
            None => Path::new(self.variable("HOME")?).join(".pm2"),
        };
        Some(self.folder.as_deref().unwrap_or(Path::new("/")).join(home))
    }

    /// The words after `pm2`, if it is PM2's command line that was called.
    pub fn words(&self) -> Option<&[String]> {
        let script = self.script()?;
        let name = Path::new(&self.arguments[script]).file_name()?;
        (name == "pm2" || name == "pm2.js").then(|| &self.arguments[script + 1..])
    }

    /// Programs by which this client could have started a daemon itself, each with its interpreter:
    /// the `pm2` that was called; else the package that `require('pm2')` finds from the script or
    /// the folder; else the `pm2` on its `PATH`.
    pub fn launchers(&self) -> impl Iterator<Item = (PathBuf, PathBuf)> {
        let interpreter = self.program.clone().unwrap_or_else(|| "node".into());
        let script = self.script().map(|at| self.folder().join(&self.arguments[at]));
        let called = script.clone().and_then(|script| script.canonicalize().ok());
        let mut programs: Vec<PathBuf> = Vec::new();
        programs.extend(called.as_deref().and_then(package_of).map(|package| program_of(&package)));
        for start in [called.as_deref(), Some(self.folder())].into_iter().flatten() {
            programs.extend(
                start.ancestors().map(|folder| program_of(&folder.join("node_modules/pm2"))),
            );
        }
        let path = self.variable("PATH").cloned().unwrap_or_default();
        let on_path = std::env::split_paths(&path).map(|folder| folder.join("pm2"));
        // What stands for `pm2` there may be a program of ours, or a script of a shell.
        let real = on_path.filter_map(|pm2| package_of(&pm2.canonicalize().ok()?));
        programs.extend(real.map(|package| program_of(&package)));
        programs
            .into_iter()
            .filter(|program| program.is_file())
            .map(move |program| (interpreter.clone(), program))
    }

    pub fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(Path::new("/"))
    }

    /// Where the interpreter's script stands among the arguments.
    fn script(&self) -> Option<usize> {
        (1..self.arguments.len()).find(|&at| !self.arguments[at].starts_with('-'))
    }

    fn variable(&self, name: &str) -> Option<&OsString> {
        let set = self.environment.iter().find(|(known, _)| known == name);
        set.map(|(_, value)| value).filter(|value| !value.is_empty())
    }
}

#[cfg(target_os = "linux")]
fn entries(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.strip_suffix(b"\0").into_iter().flat_map(|list| list.split(|&byte| byte == 0))
}

#[cfg(target_os = "linux")]
fn variable(entry: &[u8]) -> Option<(OsString, OsString)> {
    let at = entry.iter().position(|&byte| byte == b'=')?;
    let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    Some((text(&entry[..at]), text(&entry[at + 1..])))
}

/// The folder of the PM2 package that a file is in.
fn package_of(file: &Path) -> Option<PathBuf> {
    let package = file.ancestors().find(|folder| folder.join("lib/Daemon.js").is_file())?;
    Some(package.to_owned())
}

fn program_of(package: &Path) -> PathBuf {
    package.join("bin/pm2")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(arguments: &[&str], environment: &[(&str, &str)]) -> Client {
        Client {
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: Some("/srv/shop".into()),
            environment: environment.iter().map(|(n, v)| (n.into(), v.into())).collect(),
            ..Client::default()
        }
    }

    #[test]
    fn the_words_of_pm2_are_found_behind_its_interpreter() {
        let words = |arguments: &[&str]| client(arguments, &[]).words().map(<[String]>::to_vec);
        assert_eq!(words(&["node", "/bin/pm2", "delete", "all"]).unwrap(), ["delete", "all"]);
        assert_eq!(words(&["node", "--no-warnings", "x/pm2.js", "-s"]).unwrap(), ["-s"]);
        assert_eq!(words(&["node", "deploy.js", "pm2"]), None);
        assert_eq!(words(&["node", "-e"]), None);
        assert_eq!(words(&[]), None);
    }

    #[test]
    fn a_client_means_the_pm2_that_its_own_environment_names() {
        let home = |environment: &[(&str, &str)]| client(&[], environment).home();
        assert_eq!(home(&[("HOME", "/home/d")]).unwrap(), Path::new("/home/d/.pm2"));
        let both = [("HOME", "/home/d"), ("PM2_HOME", "own")];
        assert_eq!(home(&both).unwrap(), Path::new("/srv/shop/own"));
        assert_eq!(home(&[]), None);
    }
}
