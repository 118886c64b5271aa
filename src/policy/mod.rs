//! From effects to findings. In come the invocations of a script and their effects; out go
//! [`Finding`]s: what is denied, warned of or noted, by the rules of `rules/policy.yml`, by the
//! place where it would happen, and by whose things the inventory says they are.

pub mod baseline;
mod carry;
pub mod custom;
mod finding;
pub mod fix;
mod judge;
mod lint;
mod ownership;
mod practice;
mod radius;
mod rules;
mod scripts;
mod secrets;
mod suppression;
#[cfg(test)]
mod tests;

pub use finding::{Finding, Level};
pub use judge::{Judge, Policy};
pub use lint::{
    Configs, Coverage, Gap, LintReport, files_reached, lint, lint_changed, radius, read_ecosystems,
};
pub use radius::Reach;
pub use rules::{PolicyRule, does, rules};
pub use suppression::by_comments;
