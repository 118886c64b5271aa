use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A file that was read, with the positions of its lines.
pub struct SourceFile {
    path: PathBuf,
    text: String,
    not_utf8: Option<usize>,
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

const BYTE_ORDER_MARK: char = '\u{FEFF}';

impl SourceFile {
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), not_utf8: None, lines: OnceLock::new() }
    }

    /// Takes the bytes of a file. One that is not UTF-8 becomes `?`, so that a stray byte neither
    /// hides a whole file nor moves what comes after it.
    pub fn of_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, text),
            Err(error) => {
                let mut text = String::with_capacity(error.as_bytes().len());
                for chunk in error.as_bytes().utf8_chunks() {
                    text.push_str(chunk.valid());
                    text.extend(chunk.invalid().iter().map(|_| '?'));
                }
                let not_utf8 = Some(error.utf8_error().valid_up_to());
                Self { not_utf8, ..Self::new(path, text) }
            }
        }
    }

    /// Reads a file, as [`Self::of_bytes`] does.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(Self::of_bytes(path, std::fs::read(path)?))
    }

    /// The path as it was given: relative to where the user stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first byte that is not UTF-8.
    pub fn not_utf8(&self) -> Option<usize> {
        self.not_utf8
    }

    /// The line and column of a byte of this file; a byte past its end is at its end. A byte order
    /// mark is in no column, as in editors.
    pub fn line_column(&self, byte: usize) -> LineColumn {
        let lines = self.lines.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let byte = self.text.floor_char_boundary(byte);
        let line = lines.partition_point(|start| *start <= byte) - 1;
        let before = &self.text[lines[line]..byte];
        let before = if line == 0 { before.trim_start_matches(BYTE_ORDER_MARK) } else { before };
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
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

    #[test]
    fn a_byte_order_mark_is_in_no_column() {
        let file = SourceFile::new("x", "\u{FEFF}ab");
        assert_eq!(file.line_column(0).column, 1);
        assert_eq!(file.line_column(3).column, 1);
        assert_eq!(file.line_column(4).column, 2);
    }

    #[test]
    fn a_stray_byte_is_told_and_moves_nothing() {
        let file = SourceFile::of_bytes("x", b"a\xff\xe2\x82b".to_vec());
        assert_eq!(file.text(), "a???b");
        assert_eq!(file.not_utf8(), Some(1));
        assert_eq!(SourceFile::of_bytes("x", b"fine".to_vec()).not_utf8(), None);
    }
}
