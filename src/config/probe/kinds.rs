use crate::config::EnvText;
use indexmap::IndexMap;
use serde::Deserialize;
use std::path::PathBuf;

/// A request over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub url: EnvText,
    #[serde(default = "get")]
    pub method: String,
    #[serde(default)]
    pub headers: IndexMap<String, EnvText>,
    pub body: Option<EnvText>,
    /// Off unless asked for: a redirect to a page that answers 200 is not an answer of 200.
    #[serde(default)]
    pub follow_redirects: bool,
}

fn get() -> String {
    "GET".to_owned()
}

/// A connection over TCP and, where `send` is given or `reply` is asked for, what comes back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// `host:port`
    pub address: EnvText,
    /// What to send first.
    pub send: Option<EnvText>,
}

/// A process that a process manager keeps running.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    #[serde(default)]
    pub manager: Manager,
    pub name: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    #[default]
    Pm2,
}

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
}

/// What tagout needs to know of a kind to read it.
pub(super) trait Schema: Sized {
    /// A condition to begin with.
    const CONDITION: &str;
    /// What it measures, in a sentence.
    const SUMMARY: &str;
    /// The keys of its long form, each with its meaning.
    const KEYS: &[(&str, &str)];
    /// What its conditions can ask about, each with its meaning.
    const VARIABLES: &[(&str, &str)];
    /// What a probe of it looks like, for messages.
    const EXAMPLE: &str;

    /// Its short form: a text.
    fn from_text(text: EnvText) -> Option<Self>;

    /// Its short form: a list of words.
    fn from_words(_words: Vec<EnvText>) -> Option<Self> {
        None
    }

    /// What is wrong with it, beyond its shape.
    fn problem(&self) -> Option<String>;
}

impl Schema for Http {
    const SUMMARY: &str = "One request over HTTP or HTTPS, on a connection of its own";
    const KEYS: &[(&str, &str)] = &[
        ("url", "where to; the short form is just this"),
        ("method", "`GET`, if not said otherwise"),
        ("headers", "a mapping of names to values"),
        ("body", "a text to send"),
        ("follow_redirects", "`true` to follow up to ten; `false`, if not said otherwise"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("status", "the status code, a number"),
        ("headers", "a map of the answer's headers, their names in lower case"),
        ("body", "the answer as text; longer than 1 MiB is an error"),
        ("json", "the answer as JSON"),
        ("latency", "the time from the first byte sent to the last received, a duration"),
    ];
    const EXAMPLE: &str = "http: http://127.0.0.1:3000/health";
    const CONDITION: &str = "status == 200";

    fn from_text(url: EnvText) -> Option<Self> {
        Some(Self {
            url,
            method: get(),
            headers: IndexMap::new(),
            body: None,
            follow_redirects: false,
        })
    }

    fn problem(&self) -> Option<String> {
        if let Err(cause) = self.method.parse::<reqwest::Method>() {
            return Some(format!("{:?} is no HTTP method: {cause}", self.method));
        }
        for name in self.headers.keys() {
            if name.parse::<reqwest::header::HeaderName>().is_err() {
                return Some(format!("{name:?} is no name for a header"));
            }
        }
        self.url.is_constant().then(|| url_problem(self.url.as_written())).flatten()
    }
}

fn url_problem(url: &str) -> Option<String> {
    match reqwest::Url::parse(url) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => {
            Some(format!("{url:?} must start with http:// or https://"))
        }
        Ok(_) => None,
        Err(cause) => Some(format!("{url:?} is no URL: {cause}")),
    }
}

impl Schema for Tcp {
    const SUMMARY: &str = "A connection over TCP, and what comes back on it";
    const KEYS: &[(&str, &str)] = &[
        ("address", "`host:port`; the short form is just this"),
        ("send", "a text to send first"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("connected", "whether somebody listens there"),
        ("connect_time", "how long connecting took, a duration"),
        ("latency", "how long all of it took, a duration"),
        ("reply", "what came back, as text; it is waited for only if a condition asks for it"),
    ];
    const EXAMPLE: &str = "tcp: 127.0.0.1:4000";
    const CONDITION: &str = "connected";

    fn from_text(address: EnvText) -> Option<Self> {
        Some(Self { address, send: None })
    }

    fn problem(&self) -> Option<String> {
        let address = self.address.as_written();
        let fits = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
        let wrong = self.address.is_constant() && !address.rsplit_once(':').is_some_and(fits);
        wrong.then(|| format!("{address:?} must be a host and a port, like 127.0.0.1:4000"))
    }
}

impl Schema for Process {
    const SUMMARY: &str = "A process of a process manager, watched for a while: \
        PM2 says `online` through a crash loop, so one look tells nothing";
    const KEYS: &[(&str, &str)] = &[
        ("name", "its name, or `namespace/name`; the short form is just this"),
        ("manager", "`pm2`"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        (
            "status",
            "`online`, or what the instance that is worst off is; `missing` if there is none",
        ),
        ("instances", "how many instances run"),
        ("restarts", "how often they restarted since the first look"),
        ("new_pids", "how many of them have another pid than at the first look"),
        ("memory", "what they use together, in bytes"),
        ("cpu", "what they use together, in percent of a core"),
        ("uptime", "how long the youngest of them runs, a duration"),
        ("latency", "how long the manager took to answer, a duration"),
    ];
    const EXAMPLE: &str = "process: api";
    const CONDITION: &str = "status == \"online\"";

    fn from_text(name: EnvText) -> Option<Self> {
        Some(Self { manager: Manager::default(), name: name.as_written().to_owned() })
    }

    fn problem(&self) -> Option<String> {
        self.name.is_empty().then(|| "the process needs a name".to_owned())
    }
}

impl Schema for Command {
    const SUMMARY: &str = "A program that is run without a shell";
    const KEYS: &[(&str, &str)] = &[
        ("run", "the program and its arguments, a list; the short form is just this"),
        ("cwd", "the folder that it runs in, from the folder of `tagout.yml`"),
        ("env", "variables that are added to its environment"),
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

    fn from_text(_line: EnvText) -> Option<Self> {
        None
    }

    fn from_words(run: Vec<EnvText>) -> Option<Self> {
        Some(Self { run, cwd: None, env: IndexMap::new() })
    }

    fn problem(&self) -> Option<String> {
        let program = self.run.first().map(EnvText::as_written);
        program.is_none_or(str::is_empty).then(|| "the command is empty".to_owned())
    }
}
