//! Texts with places to be filled in: `'pm2 delete %s' % app`, `'pm2 {}'.format(app)`.

use super::{
    code::Span,
    commands::options,
    state::Evaluator,
    thing::{Fields, Thing},
};
use crate::invocation::{Piece, Value, Word};
use std::ops::Range;

/// A place in a text that is filled in.
struct Field {
    range: Range<usize>,
    means: Means,
}

enum Means {
    /// The next of the values.
    Next,
    Nth(usize),
    Named(String),
    /// The text itself: `%%`, `{{`.
    Literal(&'static str),
}

impl Evaluator<'_> {
    /// `text % values`; nothing is known of a number's remainder.
    pub fn format_percent(&mut self, text: &Thing, values: &Thing, at: Span) -> Thing {
        let (listed, named) = match values {
            Thing::Array(list) => (list.inner.clone(), Fields::new()),
            Thing::Object(fields) => (Vec::new(), fields.inner.clone()),
            value => (vec![value.clone()], Fields::new()),
        };
        self.filled_in(text, percent_field, &listed, &named, at)
    }

    /// `text.format(values)`.
    pub fn format_braces(&mut self, text: &Thing, arguments: &[Thing], at: Span) -> Thing {
        let (listed, named) = match arguments.split_last() {
            Some((Thing::Named(_), listed)) => (listed, arguments.last().and_then(options)),
            _ => (arguments, None),
        };
        let named = named.cloned().unwrap_or_default();
        self.filled_in(text, brace_field, listed, &named, at)
    }

    fn filled_in(
        &mut self,
        text: &Thing,
        find: fn(&str) -> Option<Field>,
        listed: &[Thing],
        named: &Fields,
        at: Span,
    ) -> Thing {
        let Thing::Text(value) = text else { return self.unknown(at) };
        let filled: Vec<Value> = value
            .alternatives()
            .iter()
            .map(|word| self.fill_word(word, find, listed, named, at))
            .collect();
        filled.into_iter().reduce(Value::or).map_or(Thing::Undefined, Thing::Text)
    }

    fn fill_word(
        &mut self,
        word: &Word,
        find: fn(&str) -> Option<Field>,
        listed: &[Thing],
        named: &Fields,
        at: Span,
    ) -> Value {
        let mut next = 0;
        let mut filled = Value::empty();
        for piece in &word.pieces {
            let Piece::Known(text) = piece else {
                let hole = Value::one(Word { pieces: vec![piece.clone()] });
                filled = self.concatenated(filled, &hole, at);
                continue;
            };
            let mut from = 0;
            while let Some(Field { range, means }) = find(&text.as_str()[from..]) {
                let before = Value::known(text.slice(from..from + range.start));
                filled = self.concatenated(filled, &before, at);
                let thing = match means {
                    Means::Next => {
                        next += 1;
                        listed.get(next - 1)
                    }
                    Means::Nth(n) => listed.get(n),
                    Means::Named(name) => named.get(&name),
                    Means::Literal(literal) => {
                        let literal = Value::known(self.made_up(literal, at));
                        filled = self.concatenated(filled, &literal, at);
                        from += range.end;
                        continue;
                    }
                };
                let value = match thing.cloned() {
                    Some(thing) => self.text(&thing, at),
                    None => Value::hole(self.hole(at)),
                };
                filled = self.concatenated(filled, &value, at);
                from += range.end;
            }
            let rest = Value::known(text.slice(from..text.len()));
            filled = self.concatenated(filled, &rest, at);
        }
        filled
    }
}

/// The first `%s`, `%-5d`, `%(name)s` or `%%`.
fn percent_field(text: &str) -> Option<Field> {
    let start = text.find('%')?;
    let rest = &text[start + 1..];
    if rest.starts_with('%') {
        return Some(Field { range: start..start + 2, means: Means::Literal("%") });
    }
    let named = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (means, format) = match named {
        Some((name, format)) => (Means::Named(name.to_owned()), format),
        None => (Means::Next, rest),
    };
    let flags =
        format.len() - format.trim_start_matches(|c: char| "-+ #0123456789.".contains(c)).len();
    let kind = format[flags..].chars().next()?;
    let end = text.len() - format.len() + flags + kind.len_utf8();
    Some(Field { range: start..end, means })
}

/// The first `{}`, `{0}`, `{name:>5}`, `{{` or `}}`.
fn brace_field(text: &str) -> Option<Field> {
    let start = text.find(['{', '}'])?;
    let rest = &text[start..];
    for (written, literal) in [("{{", "{"), ("}}", "}")] {
        if rest.starts_with(written) {
            return Some(Field { range: start..start + 2, means: Means::Literal(literal) });
        }
    }
    let end = start + rest.find('}')? + 1;
    let name = text.get(start + 1..end - 1)?;
    let name = name.split([':', '!', '.', '[']).next().unwrap_or_default();
    let means = match name.parse() {
        Ok(n) => Means::Nth(n),
        Err(_) if name.is_empty() => Means::Next,
        Err(_) => Means::Named(name.to_owned()),
    };
    Some(Field { range: start..end, means })
}
