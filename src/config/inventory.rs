use indexmap::IndexMap;
use serde::Deserialize;
use std::{borrow::Cow, path::PathBuf};

/// Apps by name.
pub type Inventory = IndexMap<String, App>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    pub environments: IndexMap<String, Environment>,
}

/// What one app is made of in one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// File names of the workflows that deploy it; `*` matches any text.
    pub workflows: Vec<String>,
    /// PM2 process names, most important first; `*` matches any text.
    pub pm2: Vec<String>,
    /// The PM2 ecosystem file that declares them.
    pub ecosystem: Option<PathBuf>,
    /// Folders that are its own, with all that is in them.
    pub paths: Vec<PathBuf>,
    /// Units of systemd, without `.service`.
    pub units: Vec<String>,
    /// Containers, and projects of compose.
    pub containers: Vec<String>,
    pub databases: Vec<String>,
    /// Namespaces of Kubernetes.
    pub namespaces: Vec<String>,
    pub ports: Vec<u16>,
    /// Numbers of databases of Redis.
    pub redis: Vec<u16>,
    /// Restored in this order, lowest first.
    pub priority: Option<u32>,
}

/// Processes of others on the same host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Neighbours {
    pub pm2: Vec<String>,
    pub paths: Vec<PathBuf>,
    pub units: Vec<String>,
    pub containers: Vec<String>,
    pub databases: Vec<String>,
    pub namespaces: Vec<String>,
    pub ports: Vec<u16>,
    /// Numbers of databases of Redis.
    pub redis: Vec<u16>,
    pub priority: Option<u32>,
}

/// A kind of thing that has an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Pm2,
    Path,
    Unit,
    Container,
    Database,
    Namespace,
    Port,
    Redis,
}

/// The patterns of one owner's things of a kind.
macro_rules! things {
    ($owner:ty) => {
        impl $owner {
            fn things(&self, kind: Thing) -> Vec<Cow<'_, str>> {
                let names = match kind {
                    Thing::Pm2 => &self.pm2,
                    Thing::Unit => &self.units,
                    Thing::Container => &self.containers,
                    Thing::Database => &self.databases,
                    Thing::Namespace => &self.namespaces,
                    Thing::Path => {
                        return self.paths.iter().map(|path| path.to_string_lossy()).collect();
                    }
                    Thing::Port => return numbers(&self.ports),
                    Thing::Redis => return numbers(&self.redis),
                };
                names.iter().map(|name| Cow::Borrowed(name.as_str())).collect()
            }
        }
    };
}

fn numbers(all: &[u16]) -> Vec<Cow<'_, str>> {
    all.iter().map(|number| number.to_string().into()).collect()
}

things!(Environment);
things!(Neighbours);

/// Whose a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Of this app, in this environment.
    Ours { app: &'a str, environment: &'a str },
    /// Declared a neighbour.
    Neighbour,
    /// In no list.
    Unknown,
}

/// The priority of what has none: after all that has one.
pub const LAST_PRIORITY: u32 = u32::MAX;

impl super::Config {
    /// Whose PM2 process `name` is.
    pub fn owner_of_pm2(&self, name: &str) -> Owner<'_> {
        self.owner_of(Thing::Pm2, name)
    }

    /// Whose thing `name` is. An exact name wins over a pattern, and a longer pattern over a shorter
    /// one; of folders the innermost.
    pub fn owner_of(&self, kind: Thing, name: &str) -> Owner<'_> {
        let mut best: Option<(usize, Owner<'_>)> = None;
        let mut offer = |patterns: Vec<Cow<'_, str>>, owner| {
            for pattern in patterns.iter().filter(|pattern| kind.is(pattern, name)) {
                let weight = if pattern == name { usize::MAX } else { pattern.len() };
                if best.is_none_or(|(held, _)| weight > held) {
                    best = Some((weight, owner));
                }
            }
        };
        for (app, environment, declared) in self.environments() {
            offer(declared.things(kind), Owner::Ours { app, environment });
        }
        offer(self.neighbours.things(kind), Owner::Neighbour);
        best.map_or(Owner::Unknown, |(_, owner)| owner)
    }

    /// The patterns of all things of a kind that have an owner.
    pub fn declared(&self, kind: Thing) -> Vec<Cow<'_, str>> {
        let own = self.environments().flat_map(|(_, _, environment)| environment.things(kind));
        own.chain(self.neighbours.things(kind)).collect()
    }

    /// All environments as (app, environment, declaration).
    pub fn environments(&self) -> impl Iterator<Item = (&str, &str, &Environment)> {
        self.inventory.iter().flat_map(|(app, declared)| {
            declared.environments.iter().map(|(name, env)| (app.as_str(), name.as_str(), env))
        })
    }

    /// The environments that the workflow of this file name deploys.
    pub fn environments_of<'c>(
        &'c self,
        workflow: &'c str,
    ) -> impl Iterator<Item = (&'c str, &'c str, &'c Environment)> {
        self.environments().filter(move |(_, _, environment)| {
            environment.workflows.iter().any(|pattern| matches_name(pattern, workflow))
        })
    }

    /// The pattern by which `name` belongs to `owner`: its very name, or the first that fits.
    pub fn pattern_of(&self, owner: Owner<'_>, kind: Thing, name: &str) -> Option<Cow<'_, str>> {
        let patterns = match owner {
            Owner::Ours { app, environment } => {
                self.inventory.get(app)?.environments.get(environment)?.things(kind)
            }
            Owner::Neighbour => self.neighbours.things(kind),
            Owner::Unknown => return None,
        };
        let fits = |pattern: &&Cow<'_, str>| kind.is(pattern, name);
        let exact = patterns.iter().find(|pattern| *pattern == name);
        exact.or_else(|| patterns.iter().find(fits)).cloned()
    }

    /// The place of a thing in the order of restoration, lowest first: the environment's priority,
    /// then its position in the inventory, then the thing's position in its list.
    pub fn restore_rank(&self, kind: Thing, name: &str) -> (u32, usize, usize) {
        let rank = |priority: Option<u32>, place: usize, patterns: &[Cow<'_, str>]| {
            let position = patterns.iter().position(|pattern| kind.is(pattern, name));
            (priority.unwrap_or(LAST_PRIORITY), place, position.unwrap_or(0))
        };
        let neighbours = self.environments().count();
        match self.owner_of(kind, name) {
            Owner::Ours { app, environment } => {
                let found = self.environments().enumerate().find(|(_, (its_app, its_name, _))| {
                    (*its_app, *its_name) == (app, environment)
                });
                found.map_or((LAST_PRIORITY, neighbours, 0), |(place, (_, _, declared))| {
                    rank(declared.priority, place, &declared.things(kind))
                })
            }
            Owner::Neighbour => {
                rank(self.neighbours.priority, neighbours, &self.neighbours.things(kind))
            }
            Owner::Unknown => (LAST_PRIORITY, neighbours + 1, 0),
        }
    }
}

impl Thing {
    /// Whether a name is of what an owner's pattern says.
    fn is(self, pattern: &str, name: &str) -> bool {
        match self {
            Self::Path => {
                let below = name.strip_prefix(pattern.trim_end_matches('/'));
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            _ => matches_name(pattern, name),
        }
    }
}

/// Whether `name` is what `pattern` says, where `*` matches any text.
pub fn matches_name(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_nothing_else_is_special() {
        for (pattern, name, expected) in [
            ("web", "web", true),
            ("web", "web2", false),
            ("*-test", "api-test", true),
            ("*-test", "api-test-2", false),
            ("stock-*-*", "stock-alert-api", true),
            ("a*a", "a", false),
            ("a*b*a", "aba", true),
            ("*", "", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches_name(pattern, name), expected, "{pattern} {name}");
        }
    }
}
