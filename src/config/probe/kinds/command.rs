use super::Schema;
use crate::config::EnvText;
use indexmap::IndexMap;
use serde::Deserialize;
use std::path::PathBuf;

/// A program that is run, without a shell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The program and its arguments.
    pub run: Vec<EnvText>,
    /// The folder that it runs in, from the folder of `tagout.yml`.
    pub cwd: Option<PathBuf>,
    /// Variables that are added to the environment.
    #[serde(default)]
    pub env: IndexMap<String, EnvText>,
    /// What it reads.
    pub stdin: Option<EnvText>,
}

impl Schema for Command {
    const SUMMARY: &str = "A program that is run without a shell";
    const KEYS: &[(&str, &str)] = &[
        ("run", "the program and its arguments, a list; the short form is just this"),
        ("cwd", "the folder that it runs in, from the folder of `tagout.yml`"),
        ("env", "variables that are added to its environment"),
        ("stdin", "a text that it reads; nothing, if not said otherwise"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("exit_code", "its exit code, a number; there is none if a signal ended it"),
        ("stdout", "what it printed, without the line break at its end"),
        ("stderr", "what it printed as errors"),
        ("json", "what it printed, as JSON"),
        ("latency", "how long it ran, a duration"),
    ];
    const EXAMPLE: &str = "command: [npm, run, smoke]";
    const CONDITION: &str = "exit_code == 0";

    fn from_words(run: Vec<EnvText>) -> Option<Self> {
        Some(Self { run, cwd: None, env: IndexMap::new(), stdin: None })
    }

    fn problem(&self) -> Option<String> {
        let program = self.run.first().map(EnvText::as_written);
        program.is_none_or(str::is_empty).then(|| "the command is empty".to_owned())
    }
}
