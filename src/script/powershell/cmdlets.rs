//! What PowerShell does itself: the cmdlets that run, print, pass on or write something.

use super::{
    Unit, children,
    commands::{Call, as_values},
    innermost, parse, prepared,
    statements::{known, variable_key},
};
use crate::{
    invocation::{Hole, Origin, Piece, Selection, Value, Word},
    script::shell::{Done, Output, Shell, fields::with_between},
    source::{Hop, Location, Place, Text},
};
use tree_sitter::Node;

/// Parameters of the cmdlets here that take no value.
const SWITCHES: [&str; 16] = [
    "wait",
    "nonewwindow",
    "passthru",
    "append",
    "force",
    "nonewline",
    "verbose",
    "recurse",
    "confirm",
    "whatif",
    "asjob",
    "usenewenvironment",
    "raw",
    "noclobber",
    "string",
    "first",
];

impl Shell<'_> {
    /// Calls a cmdlet that is known here; nothing if `name` is none.
    pub(super) fn cmdlet(&mut self, name: &str, call: &Call) -> Option<Done> {
        let done = match name {
            "write-host" | "write-output" | "echo" | "write" | "write-verbose"
            | "write-warning" | "write-error" | "write-information" | "write-debug" => {
                Done::printing(known(as_values(&call.positional(&SWITCHES))), None)
            }
            "out-null" => Done::default(),
            "cd" | "set-location" | "push-location" | "pop-location" | "sleep" | "start-sleep"
            | "import-module" | "set-strictmode" | "exit" => Done::default(),
            "out-string" | "out-host" | "out-default" | "tee-object" | "sort-object"
            | "convertfrom-json" | "convertto-json" | "select-object" | "select" | "sort" => {
                Done::printing(self.stdin.clone(), None)
            }
            "join-path" => {
                let mut parts = call.parameter(&["path"]);
                parts.extend(call.positional(&[]));
                parts.extend(call.parameter(&["childpath"]));
                Done::printing(known(vec![Value::one(with_between(&parts, "/"))]), None)
            }
            "where-object" | "where" | "?" => self.ps_where(call),
            "foreach-object" | "foreach" | "%" => self.ps_for_each(call),
            "out-file" | "set-content" | "add-content" => {
                self.ps_write(name, call);
                Done::default()
            }
            "get-childitem" | "gci" | "dir" => self.ps_listing(call)?,
            "get-content" | "gc" | "cat" | "type" => self.ps_read(call),
            "invoke-expression" | "iex" => self.ps_expression(call),
            "start-process" | "saps" | "start" => {
                let mut words = call.parameter(&["filepath"]);
                words.extend(call.positional(&SWITCHES));
                words.extend(call.parameter(&["argumentlist", "args"]));
                self.ps_start(&words, call.location.clone())
            }
            "invoke-command" | "icm" => {
                let code = call.block()?;
                let host = call.parameter(&["computername", "cn", "hostname", "session", "vmname"]);
                let place = host.first().map(|host| Place::Remote(host.to_string()));
                let hop =
                    Hop { step: "Invoke-Command".to_owned(), location: call.location.clone() };
                self.within(hop, place, |shell| shell.ps_block(code))
            }
            _ => return None,
        };
        Some(done)
    }

    /// Runs a program; one text of arguments is split at its blanks.
    pub(super) fn ps_start(&mut self, words: &[Word], location: Option<Location>) -> Done {
        let mut argv: Vec<Word> = words.to_vec();
        if let [program, arguments] = words {
            let text = self.run.marks.text(arguments);
            argv = vec![program.clone()];
            argv.extend(self.split_words(&text));
        }
        if argv.is_empty() { Done::default() } else { self.program(argv, location) }
    }

    fn ps_expression(&mut self, call: &Call) -> Done {
        let hop = Hop { step: "Invoke-Expression".to_owned(), location: call.location.clone() };
        let words = call.parameter(&["command"]).into_iter().chain(call.positional(&[]));
        let mut words: Vec<Word> = words.collect();
        if words.is_empty() {
            let value = self.stdin.value("its input".to_owned(), call.location.clone());
            words = value.alternatives().to_vec();
        }
        let mut output = Output::Silent;
        for word in words {
            let code = self.run.marks.text(&word);
            let done = self.within(hop.clone(), None, |shell| {
                shell.deeper(call.location.as_ref(), |shell| shell.powershell(&code))
            });
            output = output.and(done.output);
        }
        Done::printing(output, None)
    }

    /// Reads a block for each item of the input.
    fn ps_for_each(&mut self, call: &Call) -> Done {
        let Some(code) = call.block() else { return Done::default() };
        let items = self.stdin.value("$_".to_owned(), call.location.clone());
        self.ps_branch(|shell| {
            shell.state.set("ps:_", items.clone());
            shell.state.set("ps:psitem", items);
            shell.ps_block(code)
        })
    }

    /// `Where-Object { $_.name -eq "web" }` chooses by name; anything else changes nothing that is
    /// known of a list.
    fn ps_where(&mut self, call: &Call) -> Done {
        let passed = self.stdin.clone();
        let Output::Of(_) = &passed else { return Done::printing(passed, None) };
        let chosen = match call.block() {
            Some(code) => selection(code),
            None => {
                let names = call.parameter(&["eq", "like", "in"]);
                let first = call.positional(&["eq", "like", "in"]);
                let by_name = first.first().is_some_and(|word| is_name(&word.to_string()));
                by_name.then(|| names_of(&names)).flatten()
            }
        };
        let Some(selection) = chosen else { return Done::printing(passed, None) };
        let hole = Hole {
            origin: Origin::Item(selection),
            ..Hole::unknown("what Where-Object chooses", call.location.clone())
        };
        Done::printing(Output::Known(Value::hole(hole)), None)
    }

    fn ps_write(&mut self, name: &str, call: &Call) {
        let mut path = call.parameter(&["filepath", "path", "literalpath"]);
        let mut rest = call.positional(&SWITCHES).into_iter();
        path.extend(path.is_empty().then(|| rest.next()).flatten());
        let mut values = call.parameter(&["value", "inputobject"]);
        values.extend(rest);
        let output = if values.is_empty() { self.stdin.clone() } else { known(as_values(&values)) };
        let has = |switch: &str| {
            call.arguments.iter().any(|argument| {
                matches!(argument, super::commands::Argument::Parameter(word)
                    if word.to_string().eq_ignore_ascii_case(switch))
            })
        };
        if let [path] = path.as_slice() {
            self.written(path, &output, name == "add-content" || has("-append"));
        }
    }

    /// `Get-ChildItem PATH`: all that is in it; nothing if it is chosen by more than its path.
    fn ps_listing(&mut self, call: &Call) -> Option<Done> {
        let plain = ["path", "literalpath", "recurse", "force", "directory", "file"];
        let is_plain = call.arguments.iter().all(|argument| match argument {
            super::commands::Argument::Parameter(word) => {
                let name = word.to_string().to_lowercase();
                plain.contains(&name.trim_start_matches('-'))
            }
            _ => true,
        });
        let given = call.parameter(&["path", "literalpath"]).into_iter();
        let mut path = given.chain(call.positional(&plain)).next().filter(|_| is_plain)?;
        if !path.to_string().contains('*') {
            let all = Hole { origin: Origin::Glob, ..Hole::unknown("/*", call.location.clone()) };
            path.append(&Word::hole(all));
        }
        Some(Done::printing(Output::Known(Value::one(path)), None))
    }

    fn ps_read(&mut self, call: &Call) -> Done {
        let path = call.parameter(&["path", "literalpath"]);
        let path = path.first().cloned().or_else(|| call.positional(&SWITCHES).into_iter().next());
        let text = path.and_then(|path| self.script_text(&path.text()?.replace('\\', "/")));
        let output = match text {
            Some(text) => Output::Known(self.run.marks.value(&text)),
            None => Output::Of(Vec::new()),
        };
        Done::printing(output, None)
    }

    /// Calls a function of the script: its parameters by name, the others in order.
    pub(super) fn ps_function(&mut self, function: &Text, call: &Call) -> Done {
        let code = prepared(function.as_str());
        let Some(tree) = parse(&code) else { return Done::default() };
        let unit = Unit { text: function, code: &code };
        let root = innermost(tree.root_node());
        let Some(body) = children(root).into_iter().find(|part| part.kind() == "script_block")
        else {
            return Done::default();
        };
        let outer = self.state.clone();
        let mut positional = call.positional(&[]).into_iter();
        for name in parameters(&unit, root) {
            let short = name.trim_start_matches("ps:").to_owned();
            let given = call.parameter(&[short.as_str()]);
            match given.first().cloned().or_else(|| positional.next()) {
                Some(word) => self.state.set(&name, Value::one(word)),
                None => self.state.unset(&name),
            }
        }
        let arguments = call.positional(&[]).into_iter().map(Value::one);
        self.state.set_list("ps:args", arguments);
        let text = unit.slice(body.byte_range());
        let done = self.deeper(call.location.as_ref(), |shell| {
            shell.once(&text, |shell| shell.ps_statement(&unit, body, 0))
        });
        let inner = std::mem::replace(&mut self.state, outer);
        self.state.files.extend(&inner.files);
        done
    }
}

/// The names of a function's parameters, as its variables are kept.
fn parameters(unit: &Unit<'_>, function: Node<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = function.walk();
    // The first list of parameters, in order of the text.
    loop {
        let node = cursor.node();
        if node.kind() == "script_parameter" {
            let variable = children(node).into_iter().rfind(|part| part.kind() == "variable");
            names.extend(variable.and_then(|variable| variable_key(unit.str(variable))));
        }
        if node.kind() != "script_parameter" && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return names;
            }
        }
    }
}

/// By which names a condition on `$_` chooses, if it is one comparison of the name.
fn selection(condition: &Text) -> Option<Selection> {
    let condition = &condition.trimmed();
    let code = prepared(condition.as_str());
    let tree = parse(&code)?;
    let unit = Unit { text: condition, code: &code };
    let node = innermost(tree.root_node());
    if node.kind() != "comparison_expression" {
        return None;
    }
    let left = unit.str(node.named_child(0)?).trim().to_lowercase();
    let property = left.strip_prefix("$_.").or_else(|| left.strip_prefix("$psitem."))?;
    if !is_name(property) {
        return None;
    }
    let right = unit.str(node.named_child(2)?).trim();
    let name = right.trim_matches(['\'', '"']);
    let is_text = name.len() + 2 == right.len() && !name.contains('$');
    match unit.str(node.named_child(1)?).to_lowercase().as_str() {
        "-eq" | "-ceq" | "-ieq" if is_text => Some(Selection::Names(vec![name.to_owned()])),
        "-like" if is_text && name != "*" => Some(Selection::Pattern(name.to_owned())),
        "-eq" | "-ceq" | "-in" | "-match" | "-like" => Some(Selection::SomeName),
        _ => None,
    }
}

fn is_name(property: &str) -> bool {
    matches!(property.to_lowercase().as_str(), "name" | "processname" | "names")
}

fn names_of(words: &[Word]) -> Option<Selection> {
    let names: Option<Vec<String>> = words
        .iter()
        .map(|word| match word.pieces.as_slice() {
            [Piece::Known(text)] => Some(text.as_str().to_owned()),
            _ => None,
        })
        .collect();
    Some(names.map_or(Selection::SomeName, Selection::Names))
}
