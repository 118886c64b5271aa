use super::Schema;
use crate::config::EnvText;
use serde::Deserialize;

/// A process that should keep running.
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
    Systemd,
    Docker,
    /// None: it is known by its command line.
    None,
}

impl Schema for Process {
    const SUMMARY: &str = "A process of a process manager, watched for a while: \
        PM2 says `online` through a crash loop, so one look tells nothing";
    const KEYS: &[(&str, &str)] = &[
        ("name", "its name, or `namespace/name`; the short form is just this"),
        (
            "manager",
            "`pm2`, if not said otherwise; `systemd`, where `name` is a unit (`user/NAME` is one of this user's own); `docker`, where it is a container; or `none`, where `name` is a regular expression for the command line, and `restarts` counts pids that are new",
        ),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        (
            "status",
            "`online`, or what the instance that is worst off is; `missing` if there is none",
        ),
        ("instances", "how many instances run"),
        ("restarts", "how often they restarted since the first look"),
        ("restarts_ever", "how often they restarted since they were registered with the manager"),
        ("new_pids", "how many of them have another pid than at the first look"),
        ("memory", "what they use together, in bytes; Docker does not say it"),
        ("cpu", "what they use together, in percent of a core; only PM2 says it"),
        ("uptime", "how long the youngest of them runs, a duration"),
        ("latency", "how long the manager took to answer, a duration"),
    ];
    const EXAMPLE: &str = "process: api";
    const CONDITION: &str = "status == \"online\"";

    fn from_text(name: EnvText) -> Option<Self> {
        Some(Self { manager: Manager::default(), name: name.as_written().to_owned() })
    }

    fn problem(&self) -> Option<String> {
        if self.name.is_empty() {
            return Some("the process needs a name".to_owned());
        }
        let is_pattern = self.manager == Manager::None;
        let wrong = is_pattern && regex::Regex::new(&self.name).is_err();
        wrong.then(|| format!("{:?} is no regular expression", self.name))
    }
}
