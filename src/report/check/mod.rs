//! What became of a checklist. In comes a [`CheckReport`], out goes text in one of the formats; one
//! file for each but JSON, which is the report as it is.

mod human;
mod junit;
mod markdown;
mod prometheus;

pub use human::{human, mark, summary};
pub use junit::junit;
pub use markdown::markdown;
pub use prometheus::prometheus;

use crate::probe::{CheckReport, Overall};
use miette::IntoDiagnostic;

/// The report of DESIGN.md's format, with a line break at its end.
pub fn json(report: &CheckReport) -> miette::Result<String> {
    Ok(serde_json::to_string_pretty(report).into_diagnostic()? + "\n")
}

fn overall_word(overall: Overall) -> &'static str {
    match overall {
        Overall::Healthy => "healthy",
        Overall::Degraded => "degraded",
        Overall::Unhealthy => "unhealthy",
    }
}
