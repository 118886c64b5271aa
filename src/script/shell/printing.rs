//! `echo` and `printf`: what they print of known words.

use super::{
    fields::with_blanks,
    quotes::{Escapes, decoded},
};
use crate::{
    invocation::{Hole, Piece, Value, Word},
    source::Text,
};

pub fn echo(words: &[Word]) -> Word {
    let option = |word: &&Word| {
        word.text().is_some_and(|text| {
            let flags = text.strip_prefix('-').unwrap_or_default();
            !flags.is_empty() && flags.chars().all(|c| matches!(c, 'e' | 'n' | 'E'))
        })
    };
    let skipped = words.iter().take_while(option).count();
    let (mut decodes, mut breaks) = (false, true);
    for flag in
        words[..skipped].iter().filter_map(Word::text).flat_map(|t| t.chars().collect::<Vec<_>>())
    {
        match flag {
            'e' => decodes = true,
            'E' => decodes = false,
            'n' => breaks = false,
            _ => {}
        }
    }
    let mut line = with_blanks(&words[skipped..]);
    if decodes {
        line = escaped(&line, Escapes::Echo);
    }
    if breaks {
        line.push(made_up("\n", None));
    }
    line
}

/// What `printf` prints. Where its words may be several or none, how often the format is used is not
/// known, unless it is one word and a blank.
pub fn printf(words: &[Word]) -> Value {
    let printed = Value::one(formatted_all(words));
    let is_list = |word: &Word| {
        word.text().is_some_and(|format| {
            matches!(format.as_ref(), "%s" | "%s " | "%s\\n" | "%s\n" | "%s\\0")
        })
    };
    match words.iter().any(Word::splits) && !words.first().is_some_and(is_list) {
        true => {
            let whole = with_blanks(words);
            let hole =
                Hole { may_be_empty: true, ..Hole::unknown(whole.to_string(), whole.location()) };
            printed.or(Value::hole(hole))
        }
        false => printed,
    }
}

/// The words after a format, as `printf` prints them.
fn formatted_all(words: &[Word]) -> Word {
    /// As often a format is used again.
    const MAX_ROUNDS: usize = 1_000;
    let words = match words.first().and_then(Word::text) {
        Some(text) if text == "--" => &words[1..],
        _ => words,
    };
    let Some((format, arguments)) = words.split_first() else { return Word::default() };
    let format = escaped(format, Escapes::Printf);
    let mut printed = Word::default();
    let mut left = arguments.iter();
    for _ in 0..MAX_ROUNDS {
        let before = left.len();
        for piece in &format.pieces {
            match piece {
                Piece::Known(text) => formatted(text, &mut left, &mut printed),
                hole => printed.push(hole.clone()),
            }
        }
        if left.len() == 0 || left.len() == before {
            break;
        }
    }
    printed
}

fn formatted(format: &Text, arguments: &mut std::slice::Iter<'_, Word>, printed: &mut Word) {
    let source = format.as_str();
    let mut at = 0;
    while at < source.len() {
        let next = source[at..].find('%').map_or(source.len(), |n| at + n);
        printed.push(Piece::Known(format.slice(at..next)));
        at = next;
        let Some(rest) = source[at..].strip_prefix('%') else { break };
        let flags = rest.len()
            - rest.trim_start_matches(|c: char| c.is_ascii_digit() || "-+ #.'*".contains(c)).len();
        let conversion = rest[flags..].chars().next();
        let end = at + 1 + flags + conversion.map_or(0, char::len_utf8);
        match conversion {
            Some('%') => printed.push(Piece::Known(format.slice(at..at + 1))),
            Some('b') => {
                if let Some(word) = arguments.next() {
                    printed.append(&escaped(word, Escapes::Echo));
                }
            }
            Some('s' | 'q') => {
                if let Some(word) = arguments.next() {
                    printed.append(&padded(word, &rest[..flags]));
                }
            }
            Some('d' | 'i' | 'u') => match arguments.next() {
                Some(word) => printed.append(&padded(word, &rest[..flags])),
                None => printed.push(made_up("0", format.locate(at..end).as_ref())),
            },
            Some('c') => {
                if let Some(Piece::Known(text)) =
                    arguments.next().and_then(|word| word.pieces.first())
                {
                    printed.push(Piece::Known(
                        text.slice(0..text.as_str().chars().next().map_or(0, char::len_utf8)),
                    ));
                }
            }
            Some('x' | 'X' | 'o' | 'e' | 'f' | 'g') => {
                if let Some(word) = arguments.next() {
                    let hole = Hole::unknown(word.to_string(), word.location());
                    printed.push(Piece::Hole(hole));
                }
            }
            _ => printed.push(Piece::Known(format.slice(at..end))),
        }
        at = end;
    }
}

/// A known word, with the blanks or zeros that `%5s` and `%03d` ask for.
fn padded(word: &Word, flags: &str) -> Word {
    /// Wider fields are no words of a command.
    const MAX_WIDTH: usize = 100;
    let (width, precision) = match flags.split_once('.') {
        Some((width, precision)) => (width, precision.parse::<usize>().ok()),
        None => (flags, None),
    };
    let wide: usize = width.trim_start_matches(['-', '+', ' ', '0', '#']).parse().unwrap_or(0);
    let Some(text) = word.text().filter(|_| wide > 0 || precision.is_some()) else {
        return word.clone();
    };
    let text: String = text.chars().take(precision.unwrap_or(usize::MAX)).collect();
    let missing = wide.min(MAX_WIDTH).saturating_sub(text.chars().count());
    let fill = if width.starts_with('0') { "0" } else { " " }.repeat(missing);
    let whole = if width.starts_with('-') { text + &fill } else { fill + &text };
    let mut padded = Word::default();
    padded.push(made_up(&whole, word.location().as_ref()));
    padded
}

/// A word with its backslash escapes decoded.
fn escaped(word: &Word, escapes: Escapes) -> Word {
    let mut plain = Word::default();
    for piece in &word.pieces {
        plain.push(match piece {
            Piece::Known(text) if text.as_str().contains('\\') => {
                Piece::Known(decoded(text, escapes))
            }
            other => other.clone(),
        });
    }
    plain
}

fn made_up(text: &str, location: Option<&crate::source::Location>) -> Piece {
    let mut piece = Text::default();
    piece.push_made_up(text, location);
    Piece::Known(piece)
}
