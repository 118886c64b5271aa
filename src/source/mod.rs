//! Files and positions. In come paths; out go [`SourceFile`]s and [`Text`]s: strings of which every
//! byte still knows the byte of the file that it was written as. Everything later slices and joins
//! `Text`s, so a finding inside a heredoc inside a quoted YAML scalar points at the very word.

mod changes;
pub mod expression;
mod file;
mod input;
mod language;
mod patience;
mod reached;
mod repository;
mod script;
mod text;
pub mod yaml;

pub(crate) use changes::git;
pub use changes::{Changes, ChangesError, Since};
pub use expression::{Expression, expression_at, expressions};
pub use file::{LineColumn, SourceFile};
pub use input::Input;
pub use language::{Language, SqlDialect, program_name, shebang};
pub use patience::{in_time, time_is_up};
pub use reached::noting_files;
pub use repository::Repository;
pub use script::{Gives, Hop, JobTerms, Origin, Place, Script};
pub use text::{Location, Text, shown_path};
