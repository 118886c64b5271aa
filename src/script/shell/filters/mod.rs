//! The text filters that stand between what a script prints and what runs it: `base64 -d`, `tr`,
//! `sed`, `cut`, `awk`, `head` and their like, for input that is known.

mod lines;
mod coding;

use super::{Output, Shell, fields::with_blanks, patterns::class};
use crate::{
    invocation::{Hole, Piece, Value, Word},
    program::bare_name,
    source::Text,
};

/// What a filter makes of its input, given its arguments; nothing if that is not known.
type Filter = fn(&Arguments, &Text) -> Option<Text>;

/// The filters by name. Each reads standard input or the files that follow its operands.
const FILTERS: [(&str, Filter); 17] = [
    ("awk", lines::awk),
    ("gawk", lines::awk),
    ("base64", coding::base64),
    ("cut", lines::cut),
    ("egrep", lines::grep),
    ("fgrep", lines::grep),
    ("grep", lines::grep),
    ("head", lines::head),
    ("openssl", coding::openssl),
    ("rev", lines::rev),
    ("sed", lines::sed),
    ("sort", lines::sort),
    ("tac", lines::tac),
    ("tail", lines::tail),
    ("tr", coding::tr),
    ("uniq", lines::uniq),
    ("xxd", coding::xxd),
];

/// Longer input is not filtered, in bytes.
const MAX_LEN: usize = 1 << 16;

/// The arguments of a filter.
struct Arguments {
    /// With their dashes; those in clusters apart.
    flags: Vec<String>,
    operands: Vec<String>,
}

impl Arguments {
    /// Takes known words apart; the letters of `valued` take a value, which is the flag's own or the
    /// next word.
    fn parse(words: &[String], valued: &str) -> Self {
        let mut parsed = Self { flags: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let letters = match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() => letters,
                _ => {
                    parsed.operands.push(word.clone());
                    continue;
                }
            };
            if letters.starts_with('-') || letters.starts_with(|c: char| c.is_ascii_digit()) {
                parsed.flags.push(word.clone());
                continue;
            }
            for (at, letter) in letters.char_indices() {
                let rest = &letters[at + letter.len_utf8()..];
                if valued.contains(letter) {
                    let value = match rest.is_empty() {
                        true => words.next().cloned().unwrap_or_default(),
                        false => rest.to_owned(),
                    };
                    parsed.flags.push(format!("-{letter}{value}"));
                    break;
                }
                parsed.flags.push(format!("-{letter}"));
            }
        }
        parsed
    }

    fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|flag| names.contains(&flag.as_str()))
    }

    fn only(&self, names: &[&str]) -> bool {
        self.flags.iter().all(|flag| names.contains(&flag.as_str()))
    }

    /// The value of a flag.
    fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find_map(|flag| flag.strip_prefix(name))
    }
}

impl Shell<'_> {
    /// What a program prints of which that can be told.
    pub(super) fn filtered(&self, name: &str, words: &[Word]) -> Option<Value> {
        let name = bare_name(name);
        let exactly = self.filtered_exactly(name, words);
        match name {
            "awk" | "gawk" => exactly.or_else(|| lines::printed_by_awk(words)),
            _ => exactly,
        }
    }

    fn filtered_exactly(&self, name: &str, words: &[Word]) -> Option<Value> {
        match name {
            "seq" => return sequence(words),
            "basename" | "dirname" => return path_part(name, words),
            "realpath" => return whole_path(words),
            "readlink" if words.len() > 1 => return whole_path(words),
            "mktemp" => return Some(temporary(words)),
            "envsubst" => return self.with_variables(),
            "which" => return found_program(words),
            "command" | "type" if says_where(words) => return found_program(words),
            _ => {}
        }
        let (_, filter) = FILTERS.iter().find(|(own, _)| *own == name)?;
        let words: Vec<String> =
            words.iter().map(|word| Some(word.text()?.into_owned())).collect::<Option<_>>()?;
        let valued = match name {
            "cut" => "dfc",
            "head" | "tail" => "nc",
            "grep" | "egrep" | "fgrep" => "emABC",
            "sed" => "e",
            "awk" | "gawk" => "Fv",
            "sort" => "kt",
            _ => "",
        };
        let mut arguments = Arguments::parse(&words, valued);
        if name != "grep" && name.ends_with("grep") {
            arguments.flags.push(format!("-{}", name[..1].to_uppercase()));
        }
        let value = self.filter_input(name, &mut arguments)?;
        let texts = value.alternatives().iter().map(|word| {
            let Some(text) = known_text(word) else {
                return (name == "base64").then(|| coding::base64_of_unknown(&arguments, word))?;
            };
            (text.len() <= MAX_LEN).then(|| filter(&arguments, &text)).flatten().map(Word::known)
        });
        Some(Value::any_of(texts.collect::<Option<Vec<_>>>()?))
    }

    /// Standard input, or the file that the last operand names, if a script wrote it.
    fn filter_input(&self, name: &str, arguments: &mut Arguments) -> Option<Value> {
        let own = match name {
            "awk" | "gawk" => 1,
            "sed" | "grep" | "egrep" | "fgrep" => usize::from(arguments.value("-e").is_none()),
            "tr" => 2,
            "openssl" => usize::MAX,
            _ => 0,
        };
        if arguments.operands.len() > own {
            let file = arguments.operands.split_off(own);
            return match file.as_slice() {
                [stdin] if stdin == "-" => self.known_input(),
                [file] => self.text_of_file(&Word::made_up(file)),
                _ => None,
            };
        }
        self.known_input()
    }

    fn known_input(&self) -> Option<Value> {
        match &self.stdin {
            Output::Known(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// `envsubst`: the input with the variables that are set.
    fn with_variables(&self) -> Option<Value> {
        let value = self.known_input()?;
        let [word] = value.alternatives() else { return None };
        let text = known_text(word)?;
        let source = text.as_str();
        let mut filled = Value::empty();
        let mut from = 0;
        while let Some(at) = source[from..].find('$').map(|at| from + at) {
            filled = filled.then(&Value::known(text.slice(from..at)));
            let rest = &source[at + 1..];
            let braced = rest.starts_with('{');
            let name = &rest[usize::from(braced)..];
            let len =
                name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            from = at + 1 + len + if braced { 2 } else { 0 };
            let closed = !braced || name[len..].starts_with('}');
            if len == 0 || !closed {
                from = at + 1;
                filled = filled.then(&Value::known(text.slice(at..from)));
                continue;
            }
            let variable = self.known(&name[..len]).into_value();
            let unknown = || super::State::unknown_variable(&name[..len], text.locate(at..from));
            filled = filled.then(&variable.unwrap_or_else(unknown));
        }
        Some(filled.then(&Value::known(text.slice(from..source.len()))))
    }
}

/// The text of a word without holes, with its places.
fn known_text(word: &Word) -> Option<Text> {
    use crate::invocation::Piece;
    let mut text = Text::default();
    for piece in &word.pieces {
        match piece {
            Piece::Known(part) => text.push(part),
            Piece::Hole(_) => return None,
        }
    }
    Some(text)
}

/// `seq 3`, `seq 2 5`, `seq 1 2 9`.
fn sequence(words: &[Word]) -> Option<Value> {
    /// Longer ones are not counted.
    const MAX_LINES: i64 = 1_000;
    let numbers: Vec<i64> =
        words.iter().map(|word| word.text()?.parse().ok()).collect::<Option<_>>()?;
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => return None,
    };
    if (last.checked_sub(first)?).checked_div(step)? > MAX_LINES {
        return None;
    }
    let mut text = String::new();
    let mut number = first;
    while if step > 0 { number <= last } else { number >= last } {
        text += &format!("{number}\n");
        number = number.checked_add(step)?;
    }
    let mut printed = Text::default();
    printed.push_made_up(&text, words.first().and_then(Word::location).as_ref());
    Some(Value::known(printed))
}

fn path_part(name: &str, words: &[Word]) -> Option<Value> {
    let words = match words {
        [dashes, words @ ..] if dashes.text().is_some_and(|text| text == "--") => words,
        words => words,
    };
    let part = match words {
        [path] if name == "dirname" => path.folder(),
        [path] => path.file_name(None),
        [path, suffix] if name == "basename" => path.file_name(Some(&suffix.text()?)),
        _ => None,
    };
    part.map(Value::one)
}

/// `realpath "$0"`, `readlink -f "$0"`: a path that is whole already.
fn whole_path(words: &[Word]) -> Option<Value> {
    let path = words.last()?;
    let is_whole = path.head().starts_with('/') || path.tail().starts_with('/');
    is_whole.then(|| Value::one(path.clone()))
}

/// Whether the options of `command` or `type` ask for the path of a program.
fn says_where(words: &[Word]) -> bool {
    let first = words.first().and_then(Word::text);
    first.is_some_and(|option| matches!(option.as_ref(), "-v" | "-p" | "-P" | "-pv"))
}

/// `which pm2`, `command -v pm2`: the program, if it is there.
fn found_program(words: &[Word]) -> Option<Value> {
    let program = words.iter().find(|word| !word.head().starts_with('-'))?;
    let mut line = program.clone();
    line.append(&Word::made_up("\n"));
    Some(Value::any_of([line, Word::default()]))
}

/// `mktemp`: a new path, which is the same wherever the value goes.
fn temporary(words: &[Word]) -> Value {
    let is_template = |word: &&Word| word.tail().contains("XXX") && word.to_string().contains('/');
    if let Some((last, before)) = words.iter().find(is_template).and_then(|w| w.pieces.split_last())
        && let Piece::Known(text) = last
        && let Some(at) = text.as_str().find("XXX")
    {
        let mut path = Word { pieces: before.to_vec() };
        path.push(Piece::Known(text.slice(0..at)));
        let rest = text.slice(at..text.len());
        path.push(Piece::Hole(Hole::unknown(rest.as_str(), rest.location())));
        return Value::one(path);
    }
    let written = with_blanks(words);
    let mut folder = Text::default();
    folder.push_made_up("/tmp/", None);
    let mut path = Word::known(folder);
    path.append(&Word::hole(Hole::unknown(format!("mktemp {written}"), written.location())));
    Value::one(path)
}
