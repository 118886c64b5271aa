//! Commands of PowerShell: their words, their redirections, and what they call.

use super::{Unit, children, innermost, statements::function_key};
use crate::{
    invocation::{Value, Word},
    program::Catalog,
    script::shell::{Done, Output, Shell, fields},
    source::{Location, Text},
};
use tree_sitter::Node;

/// What a command is given, in order.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    /// The ways in which it may be words; an array is several.
    Words(fields::Fields),
    /// `-Name`, in lower case for cmdlets.
    Parameter(Word),
    /// The inside of `{ … }`.
    Block(Text),
}

/// A command that is being called.
pub(super) struct Call {
    pub name: Word,
    pub arguments: Vec<Argument>,
    pub location: Option<Location>,
}

impl Call {
    /// The values of a parameter, by the beginning of one of its names.
    pub fn parameter(&self, names: &[&str]) -> Vec<Word> {
        let mut values = Vec::new();
        let mut takes = false;
        for argument in &self.arguments {
            match argument {
                Argument::Parameter(word) => {
                    let text = word.to_string().to_lowercase();
                    let name = text.trim_start_matches('-').split(':').next().unwrap_or_default();
                    takes = names.contains(&name);
                }
                Argument::Words(words) if takes => {
                    values.extend(words.iter().flatten().cloned());
                    takes = false;
                }
                _ => takes = false,
            }
        }
        values
    }

    /// The words that belong to no parameter; `switches` are parameters without a value.
    pub fn positional(&self, switches: &[&str]) -> Vec<Word> {
        let mut words = Vec::new();
        let mut skips = false;
        for argument in &self.arguments {
            match argument {
                Argument::Parameter(word) => {
                    let name = word.to_string().to_lowercase();
                    skips =
                        !name.contains(':') && !switches.contains(&name.trim_start_matches('-'));
                }
                Argument::Words(alternatives) => {
                    if !skips {
                        words.extend(alternatives.iter().flatten().cloned());
                    }
                    skips = false;
                }
                Argument::Block(_) => skips = false,
            }
        }
        words
    }

    pub fn block(&self) -> Option<&Text> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Block(code) => Some(code),
            _ => None,
        })
    }
}

impl Shell<'_> {
    pub(super) fn ps_command(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let location = unit.locate(node);
        if !self.run.step() {
            return Done::default();
        }
        let Some(name) = node.child_by_field_name("command_name") else { return Done::default() };
        let name_node = innermost(name);
        if name_node.kind() == "script_block_expression" {
            let block = block(unit, name_node);
            return self.deeper(location.as_ref(), |shell| shell.powershell(&block));
        }
        let names = self.ps_value(unit, name_node, depth + 1);
        let (arguments, redirections) = self.ps_arguments(unit, node, depth);
        let mut done: Option<Done> = None;
        for name in names.alternatives() {
            let call = Call {
                name: name.clone(),
                arguments: arguments.clone(),
                location: location.clone(),
            };
            let next = self.ps_call(call);
            done = Some(match done {
                None => next,
                Some(done) => Done::printing(done.output.and(next.output), None),
            });
        }
        let mut done = done.unwrap_or_default();
        for redirection in redirections {
            let output = std::mem::take(&mut done.output);
            self.ps_redirected(unit, redirection, &output, depth);
        }
        done
    }

    fn ps_arguments<'n>(
        &mut self,
        unit: &Unit<'_>,
        node: Node<'n>,
        depth: usize,
    ) -> (Vec<Argument>, Vec<Node<'n>>) {
        let (mut arguments, mut redirections) = (Vec::new(), Vec::new());
        let elements = node.child_by_field_name("command_elements").map(children);
        for element in elements.unwrap_or_default() {
            let inner = innermost(element);
            match inner.kind() {
                "command_argument_sep" => {}
                "redirection" => redirections.push(inner),
                // `2>&1` changes nothing that is read here.
                "merging_redirection_operator" => {}
                "script_block_expression" => arguments.push(Argument::Block(block(unit, inner))),
                "command_parameter" => {
                    let value = self.ps_value(unit, inner, depth + 1);
                    let word = value.alternatives().first().cloned().unwrap_or_default();
                    arguments.push(Argument::Parameter(word));
                }
                "stop_parsing" => {
                    let start = inner.start_byte() + "--%".len();
                    let text = unit.slice(start..inner.end_byte());
                    let words = self.split_words(&text);
                    arguments.push(Argument::Words(vec![words]));
                }
                _ => {
                    let mut all: fields::Fields = vec![Vec::new()];
                    for value in self.ps_list(unit, element, depth + 1) {
                        let words = value.alternatives().iter().map(|word| vec![word.clone()]);
                        all = fields::product(all, words.collect());
                    }
                    arguments.push(Argument::Words(all));
                }
            }
        }
        (arguments, redirections)
    }

    /// Words that are split at blanks only.
    pub(super) fn split_words(&mut self, text: &Text) -> Vec<Word> {
        let source = text.as_str();
        let words = source.split_whitespace().flat_map(|word| {
            let at = word.as_ptr() as usize - source.as_ptr() as usize;
            let value = self.run.marks.value(&text.slice(at..at + word.len()));
            value.alternatives().to_vec()
        });
        words.collect()
    }

    /// Calls a function of the script, a cmdlet, or a program.
    pub(super) fn ps_call(&mut self, call: Call) -> Done {
        let Some(name) = call.name.text().map(|name| name.to_lowercase()) else {
            return self.ps_program(call, None);
        };
        let function = self.state.functions.get(&function_key(&name));
        if let Some(body) = function.and_then(|function| function.bodies.last()).cloned() {
            return self.ps_function(&body, &call);
        }
        match self.cmdlet(&name, &call) {
            Some(done) => done,
            None => self.ps_program(call, Some(&name)),
        }
    }

    /// Calls a program. Cmdlets are known by their names in lower case, and so are their
    /// parameters.
    fn ps_program(&mut self, call: Call, name: Option<&str>) -> Done {
        let mut block_output = Output::Silent;
        // Aliases that are the name of nothing else.
        let name = match name {
            Some("gps") => Some("get-process"),
            Some("spps") => Some("stop-process"),
            Some("gsv") => Some("get-service"),
            Some("spsv") => Some("stop-service"),
            Some("ri") => Some("remove-item"),
            name => name,
        };
        let cmdlet =
            name.filter(|name| name.contains('-') && Catalog::built_in().find(name).is_some());
        let first = match cmdlet {
            Some(name) => made_up(name, &call.name),
            None => self.called_script(call.name.clone()),
        };
        let mut argvs: fields::Fields = vec![vec![first]];
        for argument in call.arguments {
            match argument {
                Argument::Words(words) => argvs = fields::product(argvs, words),
                Argument::Parameter(word) => {
                    let word = match (cmdlet, word.text()) {
                        (Some(_), Some(text)) => made_up(&text.to_lowercase(), &word),
                        _ => word,
                    };
                    argvs = fields::product(argvs, vec![vec![word]]);
                }
                // Most commands that are given a block run it.
                Argument::Block(code) => {
                    let done = self.ps_block(&code);
                    block_output = block_output.and(done.output);
                }
            }
        }
        let mut output = Output::Silent;
        for argv in argvs {
            output = output.and(self.program(argv, call.location.clone()).output);
        }
        Done::printing(output.and(block_output), None)
    }

    /// Reads a block that may be run.
    pub(super) fn ps_block(&mut self, code: &Text) -> Done {
        self.deeper_in(code, |shell| shell.ps_branch(|shell| shell.powershell(code)))
    }

    /// What is written to a file, in case the file is run later.
    pub(super) fn ps_redirected(
        &mut self,
        unit: &Unit<'_>,
        node: Node<'_>,
        output: &Output,
        depth: usize,
    ) {
        let node = innermost(node);
        let operator = node.named_child(0).map_or("", |operator| unit.str(operator).trim());
        let file = node.named_child(1).and_then(|name| children(name).last().copied());
        if let (Some(file), ">" | ">>") = (file, operator) {
            let value = self.ps_value(unit, file, depth + 1);
            if let [path] = value.alternatives() {
                self.written(path, output, operator == ">>");
            }
        }
    }
}

/// The inside of `{ … }`.
fn block(unit: &Unit<'_>, node: Node<'_>) -> Text {
    let code = unit.str(node);
    let start = node.start_byte() + code.find('{').map_or(0, |at| at + 1);
    let end = node.start_byte() + code.rfind('}').unwrap_or(code.len());
    unit.slice(start..end.max(start))
}

/// A word that is written otherwise.
pub(super) fn made_up(text: &str, like: &Word) -> Word {
    let mut known = Text::default();
    known.push_made_up(text, like.location().as_ref());
    Word::known(known)
}

/// What a value may be, as one value for each word.
pub(super) fn as_values(words: &[Word]) -> Vec<Value> {
    words.iter().cloned().map(Value::one).collect()
}
