//! The part of a file that is shown with a finding. Lines can be endless and files long, so miette
//! gets no more of them than is near.

use crate::source::SourceFile;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// How much is shown before and after what is marked, in bytes.
const NEAR: usize = 400;

/// What is marked is no longer than this, in bytes.
const MAX_MARKED: usize = 2_000;

/// A file as miette draws it.
#[derive(Debug)]
pub struct Excerpt<'f>(pub &'f SourceFile);

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Marks that are far from each other are drawn apart.
        if span.len() > MAX_MARKED {
            return Err(MietteError::OutOfBounds);
        }
        let text = self.0.text();
        let (start, end) = (span.offset(), span.offset() + span.len());
        let from = text.floor_char_boundary(start.saturating_sub(NEAR));
        let newlines = text.get(from..start).ok_or(MietteError::OutOfBounds)?.rmatch_indices('\n');
        let from = newlines.map(|(at, _)| from + at + 1).nth(lines_before).unwrap_or(from);
        let to = text.ceil_char_boundary(end.saturating_add(NEAR));
        let part = text.get(from..to).ok_or(MietteError::OutOfBounds)?;

        let marked = SourceSpan::new((start - from).into(), span.len());
        let drawn = part.read_span(&marked, lines_before, lines_after)?;
        let place = self.0.line_column(from);
        let is_first_line = lines_before == 0 && drawn.line() == 0;
        // As for miette itself, lines count from the start of the file.
        let before = place.line - 1;
        let column = drawn.column() + if is_first_line { place.column - 1 } else { 0 };
        let contents = MietteSpanContents::new_named(
            self.0.path().display().to_string(),
            drawn.data(),
            SourceSpan::new((from + drawn.span().offset()).into(), drawn.span().len()),
            before + drawn.line(),
            column,
            before + drawn.line_count(),
        );
        Ok(Box::new(contents.with_language("yaml")))
    }
}

/// As much of a part of a text as can be marked: its first line where it is long.
pub fn markable(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    if part.len() <= MAX_MARKED {
        return range;
    }
    let line = part.find('\n').unwrap_or(part.len());
    range.start..range.start + part.floor_char_boundary(line.min(NEAR))
}
