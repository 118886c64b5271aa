//! What an expression of PowerShell may be.

use super::{
    MAX_NESTING, Unit, children, innermost,
    statements::{variable_key, words},
};
use crate::{
    invocation::{Hole, Origin, Value, Word},
    script::shell::{Shell, State},
    source::{Location, Text},
};
use tree_sitter::Node;

impl Shell<'_> {
    /// The items of an expression: those of an array, or the one that it is.
    pub(super) fn ps_list(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Vec<Value> {
        let node = innermost(node);
        if depth > MAX_NESTING {
            return vec![unknown(unit, node)];
        }
        match node.kind() {
            "array_literal_expression" => {
                let items = children(node).into_iter();
                items.flat_map(|item| self.ps_list(unit, item, depth + 1)).collect()
            }
            "variable" => {
                let written = unit.str(node);
                match variable_key(written).and_then(|name| self.state.array(&name)) {
                    Some(elements) => elements,
                    None => vec![self.ps_value(unit, node, depth)],
                }
            }
            "array_expression" | "parenthesized_expression" | "sub_expression" => {
                let inner = children(node);
                match inner.as_slice() {
                    [one] if is_expression(innermost(*one)) => self.ps_list(unit, *one, depth + 1),
                    _ => inner
                        .into_iter()
                        .flat_map(|inner| self.ps_list(unit, inner, depth + 1))
                        .collect(),
                }
            }
            kind if is_expression(node) || kind == "string_literal" => {
                vec![self.ps_value(unit, node, depth)]
            }
            _ => {
                let done = self.ps_statement(unit, node, depth + 1);
                let value = done.output.value(unit.str(node).trim().to_owned(), unit.locate(node));
                value.alternatives().iter().cloned().map(Value::one).collect()
            }
        }
    }

    pub(super) fn ps_value(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Value {
        let node = innermost(node);
        if depth > MAX_NESTING {
            return unknown(unit, node);
        }
        let range = node.byte_range();
        let written = unit.str(node);
        match node.kind() {
            "verbatim_string_characters" => {
                let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
                self.literal(&unit.slice(inner), "''", "'")
            }
            "verbatim_here_string_characters" => {
                self.run.marks.value(&unit.slice(here_string(written, range.start)))
            }
            "expandable_string_literal" => {
                let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
                self.ps_interpolated(&unit.slice(inner), depth)
            }
            "expandable_here_string_literal" => {
                self.ps_interpolated(&unit.slice(here_string(written, range.start)), depth)
            }
            "generic_token"
            | "command_name"
            | "path_command_name"
            | "path_command_name_token"
            | "command_parameter" => self.ps_interpolated(&unit.slice(range), depth),
            "variable" => self.ps_variable(written, unit, node),
            kind if kind.ends_with("_literal") => self.run.marks.value(&unit.slice(range)),
            "cast_expression" => match children(node).last() {
                Some(inner) => self.ps_value(unit, *inner, depth + 1),
                None => unknown(unit, node),
            },
            "additive_expression" | "additive_argument_expression" => {
                self.ps_sum(unit, node, depth)
            }
            "format_expression" | "format_argument_expression" => self.ps_format(unit, node, depth),
            "comparison_expression" | "comparison_argument_expression" => {
                let (left, right) = (node.named_child(0), node.named_child(2));
                match (left, node.named_child(1).map(|operator| unit.str(operator)), right) {
                    (Some(left), Some(operator), Some(right))
                        if operator.eq_ignore_ascii_case("-join") =>
                    {
                        let items = self.ps_list(unit, left, depth + 1);
                        let separator = self.ps_value(unit, right, depth + 1);
                        joined(&items, &separator)
                    }
                    _ => unknown(unit, node),
                }
            }
            "array_literal_expression"
            | "array_expression"
            | "parenthesized_expression"
            | "sub_expression" => {
                let items = self.ps_list(unit, node, depth + 1);
                joined(&items, &known(" "))
            }
            "member_access" | "element_access" => self.ps_member(unit, node, depth),
            "invokation_expression" => self.ps_method(unit, node, depth),
            _ => unknown(unit, node),
        }
    }

    fn ps_variable(&mut self, written: &str, unit: &Unit<'_>, node: Node<'_>) -> Value {
        let Some(name) = variable_key(written) else { return unknown(unit, node) };
        match name.as_str() {
            "ps:true" => known("True"),
            "ps:false" => known("False"),
            "ps:null" => Value::empty(),
            name => self.ps_value_of(name, written, unit.locate(node)),
        }
    }

    /// The value of a variable; an array is joined by blanks, as in a text.
    fn ps_value_of(&self, name: &str, written: &str, location: Option<Location>) -> Value {
        match (self.state.array(name), self.state.get(name)) {
            (Some(elements), _) => joined(&elements, &known(" ")),
            (None, Some(value)) => value,
            (None, None) => {
                let shown = written.trim_start_matches(['$', '@']).trim_matches(['{', '}']);
                State::unknown_variable(shown, location)
            }
        }
    }

    /// `$p.pm_id`: of what `$p` is.
    fn ps_member(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Value {
        let Some(object) = node.named_child(0) else { return unknown(unit, node) };
        let value = self.ps_value(unit, object, depth + 1);
        let origin =
            value.alternatives().iter().flat_map(Word::holes).find_map(|hole| match &hole.origin {
                origin @ (Origin::Output(_) | Origin::Item(_)) => Some(origin.clone()),
                _ => None,
            });
        let written = unit.str(node).trim().to_owned();
        let origin = origin.unwrap_or(Origin::Unknown);
        Value::hole(Hole {
            origin,
            written,
            location: unit.locate(node),
            may_be_empty: false,
            splits: false,
        })
    }

    /// A method: `[Process]::Start("pm2", "kill")` runs a program, and some keep the text.
    fn ps_method(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Value {
        let parts = children(node);
        let name = parts.iter().find(|part| part.kind() == "member_name");
        let name = name.map(|name| unit.str(*name).to_lowercase()).unwrap_or_default();
        let Some(object) = parts.first().copied() else { return unknown(unit, node) };
        let list = parts.iter().find(|part| part.kind() == "argument_list").copied();
        let list = list.and_then(|list| list.named_child(0)).map(children).unwrap_or_default();
        let arguments: Vec<Value> =
            list.into_iter().map(|node| self.ps_value(unit, node, depth + 1)).collect();
        match name.as_str() {
            "start" if unit.str(object).to_lowercase().contains("process") => {
                self.ps_start(&words(arguments), unit.locate(node));
                unknown(unit, node)
            }
            "trim" | "tostring" | "trimend" | "trimstart" => self.ps_value(unit, object, depth + 1),
            _ => unknown(unit, node),
        }
    }

    fn ps_sum(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Value {
        let parts = children(node);
        let [left, right] = parts.as_slice() else { return unknown(unit, node) };
        if !unit.code[left.end_byte()..right.start_byte()].contains('+') {
            return unknown(unit, node);
        }
        let left = self.ps_value(unit, *left, depth + 1);
        let right = self.ps_value(unit, *right, depth + 1);
        left.then(&right)
    }

    /// `"pm2 {0} all" -f "delete"`.
    fn ps_format(&mut self, unit: &Unit<'_>, node: Node<'_>, depth: usize) -> Value {
        let parts = children(node);
        let [format, _, arguments] = parts.as_slice() else { return unknown(unit, node) };
        let format = self.ps_value(unit, *format, depth + 1);
        let arguments = self.ps_list(unit, *arguments, depth + 1);
        let Some(text) = format.text() else { return unknown(unit, node) };
        let mut value = Value::empty();
        for (position, part) in text.split('{').enumerate() {
            let argument = part.split_once('}').filter(|_| position > 0).and_then(|(n, rest)| {
                Some((arguments.get(n.split([':', ',']).next()?.parse::<usize>().ok()?)?, rest))
            });
            value = match argument {
                Some((argument, rest)) => value.then(argument).then(&known(rest)),
                None if position > 0 => value.then(&known(&format!("{{{part}"))),
                None => value.then(&known(part)),
            };
        }
        value
    }

    /// Text with variables and `$(…)` in it, and backticks for escapes.
    pub(super) fn ps_interpolated(&mut self, text: &Text, depth: usize) -> Value {
        let source = text.as_str();
        let mut value = Value::empty();
        let mut from = 0;
        let mut at = 0;
        while let Some(found) = source[at..].find(['$', '`', '"']).map(|found| at + found) {
            let rest = &source[found..];
            let (end, part) = match rest.as_bytes()[0] {
                b'`' => {
                    let len = rest[1..].chars().next().map_or(0, char::len_utf8);
                    let escaped = match &rest[1..1 + len] {
                        "n" => "\n",
                        "t" => "\t",
                        "r" => "\r",
                        "0" => "",
                        other => other,
                    };
                    (found + 1 + len, Some(made_up(escaped, text, found..found + 1 + len)))
                }
                b'"' if rest.starts_with("\"\"") => {
                    (found + 2, Some(made_up("\"", text, found..found + 2)))
                }
                b'$' if rest.starts_with("${{") => (found + 3, None),
                b'$' if rest.starts_with("$(") && depth < MAX_NESTING => {
                    let end = found + closing(rest);
                    let inner = text.slice(found + 2..end.saturating_sub(1).max(found + 2));
                    (end, Some(self.ps_text_value(&inner)))
                }
                b'$' => {
                    let len = variable_len(rest);
                    let part = variable_key(&rest[..len]).filter(|_| len > 1).map(|name| {
                        self.ps_value_of(&name, &rest[..len], text.locate(found..found + len))
                    });
                    (found + len.max(1), part)
                }
                _ => (found + 1, None),
            };
            if let Some(part) = part {
                value = value.then(&self.run.marks.value(&text.slice(from..found))).then(&part);
                from = end;
            }
            at = end;
        }
        value.then(&self.run.marks.value(&text.slice(from..source.len())))
    }

    /// A literal in which one escape means one character.
    fn literal(&self, text: &Text, escape: &str, means: &str) -> Value {
        let mut value = Value::empty();
        let mut from = 0;
        for (at, _) in text.as_str().match_indices(escape) {
            let part = made_up(means, text, at..at + escape.len());
            value = value.then(&self.run.marks.value(&text.slice(from..at))).then(&part);
            from = at + escape.len();
        }
        value.then(&self.run.marks.value(&text.slice(from..text.len())))
    }

    /// Whether a condition holds, if that is certain.
    pub(super) fn ps_truth(
        &mut self,
        unit: &Unit<'_>,
        node: Node<'_>,
        depth: usize,
    ) -> Option<bool> {
        let node = innermost(node);
        if node.kind() == "comparison_expression" {
            let left = self.ps_value(unit, node.named_child(0)?, depth + 1);
            let right = self.ps_value(unit, node.named_child(2)?, depth + 1);
            let same = left.text()?.eq_ignore_ascii_case(&right.text()?);
            return match unit.str(node.named_child(1)?).to_lowercase().as_str() {
                "-eq" | "-ceq" | "-ieq" => Some(same),
                "-ne" | "-cne" | "-ine" => Some(!same),
                _ => None,
            };
        }
        if !is_expression(node) {
            // What a condition calls is run.
            self.ps_statement(unit, node, depth + 1);
            return None;
        }
        let value = self.ps_value(unit, node, depth + 1);
        match value.text()?.as_ref() {
            "False" | "0" | "" => Some(false),
            "True" | "1" => Some(true),
            _ => None,
        }
    }
}

/// Whether a node is an expression and not a statement.
fn is_expression(node: Node<'_>) -> bool {
    let kind = node.kind();
    kind != "assignment_expression"
        && (kind.ends_with("_expression")
            || kind.ends_with("_literal")
            || kind.ends_with("_access")
            || kind.ends_with("_characters")
            || matches!(
                kind,
                "variable"
                    | "generic_token"
                    | "command_name"
                    | "path_command_name"
                    | "path_command_name_token"
                    | "command_parameter"
            ))
}

fn unknown(unit: &Unit<'_>, node: Node<'_>) -> Value {
    Value::hole(Hole::unknown(unit.str(node).trim(), unit.locate(node)))
}

fn known(text: &str) -> Value {
    let mut known = Text::default();
    known.push_made_up(text, None);
    Value::known(known)
}

fn made_up(means: &str, text: &Text, range: std::ops::Range<usize>) -> Value {
    let mut known = Text::default();
    known.push_made_up(means, text.locate(range).as_ref());
    Value::known(known)
}

fn joined(items: &[Value], separator: &Value) -> Value {
    let mut value = Value::empty();
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            value = value.then(separator);
        }
        value = value.then(item);
    }
    value
}

/// The inside of a here-string that starts at `start`: without its first and last line.
fn here_string(written: &str, start: usize) -> std::ops::Range<usize> {
    let from = written.find('\n').map_or(written.len(), |at| at + 1);
    let to = written.rfind('\n').unwrap_or(from).max(from);
    let to = to - usize::from(written[from..to].ends_with('\r'));
    start + from..start + to
}

/// The length of `$(…)`.
fn closing(rest: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    rest.len()
}

/// The length of `$name`, `$env:NAME` or `${name}`; 1 if there is no name.
fn variable_len(rest: &str) -> usize {
    if rest.starts_with("${") {
        return rest.find('}').map_or(rest.len(), |at| at + 1);
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = |from: usize| rest[from..].find(|c| !is_name(c)).map_or(rest.len(), |at| from + at);
    let end = name(1);
    let scoped = rest[end..].starts_with(':') && rest[end + 1..].starts_with(is_name);
    match rest[1..].chars().next() {
        Some('_') if end == 2 => 2,
        Some(_) if scoped => name(end + 1),
        _ => end,
    }
}
