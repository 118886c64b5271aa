//! A second look at a statement that the parser does not understand, or that builds others: its
//! words alone.

use super::names::{Names, unknown_name};
use crate::invocation::Word;
use sqlparser::tokenizer::Token;

/// The words that change what is there.
const VERBS: [&str; 3] = ["drop", "truncate", "delete"];

/// The unquoted word that a token is, in lower case.
pub fn keyword(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    }
}

fn is(token: Option<&Token>, words: &[&str]) -> bool {
    token.and_then(keyword).is_some_and(|word| words.contains(&word.as_str()))
}

/// The word that makes tokens worth a second look: `drop`, `truncate` or `delete`.
pub fn dangerous(tokens: &[Token]) -> Option<&'static str> {
    VERBS.into_iter().find(|verb| tokens.iter().any(|token| is(Some(token), &[verb])))
}

/// What a statement does by its first words; nothing if they are not plain.
pub fn call(tokens: &[Token], names: &Names<'_>) -> Option<Vec<Word>> {
    let (first, mut rest) = tokens.split_first()?;
    let first = keyword(first)?;
    let mut verb = vec![first.clone()];
    match first.as_str() {
        "drop" => {
            verb.push(rest.first().and_then(keyword)?);
            rest = &rest[1..];
            // `DROP OWNED BY`, `DROP MATERIALIZED VIEW`
            rest = skip(rest, &["by", "view", "concurrently"]);
        }
        "truncate" => rest = skip(rest, &["table", "database"]),
        "delete" if is(rest.first(), &["from"]) => rest = &rest[1..],
        _ => return None,
    }
    let rest = skip(rest, &["if", "exists", "only"]);
    let targets = list_of_names(rest);
    let has_where = rest.iter().any(|token| is(Some(token), &["where", "limit", "using"]));
    let flags: &[&str] = if has_where { &["--where"] } else { &[] };
    let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
    (!targets.is_empty()).then(|| names.words(&verb, targets, flags))
}

fn skip<'t>(tokens: &'t [Token], words: &[&str]) -> &'t [Token] {
    let count = tokens.iter().take_while(|token| is(Some(token), words)).count();
    &tokens[count..]
}

fn list_of_names(tokens: &[Token]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut joins = false;
    let mut wants = true;
    for token in tokens {
        match token {
            Token::Word(word) if wants => {
                match names.last_mut().filter(|_| joins) {
                    Some(name) => name.push_str(&word.value),
                    None => names.push(word.value.clone()),
                }
                (joins, wants) = (false, false);
            }
            Token::Period => {
                if let Some(name) = names.last_mut() {
                    name.push('.');
                }
                (joins, wants) = (true, true);
            }
            Token::Comma => (joins, wants) = (false, true),
            _ => break,
        }
    }
    names
}

/// The name of what a statement creates anew, so that dropping it later harms nobody.
pub fn created(tokens: &[Token]) -> Option<String> {
    let rest = tokens.split_first().filter(|(first, _)| is(Some(first), &["create"]))?.1;
    let rest = skip(rest, &["temp", "temporary", "unlogged", "global", "local"]);
    let (kind, rest) = rest.split_first()?;
    let is_new = is(Some(kind), &["table", "database", "schema"]) && !is(rest.first(), &["if"]);
    if is_new { list_of_names(rest).pop().map(|name| name.to_lowercase()) } else { None }
}

/// The statements in the body of `DO $$ … $$`: those that stand there, and those that `EXECUTE`
/// puts together of literals and unknown parts.
pub fn body_statements(tokens: &[Token]) -> Vec<String> {
    const STARTS: [&str; 4] = ["begin", "loop", "then", "else"];
    let mut found = Vec::new();
    let mut start = true;
    for (position, token) in tokens.iter().enumerate() {
        let statement = || {
            let end = tokens[position..].iter().position(|token| *token == Token::SemiColon);
            &tokens[position..end.map_or(tokens.len(), |end| position + end)]
        };
        if start && is(Some(token), &["execute"]) {
            found.push(put_together(&statement()[1..]));
        } else if start && is(Some(token), &["drop", "truncate", "delete", "update"]) {
            let words: Vec<String> = statement().iter().map(ToString::to_string).collect();
            found.push(words.join(" "));
        }
        start = *token == Token::SemiColon || is(Some(token), &STARTS);
    }
    found
}

/// The text that `SELECT 'DROP TABLE ' || name FROM …` gives for each row.
pub fn selected(query: &[Token]) -> String {
    let from = query.iter().position(|token| is(Some(token), &["from", "where"]));
    query.get(1..from.unwrap_or(query.len())).map(put_together).unwrap_or_default()
}

/// `'DROP TABLE ' || quote_ident(t) || ' CASCADE'`, `format('DROP TABLE %I', t)`.
fn put_together(tokens: &[Token]) -> String {
    let mut code = String::new();
    let formats = is(tokens.first(), &["format"]);
    let (mut depth, mut hole) = (0usize, false);
    for token in tokens {
        match token {
            Token::SingleQuotedString(text) if formats && code.is_empty() => {
                code = text.split('%').enumerate().fold(String::new(), |code, (n, part)| {
                    let letter = part.chars().next().map_or(0, char::len_utf8);
                    if n == 0 { code + part } else { code + &unknown_name() + &part[letter..] }
                });
            }
            _ if formats => {}
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::SingleQuotedString(text) if depth == 0 => code.push_str(text),
            Token::StringConcat => hole = false,
            _ if !hole && depth == 0 => {
                code.push_str(&unknown_name());
                hole = true;
            }
            _ => {}
        }
    }
    code
}
