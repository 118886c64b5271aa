//! Words: quoting, parameters, substitutions, braces and globs, expanded as bash does.

use super::{
    Shell,
    braces::braces,
    fields::{Builder, Fields, product},
    heredoc::Heredoc,
    scan,
    state::State,
};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    script::marks::expression,
    source::Text,
};

impl Shell<'_> {
    /// The words that a word of the script becomes.
    pub fn fields(&mut self, text: &Text) -> Fields {
        let mut all: Fields = vec![Vec::new()];
        for text in braces(text) {
            let mut builder = Builder::new();
            self.expand(&text, &mut builder, Quoting::None);
            all = product(all, builder.fields());
        }
        all
    }

    /// The value of a word where no splitting happens: an assignment, a redirection.
    pub fn value(&mut self, text: &Text) -> Value {
        let mut builder = Builder::new();
        self.expand(text, &mut builder, Quoting::Assignment);
        builder.into_value()
    }

    /// The text that a heredoc gives its command.
    pub fn heredoc(&mut self, heredoc: &Heredoc) -> Value {
        if !heredoc.expands {
            return self.run.marks.value(&heredoc.body);
        }
        let mut builder = Builder::new();
        self.expand(&heredoc.body, &mut builder, Quoting::Heredoc);
        builder.into_value()
    }

    fn expand(&mut self, text: &Text, builder: &mut Builder, quoting: Quoting) {
        let source = text.as_str();
        let bytes = source.as_bytes();
        let quoted = quoting != Quoting::None;
        let last_bracket = source.rfind(']');
        let mut at = 0;
        while at < bytes.len() {
            let end = match bytes[at] {
                b'\\' if quoting.escapes(bytes.get(at + 1).copied()) => {
                    let len = source[at + 1..].chars().next().map_or(0, char::len_utf8);
                    if !source[at + 1..].starts_with('\n') {
                        builder.text(text.slice(at + 1..at + 1 + len));
                    }
                    at + 1 + len
                }
                b'\'' if quoting.has_quotes() => {
                    let end = scan::single_quote(source, at + 1);
                    builder.open();
                    builder.value(&self.run.marks.value(&text.slice(at + 1..end)), true);
                    end + 1
                }
                b'"' if quoting.has_quotes() => {
                    let end = scan::double_quote(source, at + 1);
                    builder.open();
                    self.expand(&text.slice(at + 1..end), builder, Quoting::Double);
                    end + 1
                }
                b'`' => {
                    let end = scan::backtick(source, at + 1);
                    let value = self.substitution(&unescape_backtick(&text.slice(at + 1..end)));
                    builder.value(&value, quoted);
                    end + 1
                }
                b'$' => self.dollar(text, at, builder, quoting),
                b'<' | b'>' if !quoted && bytes.get(at + 1) == Some(&b'(') => {
                    let end = scan::parenthesis(source, at + 2);
                    let value = self.substitution(&text.slice(at + 2..end));
                    let hole = Hole {
                        origin: value.alternatives()[0]
                            .holes()
                            .next()
                            .map_or(Origin::Unknown, |hole| hole.origin.clone()),
                        written: source[at..end].to_owned() + ")",
                        location: text.locate(at..end),
                        may_be_empty: false,
                    };
                    builder.push(Piece::Hole(hole));
                    end + 1
                }
                b'*' | b'?' | b'['
                    if quoting == Quoting::None
                        && (bytes[at] != b'[' || last_bracket > Some(at)) =>
                {
                    let written = source[at..].chars().next().map(String::from).unwrap_or_default();
                    let location = text.locate(at..at + 1);
                    let origin = Origin::Glob;
                    builder.push(Piece::Hole(Hole {
                        origin,
                        written,
                        location,
                        may_be_empty: false,
                    }));
                    at + 1
                }
                _ => {
                    let special = |c: char| match c {
                        '\\' | '`' | '$' => true,
                        '\'' | '"' => quoting.has_quotes(),
                        '<' | '>' | '*' | '?' | '[' => quoting == Quoting::None,
                        _ => false,
                    };
                    let first = source[at..].chars().next().map_or(1, char::len_utf8);
                    let run = source[at + first..].find(special);
                    let end = run.map_or(source.len(), |run| at + first + run);
                    builder.value(&self.run.marks.value(&text.slice(at..end)), true);
                    end
                }
            };
            at = end.min(bytes.len());
        }
    }

    /// Expands what starts with the `$` at `at`; gives the position after it.
    fn dollar(&mut self, text: &Text, at: usize, builder: &mut Builder, quoting: Quoting) -> usize {
        let source = text.as_str();
        let bytes = source.as_bytes();
        let quoted = quoting != Quoting::None;
        if let Some(end) = scan::expression(source, at) {
            builder.push(Piece::Hole(expression(text, at, end)));
            return end;
        }
        match bytes.get(at + 1) {
            Some(b'(') if bytes.get(at + 2) == Some(&b'(') && source[at..].contains("))") => {
                let end = scan::dollar(source, at);
                builder.push(Piece::Hole(unknown(text, at, end)));
                end
            }
            Some(b'(') => {
                let end = scan::parenthesis(source, at + 2);
                let value = self.substitution(&text.slice(at + 2..end));
                builder.value(&value, quoted);
                end + 1
            }
            Some(b'{') => {
                let end = scan::brace(source, at + 2);
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
                builder.value(&value, quoted);
                end
            }
            Some(b'@' | b'*') => {
                self.all_positional(text, at, builder);
                at + 2
            }
            Some(byte) if byte.is_ascii_digit() => {
                let value = self.variable(&source[at + 1..at + 2], text, at..at + 2);
                builder.value(&value, quoted);
                at + 2
            }
            Some(b'?' | b'#' | b'$' | b'!' | b'-') => {
                builder.push(Piece::Hole(unknown(text, at, at + 2)));
                at + 2
            }
            _ => {
                builder.text(text.slice(at..at + 1));
                at + 1
            }
        }
    }

    fn all_positional(&mut self, text: &Text, at: usize, builder: &mut Builder) {
        match self.state.positional.clone() {
            Some(arguments) => builder.arguments(&arguments),
            None => builder.push(Piece::Hole(unknown(text, at, at + 2))),
        }
    }

    /// `${NAME…}`, given what stands between the braces.
    fn parameter(&mut self, inner: &Text, builder: &mut Builder, quoting: Quoting) {
        let source = inner.as_str();
        let quoted = quoting != Quoting::None;
        let hole = |written: &str| Hole::unknown(format!("${{{written}}}"), inner.location());
        let name_end = match source.find(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            Some(0) if source.starts_with(['@', '*']) => 1,
            Some(0) => return builder.push(Piece::Hole(hole(source))), // ${#X}, ${!X}
            end => end.unwrap_or(source.len()),
        };
        let (name, mut rest) = source.split_at(name_end);
        let mut rest_at = name_end;
        if rest.starts_with('[') {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            let all = matches!(&rest[1..end.max(2) - 1], "@" | "*");
            rest_at += end;
            rest = &rest[end..];
            if all && rest.is_empty() {
                return match self.state.elements(name) {
                    Some(words) => builder.words(&words),
                    None => builder.push(Piece::Hole(hole(source))),
                };
            }
        }
        if matches!(name, "@" | "*") && rest.is_empty() {
            return match self.state.positional.clone() {
                Some(arguments) => builder.arguments(&arguments),
                None => builder.push(Piece::Hole(hole(source))),
            };
        }
        let value = match self.known(name) {
            Some(value) => value,
            None => State::unknown_variable(name, inner.location()),
        };
        let set = self.known(name).is_some();
        let operator = rest.trim_start_matches(':');
        let word = |skip: usize| inner.slice((source.len() - operator.len() + skip)..source.len());
        let value = match operator.chars().next() {
            None => value,
            Some('-' | '=') => {
                let default = self.value(&word(1));
                if operator.starts_with('=') {
                    self.state.set(name, default.clone());
                }
                if !set { default.or(guarded(value)) } else { or_default(value, default) }
            }
            Some('?') => guarded(value),
            Some('+') => self.value(&word(1)).or(Value::empty()),
            Some('%' | '#') => {
                trimmed(&value, operator).unwrap_or_else(|| Value::hole(hole(source)))
            }
            _ if rest_at < source.len() => {
                let hole = Hole { may_be_empty: !set, ..hole(source) };
                Value::hole(hole)
            }
            _ => value,
        };
        builder.value(&value, quoted);
    }

    fn variable(&mut self, name: &str, text: &Text, range: std::ops::Range<usize>) -> Value {
        match self.known(name) {
            Some(value) => value,
            None => State::unknown_variable(name, text.locate(range)),
        }
    }

    /// The value of a variable or a positional parameter, if it is known to be set.
    fn known(&self, name: &str) -> Option<Value> {
        match name.parse::<usize>() {
            Ok(0) => None,
            Ok(position) => {
                let arguments = self.state.positional.as_ref()?;
                Some(arguments.get(position - 1).cloned().unwrap_or_else(Value::empty))
            }
            Err(_) => self.state.get(name),
        }
    }
}

/// What quotes and backslashes mean in a piece of text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    /// Like `None`, but without splitting and globs.
    Assignment,
    Double,
    Heredoc,
}

impl Quoting {
    fn has_quotes(self) -> bool {
        matches!(self, Self::None | Self::Assignment)
    }

    /// Whether a backslash before this byte goes away.
    fn escapes(self, next: Option<u8>) -> bool {
        match self {
            Self::None | Self::Assignment => true,
            Self::Double => matches!(next, Some(b'$' | b'`' | b'"' | b'\\' | b'\n')),
            Self::Heredoc => matches!(next, Some(b'$' | b'`' | b'\\' | b'\n')),
        }
    }
}

fn unknown(text: &Text, from: usize, to: usize) -> Hole {
    Hole::unknown(&text.as_str()[from..to], text.locate(from..to))
}

/// `${X:?}`: not empty, or the script ends.
fn guarded(value: Value) -> Value {
    Value::any_of(value.alternatives().iter().map(|word| {
        let mut word = word.clone();
        for piece in &mut word.pieces {
            if let Piece::Hole(hole) = piece {
                hole.may_be_empty = false;
            }
        }
        word
    }))
}

fn or_default(value: Value, default: Value) -> Value {
    if value.text().is_some_and(|text| text.is_empty()) { default } else { value }
}

/// `${X%suffix}` and `${X#prefix}` of known text and plain patterns.
fn trimmed(value: &Value, operator: &str) -> Option<Value> {
    let pattern = operator.trim_start_matches(['%', '#']);
    if pattern.contains(['*', '?', '[', '$', '`', '\'', '"', '\\']) {
        return None;
    }
    let words: Option<Vec<Word>> = value
        .alternatives()
        .iter()
        .map(|word| match word.pieces.as_slice() {
            [Piece::Known(text)] => {
                let string = text.as_str();
                let range = match operator.starts_with('%') {
                    true => 0..string.strip_suffix(pattern).unwrap_or(string).len(),
                    false => {
                        string.len() - string.strip_prefix(pattern).unwrap_or(string).len()
                            ..string.len()
                    }
                };
                Some(Word::known(text.slice(range)))
            }
            _ => None,
        })
        .collect();
    Some(Value::any_of(words?))
}

/// Inside backticks, a backslash before one of these goes away.
fn unescape_backtick(text: &Text) -> Text {
    let source = text.as_str();
    let mut plain = Text::default();
    let mut from = 0;
    for (at, _) in source.match_indices('\\') {
        if at >= from && source[at + 1..].starts_with(['`', '\\', '$']) {
            plain.push(&text.slice(from..at));
            from = at + 1;
        }
    }
    plain.push(&text.slice(from..source.len()));
    plain
}

/// `$'…'`.
fn ansi(text: &Text) -> Text {
    let source = text.as_str();
    let mut decoded = Text::default();
    let mut at = 0;
    while at < source.len() {
        let plain = source[at..].find('\\').map_or(source.len(), |len| at + len);
        decoded.push(&text.slice(at..plain));
        at = plain;
        let mut rest = source[at..].chars();
        let (Some(_), Some(escape)) = (rest.next(), rest.next()) else { break };
        let digits = |start: usize, most: usize, radix: u32| {
            let digits =
                source[start..].chars().take(most).take_while(|c| c.is_digit(radix)).count();
            let value = u32::from_str_radix(&source[start..start + digits], radix).ok();
            (start + digits, value.and_then(char::from_u32))
        };
        let (end, decoded_char) = match escape {
            'n' => (at + 2, Some('\n')),
            't' => (at + 2, Some('\t')),
            'r' => (at + 2, Some('\r')),
            'a' => (at + 2, Some('\u{7}')),
            'b' => (at + 2, Some('\u{8}')),
            'e' | 'E' => (at + 2, Some('\u{1b}')),
            'x' => digits(at + 2, 2, 16),
            'u' => digits(at + 2, 4, 16),
            'U' => digits(at + 2, 8, 16),
            '0'..='7' => digits(at + 1, 3, 8),
            other => (at + 1 + other.len_utf8(), Some(other)),
        };
        if let (Some(c), Some(location)) = (decoded_char, text.locate(at..end)) {
            decoded.push_made_up(c.encode_utf8(&mut [0; 4]), Some(&location));
        } else if let Some(c) = decoded_char {
            decoded.push_made_up(c.encode_utf8(&mut [0; 4]), None);
        }
        at = end;
    }
    decoded
}
