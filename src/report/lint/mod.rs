//! What the linter says.

mod excerpt;
mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;

pub use github::github;
pub use human::human;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;

use crate::policy::{Level, LintReport};

/// How many findings there are of each level that nobody has allowed.
fn counts(report: &LintReport) -> [(Level, usize); 3] {
    [Level::Deny, Level::Warn, Level::Note]
        .map(|level| (level, report.open().filter(|finding| finding.level == level).count()))
}
