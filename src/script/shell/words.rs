//! Words: quoting, parameters, substitutions, braces and globs, expanded as bash does.

use super::{
    Output, Shell,
    braces::braces,
    fields::{Builder, Fields, MAX_EXPANSIONS, product},
    quotes::{ansi, unescape_backtick},
    scan,
    state::State,
    variable::{Known, unknown_list},
};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    script::marks::{expression, starts_with_mark},
    source::Text,
};
use std::ops::Range;

/// Whether a word is expanded to itself, as most are.
fn is_plain(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=,@%+".contains(&byte);
    !word.is_empty() && word.bytes().all(is_plain)
}

impl Shell<'_> {
    /// A word that is expanded to itself.
    fn plain(&mut self, text: &Text) -> Option<Word> {
        let is_plain = is_plain(text.as_str()) && self.run.spend(text.len());
        is_plain.then(|| Word::known(text.clone()))
    }

    /// The words that a word of the script becomes.
    pub fn fields(&mut self, text: &Text) -> Fields {
        if let Some(word) = self.plain(text) {
            return vec![vec![word]];
        }
        if !text.as_str().contains('{') {
            return self.expanded(text, Quoting::None).fields();
        }
        let mut all: Fields = vec![Vec::new()];
        for text in braces(text) {
            let fields = self.expanded(&text, Quoting::None).fields();
            all = product(all, fields);
        }
        all
    }

    /// The value of a word where no splitting happens: an assignment, a redirection.
    pub fn value(&mut self, text: &Text) -> Value {
        if let Some(word) = self.plain(text) {
            return Value::one(word);
        }
        self.expanded(text, Quoting::Assignment).into_value()
    }

    /// The value of text as if it stood in double quotes.
    pub(super) fn quoted_value(&mut self, text: &Text) -> Value {
        self.expanded(text, Quoting::Double).into_value()
    }

    /// The value of a pattern: its unquoted `*`, `?` and `[` are glob holes.
    pub(super) fn pattern(&mut self, text: &Text) -> Value {
        self.expanded(text, Quoting::Pattern).into_value()
    }

    /// The text that a heredoc gives its command.
    pub fn heredoc(&mut self, body: &Text, expands: bool) -> Value {
        match expands {
            true => self.expanded(body, Quoting::Heredoc).into_value(),
            false => self.run.marks.value(body),
        }
    }

    pub(super) fn expanded(&mut self, text: &Text, quoting: Quoting) -> Builder {
        let mut builder = self.builder();
        self.expand(text, &mut builder, quoting);
        builder
    }

    /// An empty word that splits what is expanded as the shell now does.
    pub(super) fn builder(&self) -> Builder {
        let Known::Set(possible) = self.state.known("IFS") else { return Builder::new(None) };
        if let [first, others @ ..] = possible.alternatives()
            && let Some(first) = first.text()
            && !others.is_empty()
        {
            let others = others.iter().filter_map(Word::text).map(|text| text.into_owned());
            return Builder::with_any_of(first.into_owned(), others);
        }
        Builder::new(possible.text().map(|text| text.into_owned()))
    }

    pub(super) fn expand(&mut self, text: &Text, builder: &mut Builder, quoting: Quoting) {
        if self.run.spend(text.len()) {
            self.deeper_in(text, |shell| shell.expand_all(text, builder, quoting));
        }
    }

    fn expand_all(&mut self, text: &Text, builder: &mut Builder, quoting: Quoting) {
        let source = text.as_str();
        let bytes = source.as_bytes();
        let last_bracket = source.rfind(']');
        let mut at = 0;
        while at < bytes.len() {
            let end = match bytes[at] {
                b'\\' if quoting.escapes(bytes.get(at + 1).copied()) => {
                    let len = source[at + 1..].chars().next().map_or(0, char::len_utf8);
                    match source[at + 1..].starts_with('\n') {
                        true => {}
                        // It takes nothing off what is not known.
                        false if starts_with_mark(&source[at + 1..]) => {
                            at += 1;
                            continue;
                        }
                        // A backslash that ends the word stands for itself.
                        false if len == 0 => builder.text(text.slice(at..at + 1)),
                        false => builder.text(text.slice(at + 1..at + 1 + len)),
                    }
                    at + 1 + len
                }
                b'\'' if quoting.has_quotes() => {
                    let end = scan::single_quote(source, at + 1);
                    builder.open();
                    builder.written(&self.run.marks.value(&text.slice(at + 1..end)));
                    end + 1
                }
                b'"' if quoting.has_double_quotes() => {
                    let end = scan::double_quote(source, at + 1);
                    // `"$@"` of no arguments is no word.
                    if !is_list(&source[at + 1..end]) {
                        builder.open();
                    }
                    self.expand(&text.slice(at + 1..end), builder, Quoting::Double);
                    end + 1
                }
                b'`' => {
                    let end = scan::backtick(source, at + 1);
                    let code = text.slice(at + 1..end);
                    let code = unescape_backtick(&code, quoting == Quoting::Double);
                    let value = self.substitution(&code);
                    self.put(builder, &value, quoting);
                    end + 1
                }
                b'$' => self.dollar(text, at, builder, quoting),
                b'<' | b'>' if quoting.splits() && bytes.get(at + 1) == Some(&b'(') => {
                    let end = scan::parenthesis(source, at + 2);
                    let word = self.process_substitution(text, at, end);
                    builder.written(&Value::one(word));
                    end + 1
                }
                b'*' | b'?' | b'['
                    if quoting.has_globs() && (bytes[at] != b'[' || last_bracket > Some(at)) =>
                {
                    let written = source[at..at + 1].to_owned();
                    builder.push(Piece::Hole(glob(written, text.slice(at..at + 1))));
                    at + 1
                }
                _ => {
                    let special = |c: char| match c {
                        '\\' | '`' | '$' => true,
                        '\'' => quoting.has_quotes(),
                        '"' => quoting.has_double_quotes(),
                        '<' | '>' => quoting.splits(),
                        '*' | '?' | '[' => quoting.has_globs(),
                        _ => false,
                    };
                    let first = source[at..].chars().next().map_or(1, char::len_utf8);
                    let run = source[at + first..].find(special);
                    let end = run.map_or(source.len(), |run| at + first + run);
                    let literal = self.run.marks.value(&text.slice(at..end));
                    match quoting {
                        Quoting::None => builder.literal(&literal),
                        Quoting::Operand => builder.value(&literal, false),
                        _ => builder.written(&literal),
                    }
                    end
                }
            };
            at = end.min(bytes.len());
        }
    }

    /// Appends what an expansion gives.
    pub(super) fn put(&self, builder: &mut Builder, value: &Value, quoting: Quoting) {
        match quoting {
            Quoting::Pattern => builder.written(&with_globs(value)),
            quoting if quoting.splits() => builder.value(&with_globs(value), false),
            _ => builder.value(value, true),
        }
    }

    /// Expands what starts with the `$` at `at`; gives the position after it.
    fn dollar(&mut self, text: &Text, at: usize, builder: &mut Builder, quoting: Quoting) -> usize {
        let source = text.as_str();
        let bytes = source.as_bytes();
        if let Some(end) = scan::expression(source, at) {
            builder.push(Piece::Hole(expression(text, at, end)));
            return end;
        }
        match bytes.get(at + 1) {
            Some(b'(') if arithmetic_end(source, at).is_some() => {
                let end = scan::dollar(source, at);
                let numbers = self.numbers(&text.slice(at + 3..end - 2));
                let location = text.locate(at..end);
                let value = match numbers {
                    Some(numbers) => Value::any_of(numbers.into_iter().map(|number| {
                        let mut text = Text::default();
                        text.push_made_up(&number.to_string(), location.as_ref());
                        Word::known(text)
                    })),
                    None => Value::hole(Hole::unknown(&source[at..end], location)),
                };
                self.put(builder, &value, quoting);
                end
            }
            Some(b'(') => {
                let end = scan::parenthesis(source, at + 2);
                let value = self.substitution(&text.slice(at + 2..end));
                self.put(builder, &value, quoting);
                end + 1
            }
            Some(b'{') => {
                let end = scan::parameter(source, at + 2);
                self.parameter(&text.slice(at + 2..end), builder, quoting);
                end + 1
            }
            Some(b'\'') if quoting.has_quotes() => {
                let end = scan::ansi_quote(source, at + 2);
                builder.open();
                builder.text(ansi(&text.slice(at + 2..end)));
                end + 1
            }
            Some(b'"') if quoting.has_quotes() => at + 1,
            Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
                let name = source[at + 1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let end = name.map_or(source.len(), |len| at + 1 + len);
                let value = self.variable(&source[at + 1..end], text, at..end);
                self.put(builder, &value, quoting);
                end
            }
            Some(b'@' | b'*') => {
                // In a heredoc `$*` is `$@`, with blanks, whatever separates words.
                let joined = bytes[at + 1] == b'*' && quoting != Quoting::Heredoc;
                let words = self.state.positional.to_vec();
                self.put_list(builder, words, joined, quoting);
                at + 2
            }
            Some(byte)
                if byte.is_ascii_digit() || matches!(byte, b'?' | b'#' | b'$' | b'!' | b'-') =>
            {
                let value = self.variable(&source[at + 1..at + 2], text, at..at + 2);
                self.put(builder, &value, quoting);
                at + 2
            }
            _ => {
                builder.text(text.slice(at..at + 1));
                at + 1
            }
        }
    }

    /// Appends `"$@"`, `$*`, `${A[@]}` and their like.
    pub(super) fn put_list(
        &mut self,
        builder: &mut Builder,
        words: Vec<Value>,
        joined: bool,
        quoting: Quoting,
    ) {
        // Of which each may be several, all that came before is written anew for each.
        let is_simple = words.iter().all(|word| word.alternatives().len() == 1);
        let times = if is_simple { 1 } else { words.len().saturating_mul(MAX_EXPANSIONS) };
        if !self.run.spend(words.len().saturating_mul(times)) {
            return builder.written(&unknown_list("…", None));
        }
        match quoting.splits() {
            true => builder.list(&words.iter().map(with_globs).collect::<Vec<_>>(), false),
            false if joined => builder.joined(&words),
            false => builder.list(&words, true),
        }
    }

    /// `<(…)`: a file with what the code prints; what is written to `>(…)` is not followed.
    fn process_substitution(&mut self, text: &Text, at: usize, end: usize) -> Word {
        let location = text.locate(at..end);
        let code = text.slice(at + 2..end);
        let written = text.as_str()[at..end].to_owned() + ")";
        let output = self.subshell(&code).output;
        if let Output::Known(value) = output {
            let path = format!("/dev/fd/{}", self.run.descriptor_of(code.as_str()));
            let mut name = Text::default();
            name.push_made_up(&path, location.as_ref());
            let name = Word::known(name);
            self.written(&name, &Output::Known(value), false);
            return name;
        }
        let origin = match output {
            Output::Of(stages) => Origin::Output(stages.as_slice().into()),
            _ => Origin::Unknown,
        };
        Word::hole(Hole { origin, ..Hole::unknown(written, location) })
    }

    pub(super) fn variable(&mut self, name: &str, text: &Text, range: Range<usize>) -> Value {
        match self.known(name) {
            Known::Set(value) => value,
            Known::Unset => self.unset_value(),
            Known::Unknown => self.unknown_value(name, &text.slice(range)),
        }
    }

    /// The value of a variable that is not set: `set -u` ends the shell.
    pub(super) fn unset_value(&mut self) -> Value {
        if self.state.options.nounset {
            self.fail_to_expand();
        }
        Value::empty()
    }

    /// The value of a variable that nothing here sets, written as `written`.
    pub(super) fn unknown_value(&self, name: &str, written: &Text) -> Value {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_position = name.parse::<usize>().is_ok_and(|position| position > 0);
        if !is_name && !is_position {
            let written_as = match written.as_str().starts_with('$') {
                true => written.as_str().to_owned(),
                false => format!("${{{}}}", written.as_str()),
            };
            return Value::hole(Hole::unknown(written_as, written.location()));
        }
        let value = State::unknown_variable(name, written.location());
        match self.state.options.nounset {
            true => super::variable::not_empty(&value),
            false => value,
        }
    }

    /// What is known of a variable or a parameter.
    pub(super) fn known(&self, name: &str) -> Known {
        let number = |number: usize| {
            let mut text = Text::default();
            text.push_made_up(&number.to_string(), None);
            Known::Set(Value::known(text))
        };
        match name {
            "#" => match self.state.positional.as_slice() {
                words if words.iter().any(Value::splits) => Known::Unknown,
                words => number(words.len()),
            },
            "?" => match self.state.status {
                Some(true) => number(0),
                _ => Known::Unknown,
            },
            "PWD" if !self.state.directory.pieces.is_empty() => {
                Known::Set(Value::one(self.state.directory.clone()))
            }
            name => match name.parse::<usize>() {
                Ok(position) => self.state.argument(position),
                Err(_) => self.state.known(name),
            },
        }
    }
}

/// What quotes and backslashes mean in a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    None,
    /// Like `None`, but without splitting and globs.
    Assignment,
    /// Like `Assignment`, but with globs, also in what is expanded.
    Pattern,
    Double,
    Heredoc,
    /// The word of `${X:-word}`, of which the blanks separate words, too.
    Operand,
    /// The same in double quotes, where only double quotes go away.
    DoubleOperand,
}

impl Quoting {
    fn has_quotes(self) -> bool {
        matches!(self, Self::None | Self::Assignment | Self::Pattern | Self::Operand)
    }

    fn has_double_quotes(self) -> bool {
        self.has_quotes() || self == Self::DoubleOperand
    }

    pub fn splits(self) -> bool {
        matches!(self, Self::None | Self::Operand)
    }

    fn has_globs(self) -> bool {
        matches!(self, Self::None | Self::Operand | Self::Pattern)
    }

    /// How the word of a `${X:-word}` is read that stands in such text.
    pub fn of_operand(self) -> Self {
        match self {
            Self::None | Self::Operand => Self::Operand,
            Self::Double | Self::DoubleOperand | Self::Heredoc => Self::DoubleOperand,
            Self::Assignment | Self::Pattern => Self::Assignment,
        }
    }

    /// Whether a backslash before this byte goes away.
    fn escapes(self, next: Option<u8>) -> bool {
        match self {
            Self::None | Self::Assignment | Self::Pattern | Self::Operand => true,
            Self::DoubleOperand => matches!(next, Some(b'$' | b'`' | b'"' | b'\\' | b'\n' | b'}')),
            Self::Double => matches!(next, Some(b'$' | b'`' | b'"' | b'\\' | b'\n')),
            Self::Heredoc => matches!(next, Some(b'$' | b'`' | b'\\' | b'\n')),
        }
    }
}

/// Whether what stands in double quotes is nothing but a list: `$@`, `${A[@]}`.
fn is_list(quoted: &str) -> bool {
    let inner = quoted.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    quoted == "$@" || inner.is_some_and(|name| name.starts_with('@') || name.contains("[@]"))
}

/// The end of the `$((…))` that starts at `at`, if it is one: `$((a); b)` is a substitution.
pub(super) fn arithmetic_end(source: &str, at: usize) -> Option<usize> {
    let inner = source[at..].strip_prefix("$((")?;
    let end = at + 3 + scan::parenthesis(inner, 0);
    source[end.min(source.len())..].starts_with("))").then_some(end + 2)
}

fn glob(written: String, text: Text) -> Hole {
    Hole { origin: Origin::Glob, splits: true, ..Hole::unknown(written, text.location()) }
}

/// A value whose known `*`, `?` and `[` are globs.
fn with_globs(value: &Value) -> Value {
    Value::any_of(value.alternatives().iter().map(|word| {
        let mut active = Word::default();
        for piece in &word.pieces {
            let Piece::Known(text) = piece else {
                active.push(piece.clone());
                continue;
            };
            let mut from = 0;
            let last_bracket = text.as_str().rfind(']');
            for (at, mark) in text.as_str().match_indices(['*', '?', '[']) {
                if mark == "[" && last_bracket < Some(at) {
                    continue;
                }
                active.push(Piece::Known(text.slice(from..at)));
                active.push(Piece::Hole(glob(mark.to_owned(), text.slice(at..at + 1))));
                from = at + 1;
            }
            active.push(Piece::Known(text.slice(from..text.len())));
        }
        active
    }))
}
