//! What the shell does itself, and the few programs whose output can be told by reading.

use super::{Done, Output, Shell, statements::holds};
use crate::{
    invocation::{Piece, Value, Word},
    program::split_assignment,
    source::{Hop, Location, Text},
};
use std::path::PathBuf;

impl Shell<'_> {
    /// Reads a builtin; nothing if `name` is none.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        argv: &[Word],
        location: Option<&Location>,
    ) -> Option<Done> {
        let certain = |success| Some(Done { output: Output::Silent, success: Some(success) });
        match name {
            "true" | ":" => certain(true),
            "false" => certain(false),
            "[" | "test" => {
                let end = argv.len() - usize::from(name == "[" && argv.len() > 1);
                Some(Done { output: Output::Silent, success: holds(&argv[1..end]) })
            }
            "cd" | "pushd" => {
                match argv.get(1) {
                    Some(folder) => self.state.enter(folder),
                    None => self.state.folder = PathBuf::new(),
                }
                Some(Done::default())
            }
            "popd" | "shopt" | "ulimit" | "umask" | "wait" | "sleep" => Some(Done::default()),
            "exit" | "return" => {
                self.state.ended = true;
                Some(Done::default())
            }
            "eval" => {
                let code = self.joined(&argv[1..]);
                Some(self.step("eval", location, |shell| shell.script(&code)))
            }
            "trap" if argv.len() > 2 => {
                let code = self.run.marks.text(&argv[1]);
                self.step("trap", location, |shell| shell.script(&code));
                Some(Done::default())
            }
            "alias" => {
                for (alias, value) in argv[1..].iter().filter_map(split_assignment) {
                    let code = self.run.marks.text(&value);
                    self.state.aliases.set(alias, code);
                }
                Some(Done::default())
            }
            "set" => {
                let separator = argv.iter().position(|word| word.text().is_some_and(|t| t == "--"));
                if let Some(at) = separator {
                    self.state.positional = Some(values(&argv[at + 1..]));
                }
                Some(Done::default())
            }
            "shift" => {
                if let Some(words) =
                    self.state.positional.as_mut().filter(|words| !words.is_empty())
                {
                    words.remove(0);
                }
                Some(Done::default())
            }
            "read" | "mapfile" | "readarray" => {
                let value = lines(&self.stdin, location);
                for variable in
                    argv[1..].iter().filter_map(Word::text).filter(|t| !t.starts_with('-'))
                {
                    self.state.set(&variable, value.clone());
                }
                Some(Done::default())
            }
            "echo" => Some(self.printed(echo(&argv[1..]))),
            "printf" => Some(self.printed(printf(&argv[1..]))),
            "cat" if argv.len() == 1 || argv[1].text().is_some_and(|text| text == "-") => {
                Some(Done { output: self.stdin.clone(), success: None })
            }
            "tee" => {
                let output = self.stdin.clone();
                let appends = argv.iter().any(|word| word.text().is_some_and(|text| text == "-a"));
                for path in argv[1..].iter().filter(|word| !word.head().starts_with('-')) {
                    self.written(path, &output, appends);
                }
                Some(Done { output, success: None })
            }
            _ => None,
        }
    }

    fn printed(&mut self, word: Word) -> Done {
        self.printed_command(&word);
        Done { output: Output::Known(Value::one(word)), success: Some(true) }
    }

    /// Reads code that runs in this very shell.
    fn step(
        &mut self,
        step: &str,
        location: Option<&Location>,
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        let hop = Hop { step: step.into(), location: location.cloned() };
        self.deeper(location, |shell| shell.within(hop, None, read))
    }

    /// Words joined by blanks, as code.
    pub fn joined(&mut self, words: &[Word]) -> Text {
        let mut code = Text::default();
        for (position, word) in words.iter().enumerate() {
            if position > 0 {
                code.push_made_up(" ", word.location().as_ref());
            }
            let text = self.run.marks.text(word);
            code.push(&text);
        }
        code
    }
}

/// Words that are known to be these.
pub fn values(words: &[Word]) -> Vec<Value> {
    words.iter().cloned().map(Value::one).collect()
}

fn made_up(text: &str) -> Piece {
    let mut piece = Text::default();
    piece.push_made_up(text, None);
    Piece::Known(piece)
}

fn echo(words: &[Word]) -> Word {
    let option = |word: &&Word| {
        word.text().is_some_and(|t| matches!(t.as_ref(), "-e" | "-n" | "-en" | "-ne" | "-E"))
    };
    let skipped = words.iter().take_while(option).count();
    let mut line = Word::default();
    for (position, word) in words[skipped..].iter().enumerate() {
        if position > 0 {
            line.push(made_up(" "));
        }
        line.append(word);
    }
    line.push(made_up("\n"));
    line
}

/// `printf` with `%s`; whatever else the format says stands as it is.
fn printf(words: &[Word]) -> Word {
    let Some((format, arguments)) = words.split_first() else { return Word::default() };
    let mut printed = Word::default();
    let mut left = arguments.iter();
    loop {
        let before = left.len();
        for piece in &format.pieces {
            let Piece::Known(text) = piece else {
                printed.push(piece.clone());
                continue;
            };
            let source = text.as_str();
            let mut at = 0;
            while at < source.len() {
                let next = source[at..].find(['%', '\\']).map_or(source.len(), |n| at + n);
                printed.push(Piece::Known(text.slice(at..next)));
                at = next;
                let len = match source.as_bytes().get(at..at + 2) {
                    Some(b"%s" | b"%q" | b"%b") => {
                        if let Some(word) = left.next() {
                            printed.append(word);
                        }
                        2
                    }
                    Some(b"\\n") => {
                        printed.push(made_up("\n"));
                        2
                    }
                    Some(b"%%") => {
                        printed.push(made_up("%"));
                        2
                    }
                    _ if at < source.len() => {
                        let len = source[at..].chars().next().map_or(1, char::len_utf8);
                        printed.push(Piece::Known(text.slice(at..at + len)));
                        len
                    }
                    _ => 0,
                };
                at += len;
            }
        }
        if left.len() == 0 || left.len() == before {
            return printed;
        }
    }
}

/// What `read` may get.
fn lines(stdin: &Output, location: Option<&Location>) -> Value {
    let value = stdin.value("a line of standard input".into(), location.cloned());
    Value::any_of(value.alternatives().iter().flat_map(|word| match word.pieces.as_slice() {
        [Piece::Known(text)] => {
            let mut from = 0;
            text.as_str()
                .split_inclusive('\n')
                .map(|line| {
                    let range = from..from + line.trim_end_matches(['\n', '\r']).len();
                    from += line.len();
                    Word::known(text.slice(range))
                })
                .collect()
        }
        _ => vec![word.clone()],
    }))
}
