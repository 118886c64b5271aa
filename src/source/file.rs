use super::Repository;
use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A file that was read, with the positions of its lines.
pub struct SourceFile {
    path: PathBuf,
    text: String,
    not_utf8: Option<usize>,
    is_cut: bool,
    lines: OnceLock<Lines>,
    repository: OnceLock<Repository>,
}

/// Where the lines of a text are.
struct Lines {
    /// The first byte of each.
    starts: Vec<usize>,
    /// How many characters stand before every [`STEP`]th byte, as a line may be very long; nothing
    /// of a text of which each byte is one.
    characters: Vec<usize>,
}

const STEP: usize = 1 << 10;

/// Longer files are read up to here, in bytes: nobody writes that much by hand.
pub const MAX_LEN: usize = 1 << 20;

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
        Self {
            path: path.into(),
            text: text.into(),
            not_utf8: None,
            is_cut: false,
            lines: OnceLock::new(),
            repository: OnceLock::new(),
        }
    }

    /// Takes the bytes of a file, up to [`MAX_LEN`]. One that is not UTF-8 becomes `?`, so that a
    /// stray byte neither hides a whole file nor moves what comes after it.
    pub fn of_bytes(path: impl Into<PathBuf>, mut bytes: Vec<u8>) -> Self {
        let is_cut = bytes.len() > MAX_LEN;
        if is_cut {
            let most = bytes[..MAX_LEN].iter().rposition(|byte| *byte == b'\n');
            bytes.truncate(most.map_or(MAX_LEN, |newline| newline + 1));
        }
        Self { is_cut, ..Self::of_all_bytes(path, bytes) }
    }

    fn of_all_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
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
        let file = File::open(path)?;
        let len = file.metadata().map_or(0, |metadata| metadata.len()).min(MAX_LEN as u64);
        // The one more byte is where reading finds the end.
        Self::read_into(path, file, Vec::with_capacity(len as usize + 1))
    }

    /// Reads what is said to be the content of a file.
    pub fn read_from(path: &Path, content: impl Read) -> io::Result<Self> {
        Self::read_into(path, content, Vec::new())
    }

    fn read_into(path: &Path, content: impl Read, mut bytes: Vec<u8>) -> io::Result<Self> {
        content.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Self::of_bytes(path, bytes))
    }

    /// The path as it was given: relative to where the user stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The repository that it belongs to.
    pub fn repository(&self) -> &Repository {
        self.repository.get_or_init(|| Repository::of(&self.path))
    }

    /// As one of that repository, whatever its path says.
    pub fn in_repository(self, repository: Repository) -> Self {
        Self { repository: OnceLock::from(repository), ..self }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first byte that is not UTF-8.
    pub fn not_utf8(&self) -> Option<usize> {
        self.not_utf8
    }

    /// Whether the file goes on after this text.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The line and column of a byte of this file; a byte past its end is at its end. A byte order
    /// mark is in no column, as in editors.
    pub fn line_column(&self, byte: usize) -> LineColumn {
        let lines = self.lines.get_or_init(|| Lines::of(&self.text));
        let byte = self.text.floor_char_boundary(byte);
        let line = lines.starts.partition_point(|start| *start <= byte) - 1;
        let from = match lines.starts[line] {
            0 => self.text.len() - self.text.trim_start_matches(BYTE_ORDER_MARK).len(),
            start => start,
        };
        let characters = |at| lines.characters_before(&self.text, at);
        LineColumn { line: line + 1, column: characters(byte).saturating_sub(characters(from)) + 1 }
    }
}

impl Lines {
    fn of(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes());
        // About as many as there are in real workflows.
        let mut starts = Vec::with_capacity(text.len() / 32 + 1);
        starts.push(0);
        starts.extend(ends.map(|end| end + 1));
        let (mut characters, mut before) = (Vec::new(), 0);
        if !text.is_ascii() {
            for chunk in text.as_bytes().chunks(STEP) {
                characters.push(before);
                before += starting(chunk);
            }
            characters.push(before);
        }
        Self { starts, characters }
    }

    /// How many characters start before a byte of the text.
    fn characters_before(&self, text: &str, byte: usize) -> usize {
        let step = byte / STEP;
        match self.characters.get(step) {
            Some(before) => before + starting(&text.as_bytes()[step * STEP..byte]),
            None => byte,
        }
    }
}

/// How many characters start in these bytes of a text.
fn starting(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count()
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
