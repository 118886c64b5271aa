//! What the benchmarks share: workflows to read, made up but like those that people write.

mod random;
mod reports;
mod scripts;
mod workflows;

pub use workflows::workflows;
