use super::Recipe;
use crate::source::{
    SourceFile, Text,
    yaml::{Node, Yaml},
};
use std::sync::Arc;

/// A PM2 ecosystem file.
#[derive(Default)]
pub struct Ecosystem {
    /// The names of the processes that it declares, as far as they are written out.
    pub apps: Vec<String>,
    /// Its `deploy` part.
    pub hooks: Vec<Hook>,
}

/// Code that `pm2 deploy` runs.
pub struct Hook {
    /// `production`.
    pub environment: String,
    /// `post-deploy`.
    pub name: String,
    pub code: Text,
    /// The host that it runs on; nothing for this one.
    pub host: Option<String>,
}

/// The keys that hold code; one that ends in `-local` runs here, the others on the host.
const HOOKS: [&str; 7] = [
    "pre-setup",
    "post-setup",
    "pre-deploy-local",
    "pre-deploy",
    "post-deploy",
    "post-deploy-local",
    "pre-setup-local",
];

impl Ecosystem {
    pub fn parse(file: &Arc<SourceFile>) -> Self {
        let is_data =
            file.path().extension().is_some_and(|e| e == "json" || e == "yml" || e == "yaml");
        if is_data { of_data(file) } else { of_script(file).unwrap_or_default() }
    }

    pub fn recipes(&self) -> Vec<Recipe> {
        let all = self.hooks.iter().map(|hook| Recipe {
            name: format!("pm2 deploy {} {}", hook.environment, hook.name),
            code: hook.code.clone(),
            is_remote: hook.host.is_some(),
        });
        all.collect()
    }
}

impl Hook {
    fn new(environment: &str, name: &str, code: Text, host: Option<&str>) -> Self {
        let is_local = name.ends_with("-local");
        let host = (!is_local).then(|| host.unwrap_or("the host it deploys to").to_owned());
        Self { environment: environment.to_owned(), name: name.to_owned(), code, host }
    }
}

fn of_data(file: &Arc<SourceFile>) -> Ecosystem {
    let yaml = Yaml::parse(Arc::clone(file));
    let root = yaml.documents().next();
    let deploy = root.and_then(|root| root.get("deploy"));
    let apps = root.and_then(|root| root.get("apps")).into_iter().flat_map(Node::items);
    let names = apps.filter_map(|app| app.get("name")?.as_str());
    let apps = names.map(str::to_owned).collect();
    let mut hooks = Vec::new();
    for (key, environment) in deploy.into_iter().flat_map(Node::entries) {
        let host = environment.get("host").map(|host| host.items().next().unwrap_or(host));
        for name in HOOKS {
            let Some(code) = environment.get(name).and_then(Node::text) else { continue };
            let host = host.and_then(Node::as_str);
            hooks.push(Hook::new(key.as_str().unwrap_or_default(), name, code, host));
        }
    }
    Ecosystem { apps, hooks }
}

/// What a JavaScript file declares: in every `deploy: {NAME: {…}}` and `apps: [{name: …}]` in it.
fn of_script(file: &Arc<SourceFile>) -> Option<Ecosystem> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_javascript::LANGUAGE.into()).ok()?;
    let tree = parser.parse(file.text(), None)?;
    let script = Script { file };
    let mut found = Ecosystem::default();
    // The tree is walked with a stack of its own: a hostile file nests without end.
    let mut left = vec![tree.root_node()];
    while let Some(node) = left.pop() {
        match script.pair(node) {
            Some((key, environments)) if key == "deploy" => {
                for (name, environment) in script.pairs(environments) {
                    script.add_hooks(&name, environment, &mut found.hooks);
                }
            }
            Some((key, apps)) if key == "apps" => {
                let apps = apps.named_children(&mut apps.walk()).collect::<Vec<_>>();
                found.apps.extend(apps.into_iter().filter_map(|app| script.name_of(app)));
            }
            _ => left.extend(node.named_children(&mut node.walk())),
        }
    }
    Some(found)
}

struct Script<'f> {
    file: &'f Arc<SourceFile>,
}

impl Script<'_> {
    fn add_hooks(&self, environment: &str, object: tree_sitter::Node<'_>, hooks: &mut Vec<Hook>) {
        let pairs = self.pairs(object);
        let host = pairs.iter().find(|(key, _)| key == "host").map(|(_, host)| *host);
        let host =
            host.map(|host| host.named_child(0).filter(|_| host.kind() == "array").unwrap_or(host));
        let host = host.map(|host| self.text(host, 0));
        for (key, value) in &pairs {
            if HOOKS.contains(&key.as_str()) {
                let host = host.as_ref().map(Text::as_str);
                hooks.push(Hook::new(environment, key, self.text(*value, 0), host));
            }
        }
    }

    /// The name of an app, if it is written out.
    fn name_of(&self, app: tree_sitter::Node<'_>) -> Option<String> {
        let (_, name) = self.pairs(app).into_iter().find(|(key, _)| key == "name")?;
        let name = self.text(name, 0);
        Some(name.as_str().to_owned()).filter(|name| !name.is_empty() && !name.contains('$'))
    }

    fn pairs<'t>(&self, object: tree_sitter::Node<'t>) -> Vec<(String, tree_sitter::Node<'t>)> {
        object.named_children(&mut object.walk()).filter_map(|node| self.pair(node)).collect()
    }

    fn pair<'t>(&self, node: tree_sitter::Node<'t>) -> Option<(String, tree_sitter::Node<'t>)> {
        let key = node.child_by_field_name("key").filter(|_| node.kind() == "pair")?;
        let key = self.source(key).trim_matches(['"', '\'']).to_owned();
        Some((key, node.child_by_field_name("value")?))
    }

    fn source(&self, node: tree_sitter::Node<'_>) -> &str {
        &self.file.text()[node.byte_range()]
    }

    /// The text of a string, a template, a sum of them or a joined array; what is not known stands
    /// there as a variable of the shell.
    fn text(&self, node: tree_sitter::Node<'_>, depth: usize) -> Text {
        const MAX_DEPTH: usize = 50;
        let mut text = Text::default();
        let parts: Vec<_> = node.named_children(&mut node.walk()).collect();
        let joined =
            node.child_by_field_name("function").filter(|f| self.source(*f).ends_with(".join"));
        let array = joined.and_then(|f| f.child_by_field_name("object"));
        match (node.kind(), array) {
            _ if depth > MAX_DEPTH => {}
            (
                "string" | "template_string" | "binary_expression" | "parenthesized_expression",
                _,
            ) => {
                parts.iter().for_each(|part| text.push(&self.text(*part, depth + 1)));
            }
            ("string_fragment", _) => {
                text = Text::of_range(Arc::clone(self.file), node.byte_range());
            }
            ("escape_sequence", _) => {
                let decoded = match self.source(node).get(1..) {
                    Some("n") => "\n",
                    Some("t") => "\t",
                    Some("\n" | "\r\n") => "",
                    other => other.unwrap_or_default(),
                };
                text.push_decoded(decoded, self.file, node.byte_range());
            }
            ("call_expression", Some(array)) => {
                let separator =
                    node.child_by_field_name("arguments").and_then(|a| a.named_child(0));
                for (position, part) in array.named_children(&mut array.walk()).enumerate() {
                    if let Some(separator) = separator.filter(|_| position > 0) {
                        text.push(&self.text(separator, depth + 1));
                    }
                    text.push(&self.text(part, depth + 1));
                }
            }
            _ => {
                let name: String =
                    self.source(node).chars().filter(char::is_ascii_alphabetic).collect();
                text.push_decoded(&format!("${{{name}}}"), self.file, node.byte_range());
            }
        }
        text
    }
}
