//! TODO

pub mod rollback;
