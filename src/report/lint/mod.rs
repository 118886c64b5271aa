//! What the linter says.

mod excerpt;
mod human;
mod json;

pub use human::human;
pub use json::json;

use crate::policy::{Finding, Level};

/// How many findings there are of each level.
fn counts(findings: &[Finding]) -> [(Level, usize); 3] {
    [Level::Deny, Level::Warn, Level::Note]
        .map(|level| (level, findings.iter().filter(|finding| finding.level == level).count()))
}
