use crate::source::{SourceFile, Text};
use granit_parser::ScalarStyle;
use std::{ops::Range, sync::Arc};

/// The decoded `value` of a scalar, every byte of it mapped to the bytes that it was written as.
///
/// The range is the parser's: with the quotes; of a block scalar without its header, from the
/// first character of the first line that is not empty. `value` is what the parser made of it.
/// Should this decoder ever disagree, the text is still `value`, and then all of it maps to the
/// whole scalar.
pub(super) fn decode(
    file: &Arc<SourceFile>,
    style: ScalarStyle,
    range: Range<usize>,
    value: &str,
) -> Text {
    exact(file, style, range.clone(), value).unwrap_or_else(|| {
        let mut whole = Text::default();
        whole.push_decoded(value, file, range);
        whole
    })
}

fn exact(
    file: &Arc<SourceFile>,
    style: ScalarStyle,
    range: Range<usize>,
    value: &str,
) -> Option<Text> {
    let inner = || (range.len() >= 2).then(|| range.start + 1..range.end - 1);
    let mut decoder = Decoder::new(file, value.len());
    let text = match style {
        ScalarStyle::Plain => decoder.flow(range, Escapes::None)?,
        ScalarStyle::SingleQuoted => decoder.flow(inner()?, Escapes::Quote)?,
        ScalarStyle::DoubleQuoted => decoder.flow(inner()?, Escapes::Backslash)?,
        ScalarStyle::Literal | ScalarStyle::Folded => {
            // Its chomping stands in the header, which is not in the range; but as the newlines
            // at the end of the value are what it leaves, as many are taken.
            let is_break = |byte: &u8| *byte == b'\n';
            let breaks = Breaks {
                before: value.bytes().take_while(is_break).count(),
                after: value.bytes().rev().take_while(is_break).count(),
            };
            block(file, range, style, breaks)
        }
    };
    (text.as_str() == value).then_some(text)
}

/// The text of a quoted scalar; none where an escape is not one.
pub(super) fn quoted(
    file: &Arc<SourceFile>,
    style: ScalarStyle,
    range: Range<usize>,
) -> Option<Text> {
    let mut decoder = Decoder::new(file, range.len());
    let escapes = match style {
        ScalarStyle::SingleQuoted => Escapes::Quote,
        _ => Escapes::Backslash,
    };
    decoder.flow(range.start + 1..range.end - 1, escapes)
}

/// How many newlines a block scalar has at its ends.
pub(super) struct Breaks {
    pub before: usize,
    pub after: usize,
}

/// The text of a block scalar.
pub(super) fn block(
    file: &Arc<SourceFile>,
    range: Range<usize>,
    style: ScalarStyle,
    breaks: Breaks,
) -> Text {
    let mut decoder = Decoder::new(file, range.len() + breaks.before);
    decoder.block(range, style == ScalarStyle::Folded, breaks);
    decoder.text
}

/// The text of a literal block some lines of which stand left of its indentation, which YAML does
/// not allow: read as if all of them were indented.
pub(super) fn outdented_block(
    file: &Arc<SourceFile>,
    block: Range<usize>,
    outdented: impl Fn(usize) -> bool,
) -> Text {
    let source = file.text();
    let indent = column(source.as_bytes(), block.start);
    let mut text = Text::default();
    let mut at = block.start;
    for line in source[block].split_inclusive('\n') {
        let spaces = line.bytes().take(indent).take_while(|b| *b == b' ').count();
        let strip = if text.is_empty() || outdented(at) { 0 } else { spaces };
        let end = at + line.trim_end_matches(['\r', '\n']).len();
        text.push_decoded(&source[at + strip..end], file, at + strip..end);
        if line.len() > end - at {
            text.push_decoded("\n", file, end..at + line.len());
        }
        at += line.len();
    }
    text
}

/// How many bytes stand before this one in its line.
fn column(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().rev().take_while(|b| !is_break(b)).count()
}

/// Which characters of a flow scalar do not stand for themselves.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    None,
    /// `''` is a quote.
    Quote,
    Backslash,
}

struct Decoder<'a> {
    file: &'a Arc<SourceFile>,
    source: &'a str,
    text: Text,
}

impl<'a> Decoder<'a> {
    fn new(file: &'a Arc<SourceFile>, len: usize) -> Self {
        Self { file, source: file.text(), text: Text::with_capacity(len) }
    }

    fn verbatim(&mut self, range: Range<usize>) {
        self.text.push_range(self.file, range);
    }

    fn newline(&mut self, source: Range<usize>) {
        self.text.push_decoded("\n", self.file, source);
    }

    /// A plain or quoted scalar, without its quotes. None where an escape is not one.
    fn flow(&mut self, range: Range<usize>, escapes: Escapes) -> Option<Text> {
        let bytes = self.source.as_bytes();
        let special = |byte: &u8| match byte {
            b'\n' | b'\r' => true,
            b'\'' => escapes == Escapes::Quote,
            b'\\' => escapes == Escapes::Backslash,
            _ => false,
        };
        let mut at = range.start;
        while at < range.end {
            let found = bytes[at..range.end].iter().position(special);
            let stop = found.map_or(range.end, |found| at + found);
            match bytes[stop..range.end].first() {
                None => {
                    self.verbatim(at..stop);
                    at = stop;
                }
                Some(b'\'') => {
                    self.verbatim(at..stop);
                    self.text.push_decoded("'", self.file, stop..stop + 2);
                    at = stop + 2;
                }
                Some(b'\\') => {
                    self.verbatim(at..stop);
                    if bytes[stop + 1..range.end].first().is_some_and(is_break) {
                        let gap = Gap::at(bytes, stop + 1..range.end);
                        self.newlines(gap.breaks - 1, stop..gap.end);
                        at = gap.end;
                    } else {
                        let (decoded, len) = escape(&self.source[stop..range.end])?;
                        let range = stop..stop + len;
                        self.text.push_decoded(decoded.encode_utf8(&mut [0; 4]), self.file, range);
                        at = stop + len;
                    }
                }
                Some(_) => {
                    let blanks = bytes[at..stop].iter().rev().take_while(|b| is_blank(b)).count();
                    self.verbatim(at..stop - blanks);
                    let gap = Gap::at(bytes, stop..range.end);
                    let source = stop - blanks..gap.end;
                    if gap.breaks == 1 {
                        self.text.push_decoded(" ", self.file, source);
                    } else {
                        self.newlines(gap.breaks - 1, source);
                    }
                    at = gap.end;
                }
            }
        }
        Some(std::mem::take(&mut self.text))
    }

    fn newlines(&mut self, count: usize, source: Range<usize>) {
        self.text.push_decoded(&"\n".repeat(count), self.file, source);
    }

    /// A block scalar, from the first character of its first line that is not empty.
    fn block(&mut self, range: Range<usize>, folded: bool, newlines: Breaks) {
        let bytes = self.source.as_bytes();
        let indent = column(bytes, range.start);
        let mut breaks = breaks_before(bytes, range.start - indent, newlines.before);
        let mut at = range.start;
        let (mut first, mut after_spaced) = (true, false);
        while at < range.end {
            let len = memchr::memchr2(b'\r', b'\n', &bytes[at..range.end]);
            let end = len.map_or(range.end, |len| at + len);
            if end > at {
                let spaced = is_blank(&bytes[at]);
                let fold = folded && !first && !spaced && !after_spaced;
                match breaks.as_slice() {
                    [only] if fold => self.text.push_decoded(" ", self.file, only.clone()),
                    [_, more @ ..] if fold => more.iter().for_each(|b| self.newline(b.clone())),
                    all => all.iter().for_each(|b| self.newline(b.clone())),
                }
                breaks.clear();
                self.verbatim(at..end);
                (first, after_spaced) = (false, spaced);
            }
            at = end + break_len(&bytes[end..range.end]);
            if at > end {
                breaks.push(end..at);
            }
            at += bytes[at..range.end].iter().take(indent).take_while(|b| **b == b' ').count();
        }
        // Clipping leaves a newline even where the file ends without one.
        breaks.push(range.end..range.end);
        for line_break in breaks.into_iter().take(newlines.after) {
            self.newline(line_break);
        }
    }
}

/// The `count` line breaks of the empty lines before the line that starts at `line`, in order.
fn breaks_before(bytes: &[u8], line: usize, count: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut end = line;
    while found.len() < count {
        let start = match &bytes[..end] {
            [.., b'\r', b'\n'] => end - 2,
            [.., b'\r' | b'\n'] => end - 1,
            _ => break,
        };
        found.push(start..end);
        end = start - bytes[..start].iter().rev().take_while(|b| **b == b' ').count();
    }
    found.reverse();
    found
}

/// Line breaks with the blanks around them.
struct Gap {
    end: usize,
    breaks: usize,
}

impl Gap {
    fn at(bytes: &[u8], range: Range<usize>) -> Self {
        let (mut end, mut breaks) = (range.start, 0);
        while end < range.end {
            let len = break_len(&bytes[end..range.end]);
            if len > 0 {
                breaks += 1;
            } else if !is_blank(&bytes[end]) {
                break;
            }
            end += len.max(1);
        }
        Self { end, breaks }
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn break_len(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// The character of a backslash escape, and how long the escape is.
fn escape(source: &str) -> Option<(char, usize)> {
    let hex =
        |from: usize, digits: usize| u32::from_str_radix(source.get(from..from + digits)?, 16).ok();
    let simple = match source.as_bytes().get(1)? {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        b' ' => ' ',
        b'"' => '"',
        b'/' => '/',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        b'x' => return Some((char::from_u32(hex(2, 2)?)?, 4)),
        b'U' => return Some((char::from_u32(hex(2, 8)?)?, 10)),
        b'u' => {
            let unit = hex(2, 4)?;
            if !(0xD800..0xDC00).contains(&unit) {
                return Some((char::from_u32(unit)?, 6));
            }
            // JSON writes characters above U+FFFF as two of them.
            let low = source[6..].starts_with("\\u").then(|| hex(8, 4))??.checked_sub(0xDC00)?;
            return Some((char::from_u32(0x10000 + ((unit - 0xD800) << 10) + low)?, 12));
        }
        _ => return None,
    };
    Some((simple, 2))
}

#[cfg(test)]
mod tests;
