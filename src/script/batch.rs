//! Windows' `cmd`: in comes the text of a batch file, out go the programs that it calls. It is read
//! as `cmd` itself does it: line by line, variables filled in first, then split at `&` and `|`.

use super::{
    Unread,
    shell::{Done, Output, Shell, State, scan},
};
use crate::{
    invocation::{Value, Word},
    source::Text,
};
use std::ops::Range;

/// Lines can be filled in in so many ways; beyond that, variables are unknown.
const MAX_ALTERNATIVES: usize = 16;

/// `cmd` runs no longer line, in characters.
const MAX_LINE: usize = 8_191;

/// A command of a line, taken apart.
#[derive(Default)]
struct Command {
    words: Vec<Text>,
    /// The file that it writes to, and whether it appends.
    writes: Option<(Text, bool)>,
}

impl Shell<'_> {
    /// Reads a batch file, or the text of `cmd /c`.
    pub(super) fn batch(&mut self, text: &Text) -> Done {
        let text = &*self.start_of(text, |_| None);
        for range in logical_lines(text.as_str()) {
            let line = text.slice(range);
            let start = line.as_str().trim_start_matches([' ', '\t', '@']);
            let first = start.split_whitespace().next().unwrap_or_default();
            if start.starts_with(':') || first.eq_ignore_ascii_case("rem") {
                continue;
            }
            let (ways, too_long): (Vec<Text>, _) =
                self.filled_in(&line).into_iter().partition(|way| way.len() <= MAX_LINE);
            if !too_long.is_empty() {
                let reason = format!("`cmd` runs no line of more than {MAX_LINE} characters");
                self.run.unread.push(Unread::code(line.location(), reason));
            }
            for filled in ways {
                for command in commands(&filled) {
                    self.batch_command(command, 0);
                }
            }
        }
        Done::printing(Output::Of(Vec::new()), None)
    }

    /// The ways in which the variables of a line can be filled in.
    fn filled_in(&mut self, line: &Text) -> Vec<Text> {
        let source = line.as_str();
        let is_loop = is_loop(source);
        let mut ways = vec![Text::default()];
        let (mut from, mut at) = (0, 0);
        while let Some(found) = source[at..].find(['%', '!', '$']).map(|found| at + found)
            && ways.iter().all(|way| way.len() <= MAX_LINE)
        {
            if let Some(end) = scan::expression(source, found) {
                at = end;
                continue;
            }
            // The variable of a loop is filled in with the body of the loop.
            let known =
                variable(&source[found..]).filter(|(_, name)| !is_loop || !name.starts_with('%'));
            let Some((len, name)) = known else {
                at = found + 1;
                continue;
            };
            let set =
                [name.clone(), name.to_uppercase()].into_iter().find_map(|n| self.state.get(&n));
            let written = line.locate(found..found + len);
            let value = set
                .filter(|value| value.alternatives().len() * ways.len() <= MAX_ALTERNATIVES)
                .unwrap_or_else(|| State::unknown_variable(&name, written));
            let words: Vec<Word> = value.alternatives().to_vec();
            let texts: Vec<Text> = words.iter().map(|word| self.run.marks.text(word)).collect();
            let before = line.slice(from..found);
            ways = ways
                .iter()
                .flat_map(|way| {
                    texts.iter().map(|text| {
                        let mut filled = way.clone();
                        filled.push(&before);
                        filled.push(text);
                        filled
                    })
                })
                .collect();
            at = found + len;
            from = at;
        }
        let rest = line.slice(from..source.len());
        ways.iter_mut().for_each(|way| way.push(&rest));
        ways
    }

    fn batch_command(&mut self, mut command: Command, depth: usize) {
        /// `if … if … call …` ends here.
        const MAX_DEPTH: usize = 50;
        let Some(first) = command.words.first() else { return };
        let location = first.location().zip(command.words.last().and_then(Text::location));
        let location = location.map(|(mut first, last)| {
            first.range.end = first.range.end.max(last.range.end);
            first
        });
        let name = first.as_str().trim_start_matches('@').to_lowercase();
        if depth > MAX_DEPTH {
            let reason = format!("commands are nested more than {MAX_DEPTH} deep here");
            self.run.unread.push(Unread::code(location, reason));
            return;
        }
        if !self.run.step() {
            return;
        }
        let rest = |skip: usize, words: &mut Vec<Text>| words.split_off(skip.min(words.len()));
        match name.as_str() {
            "set" => self.batch_set(&command.words[1..]),
            "if" => {
                let skip = condition(&command.words);
                let words = rest(skip, &mut command.words);
                self.batch_command(Command { words, ..command }, depth + 1);
            }
            "for" => self.batch_for(command, depth),
            "call" | "else" | "do" => {
                let is_label = command.words.get(1).is_some_and(|w| w.as_str().starts_with(':'));
                if !is_label {
                    let words = rest(1, &mut command.words);
                    self.batch_command(Command { words, ..command }, depth + 1);
                }
            }
            "start" => {
                let option = |word: &Text| word.as_str().starts_with(['/', '"']);
                let skip = 1 + command.words[1..].iter().take_while(|word| option(word)).count();
                let words = rest(skip, &mut command.words);
                self.batch_command(Command { words, ..command }, depth + 1);
            }
            // What stands behind an `exit` may be reached: a condition may stand before it.
            "exit" | "cd" | "chdir" | "goto" | "pause" | "setlocal" | "endlocal" | "title"
            | "cls" | "pushd" | "popd" => {}
            _ => {
                let mut words: Vec<Word> =
                    command.words.iter().map(|word| self.batch_word(word)).collect();
                let output = match name.split(['.', '/']).next() {
                    Some("echo") => self.echoed(&words[1..]),
                    _ => {
                        words[0] = self.called_script(words[0].clone());
                        self.program(words, location).output
                    }
                };
                if let Some((path, appends)) = command.writes {
                    let path = self.batch_word(&path);
                    self.written(&path, &output, appends);
                }
            }
        }
    }

    /// The word for a program, with slashes where it is a script of one's own: `.\x.bat`, `x.bat`.
    pub(super) fn called_script(&self, word: Word) -> Word {
        let path = word.text().map(|text| text.replace('\\', "/"));
        let path = path.map(|path| path.strip_prefix("./").unwrap_or(&path).to_owned());
        match path.filter(|path| path.contains('.') && self.script_text(path).is_some()) {
            Some(path) => {
                let mut text = Text::default();
                text.push_made_up(&format!("./{path}"), word.location().as_ref());
                Word::known(text)
            }
            None => word,
        }
    }

    fn echoed(&mut self, words: &[Word]) -> Output {
        let mut line = self.joined(words);
        line.push_made_up("\n", None);
        Output::Known(self.run.marks.value(&line))
    }

    /// `set NAME=value`, `set "NAME=value"`.
    fn batch_set(&mut self, words: &[Text]) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let mut all = Text::default();
        for (position, word) in words.iter().enumerate() {
            if position > 0 {
                all.push_made_up(" ", None);
            }
            all.push(word);
        }
        let quoted = first.as_str().starts_with('"') && last.as_str().ends_with('"');
        let inner = if quoted { all.slice(1..all.len().saturating_sub(1).max(1)) } else { all };
        if let Some(at) = inner.as_str().find('=') {
            let name = inner.as_str()[..at].trim().to_owned();
            let value = self.run.marks.value(&inner.slice(at + 1..inner.len()));
            self.state.set(&name.to_uppercase(), value);
        }
    }

    /// `for %%i in (a b) do …`.
    fn batch_for(&mut self, command: Command, depth: usize) {
        let is = |word: &Text, what: &str| word.as_str().eq_ignore_ascii_case(what);
        let mut words = command.words;
        let Some(variable) = words.iter().find_map(|word| word.as_str().strip_prefix('%')) else {
            return;
        };
        let variable = format!("%{}", variable.trim_start_matches('%'));
        let inside = words.iter().position(|word| is(word, "in")).map_or(words.len(), |at| at + 1);
        let body = words.iter().position(|word| is(word, "do")).unwrap_or(words.len());
        let is_plain = !words.iter().any(|word| is(word, "/f") || is(word, "/r") || is(word, "/d"));
        let mut items = Vec::new();
        for word in words.get(inside..body).unwrap_or_default() {
            let text = word.as_str();
            let start = text.len() - text.trim_start_matches('(').len();
            let end = text.trim_end_matches(')').len().max(start);
            items.extend((start < end).then(|| self.batch_word(&word.slice(start..end))));
        }
        let value = match is_plain && !items.is_empty() {
            true => Value::any_of(items),
            false => State::unknown_variable(&variable, None),
        };
        self.state.set(&variable, value);
        let body = words.split_off(body.min(words.len()));
        let mut line = Text::default();
        for word in body.iter().skip(1) {
            line.push(word);
            line.push_made_up(" ", None);
        }
        for filled in self.filled_in(&line) {
            for command in commands(&filled) {
                self.batch_command(command, depth + 1);
            }
        }
    }

    /// A word without its quotes and escapes.
    fn batch_word(&mut self, raw: &Text) -> Word {
        let mut text = Text::default();
        let (mut from, mut escaped) = (0, false);
        for (at, c) in raw.as_str().char_indices() {
            if !escaped && matches!(c, '"' | '^') {
                text.push(&raw.slice(from..at));
                from = at + 1;
                escaped = c == '^';
            } else {
                escaped = false;
            }
        }
        text.push(&raw.slice(from..raw.len()));
        self.run.marks.value(&text).alternatives().first().cloned().unwrap_or_default()
    }
}

fn is_loop(line: &str) -> bool {
    let first = line.trim_start_matches(['@', ' ', '\t', '(']).split_whitespace().next();
    first.is_some_and(|first| first.eq_ignore_ascii_case("for"))
}

/// The lines, those that end in `^` joined with the next.
fn logical_lines(code: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in code.split_inclusive('\n') {
        at += line.len();
        if !line.trim_end_matches(['\r', '\n']).ends_with('^') {
            lines.push(start..at);
            start = at;
        }
    }
    lines.push(start..code.len());
    lines
}

/// `%NAME%`, `%%i`, `%1` or `!NAME!` at the start of `rest`: its length, and its name.
fn variable(rest: &str) -> Option<(usize, String)> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    if let Some(loop_) = rest.strip_prefix("%%") {
        let letter =
            loop_.trim_start_matches('~').chars().next().filter(char::is_ascii_alphabetic)?;
        let len = 2 + loop_.len() - loop_.trim_start_matches('~').len() + 1;
        return Some((len, format!("%{letter}")));
    }
    let mark = rest.chars().next()?;
    let name = &rest[1..];
    if mark == '%' && name.starts_with(|c: char| c.is_ascii_digit() || c == '*') {
        return Some((2, name[..1].to_owned()));
    }
    let end = name.find(|c| !is_name(c)).filter(|end| *end > 0)?;
    let after = &name[end..];
    // `%NAME:a=b%` and `%NAME:~0,3%` are not followed.
    let len = match after.strip_prefix(':') {
        Some(rest) => 1 + rest.find(mark)?,
        None => 0,
    };
    after[len..].starts_with(mark).then(|| (1 + end + len + 1, name[..end].to_owned()))
}

/// The commands of a line, without quotes being taken off.
fn commands(line: &Text) -> Vec<Command> {
    let source = line.as_str();
    let is_for = is_loop(source);
    let mut all = vec![Command::default()];
    let (mut start, mut quoted, mut escaped) = (None, false, false);
    let mut redirects: Option<bool> = None;
    let end_word = |all: &mut Vec<Command>,
                    start: &mut Option<usize>,
                    at: usize,
                    redirects: &mut Option<bool>| {
        let (Some(from), Some(command)) = (start.take(), all.last_mut()) else { return };
        let word = line.slice(from..at);
        match redirects.take() {
            Some(appends) => command.writes = Some((word, appends)),
            None => command.words.push(word),
        }
    };
    for (at, c) in source.char_indices() {
        let plain = !quoted && !escaped;
        let joins_lines = c == '^' && source[at + 1..].starts_with(['\r', '\n']);
        escaped = plain && c == '^' && !joins_lines;
        match c {
            '"' if plain || quoted => {
                quoted = !quoted;
                start.get_or_insert(at);
            }
            c if plain && (joins_lines || c.is_whitespace()) => {
                end_word(&mut all, &mut start, at, &mut redirects)
            }
            '&' | '|' if plain && redirects.is_none() => {
                end_word(&mut all, &mut start, at, &mut redirects);
                // What a loop does is read with the loop.
                if !is_for {
                    all.push(Command::default());
                }
            }
            '>' if plain => {
                // `2>`: the number belongs to the redirection.
                let number =
                    start.is_some_and(|from| source[from..at].bytes().all(|b| b.is_ascii_digit()));
                if number {
                    start = None;
                }
                end_word(&mut all, &mut start, at, &mut redirects);
                redirects = Some(redirects.is_some() || source[at + 1..].starts_with('>'));
            }
            '(' | ')' if plain && !is_for && (start.is_none() || c == ')') => {
                end_word(&mut all, &mut start, at, &mut redirects);
                let empty = all.last().is_none_or(|command| command.words.is_empty());
                let opens_body = c == '(' && !empty;
                if !empty && !opens_body {
                    all.push(Command::default());
                }
            }
            _ => {
                start.get_or_insert(at);
            }
        }
    }
    end_word(&mut all, &mut start, source.len(), &mut redirects);
    all
}

/// How many words `if` and its condition are.
fn condition(words: &[Text]) -> usize {
    let word =
        |at: usize| words.get(at).map(|word| word.as_str().to_lowercase()).unwrap_or_default();
    let mut at = 1;
    while matches!(word(at).as_str(), "not" | "/i") {
        at += 1;
    }
    match word(at).as_str() {
        "exist" | "defined" | "errorlevel" | "cmdextversion" => at + 2,
        first if first.contains("==") && !first.ends_with("==") && !first.starts_with("==") => {
            at + 1
        }
        first if first.ends_with("==") => at + 2,
        _ if word(at + 1).starts_with("==") && word(at + 1).len() > 2 => at + 2,
        _ => at + 3,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        script::{self, display},
        source::{Language, Script, SourceFile, Text},
    };
    use proptest::prelude::*;
    use std::sync::Arc;

    fn read(code: &str) -> script::Reading {
        let file = Arc::new(SourceFile::new("x.bat", code));
        script::read(&Script::alone(Text::of_file(file), Language::Batch))
    }

    fn calls(code: &str) -> Vec<String> {
        read(code).invocations.iter().map(|call| display(&call.argv)).collect()
    }

    #[test]
    fn a_command_is_found_however_it_is_called() {
        for code in [
            "pm2 delete all",
            "@echo off\r\npm2 delete all\r\n",
            "call pm2 delete all",
            "pm2 ^\r\n delete all",
            "pm2 \"delete\" all",
            "cd \\app && pm2 delete all || exit /b 1",
            "echo hello & pm2 delete all",
            "set WHAT=all\npm2 delete %WHAT%",
            "set \"CMD=delete all\"\npm2 %cmd%",
            "if exist app (\n  pm2 delete all\n) else (\n  echo no\n)",
            "if not \"%X%\"==\"\" pm2 delete all",
            "for %%i in (all) do pm2 delete %%i",
            "for %%i in (all) do (\n  pm2 delete %%i\n)",
            "start \"\" /b pm2 delete all",
            "pm2 delete all > nul 2>&1",
            "echo pm2 delete all> x.bat\ncall x.bat",
            "powershell -Command \"pm2 delete all\"",
        ] {
            let found = calls(code);
            assert!(found.iter().any(|call| call == "pm2 delete all"), "{code}: {found:?}");
        }
    }

    #[test]
    fn what_is_only_text_is_no_command() {
        for code in [
            "rem pm2 delete all",
            ":: pm2 delete all",
            "echo pm2 delete all",
            "echo \"a & pm2 delete all\"",
            "echo a ^& pm2 delete all",
            "set X=pm2 delete all",
        ] {
            let found = calls(code);
            assert!(!found.iter().any(|call| call.starts_with("pm2")), "{code}: {found:?}");
        }
    }

    #[test]
    fn an_unknown_variable_is_a_hole() {
        assert_eq!(calls("pm2 delete %APP%"), ["pm2 delete $APP"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn no_text_makes_the_batch_reader_panic(
            code in prop::collection::vec(prop::sample::select(vec![
                "pm2 delete all", " ", "\n", "^", "&", "|", "%", "%%i", "%X%", "!X!", "\"", "(", ")", "if ", "for ",
                "in ", "do ", "set ", "X=", "echo ", ">", ">>", "2>&1", "rem ", ":", "call ", "é", "${{ x }}", "~", "exit",
            ]), 0..30)
        ) {
            for call in read(&code.concat()).invocations {
                if let Some(location) = &call.location {
                    prop_assert!(code.concat().get(location.range.clone()).is_some());
                }
            }
        }
    }
}
