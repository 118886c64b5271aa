//! SQL: what do statements destroy? In comes the text that a client program is given (with holes
//! where a shell or a workflow puts something in); out goes each statement that changes what is
//! there as a call of `sql` with plain words (`sql drop database app`, `sql delete users --where`),
//! and what is meant for the client itself: shell commands and other files. `split` finds the
//! statements, `statement` reads the tree that sqlparser gives, and `tokens` takes a second look at
//! those that it does not understand, so that an exotic one does not hide the rest.

mod names;
mod split;
mod statement;
#[cfg(test)]
mod tests;
mod tokens;

use super::marks::Marks;
use crate::{
    invocation::Word,
    source::{Location, SqlDialect, Text},
};
use names::Names;
use split::Part;
use sqlparser::{
    dialect::{
        ClickHouseDialect, Dialect, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect,
        SQLiteDialect,
    },
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

/// What a text does.
#[derive(Debug)]
pub enum Step {
    /// A call of `sql`, and where its statement stands.
    Call(Vec<Word>, Option<Location>),
    /// Text for a shell.
    Shell(Text),
    /// Another file of SQL.
    File(String, Option<Location>),
    /// A statement that names something dangerous and is not understood.
    Unread(&'static str, Option<Location>),
}

/// The first words of statements that can destroy something.
const CHANGING: [&str; 9] =
    ["drop", "truncate", "delete", "update", "alter", "with", "explain", "do", "create"];

/// Longer statements are read by their words alone: a tree of them is deep.
const MAX_TOKENS: usize = 3_000;

/// A body that builds statements that build statements ends here.
const MAX_DEPTH: usize = 3;

/// Reads SQL text; `marks` are its holes.
pub fn read(text: &Text, marks: &Marks, dialect: SqlDialect) -> Vec<Step> {
    let mut reader = Reader { dialect, steps: Vec::new(), created: Vec::new() };
    let mut last = Text::default();
    let parts = split::split(text.as_str(), dialect);
    for part in parts {
        match part {
            Part::Statement(range) => {
                let slice = text.slice(range);
                for statement in marks.value(&slice).alternatives() {
                    let (code, names) = Names::of(statement, slice.location());
                    reader.statement(&code, &names, &slice.location(), 0);
                }
                last = slice;
            }
            // The rows of the query before it are run as statements.
            Part::Client(range) if text.as_str()[range.clone()].starts_with("\\gexec") => {
                for query in marks.value(&last).alternatives() {
                    let (code, names) = Names::of(query, last.location());
                    let built = tokens::selected(&reader.tokens(&code));
                    reader.statement(&built, &names, &last.location(), 0);
                }
            }
            Part::Client(range) => reader.client(&text.slice(range)),
        }
    }
    reader.steps
}

/// The word in a text that makes it worth a second look.
pub fn dangerous(code: &str) -> Option<&'static str> {
    let words: Vec<Token> = code.split_whitespace().map(word).collect();
    tokens::dangerous(&words)
}

fn word(written: &str) -> Token {
    Token::make_word(written, None)
}

struct Reader {
    dialect: SqlDialect,
    steps: Vec<Step>,
    /// What earlier statements created anew.
    created: Vec<String>,
}

impl Reader {
    fn statement(
        &mut self,
        code: &str,
        names: &Names<'_>,
        location: &Option<Location>,
        depth: usize,
    ) {
        let tokens = self.tokens(code);
        let first = tokens.first().and_then(tokens::keyword).unwrap_or_default();
        if !CHANGING.contains(&first.as_str()) {
            return;
        }
        match first.as_str() {
            "create" => self.created.extend(tokens::created(&tokens)),
            "do" => self.body(&tokens, names, location, depth),
            _ => match self.calls(&first, &tokens, names) {
                Some(calls) => {
                    let calls = calls.into_iter().filter(|call| !self.drops_its_own(call));
                    let calls: Vec<_> =
                        calls.map(|call| Step::Call(call, location.clone())).collect();
                    self.steps.extend(calls);
                }
                None => self.steps.extend(
                    tokens::dangerous(&tokens).map(|word| Step::Unread(word, location.clone())),
                ),
            },
        }
    }

    fn tokens(&self, code: &str) -> Vec<Token> {
        let tokens = Tokenizer::new(parser_dialect(self.dialect).as_ref(), code).tokenize();
        // With an open quote, its words are what is left to look at.
        let words = || code.split_whitespace().map(word).collect();
        let mut tokens: Vec<Token> = tokens.unwrap_or_else(|_| words());
        tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
        tokens
    }

    fn calls(&self, first: &str, tokens: &[Token], names: &Names<'_>) -> Option<Vec<Vec<Word>>> {
        let dialect = parser_dialect(self.dialect);
        let parsed = (tokens.len() <= MAX_TOKENS).then(|| {
            Parser::new(dialect.as_ref()).with_tokens(tokens.to_vec()).parse_statements().ok()
        });
        match parsed.flatten() {
            Some(statements) => {
                Some(statements.iter().flat_map(|s| statement::calls(s, names)).collect())
            }
            None if first == "update" => Some(Vec::new()),
            None => tokens::call(tokens, names).map(|call| vec![call]),
        }
    }

    /// `DO $$ … $$` runs its body.
    fn body(
        &mut self,
        tokens: &[Token],
        names: &Names<'_>,
        location: &Option<Location>,
        depth: usize,
    ) {
        let bodies = tokens.iter().filter_map(|token| match token {
            Token::DollarQuotedString(body) => Some(&body.value),
            Token::SingleQuotedString(body) => Some(body),
            _ => None,
        });
        for body in bodies.take_while(|_| depth < MAX_DEPTH) {
            for statement in tokens::body_statements(&self.tokens(body)) {
                self.statement(&statement, names, location, depth + 1);
            }
        }
    }

    /// Whether a call drops what an earlier statement of the same text created.
    fn drops_its_own(&self, call: &[Word]) -> bool {
        let is_drop = call.get(1).is_some_and(|verb| verb.head() == "drop");
        let known = |word: &Word| {
            word.text().is_some_and(|name| self.created.contains(&name.to_lowercase()))
        };
        is_drop && call.len() > 3 && call[3..].iter().all(known)
    }

    /// A line for the client: `\! ls`, `\i x.sql`, `.read x.sql`, `source x.sql`.
    fn client(&mut self, line: &Text) {
        let code = line.as_str();
        let blank = |c: char| c.is_whitespace();
        let (name, from) = match code.strip_prefix("\\!").or_else(|| code.strip_prefix("!!")) {
            Some(rest) => ("\\!", code.len() - rest.len()),
            None => {
                let end = code.find(blank).unwrap_or(code.len());
                (&code[..end], end)
            }
        };
        match name {
            "\\!" | "system" | ".shell" | ".system" => {
                self.steps.push(Step::Shell(line.slice(from..code.len())));
            }
            "\\i" | "\\ir" | "\\include" | "\\." | "source" | ".read" | ":r" => {
                let path = code[from..].trim().trim_end_matches(';').trim_matches(['\'', '"']);
                self.steps.push(Step::File(path.to_owned(), line.location()));
            }
            _ => {}
        }
    }
}

fn parser_dialect(dialect: SqlDialect) -> Box<dyn Dialect> {
    match dialect {
        SqlDialect::Any => Box::new(GenericDialect {}),
        SqlDialect::Postgres => Box::new(PostgreSqlDialect {}),
        SqlDialect::MySql => Box::new(MySqlDialect {}),
        SqlDialect::Sqlite => Box::new(SQLiteDialect {}),
        SqlDialect::MsSql => Box::new(MsSqlDialect {}),
        SqlDialect::ClickHouse => Box::new(ClickHouseDialect {}),
    }
}
