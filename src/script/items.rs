//! Programs that run a command for each of several items, as `xargs` and `parallel` do.

use super::shell::Shell;
use crate::{
    invocation::{Hole, Invocation, Origin, Piece, Word},
    program::{Arguments, Catalog, Items, Program},
};
use std::sync::Arc;

/// More calls of one command are taken for one with all items.
const MAX_CALLS: usize = 64;

impl Shell<'_> {
    /// The commands that `words` become with the items.
    pub(super) fn with_items(
        &self,
        items: Items,
        words: Vec<Word>,
        arguments: &Arguments<'_>,
        invocation: &Arc<Invocation>,
    ) -> Vec<Vec<Word>> {
        match items {
            Items::Xargs => self.xargs(words, arguments),
            Items::Parallel => self.parallel(words, arguments),
            Items::Found => vec![found(words, invocation)],
        }
    }

    fn xargs(&self, words: Vec<Word>, arguments: &Arguments<'_>) -> Vec<Vec<Word>> {
        let option = |names: &[&str]| {
            let given = |name: &str| names.contains(&name);
            arguments.options.iter().rev().find(|(name, _)| given(name))
        };
        // `xargs -a FILE`
        let file = option(&["-a", "--arg-file"]).and_then(|(_, file)| file.as_ref());
        let input = match file.map(|file| (file, self.text_of_file(file))) {
            None => self.inputs(),
            Some((_, Some(value))) => value.alternatives().to_vec(),
            Some((file, None)) => {
                let hole = Hole::unknown(format!("the lines of {file}"), file.location());
                vec![Word::hole(Hole { splits: true, ..hole })]
            }
        };
        if let Some((_, mark)) = option(&["-I", "-i", "--replace"]) {
            let mark = mark.as_ref().and_then(Word::text).filter(|mark| !mark.is_empty());
            let items: Vec<Word> = input
                .iter()
                .flat_map(|word| {
                    parted(word, true, |c, begun| is_line_end(c) || !begun && c.is_whitespace())
                })
                .collect();
            return each(&words, &mark.unwrap_or("{}".into()), &items);
        }
        let few = option(&["-n", "--max-args", "-L", "--max-lines"]);
        let few = few.and_then(|(_, count)| count.as_ref()?.text()?.parse::<usize>().ok());
        let is_null = option(&["-0", "--null"]).is_some();
        let delimiter = option(&["-d", "--delimiter"]).map(|(_, mark)| {
            let mark = mark.as_ref().and_then(Word::text).unwrap_or_default();
            if mark == "\\n" { '\n' } else { mark.chars().next().unwrap_or('\0') }
        });
        let delimiter = delimiter.or(is_null.then_some('\0'));
        let with = |items: &[Word]| words.iter().chain(items).cloned().collect();
        let calls = input.iter().flat_map(|word| {
            let items = parted(word, delimiter.is_none(), |c, _| match delimiter {
                Some(delimiter) => c == delimiter,
                None => c.is_whitespace(),
            });
            // How many a hole becomes is not known.
            let alike = items.iter().all(Word::is_known);
            match few.filter(|few| *few > 0 && items.len() / few < MAX_CALLS) {
                Some(few) if !items.is_empty() && (few == 1 || alike) => {
                    items.chunks(few).map(with).collect()
                }
                Some(_) if !alike => {
                    let hole = Hole::unknown("standard input", word.location());
                    vec![with(&[Word::hole(Hole { may_be_empty: true, splits: true, ..hole })])]
                }
                _ => vec![with(&items)],
            }
        });
        calls.collect()
    }

    fn parallel(&self, words: Vec<Word>, arguments: &Arguments<'_>) -> Vec<Vec<Word>> {
        let is_separator = |word: &Word| {
            word.text().is_some_and(|text| matches!(text.as_ref(), ":::" | ":::+" | "::::"))
        };
        let mut parts = words.split(is_separator);
        let command = parts.next().unwrap_or_default().to_vec();
        let mut items: Vec<Word> = parts.flatten().cloned().collect();
        if items.is_empty() {
            let lines = |word: &Word| parted(word, false, |c, _| is_line_end(c));
            items = self.inputs().iter().flat_map(lines).collect();
        }
        // `-n0`, `-N0`: as often as there are items, but without them.
        let is_zero = |(name, value): &(String, Option<Word>)| {
            matches!(name.as_str(), "-n" | "-N" | "--max-args")
                && value.as_ref().and_then(Word::text).is_some_and(|text| text == "0")
        };
        if !command.is_empty() && arguments.options.iter().any(is_zero) {
            return vec![command];
        }
        // Without a command, every item is one.
        let has_mark = command.iter().any(|word| word.to_string().contains("{}"));
        if has_mark {
            return each(&command, "{}", &items);
        }
        let with = |item: &Word| command.iter().chain([item]).cloned().collect();
        items.iter().take(MAX_CALLS).map(with).collect()
    }

    /// What standard input may be.
    fn inputs(&self) -> Vec<Word> {
        self.stdin.value("standard input".into(), None).alternatives().to_vec()
    }
}

/// A command of `find -exec` in which `{}` is a script that is run: itself, or for an interpreter.
fn found(words: Vec<Word>, invocation: &Arc<Invocation>) -> Vec<Word> {
    const MARK: &str = "{}";
    let name = words.first().and_then(Word::text).map(|name| name.into_owned());
    let runs_files = |name: &str| Catalog::built_in().find(name).is_some_and(Program::runs_files);
    if !name.is_some_and(|name| name == MARK || runs_files(&name)) {
        return words;
    }
    let filled = |word: Word| match word.text().as_deref() {
        Some(MARK) => Word::hole(Hole {
            origin: Origin::Output(Arc::from([Arc::clone(invocation)])),
            ..Hole::unknown(MARK, word.location())
        }),
        _ => word,
    };
    words.into_iter().map(filled).collect()
}

/// What a word has between separators, of which `separates` tells by whether an item has begun;
/// if `quotes`, those of `xargs` keep an item together.
fn parted(word: &Word, quotes: bool, separates: impl Fn(char, bool) -> bool) -> Vec<Word> {
    let (mut items, mut open) = (Vec::new(), None::<Word>);
    let (mut quote, mut escaped) = (None, false);
    for piece in &word.pieces {
        let Piece::Known(text) = piece else {
            let hole = Word { pieces: vec![piece.clone()] };
            open.get_or_insert_default().append(&hole.splitting(true));
            continue;
        };
        let mut from = 0;
        for (at, c) in text.as_str().char_indices() {
            let is_mark = match quote {
                _ if escaped || !quotes => false,
                Some(quote) => c == quote,
                None => matches!(c, '\'' | '"' | '\\'),
            };
            let ends = !escaped && quote.is_none() && separates(c, open.is_some());
            if is_mark || ends {
                if from < at {
                    let part = Piece::Known(text.slice(from..at));
                    open.get_or_insert_default().push(part);
                }
                from = at + c.len_utf8();
            }
            if ends && !quotes {
                items.push(open.take().unwrap_or_default());
            } else if ends {
                items.extend(open.take());
            } else {
                open.get_or_insert_default();
            }
            escaped = is_mark && c == '\\';
            if is_mark && !escaped {
                quote = if quote.is_some() { None } else { Some(c) };
            }
        }
        if from < text.len() {
            open.get_or_insert_default().push(Piece::Known(text.slice(from..text.len())));
        }
    }
    // At a quote that does not end, `xargs` stops.
    items.extend(open.filter(|_| quote.is_none()));
    items
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
