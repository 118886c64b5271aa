//! A command line as it may be shown: in a lock's record, a log or a report. What looks like a
//! secret is masked; when in doubt, masked.

use crate::host::Snapshot;
use regex::Regex;
use serde_json::{Map, Value};
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

/// Variables of which everybody may know the value.
const ORDINARY: &[&str] = &[
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "TZ",
    "HOSTNAME",
    "NODE_ENV",
    "PM2_HOME",
    "PORT",
    "name",
    "namespace",
];

/// The values of environments that must not be told.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Those of variables that are called like secrets; the longest first.
    named: Vec<String>,
    /// Those of all variables that are not known to be ordinary.
    all: Vec<String>,
}

impl Secrets {
    /// Those of all processes in a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut secrets = Self::default();
        for (name, value) in snapshot.processes().flat_map(|process| variables(&process.recipe.0)) {
            let Some(value) = value.as_str().filter(|value| value.len() >= SHORTEST_SECRET) else {
                continue;
            };
            if ORDINARY.contains(&name) || name.starts_with("LC_") || name == "LANG" {
                continue;
            }
            let is_named = SECRET_NAME.is_match(name)
                || name.to_ascii_uppercase().ends_with("KEY")
                || USERINFO.is_match(value);
            // A value of several lines stands in a log line by line.
            for value in value.lines().filter(|line| line.len() >= SHORTEST_SECRET) {
                if is_named && !value.starts_with('/') {
                    secrets.named.push(value.to_owned());
                }
                secrets.all.push(value.to_owned());
            }
        }
        for values in [&mut secrets.named, &mut secrets.all] {
            values.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            values.dedup();
        }
        secrets
    }

    /// A text of ours, without the values of secret variables.
    pub fn hidden(&self, text: &str) -> String {
        replaced(text, &self.named)
    }

    /// A text that anybody may have written anything into.
    pub fn hidden_in_log(&self, text: &str) -> String {
        masked(&replaced(text, &self.all))
    }
}

fn replaced(text: &str, values: &[String]) -> String {
    let hide = |text: String, value: &String| match text.contains(value.as_str()) {
        true => text.replace(value.as_str(), MASK),
        false => text,
    };
    values.iter().fold(text.to_owned(), hide)
}

/// All that PM2 keeps of an app's environment: after `pm2 restart FILE` a part of it is only spread
/// over the settings, and what the file has for other environments stands in blocks of its own.
fn variables(recipe: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let is_variable = |name: &str| {
        name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
    };
    let spread = recipe.iter().filter(move |(name, _)| is_variable(name));
    let blocks = recipe.iter().filter(|(name, _)| *name == "env" || name.starts_with("env_"));
    let inside = blocks.filter_map(|(_, block)| block.as_object()).flatten();
    spread.chain(inside).map(|(name, value)| (name.as_str(), value))
}

/// A word in single quotes if a shell would read it as anything else.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,*".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word } else { in_single_quotes(&word) }
}

/// A text that a shell takes as it is.
pub fn in_single_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
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

    #[test]
    fn values_of_environments_are_hidden_wherever_pm2_keeps_them() {
        let mut snapshot: Snapshot = serde_json::from_value(serde_json::json!({
            "version": 1, "id": "i", "taken": "2026-11-21T12:00:00Z", "host": "h", "boot": null,
            "commits": [], "sections": [],
        }))
        .unwrap();
        let recipe = serde_json::json!({
            "name": "shop-api", "env": {"STOCK_KEY": "s3cret-one", "MODE": "careful", "PORT": "12345678"},
            "env_production": {"DB_PASSWORD": "s3cret-two\nand more"}, "SPREAD_TOKEN": "s3cret-three",
        });
        snapshot.sections = serde_json::from_value(serde_json::json!([{
            "manager": "pm2", "state": {"kind": "running", "version": "7"}, "processes": [{
                "manager": "pm2", "name": "shop-api", "namespace": "default", "instance": 0, "id": 0,
                "status": "online", "pid": 1, "pid_start": null, "restarts": 0, "started": null,
                "memory": 0, "cpu": 0.0, "script": null, "cwd": null, "exec_mode": null,
                "watch": false, "autorestart": true, "cron": false, "module": false, "recipe": recipe,
            }],
        }]))
        .unwrap();
        let secrets = Secrets::of(&snapshot);
        let text = "shop-api is careful: s3cret-one s3cret-two\nand more s3cret-three 12345678";
        assert_eq!(secrets.hidden(text), "shop-api is careful: *** ***\n*** *** 12345678");
        assert_eq!(secrets.hidden_in_log(text), "shop-api is ***: *** ***\n*** *** 12345678");
    }
}
