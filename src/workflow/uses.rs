//! The scripts that a step gives to the action which it uses, as `rules/actions.yml` and the
//! configuration say.

use super::{
    Problem, ProblemKind, actions,
    model::{Defaults, Field, Step},
    walk::{Around, Walk},
};
use crate::{
    config::Action,
    source::{
        Hop, Language, Place, Script, Text,
        yaml::{Node, Yaml},
    },
};
use std::{path::Path, sync::Arc};

impl Walk<'_> {
    /// Reads the scripts that an action is given as its inputs.
    pub fn known_action(&mut self, step: &Step, uses: Field, around: &Around) {
        let Some(name) = uses.value.as_str().map(actions::name_of) else { return };
        for action in actions::find(self.config, name) {
            let inputs = Inputs { step, action };
            if inputs.are_as_needed() {
                Given { around, name, action, inputs }.read(uses, self);
            }
        }
    }
}

/// An action with what it is given.
struct Given<'a> {
    around: &'a Around<'a>,
    /// The action as it is called here, without its version.
    name: &'a str,
    action: &'a Action,
    inputs: Inputs<'a>,
}

impl Given<'_> {
    fn read(&self, uses: Field, walk: &mut Walk) {
        for name in &self.action.inputs {
            if let Some(input) = self.inputs.get(name)
                && let Some(text) = input.value.text()
            {
                walk.push(self.script(text, self.language(), name, input));
            }
        }
        for name in &self.action.files {
            if let Some(input) = self.inputs.get(name) {
                self.file(name, input, walk);
            }
        }
        if let Some(command) = self.action.command.as_ref().and_then(|c| self.filled_in(c, uses)) {
            walk.push(self.script(command, Language::Shell, "", uses));
        }
        self.nested(walk);
    }

    /// The script of a file of the repository.
    fn file(&self, name: &str, input: Field, walk: &mut Walk) {
        let Some(path) = input.value.as_str().map(str::trim).filter(|path| !path.is_empty()) else {
            return;
        };
        let location = input.value.location();
        match walk.repository.file(Path::new(path)) {
            Some(file) => {
                let language = Language::of_file(file.path(), file.text());
                let language = language.unwrap_or(self.action.language);
                walk.push(self.script(Text::of_file(file), language, name, input));
            }
            None => {
                let kind = ProblemKind::NotInRepository(path.to_owned());
                walk.reader.problems.push(Problem { kind, location });
            }
        }
    }

    /// The command that the action is, with its inputs filled in; nothing if that says no more than
    /// its program.
    fn filled_in(&self, command: &str, uses: Field) -> Option<Text> {
        let location = uses.value.location();
        let mut text = Text::default();
        let mut rest = command;
        while let Some((before, name, after)) = placeholder(rest) {
            text.push_made_up(before, Some(&location));
            if let Some(value) = self.inputs.get(name).and_then(|input| input.value.text()) {
                let value_len = value.as_str().trim_end().len();
                text.push(&value.slice(0..value_len));
            }
            rest = after;
        }
        text.push_made_up(rest, Some(&location));
        let len = text.as_str().trim_end().len();
        let text = text.slice(0..len);
        text.as_str().trim().contains(char::is_whitespace).then_some(text)
    }

    /// What another action is given through this one.
    fn nested(&self, walk: &mut Walk) {
        let Some(nests) = &self.action.nests else { return };
        let Some(uses) = self.inputs.get(&nests.uses) else { return };
        let with = self.inputs.get(&nests.with).map(|with| with.value);
        let yaml =
            with.map(|with| Yaml::parse_part(Arc::clone(&with.location().file), with.range()));
        let step = self.inputs.step;
        let inner = Step {
            name: step.name.clone(),
            id: step.id,
            condition: None,
            run: None,
            uses: Some(uses),
            with: yaml.as_ref().and_then(|yaml| yaml.documents().next()),
            env: step.env,
            own: Defaults::default(),
        };
        walk.step(&inner, self.around);
    }

    fn language(&self) -> Language {
        match self.action.shell.as_ref().and_then(|shell| self.inputs.get(shell)) {
            Some(shell) => self.around.shell(shell.value.as_str()).language,
            None if self.action.shell.is_some() => self.around.shell(None).language,
            None => self.action.language,
        }
    }

    fn place(&self) -> Place {
        if let Some(remote) = &self.action.remote {
            let machine = self.inputs.machine(remote.user.as_deref(), &remote.host);
            return Place::Remote(machine.unwrap_or_else(|| self.name.to_owned()));
        }
        let is_apart =
            |gives: &Vec<String>| gives.iter().all(|name| self.inputs.get(name).is_none());
        match &self.action.apart_without {
            Some(gives) if is_apart(gives) => {
                Place::Ephemeral(format!("the container of {}", self.name))
            }
            _ => self.around.place.clone(),
        }
    }

    fn script(&self, text: Text, language: Language, input: &str, at: Field) -> Script {
        let step = format!("{} {input}", self.name).trim_end().to_owned();
        let hop = Hop { step, location: Some(at.key.location()) };
        let mut script = self.around.script(text, language, self.place(), hop);
        if self.action.remote.is_some() {
            let passed = self.action.passes_env.as_ref().and_then(|input| self.inputs.get(input));
            keep_passed(&mut script, passed.and_then(|input| input.value.as_str()));
        }
        script
    }
}

/// What stands before the first `{name}` of a command, the name, and what stands after it.
fn placeholder(command: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = command.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// A remote machine has only those of the job's variables that are listed for it.
fn keep_passed(script: &mut Script, list: Option<&str>) {
    let names = list.unwrap_or_default().split([',', ' ', '\n']).map(str::trim);
    let passed: Vec<String> = names.map(str::to_owned).collect();
    Arc::make_mut(&mut script.env).retain(|name, _| passed.contains(name));
    script.passed = Some(passed);
}

/// The inputs of a step that uses an action. Their names have no case.
struct Inputs<'a> {
    step: &'a Step<'a>,
    action: &'a Action,
}

impl<'a> Inputs<'a> {
    fn get(&self, name: &str) -> Option<Field<'a>> {
        let find = |node: Node<'a>| node.entry(|key| key.eq_ignore_ascii_case(name));
        let given = self.step.with.and_then(find);
        let or_env = || self.step.env.filter(|_| self.action.or_env).and_then(find);
        given.or_else(or_env).map(|(key, value)| Field { key, value })
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(|field| field.value.as_str()).map(str::trim)
    }

    /// Whether the inputs have the values without which the action does nothing of note. One that
    /// is not known may have it.
    fn are_as_needed(&self) -> bool {
        self.action.when.iter().all(|(name, needed)| {
            self.value(name).is_some_and(|v| v.eq_ignore_ascii_case(needed) || v.contains("${{"))
        })
    }

    /// `user@host`, or the host as it is written where one of the two is not known.
    fn machine(&self, user: Option<&str>, host: &str) -> Option<String> {
        let host = self.value(host).filter(|host| !host.is_empty())?;
        let is_known = |text: &str| !text.is_empty() && !text.contains("${{");
        Some(match user.and_then(|user| self.value(user)) {
            Some(user) if is_known(user) && is_known(host) => format!("{user}@{host}"),
            _ => host.to_owned(),
        })
    }
}
