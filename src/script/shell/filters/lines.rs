//! Filters that work line by line.

use super::Arguments;
use crate::{
    invocation::{Hole, Piece, Value, Word},
    source::Text,
};
use regex::RegexBuilder;

/// The lines of a text, each with its line break.
fn lines(text: &Text) -> Vec<Text> {
    let mut from = 0;
    let ends = text.as_str().split_inclusive('\n').map(|line| {
        from += line.len();
        (from - line.len(), from)
    });
    ends.map(|(from, to)| text.slice(from..to)).collect()
}

fn joined<'t>(lines: impl IntoIterator<Item = &'t Text>) -> Text {
    let mut whole = Text::default();
    for line in lines {
        push_line(&mut whole, line);
    }
    whole
}

/// Appends a line, with a line break where the last one had none.
fn push_line(whole: &mut Text, line: &Text) {
    whole.push(line);
    if !line.as_str().ends_with('\n') {
        whole.push_made_up("\n", None);
    }
}

fn without_break(line: &Text) -> Text {
    line.slice(0..line.as_str().trim_end_matches(['\n', '\r']).len())
}

/// The number of `-n 3`, `-n3` and `-3`.
fn count(arguments: &Arguments) -> Option<(bool, usize)> {
    let short = arguments.flags.iter().find_map(|flag| {
        let digits = flag.strip_prefix('-')?;
        digits.starts_with(|c: char| c.is_ascii_digit()).then_some(digits)
    });
    let Some(number) = arguments.value("-n").or(short).or(arguments.value("--lines=")) else {
        return arguments.flags.is_empty().then_some((false, 10));
    };
    let signed = number.starts_with(['+', '-']);
    Some((signed, number.trim_start_matches(['+', '-']).parse().ok()?))
}

pub fn head(arguments: &Arguments, input: &Text) -> Option<Text> {
    let lines = lines(input);
    let most = match count(arguments)? {
        (true, all_but) => lines.len().saturating_sub(all_but),
        (false, most) => most,
    };
    Some(joined(lines.iter().take(most)))
}

pub fn tail(arguments: &Arguments, input: &Text) -> Option<Text> {
    let lines = lines(input);
    let skipped = match count(arguments)? {
        (true, first) => first.saturating_sub(1),
        (false, most) => lines.len().saturating_sub(most),
    };
    Some(joined(lines.iter().skip(skipped)))
}

pub fn tac(_: &Arguments, input: &Text) -> Option<Text> {
    Some(joined(lines(input).iter().rev()))
}

pub fn rev(_: &Arguments, input: &Text) -> Option<Text> {
    let mut whole = Text::default();
    for line in lines(input) {
        let line = without_break(&line);
        let mut backwards = Text::default();
        for (at, c) in line.as_str().char_indices().rev() {
            backwards.push(&line.slice(at..at + c.len_utf8()));
        }
        push_line(&mut whole, &backwards);
    }
    Some(whole)
}

pub fn sort(arguments: &Arguments, input: &Text) -> Option<Text> {
    if !arguments.only(&["-u", "-r"]) {
        return None;
    }
    let mut lines = lines(input);
    lines.sort_by(|one, other| one.as_str().trim_end().cmp(other.as_str().trim_end()));
    if arguments.has(&["-r"]) {
        lines.reverse();
    }
    match arguments.has(&["-u"]) {
        true => Some(joined(&distinct(lines))),
        false => Some(joined(&lines)),
    }
}

pub fn uniq(arguments: &Arguments, input: &Text) -> Option<Text> {
    arguments.flags.is_empty().then(|| joined(&distinct(lines(input))))
}

fn distinct(mut lines: Vec<Text>) -> Vec<Text> {
    lines.dedup_by(|one, other| one.as_str().trim_end() == other.as_str().trim_end());
    lines
}

pub fn grep(arguments: &Arguments, input: &Text) -> Option<Text> {
    if !arguments.flags.iter().all(|flag| {
        matches!(flag.as_str(), "-v" | "-i" | "-F" | "-E" | "-w" | "-x" | "-o" | "-P")
            || flag.starts_with("-e")
    }) {
        return None;
    }
    let pattern = arguments.value("-e").or(arguments.operands.first().map(String::as_str))?;
    let extended = arguments.has(&["-E", "-P"]);
    let mut pattern = match arguments.has(&["-F"]) {
        true => regex::escape(pattern),
        false if extended => pattern.to_owned(),
        false => basic(pattern)?,
    };
    if arguments.has(&["-w"]) {
        pattern = format!(r"\b(?:{pattern})\b");
    }
    if arguments.has(&["-x"]) {
        pattern = format!("^(?:{pattern})$");
    }
    let pattern =
        RegexBuilder::new(&pattern).case_insensitive(arguments.has(&["-i"])).build().ok()?;
    let mut whole = Text::default();
    for line in lines(input) {
        let line = without_break(&line);
        if arguments.has(&["-o"]) {
            for found in pattern.find_iter(line.as_str()) {
                push_line(&mut whole, &line.slice(found.range()));
            }
        } else if pattern.is_match(line.as_str()) != arguments.has(&["-v"]) {
            push_line(&mut whole, &line);
        }
    }
    Some(whole)
}

/// A basic regular expression as an extended one.
fn basic(pattern: &str) -> Option<String> {
    let mut extended = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c @ ('(' | ')' | '{' | '}' | '|' | '+' | '?') => extended.push(c),
                // A back reference.
                '1'..='9' => return None,
                c => extended.extend(['\\', c]),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => extended.extend(['\\', c]),
            c => extended.push(c),
        }
    }
    Some(extended)
}

pub fn cut(arguments: &Arguments, input: &Text) -> Option<Text> {
    let delimiter = arguments.value("-d").unwrap_or("\t").chars().next()?;
    let fields = arguments.value("-f");
    let chosen = chosen(fields.or(arguments.value("-c"))?)?;
    let is_chosen = |n: usize| chosen.iter().any(|(first, last)| (*first..=*last).contains(&n));
    let mut whole = Text::default();
    for line in lines(input) {
        let line = without_break(&line);
        let source = line.as_str();
        let mut kept = Text::default();
        if fields.is_some() && source.contains(delimiter) {
            let mut from = 0;
            let mut first = true;
            for (position, part) in source.split(delimiter).enumerate() {
                let to = from + part.len();
                if is_chosen(position + 1) {
                    let start = if first { from } else { from - delimiter.len_utf8() };
                    kept.push(&line.slice(start..to));
                    first = false;
                }
                from = to + delimiter.len_utf8();
            }
        } else if fields.is_some() {
            kept = line;
        } else {
            for (position, (at, c)) in source.char_indices().enumerate() {
                if is_chosen(position + 1) {
                    kept.push(&line.slice(at..at + c.len_utf8()));
                }
            }
        }
        push_line(&mut whole, &kept);
    }
    Some(whole)
}

/// `1`, `2-`, `-3`, `1,4-5`.
fn chosen(list: &str) -> Option<Vec<(usize, usize)>> {
    let number = |text: &str, empty: usize| match text {
        "" => Some(empty),
        digits => digits.parse().ok(),
    };
    let range = |part: &str| match part.split_once('-') {
        Some((first, last)) => Some((number(first, 1)?, number(last, usize::MAX)?)),
        None => part.parse().ok().map(|n| (n, n)),
    };
    list.split(',').map(range).collect()
}

/// `{print $2}` and `{print $1, $NF}`, the fields of each line.
pub fn awk(arguments: &Arguments, input: &Text) -> Option<Text> {
    let program = arguments.operands.first()?.trim();
    let printed = program.strip_prefix('{')?.strip_suffix('}')?.trim();
    let printed = printed.trim_end_matches(';').strip_prefix("print")?.trim();
    if arguments.flags.iter().any(|flag| !flag.starts_with("-F")) {
        return None;
    }
    let separator = match arguments.value("-F") {
        None | Some(" ") => None,
        Some("\\t") => Some('\t'),
        Some(text) if text.chars().count() == 1 => text.chars().next(),
        Some(_) => return None,
    };
    let mut whole = Text::default();
    for line in lines(input) {
        let line = without_break(&line);
        let fields = fields(&line, separator);
        let mut kept = Text::default();
        for (position, term) in printed.split(',').enumerate() {
            if position > 0 {
                kept.push_made_up(" ", None);
            }
            match term.trim() {
                "" | "$0" => kept.push(&line),
                "$NF" => kept.push(fields.last().unwrap_or(&Text::default())),
                term => {
                    let number: usize = term.strip_prefix('$')?.parse().ok()?;
                    if let Some(field) = fields.get(number.checked_sub(1)?) {
                        kept.push(field);
                    }
                }
            }
        }
        push_line(&mut whole, &kept);
    }
    Some(whole)
}

/// What `{print "kill " $2}` prints of lines that are not known: its strings, and holes.
pub fn printed_by_awk(words: &[Word]) -> Option<Value> {
    let program = words.iter().rev().find_map(|word| match word.pieces.as_slice() {
        [Piece::Known(text)] if text.as_str().contains("print") => Some(text),
        _ => None,
    })?;
    let source = program.as_str();
    let start = source.find("print ")? + "print ".len();
    let mut line = Word::default();
    let mut at = start;
    while let Some(c) = source[at..].chars().next() {
        match c {
            '"' => {
                let len = source[at + 1..].find('"')?;
                line.push(Piece::Known(program.slice(at + 1..at + 1 + len)));
                at += len + 1;
            }
            ',' => line.append(&Word::made_up(" ")),
            '$' => {
                let is_name = |c: char| c.is_alphanumeric();
                let len = source[at + 1..].find(|c| !is_name(c)).unwrap_or(source.len() - at - 1);
                let name = &source[at..at + 1 + len];
                line.push(Piece::Hole(Hole::unknown(name, program.locate(at..at + 1 + len))));
                at += len;
            }
            c if c.is_whitespace() => {}
            '}' | ';' => break,
            _ => return None,
        }
        at += c.len_utf8();
    }
    let has_text = line.pieces.iter().any(|piece| matches!(piece, Piece::Known(_)));
    line.append(&Word::made_up("\n"));
    has_text.then(|| Value::one(line))
}

fn fields(line: &Text, separator: Option<char>) -> Vec<Text> {
    let is_separator = |c: char| separator.map_or(c.is_whitespace(), |own| own == c);
    let mut fields = Vec::new();
    let mut from = 0;
    let ends = line.as_str().char_indices().filter(|(_, c)| is_separator(*c));
    for (at, next) in ends.map(|(at, c)| (at, at + c.len_utf8())) {
        if separator.is_some() || from < at {
            fields.push(line.slice(from..at));
        }
        from = next;
    }
    if separator.is_some() || from < line.len() {
        fields.push(line.slice(from..line.len()));
    }
    fields
}

/// `s/a/b/g`, `2p` with `-n`, `1d`, several of them in one script or after `-e`.
pub fn sed(arguments: &Arguments, input: &Text) -> Option<Text> {
    let extended = arguments.has(&["-E", "-r"]);
    let quiet = arguments.has(&["-n"]);
    let known =
        |flag: &String| matches!(flag.as_str(), "-E" | "-r" | "-n") || flag.starts_with("-e");
    if !arguments.flags.iter().all(known) {
        return None;
    }
    let scripts = arguments.flags.iter().filter_map(|flag| flag.strip_prefix("-e"));
    let mut steps = Vec::new();
    for script in scripts.chain(arguments.operands.first().map(String::as_str)) {
        steps.extend(edits(script, extended)?);
    }
    let mut whole = Text::default();
    for (position, line) in lines(input).into_iter().enumerate() {
        let mut line = without_break(&line);
        let mut dropped = quiet;
        for step in &steps {
            match step {
                Edit::Replace { pattern, by, all } => line = replaced(&line, pattern, by, *all),
                Edit::Print(number) if *number == position + 1 => push_line(&mut whole, &line),
                Edit::Delete(number) if *number == position + 1 => dropped = true,
                Edit::Print(_) | Edit::Delete(_) => {}
            }
        }
        if !dropped {
            push_line(&mut whole, &line);
        }
    }
    Some(whole)
}

enum Edit {
    Replace { pattern: regex::Regex, by: String, all: bool },
    Print(usize),
    Delete(usize),
}

fn edits(script: &str, extended: bool) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut rest = script.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('s') {
            let mark = after.chars().next()?;
            let mut parts = Vec::new();
            let mut part = String::new();
            let mut chars = after[mark.len_utf8()..].char_indices();
            let mut end = after.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => {
                        let (_, next) = chars.next()?;
                        if next != mark {
                            part.push('\\');
                        }
                        part.push(next);
                    }
                    c if c == mark => {
                        parts.push(std::mem::take(&mut part));
                        if parts.len() == 2 {
                            end = mark.len_utf8() + at + c.len_utf8();
                            break;
                        }
                    }
                    c => part.push(c),
                }
            }
            let [pattern, by] = parts.as_slice() else { return None };
            let flags_len =
                after[end..].find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len() - end);
            let flags = &after[end..end + flags_len];
            if !flags.chars().all(|c| matches!(c, 'g' | 'i' | 'I')) {
                return None;
            }
            let pattern = if extended { pattern.clone() } else { basic(pattern)? };
            let pattern = RegexBuilder::new(&pattern)
                .case_insensitive(flags.contains(['i', 'I']))
                .build()
                .ok()?;
            edits.push(Edit::Replace { pattern, by: replacement(by), all: flags.contains('g') });
            rest = after[end + flags_len..].trim_start_matches([';', ' ', '\n']);
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number = rest[..digits].parse().ok()?;
        edits.push(match rest[digits..].chars().next()? {
            'p' => Edit::Print(number),
            'd' => Edit::Delete(number),
            _ => return None,
        });
        rest = rest[digits + 1..].trim_start_matches([';', ' ', '\n']);
    }
    Some(edits)
}

/// `&` and `\1` as the regex library writes them.
fn replacement(by: &str) -> String {
    let mut written = String::new();
    let mut chars = by.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => written += "$$",
            '&' => written += "${0}",
            '\\' => match chars.next() {
                Some(digit @ '1'..='9') => written += &format!("${{{digit}}}"),
                Some('n') => written.push('\n'),
                Some(c) => written.push(c),
                None => {}
            },
            c => written.push(c),
        }
    }
    written
}

fn replaced(line: &Text, pattern: &regex::Regex, by: &str, all: bool) -> Text {
    let source = line.as_str();
    let mut new = Text::default();
    let mut from = 0;
    for found in pattern.captures_iter(source).take(if all { usize::MAX } else { 1 }) {
        let Some(whole) = found.get(0) else { continue };
        new.push(&line.slice(from..whole.start()));
        let mut filled = String::new();
        found.expand(by, &mut filled);
        new.push_made_up(&filled, line.locate(whole.range()).as_ref());
        from = whole.end();
    }
    new.push(&line.slice(from..source.len()));
    new
}
