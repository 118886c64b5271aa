//! Filters that change characters: base64, hexadecimal, `tr`.

use super::{Arguments, class};
use crate::{
    invocation::{Hole, Origin, Word},
    source::Text,
};
use std::sync::Arc;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Text that was written as the whole of another one.
fn written_as(text: String, whole: &Text) -> Text {
    let mut new = Text::default();
    new.push_made_up(&text, whole.location().as_ref());
    new
}

pub fn base64(arguments: &Arguments, input: &Text) -> Option<Text> {
    let source = input.as_str();
    if arguments.has(&["-d", "-D", "--decode"]) {
        return Some(written_as(String::from_utf8(decoded(source)?).ok()?, input));
    }
    let mut encoded = String::new();
    for chunk in source.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .enumerate()
            .fold(0u32, |bits, (n, b)| bits | u32::from(*b) << (16 - 8 * n));
        for position in 0..4 {
            let index = (bits >> (18 - 6 * position)) & 63;
            encoded.push(if position <= chunk.len() {
                char::from(BASE64[index as usize])
            } else {
                '='
            });
        }
    }
    encoded.push('\n');
    Some(written_as(encoded, input))
}

/// What `base64` makes of text with holes: a hole that holds it until it is decoded.
pub fn base64_of_unknown(arguments: &Arguments, input: &Word) -> Option<Word> {
    if arguments.has(&["-d", "-D", "--decode"]) {
        return match &input.holes().next()?.origin {
            Origin::Encoded(word)
                if input.without_holes().is_none_or(|text| text.trim().is_empty()) =>
            {
                Some(word.as_ref().clone())
            }
            _ => None,
        };
    }
    let origin = Origin::Encoded(Arc::new(input.clone()));
    let hole = Hole { origin, ..Hole::unknown(format!("{input} in base64"), input.location()) };
    let mut encoded = Word::hole(hole);
    encoded.append(&Word::made_up("\n"));
    Some(encoded)
}

fn decoded(source: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for byte in source.bytes().filter(|b| !b.is_ascii_whitespace()).take_while(|b| *b != b'=') {
        let value = BASE64.iter().position(|own| *own == byte)?;
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// `openssl base64 -d`, `openssl enc -base64 -d`
pub fn openssl(arguments: &Arguments, input: &Text) -> Option<Text> {
    let all: String = arguments.flags.iter().map(|flag| flag.trim_start_matches('-')).collect();
    let is_base64 =
        arguments.operands.iter().any(|word| word == "base64") || all.contains("base64");
    let decodes = arguments.has(&["-d"]);
    (is_base64 && decodes)
        .then(|| Some(written_as(String::from_utf8(decoded(input.as_str())?).ok()?, input)))?
}

/// `xxd -r -p`
pub fn xxd(arguments: &Arguments, input: &Text) -> Option<Text> {
    let flags: String = arguments.flags.iter().map(|flag| flag.trim_start_matches('-')).collect();
    if !flags.contains('r') || !flags.contains('p') {
        return None;
    }
    let digits: Vec<u32> = input.as_str().chars().filter_map(|c| c.to_digit(16)).collect();
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    Some(written_as(String::from_utf8(bytes).ok()?, input))
}

pub fn tr(arguments: &Arguments, input: &Text) -> Option<Text> {
    let (deletes, squeezes) = (arguments.has(&["-d"]), arguments.has(&["-s"]));
    if !arguments.only(&["-d", "-s"]) {
        return None;
    }
    let from = set(arguments.operands.first()?)?;
    let to = match arguments.operands.get(1) {
        Some(to) => set(to)?,
        None if deletes || squeezes => Vec::new(),
        None => return None,
    };
    let mut new = Text::default();
    let mut last = None;
    for (at, c) in input.as_str().char_indices() {
        let position = from.iter().position(|own| *own == c);
        if position.is_some() && deletes {
            continue;
        }
        let changed = match (position, to.last()) {
            (Some(position), Some(end)) => *to.get(position).unwrap_or(end),
            _ => c,
        };
        if squeezes && position.is_some() && last == Some(changed) {
            continue;
        }
        last = Some(changed);
        match changed == c {
            true => new.push(&input.slice(at..at + c.len_utf8())),
            false => {
                let location = input.locate(at..at + c.len_utf8());
                new.push_made_up(changed.encode_utf8(&mut [0; 4]), location.as_ref());
            }
        }
    }
    Some(new)
}

/// `a-z`, `\n`, `[:upper:]`.
fn set(written: &str) -> Option<Vec<char>> {
    let mut chars: Vec<char> = Vec::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]"))
        {
            chars.extend(class(name)?.into_iter().flat_map(|(first, last)| first..=last));
            rest = after;
            continue;
        }
        rest = &rest[first.len_utf8()..];
        let c = match (first, rest.chars().next()) {
            ('\\', Some(escape)) => {
                rest = &rest[escape.len_utf8()..];
                match escape {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '0'..='7' => return None,
                    other => other,
                }
            }
            (c, _) => c,
        };
        let mut next = rest.chars();
        match (next.next(), next.next()) {
            (Some('-'), Some(last)) if last >= c => {
                chars.extend(c..=last);
                rest = next.as_str();
            }
            _ => chars.push(c),
        }
        // What goes beyond is no set of letters.
        if chars.len() > 1_000 {
            return None;
        }
    }
    Some(chars)
}
