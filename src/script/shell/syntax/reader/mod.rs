//! Shell text read the way bash itself reads it, in one pass. In comes text; out come its
//! statements, or nothing where it is not what bash takes, or too odd to be sure: that is left to
//! the [grammar](super::grammar), which reads around errors. Where words end is found by
//! [`scan`](crate::script::shell::scan), which those go by who expand them.

mod compound;
mod scanner;
mod simple;
#[cfg(test)]
mod tests;

use super::{Kind, Link, MAX_NESTING, Statement};

/// The statements of shell text; nothing where it is not understood.
pub fn read(text: &str) -> Option<Vec<Statement>> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0, bodies: None };
    let statements = reader.list()?;
    (reader.at == text.len()).then_some(statements)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where it has read to.
    at: usize,
    /// In how many statements it is.
    depth: usize,
    /// The bodies of the heredocs of this line.
    bodies: Option<Bodies>,
}

/// Where bodies of heredocs stand.
struct Bodies {
    /// The end of the line before them.
    line_end: usize,
    /// The position after the last delimiter.
    end: usize,
}

impl Reader<'_> {
    /// Statements up to something that ends them.
    fn list(&mut self) -> Option<Vec<Statement>> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return None;
        }
        let mut statements = Vec::new();
        self.lines()?;
        while !self.is_at_end_of_list() {
            let mut statement = self.and_or()?;
            self.blanks();
            let is_apart = match self.byte() {
                None | Some(b'\n' | b'\r' | b'#') => true,
                Some(b';') if !self.is_at_end_of_list() => {
                    self.at += 1;
                    true
                }
                Some(b'&') => {
                    statement.is_background = true;
                    self.at += 1;
                    true
                }
                _ => false,
            };
            statements.push(statement);
            if !is_apart && !self.is_at_end_of_list() {
                return None;
            }
            self.lines()?;
        }
        self.depth -= 1;
        Some(statements)
    }

    /// Statements of which there is at least one.
    fn some_list(&mut self) -> Option<Vec<Statement>> {
        self.list().filter(|statements| !statements.is_empty())
    }

    fn is_at_end_of_list(&self) -> bool {
        match self.byte() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.byte_after(1), Some(b';' | b'&')),
            Some(b't' | b'e' | b'f' | b'd' | b'}') => matches!(
                self.keyword(),
                "then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}"
            ),
            _ => false,
        }
    }

    /// `a && b || c`
    fn and_or(&mut self) -> Option<Statement> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let link = match (self.byte(), self.byte_after(1)) {
                (Some(b'&'), Some(b'&')) => Link::And,
                (Some(b'|'), Some(b'|')) => Link::Or,
                _ => break,
            };
            self.at += 2;
            self.lines()?;
            rest.push((link, self.pipeline()?));
        }
        let Some((_, last)) = rest.last() else { return Some(first) };
        let span = first.span.start..last.span.end;
        Some(Statement::new(span, Kind::List { first: Box::new(first), rest }))
    }

    /// `! a | b`
    fn pipeline(&mut self) -> Option<Statement> {
        let start = self.at;
        let mut is_negated = false;
        loop {
            match self.keyword() {
                "!" => {
                    is_negated = !is_negated;
                    self.at += 1;
                    self.blanks();
                }
                "time" if self.times() => {}
                _ => break,
            }
        }
        let first = self.command()?;
        self.blanks();
        let statement = match self.is_at_pipe() {
            false => first,
            true => {
                let mut parts = vec![first];
                while self.is_at_pipe() {
                    self.at += if self.byte_after(1) == Some(b'&') { 2 } else { 1 };
                    self.lines()?;
                    parts.push(self.command()?);
                    self.blanks();
                }
                let ends = parts.first().zip(parts.last());
                let span = ends.map(|(first, last)| first.span.start..last.span.end)?;
                Statement::new(span, Kind::Pipeline(parts))
            }
        };
        if !is_negated {
            return Some(statement);
        }
        let span = start..statement.span.end;
        Some(Statement::new(span, Kind::Negated(Box::new(statement))))
    }

    fn is_at_pipe(&self) -> bool {
        self.byte() == Some(b'|') && self.byte_after(1) != Some(b'|')
    }

    /// Passes over the `time` that stands here, if it is the one of the shell.
    fn times(&mut self) -> bool {
        let before = self.at;
        self.at += "time".len();
        self.blanks();
        if self.text[self.at..].starts_with("-p ") {
            self.at += 2;
            self.blanks();
        }
        // Another option is one of the program of that name.
        let goes_on = !self.is_at_end_of_list()
            && !matches!(self.byte(), Some(b'-' | b';' | b'&' | b'|' | b'\n' | b'#'));
        if !goes_on {
            self.at = before;
        }
        goes_on
    }
}
