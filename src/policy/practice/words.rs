use aho_corasick::AhoCorasick;
use serde::Deserialize;
use std::sync::OnceLock;

/// `rules/practice.yml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    lock: Vec<String>,
    verify: Vec<String>,
    tests: Vec<String>,
    public: Vec<String>,
}

const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/practice.json"));

/// Words that are looked for as whole words.
pub(super) struct Words {
    words: Vec<String>,
    /// Made ready when it is first asked for: most workflows deploy nothing.
    search: OnceLock<Option<AhoCorasick>>,
}

/// The words by which a workflow shows what it does.
pub(in crate::policy) struct Practice {
    pub(super) lock: Words,
    pub(super) verify: Words,
    /// Names of environments that are not production.
    pub(super) tests: Vec<String>,
    /// Names of secrets that are none.
    pub public: Vec<String>,
}

impl Practice {
    pub fn known() -> &'static Self {
        static KNOWN: OnceLock<Practice> = OnceLock::new();
        KNOWN.get_or_init(|| {
            // A test reads the file, so that it cannot fail for a user.
            let table: Table = serde_json::from_str(TABLE).unwrap_or_default();
            let (lock, verify) = (Words::new(table.lock), Words::new(table.verify));
            Self { lock, verify, tests: table.tests, public: table.public }
        })
    }
}

impl Words {
    fn new(words: Vec<String>) -> Self {
        Self { words, search: OnceLock::new() }
    }

    /// Whether one of them stands in a text.
    pub fn are_in(&self, text: &str) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let ready = || AhoCorasick::builder().ascii_case_insensitive(true).build(&self.words).ok();
        let search = self.search.get_or_init(ready);
        search.iter().flat_map(|search| search.find_overlapping_iter(text)).any(|found| {
            let before = text[..found.start()].chars().next_back();
            let after = text[found.end()..].chars().next();
            !is_word(before) && !is_word(after)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_good_practice_are_understood_and_found_as_whole_words() {
        assert!(serde_json::from_str::<Table>(TABLE).is_ok());
        let practice = Practice::known();
        assert!(practice.verify.are_in("x\ncurl -f http://127.0.0.1:3000/"));
        assert!(practice.verify.are_in("Smoke test"));
        assert!(!practice.verify.are_in("libcurl4 is installed"));
        assert!(practice.lock.are_in("flock /tmp/deploy npm run deploy"));
    }
}
