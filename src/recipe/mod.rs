//! Files that hold code under names: the scripts of a `package.json`, the targets of a makefile, the
//! recipes of just and task files, the deploy hooks of a PM2 ecosystem file. In comes the text of
//! such a file; out goes the code that an entry runs, each byte with its place. It is read in one
//! place because a workflow that calls `make deploy` and a person who lints the `Makefile` ask for
//! the same.

mod ecosystem;
mod justfile;
mod makefile;
mod package;
mod taskfile;

pub use ecosystem::{Ecosystem, Hook};
pub use justfile::Justfile;
pub use makefile::Makefile;
pub use package::Package;
pub use taskfile::Taskfile;

use crate::source::{SourceFile, Text, program_name};
use std::sync::Arc;

/// Code that stands in a file under a name.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// As a person would call it: `npm run stop`, `make stop`.
    pub name: String,
    pub code: Text,
    /// It runs on the host that the file names, not here.
    pub is_remote: bool,
}

impl Recipe {
    fn here(name: String, code: Text) -> Self {
        Self { name, code, is_remote: false }
    }
}

/// Names of makefiles, in the order in which make looks for them.
pub const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];
pub const JUSTFILES: [&str; 3] = ["justfile", "Justfile", ".justfile"];
pub const TASKFILES: [&str; 4] = ["Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml"];
pub const ECOSYSTEMS: [&str; 4] =
    ["ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.json", "ecosystem.config.json"];

/// All entries of a file, if it is of a kind that has any.
pub fn of_file(file: &Arc<SourceFile>) -> Option<Vec<Recipe>> {
    let path = file.path().to_string_lossy();
    let name = program_name(&path);
    let text = || Text::of_file(Arc::clone(file));
    Some(if name == "package.json" {
        Package::parse(Arc::clone(file)).recipes()
    } else if MAKEFILES.contains(&name) || name.ends_with(".mk") {
        Makefile::parse(&text()).recipes()
    } else if JUSTFILES.contains(&name) {
        Justfile::parse(&text()).recipes()
    } else if TASKFILES.contains(&name) {
        Taskfile::parse(Arc::clone(file)).recipes()
    } else if is_ecosystem(name) {
        Ecosystem::parse(file).recipes()
    } else {
        return None;
    })
}

/// Whether a file is a PM2 ecosystem file, by its name.
pub fn is_ecosystem(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let known_ending = [".js", ".cjs", ".mjs", ".json", ".yml", ".yaml"];
    (stem == "ecosystem" || stem == "pm2" && name.contains(".config."))
        && known_ending.iter().any(|ending| name.ends_with(ending))
}
