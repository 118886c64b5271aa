use serde::Deserialize;
use std::{fmt, path::Path};

/// What code is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// bash and sh, which are read alike.
    Shell,
    JavaScript,
    Python,
    PowerShell,
    /// Windows' `cmd`.
    Batch,
    #[serde(skip)]
    Sql(SqlDialect),
    /// What MongoDB's shell is given: JavaScript about a database.
    #[serde(skip)]
    MongoDb,
    /// One that tagout knows nothing of.
    #[serde(skip)]
    Unknown,
}

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlDialect {
    /// Nothing says it.
    #[default]
    Any,
    Postgres,
    MySql,
    Sqlite,
    MsSql,
    ClickHouse,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shell => "shell",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::PowerShell => "PowerShell",
            Self::Batch => "cmd",
            Self::Sql(_) => "SQL",
            Self::MongoDb => "MongoDB",
            Self::Unknown => "this language",
        })
    }
}

impl Language {
    /// The language of a file that is a script, by its name or its first line.
    pub fn of_file(path: &Path, text: &str) -> Option<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yml" | "yaml" | "json") => None,
            Some("sh" | "bash" | "zsh" | "ksh") => Some(Self::Shell),
            Some("js" | "cjs" | "mjs" | "jsx" | "ts" | "cts" | "mts" | "tsx") => {
                Some(Self::JavaScript)
            }
            Some("py") => Some(Self::Python),
            Some("ps1") => Some(Self::PowerShell),
            Some("bat" | "cmd") => Some(Self::Batch),
            Some("sql") => Some(Self::Sql(SqlDialect::Any)),
            _ => shebang(text)?.split_whitespace().find_map(Self::of_interpreter),
        }
    }

    /// The language that a program reads, if it is an interpreter.
    pub fn of_interpreter(word: &str) -> Option<Self> {
        let name = program_name(word);
        // `python3.12` is python.
        Some(match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "bash" | "sh" | "dash" | "ash" | "zsh" | "ksh" => Self::Shell,
            "python" | "pypy" => Self::Python,
            "pwsh" | "powershell" => Self::PowerShell,
            "cmd" => Self::Batch,
            "node" | "nodejs" | "bun" | "deno" => Self::JavaScript,
            _ => return None,
        })
    }
}

/// What stands after the `#!` of a script's first line.
pub fn shebang(text: &str) -> Option<&str> {
    text.lines().next()?.trim_start_matches('\u{FEFF}').strip_prefix("#!")
}

/// The name of a program without its folder and Windows' ending.
pub fn program_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    [".exe", ".cmd", ".bat"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{JavaScript, Shell};

    #[test]
    fn a_script_is_known_by_its_name_or_its_first_line() {
        for (path, text, language) in [
            ("deploy.sh", "", Some(Shell)),
            ("deploy", "#!/usr/bin/env bash\npm2 list", Some(Shell)),
            ("deploy", "#!/usr/bin/env -S node --experimental\n", Some(JavaScript)),
            ("deploy.mjs", "", Some(JavaScript)),
            ("deploy.yml", "#!/bin/sh", None),
            ("deploy", "", None),
            ("README.md", "bash", None),
        ] {
            assert_eq!(Language::of_file(Path::new(path), text), language, "{path} {text}");
        }
    }
}
