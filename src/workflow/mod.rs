//! From paths to scripts. In come files and folders; out go the [`Script`]s that the workflows and
//! actions in them can run, each with the place where it would run and the exact bytes of its
//! text, and the [`Problem`]s of what could not be read. Nothing odd in a file hides the rest of it.

mod actions;
mod broken;
mod called;
mod discover;
mod expressions;
mod model;
mod order;
mod place;
mod problem;
mod read;
mod shell;
mod terms;
mod uses;
mod walk;

pub use discover::{DiscoverError, Discovered, Skipped, discover};
pub use problem::{Problem, ProblemKind};

use crate::{
    config::Config,
    recipe::{self, Recipe},
    source::{Hop, Language, Place, Script, SourceFile, Text, yaml::Yaml},
};
use std::{path::Path, sync::Arc};

/// Of more problems in a file the rest are not told.
const MAX_PROBLEMS: usize = 1_000;

/// What a file gives.
#[derive(Debug, Default)]
pub struct WorkflowReading {
    pub scripts: Vec<Script>,
    /// What could not be read, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads a workflow, a composite action or a script, whichever its name and content say it is.
pub fn read(file: Arc<SourceFile>, config: &Config) -> WorkflowReading {
    let mut reading = WorkflowReading::default();
    if let Some(at) = file.not_utf8() {
        reading.problems.push(Problem::at(ProblemKind::NotUtf8, &file, at..at + 1));
    }
    if file.is_cut() {
        let end = file.text().len();
        reading.problems.push(Problem::at(ProblemKind::TooLong, &file, end..end));
    }
    let recipes = recipe::of_file(&file);
    let is_recipes = recipes.is_some();
    reading.scripts.extend(recipes.into_iter().flatten().map(script_of_recipe));
    match Language::of_file(file.path(), file.text()) {
        Some(language) => reading.scripts.push(script_of_file(file, language)),
        None if is_recipes => {
            let is_data = |name| matches!(name, Some("json" | "yml" | "yaml"));
            if is_data(file.path().extension().and_then(|ending| ending.to_str())) {
                let yaml = Yaml::parse(file);
                for error in yaml.errors() {
                    let kind = ProblemKind::Syntax(error.message.clone());
                    reading.problems.push(Problem::at(kind, yaml.file(), error.at.clone()));
                }
            }
        }
        None => {
            let mut walked = walk::read(Yaml::parse(file), config);
            reading.scripts.append(&mut walked.scripts);
            reading.problems.append(&mut walked.problems);
        }
    }
    // What is used from several places is read, and told, as often.
    reading.problems.sort_by_cached_key(Problem::order);
    reading.problems.dedup_by_key(|problem| problem.order());
    if let Some(first) = reading.problems.get(MAX_PROBLEMS) {
        let location = first.location.clone();
        reading.problems.truncate(MAX_PROBLEMS);
        reading.problems.push(Problem { kind: ProblemKind::TooMany(MAX_PROBLEMS), location });
    }
    reading
}

fn script_of_file(file: Arc<SourceFile>, language: Language) -> Script {
    let name = file.path().file_name().unwrap_or(file.path().as_os_str());
    let step = Hop { step: name.to_string_lossy().into_owned(), location: None };
    Script { via: vec![step], ..Script::alone(Text::of_file(file), language) }
}

fn script_of_recipe(recipe: Recipe) -> Script {
    let via = vec![Hop { step: recipe.name, location: None }];
    let script = Script { via, ..Script::alone(recipe.code, Language::Shell) };
    match recipe.is_remote {
        true => Script { place: Place::Remote("the host that it deploys to".to_owned()), ..script },
        false => script,
    }
}

/// Which forge runs the workflows of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forge {
    GitHub,
    /// Gitea and Forgejo, which only have runners of one's own.
    Gitea,
}

impl Forge {
    fn of(path: &Path) -> Self {
        let gitea = |folder: &std::ffi::OsStr| folder == ".gitea" || folder == ".forgejo";
        let of = |path: &Path| {
            let forge = path.iter().rev().find(|part| gitea(part) || *part == ".github")?;
            Some(if gitea(forge) { Self::Gitea } else { Self::GitHub })
        };
        // The innermost of such folders counts; a plain path is taken as GitHub's.
        let above = || of(&std::path::absolute(path).ok()?);
        of(path).or_else(above).unwrap_or(Self::GitHub)
    }
}

#[cfg(test)]
mod tests;
