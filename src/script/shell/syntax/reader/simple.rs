//! Simple commands: assignments, words and redirections.

use super::{
    super::{
        Assigned, Assignment, Command, Declaration, Declared, Direction, Kind, Redirect, Span,
        Statement,
    },
    Reader,
};
use crate::script::shell::scan;

/// Commands whose arguments can be assignments.
const DECLARING: [&str; 5] = ["export", "declare", "local", "readonly", "typeset"];

impl Reader<'_> {
    /// A simple command, or a function.
    pub fn simple(&mut self) -> Option<Statement> {
        let start = self.at;
        let mut command = Command::default();
        // Where its words stand.
        let mut words = start..start;
        loop {
            if let Some(redirect) = self.redirect()? {
                command.redirects.push(redirect);
            } else if !self.is_at_word() {
                break;
            } else {
                let from = self.at;
                self.word_of(&mut command)?;
                if command.is_declaring(self.text) {
                    return self.declaration(command);
                }
                if words.is_empty() {
                    words.start = from;
                }
                words.end = self.at;
            }
            self.blanks();
            if self.byte() == Some(b'(') {
                return self.function(command);
            }
        }
        let Command { assignments, redirects, .. } = &command;
        let span = if words.is_empty() { start..self.at } else { words };
        if command.words.is_empty() && redirects.is_empty() {
            let is_some = !assignments.is_empty();
            return is_some.then(|| Statement::new(span, Kind::Assignments(command.assignments)));
        }
        let name = command.words.first().map(|name| &self.text[name.clone()]);
        if name == Some("unset") && assignments.is_empty() && redirects.is_empty() {
            let names = command.words.split_off(1);
            return Some(Statement::new(span, Kind::Unset(names)));
        }
        Some(Statement::new(span, Kind::Command(command)))
    }

    /// Takes the word that starts here, or the assignment where one can stand.
    fn word_of(&mut self, command: &mut Command) -> Option<()> {
        let name = if command.words.is_empty() { self.assignment()? } else { None };
        match name {
            Some(name) => {
                let assignment = self.assigned(name, command.redirects.is_empty())?;
                command.assignments.push(assignment);
            }
            None => command.words.push(self.word()?),
        }
        Some(())
    }

    /// The name, with its index, of the assignment that starts here, if one does.
    fn assignment(&self) -> Option<Option<Span>> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let len = self.bytes[self.at..].iter().take_while(|byte| is_part(byte)).count();
        if len == 0 || self.bytes[self.at].is_ascii_digit() {
            return Some(None);
        }
        let mut end = self.at + len;
        let has_index = self.bytes.get(end) == Some(&b'[');
        if has_index {
            end = self.closed(scan::bracket(self.text, end + 1))?;
        }
        match self.bytes[end..] {
            [b'=', ..] | [b'+', b'=', ..] => Some(Some(self.at..end)),
            // Blanks in the brackets of what is no assignment.
            _ if has_index && self.word_end(self.at)? < end => None,
            _ => Some(None),
        }
    }

    /// The assignment to this name, which starts here. After a redirection it can be no list.
    fn assigned(&mut self, name: Span, may_be_list: bool) -> Option<Assignment> {
        let appends = self.bytes[name.end] == b'+';
        self.at = name.end + if appends { 2 } else { 1 };
        if self.byte() == Some(b'(') {
            let value = Assigned::Items(self.items()?);
            // Only the whole of an array can be a list, and nothing follows its end.
            let is_whole =
                may_be_list && !self.text[name.clone()].ends_with(']') && !self.is_at_word();
            let span = name.start..self.at;
            return is_whole.then_some(Assignment { span, name, appends, value });
        }
        let start = self.at;
        self.at = self.word_end(start)?;
        let value = match start == self.at {
            true => Assigned::Nothing,
            false => Assigned::Word(start..self.at),
        };
        Some(Assignment { span: name.start..self.at, name, appends, value })
    }

    /// The words of `(a b)`.
    fn items(&mut self) -> Option<Vec<Span>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.lines()?;
            if self.byte()? == b')' {
                self.at += 1;
                return Some(items);
            }
            let start = self.at;
            if self.byte() == Some(b'[') {
                // `[a key]=value`
                self.at = self.closed(scan::bracket(self.text, start + 1))?;
                self.at = self.word_end(self.at)?;
                items.push(start..self.at);
            } else {
                items.push(self.word()?);
            }
        }
    }

    /// The declaration of which the first word has been read.
    fn declaration(&mut self, mut command: Command) -> Option<Statement> {
        let keyword = command.words.pop()?;
        let mut items = Vec::new();
        let mut span = keyword.clone();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                command.redirects.push(redirect);
            } else if !self.is_at_word() {
                break;
            } else {
                items.push(match self.assignment()? {
                    Some(name) => {
                        let may_be_list = command.redirects.is_empty();
                        Declared::Assignment(self.assigned(name, may_be_list)?)
                    }
                    None => Declared::Word(self.word()?),
                });
                span.end = self.at;
            }
        }
        let kind = Kind::Declaration(Declaration { keyword, items });
        Some(Statement::new(span, kind).redirected(command.redirects))
    }

    /// The function of which the first word has been read.
    fn function(&mut self, command: Command) -> Option<Statement> {
        let Command { assignments, words, redirects, .. } = command;
        let [name] = words.as_slice() else { return None };
        let is_function = assignments.is_empty() && redirects.is_empty();
        if !is_function {
            return None;
        }
        self.parentheses()?;
        self.function_of(name.clone())
    }

    /// The redirection that stands here, if one does.
    pub fn redirect(&mut self) -> Option<Option<Redirect>> {
        let Some(operator) = self.operator() else { return Some(None) };
        let descriptor = self.at..operator;
        let descriptor = &self.text[descriptor];
        self.at = operator;
        if self.starts_with("<<<") {
            self.at += 3;
            return self.file().map(|word| Some(Redirect::HereString(word)));
        }
        if self.starts_with("<<") {
            return self.heredoc().map(|heredoc| Some(Redirect::Heredoc(heredoc)));
        }
        const OPERATORS: [(&str, Direction); 9] = [
            ("&>>", Direction::Append),
            ("&>", Direction::Output),
            ("<&", Direction::Other),
            ("<>", Direction::Input),
            ("<", Direction::Input),
            (">>", Direction::Append),
            (">&", Direction::Duplicate),
            (">|", Direction::Output),
            (">", Direction::Output),
        ];
        let found = OPERATORS.iter().find(|(operator, _)| self.starts_with(operator))?;
        let usual = if found.1 == Direction::Input { "0" } else { "1" };
        let is_usual = descriptor.is_empty() || descriptor == usual;
        self.at += found.0.len();
        let direction = if is_usual { found.1 } else { Direction::Other };
        Some(Some(Redirect::File(direction, self.file()?)))
    }

    fn file(&mut self) -> Option<Span> {
        self.blanks();
        // `< 2>x` names no file.
        if self.is_at_word() && self.operator().is_none() { self.word() } else { None }
    }

    /// Where the operator stands of the redirection that starts here: after `2`, after `{fd}`.
    fn operator(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        let len = match rest.first()? {
            b'&' => return rest.starts_with(b"&>").then_some(self.at),
            b'<' | b'>' => 0,
            b'0'..=b'9' => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            b'{' => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let len = rest[1..].iter().take_while(|byte| is_part(byte)).count();
                if rest.get(len + 1) == Some(&b'}') { len + 2 } else { return None }
            }
            _ => return None,
        };
        match rest[len..] {
            [b'<' | b'>', b'(', ..] => None,
            [b'<' | b'>', ..] => Some(self.at + len),
            _ => None,
        }
    }
}

impl Command {
    /// Whether all that has been read of it is the name of a command that declares.
    fn is_declaring(&self, text: &str) -> bool {
        match self.words.as_slice() {
            [name] => self.assignments.is_empty() && DECLARING.contains(&&text[name.clone()]),
            _ => false,
        }
    }
}
