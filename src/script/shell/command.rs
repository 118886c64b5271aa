//! Simple commands: assignments, redirections, and the calls that they are.

use super::{Done, Output, Shell, builtins::values, fields, scan, statements::Unit};
use crate::{
    invocation::{Invocation, Piece, Value, Word},
    script::files::plain,
    source::{Location, Text},
};
use std::{ops::Range, sync::Arc};
use tree_sitter::Node;

/// Words that may stand before a command where the syntax is not understood.
const RESERVED: [&str; 14] = [
    "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}", "esac",
    "time",
];

/// What the redirections of a command say.
#[derive(Default)]
pub(super) struct Redirections {
    stdin: Option<Output>,
    /// The file that standard output goes to.
    writes: Option<Word>,
    appends: bool,
}

impl Shell<'_> {
    pub(super) fn simple_command(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let mut arguments: Vec<Text> = Vec::new();
        let (mut redirects, mut assignments) = (Vec::new(), Vec::new());
        let mut cursor = node.walk();
        for (position, child) in node.children(&mut cursor).enumerate() {
            match node.field_name_for_child(position as u32) {
                Some("redirect") => redirects.push(child),
                Some("name" | "argument") => arguments.push(unit.slice(child)),
                _ if child.kind() == "variable_assignment" => assignments.push(child),
                _ if child.kind() == "ERROR" => {
                    self.statement(unit, child, 0);
                }
                _ => {}
            }
        }
        let location = unit.text.locate(node.byte_range());
        if !self.run.step(location.as_ref()) {
            return Done::default();
        }
        self.with_redirections(unit, &redirects, |shell| {
            if arguments.is_empty() {
                assignments.iter().for_each(|node| shell.assignment(unit, *node));
                return Done { success: Some(true), ..Done::default() };
            }
            let argvs = shell.expanded(&arguments);
            // They are set for the call only, and after its words are expanded.
            let before = (!assignments.is_empty()).then(|| shell.state.clone());
            assignments.iter().for_each(|node| shell.assignment(unit, *node));
            let done = shell.argvs_called(argvs, location);
            if let Some(before) = before {
                let after = std::mem::replace(&mut shell.state, before);
                shell.state.files.extend(&after.files);
                shell.state.ended = after.ended;
            }
            done
        })
    }

    /// What words become, in every alternative.
    fn expanded(&mut self, words: &[Text]) -> fields::Fields {
        let mut argvs: fields::Fields = vec![Vec::new()];
        for word in words {
            let fields = self.fields(word);
            argvs = fields::product(argvs, fields);
        }
        argvs
    }

    /// Calls what words say, in every alternative.
    fn argvs_called(&mut self, argvs: fields::Fields, location: Option<Location>) -> Done {
        if let Some((body, arguments)) = self.called_function(&argvs) {
            return self.function(&body, arguments, location);
        }
        let mut done: Option<Done> = None;
        for argv in argvs {
            let next = self.call(argv, location.clone());
            done = Some(match done {
                None => next,
                Some(done) => Done { output: done.output.and(next.output), success: None },
            });
        }
        done.unwrap_or_default()
    }

    /// The function that every alternative calls, with what each argument may be. Reading it once
    /// for all of them keeps functions that call functions from being read again and again.
    fn called_function(&self, argvs: &fields::Fields) -> Option<(Arc<Text>, Vec<Value>)> {
        let (first, rest) = argvs.split_first()?;
        let name = first.first()?.text()?;
        let body = self.state.functions.get(&name)?;
        let mut arguments = values(&first[1..]);
        for argv in rest {
            if argv.len() != first.len() || argv.first()?.text()? != name {
                return None;
            }
            for (argument, word) in arguments.iter_mut().zip(&argv[1..]) {
                *argument =
                    std::mem::replace(argument, Value::empty()).or(Value::one(word.clone()));
            }
        }
        Some((Arc::clone(body), arguments))
    }

    /// Calls an alias, a function, a builtin or a program.
    pub fn call(&mut self, argv: Vec<Word>, location: Option<Location>) -> Done {
        let Some(name) = argv.first().and_then(Word::text).map(|name| name.into_owned()) else {
            return self.program(argv, location);
        };
        if let Some(code) = self.state.aliases.get(&name).cloned() {
            return self.deeper(location.as_ref(), |shell| {
                let mut line = code.as_ref().clone();
                if argv.len() > 1 {
                    line.push_made_up(" ", None);
                    let rest = shell.joined(&argv[1..]);
                    line.push(&rest);
                }
                shell.state.aliases.remove(&name);
                shell.script(&line)
            });
        }
        if let Some(body) = self.state.functions.get(&name).cloned() {
            return self.function(&body, values(&argv[1..]), location);
        }
        match self.builtin(&name, &argv, location.as_ref()) {
            Some(done) => done,
            None => self.program(argv, location),
        }
    }

    fn function(&mut self, body: &Text, arguments: Vec<Value>, location: Option<Location>) -> Done {
        self.deeper(location.as_ref(), |shell| {
            let outer = shell.state.positional.replace(arguments);
            let done = shell.once(body, |shell| shell.script(body));
            shell.state.positional = outer;
            shell.state.ended = false;
            done
        })
    }

    /// Calls a program: notes it, and reads what it runs in turn.
    pub fn program(&mut self, argv: Vec<Word>, location: Option<Location>) -> Done {
        let stdin = match &self.stdin {
            Output::Known(value) => match value.alternatives() {
                [word] => Some(word.clone()),
                _ => None,
            },
            Output::Of(_) => {
                self.stdin.value("standard input".into(), None).alternatives().first().cloned()
            }
            Output::Silent => None,
        };
        let place = self.place_of_call(&argv);
        let invocation = Invocation { argv, stdin, location, place, via: self.via.clone() };
        self.run.invocations.push(invocation.clone());
        self.nested(invocation)
    }

    pub(super) fn assignment(&mut self, unit: &Unit<'_>, node: Node<'_>) {
        let Some(name_node) = node.child_by_field_name("name") else { return };
        let name_text = unit.slice(name_node);
        let name = name_text.as_str().split('[').next().unwrap_or_default().to_owned();
        let value = node.child_by_field_name("value");
        let after_name = unit.text.as_str()[name_node.end_byte()..].starts_with('+');
        match value {
            Some(array) if array.kind() == "array" => {
                let mut elements = Vec::new();
                for element in array.named_children(&mut array.walk()) {
                    elements.extend(self.fields(&unit.slice(element)).into_iter().flatten());
                }
                if after_name {
                    self.state.extend_array(&name, elements);
                } else {
                    self.state.set_array(&name, elements);
                }
            }
            Some(value) => {
                let value = self.value(&unit.slice(value));
                if after_name {
                    self.state.append(&name, value);
                } else {
                    self.state.set(&name, value);
                }
            }
            None => self.state.set(&name, Value::empty()),
        }
    }

    /// `export`, `local`, `readonly`, `declare`.
    pub(super) fn declaration(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        for child in node.named_children(&mut node.walk()) {
            match child.kind() {
                "variable_assignment" => self.assignment(unit, child),
                "variable_name" | "word" => {}
                _ => {
                    // `export "$(cat file)"`: what it substitutes runs.
                    self.value(&unit.slice(child));
                }
            }
        }
        Done { success: Some(true), ..Done::default() }
    }

    /// Reads a command whose input and output are redirected.
    pub(super) fn with_redirections(
        &mut self,
        unit: &Unit<'_>,
        redirects: &[Node<'_>],
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        if redirects.is_empty() {
            return read(self);
        }
        let redirections = self.redirections(unit, redirects);
        let outer = redirections.stdin.map(|stdin| std::mem::replace(&mut self.stdin, stdin));
        let mut done = read(self);
        if let Some(outer) = outer {
            self.stdin = outer;
        }
        if let Some(path) = redirections.writes {
            let output = std::mem::take(&mut done.output);
            self.written(&path, &output, redirections.appends);
        }
        done
    }

    /// Notes what is written to a file, in case the file is run later.
    pub(in crate::script) fn written(&mut self, path: &Word, output: &Output, appends: bool) {
        if self.exported(path, output) {
            return;
        }
        let Some(path) = path.text().map(|path| plain(&path).to_owned()) else { return };
        let Output::Known(value) = output else {
            self.state.files.remove(&path);
            return;
        };
        let mut text = Text::default();
        if appends && let Some(held) = self.state.files.get(&path) {
            text = held.as_ref().clone();
        }
        for word in value.alternatives() {
            let written = self.run.marks.text(word);
            text.push(&written);
        }
        self.state.files.set(path, text);
    }

    pub(super) fn redirections(&mut self, unit: &Unit<'_>, nodes: &[Node<'_>]) -> Redirections {
        let mut all = Redirections::default();
        for node in nodes {
            let start = node.start_byte();
            if node.kind() == "herestring_redirect" {
                if let Some(word) = node.named_child(0) {
                    all.stdin = Some(Output::Known(self.value(&unit.slice(word))));
                }
                continue;
            }
            let operator_at = unit.prepared.code[node.byte_range()].find(['<', '>', '&']);
            let Some(at) = operator_at.map(|at| start + at) else { continue };
            if let Some(heredoc) = unit.prepared.heredocs.get(&at) {
                all.stdin = Some(Output::Known(self.heredoc(heredoc)));
                continue;
            }
            let Some(destination) = node.child_by_field_name("destination") else { continue };
            let descriptor = &unit.prepared.code[start..at];
            let operator = &unit.prepared.code[at..destination.start_byte()];
            let value = self.value(&unit.slice(destination));
            let [word] = value.alternatives() else { continue };
            if operator.starts_with('<') {
                all.stdin = Some(self.file_content(word));
            } else if (descriptor.is_empty() || descriptor == "1") && !operator.contains(">&") {
                all.appends = operator.starts_with(">>");
                all.writes = Some(word.clone());
            }
        }
        all
    }

    /// What reading a file or `<(…)` gives.
    fn file_content(&self, word: &Word) -> Output {
        use crate::invocation::Origin;
        if let [Piece::Hole(hole)] = word.pieces.as_slice()
            && let Origin::Output(stages) = &hole.origin
        {
            return Output::Of(stages.to_vec());
        }
        match word.text().and_then(|path| self.script_text(&path)) {
            Some(text) => Output::Known(self.run.marks.value(&text)),
            None => Output::Of(Vec::new()),
        }
    }

    /// A command in text whose syntax is not understood.
    pub(super) fn rough_command(&mut self, unit: &Unit<'_>, range: Range<usize>) {
        let mut arguments = Vec::new();
        for word in rough_words(&unit.prepared.code, range) {
            let text = unit.text.slice(word);
            let reserved = arguments.is_empty() && RESERVED.contains(&text.as_str());
            if !reserved {
                arguments.push(text);
            }
        }
        let ends = arguments.first().zip(arguments.last());
        let location = ends.and_then(|(first, last)| {
            let (first, last) = (first.location()?, last.location()?);
            // In code that was put together, the last word may stand before the first.
            let range =
                first.range.start.min(last.range.start)..first.range.end.max(last.range.end);
            Some(Location { range, file: first.file })
        });
        if !arguments.is_empty() && self.run.step(location.as_ref()) {
            self.deeper(location.clone().as_ref(), |shell| {
                let argvs = shell.expanded(&arguments);
                shell.argvs_called(argvs, location)
            });
        }
    }
}

/// Splits code into commands without understanding more than quotes.
pub(super) fn rough_commands(code: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut commands = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        match bytes[at] {
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' => {
                commands.push(start..at);
                at += 1;
                start = at;
            }
            b'#' if scan::starts_comment(bytes, at) => {
                commands.push(start..at);
                at = code[at..].find('\n').map_or(range.end, |line| at + line);
                start = at;
            }
            _ => at = scan::quoted_or_next(code, at),
        }
    }
    commands.push(start.min(range.end)..range.end);
    commands.retain(|command| !code[command.clone()].trim().is_empty());
    commands
}

fn rough_words(code: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut words = Vec::new();
    let (mut start, mut at) = (None, range.start);
    while at < range.end {
        if bytes[at].is_ascii_whitespace() {
            words.extend(start.take().map(|start| start..at));
            at += 1;
        } else {
            start.get_or_insert(at);
            at = scan::quoted_or_next(code, at).min(range.end);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}
