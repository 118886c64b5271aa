//! Splits SQL text into statements and the lines that are meant for the client program, with no
//! more understanding than that needs: quotes, comments, dollar quotes and the bodies of routines.

use crate::{script::shell::scan, source::SqlDialect};
use std::ops::Range;

/// A part of a text, as a range of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Statement(Range<usize>),
    /// A command to the client itself, `\! ls` or `.read x.sql`.
    Client(Range<usize>),
}

/// The words at the start of a line that mysql's client takes for its own.
const MYSQL_COMMANDS: [&str; 5] = ["delimiter", "source", "system", "use", "tee"];

pub fn split(code: &str, dialect: SqlDialect) -> Vec<Part> {
    let mut splitter = Splitter::new(code, dialect);
    while splitter.at < code.len() {
        splitter.next();
    }
    splitter.end_statement(code.len());
    splitter.parts
}

struct Splitter<'c> {
    code: &'c str,
    dialect: SqlDialect,
    parts: Vec<Part>,
    at: usize,
    /// Where the statement starts.
    start: usize,
    /// What ends a statement; mysql's `DELIMITER` changes it.
    delimiter: &'c str,
    /// The first word of the statement, and whether it creates a routine or is in one's body.
    first_word: Option<&'c str>,
    is_routine: bool,
    in_body: bool,
    last_word: &'c str,
}

impl<'c> Splitter<'c> {
    fn new(code: &'c str, dialect: SqlDialect) -> Self {
        Self {
            code,
            dialect,
            parts: Vec::new(),
            at: 0,
            start: 0,
            delimiter: ";",
            first_word: None,
            is_routine: false,
            in_body: false,
            last_word: "",
        }
    }

    fn next(&mut self) {
        let rest = &self.code[self.at..];
        let Some(c) = rest.chars().next() else { return };
        if rest.starts_with(self.delimiter) {
            self.delimiter_here();
            return;
        }
        self.at += match c {
            '$' if rest.starts_with("${{") => {
                scan::expression(self.code, self.at).map_or(1, |end| end - self.at)
            }
            '\'' | '"' | '`' => self.quoted(rest, c),
            '[' if self.dialect == SqlDialect::MsSql => find_end(rest, 1, "]"),
            '$' => dollar_quoted(rest).unwrap_or(1),
            '-' if rest.starts_with("--") => line(rest),
            '#' if self.dialect == SqlDialect::MySql => line(rest),
            '/' if rest.starts_with("/*") => self.comment(rest),
            '\\' if self.has_backslash_commands() => return self.client_command(),
            '.' if self.at_line_start() && self.dialect == SqlDialect::Sqlite => {
                return self.client_command();
            }
            '!' | ':' if self.dialect == SqlDialect::MsSql && self.at_line_start() => {
                return self.client_command();
            }
            c if c.is_alphabetic() || c == '_' => return self.word(rest),
            c => c.len_utf8(),
        };
    }

    fn has_backslash_commands(&self) -> bool {
        matches!(self.dialect, SqlDialect::Postgres | SqlDialect::MySql | SqlDialect::Any)
    }

    fn at_line_start(&self) -> bool {
        self.first_word.is_none() && ends_blank(&self.code[self.start..self.at])
    }

    fn delimiter_here(&mut self) {
        let in_body = self.in_body && self.delimiter == ";";
        if in_body && !self.last_word.eq_ignore_ascii_case("end") {
            self.at += self.delimiter.len();
            return;
        }
        self.end_statement(self.at);
        self.at += self.delimiter.len();
        self.start = self.at;
    }

    fn end_statement(&mut self, end: usize) {
        if self.first_word.is_some() {
            self.parts.push(Part::Statement(trimmed(self.code, self.start..end)));
        }
        (self.first_word, self.is_routine, self.in_body, self.last_word) = (None, false, false, "");
        self.start = end;
    }

    /// A command to the client goes to the end of its line, and ends the statement before it.
    fn client_command(&mut self) {
        self.end_statement(self.at);
        let end = self.at + line(&self.code[self.at..]);
        self.parts.push(Part::Client(trimmed(self.code, self.at..end)));
        self.at = end;
        self.start = end;
    }

    fn word(&mut self, rest: &'c str) {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        let is = |other: &&str| word.eq_ignore_ascii_case(other);
        if self.at_line_start()
            && self.dialect == SqlDialect::MySql
            && MYSQL_COMMANDS.iter().any(is)
        {
            if is(&"delimiter") {
                let line = &rest[..line(rest)];
                self.delimiter = line[word.len()..].split_whitespace().next().unwrap_or(";");
            }
            return self.client_command();
        }
        let own_line = || {
            let after = rest[word.len()..].trim_start_matches(is_blank);
            ends_blank(&self.code[..self.at]) && (after.is_empty() || after.starts_with('\n'))
        };
        if self.dialect == SqlDialect::MsSql && is(&"go") && own_line() {
            return self.client_command();
        }
        let first = *self.first_word.get_or_insert(word);
        let creates = first.eq_ignore_ascii_case("create");
        self.is_routine |=
            creates && ["trigger", "procedure", "function", "event", "package"].iter().any(is);
        self.in_body |= self.is_routine && is(&"begin");
        self.last_word = word;
        self.at += word.len();
    }

    /// The length of a quoted string, up to the end of the text if it is not closed.
    fn quoted(&mut self, rest: &str, quote: char) -> usize {
        self.first_word.get_or_insert("");
        self.last_word = "";
        let before = self.code[..self.at].chars().next_back();
        let escapes = quote != '`'
            && (self.dialect == SqlDialect::MySql || matches!(before, Some('e' | 'E')));
        let mut at = 1;
        while let Some(c) = rest[at..].chars().next() {
            at += c.len_utf8();
            if c == '\\' && escapes {
                at += rest[at..].chars().next().map_or(0, char::len_utf8);
            } else if c == quote {
                if !rest[at..].starts_with(quote) {
                    return at;
                }
                at += 1;
            }
        }
        at
    }

    /// The length of a comment; mysql runs what is in `/*! … */`.
    fn comment(&self, rest: &str) -> usize {
        let is_code = matches!(self.dialect, SqlDialect::MySql | SqlDialect::Any);
        if is_code && rest.starts_with("/*!") {
            let version = rest[3..].bytes().take_while(u8::is_ascii_digit).count();
            return 3 + version;
        }
        find_end(rest, 2, "*/")
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// Whether the last line of a text is blank.
fn ends_blank(text: &str) -> bool {
    let text = text.trim_end_matches(is_blank);
    text.is_empty() || text.ends_with('\n')
}

/// To the end of the line, without its break.
fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn find_end(rest: &str, from: usize, end: &str) -> usize {
    rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len())
}

/// The length of `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let tag = 2 + rest[1..].find('$')?;
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let named = rest[1..tag - 1].chars().all(is_name)
        && !rest[1..].starts_with(|c: char| c.is_ascii_digit());
    let opening = &rest[..tag];
    named.then(|| find_end(rest, tag, opening))
}

fn trimmed(code: &str, range: Range<usize>) -> Range<usize> {
    let text = &code[range.clone()];
    let start = range.start + text.len() - text.trim_start().len();
    start..(start + text.trim().len()).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(code: &str, dialect: SqlDialect) -> Vec<&str> {
        let range = |part| match part {
            Part::Statement(range) | Part::Client(range) => range,
        };
        split(code, dialect).into_iter().map(|part| &code[range(part)]).collect()
    }

    #[test]
    fn only_a_semicolon_outside_of_quotes_and_comments_ends_a_statement() {
        for (code, expected) in [
            ("select 1; select 2;", vec!["select 1", "select 2"]),
            ("select ';'; x", vec!["select ';'", "x"]),
            ("select 'it''s;'", vec!["select 'it''s;'"]),
            ("-- drop; x\nselect 1", vec!["-- drop; x\nselect 1"]),
            ("-- drop database x;", vec![]),
            ("select /* ; */ 1; y", vec!["select /* ; */ 1", "y"]),
            ("do $a$ x; $$; y $a$; z", vec!["do $a$ x; $$; y $a$", "z"]),
            ("select E'\\';'; z", vec!["select E'\\';'", "z"]),
            ("select ${{ a; 'b' }}; z", vec!["select ${{ a; 'b' }}", "z"]),
            (
                "\\c app\ndrop table x; \\! ls; pwd\nz",
                vec!["\\c app", "drop table x", "\\! ls; pwd", "z"],
            ),
        ] {
            assert_eq!(parts(code, SqlDialect::Postgres), expected, "{code}");
        }
    }

    #[test]
    fn the_body_of_a_routine_belongs_to_its_statement() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END; x";
        assert_eq!(parts(trigger, SqlDialect::Sqlite).len(), 2);
        let mysql =
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN DELETE FROM b; END //\nDELIMITER ;\nx; y";
        assert_eq!(
            parts(mysql, SqlDialect::MySql)[1],
            "CREATE PROCEDURE p() BEGIN DELETE FROM b; END"
        );
        assert_eq!(parts(mysql, SqlDialect::MySql)[3..], ["x", "y"]);
    }

    #[test]
    fn each_client_has_commands_of_its_own() {
        assert_eq!(parts(".read x.sql\nselect 1;\n.quit", SqlDialect::Sqlite).len(), 3);
        assert_eq!(parts("drop table a\nGO\ndrop table b\ngo", SqlDialect::MsSql).len(), 4);
        assert_eq!(parts("use app\ndrop table a", SqlDialect::MySql), ["use app", "drop table a"]);
        assert_eq!(
            parts("/*!40000 DROP DATABASE a*/;", SqlDialect::MySql),
            ["/*!40000 DROP DATABASE a*/"]
        );
    }
}
