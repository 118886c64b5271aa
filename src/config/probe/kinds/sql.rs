use super::{Schema, password_problem, placeholder_problem};
use crate::config::{EnvText, listed};
use serde::Deserialize;
use std::path::PathBuf;

/// A question to a database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    pub url: EnvText,
    pub query: EnvText,
    /// Certificates by which a PostgreSQL server must prove who it is.
    pub ca: Option<PathBuf>,
}

/// How the URL of a database that can be asked begins.
const SCHEMES: [&str; 5] = ["postgres://", "postgresql://", "mysql://", "mariadb://", "sqlite:"];

/// What a question can begin with. What else there is changes something, or runs a program.
const QUESTIONS: [&str; 7] = ["select", "with", "values", "table", "show", "explain", "pragma"];

impl Schema for Sql {
    const SUMMARY: &str = "One question to PostgreSQL, MySQL, MariaDB or SQLite, in a transaction that \
        cannot write, and that the server ends at the probe's `timeout`";
    const KEYS: &[(&str, &str)] = &[
        (
            "url",
            "`postgres://user:${env:PASSWORD}@host/database`, the same with `mysql://` or `mariadb://`, or `sqlite:FILE` with a path from the folder of `tagout.yml`",
        ),
        (
            "query",
            "one statement that asks: `SELECT`, `WITH`, `VALUES`, `TABLE`, `SHOW`, `EXPLAIN`, and `PRAGMA` of SQLite",
        ),
        (
            "ca",
            "a file of certificates by which the server must prove who it is; without it the connection is encrypted if the server can, and not verified, as `psql` does",
        ),
    ];
    const VARIABLES: &[(&str, &str)] = &[
        ("value", "what stands in the first column of the only row"),
        ("rows", "the rows, a list of maps: `rows[0].age`; more than 1,000 are an error"),
        ("row_count", "how many rows there are"),
        ("columns", "the names of the columns, a list"),
        ("connect_time", "how long connecting took, a duration"),
        ("latency", "how long all of it took, a duration"),
    ];
    const EXAMPLE: &str = "sql: {url: \"${env:DATABASE_URL}\", query: SELECT count(*) FROM jobs}";
    const CONDITION: &str = "value < 50";

    fn problem(&self) -> Option<String> {
        let (url, query) = (self.url.as_written(), self.query.as_written());
        let is_known = SCHEMES.iter().any(|scheme| url.starts_with(scheme));
        if !is_known && !url.starts_with("${env:") {
            return Some(format!("{url:?} must start with {}", listed(SCHEMES)));
        }
        let word = first_word(query).to_lowercase();
        if word.is_empty() {
            return Some("the query is empty".to_owned());
        }
        if !QUESTIONS.contains(&word.as_str()) && !word.starts_with("${env:") {
            return Some(format!("a probe only asks, and the query begins with `{word}`"));
        }
        if writes_a_file(query) {
            return Some("a probe only asks, and the query would write a file".to_owned());
        }
        password_problem(&self.url).or_else(|| placeholder_problem(url))
    }
}

/// Whether a statement asks MySQL to write its answer to a file of the server, which it does in
/// transactions that cannot write, too.
fn writes_a_file(query: &str) -> bool {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    words.windows(2).any(|two| two[0] == "into" && matches!(&*two[1], "outfile" | "dumpfile"))
}

/// The first word of a statement, behind comments and brackets.
fn first_word(query: &str) -> &str {
    let mut rest = query.trim_start();
    loop {
        rest = match rest {
            _ if rest.starts_with("--") => rest.split_once('\n').map_or("", |(_, after)| after),
            _ if rest.starts_with("/*") => rest.split_once("*/").map_or("", |(_, after)| after),
            _ if rest.starts_with(['(', ';']) => &rest[1..],
            _ => break,
        }
        .trim_start();
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ';' | '*' | '"' | '\'');
    rest.split(ends).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_comments_and_brackets() {
        assert_eq!(first_word("-- how many\n /* of\nthem */ (SELECT(1))"), "SELECT");
        assert_eq!(first_word("copy t to program 'x'"), "copy");
        assert_eq!(first_word(" -- nothing"), "");
    }

    #[test]
    fn only_questions_without_a_password_are_accepted() {
        let problem = |url: &str, query: &str| {
            let text = |text| EnvText::parse(text).unwrap();
            Sql { url: text(url), query: text(query), ca: None }.problem()
        };
        assert_eq!(problem("postgres://me@db/x", "SELECT 1"), None);
        assert_eq!(problem("${env:URL}", "pragma integrity_check"), None);
        for wrong in [
            problem("postgres://me:secret@db/x", "SELECT 1"),
            problem("oracle://db/x", "SELECT 1"),
            problem("mysql://db/x", "SELECT 1\n INTO\nOUTFILE '/tmp/x'"),
            problem("sqlite:x.db", "DELETE FROM t"),
            problem("sqlite:x.db", "/* SELECT */ drop table t"),
            problem("sqlite:x.db", " "),
        ] {
            assert!(wrong.is_some());
        }
    }
}
