use super::Recipe;
use crate::source::Text;
use std::collections::{HashMap, HashSet};

/// A makefile, of which both arms of every condition are taken.
#[derive(Default)]
pub struct Makefile {
    variables: HashMap<String, Text>,
    rules: Vec<Rule>,
    /// The files that it includes.
    pub includes: Vec<String>,
}

#[derive(Clone)]
struct Rule {
    targets: Vec<String>,
    prerequisites: Vec<String>,
    lines: Vec<Text>,
}

/// Variables in variables deeper than this stay as they are.
const MAX_DEPTH: usize = 12;
/// Longer text is not expanded any further, in bytes.
const MAX_LEN: usize = 1 << 16;

const DIRECTIVES: [&str; 11] = [
    "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "define", "endef", "vpath", "unexport",
    "undefine",
];

impl Makefile {
    pub fn parse(text: &Text) -> Self {
        let mut file = Self::default();
        file.add(text);
        file
    }

    /// Takes in the text of a file, such as one that is included.
    pub fn add(&mut self, text: &Text) {
        let mut inside = false;
        for line in logical_lines(text) {
            let source = line.as_str();
            if let Some(recipe) = source.strip_prefix('\t') {
                if inside && let Some(rule) = self.rules.last_mut() {
                    let code = recipe.trim_start_matches(['\t', '@', '-', '+', ' ']);
                    rule.lines.push(line.slice(source.len() - code.len()..source.len()));
                }
                continue;
            }
            let line = uncommented(&line);
            let source = line.as_str().trim();
            if source.is_empty()
                || DIRECTIVES.contains(&source.split(['(', ' ']).next().unwrap_or_default())
            {
                continue;
            }
            if let Some(files) =
                ["include ", "-include ", "sinclude "].iter().find_map(|d| source.strip_prefix(d))
            {
                self.includes.extend(files.split_whitespace().map(str::to_owned));
            } else if self.assignment(&line) {
                inside = false;
            } else {
                inside = self.rule(&line);
            }
        }
    }

    /// Sets a variable on make's command line, which wins over the file.
    pub fn set(&mut self, name: &str, value: Text) {
        self.variables.insert(name.to_owned(), value);
    }

    /// The command lines of a target and of those that it needs, in order, each for a shell of
    /// its own; those of the first target without a name.
    pub fn commands(&self, goal: Option<&str>) -> Option<Vec<Text>> {
        let is_default = |name: &&String| !name.starts_with('.') && !name.contains('%');
        let first = || self.rules.iter().flat_map(|rule| &rule.targets).find(is_default);
        let goal = goal.or_else(|| first().map(String::as_str))?;
        let mut commands = Vec::new();
        self.build(goal, &mut HashSet::new(), &mut commands)?;
        Some(commands)
    }

    fn build(
        &self,
        goal: &str,
        seen: &mut HashSet<String>,
        commands: &mut Vec<Text>,
    ) -> Option<()> {
        if !seen.insert(goal.to_owned()) {
            return Some(());
        }
        let own = self.rules.iter().filter(|rule| rule.targets.iter().any(|t| t == goal));
        let mut rules: Vec<(&Rule, &str)> = own.map(|rule| (rule, "")).collect();
        if !rules.iter().any(|(rule, _)| !rule.lines.is_empty()) {
            let fits = |rule| Some((rule, rule_stem(rule, goal)?));
            rules.extend(self.rules.iter().find_map(fits));
        }
        if rules.is_empty() {
            return None;
        }
        for (rule, stem) in &rules {
            for needed in &rule.prerequisites {
                self.build(&needed.replace('%', stem), seen, commands);
            }
        }
        for (rule, stem) in rules {
            let first = rule.prerequisites.first().map_or("", String::as_str);
            let automatic = Automatic { target: goal, stem, first };
            commands.extend(rule.lines.iter().map(|line| self.expanded(line, &automatic, 0)));
        }
        Some(())
    }

    pub fn recipes(&self) -> Vec<Recipe> {
        let mut recipes = Vec::new();
        for rule in &self.rules {
            let target = rule.targets.first().map_or("", String::as_str);
            let automatic = Automatic { target, stem: "", first: "" };
            for line in &rule.lines {
                let code = self.expanded(line, &automatic, 0);
                recipes.push(Recipe::here(format!("make {target}"), code));
            }
        }
        recipes
    }

    /// `NAME = value` and its relatives.
    fn assignment(&mut self, line: &Text) -> bool {
        let source = line.as_str();
        let Some(equals) = source.find('=') else { return false };
        let head = source[..equals].trim_end_matches([':', '?', '+', '!']);
        let name = head.trim().trim_start_matches("export ").trim_start_matches("override ").trim();
        if name.is_empty() || name.contains([':', ' ', '\t', '$']) {
            return false;
        }
        let operator = &source[head.len()..equals];
        let from =
            equals + 1 + source[equals + 1..].len() - source[equals + 1..].trim_start().len();
        let mut value = line.slice(from..source.trim_end().len().max(from));
        match self.variables.remove(name) {
            Some(held) if operator == "?" => value = held,
            Some(mut held) if operator == "+" => {
                held.push_made_up(" ", value.location().as_ref());
                held.push(&value);
                value = held;
            }
            _ => {}
        }
        self.variables.insert(name.to_owned(), value);
        true
    }

    /// `target …: prerequisite …`, after a `;` with its first command.
    fn rule(&mut self, line: &Text) -> bool {
        let source = line.as_str();
        let Some(colon) = source.find(':') else { return false };
        let names = |range| {
            let expanded = self.expanded(&line.slice(range), &Automatic::default(), 0);
            expanded.as_str().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let targets = names(0..colon);
        let rest = colon + 1 + source[colon + 1..].len()
            - source[colon + 1..].trim_start_matches(':').len();
        let semicolon = source[rest..].find(';').map_or(source.len(), |at| rest + at);
        let needs = line.slice(rest..semicolon);
        if needs.as_str().contains('=') {
            // A variable of this target alone; it is taken for one of all.
            return self.assignment(&needs);
        }
        let prerequisites = names(rest..semicolon).into_iter().filter(|name| name != "|").collect();
        let inline = line.slice((semicolon + 1).min(source.len())..source.len());
        let lines = if inline.is_empty() { Vec::new() } else { vec![inline] };
        self.rules.push(Rule { targets, prerequisites, lines });
        true
    }

    /// The shell text of a line: make's own variables filled in, `$$` as the shell's `$`, and what
    /// make takes from the environment as a variable of the shell.
    fn expanded(&self, line: &Text, automatic: &Automatic<'_>, depth: usize) -> Text {
        let source = line.as_str();
        let mut shell = Text::default();
        let mut from = 0;
        while let Some(at) = source[from..].find('$').map(|at| from + at) {
            shell.push(&line.slice(from..at));
            let rest = &source[at + 1..];
            let (name, len) = reference(rest);
            let place = line.locate(at..at + 1 + len);
            match name {
                "$" => shell.push(&line.slice(at + 1..at + 2)),
                "@" => shell.push_made_up(automatic.target, place.as_ref()),
                "*" => shell.push_made_up(automatic.stem, place.as_ref()),
                "<" | "^" | "+" | "?" => shell.push_made_up(automatic.first, place.as_ref()),
                "MAKE" => shell.push_made_up("make", place.as_ref()),
                _ => match self.variables.get(name) {
                    Some(value) if depth < MAX_DEPTH && shell.len() < MAX_LEN => {
                        shell.push(&self.expanded(value, automatic, depth + 1));
                    }
                    _ if is_name(name) => {
                        shell.push_made_up(&format!("${{{name}}}"), place.as_ref());
                    }
                    _ => match name.strip_prefix("shell ") {
                        Some(command) => {
                            let from = at + 2 + name.len() - command.len();
                            let code = line.slice(from..from + command.len());
                            shell.push_made_up("$(", place.as_ref());
                            shell.push(&self.expanded(&code, automatic, depth + 1));
                            shell.push_made_up(")", place.as_ref());
                        }
                        // A function of make: what it gives is not known.
                        None => shell.push(&line.slice(at..at + 1 + len)),
                    },
                },
            }
            from = at + 1 + len;
        }
        shell.push(&line.slice(from..source.len()));
        shell
    }
}

/// What `$@` and its relatives are.
#[derive(Default)]
struct Automatic<'a> {
    target: &'a str,
    stem: &'a str,
    first: &'a str,
}

/// The name after a `$`, and how many bytes it takes.
fn reference(rest: &str) -> (&str, usize) {
    for (open, close) in [('(', ')'), ('{', '}')] {
        let Some(inner) = rest.strip_prefix(open) else { continue };
        let mut depth = 0;
        for (at, letter) in inner.char_indices() {
            if letter == open {
                depth += 1;
            } else if letter == close && depth == 0 {
                return (&inner[..at], at + 2);
            } else if letter == close {
                depth -= 1;
            }
        }
    }
    let len = rest.chars().next().map_or(0, char::len_utf8);
    (&rest[..len], len)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What `%` stands for where a pattern rule fits a target.
fn rule_stem<'g>(rule: &Rule, goal: &'g str) -> Option<&'g str> {
    rule.targets.iter().find_map(|target| {
        let (start, end) = target.split_once('%')?;
        goal.strip_prefix(start)?.strip_suffix(end).filter(|stem| !stem.is_empty())
    })
}

/// The lines of a makefile; one that ends in a backslash goes on in the next.
fn logical_lines(text: &Text) -> Vec<Text> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.as_str().split_inclusive('\n') {
        at += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') {
            lines.push(text.slice(start..at));
            start = at;
        }
    }
    lines.push(text.slice(start..at));
    lines
}

/// A line that is no recipe, without its comment and with its continuations joined.
fn uncommented(line: &Text) -> Text {
    let source = line.as_str();
    let end = source.find('#').unwrap_or(source.len());
    let mut plain = Text::default();
    let mut from = 0;
    while let Some(at) = source[from..end].find("\\\n").map(|at| from + at) {
        plain.push(&line.slice(from..at));
        plain.push_made_up(" ", line.locate(at..at + 2).as_ref());
        from = at + 2;
    }
    plain.push(&line.slice(from..end));
    plain
}
