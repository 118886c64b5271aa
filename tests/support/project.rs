use super::{Ran, Server};
use regex::Regex;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// A folder with a `tagout.yml`, in which `[SERVER]` stands for the address of a server.
pub struct Project {
    pub folder: TempDir,
    pub server: Server,
    pub env: Vec<(String, String)>,
}

impl Project {
    /// With the probes and checklists of `config`.
    pub fn new(config: &str) -> Self {
        let (folder, server) = (TempDir::new().unwrap(), Server::new());
        let config = config.replace("[SERVER]", &server.address.to_string());
        fs::write(folder.path().join("tagout.yml"), format!("version: 1\n{config}")).unwrap();
        Self { folder, server, env: Vec::new() }
    }

    /// With these probes, in one checklist.
    pub fn probes(probes: &str) -> Self {
        let name = |line: &str| {
            let name = line.strip_prefix("  ")?.strip_suffix(':')?;
            (!name.starts_with(' ')).then(|| name.to_owned())
        };
        let names: Vec<String> = probes.lines().filter_map(name).collect();
        let checklist = format!("checklists: {{post-deploy: [{}]}}\n", names.join(", "));
        Self::new(&format!("probes:{probes}\n{checklist}"))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagout"));
        command
            .arg("check")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env("PM2_HOME", self.folder.path().join("pm2"))
            .env("TAGOUT_STATE", self.folder.path().join("state"))
            .env("TAGOUT_MANAGERS", "pm2")
            .env_remove("PM2_DAEMON_RPC_PORT")
            .env("TAGOUT_LOCK", self.folder.path().join("lock"))
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn check(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| self.tidy(String::from_utf8(bytes).unwrap());
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// With a variable for what is checked.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What differs from run to run, by a name.
    pub fn tidy(&self, text: String) -> String {
        let text = text
            .replace(&self.server.address.to_string(), "[SERVER]")
            .replace(&self.folder.path().canonicalize().unwrap().display().to_string(), "[FOLDER]")
            .replace(&self.folder.path().display().to_string(), "[FOLDER]");
        let times = Regex::new(r" +[0-9.]+ m?s\b *").unwrap();
        let text = times.replace_all(&text, "  [TIME]  ");
        // The column of times is as wide as the longest of them.
        let timeless = Regex::new(r"(?m)^(  \S  \S+) +(\w+, P\d)$").unwrap();
        let text = timeless.replace_all(&text, "$1  $2");
        let numbers = Regex::new(r#"("latency_ms": )[0-9.]+"#).unwrap();
        let text = numbers.replace_all(&text, "$1[TIME]");
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}
