use super::{Schema, fields};
use crate::config::EnvText;
use serde::Deserialize;

/// What the host has left.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    #[serde(default = "root")]
    pub disks: Vec<String>,
}

fn root() -> Vec<String> {
    vec!["/".to_owned()]
}

impl Schema for Host {
    const SUMMARY: &str = "What the host has left: disk, memory, swap and processors";
    const KEYS: &[(&str, &str)] = &[(
        "disks",
        "paths, each of which stands for the disk it is on; `[/]`, if not said otherwise; the short form is one of them",
    )];
    const VARIABLES: &[(&str, &str)] = &[
        (
            "disk",
            "by path: `disk[\"/\"].free` and `.total` in bytes, `.used_percent`, and `.free_inodes_percent`; of what users may use",
        ),
        ("memory", "`memory.available` and `.total` in bytes, and `.used_percent`"),
        ("swap", "`swap.free` and `.total` in bytes, and `.used_percent`, which is 0 without swap"),
        ("load1", "the load of the last minute"),
        ("load5", "the load of the last five minutes"),
        ("load15", "the load of the last fifteen minutes"),
        ("cpus", "how many processors there are"),
        ("latency", "how long looking took, a duration"),
    ];
    const EXAMPLE: &str = "host: /";
    const CONDITION: &str = "disk[\"/\"].free > 2 * GiB && memory.used_percent < 90";

    fn from_text(path: EnvText) -> Option<Self> {
        Some(Self { disks: vec![path.as_written().to_owned()] })
    }

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![
            ("disk", self.disks.clone()),
            ("memory", fields(["available", "total", "used_percent"])),
            ("swap", fields(["free", "total", "used_percent"])),
        ]
    }

    fn problem(&self) -> Option<String> {
        let empty = self.disks.iter().any(String::is_empty);
        empty.then(|| "the path of a disk is empty".to_owned())
    }
}
