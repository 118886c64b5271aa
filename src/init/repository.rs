use crate::{recipe, recipe::Ecosystem, source::SourceFile, workflow};
use std::{path::Path, sync::Arc};

/// What a repository says of itself.
#[derive(Debug, Default)]
pub struct Repository {
    /// The app's name.
    pub app: String,
    pub environments: Vec<Environment>,
}

/// One environment, as an ecosystem file or a workflow tells of it.
#[derive(Clone, Debug)]
pub struct Environment {
    pub name: String,
    /// From the top of the repository.
    pub ecosystem: Option<String>,
    pub processes: Vec<String>,
    /// Of systemd.
    pub units: Vec<String>,
    /// File names.
    pub workflows: Vec<String>,
}

/// Words in file names, and the environment that they stand for.
const WORDS: [(&str, &str); 6] = [
    ("staging", "staging"),
    ("stage", "staging"),
    ("test", "test"),
    ("preview", "preview"),
    ("dev", "development"),
    ("prod", "production"),
];

impl Repository {
    pub fn read(folder: &Path) -> Self {
        let package = std::fs::read_to_string(folder.join("package.json")).ok();
        let package: Option<serde_json::Value> =
            package.and_then(|text| serde_json::from_str(&text).ok());
        let named = package.as_ref().and_then(|package| package["name"].as_str());
        let folder_name = folder.canonicalize().ok();
        let folder_name = folder_name.as_deref().and_then(Path::file_name);
        let app =
            named.map(str::to_owned).or(folder_name.map(|n| n.to_string_lossy().into_owned()));
        let mut repository =
            Self { app: app.unwrap_or_else(|| "app".to_owned()), environments: Vec::new() };
        for name in ecosystems(folder) {
            let Ok(file) = SourceFile::read(&folder.join(&name)) else { continue };
            let processes = Ecosystem::parse(&Arc::new(file)).apps;
            let environment = repository.environment(&name);
            environment.ecosystem.get_or_insert(name);
            environment.processes.extend(processes);
        }
        for name in workflows(folder) {
            repository.environment(&name).workflows.push(name);
        }
        repository
    }

    /// The environment that a file's name tells of; production, if it tells of none.
    fn environment(&mut self, file: &str) -> &mut Environment {
        let file = file.to_lowercase();
        let name = WORDS.iter().find(|(word, _)| file.contains(word));
        let name = name.map_or("production", |(_, name)| name);
        let at = self.environments.iter().position(|known| known.name == name);
        let at = at.unwrap_or_else(|| {
            self.environments.push(Environment {
                name: name.to_owned(),
                ecosystem: None,
                processes: Vec::new(),
                units: Vec::new(),
                workflows: Vec::new(),
            });
            self.environments.len() - 1
        });
        &mut self.environments[at]
    }
}

/// The ecosystem files at the top of the repository.
fn ecosystems(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_one = |name: &String| {
        recipe::is_ecosystem(name) || name.starts_with("ecosystem") && name.contains(".config.")
    };
    let mut names: Vec<String> = names.filter(is_one).collect();
    names.sort();
    names
}

/// The file names of the workflows that deploy, as far as their names say so.
fn workflows(folder: &Path) -> Vec<String> {
    let found = workflow::discover(&[folder.to_owned()]);
    let files = found.map(|found| found.files).unwrap_or_default();
    let in_workflows = |path: &Path| {
        path.parent().is_some_and(|folder| folder.file_name().is_some_and(|n| n == "workflows"))
    };
    let names = files.iter().filter(|path| in_workflows(path)).filter_map(|path| path.file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| {
        ["deploy", "release", "rollback", "restore"].iter().any(|w| name.contains(w))
    });
    names.sort();
    names
}
