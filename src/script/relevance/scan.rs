//! The pass over the words of a script.

use super::{
    Matters,
    called::{Called, Stands, called, is_own_path},
    hooks,
    strings::{strings, writes_only_data},
};
use crate::{
    program::{Catalog, Tells},
    script::shell::is_of_the_system,
    source::{Repository, expression_at, program_name},
};
use std::{borrow::Cow, iter::Peekable, ops::Range, vec::IntoIter};

/// Words that let the shell run text, or that hand something to a later step.
fn is_telling(name: &str) -> bool {
    matches!(name, "eval" | "alias" | "trap" | "base64" | "set-output" | "set-env")
}

/// Words after which another command starts.
fn is_reserved(word: &str) -> bool {
    let starts_list = matches!(word, "if" | "then" | "elif" | "else" | "do" | "while" | "until");
    starts_list || matches!(word, "time" | "coproc" | "function" | "!" | "{")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_quoting(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\')
}

/// Whether a `$` before it is more than that.
fn starts_hole(next: u8) -> bool {
    next.is_ascii_alphanumeric() || b"_{([?#$!-@*\"'`\\".contains(&next)
}

/// The pass over a text.
pub(super) struct Scan<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The next word can be a command's name.
    starts: bool,
    /// And so can all that follow it, up to the end of the command: a program like `sudo` is first.
    passes: bool,
    /// And it is given more words than stand there: one like `xargs` is first.
    gives: bool,
    /// The name so far, without its quotes, and where it starts.
    name: Cow<'t, str>,
    name_start: usize,
    /// It follows something that can be any text.
    after_hole: bool,
    /// The current word, as it is written.
    word: usize,
    /// It is an assignment, so that what comes after it can be the command.
    assigns: bool,
    /// The words around the open brackets of this line, for those that are substitutions.
    open: Vec<Option<Around>>,
    /// Something is set for later steps.
    exports: bool,
    /// No command starts in it, only its words count.
    is_data: bool,
    /// Where the calls stand.
    stands: Stands,
    /// Whether what stands here would be run if the data were, where its backticks pair.
    in_backticks: Option<bool>,
    /// The strings and the files of data that start here or later, once they were looked for.
    strings: Option<Peekable<IntoIter<Range<usize>>>>,
    /// Whether nothing that the text writes is code, once it was asked.
    writes_only_data: Option<bool>,
    has_heredocs: bool,
    /// What is read stands in a substitution in a heredoc that is data.
    in_heredoc: bool,
    /// Whose files some calls depend on.
    repository: Option<&'t Repository>,
}

/// How a word stands in which a substitution stands.
struct Around {
    starts: bool,
    passes: bool,
    assigns: bool,
}

impl<'t> Scan<'t> {
    pub fn of(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            starts: true,
            passes: false,
            gives: false,
            name: Cow::Borrowed(""),
            name_start: 0,
            after_hole: false,
            word: 0,
            assigns: false,
            open: Vec::new(),
            exports: false,
            is_data: false,
            stands: Stands::Alone,
            in_backticks: None,
            strings: None,
            writes_only_data: None,
            has_heredocs: false,
            in_heredoc: false,
            repository: None,
        }
    }

    pub fn in_repository(self, repository: Option<&'t Repository>) -> Self {
        Self { repository, ..self }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    pub fn matters(mut self) -> Matters {
        while self.at < self.bytes.len() {
            if self.step() {
                return Matters::Itself;
            }
        }
        match self.end_name(false) || self.end_word() {
            true => Matters::Itself,
            false if self.exports => Matters::Later,
            false => Matters::Not,
        }
    }

    /// Goes on by one character or expansion; whether it is one that matters.
    fn step(&mut self) -> bool {
        let byte = self.bytes[self.at];
        let next = self.byte(self.at + 1);
        let mut len = 1;
        let matters = match byte {
            _ if is_name(byte) => {
                len = self.bytes[self.at..].iter().take_while(|byte| is_name(**byte)).count();
                let part = &self.text[self.at..self.at + len];
                if self.name.is_empty() {
                    (self.name, self.name_start) = (Cow::Borrowed(part), self.at);
                } else {
                    self.name.to_mut().push_str(part);
                }
                false
            }
            // The line goes on, and so may the name, or the shell's parser takes it for whole.
            b'\\' if self.bytes.get(self.at + 1) == Some(&b'\n') => {
                let name = self.name.clone();
                let matters = self.end_name(false);
                self.name = name;
                len = 2;
                if self.at == self.word {
                    self.word += len;
                }
                matters
            }
            b'"' | b'\'' if let Some(string) = self.data_string() => {
                len = string;
                false
            }
            b'\\' if next == b'\\' => {
                len = 2;
                false
            }
            // It is written, not run; but what it stands in may be run, too.
            b'\\' if next == b'`' => {
                len = 2;
                let ends = self.in_backticks == Some(true);
                self.in_backticks = self.in_backticks.map(|inside| !inside);
                let matters = self.end_name(!ends);
                self.after_hole |= ends;
                matters
            }
            // Quotes and backslashes are no part of a name, and do not end it.
            _ if is_quoting(byte) => false,
            b'`' => return true,
            // `$'\x70m2'`
            b'$' if next == b'\'' => return true,
            b'$' if starts_hole(next) => {
                len = self.hole();
                let bare = self.starts && !self.assigns;
                // The file for later steps.
                let written = &self.text[self.at..self.at + len];
                let files = ["_ENV", "_OUTPUT", "github.env", "github.output"];
                self.exports |=
                    files.iter().any(|file| written.trim_end_matches(['}', ' ']).ends_with(file));
                let matters = bare || self.after_hole && self.name.is_empty();
                let ends = self.end_name(true);
                self.after_hole = true;
                matters || ends
            }
            b' ' | b'\t' => {
                let rest = self.bytes[self.at..].iter();
                len = rest.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                self.end_name(false) || self.end_word()
            }
            b'\n' | b';' | b'|' | b'&' | b'(' | b')' => {
                let around = self.around();
                let matters = self.end_name(false) || self.end_word();
                self.separator(byte, around);
                let goes_on = byte == b')' && self.in_heredoc && self.open.is_empty();
                if byte == b'\n' && self.has_heredocs || goes_on {
                    len += self.heredoc(self.at + 1).unwrap_or_default();
                }
                matters
            }
            // In data they put nothing together: whatever runs it as code is seen by its name.
            b'{' | b'}' if !self.is_data => {
                let matters = self.end_name(true);
                self.after_hole = true;
                // A group, not a list of words.
                if byte == b'{' && next.is_ascii_whitespace() && self.at == self.word {
                    self.command_starts();
                } else if self.starts && byte == b'{' {
                    return true;
                }
                matters
            }
            b'<' | b'>' if !self.is_data => {
                self.has_heredocs |= byte == b'<' && next == b'<';
                let is_number = self.bytes[self.word..self.at].iter().all(u8::is_ascii_digit);
                let starts = self.starts && is_number;
                let matters = self.end_name(false) || self.end_word();
                // What follows is a file; the command may come after it.
                self.starts |= starts;
                self.passes |= self.starts;
                let file = self.text[self.at..].trim_start_matches(['<', '>', '&', '|', ' ', '\t']);
                let file = file.trim_start_matches(['"', '\'']);
                // Without one the shell does not understand it, and its parser guesses.
                matters || file.is_empty() || file.starts_with('\n') || is_of_the_system(file)
            }
            b'=' => {
                let starts = self.starts;
                let (named, is_variable) = (!self.name.is_empty(), self.word_is_name());
                let matters = self.end_name(false);
                if starts && named && is_variable {
                    self.assigns = true;
                    self.pass_quoted();
                } else if starts && named {
                    // The shell's parser sees an assignment in `@X=1 command`.
                    self.passes = true;
                }
                matters
            }
            // The short name of `source`.
            b'.' if self.starts && self.has_argument() => {
                self.bytes[self.word..self.at].iter().all(|byte| is_quoting(*byte))
                    || self.end_name(false)
            }
            _ => self.end_name(false),
        };
        self.at += len;
        if byte.is_ascii_whitespace() || b";|&()<>`".contains(&byte) {
            self.word = self.at;
        }
        matters
    }

    /// The length of the string that starts here, if it is nothing but data.
    fn data_string(&mut self) -> Option<usize> {
        let may_be_command = self.starts || self.passes || self.after_hole || !self.name.is_empty();
        if may_be_command || self.is_data {
            return None;
        }
        let len = self.data(self.at)?;
        let next = self.byte(self.at + len);
        let goes_on = is_name(next) || is_quoting(next) || next == b'$' || next == b'{';
        (!goes_on).then_some(len)
    }

    /// The length of the string or file that starts there, if no word in it matters.
    fn data(&mut self, start: usize) -> Option<usize> {
        let strings = self.strings.get_or_insert_with(|| strings(self.text).into_iter().peekable());
        while strings.next_if(|string| string.start < start).is_some() {}
        let string = strings.next_if(|string| string.start == start)?;
        let data = &self.text[string.clone()];
        let pairs = || memchr::memmem::find_iter(data.as_bytes(), "\\`").count().is_multiple_of(2);
        let in_backticks = (!data.contains('`') || pairs()).then_some(false);
        let is_data = |stands| {
            let words =
                Scan { starts: false, is_data: true, stands, in_backticks, ..Scan::of(data) };
            words.matters() == Matters::Not
        };
        let whole = self.text;
        let mut is_unread =
            || *self.writes_only_data.get_or_insert_with(|| writes_only_data(whole));
        (is_data(Stands::Alone) || is_unread() && is_data(Stands::InData)).then_some(string.len())
    }

    /// The length of what stands there of a heredoc, if it is data. A substitution in it is read.
    fn heredoc(&mut self, start: usize) -> Option<usize> {
        self.in_heredoc = false;
        let len = self.data(start)?;
        self.in_heredoc = self.text[start + len..].starts_with("$(");
        if self.in_heredoc {
            (self.starts, self.passes) = (false, false);
        }
        self.after_hole = false;
        Some(len)
    }

    /// Whether another word follows, and no option.
    fn has_argument(&self) -> bool {
        let rest = &self.text[self.at + 1..];
        let word = rest.trim_start_matches([' ', '\t', '"', '\'']);
        word.len() < rest.len() && !word.starts_with(['-', '\n', ';', '|', '&', ')'])
    }

    /// Whether the word so far is nothing but a name.
    fn word_is_name(&self) -> bool {
        self.bytes[self.word..self.at].iter().all(|byte| is_name(*byte) || *byte == b'+')
    }

    fn around(&self) -> Around {
        Around { starts: self.starts, passes: self.passes, assigns: self.assigns }
    }

    /// After a separator a command starts; what goes on after a substitution is the word around it.
    fn separator(&mut self, byte: u8, around: Around) {
        self.command_starts();
        match byte {
            b'\n' => self.open.clear(),
            b'(' => self.open.push(self.bytes[..self.at].ends_with(b"$").then_some(around)),
            b')' => {
                // In a string it closes nothing.
                self.after_hole = !self.is_data;
                if let Some(Some(around)) = self.open.pop() {
                    let Around { starts, passes, assigns } = around;
                    (self.starts, self.passes, self.assigns) = (starts, passes, assigns);
                }
            }
            _ => {}
        }
    }

    fn command_starts(&mut self) {
        (self.starts, self.passes, self.assigns) = (!self.is_data, false, false);
        self.gives = false;
    }

    /// Passes over the blanks in `NAME="a b"`, which start no command; not over what runs commands.
    fn pass_quoted(&mut self) {
        let quote = self.byte(self.at + 1);
        if !matches!(quote, b'"' | b'\'') {
            return;
        }
        let rest = &self.text[self.at + 2..];
        let len = rest.find([char::from(quote), '\n', '`', '\\']).unwrap_or(rest.len());
        let inner = &rest[..len];
        let ends = rest.as_bytes().get(len) == Some(&quote);
        // What is in it still counts as words.
        let words = Scan { starts: false, ..Scan::of(inner) };
        if ends && !inner.contains("$(") && words.matters() == Matters::Not {
            self.at += len + 1;
        }
    }

    /// The expansion that starts here, up to where text can follow it.
    fn hole(&self) -> usize {
        let rest = &self.text[self.at + 1..];
        if rest.starts_with("{{") {
            let end = expression_at(self.text, self.at).map(|expression| expression.range.end);
            return end.map_or(3, |end| end - self.at);
        }
        let first = self.byte(self.at + 1);
        // The closing brace or bracket is a hole, too.
        let brace = usize::from(first == b'{');
        let name = &rest.as_bytes()[brace..];
        let len = match first {
            b'?' | b'#' | b'$' | b'!' | b'-' => 1,
            _ => name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count(),
        };
        1 + brace + len
    }

    /// Ends a name, with something that can be any text after it or not; whether it matters.
    fn end_name(&mut self, before_hole: bool) -> bool {
        let after_hole = std::mem::take(&mut self.after_hole);
        if self.name.is_empty() {
            return false;
        }
        let name = std::mem::replace(&mut self.name, Cow::Borrowed(""));
        self.names_what_matters(&name, after_hole, before_hole)
    }

    fn names_what_matters(&mut self, name: &str, after_hole: bool, before_hole: bool) -> bool {
        let writes = name == "tee" && self.text[self.at..].contains(" /etc/");
        if writes || is_telling(name) {
            return true;
        }
        let catalog = Catalog::built_in();
        // `mkfs.ext4`, `invoke-rc.d`
        let rest = self.bytes[self.at..].iter();
        let ending = rest.take_while(|byte| is_name(**byte) || matches!(byte, b'.' | b':')).count();
        let whole = || catalog.tells(&self.text[self.name_start..self.at + ending]);
        if ending > 0
            && let Some(tells) = whole()
            && (tells.acts || tells.leads && self.starts && !self.assigns)
            && called(tells, self.text, self.at + ending, self.stands, |part| {
                self.text.contains(part)
            }) == Called::Really
        {
            return true;
        }
        if let Some(tells) = catalog.tells(name)
            && self.is_program()
        {
            let starts = self.starts && !self.assigns;
            let leads = tells.leads && starts;
            if starts && self.leads_to_files(tells) {
                return true;
            }
            if (tells.acts || leads) && self.gives {
                return true;
            }
            match called(tells, self.text, self.at, self.stands, |part| self.text.contains(part)) {
                Called::Really if tells.acts || leads => return true,
                Called::Really | Called::Around => self.passes |= self.starts,
                Called::Idly => {}
            }
            self.gives |= tells.gives && self.starts;
        }
        // A part of a name that something else may make whole.
        catalog.has_name_with(name, after_hole, before_hole)
    }

    /// Whether the program that is called here runs what the repository has.
    fn leads_to_files(&mut self, tells: &Tells) -> bool {
        let module = hooks::module(tells, self.text, self.at);
        // `python -m pip` is `pip`.
        self.passes |= module.is_some_and(hooks::is_program);
        let Some(repository) = self.repository else { return false };
        hooks::hooks(tells, self.text, self.at)
            .is_some_and(|hooks| hooks::matter(hooks, self.text, repository))
            || module.is_some_and(|module| hooks::is_followed(module, self.text, repository))
    }

    /// Whether the name that ends here is all of the last part of its path: `docker` is not
    /// called in `docker.sock`, `/opt/docker/x` or `NET=docker`.
    fn is_program(&self) -> bool {
        let before = &self.text[..self.name_start];
        let after = &self.text[self.at..];
        let is_host =
            before.strip_suffix('.').is_some_and(|rest| rest.ends_with(char::is_alphanumeric));
        let ending =
            &after[..after.bytes().take_while(|byte| is_name(*byte) || *byte == b'.').count()];
        // `shutdown: graceful`
        let is_key = after
            .strip_prefix(':')
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        !is_host
            && !is_key
            && !after.starts_with(['/', '='])
            && (ending.is_empty() || program_name(ending).is_empty())
    }

    /// Ends a word; whether it is a command that is a file of the repository.
    fn end_word(&mut self) -> bool {
        if self.word == self.at && !self.assigns {
            return false;
        }
        if !self.starts {
            // An argument.
            (self.starts, self.assigns) = (self.passes, false);
            return false;
        }
        let word = &self.text[self.word..self.at];
        // A name with a blank in it goes on in the next word.
        let quotes = word.bytes().filter(|byte| matches!(byte, b'"' | b'\'')).count();
        self.passes |= quotes % 2 == 1 || word.ends_with('\\');
        let assigns = std::mem::take(&mut self.assigns);
        self.starts = self.passes || assigns || is_reserved(word);
        (!assigns || self.passes) && is_own_path(word.trim_matches(['"', '\'']))
    }
}
