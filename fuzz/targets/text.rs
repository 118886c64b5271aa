//! However text is cut and joined, each byte knows what it was written as.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use std::{ops::Range, sync::Arc};
use tagout::source::{SourceFile, Text};

#[derive(Arbitrary, Debug)]
enum Step {
    /// A part of the file as it stands there.
    Verbatim { from: u8, len: u8 },
    /// A part of the file that decodes to something else.
    Decoded { string: String, from: u8, len: u8 },
    MadeUp(String),
    Join,
    Slice { from: u8, to: u8 },
    Keep,
}

/// A text, and what each of its bytes should say.
#[derive(Clone, Default)]
struct Expected {
    text: Text,
    written: Vec<Option<Range<usize>>>,
}

/// Longer ones show nothing new.
const MAX_LEN: usize = 2_000;

fuzz_target!(|input: (String, Vec<Step>)| {
    let (content, steps) = input;
    let file = Arc::new(SourceFile::new("x", content));
    let (mut now, mut kept) = (Expected::default(), Expected::default());
    for step in steps {
        match step {
            Step::Verbatim { from, len } => {
                let range = bounded(file.text(), from, len);
                now.text.push(&Text::of_range(Arc::clone(&file), range.clone()));
                now.written.extend(range.map(|at| Some(at..at + 1)));
            }
            Step::Decoded { string, from, len } => {
                let range = bounded(file.text(), from, len);
                now.text.push_decoded(&string, &file, range.clone());
                let verbatim = file.text()[range.clone()] == string;
                let written = |n| if verbatim { range.start + n..range.start + n + 1 } else { range.clone() };
                now.written.extend((0..string.len()).map(|n| Some(written(n))));
            }
            Step::MadeUp(string) => {
                now.text.push_made_up(&string, None);
                now.written.extend(string.bytes().map(|_| None));
            }
            Step::Join => {
                now.text.push(&kept.text);
                now.written.extend(kept.written.iter().cloned());
            }
            Step::Slice { from, to } => {
                let floor = |at: u8| now.text.as_str().floor_char_boundary(at.into());
                let range = floor(from)..floor(to).max(floor(from));
                now.text = now.text.slice(range.clone());
                now.written = now.written[range].to_vec();
            }
            Step::Keep => kept = now.clone(),
        }
        if now.text.len() > MAX_LEN {
            break;
        }
    }
    assert_eq!(now.text.len(), now.written.len());
    for (at, written) in now.written.into_iter().enumerate() {
        // What was made up is placed by its neighbours.
        if let Some(written) = written {
            assert_eq!(now.text.locate(at..at + 1).map(|l| l.range), Some(written), "byte {at}");
        }
    }
});

/// A range of whole characters of the file.
fn bounded(content: &str, from: u8, len: u8) -> Range<usize> {
    let start = content.floor_char_boundary(from.into());
    start..content.floor_char_boundary(start + usize::from(len)).max(start)
}
