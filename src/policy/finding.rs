use crate::{
    effect::Effect,
    source::{Hop, Location, Place},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How grave a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; never fails a run.
    Note,
    /// It cannot be proven harmless.
    Warn,
    /// It reaches past the app that is deployed.
    Deny,
}

impl std::str::FromStr for Level {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Ok(match word {
            "note" => Self::Note,
            "warn" => Self::Warn,
            "deny" => Self::Deny,
            _ => return Err(()),
        })
    }
}

/// One thing that the reader should know.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name, for `tagout explain` and suppressions.
    pub rule: String,
    pub level: Level,
    pub message: String,
    pub help: Option<String>,
    /// Where the command itself stands.
    pub location: Location,
    /// The argv, words that are not known as they are written; empty if no command is meant.
    pub command: Vec<String>,
    pub effect: Option<Effect>,
    pub place: Option<Place>,
    /// The way from the workflow to the command, outermost first.
    pub via: Vec<Hop>,
    /// Why it is allowed, if it is.
    pub suppressed: Option<String>,
}

impl Finding {
    /// What it is, whatever line it stands on: the same for the same command in the same file.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let path = self.location.shown_path();
        let steps = self.via.iter().map(|hop| hop.step.as_str());
        let parts = [self.rule.as_str(), &path].into_iter();
        for part in parts.chain(self.command.iter().map(String::as_str)).chain(steps) {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }
}
