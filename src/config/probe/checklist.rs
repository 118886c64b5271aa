use super::{
    Probe,
    raw::{RawChecklists, RawEntry},
};
use crate::config::{
    ConfigError,
    load::Located,
    suggest::{did_you_mean, listed},
};
use indexmap::IndexMap;

/// What a checklist asks for, with the checklists inside it taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A probe, by its name.
    Probe(String),
    BuiltIn(BuiltIn),
    /// A question for a person.
    Manual(Manual),
}

impl Entry {
    pub fn name(&self) -> &str {
        match self {
            Self::Probe(name) => name,
            Self::BuiltIn(built_in) => built_in.name(),
            Self::Manual(manual) => &manual.name,
        }
    }
}

/// What can be checked without a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// The host is as its snapshot says.
    Neighbours,
    /// The workflows of this repository do nothing to others.
    Lint,
    /// Nobody else deploys to this host.
    Lock,
    /// What the inventory names is there, and what is there is named in it.
    Inventory,
}

impl BuiltIn {
    pub const ALL: [Self; 4] = [Self::Neighbours, Self::Lint, Self::Lock, Self::Inventory];

    pub fn name(self) -> &'static str {
        match self {
            Self::Neighbours => "neighbours",
            Self::Lint => "lint",
            Self::Lock => "lock",
            Self::Inventory => "inventory",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|built_in| built_in.name() == name)
    }
}

/// Something that only a person can see to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manual {
    pub name: String,
    /// What is to be confirmed.
    pub confirm: String,
    pub severity: String,
    /// Whether it is an error to leave it open.
    pub required: bool,
}

/// Takes checklists inside checklists apart, each entry once, in the order of its first mention.
pub(super) fn resolve(
    checklists: &RawChecklists,
    probes: &IndexMap<String, Probe>,
    severities: &[String],
    file: Located,
) -> Result<IndexMap<String, Vec<Entry>>, ConfigError> {
    let resolver = Resolver { checklists, probes, severities, file };
    let mut resolved = IndexMap::new();
    for (name, entries) in checklists {
        if BuiltIn::named(&name.value).is_some() || probes.contains_key(&name.value) {
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
    severities: &'a [String],
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
            let found = match &entry.value {
                RawEntry::Manual(manual) => {
                    Entry::Manual(manual.settle(self.severities, self.file)?)
                }
                RawEntry::Name(name) => match self.named(name) {
                    Some(found) => found,
                    None if way.contains(&name.as_str()) => {
                        let message =
                            format!("the checklist contains itself: {} → {name}", way.join(" → "));
                        return Err(self.file.error(message, &entry.referenced));
                    }
                    None if self.checklists.keys().any(|known| known.value == *name) => {
                        way.push(name);
                        self.flatten(name, way, flat)?;
                        way.pop();
                        continue;
                    }
                    None => return Err(self.file.error(self.unknown(name), &entry.referenced)),
                },
            };
            let twin = flat.iter().find(|known| known.name() == found.name());
            match twin {
                Some(twin) if *twin != found => {
                    let name = found.name();
                    let message =
                        format!("{name:?} is the name of two different things; rename one");
                    return Err(self.file.error(message, &entry.referenced));
                }
                Some(_) => {}
                None => flat.push(found),
            }
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Option<Entry> {
        let probe = || self.probes.contains_key(name).then(|| Entry::Probe(name.to_owned()));
        BuiltIn::named(name).map(Entry::BuiltIn).or_else(probe)
    }

    fn unknown(&self, name: &str) -> String {
        let known = || {
            let checklists = self.checklists.keys().map(|known| known.value.as_str());
            let built_in = BuiltIn::ALL.iter().map(|built_in| built_in.name());
            self.probes.keys().map(String::as_str).chain(checklists).chain(built_in)
        };
        format!(
            "there is no probe or checklist {name:?}{}\nthere are {}",
            did_you_mean(name, known()),
            listed(known())
        )
    }
}
