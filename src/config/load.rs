use super::Config;
use miette::{Diagnostic, NamedSource, SourceSpan};
use std::path::{Path, PathBuf};
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
        let at = error.location().and_then(|location| {
            let (offset, len) = (location.span().byte_offset()?, location.span().byte_len()?);
            Some(SourceSpan::new((offset as usize).into(), len as usize))
        });
        Self::at(error.to_string(), path, text, at)
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
            source_code: NamedSource::new(path.display().to_string(), text.to_owned()),
            at: span,
        }
    }
}

/// The nearest `tagout.yml` in `folder` or one above it.
pub fn find(folder: &Path) -> Option<PathBuf> {
    let start = folder.canonicalize().ok()?;
    start.ancestors().map(|above| above.join(FILE_NAME)).find(|path| path.is_file())
}

/// Reads and checks a configuration.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Read { path: path.display().to_string(), cause })?;
    parse(path, &text)
}

/// Checks the text of a configuration that stands in `path`.
pub fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let mut config: Config = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| ConfigError::yaml(&error, path, text))?;
    if config.version != 1 {
        let message = format!("version {} is not known; write `version: 1`", config.version);
        return Err(ConfigError::at(message, path, text, None));
    }
    config.path = Some(path.to_owned());
    Ok(config)
}
