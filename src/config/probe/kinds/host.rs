use super::{Schema, fields};
use crate::config::EnvText;
use serde::Deserialize;

/// What the host has left.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    #[serde(default = "root")]
    pub disks: Vec<EnvText>,
}

fn root() -> Vec<EnvText> {
    EnvText::parse("/").into_iter().collect()
}

/// What is known of a disk.
const DISK: [&str; 5] = ["path", "free", "total", "used_percent", "free_inodes_percent"];

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
        (
            "fullest",
            "the one of the disks of which the most is used, with its `path`: `fullest.used_percent`",
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
        Some(Self { disks: vec![path] })
    }

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![
            ("disk", fields(self.disks.iter().map(EnvText::as_written))),
            ("fullest", fields(DISK)),
            ("memory", fields(["available", "total", "used_percent"])),
            ("swap", fields(["free", "total", "used_percent"])),
        ]
    }

    fn problem(&self) -> Option<String> {
        if self.disks.is_empty() {
            return Some("`disks` is empty; leave it out, or name a path".to_owned());
        }
        let empty = self.disks.iter().any(|path| path.as_written().is_empty());
        empty.then(|| "the path of a disk is empty".to_owned())
    }
}
