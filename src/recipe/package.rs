use super::Recipe;
use crate::source::{
    SourceFile, Text,
    yaml::{Node, Yaml},
};
use std::sync::Arc;

/// A `package.json`.
pub struct Package(Yaml);

impl Package {
    pub fn parse(file: Arc<SourceFile>) -> Self {
        // JSON is YAML, and the reader of YAML knows where each byte stands.
        Self(Yaml::parse(file))
    }

    pub fn name(&self) -> Option<&str> {
        self.root()?.get("name")?.as_str()
    }

    /// The code of a script with what npm runs before and after it.
    pub fn script(&self, name: &str) -> Option<Script> {
        let code = |name: &str| self.scripts()?.get(name)?.text();
        Some(Script {
            before: code(&format!("pre{name}")),
            main: code(name)?,
            after: code(&format!("post{name}")),
        })
    }

    /// The names of the scripts that fit a name with `*`, as `npm-run-all` takes it.
    pub fn names_like(&self, pattern: &str) -> Vec<String> {
        let names = self.scripts().into_iter().flat_map(Node::entries);
        let names = names.filter_map(|(key, _)| key.as_str());
        names.filter(|name| crate::config::matches_name(pattern, name)).map(str::to_owned).collect()
    }

    /// The folders of its workspaces, from its own; `packages/*` is a pattern.
    pub fn workspaces(&self) -> Vec<String> {
        let listed = self.root().and_then(|root| root.get("workspaces"));
        let listed = listed.map(|node| node.get("packages").unwrap_or(node));
        let folders = listed.into_iter().flat_map(Node::items).filter_map(Node::as_str);
        folders.map(str::to_owned).collect()
    }

    pub fn recipes(&self) -> Vec<Recipe> {
        let entries = self.scripts().into_iter().flat_map(Node::entries);
        entries
            .filter_map(|(key, value)| {
                Some(Recipe::here(format!("npm run {}", key.as_str()?), value.text()?))
            })
            .collect()
    }

    fn root(&self) -> Option<Node<'_>> {
        self.0.documents().next()
    }

    fn scripts(&self) -> Option<Node<'_>> {
        self.root()?.get("scripts")
    }
}

/// A script of a package.
pub struct Script {
    pub before: Option<Text>,
    pub main: Text,
    pub after: Option<Text>,
}
