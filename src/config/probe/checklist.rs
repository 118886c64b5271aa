use super::{Probe, raw::RawChecklists};
use crate::config::{
    ConfigError,
    load::Located,
    suggest::{did_you_mean, listed},
};
use indexmap::IndexMap;

/// The entry that compares the host with its snapshot.
pub const NEIGHBOURS: &str = "neighbours";

/// What a checklist asks for, with the checklists inside it taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A probe, by its name.
    Probe(String),
    /// The comparison of the host with what it was.
    Neighbours,
}

/// Takes checklists inside checklists apart, each probe once, in the order of its first mention.
pub(super) fn resolve(
    checklists: &RawChecklists,
    probes: &IndexMap<String, Probe>,
    file: Located,
) -> Result<IndexMap<String, Vec<Entry>>, ConfigError> {
    let resolver = Resolver { checklists, probes, file };
    let mut resolved = IndexMap::new();
    for (name, entries) in checklists {
        if name.value == NEIGHBOURS || probes.contains_key(&name.value) {
            let message = format!("{:?} is the name of a probe, too; rename one", name.value);
            return Err(file.error(message, &name.referenced));
        }
        if entries.value.is_empty() {
            let message = format!("the checklist {:?} is empty and would always pass", name.value);
            return Err(file.error(message, &entries.referenced));
        }
        let mut flat = Vec::new();
        resolver.flatten(&name.value, &mut vec![&name.value], &mut flat)?;
        resolved.insert(name.value.clone(), flat);
    }
    Ok(resolved)
}

struct Resolver<'a> {
    checklists: &'a RawChecklists,
    probes: &'a IndexMap<String, Probe>,
    file: Located<'a>,
}

impl<'a> Resolver<'a> {
    fn flatten(
        &self,
        checklist: &str,
        way: &mut Vec<&'a str>,
        flat: &mut Vec<Entry>,
    ) -> Result<(), ConfigError> {
        let inside = self.checklists.iter().find(|(name, _)| name.value == checklist);
        for entry in inside.into_iter().flat_map(|(_, entries)| &entries.value) {
            let name = entry.value.as_str();
            let found = if name == NEIGHBOURS {
                Entry::Neighbours
            } else if self.probes.contains_key(name) {
                Entry::Probe(name.to_owned())
            } else if !self.checklists.keys().any(|known| known.value == name) {
                let known = || {
                    let checklists = self.checklists.keys().map(|known| known.value.as_str());
                    self.probes.keys().map(String::as_str).chain(checklists).chain([NEIGHBOURS])
                };
                let message = format!(
                    "there is no probe or checklist {name:?}{}\nthere are {}",
                    did_you_mean(name, known()),
                    listed(known())
                );
                return Err(self.file.error(message, &entry.referenced));
            } else if way.contains(&name) {
                let message =
                    format!("the checklist contains itself: {} → {name}", way.join(" → "));
                return Err(self.file.error(message, &entry.referenced));
            } else {
                way.push(name);
                self.flatten(name, way, flat)?;
                way.pop();
                continue;
            };
            if !flat.contains(&found) {
                flat.push(found);
            }
        }
        Ok(())
    }
}
