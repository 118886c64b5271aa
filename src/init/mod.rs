//! A first `tagout.yml`. In come a repository and the host it is on; out goes a text with comments
//! that can be checked at once. What cannot be known is left out, and said.

mod found;
mod repository;
mod write;

pub use found::{Found, Service};
pub use repository::{Environment, Repository};
pub use write::write;
