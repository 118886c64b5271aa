//! What stands in words and runs: `$(…)`, backticks, `<(…)`.

use super::{Does, MAX_DEPTH, Span, Surveyor};
use crate::script::shell::{scan, words::arithmetic_end};

/// The names that stand in a text.
pub fn names(text: &str) -> impl Iterator<Item = Span> {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_in(*byte))?;
        let len = bytes[start..].iter().position(|byte| !is_in(*byte));
        at = len.map_or(bytes.len(), |len| start + len);
        Some(start..at)
    })
}

impl Surveyor<'_> {
    pub(super) fn words<'s>(&mut self, words: impl IntoIterator<Item = &'s Span>, does: &mut Does) {
        for word in words {
            self.word(word, does);
        }
    }

    /// What a word of the script runs and sets when it is expanded.
    pub(super) fn word(&mut self, span: &Span, does: &mut Does) {
        self.expansions(span.clone(), true, does);
    }

    /// The same of text in which quotes stand for themselves.
    pub(super) fn quoted(&mut self, span: &Span, does: &mut Does) {
        self.expansions(span.clone(), false, does);
    }

    fn expansions(&mut self, span: Span, quotes: bool, does: &mut Does) {
        if !self.str(&span).bytes().any(|byte| b"$`<>".contains(&byte)) {
            return;
        }
        let text = self.text;
        let (bytes, end) = (&text.as_bytes()[..span.end], span.end);
        // What does not end goes on to the end of the word.
        let within = |found: usize| found.min(end);
        let mut at = span.start;
        while at < end {
            at = match (bytes[at], bytes.get(at + 1)) {
                (b'\\', _) => at + 2,
                (b'\'', _) if quotes => within(scan::single_quote(&text[..end], at + 1)) + 1,
                (b'"', _) if quotes => {
                    let close = within(scan::double_quote(&text[..end], at + 1));
                    self.expansions(at + 1..close, false, does);
                    close + 1
                }
                (b'`', _) => {
                    let close = within(scan::backtick(&text[..end], at + 1));
                    // What is escaped in it is other code than what is written.
                    does.matters |= text[at + 1..close].contains('\\');
                    self.code(at + 1..close, does);
                    close + 1
                }
                (b'$', Some(b'(')) if arithmetic_end(&text[..end], at).is_some() => {
                    let close = within(scan::dollar(&text[..end], at));
                    let inner = at + 3..close.saturating_sub(2).max(at + 3);
                    self.arithmetic(inner, does);
                    close
                }
                (b'$', Some(b'(')) => {
                    let close = within(scan::parenthesis(&text[..end], at + 2));
                    self.code(at + 2..close, does);
                    close + 1
                }
                (b'$', Some(b'{')) if let Some(close) = scan::expression(&text[..end], at) => close,
                (b'$', Some(b'{')) => {
                    let close = within(scan::parameter(&text[..end], at + 2));
                    self.parameter(at + 2..close, quotes, does);
                    close + 1
                }
                (b'$', Some(b'\'')) if quotes => within(scan::ansi_quote(&text[..end], at + 2)) + 1,
                (b'<' | b'>', Some(b'(')) if quotes => {
                    let close = within(scan::parenthesis(&text[..end], at + 2));
                    self.code(at + 2..close, does);
                    close + 1
                }
                _ => at + 1,
            };
        }
    }

    /// `${X:=word}` sets, `${X:?word}` tells something.
    fn parameter(&mut self, inner: Span, quotes: bool, does: &mut Does) {
        if self.str(&inner).contains(['=', '?', '[']) {
            self.names_in(&inner, does);
        }
        self.expansions(inner, quotes, does);
    }

    fn arithmetic(&mut self, inner: Span, does: &mut Does) {
        let text = self.str(&inner);
        if text.contains('=') || text.contains("++") || text.contains("--") {
            self.names_in(&inner, does);
        }
        self.expansions(inner, false, does);
    }

    /// Code that runs in a shell of its own.
    pub(super) fn code(&mut self, inner: Span, does: &mut Does) {
        if inner.is_empty() {
            return;
        }
        let survey = match self.depth < MAX_DEPTH {
            true => self.run.survey(&self.text[inner.clone()], self.depth + 1),
            false => None,
        };
        let Some(survey) = survey else {
            does.matters = true;
            return;
        };
        let here = |spans: &[Span]| -> Vec<Span> {
            spans.iter().map(|span| span.start + inner.start..span.end + inner.start).collect()
        };
        does.matters |= survey.whole.matters;
        does.reads_all |= survey.whole.reads_all;
        does.writes |= survey.whole.writes;
        does.puts_files |= survey.whole.puts_files;
        does.leaves_code |= survey.whole.leaves_code;
        // It can write files, which are no variables, but have names.
        does.sets.extend(here(&survey.whole.sets));
        does.calls.extend(here(&survey.whole.calls));
        let functions = survey.functions.iter().map(|(name, body)| {
            let at = inner.start;
            (name.start + at..name.end + at, body.start + at..body.end + at)
        });
        self.survey.functions.extend(functions);
    }
}
