use super::{
    Config,
    condition::with_parser_stack,
    fleet,
    suggest::{did_you_mean, listed},
};
use miette::{Diagnostic, NamedSource, SourceOffset, SourceSpan};
use regex::Regex;
use serde_saphyr::Location;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::LazyLock,
};
use thiserror::Error;

/// The file name that is looked for.
pub const FILE_NAME: &str = "tagout.yml";

#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    #[error("{path} cannot be read: {cause}")]
    Read { path: String, cause: std::io::Error },
    #[error("{message}")]
    #[diagnostic(help("the format is described in the README, section Configuration"))]
    Invalid {
        message: String,
        #[source_code]
        source_code: NamedSource<String>,
        #[label("here")]
        at: Option<SourceSpan>,
    },
}

impl ConfigError {
    /// What the YAML reader says, at its place in the file.
    pub fn yaml(error: &serde_saphyr::Error, path: &Path, text: &str) -> Self {
        let at = error.location().map(|location| span_of(&location, text));
        Self::at(in_words(error), path, text, at)
    }

    /// An error at a byte range of the file.
    pub fn at(
        message: impl Into<String>,
        path: &Path,
        text: &str,
        span: Option<SourceSpan>,
    ) -> Self {
        Self::Invalid {
            message: message.into(),
            source_code: NamedSource::new(path.display().to_string(), without_passwords(text)),
            at: span,
        }
    }
}

/// The folder that a file is in, as one would write it.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The nearest `tagout.yml` in `folder` or one above it.
pub fn find(folder: &Path) -> Option<PathBuf> {
    let start = folder.canonicalize().ok()?;
    start.ancestors().map(|above| above.join(FILE_NAME)).find(|path| path.is_file())
}

/// Reads and checks a configuration.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    parse(path, &read(path)?)
}

/// Reads a configuration without its probes and checklists. Reading their conditions takes longer
/// than linting a repository, which needs none of them.
pub fn load_inventory(path: &Path) -> Result<Config, ConfigError> {
    parse_inventory(path, &read(path)?)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Read { path: path.display().to_string(), cause })
}

/// Checks the text of a configuration that stands in `path`.
pub fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let mut config = parse_inventory(path, text)?;
    let file = Located { path, text };
    with_parser_stack(|| config.settle(file))
        .ok_or_else(|| file.error_at("the conditions could not be read".to_owned(), None))??;
    config.deploys = fleet::settle(&config.raw_deploys, &config, file)?;
    Ok(config)
}

/// The same of its text.
pub fn parse_inventory(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        // `expect: !has(x)` is a tag on nothing, not a condition.
        reject_unsupported_tags: true,
    };
    let mut config: Config = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| ConfigError::yaml(&error, path, text))?;
    if config.version != 1 {
        let message = format!("version {} is not known; write `version: 1`", config.version);
        return Err(ConfigError::at(message, path, text, None));
    }
    config.path = Some(path.to_owned());
    Ok(config)
}

/// What is wrong, with the nearest key there is for one that is unknown.
fn in_words(error: &serde_saphyr::Error) -> String {
    match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            let known = expected.iter().copied();
            // Half of a text that stands between brackets.
            let hint = match field.contains(' ') {
                true => "; a text with a comma in it needs quotes".to_owned(),
                false => did_you_mean(field, known.clone()),
            };
            format!("the key `{field}` is not known here{hint}\nthere are {}", listed(known))
        }
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` is here twice")
        }
        other => {
            // The place is shown below the message.
            let message = other.to_string();
            let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
            match what {
                "expected sequence start" => "a list is needed here, like `[a, b]`".to_owned(),
                "expected mapping start" => {
                    "a mapping is needed here, like `{key: value}`".to_owned()
                }
                _ if what.starts_with("unsupported tag ") => {
                    format!("{what}; write what begins with `!` in quotes")
                }
                _ if what.starts_with("while parsing a flow ")
                    || what.starts_with("unexpected character") =>
                {
                    format!("{what}; write a text in quotes that has brackets in it, or a comma")
                }
                _ => what.to_owned(),
            }
        }
    }
}

/// The text with stars for the passwords in its URLs, byte by byte: what is near an error is shown,
/// and may go into a log that many read.
fn without_passwords(text: &str) -> String {
    static PASSWORD: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"://[^\s:/@'"]*:([^\s/@'"]+)@"#).ok());
    let mut shown = text.to_owned();
    for found in PASSWORD.iter().flat_map(|it| it.captures_iter(text)).filter_map(|it| it.get(1)) {
        if !found.as_str().contains("${env:") {
            shown.replace_range(found.range(), &"*".repeat(found.len()));
        }
    }
    shown
}

/// The bytes of a place that the YAML reader knows. Of a broken text it may know no more than line
/// and column.
pub fn span_of(location: &Location, text: &str) -> SourceSpan {
    match (location.span().byte_offset(), location.span().byte_len()) {
        (Some(offset), Some(length)) => SourceSpan::new((offset as usize).into(), length as usize),
        _ => {
            let (line, column) = (location.line() as usize, location.column() as usize);
            SourceSpan::new(SourceOffset::from_location(text, line, column), 0)
        }
    }
}

/// A file that is being checked.
#[derive(Clone, Copy)]
pub(super) struct Located<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Located<'_> {
    pub fn error(self, message: String, at: &Location) -> ConfigError {
        self.error_at(message, Some(span_of(at, self.text)))
    }

    pub fn error_at(self, message: String, at: Option<SourceSpan>) -> ConfigError {
        ConfigError::at(message, self.path, self.text, at)
    }

    /// Where the characters `part` of a scalar's `value` stand in the file: at the very word where
    /// the scalar is written as it reads, else at the whole scalar.
    pub fn part_of_scalar(
        self,
        scalar: &Location,
        value: &str,
        part: Range<usize>,
    ) -> Option<SourceSpan> {
        let whole = span_of(scalar, self.text);
        let written = self.text.get(whole.offset()..whole.offset() + whole.len())?;
        let byte = |character: usize| {
            value.char_indices().nth(character).map_or(value.len(), |(byte, _)| byte)
        };
        match written.find(value) {
            Some(shift) if !part.is_empty() => {
                let (start, end) = (byte(part.start), byte(part.end));
                Some(SourceSpan::new((whole.offset() + shift + start).into(), end - start))
            }
            _ => Some(whole),
        }
    }
}
