use super::Recipe;
use crate::source::{
    SourceFile, Text,
    yaml::{Node, Yaml},
};
use std::{collections::HashSet, sync::Arc};

/// A `Taskfile.yml`.
pub struct Taskfile(Yaml);

impl Taskfile {
    pub fn parse(file: Arc<SourceFile>) -> Self {
        Self(Yaml::parse(file))
    }

    /// The commands of a task and of those that it needs, in order; `default` without a name.
    pub fn commands(&self, task: Option<&str>) -> Option<Vec<Text>> {
        let mut commands = Vec::new();
        self.add(task.unwrap_or("default"), &mut HashSet::new(), &mut commands)?;
        Some(commands)
    }

    fn add(&self, name: &str, seen: &mut HashSet<String>, commands: &mut Vec<Text>) -> Option<()> {
        let task = self.tasks()?.get(name)?;
        if !seen.insert(name.to_owned()) {
            return Some(());
        }
        for needed in task.get("deps").into_iter().flat_map(Node::items) {
            let needed = needed.get("task").unwrap_or(needed);
            needed.as_str().and_then(|needed| self.add(needed, seen, commands));
        }
        for command in own_commands(task) {
            match command.get("task").and_then(Node::as_str) {
                Some(called) => {
                    self.add(called, seen, commands);
                }
                None => commands.extend(code(command)),
            }
        }
        Some(())
    }

    pub fn recipes(&self) -> Vec<Recipe> {
        let mut recipes = Vec::new();
        for (key, task) in self.tasks().into_iter().flat_map(Node::entries) {
            let name = format!("task {}", key.as_str().unwrap_or_default());
            let codes = own_commands(task).into_iter().filter_map(code);
            recipes.extend(codes.map(|code| Recipe::here(name.clone(), code)));
        }
        recipes
    }

    fn tasks(&self) -> Option<Node<'_>> {
        self.0.documents().next()?.get("tasks")
    }
}

/// A task is a command, a list of them, or a mapping with `cmd` or `cmds`.
fn own_commands(task: Node<'_>) -> Vec<Node<'_>> {
    let commands = task.get("cmds").or_else(|| task.get("cmd")).unwrap_or(task);
    if commands.is_sequence() { commands.items().collect() } else { vec![commands] }
}

fn code(command: Node<'_>) -> Option<Text> {
    let text = command.get("cmd").unwrap_or(command).text()?;
    Some(super::justfile::with_variables(&text, |name| name.trim_start_matches('.').to_owned()))
}
