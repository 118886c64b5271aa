use super::Schema;
use crate::config::EnvText;
use serde::Deserialize;

/// Variables of the environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Env {
    /// They must all be set.
    pub set: Vec<String>,
    /// Of each of these sets all or none must be set.
    pub together: Vec<Vec<String>>,
    /// A file of `NAME=value` lines that is looked at instead of the environment.
    pub file: Option<EnvText>,
    /// The process, by its PM2 name, of which the environment is looked at.
    pub pm2: Option<String>,
}

impl Schema for Env {
    const SUMMARY: &str = "Variables of the environment: that they are set, and that those which \
        belong together are set together";
    const KEYS: &[(&str, &str)] = &[
        ("set", "names; the short form is just this list"),
        ("together", "a list of sets of names: of each set all are set, or none"),
        ("file", "a file of `NAME=value` lines to look at, instead of tagout's own environment"),
        ("pm2", "the PM2 process to look at, instead"),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("complete", "whether all of `set` are set and not empty"),
        ("missing", "the names of those that are not, a list"),
        ("consistent", "whether of each set of `together` all are set, or none"),
        ("torn", "the names that are missing in those of which only a part is set, a list"),
        (
            "values",
            "the values of all that are named and set: `values.MODE`; they are never printed",
        ),
        ("latency", "how long looking took, a duration"),
    ];
    const EXAMPLE: &str = "env: [DATABASE_URL, REDIS_URL]";
    const CONDITION: &str = "complete";

    fn from_words(words: Vec<EnvText>) -> Option<Self> {
        let set = words.iter().map(|word| word.as_written().to_owned()).collect();
        Some(Self { set, ..Self::default() })
    }

    fn fields(&self) -> Vec<(&'static str, Vec<String>)> {
        vec![("values", self.names().map(str::to_owned).collect())]
    }

    fn problem(&self) -> Option<String> {
        if self.file.is_some() && self.pm2.is_some() {
            return Some("there are `file` and `pm2`; an environment is of one of them".to_owned());
        }
        if self.names().next().is_none() {
            return Some("no variable is named; write `set` or `together`".to_owned());
        }
        let alone = self.together.iter().any(|set| set.len() < 2);
        alone.then(|| "a set of `together` needs at least two names".to_owned())
    }
}

impl Env {
    /// All names, some perhaps twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.set.iter().chain(self.together.iter().flatten()).map(String::as_str)
    }
}
