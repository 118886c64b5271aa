//! Whether a script can matter at all, told by its words in one pass, so that most scripts need no
//! parsing: no call in it can have an effect that is known, lead to a file, or set something for a
//! later step. It errs on one side only: whatever could put a program's name together counts.

use crate::{
    program::{Catalog, Does},
    source::{Language, Script, expression_at, expressions},
};

/// Words that let the shell run text, or that hand something to a later step.
const TELLING: [&str; 6] = ["eval", "alias", "trap", "base64", "set-output", "set-env"];

/// Words after which another command starts.
const RESERVED: [&str; 10] =
    ["if", "then", "elif", "else", "do", "while", "until", "time", "coproc", "function"];

/// Whether a script has to be read.
pub fn may_matter(script: &Script) -> bool {
    if script.language != Language::Shell {
        return true;
    }
    let text = script.text.as_str();
    let is_unknown = |inner: &str| {
        ["secrets.", "github.", "runner.", "vars."].iter().any(|context| inner.starts_with(context))
            && !inner.starts_with("github.event.inputs")
            && inner.bytes().all(|byte| is_name(byte) || byte == b'.')
    };
    if ["github.env", "github.output"].iter().any(|file| text.contains(file)) {
        return true;
    }
    match expressions(text).all(|expression| is_unknown(expression.inner)) {
        true => Scan::of(text).matters(),
        false => script.alternatives().iter().any(|way| Scan::of(way.text.as_str()).matters()),
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_quoting(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\')
}

/// The pass over a text.
struct Scan<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The next word can be a command's name.
    starts: bool,
    /// And so can all that follow it, up to the end of the command: a program like `sudo` is first.
    passes: bool,
    /// The name so far, without its quotes.
    name: String,
    /// It follows something that can be any text.
    after_hole: bool,
    /// The current word, as it is written.
    word: usize,
    /// It is an assignment, so that what comes after it can be the command.
    assigns: bool,
    /// The words around the open brackets of this line, for those that are substitutions.
    open: Vec<Option<Around>>,
}

/// How a word stands in which a substitution stands.
struct Around {
    starts: bool,
    passes: bool,
    assigns: bool,
}

impl<'t> Scan<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            starts: true,
            passes: false,
            name: String::new(),
            after_hole: false,
            word: 0,
            assigns: false,
            open: Vec::new(),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn matters(mut self) -> bool {
        while self.at < self.bytes.len() {
            if self.step() {
                return true;
            }
        }
        self.end_name(false) || self.end_word()
    }

    /// Goes on by one character or expansion; whether it is one that matters.
    fn step(&mut self) -> bool {
        let byte = self.bytes[self.at];
        let next = self.byte(self.at + 1);
        let mut len = 1;
        let matters = match byte {
            _ if is_name(byte) => {
                len = self.bytes[self.at..].iter().take_while(|byte| is_name(**byte)).count();
                self.name.push_str(&self.text[self.at..self.at + len]);
                false
            }
            // The line goes on.
            b'\\' if self.bytes.get(self.at + 1) == Some(&b'\n') => {
                len = 2;
                if self.at == self.word {
                    self.word += len;
                }
                false
            }
            // Quotes and backslashes are no part of a name, and do not end it.
            _ if is_quoting(byte) => false,
            b'`' => return true,
            // `$'\x70m2'`
            b'$' if next == b'\'' => return true,
            b'$' => {
                let hole = self.hole();
                len = hole.len;
                let bare = self.starts && !self.assigns;
                // The file for later steps.
                let written = &self.text[self.at..self.at + len];
                let exports = written.ends_with("_ENV") || written.ends_with("_OUTPUT");
                let matters = bare
                    || exports
                    || hole.is_positional
                    || self.after_hole && self.name.is_empty();
                let ends = self.end_name(true);
                self.after_hole = true;
                matters || ends
            }
            b' ' | b'\t' => self.end_name(false) || self.end_word(),
            b'\n' | b';' | b'|' | b'&' | b'(' | b')' => {
                let around = self.around();
                let matters = self.end_name(false) || self.end_word();
                self.separator(byte, around);
                matters
            }
            b'{' | b'}' => {
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
            b'<' | b'>' => {
                // What follows is a file; the command may come after it.
                let matters = self.end_name(false) || self.end_word();
                self.passes |= self.starts;
                matters
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
            b'.' if self.starts && (next.is_ascii_whitespace() || is_quoting(next)) => {
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
                self.after_hole = true;
                if let Some(Some(around)) = self.open.pop() {
                    let Around { starts, passes, assigns } = around;
                    (self.starts, self.passes, self.assigns) = (starts, passes, assigns);
                }
            }
            _ => {}
        }
    }

    fn command_starts(&mut self) {
        (self.starts, self.passes, self.assigns) = (true, false, false);
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
        if ends && !inner.contains("$(") && !words.matters() {
            self.at += len + 1;
        }
    }

    /// The expansion that starts here, up to where text can follow it.
    fn hole(&self) -> Hole {
        let rest = &self.text[self.at + 1..];
        if rest.starts_with("{{") {
            let end = expression_at(self.text, self.at).map(|expression| expression.range.end);
            return Hole { len: end.map_or(3, |end| end - self.at), is_positional: false };
        }
        let first = self.byte(self.at + 1);
        let inner = if first == b'{' { self.byte(self.at + 2) } else { first };
        let is_positional = matches!(inner, b'@' | b'*' | b'1'..=b'9');
        // The closing brace or bracket is a hole, too.
        let brace = usize::from(first == b'{');
        let name = &rest.as_bytes()[brace..];
        let len = match first {
            b'?' | b'#' | b'$' | b'!' | b'-' => 1,
            _ => name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count(),
        };
        Hole { len: 1 + brace + len, is_positional }
    }

    /// Ends a name, with something that can be any text after it or not; whether it matters.
    fn end_name(&mut self, before_hole: bool) -> bool {
        let after_hole = std::mem::take(&mut self.after_hole);
        if self.name.is_empty() {
            return false;
        }
        let name = std::mem::take(&mut self.name);
        if TELLING.contains(&name.as_str()) {
            return true;
        }
        let catalog = Catalog::built_in();
        match catalog.does(&name) {
            Some(Does::Acts) => return true,
            Some(Does::Leads) if self.starts && !self.assigns => return true,
            Some(Does::Passes) if self.starts => self.passes = true,
            _ => {}
        }
        // A part of a name that something else may make whole.
        (after_hole || before_hole)
            && catalog.names().any(|(known, does)| {
                does != Does::Passes
                    && known.len() > name.len()
                    && match (after_hole, before_hole) {
                        (true, true) => known.contains(&name),
                        (true, false) => known.ends_with(&name),
                        _ => known.starts_with(&name),
                    }
            })
    }

    /// Ends a word; whether it is a command that is a file of the repository.
    fn end_word(&mut self) -> bool {
        let word = &self.text[self.word..self.at];
        if word.is_empty() && !self.assigns {
            return false;
        }
        // A name with a blank in it goes on in the next word.
        let quotes = word.bytes().filter(|byte| matches!(byte, b'"' | b'\'')).count();
        self.passes |= self.starts && (quotes % 2 == 1 || word.ends_with('\\'));
        let starts = std::mem::replace(&mut self.starts, self.passes);
        let assigns = std::mem::take(&mut self.assigns);
        if assigns || RESERVED.contains(&word) || matches!(word, "!" | "{") {
            self.starts = starts;
        }
        let word = word.trim_matches(['"', '\'']);
        let is_installed = ["/usr/", "/bin/", "/sbin/"].iter().any(|bin| word.starts_with(bin));
        let is_path = word.contains('/') && !is_installed && !word.contains("://");
        starts && is_path && (!assigns || self.passes)
    }
}

/// An expansion in a text.
struct Hole {
    len: usize,
    is_positional: bool,
}
