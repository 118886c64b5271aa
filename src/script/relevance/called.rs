//! Whether a call can matter, told by the words after the program's name as they are written.

use crate::program::Tells;
use std::borrow::Cow;

/// What a call is, as far as its words say that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// Nothing that matters.
    Idly,
    /// Of a program that runs another, which the words after it name.
    Around,
    /// In a way that can matter.
    Really,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Alone,
    /// In other code, which can give it something to read.
    Inside,
    /// In text that is no code: nothing is run that it would lead to.
    InData,
}

/// Where programs are installed, from the root or the folder of the code.
const INSTALLED: [&str; 5] = ["/usr/", "/bin/", "/sbin/", "vendor/bin/", "node_modules/"];

/// Whether a command is a file of one's own, not an installed program.
pub fn is_own_path(name: &str) -> bool {
    if !name.contains('/') || name.contains("://") {
        return false;
    }
    let mut path = name;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    !INSTALLED.iter().any(|folder| path.starts_with(folder))
}

/// How the program is called whose name ends at `at` in a text. `says` tells what stands anywhere in
/// all the code.
pub fn called(
    tells: &Tells,
    text: &str,
    at: usize,
    stands: Stands,
    says: impl Fn(&str) -> bool,
) -> Called {
    let is_mentioned = |part: &String| says(part);
    if !tells.mentions.is_empty() && !tells.mentions.iter().any(is_mentioned) {
        return Called::Idly;
    }
    let always = tells.always || tells.reads && (stands == Stands::Inside || reads_something(text));
    let words = Words::after_name(text, at);
    let verbs = if stands == Stands::InData { &tells.acting } else { &tells.verbs };
    let mut verbs = Some(verbs).filter(|verbs| !verbs.is_end());
    let (mut is_first, mut after_option) = (true, false);
    let mut says_option = None;
    for written in words {
        let Some(word) = literal(written, |_| false) else {
            // It could be any subcommand, or an option that stands elsewhere in the text.
            let is_verb = verbs.is_some() || is_first && !tells.passing.is_empty();
            let stands_elsewhere = || tells.options.iter().any(is_mentioned);
            if always || is_verb || *says_option.get_or_insert_with(stands_elsewhere) {
                return Called::Really;
            }
            (is_first, after_option) = (false, false);
            continue;
        };
        let is_in = |names: &[String]| names.iter().any(|name| *name == word);
        // `--`, and Windows' `/c`, which look like no option.
        if is_in(&tells.options) && !is_in(&tells.idle) {
            return Called::Really;
        }
        if word.starts_with(['-', '+']) {
            if !always && tells.options.iter().any(|option| is_option(&word, option)) {
                return Called::Really;
            }
            if is_in(&tells.idle) {
                return Called::Idly;
            }
            (is_first, after_option) = (false, true);
            continue;
        }
        if is_first && is_in(&tells.idle) {
            return Called::Idly;
        }
        // `rvm 3.3 do`, `cmd /c`
        if is_in(&tells.options) {
            return Called::Really;
        }
        match verbs.map(|verbs| verbs.get(&word)) {
            _ if always => break,
            Some(Some(next)) if next.is_end() => return Called::Really,
            Some(Some(next)) => verbs = Some(next),
            _ if is_in(&tells.passing) => return Called::Around,
            // Another subcommand.
            Some(None) if is_first && tells.verb_is_first => verbs = None,
            _ => {}
        }
        // What follows belongs to another program.
        if tells.passes && !after_option {
            return Called::Around;
        }
        (is_first, after_option) = (false, false);
    }
    match always {
        true => Called::Really,
        false if tells.passes => Called::Around,
        false => Called::Idly,
    }
}

/// Whether something in a text may be given to read.
fn reads_something(text: &str) -> bool {
    memchr::memchr2(b'<', b'|', text.as_bytes()).is_some()
}

/// The word without its quotes; nothing if something in it can be any text, as these bytes can, too.
pub fn literal(written: &str, is_open: fn(u8) -> bool) -> Option<Cow<'_, str>> {
    let mut is_quoted = false;
    for byte in written.bytes() {
        match byte {
            b'$' | b'`' | b'{' | b'}' | b'*' | b'?' | b'[' => return None,
            b'"' | b'\'' | b'\\' => is_quoted = true,
            _ if is_open(byte) => return None,
            _ => {}
        }
    }
    Some(match is_quoted {
        true => written.replace("\\\n", "").replace(['"', '\'', '\\'], "").into(),
        false => written.into(),
    })
}

/// Whether a word is that option, alone, with its value or in a cluster.
fn is_option(word: &str, option: &str) -> bool {
    match option.strip_prefix('-') {
        // What follows it is a command.
        Some("-") => word == option,
        Some(letter) if letter.len() == 1 => !word.starts_with("--") && word.contains(letter),
        Some(long) if long.starts_with('-') => word.starts_with(option),
        _ => word == option,
    }
}

/// The words of a command, up to its end.
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
    /// So much more is looked at: a command may go on for megabytes.
    left: usize,
}

/// Words and redirections of one command that are looked at.
const MAX_WORDS: usize = 500;

impl<'t> Words<'t> {
    /// Those after the name that ends at `at`.
    pub fn after_name(text: &'t str, at: usize) -> Self {
        let mut words = Self { text, at, left: MAX_WORDS };
        // What still belongs to the name: `@latest`, a quote.
        words.skip_word();
        words
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes over what is left of a word.
    fn skip_word(&mut self) {
        while let Some(byte) = self.byte() {
            match byte {
                b'\\' => self.at += 1,
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'(' | b')' | b'<' | b'>' => {
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.text.ceil_char_boundary(self.at);
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        let mut left = rest;
        loop {
            left = left.trim_start_matches([' ', '\t', '\r']);
            match left.strip_prefix("\\\n") {
                Some(next_line) => left = next_line,
                None => break,
            }
        }
        self.at += rest.len() - left.len();
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            match self.left {
                0 => return None,
                1 => {
                    self.left = 0;
                    // It could be anything.
                    return Some("$");
                }
                _ => self.left -= 1,
            }
            self.skip_blanks();
            let start = self.at;
            self.skip_word();
            let word = &self.text[start..self.at];
            let is_redirected =
                matches!(self.byte(), Some(b'<' | b'>')) || self.text[self.at..].starts_with("&>");
            // The number of a redirection is no word.
            let is_number = is_redirected && word.bytes().all(|byte| byte.is_ascii_digit());
            if !word.is_empty() && !is_number {
                return Some(word);
            }
            if !is_redirected {
                return None;
            }
            self.at += self.text[self.at..].bytes().take_while(|b| b"<>&-|".contains(b)).count();
            self.skip_blanks();
            // The file.
            self.skip_word();
        }
    }
}
