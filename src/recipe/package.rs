use super::Recipe;
use crate::source::{
    SourceFile, Text,
    yaml::{Node, Yaml},
};
use std::{collections::HashSet, sync::Arc};

/// A `package.json`, `composer.json` or `deno.json`.
pub struct Package(Yaml);

impl Package {
    pub fn parse(file: Arc<SourceFile>) -> Self {
        // JSON is YAML, and the reader of YAML knows where each byte stands.
        Self(Yaml::parse(file))
    }

    pub fn name(&self) -> Option<&str> {
        self.root()?.get("name")?.as_str()
    }

    /// The code of a script with what npm runs before and after it; nothing if there is no such
    /// script. Each part is run in a shell of its own.
    pub fn script(&self, name: &str) -> Option<Script> {
        let main = self.codes(name);
        (!main.is_empty()).then(|| Script {
            before: self.codes(&format!("pre{name}")),
            main,
            after: self.codes(&format!("post{name}")),
        })
    }

    /// The code of a script, without what runs before and after it; none if there is no such script.
    pub fn codes(&self, name: &str) -> Vec<Text> {
        let mut codes = Vec::new();
        self.add(name, &mut HashSet::new(), &mut codes);
        codes
    }

    fn add(&self, name: &str, seen: &mut HashSet<String>, codes: &mut Vec<Text>) {
        let Some(script) = self.scripts().and_then(|scripts| scripts.get(name)) else { return };
        if !seen.insert(name.to_owned()) {
            return;
        }
        // Deno's `{"command": "…"}`, and the lists of Composer.
        let script = script.get("command").unwrap_or(script);
        let parts: Vec<Node<'_>> =
            if script.is_sequence() { script.items().collect() } else { vec![script] };
        for code in parts.into_iter().filter_map(Node::text) {
            // Composer's other scripts and PHP: `@stop`, `@php artisan x`.
            match code.as_str().strip_prefix('@').map(|rest| rest.split_once(' ')) {
                Some(None) => self.add(&code.as_str()[1..], seen, codes),
                Some(Some(("php" | "composer", _))) => codes.push(code.slice(1..code.len())),
                Some(_) => {}
                None => codes.push(code),
            }
        }
    }

    /// The names of the scripts that fit a name with `*`, as `npm-run-all` takes it.
    pub fn names_like(&self, pattern: &str) -> Vec<String> {
        let names = self.scripts().into_iter().flat_map(Node::entries);
        let names = names.filter_map(|(key, _)| key.as_str());
        names.filter(|name| crate::config::matches_name(pattern, name)).map(str::to_owned).collect()
    }

    /// The folders of its workspaces, from its own; `packages/*` is a pattern. A
    /// `pnpm-workspace.yaml` has nothing but them.
    pub fn workspaces(&self) -> Vec<String> {
        let listed = self.root().map(|root| root.get("workspaces").unwrap_or(root));
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

    /// Those of a `deno.json` are its `tasks`.
    fn scripts(&self) -> Option<Node<'_>> {
        let root = self.root()?;
        root.get("scripts").or_else(|| root.get("tasks"))
    }
}

/// A script of a package.
pub struct Script {
    pub before: Vec<Text>,
    pub main: Vec<Text>,
    pub after: Vec<Text>,
}
