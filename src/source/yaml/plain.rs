//! The plain part of YAML that nearly all workflows are written in: block mappings and lists, values
//! on one line, block scalars, comments. It reads that about ten times as fast as the whole of YAML
//! can be read, and gives up at the first sign of anything else (anchors, tags, tabs, values over
//! several lines, several documents, whatever is no YAML), which the full parser then reads from the
//! start. A test holds the two against each other.

use super::{Kind, Scalar, Value, build::Builder, decode};
use granit_parser::ScalarStyle;
use std::ops::Range;

/// There is more to read than this part of YAML.
pub(super) struct NotPlain;

type Plain<T> = Result<T, NotPlain>;

/// Deeper nesting is left to the full parser, which has a limit of its own.
const MAX_DEPTH: usize = 50;

/// YAML's own limit to the length of a key, which counts characters.
const MAX_KEY: usize = 1000;

/// Reads the whole file.
pub(super) fn read(builder: &mut Builder<'_>) -> Plain<()> {
    let file = builder.file;
    let source = file.text();
    let bytes = source.as_bytes();
    let mut returns = memchr::memchr_iter(b'\r', bytes);
    if !source.ends_with('\n')
        || source[source.floor_char_boundary(start_of_odd(bytes))..].chars().any(is_odd)
        || returns.any(|at| bytes[at + 1] != b'\n')
    {
        return Err(NotPlain);
    }
    let mut reader = Reader { bytes, at: 0, column: 0, depth: 0, builder };
    reader.next_content()?;
    if reader.bytes[reader.at..].starts_with(b"---") {
        reader.at += 3;
        reader.end_of_line()?;
    }
    // What stands further left than the first line is outside of it.
    if reader.column > 0 {
        return Err(NotPlain);
    }
    reader.block(0)?;
    if reader.at == source.len() { Ok(()) } else { Err(NotPlain) }
}

/// Before this byte no character is odd: what nearly all files are made of is told many bytes at a
/// time.
fn start_of_odd(bytes: &[u8]) -> usize {
    const CHUNK: usize = 64;
    let is_common = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'\t' | b' '..=b'~');
    let are_common = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & is_common(byte));
    let chunks = bytes.chunks(CHUNK).take_while(are_common).count();
    bytes.len().min(chunks * CHUNK)
}

/// Characters that are an error, or that YAML or this reader takes for more than themselves.
fn is_odd(c: char) -> bool {
    let stands_for_itself = matches!(c,
        '\n' | '\r' | '\t' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..
    );
    !stands_for_itself
}

struct Reader<'b, 's> {
    bytes: &'s [u8],
    /// The next character that is neither blank nor comment; or where the reading stands in a line.
    at: usize,
    /// How many bytes stand before it in its line.
    column: usize,
    depth: usize,
    builder: &'b mut Builder<'s>,
}

impl<'s> Reader<'_, 's> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// Where the line ends, without its line break.
    fn line_end(&self, from: usize) -> usize {
        let len = memchr::memchr(b'\n', &self.bytes[from..]);
        let end = len.map_or(self.bytes.len(), |len| from + len);
        if end > from && self.bytes[end - 1] == b'\r' { end - 1 } else { end }
    }

    fn skip_spaces(&mut self) {
        self.at += spaces(&self.bytes[self.at..]);
    }

    fn is_line_end(&self, at: usize) -> bool {
        matches!(self.byte(at), b'\n') || (self.byte(at) == b'\r' && self.byte(at + 1) == b'\n')
    }

    /// Passes the rest of a line, in which only blanks and a comment may stand, and goes on to the
    /// next content.
    fn end_of_line(&mut self) -> Plain<()> {
        let from = self.at;
        self.skip_spaces();
        if self.byte(self.at) == b'#' && self.at > from {
            self.comment();
        }
        if !self.is_line_end(self.at) {
            return Err(NotPlain);
        }
        self.next_line();
        self.next_content()
    }

    fn comment(&mut self) {
        let end = self.line_end(self.at);
        self.builder.comments.push(self.at..end);
        self.at = end;
    }

    fn next_line(&mut self) {
        let len = memchr::memchr(b'\n', &self.bytes[self.at..]);
        self.at = len.map_or(self.bytes.len(), |len| self.at + len + 1);
    }

    /// Passes empty lines and comments, from the start of a line.
    fn next_content(&mut self) -> Plain<()> {
        while self.at < self.bytes.len() {
            let start = self.at;
            self.skip_spaces();
            if self.byte(self.at) == b'#' {
                self.comment();
            }
            if !self.is_line_end(self.at) {
                self.column = self.at - start;
                let is_first = self.builder.nodes.is_empty();
                return match self.column == 0 && self.is_document_mark() && !is_first {
                    true => Err(NotPlain),
                    false => Ok(()),
                };
            }
            self.next_line();
        }
        self.column = 0;
        Ok(())
    }

    fn is_document_mark(&self) -> bool {
        let rest = &self.bytes[self.at..];
        rest.starts_with(b"---") || rest.starts_with(b"...") || rest.starts_with(b"%")
    }

    fn has_content(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// Whether a list's `- ` stands here.
    fn is_item(&self) -> bool {
        self.byte(self.at) == b'-'
            && (self.byte(self.at + 1) == b' ' || self.is_line_end(self.at + 1))
    }

    /// A mapping or a list whose first entry stands here.
    fn block(&mut self, column: usize) -> Plain<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH || !self.has_content() {
            return Err(NotPlain);
        }
        match self.is_item() {
            true => self.sequence(column, self.at)?,
            false => self.mapping(column)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn mapping(&mut self, column: usize) -> Plain<()> {
        self.builder.start(self.at..self.at, Kind::Mapping(Vec::new()), 0);
        loop {
            let key = self.key()?.ok_or(NotPlain)?;
            self.scalar(key.clone())?;
            self.at = key.end + 1;
            self.value(column, true)?;
            if !self.has_content() || self.column < column {
                break;
            }
            if self.column > column || self.is_item() {
                return Err(NotPlain);
            }
        }
        self.builder.end(self.at..self.at);
        Ok(())
    }

    fn sequence(&mut self, column: usize, start: usize) -> Plain<()> {
        self.builder.start(start..start, Kind::Sequence(Vec::new()), 0);
        while self.has_content() && self.column == column && self.is_item() {
            self.at += 1;
            let dash = self.at;
            self.skip_spaces();
            if self.at > dash && !self.is_item() && self.key()?.is_some() {
                // A mapping that starts in the line of its dash.
                let inner = column + 1 + self.at - dash;
                self.column = inner;
                self.block(inner)?;
            } else {
                self.at = dash;
                self.value(column, false)?;
            }
        }
        if self.has_content() && self.column > column {
            return Err(NotPlain);
        }
        self.builder.end(self.at..self.at);
        Ok(())
    }

    /// What stands after a key's colon or after a dash, of a collection in `column`.
    fn value(&mut self, column: usize, of_key: bool) -> Plain<()> {
        let from = self.at;
        self.skip_spaces();
        let start = self.at;
        let is_comment = self.byte(start) == b'#' && start > from;
        if self.is_line_end(start) || is_comment {
            self.at = from;
            self.end_of_line()?;
            return match self.has_content() {
                true if self.column > column => self.block(self.column),
                true if of_key && self.column == column && self.is_item() => {
                    // As for the full parser, a list that is not indented starts after its dash.
                    let start = self.at + 1 + spaces(&self.bytes[self.at + 1..]);
                    self.sequence(column, start)
                }
                _ if of_key => {
                    self.null(from - 1);
                    Ok(())
                }
                _ => Err(NotPlain),
            };
        }
        match self.byte(start) {
            b'|' | b'>' => return self.block_scalar(column),
            b'[' | b'{' => self.flow(0)?,
            _ => {
                let range = match self.byte(start) {
                    b'"' | b'\'' => self.quoted()?,
                    _ => self.plain()?,
                };
                self.at = range.end;
                self.scalar(range)?;
            }
        }
        self.end_of_line()?;
        // A value that goes on in the next line.
        if self.has_content() && self.column > column { Err(NotPlain) } else { Ok(()) }
    }

    /// The key that stands here, if one does: what is before its colon.
    fn key(&self) -> Plain<Option<Range<usize>>> {
        let end = match self.byte(self.at) {
            b'"' | b'\'' => self.quoted()?.end,
            _ if !self.starts_plain() => return Ok(None),
            _ => match self.colon()? {
                Some(colon) => colon,
                None => return Ok(None),
            },
        };
        let is_key =
            self.byte(end) == b':' && (self.byte(end + 1) == b' ' || self.is_line_end(end + 1));
        if !is_key {
            return Ok(None);
        }
        let key = &self.bytes[self.at..end];
        if key.len() > MAX_KEY || key.ends_with(b" ") || key.is_empty() {
            return Err(NotPlain);
        }
        Ok(Some(self.at..end))
    }

    /// Where the first colon of the rest of this line stands that ends a key.
    fn colon(&self) -> Plain<Option<usize>> {
        let mut at = self.at;
        loop {
            let ends = |byte: &u8| matches!(byte, b':' | b'#' | b'\n' | b'\t');
            let Some(len) = self.bytes[at..].iter().position(ends) else { return Ok(None) };
            at += len;
            match self.bytes[at] {
                b':' if self.byte(at + 1) == b' ' || self.is_line_end(at + 1) => {
                    return Ok(Some(at));
                }
                b'#' if at > self.at && self.bytes[at - 1] == b' ' => return Ok(None),
                b'\n' => return Ok(None),
                b'\t' => return Err(NotPlain),
                _ => at += 1,
            }
        }
    }

    /// Whether a scalar without quotes can start here.
    fn starts_plain(&self) -> bool {
        match self.byte(self.at) {
            b'-' => !self.is_item(),
            first => !b"?:,[]{}#&*!|>'\"%@`\t".contains(&first),
        }
    }

    /// The range of a quoted scalar on one line, with its quotes.
    fn quoted(&self) -> Plain<Range<usize>> {
        let quote = self.byte(self.at);
        let mut at = self.at + 1;
        loop {
            match self.byte(at) {
                b'\n' | b'\r' | b'\t' => return Err(NotPlain),
                b'\\'
                    if quote == b'"' && self.byte(at + 1) != b'\t' && !self.is_line_end(at + 1) =>
                {
                    at += 2;
                }
                b'\\' if quote == b'"' => return Err(NotPlain),
                b'\'' if quote == b'\'' && self.byte(at + 1) == b'\'' => at += 2,
                byte if byte == quote => return Ok(self.at..at + 1),
                _ => at += 1,
            }
        }
    }

    /// The range of a scalar without quotes on one line.
    fn plain(&self) -> Plain<Range<usize>> {
        if !self.starts_plain() {
            return Err(NotPlain);
        }
        let end = self.line_end(self.at);
        let line = &self.bytes[self.at..end];
        let mut len = line.len();
        for (position, byte) in line.iter().enumerate() {
            match byte {
                b'\t' => return Err(NotPlain),
                b':' if line.get(position + 1).is_none_or(|next| *next == b' ') => {
                    return Err(NotPlain);
                }
                b'#' if position > 0 && line[position - 1] == b' ' => {
                    len = position;
                    break;
                }
                _ => {}
            }
        }
        let blanks = line[..len].iter().rev().take_while(|b| **b == b' ').count();
        Ok(self.at..self.at + len - blanks)
    }

    /// Adds the scalar on one line that stands in `range`.
    fn scalar(&mut self, range: Range<usize>) -> Plain<()> {
        let style = match self.bytes[range.start] {
            b'"' => ScalarStyle::DoubleQuoted,
            b'\'' => ScalarStyle::SingleQuoted,
            _ => ScalarStyle::Plain,
        };
        let value = if style == ScalarStyle::Plain {
            Value::Verbatim(range.clone())
        } else {
            let inner = range.start + 1..range.end - 1;
            let special = if style == ScalarStyle::DoubleQuoted { b'\\' } else { b'\'' };
            if self.bytes[inner.clone()].contains(&special) {
                let text =
                    decode::quoted(self.builder.file, style, range.clone()).ok_or(NotPlain)?;
                Value::Decoded(text)
            } else {
                Value::Verbatim(inner)
            }
        };
        self.builder.node(range, Kind::Scalar(Scalar { style, value }), 0);
        Ok(())
    }

    /// The value of a key that has none, which the full parser places at the key's colon.
    fn null(&mut self, at: usize) {
        let value = Value::Verbatim(at..at);
        let scalar = Scalar { style: ScalarStyle::Plain, value };
        self.builder.node(at..at, Kind::Scalar(scalar), 0);
    }

    /// A list or mapping in brackets on one line.
    fn flow(&mut self, depth: usize) -> Plain<()> {
        if depth > MAX_DEPTH {
            return Err(NotPlain);
        }
        let start = self.at;
        let is_mapping = self.byte(start) == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        let kind = if is_mapping { Kind::Mapping(Vec::new()) } else { Kind::Sequence(Vec::new()) };
        self.builder.start(start..start + 1, kind, 0);
        self.at += 1;
        self.skip_spaces();
        while self.byte(self.at) != close {
            if is_mapping {
                self.flow_scalar()?;
                if self.byte(self.at) != b':' || self.byte(self.at + 1) != b' ' {
                    return Err(NotPlain);
                }
                self.at += 1;
                self.skip_spaces();
            }
            match self.byte(self.at) {
                b'[' | b'{' => self.flow(depth + 1)?,
                _ => self.flow_scalar()?,
            }
            self.skip_spaces();
            match self.byte(self.at) {
                b',' => {
                    self.at += 1;
                    self.skip_spaces();
                    if self.byte(self.at) == close {
                        return Err(NotPlain);
                    }
                }
                byte if byte == close => {}
                _ => return Err(NotPlain),
            }
        }
        self.at += 1;
        self.builder.end(self.at - 1..self.at);
        Ok(())
    }

    fn flow_scalar(&mut self) -> Plain<()> {
        let start = self.at;
        let range = match self.byte(start) {
            b'"' | b'\'' => self.quoted()?,
            b'-' => return Err(NotPlain),
            _ if !self.starts_plain() => return Err(NotPlain),
            _ => {
                // No further than needed: the line may be endless.
                let rest = &self.bytes[start..];
                let ends = |byte: &u8| b",[]{}:#\t\n".contains(byte);
                let len = rest.iter().position(ends).filter(|len| rest[*len] != b'\n');
                let len = len.ok_or(NotPlain)?;
                let blanks = rest[..len].iter().rev().take_while(|b| **b == b' ').count();
                start..start + len - blanks
            }
        };
        if range.is_empty() || range.len() > MAX_KEY {
            return Err(NotPlain);
        }
        self.at = range.end;
        self.scalar(range)
    }

    /// A literal or folded scalar of a key or dash in `column`.
    fn block_scalar(&mut self, column: usize) -> Plain<()> {
        let style = match self.byte(self.at) {
            b'|' => ScalarStyle::Literal,
            _ => ScalarStyle::Folded,
        };
        self.at += 1;
        let chomping = self.byte(self.at);
        if matches!(chomping, b'-' | b'+') {
            self.at += 1;
        }
        self.skip_spaces();
        if !self.is_line_end(self.at) {
            return Err(NotPlain);
        }
        self.next_line();
        // As for the full parser, the block starts at its first line that is not empty.
        let (mut start, mut indent) = (0, 0);
        // The empty lines before it, those since the last other one, and the widest of them.
        let (mut before, mut empty, mut widest) = (0, 0, 0);
        // And it ends after the blanks of the line that ends it.
        let mut end = self.at;
        while self.at < self.bytes.len() {
            let line_end = self.line_end(self.at);
            let blanks = spaces(&self.bytes[self.at..line_end]);
            let is_empty = self.at + blanks == line_end;
            if is_empty && (indent == 0 || blanks <= indent) {
                widest = widest.max(blanks);
                empty += 1;
            } else if indent == 0 {
                if blanks <= column || widest > blanks {
                    return Err(NotPlain);
                }
                (start, indent) = (self.at + blanks, blanks);
                (before, empty) = (empty, 0);
            } else if blanks < indent {
                match self.bytes[self.at + blanks] {
                    b'\t' => return Err(NotPlain),
                    _ => {
                        end = self.at + blanks;
                        break;
                    }
                }
            } else {
                empty = 0;
            }
            self.at = line_end;
            self.next_line();
            end = self.at;
        }
        if indent == 0 {
            return Err(NotPlain);
        }
        let after = match chomping {
            b'-' => 0,
            b'+' => empty + 1,
            _ => 1,
        };
        let breaks = decode::Breaks { before, after };
        let text = decode::block(self.builder.file, start..end, style, breaks);
        let scalar = Scalar { style, value: Value::Decoded(text) };
        self.builder.node(start..end, Kind::Scalar(scalar), 0);
        self.next_content()?;
        if self.has_content() && self.column > column { Err(NotPlain) } else { Ok(()) }
    }
}

fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == b' ').count()
}
