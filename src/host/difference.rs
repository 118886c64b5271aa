use super::{ManagerKind, Process, docker, pm2, ports, systemd};
use std::collections::BTreeSet;

/// A setting that two recordings of a process do not share. Values are never told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    Setting(&'static str),
    /// A variable of its environment, by name.
    Variable(String),
}

/// How the settings and the environment of two recordings of one process differ.
pub fn differences(before: &Process, after: &Process) -> BTreeSet<Difference> {
    let (then, now) = (&before.recipe, &after.recipe);
    match before.key.manager {
        ManagerKind::Pm2 => pm2::differences(then, now),
        ManagerKind::Systemd | ManagerKind::UserSystemd => systemd::differences(then, now),
        ManagerKind::Docker => docker::differences(then, now),
        ManagerKind::Ports => ports::differences(then, now),
    }
}
