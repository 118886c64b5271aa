use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A file that was read, with the positions of its lines.
pub struct SourceFile {
    path: PathBuf,
    text: String,
    lines: OnceLock<Vec<usize>>,
}

/// A position as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl SourceFile {
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// Reads a file. Bytes that are not UTF-8 become U+FFFD, one for each byte of the error, so
    /// that a stray byte never hides a whole file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        Ok(Self::new(path, text))
    }

    /// The path as it was given: relative to where the user stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte of this file; a byte past its end is at its end.
    pub fn line_column(&self, byte: usize) -> LineColumn {
        let lines = self.lines.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let byte = self.text.floor_char_boundary(byte);
        let line = lines.partition_point(|start| *start <= byte) - 1;
        LineColumn { line: line + 1, column: self.text[lines[line]..byte].chars().count() + 1 }
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let file = SourceFile::new("x", "ä b\r\ncd");
        let at = |byte| (file.line_column(byte).line, file.line_column(byte).column);
        assert_eq!([at(0), at(2), at(3), at(6), at(99)], [(1, 1), (1, 2), (1, 3), (2, 1), (2, 3)]);
    }
}
