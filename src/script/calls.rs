//! Text in a language of which only the commands are read that it runs: `system("…")` of awk, PHP
//! and Perl, backticks of Perl and Ruby, `exec.Command("…")` of Go. A command that is not one
//! constant is said as unread.

use super::{
    Unread,
    shell::{Done, Output, Shell, State},
};
use crate::source::Text;
use std::ops::Range;

/// Functions that run their arguments as a command; of those that start alike the longest first.
const FUNCTIONS: [&str; 22] = [
    "system2",
    "system",
    "os.execute",
    "execvp",
    "execv",
    "execlp",
    "execl",
    "exec.CommandContext",
    "exec.Command",
    "exec",
    "popen2e",
    "popen2",
    "popen3",
    "popen",
    "capture2e",
    "capture2",
    "capture3",
    "shell_exec",
    "passthru",
    "proc_open",
    "spawn",
    // Rake's.
    "sh",
];

/// What stands before a string that is run: AppleScript's, awk's, Elixir's.
const PREFIXES: [&str; 3] = ["do shell script", "|", "System.cmd"];

/// What stands after a string that is run: awk's and Groovy's.
const SUFFIXES: [&str; 2] = ["| getline", ".execute("];

/// Of a command that is not read, so much is pointed at, in bytes.
const MAX_SHOWN: usize = 200;

/// A command without quotes is not longer, in bytes.
const MAX_LINE: usize = 1_000;

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
        let starts = |names: &'static [&'static str]| {
            names.iter().find(|name| rest.starts_with(**name)).copied()
        };
        let (function, prefix) = (starts(&FUNCTIONS), starts(&PREFIXES));
        let is_word_start =
            !source[..at].ends_with(|c: char| c.is_alphanumeric() || "_$".contains(c));
        at = match (letter, function, prefix) {
            ('`', ..) => {
                let end = string_end(source, at);
                commands.push(Command::Constant(std::iter::once(at + 1..end).collect()));
                end + 1
            }
            ('"' | '\'', ..) => {
                let end = string_end(source, at);
                let after = source.get(end + 1..).unwrap_or_default().trim_start();
                if SUFFIXES.iter().any(|suffix| after.starts_with(suffix)) {
                    commands.push(Command::Constant(std::iter::once(at + 1..end).collect()));
                }
                end + 1
            }
            // Ruby's `%x(…)`.
            ('%', ..) if rest.starts_with("%x") && closing(rest[2..].chars().next()).is_some() => {
                let from = at + 3;
                let end = closing(rest[2..].chars().next())
                    .and_then(|close| source[from..].find(close))
                    .map_or(source.len(), |len| from + len);
                commands.push(Command::Constant(std::iter::once(from..end).collect()));
                end + 1
            }
            (_, Some(name), _) if is_word_start => {
                let (command, end) = call(source, at + name.len());
                commands.extend(command);
                end
            }
            (_, _, Some(name)) if *name != *"|" || is_printed(&source[..at]) => {
                let (command, end) = call(source, at + name.len());
                commands.extend(command.filter(|command| matches!(command, Command::Constant(_))));
                end
            }
            _ => at + letter.len_utf8(),
        }
        .min(source.len());
    }
    commands
}

/// Whether the statement that ends here prints into a pipe, as awk's may.
fn is_printed(before: &str) -> bool {
    let statement = before.rsplit(['{', ';', '\n']).next().unwrap_or_default();
    statement.trim_start().starts_with("print")
}

/// The bracket that closes one.
fn closing(open: Option<char>) -> Option<char> {
    match open? {
        '(' => Some(')'),
        '[' => Some(']'),
        '{' => Some('}'),
        _ => None,
    }
}

/// The command of a call whose arguments start at `at`, and where they end.
fn call(source: &str, at: usize) -> (Option<Command>, usize) {
    let blank = |from: usize| from + source[from..].len() - source[from..].trim_start().len();
    let is_open = |from: usize| source[from..].starts_with('(');
    let start = blank(at);
    // Words of a list: Ruby's `["pm2", "stop"]`, R's `c("stop")`, after others.
    let into_list = |from: usize| {
        let brackets = ["[", "c("].iter().find(|open| source[from..].starts_with(**open));
        brackets.map_or(from, |open| blank(from + open.len()))
    };
    let mut at = into_list(if is_open(start) { blank(start + 1) } else { start });
    // Perl's `qw(pm2 stop all)`.
    if let Some(words) = source[at..].strip_prefix("qw")
        && let Some(close) = closing(words.chars().next())
    {
        let from = at + 3;
        let end = source[from..].find(close).map_or(source.len(), |len| from + len);
        return (Some(Command::Constant(std::iter::once(from..end).collect())), end);
    }
    // Go's context, of which the command does not depend.
    if source[..start].ends_with("CommandContext")
        && let Some((_, next)) = source[at..].split_once(',')
    {
        at = blank(source.len() - next.len());
    }
    let mut strings = Vec::new();
    while source[at..].starts_with(['"', '\'']) {
        let end = string_end(source, at);
        strings.push(at + 1..end);
        at = blank((end + 1).min(source.len()));
        match source[at..].strip_prefix(',') {
            Some(_) => at = into_list(blank(at + 1)),
            None => break,
        }
    }
    // Not a call, but a word that looks like one: `exec` in a comment. Tcl's command has no quotes.
    if strings.is_empty() && !is_open(start) {
        let near = &source[start..source.floor_char_boundary(start + MAX_LINE)];
        let line = &near[..near.find(['\n', ';', ']', '}']).unwrap_or(near.len())];
        let is_tcl = source[..start].ends_with("exec ") && !line.contains(['$', '=']);
        let end = start + line.len();
        let command = is_tcl.then(|| Command::Constant(std::iter::once(start..end).collect()));
        return (command, if is_tcl { end } else { start });
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
            ("exec.Command(\"pm2\", \"kill\").Run()", vec!["pm2 kill"]),
            ("exec.CommandContext(ctx, \"pm2\", \"kill\")", vec!["pm2 kill"]),
            ("IO.popen(['pm2', 'kill'])", vec!["pm2 kill"]),
            ("%x(pm2 kill); %w(system x)", vec!["pm2 kill"]),
            ("exec qw(pm2 kill);", vec!["pm2 kill"]),
            ("os.execute(\"pm2 kill\")", vec!["pm2 kill"]),
            ("do shell script \"pm2 kill\"", vec!["pm2 kill"]),
            ("System.cmd(\"pm2\", [\"kill\"])", vec!["pm2 kill"]),
            ("\"pm2 kill\".execute()", vec!["pm2 kill"]),
            ("{ print $1 | \"pm2 kill\" }", vec!["pm2 kill"]),
            ("{ \"pm2 kill\" | getline x }", vec!["pm2 kill"]),
            ("exec pm2 kill\nputs x", vec!["pm2 kill"]),
            ("a || \"pm2 kill\"", vec![]),
            ("each { |x| \"pm2 kill\" }", vec![]),
        ] {
            assert_eq!(read(source), expected, "{source}");
        }
    }
}
