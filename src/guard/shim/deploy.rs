//! The deploy that a process runs under, by its journal. It is read only for a command that does
//! something: most do nothing that anybody would mind.

use super::super::doors::JOURNAL_VARIABLE;
use super::super::journal::{Begun, Journal, JournalError, Step};
use super::folder;
use crate::config::{Config, parse_inventory};
use crate::policy::Policy;
use std::path::PathBuf;

#[derive(Debug)]
pub struct Deploy {
    journal: Option<PathBuf>,
}

/// What its commands are judged by.
#[derive(Debug, Default)]
pub struct Rules {
    pub policy: Policy,
    /// The environments that it deploys, as (app, environment).
    pub own: Vec<(String, String)>,
}

impl Deploy {
    /// By the variable that names its journal, or where that was taken away, by our folder.
    pub fn find() -> Self {
        let named = std::env::var_os(JOURNAL_VARIABLE).map(PathBuf::from);
        Self { journal: named.or_else(folder::journal) }
    }

    /// What its commands are judged by; what holds for everybody where that cannot be known, with
    /// the reason.
    pub fn rules(&self) -> (Rules, Option<String>) {
        let Some(journal) = &self.journal else { return (Rules::default(), None) };
        match Begun::read(journal) {
            Ok(begun) => match rules(&begun) {
                Ok(rules) => (rules, None),
                Err(why) => (Rules::default(), Some(why)),
            },
            Err(error) => (Rules::default(), Some(error.to_string())),
        }
    }

    /// Notes a step in its journal.
    pub fn note(&self, step: Step) -> Result<(), JournalError> {
        match &self.journal {
            Some(journal) => Journal::beside(journal)?.append(step),
            None => Ok(()),
        }
    }
}

fn rules(begun: &Begun) -> Result<Rules, String> {
    let config = match &begun.config {
        Some(written) => parse_inventory(&written.path, &written.text),
        None => Ok(Config::default()),
    };
    let policy = config.and_then(|config| Policy::of(config, &[]));
    let policy = policy.map_err(|error| error.to_string())?;
    let owned = |(app, environment): (&str, &str)| (app.to_owned(), environment.to_owned());
    Ok(Rules { policy, own: begun.target.environments().map(owned).collect() })
}
