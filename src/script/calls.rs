//! Text in a language of which only the commands are read that it runs: `system("…")` of awk, PHP
//! and Perl, backticks of Perl and Ruby. A command that is not one constant is said as unread.

use super::{
    Unread,
    shell::{Done, Output, Shell, State},
};
use crate::source::Text;
use std::ops::Range;

/// Functions that run their argument as a command.
const FUNCTIONS: [&str; 7] =
    ["system", "exec", "popen", "shell_exec", "passthru", "proc_open", "spawn"];

/// Of a command that is not read, so much is pointed at, in bytes.
const MAX_SHOWN: usize = 200;

impl Shell<'_> {
    pub(super) fn calls(&mut self, text: &Text) -> Done {
        for command in commands(text.as_str()) {
            match command {
                Command::Constant(strings) => {
                    let mut code = Text::default();
                    for string in strings {
                        code.push(&text.slice(string));
                        code.push_made_up(" ", None);
                    }
                    let state = self.state.child(State::unknown_arguments());
                    self.in_state(state, |shell| shell.script(&code));
                }
                Command::Unknown(range) => {
                    let reason = "the command that is run here is put together, and not read";
                    self.run.unread.push(Unread::code(text.locate(range), reason));
                }
            }
        }
        Done::printing(Output::Of(Vec::new()), None)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    /// The strings of a call; more than one are the words of an argv.
    Constant(Vec<Range<usize>>),
    Unknown(Range<usize>),
}

/// The commands that a program text runs, as far as it says so plainly.
fn commands(source: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        let function = FUNCTIONS.iter().find(|name| rest.starts_with(**name));
        let is_word_start =
            !source[..at].ends_with(|c: char| c.is_alphanumeric() || "_$".contains(c));
        at = match (letter, function) {
            ('`', _) => {
                let end = string_end(source, at);
                commands.push(Command::Constant(std::iter::once(at + 1..end).collect()));
                end + 1
            }
            ('"' | '\'', _) => string_end(source, at) + 1,
            (_, Some(name)) if is_word_start => {
                let (command, end) = call(source, at + name.len());
                commands.extend(command);
                end
            }
            _ => at + letter.len_utf8(),
        }
        .min(source.len());
    }
    commands
}

/// The command of a call whose arguments start at `at`, and where they end.
fn call(source: &str, at: usize) -> (Option<Command>, usize) {
    let blank = |from: usize| from + source[from..].len() - source[from..].trim_start().len();
    let is_open = |from: usize| source[from..].starts_with('(');
    let start = blank(at);
    let mut at = if is_open(start) { blank(start + 1) } else { start };
    let mut strings = Vec::new();
    while source[at..].starts_with(['"', '\'']) {
        let end = string_end(source, at);
        strings.push(at + 1..end);
        at = blank((end + 1).min(source.len()));
        match source[at..].strip_prefix(',') {
            Some(_) => at = blank(at + 1),
            None => break,
        }
    }
    // Not a call, but a word that looks like one: `exec` in a comment.
    if strings.is_empty() && !is_open(start) {
        return (None, start);
    }
    let goes_on = source[at..].starts_with(['.', '+', '$', '"', '\'']);
    let interpolates = strings.iter().any(|string| {
        source[string.start - 1..].starts_with('"') && source[string.clone()].contains(['$', '#'])
    });
    if strings.is_empty() || goes_on || interpolates {
        let near = &source[start..source.floor_char_boundary(start + MAX_SHOWN)];
        let end = near.find([';', '\n']).unwrap_or(near.len());
        return (Some(Command::Unknown(start..start + end)), at.max(start));
    }
    (Some(Command::Constant(strings)), at)
}

/// The position of the quote that ends the string which starts at `at`.
fn string_end(source: &str, at: usize) -> usize {
    let quote = source.as_bytes()[at];
    let mut escaped = false;
    for (offset, byte) in source.bytes().enumerate().skip(at + 1) {
        if byte == quote && !escaped {
            return offset;
        }
        escaped = byte == b'\\' && !escaped;
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The commands as text, `?` for one that is not known.
    fn read(source: &str) -> Vec<String> {
        let text = |strings: &Vec<Range<usize>>| {
            strings.iter().map(|s| &source[s.clone()]).collect::<Vec<_>>().join(" ")
        };
        let shown = commands(source).into_iter().map(|command| match command {
            Command::Constant(strings) => text(&strings),
            Command::Unknown(_) => "?".to_owned(),
        });
        shown.collect()
    }

    #[test]
    fn constant_commands_are_read_and_the_others_said() {
        for (source, expected) in [
            ("BEGIN { system(\"pm2 kill\") }", vec!["pm2 kill"]),
            ("system 'pm2 delete all'; print 1", vec!["pm2 delete all"]),
            ("system('pm2', 'delete', \"all\");", vec!["pm2 delete all"]),
            ("my $x = `pm2 kill`;", vec!["pm2 kill"]),
            ("shell_exec(\"pm2 stop $app\");", vec!["?"]),
            ("exec($argv[1]);", vec!["?"]),
            ("print 'system(\"pm2 kill\")'", vec![]),
            ("$system = 1; filesystem(\"x\")", vec![]),
        ] {
            assert_eq!(read(source), expected, "{source}");
        }
    }
}
