//! Tasks that a file of the repository defines in a language of its own: `fab deploy`, `invoke
//! deploy`, `gulp deploy`, `rake deploy`. JavaScript and Python are read as if somebody imported the
//! file and called the task; of a Rakefile the blocks of the task, and of those it needs, are read.

use super::{
    nested::{Nested, prints},
    shell::{Done, Shell},
};
use crate::{
    invocation::Word,
    source::{Language, Text},
};
use std::collections::HashSet;

const GULPFILES: [&str; 6] = [
    "gulpfile.js",
    "gulpfile.mjs",
    "gulpfile.cjs",
    "gulpfile.ts",
    "gulpfile.babel.js",
    "gulpfile.esm.js",
];
const RAKEFILES: [&str; 4] = ["Rakefile", "rakefile", "Rakefile.rb", "rakefile.rb"];

impl Shell<'_> {
    pub(super) fn job(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let kind = nested.runs.of.first().map(String::as_str).unwrap_or_default();
        let own = match kind {
            "fabric" => &["fabfile.py", "fabfile/__init__.py"][..],
            "invoke" => &["tasks.py", "tasks/__init__.py"],
            "gulp" => &GULPFILES,
            _ => &RAKEFILES,
        };
        // Fabric and Invoke are given the name of a module.
        let module = nested.file().map(|file| file.trim_end_matches(".py").to_owned());
        let path = match &module {
            Some(module) if matches!(kind, "fabric" | "invoke") => Some(format!("{module}.py")),
            Some(file) => Some(file.clone()),
            None => own.iter().find(|path| self.file_here(path).is_some()).map(ToString::to_string),
        };
        let found = path.and_then(|path| Some((self.script_text(&path)?, path)));
        let Some((text, path)) = found else {
            // The tasks of Rails come with it.
            return match kind {
                "rake" => prints(nested.invocation),
                _ => self.missing(nested.invocation, format!("there is no `{}`", own[0])),
            };
        };
        let names = words.iter().filter(|word| !word.head().starts_with('-'));
        let names: Vec<String> = names.map(Word::to_string).collect();
        match kind {
            "gulp" => {
                let names = if names.is_empty() { vec!["default".to_owned()] } else { names };
                let calls = names.iter().map(|name| format!("require('./{path}')['{name}']();\n"));
                self.job_code(Language::JavaScript, &calls.collect::<String>())
            }
            "rake" => {
                let names = if names.is_empty() { vec!["default".to_owned()] } else { names };
                let mut seen = HashSet::new();
                let blocks = names.iter().flat_map(|name| rake_blocks(&text, name, &mut seen));
                let blocks: Vec<Text> = blocks.collect();
                blocks.iter().for_each(|block| {
                    self.calls(block);
                });
                prints(nested.invocation)
            }
            _ => {
                let module = path.trim_end_matches(".py").trim_end_matches("/__init__");
                let module = module.replace('/', ".");
                let host = nested.host().map_or("hosts".to_owned(), |host| format!("'{host}'"));
                let context = match kind {
                    "fabric" => format!("__import__('fabric').Connection({host})"),
                    _ => "__import__('invoke').Context()".to_owned(),
                };
                // `ops.stop-all` is `stop_all`, and `stop:web` has an argument.
                let function = |name: &String| {
                    let name = name.split(':').next().unwrap_or_default();
                    let name = name.rsplit('.').next().unwrap_or_default();
                    name.replace('-', "_")
                };
                let calls = names
                    .iter()
                    .map(function)
                    .filter(|name| is_name(name))
                    .map(|name| format!("from {module} import {name}\n{name}({context})\n"));
                self.job_code(Language::Python, &calls.collect::<String>())
            }
        }
    }

    /// Reads code that stands nowhere.
    fn job_code(&mut self, language: Language, code: &str) -> Done {
        let mut text = Text::default();
        text.push_made_up(code, None);
        self.deeper(None, |shell| shell.code(language, &text))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The blocks of a task of a Rakefile, those of the tasks that it needs first.
fn rake_blocks(text: &Text, name: &str, seen: &mut HashSet<String>) -> Vec<Text> {
    // `ops:stop`, `stop[web]`
    let name = name.split('[').next().unwrap_or_default();
    let name = name.rsplit(':').next().unwrap_or_default().to_owned();
    if !seen.insert(name.clone()) {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut open: Option<(usize, usize)> = None;
    for line in text.as_str().split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if let Some((from, own_indent)) = open {
            if indent <= own_indent && code.starts_with(['e', '}']) {
                blocks.push(text.slice(from..end));
                open = None;
            }
            continue;
        }
        let Some(head) = code.strip_prefix("task ").or_else(|| code.strip_prefix("task(")) else {
            continue;
        };
        let (own, needs) = head.split_once("=>").unwrap_or((head, ""));
        let own_name = words(own).next().unwrap_or_default();
        if own_name != name {
            continue;
        }
        let needs = needs.split(" do").next().unwrap_or_default();
        for needed in words(needs) {
            blocks.extend(rake_blocks(text, needed, seen));
        }
        if code.contains(" do") {
            open = Some((start, indent));
        } else {
            blocks.push(text.slice(start..end));
        }
    }
    blocks.extend(open.map(|(from, _)| text.slice(from..text.len())));
    blocks
}

/// The names in a part of Ruby.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use std::sync::Arc;

    #[test]
    fn a_task_of_a_rakefile_is_found_with_those_it_needs() {
        let rakefile = "task :a do\n  sh 'a'\nend\nnamespace :x do\n  task b: :a do\n    sh 'b'\n  end\n\
            end\ntask :c => [:a, 'b'] do\n  sh 'c'\nend\ntask(:d) { sh 'd' }\n";
        let text = Text::of_file(Arc::new(SourceFile::new("Rakefile", rakefile)));
        for (name, expected) in
            [("a", "a"), ("c", "abc"), ("d", "d"), ("x:b", "b"), ("e", ""), ("a[1]", "a")]
        {
            let blocks = rake_blocks(&text, name, &mut HashSet::new());
            let commands: String = blocks
                .iter()
                .flat_map(|block| block.as_str().split("sh '").skip(1))
                .filter_map(|rest| rest.split('\'').next())
                .collect();
            assert_eq!(commands, expected, "{name}");
        }
    }
}
