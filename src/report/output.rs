use miette::{IntoDiagnostic, WrapErr};
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

/// One thing that a command prints: what, and where to. Written `json` or `json=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    /// Standard output, if absent.
    pub file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Json,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file after the `=`".into()),
            Some((format, file)) => (format, Some(file.into())),
            None => (text, None),
        };
        let format = match format {
            "human" => Format::Human,
            "json" => Format::Json,
            _ => return Err("the formats are human and json".into()),
        };
        Ok(Self { format, file })
    }
}

impl Output {
    /// Writes `text` to where it should go.
    pub fn write(&self, text: &str) -> miette::Result<()> {
        match &self.file {
            Some(file) => std::fs::write(file, text)
                .into_diagnostic()
                .wrap_err_with(|| format!("{} cannot be written", file.display())),
            None => print(text),
        }
    }
}

/// Writes `text` to standard output. A reader that has gone away has seen enough.
pub fn print(text: &str) -> miette::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).into_diagnostic(),
        _ => Ok(()),
    }
}
