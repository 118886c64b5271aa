use super::Recipe;
use crate::source::Text;
use std::collections::HashSet;

/// A `justfile`.
pub struct Justfile {
    recipes: Vec<JustRecipe>,
    /// Variables, as shell text that sets them.
    variables: Vec<Text>,
}

struct JustRecipe {
    name: String,
    needs: Vec<String>,
    parameters: Vec<String>,
    lines: Vec<Text>,
}

impl Justfile {
    pub fn parse(text: &Text) -> Self {
        let mut file = Self { recipes: Vec::new(), variables: Vec::new() };
        let mut at = 0;
        for line in text.as_str().split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            if line.starts_with([' ', '\t']) {
                let Some(recipe) = file.recipes.last_mut() else { continue };
                let indent = line.len() - line.trim_start_matches([' ', '\t', '@', '-']).len();
                let code = text.slice(range.start + indent..range.end);
                recipe.lines.push(with_variables(&code, str::to_owned));
            } else if let Some((name, value)) = line.split_once(":=") {
                let name = name.trim().trim_start_matches("export ").trim();
                let mut code = Text::default();
                let from = range.start + line.len() - value.trim_start().len();
                code.push_made_up(&format!("{name}="), text.locate(range.clone()).as_ref());
                code.push(&text.slice(from..from + value.trim().len()));
                file.variables.push(code);
            } else if let Some((head, needs)) = line.split_once(':').filter(|_| is_head(line)) {
                let mut words = head.trim_start_matches('@').split_whitespace();
                let Some(name) = words.next() else { continue };
                file.recipes.push(JustRecipe {
                    name: name.to_owned(),
                    needs: needs
                        .split_whitespace()
                        .map(|n| n.trim_matches(['(', ')']).to_owned())
                        .collect(),
                    parameters: words.map(str::to_owned).collect(),
                    lines: Vec::new(),
                });
            }
        }
        file
    }

    /// The commands of a recipe and of those that it needs, in order; of the first one without a
    /// name. `arguments` are those of the recipe.
    pub fn commands(&self, name: Option<&str>, arguments: &[String]) -> Option<Vec<Text>> {
        let first = self.recipes.first().map(|recipe| recipe.name.as_str());
        let mut commands = Vec::new();
        self.add(name.or(first)?, arguments, &mut HashSet::new(), &mut commands)?;
        Some(commands)
    }

    fn add(
        &self,
        name: &str,
        arguments: &[String],
        seen: &mut HashSet<String>,
        commands: &mut Vec<Text>,
    ) -> Option<()> {
        let recipe = self.recipes.iter().find(|recipe| recipe.name == name)?;
        if !seen.insert(name.to_owned()) {
            return Some(());
        }
        for needed in &recipe.needs {
            self.add(needed, &[], seen, commands);
        }
        commands.extend(self.lines(recipe, arguments));
        Some(())
    }

    /// The lines of a recipe, each for a shell of its own, with the variables that just fills in.
    fn lines(&self, recipe: &JustRecipe, arguments: &[String]) -> Vec<Text> {
        let mut variables = Text::default();
        for variable in &self.variables {
            variables.push(variable);
            variables.push_made_up("\n", None);
        }
        for (position, parameter) in recipe.parameters.iter().enumerate() {
            let (name, default) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = arguments.get(position).map_or(default.trim_matches(['"', '\'']), |a| a);
            if !value.is_empty() {
                let name = name.trim_matches(['*', '+', '$']);
                variables.push_made_up(&format!("{name}='{value}'\n"), None);
            }
        }
        let with_variables = |line: &Text| {
            let mut code = variables.clone();
            code.push(line);
            code
        };
        recipe.lines.iter().map(with_variables).collect()
    }

    pub fn recipes(&self) -> Vec<Recipe> {
        let mut recipes = Vec::new();
        for recipe in &self.recipes {
            let name = format!("just {}", recipe.name);
            let lines = self.lines(recipe, &[]).into_iter();
            recipes.extend(lines.map(|code| Recipe::here(name.clone(), code)));
        }
        recipes
    }
}

fn is_head(line: &str) -> bool {
    let is_setting =
        ["set ", "alias ", "import ", "mod ", "#", "["].iter().any(|w| line.starts_with(w));
    !is_setting && !line.trim().is_empty()
}

/// `{{name}}` as a variable of the shell, whose name `shown` tells.
pub(super) fn with_variables(text: &Text, shown: impl Fn(&str) -> String) -> Text {
    let source = text.as_str();
    let mut shell = Text::default();
    let mut from = 0;
    while let Some(at) = source[from..].find("{{").map(|at| from + at) {
        let Some(end) = source[at..].find("}}").map(|end| at + end + 2) else { break };
        // `${{ … }}` is an expression of a workflow.
        let name = shown(source[at + 2..end - 2].trim());
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        shell.push(&text.slice(from..at));
        let made_up = if is_name { format!("${{{name}}}") } else { "${UNKNOWN}".to_owned() };
        shell.push_made_up(&made_up, text.locate(at..end).as_ref());
        from = end;
    }
    shell.push(&text.slice(from..source.len()));
    shell
}
