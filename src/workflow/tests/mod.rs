use super::*;
use crate::{
    config::RunnerPlace,
    source::{Location, Place},
};

mod actions;
mod called;
mod expressions;
mod places;
mod problems;
mod scripts;

/// What reading `text` as the file `path` gives: for each script its place, language and steps,
/// and its lines with the line and column at which each is written; then the problems.
pub fn show(path: &str, text: &str) -> String {
    show_with(path, text, &Config::default())
}

pub fn show_with(path: &str, text: &str, config: &Config) -> String {
    let reading = read(Arc::new(SourceFile::new(path, text)), config);
    let mut shown = String::new();
    for script in &reading.scripts {
        let via: Vec<&str> = script.via.iter().map(|hop| hop.step.as_str()).collect();
        let origin = [&script.origin.job, &script.origin.step].map(|o| o.as_deref().unwrap_or("-"));
        let head = format!("{} | {:?} | {:?}", origin.join(" / "), script.place, script.language);
        let folder = script.folder.as_ref().map(|folder| format!(" | in {}", folder.as_str()));
        shown += &format!("{head} | {}{}\n", via.join(" > "), folder.unwrap_or_default());
        let mut at = 0;
        for line in script.text.as_str().split_inclusive('\n') {
            let location = script.text.locate(at..at + line.len()).unwrap();
            shown += &format!("  {} {}\n", position(&location), line.trim_end_matches('\n'));
            at += line.len();
        }
        if let Some((template, _)) = &script.template {
            let location = template.location().unwrap();
            shown += &format!("  by {} {}\n", position(&location), template.as_str());
        }
        for (name, value) in script.env.iter() {
            shown += &format!("  {name}={:?}\n", value.as_str());
        }
    }
    for problem in &reading.problems {
        shown += &format!("{} {}\n", position(&problem.location), problem.kind);
    }
    shown
}

fn position(location: &Location) -> String {
    let start = location.file.line_column(location.range.start);
    format!("{}:{}", start.line, start.column)
}

pub const GITHUB: &str = ".github/workflows/deploy.yml";
pub const GITEA: &str = ".gitea/workflows/deploy.yml";
