use miette::{IntoDiagnostic, WrapErr};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// One thing that a command prints: what, and where to. Written `json` or `json=FILE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    /// Standard output, if absent.
    pub file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Human,
    Json,
    Junit,
    Markdown,
    Prometheus,
    Sarif,
    Github,
}

impl Format {
    const ALL: [(&'static str, Self); 7] = [
        ("human", Self::Human),
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("markdown", Self::Markdown),
        ("prometheus", Self::Prometheus),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// The error of a command that does not print it.
    pub fn unknown_here(self, command: &str) -> miette::Report {
        miette::miette!("`{command}` does not print {}", self.name())
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file after the `=`".into()),
            Some((format, file)) => (format, Some(file.into())),
            None => (text, None),
        };
        let known = Format::ALL.iter().find(|(name, _)| *name == format);
        let names = || Format::ALL.map(|(name, _)| name).join(", ");
        let format = known.ok_or_else(|| format!("the formats are {}", names()))?.1;
        Ok(Self { format, file })
    }
}

impl Output {
    /// Writes `text` to where it should go.
    pub fn write(&self, text: &str) -> miette::Result<()> {
        match &self.file {
            Some(file) => write_file(file, text),
            None => print(text),
        }
    }
}

/// Writes `text` to a file.
pub fn write_file(file: &Path, text: &str) -> miette::Result<()> {
    std::fs::write(file, text)
        .into_diagnostic()
        .wrap_err_with(|| format!("{} cannot be written", file.display()))
}

/// Writes `text` to standard output. A reader that has gone away has seen enough.
pub fn print(text: &str) -> miette::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).into_diagnostic(),
        _ => Ok(()),
    }
}
