use super::Schema;
use crate::config::EnvText;
use serde::Deserialize;

/// A file, for example a backup.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub path: EnvText,
}

impl Schema for File {
    const SUMMARY: &str = "A file or folder: whether it is there, how old and how large it is";
    const KEYS: &[(&str, &str)] = &[(
        "path",
        "from the folder of `tagout.yml`; the short form is just this; `*` in its last part is any text, and then the newest of all that match is looked at",
    )];
    const VARIABLES: &[(&str, &str)] = &[
        ("exists", "whether it is there"),
        ("count", "how many match"),
        ("size", "its length in bytes"),
        ("age", "how long ago it was written last, a duration"),
        ("modified", "when that was, a time"),
        ("kind", "`file`, `folder` or `other`"),
        ("mode", "its permissions, like `640`"),
        ("path", "its path"),
        ("latency", "how long looking took, a duration"),
    ];
    const EXAMPLE: &str = "file: /var/backups/app-*.db";
    const CONDITION: &str = "size > 1 * MiB && age < duration(\"25h\")";

    fn from_text(path: EnvText) -> Option<Self> {
        Some(Self { path })
    }

    fn problem(&self) -> Option<String> {
        self.path.as_written().is_empty().then(|| "the path is empty".to_owned())
    }
}
