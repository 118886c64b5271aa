use regex::Regex;
use serde::Deserialize;
use std::{collections::HashMap, sync::OnceLock};

/// A kind of thing that commands act on, as `rules/resources.yml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// For messages: `PM2 process`.
    pub one: String,
    /// For messages: `PM2 processes`.
    pub many: String,
    /// Names that mean all of them.
    #[serde(default)]
    pub everything: Vec<String>,
    /// What a name that selects by pattern looks like.
    #[serde(default)]
    pattern: Option<String>,
    /// Names of digits are ids, which change as things come and go.
    #[serde(default)]
    pub ids: bool,
    /// Things that serve everybody on the host.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Words that say nothing: a pattern of them alone is shared.
    #[serde(default)]
    generic: Vec<String>,
    /// A name that ends so is a file which says the names.
    #[serde(default)]
    pub declared_in: Vec<String>,
    /// Names are paths.
    #[serde(default)]
    pub path: bool,
    /// A path stands for all below it, too.
    #[serde(default)]
    pub with_folders: bool,
    /// Every name is a pattern by nature.
    #[serde(default)]
    pub may_be_wide: bool,
    /// Blanks are a part of the name, as they are of a pattern: the body of a request.
    #[serde(default)]
    pub has_blanks: bool,
    /// What a filter on lines of a list looks for is its name.
    #[serde(default)]
    pub named_by_filter: bool,
    /// A filter on lines of a list finds more than the one that is meant.
    #[serde(default)]
    pub found_by_part: bool,
    /// It tells which things of these kinds are meant, and of no others.
    #[serde(default)]
    pub tells_only: Vec<String>,
    /// It is what a deploy replaces: processes, services, containers.
    #[serde(default)]
    pub runs: bool,
    /// Every one of them matters, so an unknown name makes nothing less certain.
    #[serde(default)]
    pub whichever: bool,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

/// `rules/resources.yml`.
const KINDS: &str = include_str!(concat!(env!("OUT_DIR"), "/resources.json"));

/// The kind of that name; one without special names if it is not known.
pub fn resource(kind: &str) -> &'static Resource {
    static UNKNOWN: OnceLock<Resource> = OnceLock::new();
    all().get(kind).unwrap_or_else(|| UNKNOWN.get_or_init(Resource::default))
}

/// Every kind by name.
pub fn all() -> &'static HashMap<String, Resource> {
    static ALL: OnceLock<HashMap<String, Resource>> = OnceLock::new();
    // A test reads the file, so that it cannot fail for a user.
    ALL.get_or_init(|| serde_json::from_str(KINDS).unwrap_or_default())
}

impl Resource {
    /// Whether a pattern has only words that processes of any app have: `node.*next`.
    pub fn is_generic(&self, pattern: &str) -> bool {
        let plain = [".*", ".+", "\\s", "\\b"]
            .iter()
            .fold(pattern.to_owned(), |text, sign| text.replace(sign, " "));
        let mut words = plain
            .split([' ', '|', '^', '$', '(', ')', '\\'])
            .filter(|word| !word.is_empty())
            .peekable();
        words.peek().is_some() && words.all(|word| self.generic.iter().any(|known| known == word))
    }

    pub fn is_pattern(&self, name: &str) -> bool {
        self.compiled
            .get_or_init(|| self.pattern.as_deref().and_then(|pattern| Regex::new(pattern).ok()))
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Catalog;

    #[test]
    fn every_resource_is_understood_and_has_words_for_people() {
        let all: HashMap<String, Resource> = serde_json::from_str(KINDS).unwrap();
        for (kind, resource) in &all {
            assert!(!resource.one.is_empty() && !resource.many.is_empty(), "{kind}");
            if let Some(pattern) = &resource.pattern {
                Regex::new(pattern).unwrap();
            }
        }
    }

    #[test]
    fn a_pattern_of_words_that_any_app_has_is_generic() {
        let patterns = resource("process-pattern");
        for generic in ["node", "node.*next", "npm.*start", "npm run dev", "^next-server"] {
            assert!(patterns.is_generic(generic), "{generic}");
        }
        for own in ["node server.js", "node.*web", "web", "", "main.py", ":3001"] {
            assert!(!patterns.is_generic(own), "{own}");
        }
    }

    #[test]
    fn every_kind_that_a_program_names_exists() {
        for (path, program) in Catalog::built_in().all() {
            for command in &program.commands {
                let effect = command.effect.as_ref().and_then(|effect| effect.resource.as_deref());
                for kind in command.run.kinds().chain(effect).chain(command.lists.as_deref()) {
                    assert!(all().contains_key(kind), "{path}: {kind}");
                }
            }
        }
    }
}
