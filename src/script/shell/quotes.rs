//! Text inside quotes, decoded.

use crate::source::Text;

/// Inside backticks, a backslash before one of these goes away, and before a quote if all stands in
/// double quotes.
pub fn unescape_backtick(text: &Text, in_double_quotes: bool) -> Text {
    let escapable: &[char] = match in_double_quotes {
        true => &['`', '\\', '$', '"'],
        false => &['`', '\\', '$'],
    };
    let source = text.as_str();
    let mut plain = Text::default();
    let mut from = 0;
    for (at, _) in source.match_indices('\\') {
        if at >= from && source[at + 1..].starts_with(escapable) {
            plain.push(&text.slice(from..at));
            from = at + 1;
            // What it kept does not escape what follows.
            if source[from..].starts_with('\\') {
                plain.push(&text.slice(from..from + 1));
                from += 1;
            }
        }
    }
    plain.push(&text.slice(from..source.len()));
    plain
}

/// Whose backslash escapes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// `$'…'`
    Quote,
    /// `echo -e` and `%b`
    Echo,
    /// The format of `printf`.
    Printf,
}

/// Text with its backslash escapes decoded.
pub fn decoded(text: &Text, escapes: Escapes) -> Text {
    let source = text.as_str();
    let mut decoded = Text::default();
    let mut at = 0;
    while at < source.len() {
        let plain = source[at..].find('\\').map_or(source.len(), |len| at + len);
        decoded.push(&text.slice(at..plain));
        at = plain;
        let mut rest = source[at..].chars();
        let (Some(_), escape) = (rest.next(), rest.next()) else { break };
        let digits = |start: usize, most: usize, radix: u32| {
            let digits =
                source[start..].chars().take(most).take_while(|c| c.is_digit(radix)).count();
            let value = u32::from_str_radix(&source[start..start + digits], radix).ok();
            (start + digits, value.and_then(char::from_u32))
        };
        let (end, c) = match escape {
            Some('n') => (at + 2, Some('\n')),
            Some('t') => (at + 2, Some('\t')),
            Some('r') => (at + 2, Some('\r')),
            Some('a') => (at + 2, Some('\u{7}')),
            Some('b') => (at + 2, Some('\u{8}')),
            Some('e' | 'E') => (at + 2, Some('\u{1b}')),
            Some('x') => digits(at + 2, 2, 16),
            Some('u') => digits(at + 2, 4, 16),
            Some('U') => digits(at + 2, 8, 16),
            Some('0') if escapes == Escapes::Echo => digits(at + 2, 3, 8),
            Some('0'..='7') if escapes != Escapes::Echo => digits(at + 1, 3, 8),
            Some('\\') => (at + 2, Some('\\')),
            Some(quote @ ('\'' | '"')) if escapes != Escapes::Echo => (at + 2, Some(quote)),
            // Not an escape: it stays as it is.
            _ => (at + 1, Some('\\')),
        };
        if let Some(c) = c {
            let location = text.locate(at..end);
            decoded.push_made_up(c.encode_utf8(&mut [0; 4]), location.as_ref());
        }
        at = end;
    }
    decoded
}

/// `$'…'`.
pub fn ansi(text: &Text) -> Text {
    decoded(text, Escapes::Quote)
}
