//! The emergency exit: `TAGOUT_ALLOW='pm2-all: the host is moved tonight'` lets a command, and what
//! it runs, do what these rules forbid. It says why, and the journal keeps it.

use crate::policy::Finding;
use std::env;

pub const VARIABLE: &str = "TAGOUT_ALLOW";

/// Lets everything through.
const ALL: &str = "all";

/// What is let through: lines of rules and a reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Allowance {
    lines: Vec<(Vec<String>, String)>,
}

impl Allowance {
    /// What the environment allows; what is wrong with it, if it is not understood.
    pub fn from_env() -> Result<Option<Self>, String> {
        match env::var_os(VARIABLE) {
            None => Ok(None),
            Some(text) => Self::parse(&text.to_string_lossy()).map(Some),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(parse_line).collect::<Result<_, _>>()?;
        Ok(Self { lines })
    }

    /// Why a finding is let through, if it is.
    pub fn reason_for(&self, finding: &Finding) -> Option<&str> {
        let named =
            |rules: &[String]| rules.iter().any(|rule| *rule == finding.rule || rule == ALL);
        self.lines.iter().find(|(rules, _)| named(rules)).map(|(_, reason)| reason.as_str())
    }
}

fn parse_line(line: &str) -> Result<(Vec<String>, String), String> {
    let how = format!("write {VARIABLE}='RULE: why', with several rules as RULE,RULE");
    let (rules, reason) = line.split_once(':').ok_or(format!("it says no reason; {how}"))?;
    let names = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty());
    let rules: Vec<String> = names.map(str::to_owned).collect();
    let reason = reason.trim().to_owned();
    match (rules.is_empty(), reason.is_empty()) {
        (true, _) => Err(format!("it names no rule; {how}")),
        (_, true) => Err(format!("it says no reason; {how}")),
        _ => Ok((rules, reason)),
    }
}

/// What a script is given whose comments allow these rules for these reasons; None if they allow
/// nothing.
pub fn with_comments(allowed: &[(String, String)]) -> Option<String> {
    let mut lines: Vec<String> =
        allowed.iter().map(|(rule, reason)| format!("{rule}: {reason}")).collect();
    lines.sort();
    lines.dedup();
    let held = env::var(VARIABLE).ok().filter(|held| !lines.is_empty() && !held.is_empty());
    lines.splice(0..0, held);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_names_rules_and_says_why() {
        let parsed = Allowance::parse("pm2-all, pm2-daemon : moving: tonight \nall: why").unwrap();
        let [(rules, reason), (all, _)] = parsed.lines.as_slice() else { panic!("{parsed:?}") };
        assert_eq!(rules, &["pm2-all", "pm2-daemon"]);
        assert_eq!(reason, "moving: tonight");
        assert_eq!(all, &["all"]);
        for wrong in ["1", "pm2-all", "pm2-all:", ": why", ",:why", "pm2-all: why\nx"] {
            assert!(Allowance::parse(wrong).is_err(), "{wrong}");
        }
    }
}
