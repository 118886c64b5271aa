use super::SourceFile;
use std::{ops::Range, path::Path, sync::Arc};

/// A string of which every byte knows the bytes of the file that it was written as.
///
/// Decoding (YAML scalars, shell quoting, heredocs, JavaScript strings) builds one; slicing and
/// joining keep the map. A slice shares the string with what it is cut from, so that it and a copy
/// cost nothing, nor does joining what stood side by side.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Nothing for text that was never anything but empty.
    whole: Option<Arc<Whole>>,
    /// Which part of the whole it is, in bytes.
    range: Range<usize>,
}

/// A string with its map, in which every segment is longer than nothing.
#[derive(Clone, Debug, Default)]
struct Whole {
    string: String,
    segments: Vec<Segment>,
}

/// A run of the string.
#[derive(Clone, Debug)]
struct Segment {
    at: usize,
    len: usize,
    file: Arc<SourceFile>,
    source: Range<usize>,
    /// It stands in the file as it is, so byte n of the one is byte n of the other. Elsewhere
    /// every byte of the run comes from the whole range (an escape, a folded line break).
    verbatim: bool,
}

/// A range of bytes in a file.
#[derive(Clone, Debug)]
pub struct Location {
    pub file: Arc<SourceFile>,
    pub range: Range<usize>,
}

/// A path with forward slashes on every system.
pub fn shown_path(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

impl Location {
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The path with forward slashes on every system.
    pub fn shown_path(&self) -> String {
        shown_path(self.path())
    }

    /// The line on which it starts, from 1.
    pub fn line(&self) -> usize {
        self.file.line_column(self.range.start).line
    }
}

impl Text {
    /// The whole of a file.
    pub fn of_file(file: Arc<SourceFile>) -> Self {
        let range = 0..file.text().len();
        Self::of_range(file, range)
    }

    /// A part of a file, as it stands there.
    pub fn of_range(file: Arc<SourceFile>, range: Range<usize>) -> Self {
        let mut text = Self::default();
        text.push_range(&file, range);
        text
    }

    /// Empty, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        let whole = Whole { string: String::with_capacity(bytes), ..Whole::default() };
        Self { whole: Some(Arc::new(whole)), range: 0..0 }
    }

    pub fn as_str(&self) -> &str {
        self.whole.as_ref().map_or("", |whole| &whole.string[self.range.clone()])
    }

    pub fn len(&self) -> usize {
        self.range.len()
    }

    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// From how many places it was put together.
    pub fn places(&self) -> usize {
        self.whole.as_ref().map_or(0, |whole| whole.segments_in(&self.range).len())
    }

    /// Appends `decoded`, which was written as `source` in `file`.
    pub fn push_decoded(&mut self, decoded: &str, file: &Arc<SourceFile>, source: Range<usize>) {
        if decoded.is_empty() {
            return;
        }
        let verbatim = file.text().get(source.clone()) == Some(decoded);
        self.grow(|whole| whole.add(decoded, file, source, verbatim));
    }

    /// Appends a part of a file, as it stands there.
    pub fn push_range(&mut self, file: &Arc<SourceFile>, range: Range<usize>) {
        if !range.is_empty() {
            self.grow(|whole| whole.add(&file.text()[range.clone()], file, range, true));
        }
    }

    /// Appends text that stands in no file of its own; it counts as written at `location`.
    pub fn push_made_up(&mut self, string: &str, location: Option<&Location>) {
        match location {
            Some(location) => self.push_decoded(string, &location.file, location.range.clone()),
            None => self.grow(|whole| whole.string.push_str(string)),
        }
    }

    pub fn push(&mut self, other: &Text) {
        let Some(others) = other.whole.as_ref().filter(|_| !other.is_empty()) else { return };
        let is_same = self.whole.as_ref().is_some_and(|whole| Arc::ptr_eq(whole, others));
        if is_same && self.range.end == other.range.start {
            self.range.end = other.range.end;
        } else if self.is_empty() {
            *self = other.clone();
        } else {
            self.grow(|whole| whole.append(others, other.range.clone()));
        }
    }

    /// Appends to a string of its own.
    fn grow(&mut self, append: impl FnOnce(&mut Whole)) {
        let held = self.whole.get_or_insert_default();
        if held.string.len() == self.range.end
            && let Some(whole) = Arc::get_mut(held)
        {
            append(whole);
            self.range.end = whole.string.len();
            return;
        }
        let mut own = Whole::default();
        own.append(held, self.range.clone());
        append(&mut own);
        self.range = 0..own.string.len();
        *held = Arc::new(own);
    }

    /// The part of this text in `range`, from and to the next character boundaries before it.
    pub fn slice(&self, range: Range<usize>) -> Text {
        let string = self.as_str();
        let start = string.floor_char_boundary(range.start);
        let end = string.floor_char_boundary(range.end).max(start);
        let shift = self.range.start;
        Text { whole: self.whole.clone(), range: start + shift..end + shift }
    }

    /// Without blanks at both ends.
    pub fn trimmed(&self) -> Text {
        let string = self.as_str();
        let start = string.len() - string.trim_start().len();
        self.slice(start..start + string.trim().len())
    }

    /// Where the bytes of `range` were written. A range that joins text from several files is
    /// placed in the first of them; an empty range is where the byte after it is.
    pub fn locate(&self, range: Range<usize>) -> Option<Location> {
        let whole = self.whole.as_ref()?;
        let start = range.start + self.range.start;
        let end = (range.end + self.range.start).max(start + 1);
        let mut found: Option<Location> = None;
        let mut first = whole.segments.partition_point(|s| s.end() <= start);
        let is_part = |s: &Segment| s.at < self.range.end && s.end() > self.range.start;
        if start >= self.range.end || !whole.segments.get(first).is_some_and(is_part) {
            // What is after its end is where its last byte is.
            first = whole.segments.partition_point(|s| s.at < self.range.end).checked_sub(1)?;
            whole.segments.get(first).filter(|s| is_part(s))?;
        }
        let last = end.min(self.range.end.max(start + 1));
        for segment in whole.segments[first..].iter().take_while(|s| s.at < last) {
            let bounds = segment.within(&self.range);
            let clamp = |at: usize| at.clamp(bounds.start, bounds.end);
            let part = segment.part(clamp(start)..clamp(end));
            match &mut found {
                None => found = Some(Location { file: Arc::clone(&segment.file), range: part }),
                Some(location) if Arc::ptr_eq(&location.file, &segment.file) => {
                    location.range.start = location.range.start.min(part.start);
                    location.range.end = location.range.end.max(part.end);
                }
                Some(_) => break,
            }
        }
        let mut found = found?;
        if range.is_empty() {
            found.range.end = found.range.start;
        }
        Some(found)
    }

    /// Where what stands at that byte of its file, or next after it, stands in this.
    pub fn at_source(&self, byte: usize) -> Option<usize> {
        let whole = self.whole.as_ref()?;
        let segment = whole.segments_in(&self.range).iter().find(|one| one.source.end > byte)?;
        let within = if segment.verbatim { byte.saturating_sub(segment.source.start) } else { 0 };
        Some((segment.at + within).clamp(self.range.start, self.range.end) - self.range.start)
    }

    /// Where the whole text was written.
    pub fn location(&self) -> Option<Location> {
        self.locate(0..self.len())
    }

    /// The file in which its start stands.
    pub fn file(&self) -> Option<&Arc<SourceFile>> {
        let whole = self.whole.as_ref()?;
        whole.segments_in(&self.range).first().map(|segment| &segment.file)
    }
}

impl Whole {
    /// The segments of which some bytes are in a range, or around an empty one.
    fn segments_in(&self, range: &Range<usize>) -> &[Segment] {
        let first = self.segments.partition_point(|s| s.end() <= range.start);
        let last = self.segments.partition_point(|s| s.at < range.end);
        &self.segments[first..last.max(first)]
    }

    /// Appends a part of another string.
    fn append(&mut self, other: &Whole, range: Range<usize>) {
        let end = self.string.len();
        for segment in other.segments_in(&range) {
            let part = segment.within(&range);
            if !part.is_empty() {
                let at = part.start - range.start + end;
                let run = at..at + part.len();
                self.map(run, &segment.file, segment.part(part), segment.verbatim);
            }
        }
        self.string.push_str(&other.string[range]);
    }

    fn add(&mut self, string: &str, file: &Arc<SourceFile>, source: Range<usize>, verbatim: bool) {
        let at = self.string.len();
        self.string.push_str(string);
        self.map(at..self.string.len(), file, source, verbatim);
    }

    /// Says where a run was written, as part of the one before it if it goes on verbatim, so that
    /// text built of many small pieces stays small.
    fn map(
        &mut self,
        run: Range<usize>,
        file: &Arc<SourceFile>,
        source: Range<usize>,
        verbatim: bool,
    ) {
        if let Some(last) = self.segments.last_mut() {
            let adjacent = last.end() == run.start && last.source.end == source.start;
            if last.verbatim && verbatim && adjacent && Arc::ptr_eq(&last.file, file) {
                last.len += run.len();
                last.source.end = source.end;
                return;
            }
        }
        let (at, len, file) = (run.start, run.len(), Arc::clone(file));
        self.segments.push(Segment { at, len, file, source, verbatim });
    }
}

impl Segment {
    fn end(&self) -> usize {
        self.at + self.len
    }

    /// Its part of a range.
    fn within(&self, range: &Range<usize>) -> Range<usize> {
        self.at.max(range.start)..self.end().min(range.end)
    }

    fn part(&self, range: Range<usize>) -> Range<usize> {
        if self.verbatim {
            let shift = |byte: usize| byte - self.at + self.source.start;
            shift(range.start)..shift(range.end)
        } else {
            self.source.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_piece_moves_nothing() {
        let file = Arc::new(SourceFile::new("x", "abc"));
        let text = Text::of_file(file);
        let mut joined = text.slice(1..2);
        joined.push(&text.slice(0..0));
        joined.push(&text.slice(2..3));
        assert_eq!(joined.locate(0..2).map(|l| l.range), Some(1..3));
    }

    #[test]
    fn slices_and_joins_keep_the_place_of_every_byte() {
        let file = Arc::new(SourceFile::new("x", r"a\nb cd"));
        let mut text = Text::default();
        text.push_decoded("a", &file, 0..1);
        text.push_decoded("\n", &file, 1..3);
        text.push_decoded("b cd", &file, 3..7);
        let at = |text: &Text, range| text.locate(range).map(|l| l.range);
        assert_eq!(at(&text, 1..2), Some(1..3));
        assert_eq!(at(&text, 0..3), Some(0..4));
        let mut joined = text.slice(4..6);
        joined.push(&text.slice(1..3));
        assert_eq!(joined.as_str(), "cd\nb");
        assert_eq!(at(&joined, 0..2), Some(5..7));
        assert_eq!(at(&joined, 2..3), Some(1..3));
        assert_eq!(at(&joined, 3..4), Some(3..4));
    }
}
