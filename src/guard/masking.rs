//! A command line as it may be shown: in a lock's record, a log or a report. What looks like a
//! secret is masked; when in doubt, masked.

use regex::Regex;
use std::ffi::OsStr;
use std::sync::LazyLock;

const MASK: &str = "***";

/// Words that make the name of an option or a variable the name of a secret.
const SECRET_WORDS: &str =
    "token|secret|passw|passphrase|pwd|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth";

/// Shorter values of secret variables would mask parts of ordinary words.
const SHORTEST_SECRET: usize = 6;

/// `--name=value`, `NAME=value`, `name: value`, `--name value` with a secret's name.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r#"(?ix) ( [A-Za-z0-9_.-]* (?:{SECRET_WORDS}) [A-Za-z0-9_.-]* ["']? (?: \s*[=:]\s* | \s+ ) (?:(?:bearer|basic)\s+)? )
           (?: "[^"]*" | '[^']*' | [^\s"'&;|]+ )"#
    ))
});

/// `scheme://user:password@host`.
static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@"));

/// Tokens that are known by their look: GitHub, GitLab, Slack, AWS, and signed JSON.
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:gh[pousr]_[A-Za-z0-9_]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9_-]{8,}|AKIA[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)",
    )
});

static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){SECRET_WORDS}")));

#[expect(clippy::expect_used, reason = "the patterns are constants, and the tests compile each")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// An argv as one line that a shell would read the same way, its secrets masked.
pub fn shown_command<S: AsRef<OsStr>>(argv: &[S]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut value_is_secret = false;
    for word in argv {
        let word = word.as_ref().to_string_lossy();
        if value_is_secret && !word.starts_with('-') {
            words.push(MASK.to_owned());
            value_is_secret = false;
            continue;
        }
        value_is_secret =
            word.starts_with('-') && !word.contains(['=', ' ']) && SECRET_NAME.is_match(&word);
        words.push(quoted(masked(&word)));
    }
    words.join(" ")
}

/// A text with what looks like a secret masked, and with it the values of this process' own secret
/// variables wherever they stand.
pub fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, value) in std::env::vars_os() {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if value.len() >= SHORTEST_SECRET && SECRET_NAME.is_match(&name) && !value.starts_with('/')
        {
            text = text.replace(&*value, MASK);
        }
    }
    // Each pattern costs more to build than all else before a deploy, so only where it can match.
    if SECRET_NAME.is_match(&text) {
        text = NAMED.replace_all(&text, "${1}***").into_owned();
    }
    if text.contains("://") {
        text = USERINFO.replace_all(&text, "${1}***@").into_owned();
    }
    KNOWN.replace_all(&text, MASK).into_owned()
}

/// A word in single quotes if a shell would read it as anything else.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,*".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_command_are_masked_and_the_rest_is_left() {
        for (argv, shown) in [
            (&["npm", "run", "deploy"][..], "npm run deploy"),
            (&["deploy", "--token=abc", "web"], "deploy --token=*** web"),
            (&["deploy", "--db-password", "abc", "web"], "deploy --db-password *** web"),
            (&["deploy", "--auth", "--force"], "deploy --auth --force"),
            (&["env", "API_KEY=abc", "x"], "env API_KEY=*** x"),
            (&["psql", "postgres://u:p@db/x"], "psql postgres://***@db/x"),
            (&["sh", "-c", "TOKEN='a b' ./x && y"], "sh -c 'TOKEN=*** ./x && y'"),
            (
                &["curl", "-H", "Authorization: Bearer abc.def", "h"],
                "curl -H 'Authorization: Bearer ***' h",
            ),
            (&["x", "ghp_0123456789abcdefghij"], "x ***"),
            (&["echo", "it's", ""], r"echo 'it'\''s' ''"),
            (&["git", "clone", "git@host:a/b"], "git clone git@host:a/b"),
        ] {
            assert_eq!(shown_command(argv), shown);
        }
    }
}
