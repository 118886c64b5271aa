//! Lists of commands in formats of their own: crontabs, and the parameters of AWS Systems Manager.

use super::shell::{Done, Shell, State};
use crate::source::Text;

impl Shell<'_> {
    /// Reads the commands of a crontab: five fields of time or one `@daily`, then shell text.
    pub(super) fn crontab(&mut self, text: &Text) -> Done {
        let mut at = 0;
        for line in text.as_str().split_inclusive('\n') {
            let fields = if line.trim_start().starts_with('@') { 1 } else { 5 };
            let mut rest = line.trim_start();
            for _ in 0..fields {
                rest = rest.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
            }
            let is_job =
                line.trim_start().starts_with(|c: char| c.is_ascii_digit() || "*@".contains(c));
            if is_job {
                let from = at + line.len() - rest.len();
                let state = self.state.child(State::unknown_arguments());
                self.in_state(state, |shell| shell.script(&text.slice(from..at + line.len())));
            }
            at += line.len();
        }
        Done::default()
    }

    /// Reads the commands in `commands=["…","…"]`, `{"commands":["…"]}` or `commands=…`.
    pub(super) fn parameters(&mut self, text: &Text) -> Done {
        let mut code = Text::default();
        for command in commands(text) {
            code.push(&command);
            code.push_made_up("\n", command.location().as_ref());
        }
        let state = self.state.child(State::unknown_arguments());
        self.in_state(state, |shell| shell.script(&code))
    }
}

/// The strings that are listed under `commands`.
fn commands(text: &Text) -> Vec<Text> {
    let source = text.as_str();
    let Some(key) = source.find("command") else { return Vec::new() };
    let after_key = &source[key..];
    let Some(start) = after_key.find(['=', ':']).map(|at| key + at + 1) else { return Vec::new() };
    let is_list = source[start..].trim_start_matches(['\'', ' ', '\n', '\t']).starts_with('[');
    let mut commands = Vec::new();
    let mut at = start;
    while let Some(letter) = source[at..].chars().next() {
        match letter {
            '"' | '\'' if letter == '"' || !is_list => {
                let (command, end) = quoted(text, at, letter);
                commands.push(command);
                at = end;
            }
            ']' | '}' => break,
            '[' | ',' | '\'' | ' ' | '\n' | '\t' | '\r' => at += 1,
            _ => {
                let end = match is_list {
                    true => source[at..].find([',', ']']).map_or(source.len(), |end| at + end),
                    false => source.len(),
                };
                commands.push(text.slice(at..end));
                at = end;
            }
        }
    }
    commands
}

/// The string that starts with the quote at `at`, and the position after it.
fn quoted(text: &Text, at: usize, quote: char) -> (Text, usize) {
    let source = text.as_str();
    let mut string = Text::default();
    let mut from = at + 1;
    let mut letters = source[at + 1..].char_indices();
    while let Some((offset, letter)) = letters.next() {
        let here = at + 1 + offset;
        if letter == quote {
            string.push(&text.slice(from..here));
            return (string, here + 1);
        }
        if letter != '\\' {
            continue;
        }
        let Some((next, escaped)) = letters.next() else { break };
        string.push(&text.slice(from..here));
        from = at + 1 + next;
        if escaped == 'n' {
            from += 1;
            string.push_made_up("\n", text.locate(here..from).as_ref());
        }
    }
    string.push(&text.slice(from..source.len()));
    (string, source.len())
}
