use super::{MAX_NESTING, Unit, children, innermost};
use crate::{
    invocation::{Value, Word},
    script::{
        Unread,
        shell::{Done, Function, Output, Shell},
    },
    source::time_is_up,
};
use tree_sitter::Node;

impl Shell<'_> {
    pub(super) fn ps_statement(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        if time_is_up() {
            return Done::default();
        }
        if depth > MAX_NESTING {
            let reason = format!("statements are nested more than {MAX_NESTING} deep here");
            self.run.unread.push(Unread::code(unit.locate(node), reason));
            return Done::default();
        }
        match node.kind() {
            "command" => self.ps_command(unit, node, depth),
            "pipeline_chain" => self.ps_pipeline(unit, node, depth),
            "assignment_expression" => self.ps_assignment(unit, node, depth),
            "if_statement" => self.ps_if(unit, node, depth),
            "foreach_statement" => self.ps_foreach(unit, node, depth),
            "while_statement" | "do_statement" | "for_statement" | "switch_clause"
            | "catch_clause" | "trap_statement" => {
                self.ps_branch(|shell| shell.ps_sequence(unit, node, depth))
            }
            "function_statement" => {
                if let Some(name) = children(node).first() {
                    let name = function_key(unit.str(*name));
                    let function = Function::of(unit.slice(node.byte_range()));
                    self.state.functions.set(name, function);
                }
                Done::default()
            }
            "script_parameter" => {
                self.ps_parameter(unit, node, depth);
                Done::default()
            }
            "flow_control_statement" => {
                let done = self.ps_sequence(unit, node, depth);
                let word = unit.str(node).to_lowercase();
                self.state.ended |=
                    ["exit", "return", "throw"].iter().any(|end| word.starts_with(end));
                done
            }
            "ERROR" => self.ps_broken(unit, node),
            "class_statement" | "enum_statement" | "data_statement" | "script_block_expression" => {
                Done::default()
            }
            kind if kind.ends_with("_expression") || kind == "string_literal" => {
                let items = self.ps_list(unit, node, depth);
                Done::printing(known(items), None)
            }
            _ => self.ps_sequence(unit, node, depth),
        }
    }

    fn ps_sequence(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let mut output = Output::Silent;
        for child in children(node) {
            if self.state.ended {
                break;
            }
            output = output.and(self.ps_statement(unit, child, depth + 1).output);
        }
        Done::printing(output, None)
    }

    /// Reads something that may or may not happen.
    pub(super) fn ps_branch(&mut self, read: impl FnOnce(&mut Self) -> Done) -> Done {
        let before = self.state.clone();
        let done = read(self);
        self.state = before.or(std::mem::take(&mut self.state));
        done
    }

    /// `a | b | c`: the output of each is the input of the next.
    fn ps_pipeline(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let outer = std::mem::take(&mut self.stdin);
        let mut piped = Output::Silent;
        for part in children(node) {
            if part.kind() == "redirections" {
                let output = std::mem::take(&mut self.stdin);
                self.ps_redirected(unit, part, &output, depth);
                continue;
            }
            piped = self.ps_statement(unit, part, depth + 1).output.after(piped);
            self.stdin = piped.clone();
        }
        Done::printing(std::mem::replace(&mut self.stdin, outer), None)
    }

    fn ps_assignment(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let Some(left) = node.named_child(0).map(innermost) else { return Done::default() };
        let operator = node.named_child(1).map_or("=", |operator| unit.str(operator).trim());
        let items = match node.child_by_field_name("value") {
            Some(value) => self.ps_list(unit, value, depth + 1),
            None => Vec::new(),
        };
        let variable = match left.kind() {
            "cast_expression" => children(left).last().copied().map(innermost),
            _ => Some(left),
        };
        let Some(name) = variable.and_then(|node| variable_key(unit.str(node))) else {
            return Done::default();
        };
        let is_array = node
            .child_by_field_name("value")
            .is_some_and(|value| innermost(value).kind() == "array_expression");
        match (operator, items.as_slice()) {
            ("=", [one]) if !is_array => self.state.set(&name, one.clone()),
            ("=", _) => self.state.set_list(&name, items),
            ("+=", [one]) if self.state.array(&name).is_none() => {
                self.state.append(&name, one.clone());
            }
            ("+=", _) => self.state.extend_list(&name, items),
            _ => self.state.unset(&name),
        }
        Done::default()
    }

    /// `param([string]$App = "all")`: the caller may give another value.
    fn ps_parameter(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) {
        let parts = children(node);
        let Some(variable) = parts.iter().find(|part| part.kind() == "variable") else { return };
        let Some(name) = variable_key(unit.str(*variable)) else { return };
        if self.state.get(&name).is_some() {
            return;
        }
        let default = parts.iter().find(|part| part.kind() == "script_parameter_default");
        if let Some(default) = default.and_then(|default| default.named_child(0)) {
            let value = self.ps_value(unit, default, depth + 1);
            self.state.set(&name, value);
        }
    }

    fn ps_if(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let mut arms = vec![node];
        if let Some(clauses) = node.child_by_field_name("elseif_clauses") {
            arms.extend(children(clauses));
        }
        let mut output = Output::Silent;
        for arm in arms {
            let condition = arm.child_by_field_name("condition");
            let holds = condition.and_then(|condition| self.ps_truth(unit, condition, depth + 1));
            let body = children(arm).into_iter().find(|child| child.kind() == "statement_block");
            if let Some(body) = body.filter(|_| holds != Some(false)) {
                if holds == Some(true) {
                    return self.ps_statement(unit, body, depth + 1);
                }
                let done = self.ps_branch(|shell| shell.ps_statement(unit, body, depth + 1));
                output = output.and(done.output);
            }
        }
        if let Some(clause) = node.child_by_field_name("else_clause") {
            let done = self.ps_branch(|shell| shell.ps_sequence(unit, clause, depth + 1));
            output = output.and(done.output);
        }
        Done::printing(output, None)
    }

    fn ps_foreach(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Done {
        let parts = children(node);
        let find = |kind: &str| parts.iter().copied().find(|part| part.kind() == kind);
        let (Some(variable), Some(items), Some(body)) =
            (find("variable"), find("pipeline"), find("statement_block"))
        else {
            return self.ps_sequence(unit, node, depth);
        };
        let items = words(self.ps_list(unit, items, depth + 1));
        self.ps_branch(|shell| {
            if let Some(name) = variable_key(unit.str(variable)) {
                shell.state.set(&name, Value::any_of(items));
            }
            shell.ps_statement(unit, body, depth + 1)
        })
    }

    /// Reads around a syntax error: what was parsed of it, and its lines one by one.
    fn ps_broken(&mut self, unit: &Unit<'_>, node: Node<'_>) -> Done {
        let reason = "the PowerShell syntax is not understood here";
        self.run.unread.push(Unread::code(unit.locate(node), reason));
        let mut at = node.start_byte();
        for line in unit.str(node).split_inclusive(['\n', ';', '{', '}']) {
            let range = at..at + line.trim_end_matches(['\n', ';', '{', '}']).len();
            at += line.len();
            let text = unit.slice(range);
            if text.len() < unit.code.len() && !text.as_str().trim().is_empty() {
                self.deeper_in(&text, |shell| shell.powershell(&text));
            }
        }
        Done::default()
    }
}

/// What several values print, one after the other.
pub(super) fn known(items: Vec<Value>) -> Output {
    match items.as_slice() {
        [] => Output::Silent,
        _ => Output::Known(Value::any_of(words(items))),
    }
}

/// Every word that one of the values may be.
pub(super) fn words(values: Vec<Value>) -> Vec<Word> {
    values.iter().flat_map(|value| value.alternatives().to_vec()).collect()
}

/// Under which name a function is kept.
pub(super) fn function_key(name: &str) -> String {
    let name = name.trim().to_lowercase();
    format!("ps:{}", name.trim_start_matches("global:").trim_start_matches("script:"))
}

/// Under which name a variable is kept: `$env:X` is the environment's, `$x` one of the script.
pub(super) fn variable_key(written: &str) -> Option<String> {
    let name = written.trim().strip_prefix(['$', '@'])?;
    let name = name.strip_prefix('{').map_or(name, |name| name.trim_end_matches('}'));
    Some(match name.split_once(':') {
        Some((scope, name)) if scope.eq_ignore_ascii_case("env") => name.to_owned(),
        Some((_, name)) => format!("ps:{}", name.to_lowercase()),
        None => format!("ps:{}", name.to_lowercase()),
    })
}
