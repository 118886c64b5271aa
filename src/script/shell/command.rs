//! Simple commands: assignments, and the calls that they are.

use super::{
    Done, Output, Shell,
    builtins::{self, values},
    fields,
    loops::joined,
    redirections::RunsIn,
    state::{Ends, Function, State},
    statements::Unit,
    syntax::{Assigned, Assignment, Command, Span},
    variable::Variable,
};
use crate::{
    invocation::{Invocation, Piece, Value, Word},
    program::{Catalog, bare_name},
    script::Unread,
    source::{Location, Text},
};
use std::sync::Arc;

/// A file is read for so many alternatives of its arguments; of more, each is any.
const MAX_READS: usize = 8;

impl Shell<'_> {
    pub(super) fn simple_command(
        &mut self,
        unit: &Unit<'_>,
        span: &Span,
        command: &Command,
    ) -> Done {
        for broken in &command.broken {
            self.statement(unit, broken, 0);
        }
        let Command { words, redirects, assignments, .. } = command;
        let mut arguments: Vec<Text> = words.iter().map(|word| unit.slice(word)).collect();
        let location = unit.text.locate(span.clone());
        if !self.run.step() {
            return Done::default();
        }
        if let Some(name @ ("[" | "test")) = arguments.first().map(Text::as_str) {
            let is_test = name == "test";
            let closed = is_test || arguments.pop().is_some_and(|last| last.as_str() == "]");
            return self.with_redirections(unit, redirects, RunsIn::Shell, |shell| match closed {
                true => shell.test_words(arguments.split_off(1), false),
                false => Done::default(),
            });
        }
        if redirects.is_empty() && self.says_nothing_new(&arguments) {
            return Done::silent(Some(true));
        }
        // Words are expanded first, then redirections, then assignments for the call only.
        let alias = self.alias_expanded(&arguments);
        let argvs = if alias.is_none() { self.argvs(&arguments) } else { Vec::new() };
        let runs = match redirects.is_empty() || !argvs.iter().all(|argv| self.is_program(argv)) {
            true => RunsIn::Shell,
            false => RunsIn::OwnProcess,
        };
        let done = self.with_redirections(unit, redirects, runs, |shell| {
            shell.substituted = None;
            let held = shell.assigned_for_now(unit, assignments, arguments.is_empty());
            let done = match alias {
                Some(alias) => shell.alias_called(alias, location),
                None if arguments.is_empty() => shell.assigned(),
                None => shell.argvs_called(argvs, location),
            };
            for (name, variable) in held {
                shell.state.put_back(&name, variable);
            }
            done
        });
        if self.heard { done } else { Done { output: Output::Silent, ..done } }
    }

    /// Whether words call a program, and nothing of the shell's own.
    fn is_program(&self, argv: &[Word]) -> bool {
        argv.first().and_then(Word::text).is_some_and(|name| {
            !builtins::is_builtin(&name) && self.state.functions.get(&name).is_none()
        })
    }

    /// Whether a command only prints what nobody takes, which many do.
    fn says_nothing_new(&self, words: &[Text]) -> bool {
        let is_plain = |word: &Text| {
            let text = word.as_str();
            let is_name = |inner: &str| {
                let name = inner.split_once('}').map_or("", |(name, _)| name);
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            // `::set-output` tells the runner something.
            !["$(", "`", "<(", ">(", "::"].iter().any(|part| text.contains(part))
                && text.split("${").skip(1).all(is_name)
        };
        let is_own = |name| {
            self.state.functions.get(name).is_none() && self.state.aliases.get(name).is_none()
        };
        !self.heard
            && !self.state.options.nounset
            && words.first().is_some_and(|name| name.as_str() == "echo")
            && is_own("echo")
            && words.iter().all(is_plain)
    }

    /// Sets the variables of `A=1 B=2 command`, and gives what they were before; those that stand
    /// alone stay.
    fn assigned_for_now(
        &mut self,
        unit: &Unit<'_>,
        assignments: &[Assignment],
        alone: bool,
    ) -> Vec<(String, Option<Arc<Variable>>)> {
        let mut held = Vec::new();
        for assignment in assignments {
            let name = unit.str(&assignment.name);
            let before = self.state.held(name);
            self.assignment(unit, assignment);
            if !alone {
                self.state.export(name);
                held.push((name.to_owned(), before));
            }
        }
        held
    }

    /// The line that the words of a command become if the first is an alias, and the aliases in
    /// it. If an alias ends in a blank, the next word may be one, too.
    fn alias_expanded(&self, words: &[Text]) -> Option<(Text, Vec<String>)> {
        let (mut line, mut names, mut may_follow) = (Text::default(), Vec::new(), true);
        for word in words {
            let alias = self.state.aliases.get(word.as_str()).filter(|_| may_follow);
            let written = alias.map_or(word, |alias| alias.as_ref());
            names.extend(alias.map(|_| word.as_str().to_owned()));
            may_follow = alias.is_some() && written.as_str().ends_with([' ', '\t']);
            if names.is_empty() {
                return None;
            }
            line.push(written);
            line.push_made_up(" ", None);
        }
        (!names.is_empty()).then_some((line, names))
    }

    /// Reads a line that aliases became; none of them is one in it.
    fn alias_called(
        &mut self,
        (line, names): (Text, Vec<String>),
        location: Option<Location>,
    ) -> Done {
        self.deeper(location.as_ref(), |shell| {
            let held: Vec<_> =
                names.iter().map(|name| shell.state.aliases.get(name).cloned()).collect();
            names.iter().for_each(|name| shell.state.aliases.remove(name));
            let done = shell.script(&line);
            for (name, alias) in names.into_iter().zip(held) {
                shell.state.aliases.put(name, alias);
            }
            done
        })
    }

    /// What words become, in every alternative.
    pub(super) fn argvs(&mut self, words: &[Text]) -> fields::Fields {
        let mut argvs: fields::Fields = vec![Vec::new()];
        for word in words {
            let fields = self.fields(word);
            argvs = fields::product(argvs, fields);
        }
        argvs
    }

    /// Calls what words say, in every alternative.
    pub(super) fn argvs_called(
        &mut self,
        mut argvs: fields::Fields,
        location: Option<Location>,
    ) -> Done {
        // `${X:?}` may have ended it.
        if self.state.ended {
            return Done::default();
        }
        if let Some((name, function, arguments)) = self.called_function(&argvs) {
            self.run.called.insert(name);
            return self.function(&function, arguments, location);
        }
        if argvs.len() > MAX_READS && argvs.iter().all(|argv| self.runs_a_file(argv)) {
            argvs = fields::one_of_each_length(&argvs);
        }
        if let [argv] = argvs.as_mut_slice() {
            return self.call(std::mem::take(argv), location);
        }
        // One of them.
        let before = self.state.clone();
        let (mut after, mut output): (Option<State>, Option<Output>) = (None, None);
        let mut success = None;
        for (position, argv) in argvs.into_iter().enumerate() {
            self.state = before.clone();
            let done = self.call(argv, location.clone());
            success = if position == 0 {
                done.success
            } else {
                success.filter(|_| success == done.success)
            };
            output = Some(match output {
                Some(output) => output.or(done.output),
                None => done.output,
            });
            after = Some(joined(after, std::mem::take(&mut self.state)));
        }
        self.state = after.unwrap_or(before);
        Done::printing(output.unwrap_or_default(), success)
    }

    /// Whether a call leads to a file that is read.
    fn runs_a_file(&self, argv: &[Word]) -> bool {
        let Some((first, rest)) = argv.split_first() else { return false };
        let is_script = |word: &Word| self.file_of(word).is_some();
        match first.text().and_then(|name| Catalog::built_in().find(&name)) {
            Some(program) => program.runs_files() && rest.iter().any(is_script),
            None => is_script(first),
        }
    }

    /// The function that every alternative calls, with what each argument may be. Reading it once
    /// for all of them keeps functions that call functions from being read again and again.
    fn called_function(
        &self,
        argvs: &fields::Fields,
    ) -> Option<(String, Arc<Function>, Vec<Value>)> {
        let (first, rest) = argvs.split_first()?;
        let name = first.first()?.text()?;
        let function = self.state.functions.get(&name)?;
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
        Some((name.into_owned(), Arc::clone(function), arguments))
    }

    /// Calls a function, a builtin or a program.
    pub fn call(&mut self, argv: Vec<Word>, location: Option<Location>) -> Done {
        let Some(name) = argv.first().and_then(Word::text).map(|name| name.into_owned()) else {
            return self.program(argv, location);
        };
        if let Some(function) = self.state.functions.get(&name).cloned() {
            self.run.called.insert(name);
            return self.function(&function, values(&argv[1..]), location);
        }
        match self.builtin(&name, &argv, location.as_ref()) {
            Some(done) => done,
            None => self.program(argv, location),
        }
    }

    pub(super) fn function(
        &mut self,
        function: &Function,
        arguments: Vec<Value>,
        location: Option<Location>,
    ) -> Done {
        let before = self.state.clone();
        let mut after: Option<State> = None;
        let mut done: Option<Done> = None;
        for body in &function.bodies {
            self.state = before.clone();
            let next = self.function_body(body, &arguments, location.clone());
            after = Some(joined(after, std::mem::take(&mut self.state)));
            done = Some(match done {
                None => next,
                Some(done) => Done::printing(done.output.or(next.output), None),
            });
        }
        self.state = after.unwrap_or(before);
        done.unwrap_or_default()
    }

    fn function_body(
        &mut self,
        body: &Text,
        arguments: &[Value],
        location: Option<Location>,
    ) -> Done {
        self.deeper(location.as_ref(), |shell| {
            let outer =
                std::mem::replace(&mut shell.state.positional, Arc::new(arguments.to_vec()));
            let mark = shell.left.len();
            let references = shell.state.references.clone();
            shell.locals.push(Vec::new());
            let mut done = shell.again(body, arguments, |shell| shell.script_here(body));
            for (way, state) in shell.left.split_off(mark) {
                match way {
                    Ends::Return => {
                        done.success = done.success.filter(|_| state.status == done.success);
                        shell.state = std::mem::take(&mut shell.state).or(state);
                    }
                    // `break` leaves the loop around the call.
                    way => shell.left.push((way, state)),
                }
            }
            for (name, held) in shell.locals.pop().into_iter().flatten().rev() {
                shell.state.put_back(&name, held);
            }
            shell.state.positional = outer;
            shell.state.references = references;
            done
        })
    }

    /// Reads the body of a function, unless it is being read for the same arguments: what calls
    /// itself ends, or goes on with others as often as is bounded.
    fn again(
        &mut self,
        body: &Text,
        arguments: &[Value],
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        /// As often a function may call itself with other arguments.
        const MAX_CALLS: usize = 12;
        let Some(location) = body.location() else { return read(self) };
        let words = arguments.iter().map(|value| {
            value.alternatives().iter().map(Word::to_string).collect::<Vec<_>>().join("\n")
        });
        let words: Vec<String> = words.collect();
        let is_this =
            |range: &Location| range.range == location.range && range.path() == location.path();
        let calls = || self.calls.iter().filter(|(held, _)| is_this(held));
        if calls().any(|(_, held)| *held == words) {
            return Done::default();
        }
        if calls().count() >= MAX_CALLS {
            let reason = format!("this function calls itself more than {MAX_CALLS} times");
            self.run.unread.push(Unread::code(Some(location), reason));
            return Done::default();
        }
        self.calls.push((location, words));
        let done = read(self);
        self.calls.pop();
        done
    }

    /// Calls a program: notes it, and reads what it runs in turn.
    pub fn program(&mut self, mut argv: Vec<Word>, location: Option<Location>) -> Done {
        // `"$HOME"/bin/pm2`
        if let Some(name) = argv.first().and_then(known_program) {
            argv[0] = name;
        }
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
        let name = argv.first().and_then(Word::text).map(|name| name.into_owned());
        // Builtins that are programs, too: `sudo tee`.
        if let Some(name @ ("cat" | "echo" | "printf" | "pwd" | "tee")) =
            name.as_deref().map(bare_name)
            && let Some(done) = self.builtin(name, &argv, location.as_ref())
        {
            return done;
        }
        let filtered = name.as_ref().and_then(|name| self.filtered(name, &argv[1..]));
        if let Some(name) = &name {
            self.copied(name, &argv[1..]);
        }
        let place = self.place_of_call(&argv);
        let folder = self.state.directory.clone();
        let via = self.via.clone();
        let invocation = Arc::new(Invocation { argv, stdin, location, folder, place, via });
        self.run.invocations.push(Arc::clone(&invocation));
        let done = self.nested(&invocation);
        match filtered {
            Some(output) => Done { output: Output::Known(output), ..done },
            None => done,
        }
    }

    pub(super) fn assignment(&mut self, unit: &Unit<'_>, assignment: &Assignment) {
        let appends = assignment.appends;
        let name_text = unit.slice(&assignment.name);
        let source = name_text.as_str();
        let (name, key) = match source.find('[') {
            Some(at) => {
                let end = source.len() - usize::from(source.ends_with(']'));
                (source[..at].to_owned(), Some(name_text.slice(at + 1..end)))
            }
            None => (source.to_owned(), None),
        };
        match (&assignment.value, key) {
            (Assigned::Items(items), _) => self.array(&name, unit, items, appends),
            (value, Some(key)) => {
                let value = match value {
                    Assigned::Word(word) => self.value(&unit.slice(word)),
                    _ => Value::empty(),
                };
                self.set_item(&name, &key, value, appends);
            }
            (Assigned::Word(word), None) => {
                let value = self.value(&unit.slice(word));
                if appends {
                    self.state.append(&name, value);
                } else {
                    self.state.set(&name, value);
                }
            }
            (Assigned::Nothing, None) if appends => {}
            (Assigned::Nothing, None) => self.state.set(&name, Value::empty()),
        }
    }

    /// `A=(…)` and `A+=(…)`.
    fn array(&mut self, name: &str, unit: &Unit<'_>, words: &[Span], appends: bool) {
        let keyed = self.state.is_keyed(name);
        let (mut items, mut with_keys) = (Vec::new(), Vec::new());
        for word in words {
            let word = unit.slice(word);
            let named = word.as_str().strip_prefix('[').and_then(|rest| rest.find("]="));
            if let Some(len) = named {
                let value = self.value(&word.slice(len + 3..word.len()));
                with_keys.push((word.slice(1..len + 1), value));
                continue;
            }
            items.extend(fields::together(&self.fields(&word)));
        }
        match (appends, keyed) {
            (true, _) => self.state.extend_list(name, items),
            (false, true) => self.state.empty_keyed(name),
            (false, _) => self.state.set_list(name, items),
        }
        for (key, value) in with_keys {
            self.set_item(name, &key, value, false);
        }
    }

    fn set_item(&mut self, name: &str, key: &Text, value: Value, appends: bool) {
        let Some(key) = self.item_key(name, key) else {
            return self.state.set_some_item(name, &value);
        };
        let held = self.state.item(name, &key).into_value().filter(|_| appends);
        let value = match held {
            Some(held) => held.then(&value),
            None => value,
        };
        self.state.set_item(name, &key, value);
    }
}

/// A program that is known by its name, in a folder that is not.
fn known_program(path: &Word) -> Option<Word> {
    let (last, folder) = path.pieces.split_last()?;
    let Piece::Known(text) = last else { return None };
    let slash = text.as_str().rfind('/').filter(|_| !folder.is_empty())?;
    Catalog::built_in().find(&text.as_str()[slash + 1..])?;
    Some(Word::known(text.slice(slash + 1..text.len())))
}
