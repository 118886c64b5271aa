use super::{Condition, Config, ConfigError, Names, load::Located, suggest::listed};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// A severity of a whole outcome, and when it applies: one branch of a team's decision tree.
#[derive(Clone, Debug)]
pub struct Triage {
    /// About `down`, which says of every probe and every checklist whether anything in it failed.
    pub when: Condition,
    pub severity: String,
}

/// The variable that the conditions ask about.
pub const DOWN: &str = "down";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTriage {
    when: Spanned<String>,
    severity: Spanned<String>,
}

impl RawTriage {
    pub(super) fn settle(&self, config: &Config, file: Located) -> Result<Triage, ConfigError> {
        if !config.severities.contains(&self.severity.value) {
            let known = config.severities.iter().map(String::as_str);
            let message =
                format!("{:?} is no severity; they are {}", self.severity.value, listed(known));
            return Err(file.error(message, &self.severity.referenced));
        }
        let names = Names {
            subject: "a rule of `triage`".to_owned(),
            variables: vec![DOWN],
            fields: vec![(DOWN, config.names_of_checks())],
            sampled: false,
        };
        let when = Condition::parse(&self.when.value, &names).map_err(|misfit| {
            let word = file.part_of_scalar(&self.when.defined, &self.when.value, misfit.at);
            file.error_at(misfit.message, word)
        })?;
        Ok(Triage { when, severity: self.severity.value.clone() })
    }
}
