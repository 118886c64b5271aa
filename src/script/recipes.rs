//! What `npm run`, `make` and their like run: code that files of the repository hold by name.

use super::{
    nested::{Nested, prints},
    shell::{Done, Shell, State, joined},
};
use crate::{
    config::matches_name,
    invocation::Word,
    program::split_assignment,
    recipe::{self, Ecosystem, Justfile, Makefile, Package, Taskfile},
    source::{Hop, Place, SourceFile, Text},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files that a makefile includes, and those they include, are read no further than this.
const MAX_INCLUDES: usize = 20;

impl Shell<'_> {
    /// A script of a package with what is run before and after it; else an installed program.
    pub(super) fn package_script(&mut self, nested: &Nested<'_>, words: &[Word]) -> Done {
        let Some(name) = words.first().and_then(Word::text) else {
            return prints(nested.invocation);
        };
        let is_hook = nested.runs_by_itself();
        let mut done: Option<Done> = None;
        for (folder, file) in self.packages(nested) {
            let package = Package::parse(file);
            if is_hook {
                done = Some(self.recipe(&folder, &package.codes(&name)));
                continue;
            }
            let names =
                if name.contains('*') { package.names_like(&name) } else { vec![name.to_string()] };
            for mut script in names.iter().filter_map(|name| package.script(name)) {
                if let Some(last) = script.main.last_mut() {
                    for word in nested.given() {
                        last.push_made_up(" ", last.location().as_ref());
                        last.push(&self.quoted(&word));
                    }
                }
                let codes = [script.before, script.main, script.after].concat();
                let next = self.recipe(&folder, &codes);
                done = Some(done.map_or(next.clone(), |done| done.then(next)));
            }
        }
        let file = self.own_script(&name).filter(|_| done.is_none() && !is_hook);
        match done {
            Some(done) => done,
            None if is_hook => prints(nested.invocation),
            // `bun stop.ts`
            None if let Some(text) = file => {
                self.file(nested.invocation, &name, text, &nested.given())
            }
            // `yarn pm2 …`: not a script but an installed program.
            None if words.len() > 1 => {
                self.program(words.to_vec(), nested.invocation.location.clone())
            }
            None => {
                let files = nested.runs.files();
                let reason = format!("{} has no script `{name}`, or is not there", files[0]);
                self.missing(nested.invocation, reason)
            }
        }
    }

    /// The packages that a call is about, each with its folder: the nearest one, or the workspaces
    /// that it names.
    fn packages(&self, nested: &Nested<'_>) -> Vec<(PathBuf, Arc<SourceFile>)> {
        const ONE: [&str; 4] = ["-w", "--workspace", "--filter", "-F"];
        const ALL: [&str; 4] = ["-ws", "--workspaces", "-r", "--recursive"];
        let names = nested.runs.files();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some((folder, file)) = self.nearest_file(&names) else { return Vec::new() };
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut wanted: Vec<String> =
            nested.arguments.values_of(&own(&ONE)).map(Word::to_string).collect();
        wanted.extend(nested.file());
        if wanted.is_empty() && !nested.arguments.has(&own(&ALL)) {
            return vec![(folder, file)];
        }
        wanted.retain(|name| !name.starts_with('!'));
        let mut found = Vec::new();
        for folder in self.workspaces(&folder, file) {
            let Some(file) = self.repository_file(&folder, names[0]) else { continue };
            let name = Package::parse(Arc::clone(&file)).name().unwrap_or_default().to_owned();
            // `api...` is it with all that it needs, `{apps/api}` a folder.
            let is_wanted = |wanted: &String| {
                let wanted = wanted.trim_matches(['.', '^', '{', '}', '/']);
                let bare = name.rsplit('/').next().unwrap_or_default();
                matches_name(wanted, &name) || wanted == bare || folder.ends_with(wanted)
            };
            if wanted.is_empty() || wanted.iter().any(is_wanted) {
                found.push((folder, file));
            }
        }
        found
    }

    /// The folders of all packages that belong together with the one that is nearest.
    fn workspaces(&self, folder: &Path, file: Arc<SourceFile>) -> Vec<PathBuf> {
        let (folder, mut patterns) = match self.nearest_file(&["pnpm-workspace.yaml"]) {
            Some((folder, list)) => (folder, Package::parse(list).workspaces()),
            None => (folder.to_owned(), Package::parse(file).workspaces()),
        };
        patterns.retain(|pattern| !pattern.starts_with('!'));
        patterns.iter().flat_map(|pattern| self.folders(&folder, pattern)).collect()
    }

    /// The folders that a pattern such as `packages/*` means; `**` is a folder in the next, too.
    fn folders(&self, below: &Path, pattern: &str) -> Vec<PathBuf> {
        const MAX_FOLDERS: usize = 200;
        let Some(repository) = &self.run.repository else { return Vec::new() };
        let within = |folder: &Path, part: &str| -> Vec<PathBuf> {
            let names = repository.names_in(folder).into_iter();
            let fitting = names.filter(|name| matches_name(part, name) && !name.starts_with('.'));
            fitting.map(|name| folder.join(name)).collect()
        };
        let mut found = vec![below.to_owned()];
        for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
            let next = |folder: PathBuf| match part {
                "**" => {
                    let inner = within(&folder, "*");
                    let below: Vec<_> =
                        inner.iter().flat_map(|folder| within(folder, "*")).collect();
                    [inner, below].concat()
                }
                part if part.contains('*') => within(&folder, part),
                part => joined(&folder, Path::new(part)).into_iter().collect(),
            };
            found = found.into_iter().flat_map(next).take(MAX_FOLDERS).collect();
        }
        found
    }

    pub(super) fn make(&mut self, nested: &Nested<'_>) -> Done {
        let Some((folder, file)) = self.named_file(nested, &recipe::MAKEFILES) else {
            return self.missing(nested.invocation, "there is no Makefile".to_owned());
        };
        let mut makefile = Makefile::parse(&Text::of_file(file));
        let mut included = 0;
        while included < makefile.includes.len().min(MAX_INCLUDES) {
            if let Some(file) = self.repository_file(&folder, &makefile.includes[included]) {
                makefile.add(&Text::of_file(file));
            }
            included += 1;
        }
        let mut goals = Vec::new();
        for operand in &nested.arguments.operands {
            match split_assignment(operand.word) {
                Some((name, value)) => {
                    let value = self.run.marks.text(&value);
                    makefile.set(&name, value);
                }
                None => goals.push(operand.word.to_string()),
            }
        }
        let goals: Vec<Option<&str>> = if goals.is_empty() {
            vec![None]
        } else {
            goals.iter().map(|g| Some(g.as_str())).collect()
        };
        let mut done = Done::default();
        for goal in goals {
            let next = match makefile.commands(goal) {
                Some(lines) => self.recipe(&folder, &lines),
                None => {
                    let goal = goal.unwrap_or_default();
                    let reason = format!("there is no Makefile with a target `{goal}`");
                    self.missing(nested.invocation, reason)
                }
            };
            done = done.then(next);
        }
        done
    }

    pub(super) fn just(&mut self, nested: &Nested<'_>) -> Done {
        let Some((folder, file)) = self.named_file(nested, &recipe::JUSTFILES) else {
            return self.missing(nested.invocation, "there is no justfile".to_owned());
        };
        let words: Vec<String> =
            nested.arguments.operand_words().into_iter().map(Word::to_string).collect();
        let (name, arguments) = words.split_first().unzip();
        let lines = Justfile::parse(&Text::of_file(file))
            .commands(name.map(String::as_str), arguments.unwrap_or_default());
        self.named(nested, &folder, lines, "recipe")
    }

    pub(super) fn task(&mut self, nested: &Nested<'_>) -> Done {
        let Some((folder, file)) = self.named_file(nested, &recipe::TASKFILES) else {
            return self.missing(nested.invocation, "there is no Taskfile".to_owned());
        };
        let name = nested.arguments.operands.first().and_then(|operand| operand.word.text());
        let lines = Taskfile::parse(file).commands(name.as_deref());
        self.named(nested, &folder, lines, "task")
    }

    fn named(
        &mut self,
        nested: &Nested<'_>,
        folder: &Path,
        lines: Option<Vec<Text>>,
        kind: &str,
    ) -> Done {
        match lines {
            Some(lines) => self.recipe(folder, &lines),
            None => {
                let call = super::display(&nested.invocation.argv);
                self.missing(nested.invocation, format!("`{call}` names no {kind} that is there"))
            }
        }
    }

    /// `pm2 deploy [FILE] ENVIRONMENT [COMMAND]`.
    pub(super) fn deploy_hooks(&mut self, nested: &Nested<'_>) -> Done {
        let words: Vec<String> =
            nested.arguments.operand_words().into_iter().skip(1).map(Word::to_string).collect();
        let named = words.first().filter(|word| word.contains('.'));
        let file = match named {
            Some(path) => self.file_here(path),
            None => self.nearest_file(&recipe::ECOSYSTEMS).map(|(_, file)| file),
        };
        let Some(file) = file else {
            return self.missing(nested.invocation, "there is no ecosystem file".to_owned());
        };
        let environment = words.get(usize::from(named.is_some())).cloned().unwrap_or_default();
        let command = words.get(usize::from(named.is_some()) + 1);
        let phase =
            if command.is_some_and(|command| command == "setup") { "setup" } else { "deploy" };
        let mut done = Done::default();
        for hook in Ecosystem::parse(&file).hooks {
            if hook.environment != environment || !hook.name.contains(phase) {
                continue;
            }
            let hop = Hop { step: hook.name, location: hook.code.location() };
            let place = hook.host.map(Place::Remote);
            let state = match place {
                Some(_) => self.state.elsewhere(),
                None => self.state.child(State::unknown_arguments()),
            };
            done = done.then(self.within(hop, place, |shell| {
                shell.in_state(state, |shell| shell.script(&hook.code))
            }));
        }
        done
    }

    /// The file that the call names with `-f`, or the nearest of the usual ones, with its folder.
    pub(super) fn named_file(
        &self,
        nested: &Nested<'_>,
        usual: &[&str],
    ) -> Option<(PathBuf, Arc<SourceFile>)> {
        match nested.file() {
            Some(path) => Some((self.state.folder.clone(), self.file_here(&path)?)),
            None => self.nearest_file(usual),
        }
    }

    /// Reads code that a file holds, in its folder, each part in a shell of its own.
    pub(super) fn recipe(&mut self, folder: &Path, codes: &[Text]) -> Done {
        let mut done = Done::default();
        for code in codes {
            let mut state = self.state.child(State::unknown_arguments());
            folder.clone_into(&mut state.folder);
            let next = self.in_state(state, |shell| shell.once(code, |shell| shell.script(code)));
            done = done.then(next);
        }
        done
    }

    /// A word as code that stands for it.
    fn quoted(&mut self, word: &Word) -> Text {
        let text = self.run.marks.text(word);
        let is_plain = |c: char| {
            c.is_alphanumeric() || "-_./:=@,+%".contains(c) || ('\u{e000}'..'\u{e002}').contains(&c)
        };
        if text.as_str().chars().all(is_plain) || text.as_str().contains('\'') {
            return text;
        }
        let mut quoted = Text::default();
        quoted.push_made_up("'", text.location().as_ref());
        quoted.push(&text);
        quoted.push_made_up("'", text.location().as_ref());
        quoted
    }
}
