//! Programs that run a command for each of several items, as `xargs` and `parallel` do.

use super::shell::Shell;
use crate::{
    invocation::{Hole, Piece, Word},
    program::{Arguments, Items},
};

/// More calls of one command are taken for one with all items.
const MAX_CALLS: usize = 64;

impl Shell<'_> {
    /// The commands that `words` become with the items.
    pub(super) fn with_items(
        &self,
        items: Items,
        words: Vec<Word>,
        arguments: &Arguments<'_>,
    ) -> Vec<Vec<Word>> {
        match items {
            Items::Xargs => self.xargs(words, arguments),
            Items::Parallel => self.parallel(words),
        }
    }

    fn xargs(&self, words: Vec<Word>, arguments: &Arguments<'_>) -> Vec<Vec<Word>> {
        let option = |names: &[&str]| {
            let given = |name: &str| names.contains(&name);
            arguments.options.iter().rev().find(|(name, _)| given(name))
        };
        if let Some((_, mark)) = option(&["-I", "-i", "--replace"]) {
            let mark = mark.as_ref().and_then(Word::text).filter(|mark| !mark.is_empty());
            return each(&words, &mark.unwrap_or("{}".into()), &self.input(is_line_end));
        }
        let items = self.input(|c| c.is_whitespace() || c == '\0');
        let few = option(&["-n", "--max-args", "-L", "--max-lines"]);
        let few = few.and_then(|(_, count)| count.as_ref()?.text()?.parse::<usize>().ok());
        let few = few.filter(|few| *few > 0 && items.len() / few < MAX_CALLS);
        let with = |items: &[Word]| words.iter().chain(items).cloned().collect();
        match few {
            Some(few) => items.chunks(few).map(with).collect(),
            None => vec![with(&items)],
        }
    }

    fn parallel(&self, words: Vec<Word>) -> Vec<Vec<Word>> {
        let is_separator = |word: &Word| {
            word.text().is_some_and(|text| matches!(text.as_ref(), ":::" | ":::+" | "::::"))
        };
        let mut parts = words.split(is_separator);
        let command = parts.next().unwrap_or_default().to_vec();
        let mut items: Vec<Word> = parts.flatten().cloned().collect();
        if items.is_empty() {
            items = self.input(is_line_end);
        }
        // Without a command, every item is one.
        let has_mark = command.iter().any(|word| word.to_string().contains("{}"));
        if has_mark {
            return each(&command, "{}", &items);
        }
        let with = |item: &Word| command.iter().chain([item]).cloned().collect();
        items.iter().take(MAX_CALLS).map(with).collect()
    }

    /// What standard input has between separators; one unknown item where it is not known.
    fn input(&self, separates: impl Fn(char) -> bool) -> Vec<Word> {
        let value = self.stdin.value("standard input".into(), None);
        let word = match value.alternatives() {
            [word] => word.clone(),
            words => {
                let location = words.first().and_then(Word::location);
                Word::hole(Hole::unknown("standard input", location))
            }
        };
        match word.pieces.as_slice() {
            [] => Vec::new(),
            [Piece::Known(text)] => {
                let mut items = Vec::new();
                let mut from = 0;
                for part in text.as_str().split(separates) {
                    let item = text.slice(from..from + part.len());
                    from += part.len()
                        + text.as_str()[from + part.len()..]
                            .chars()
                            .next()
                            .map_or(0, char::len_utf8);
                    if !item.is_empty() {
                        items.push(Word::known(item));
                    }
                }
                items
            }
            _ => vec![word],
        }
    }
}

/// The words with each item in the place of the mark.
fn each(words: &[Word], mark: &str, items: &[Word]) -> Vec<Vec<Word>> {
    let with = |item: &Word| words.iter().map(|word| filled(word, mark, item)).collect();
    items.iter().take(MAX_CALLS).map(with).collect()
}

fn filled(word: &Word, mark: &str, item: &Word) -> Word {
    let mut filled = Word::default();
    for piece in &word.pieces {
        let Piece::Known(text) = piece else {
            filled.push(piece.clone());
            continue;
        };
        let mut from = 0;
        for (at, _) in text.as_str().match_indices(mark) {
            filled.push(Piece::Known(text.slice(from..at)));
            filled.append(item);
            from = at + mark.len();
        }
        filled.push(Piece::Known(text.slice(from..text.len())));
    }
    filled
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\0')
}
