use super::{Program, Source, definition::RunsWhat};
use crate::invocation::{Piece, Word};
use std::ops::Range;

/// An argv, taken apart as the program itself would.
#[derive(Debug)]
pub struct Arguments<'a> {
    pub argv: &'a [Word],
    /// Options in order, each with its value, where it takes one.
    pub options: Vec<(String, Option<Word>)>,
    pub operands: Vec<Operand<'a>>,
    /// Leading NAME=value words, where the program takes them.
    pub assignments: Vec<(String, Word)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    pub word: &'a Word,
    /// Its position in the argv.
    pub position: usize,
}

impl<'a> Arguments<'a> {
    /// Takes the words after the program's name apart.
    pub fn parse(program: &Program, argv: &'a [Word]) -> Self {
        let mut parsed =
            Self { argv, options: Vec::new(), operands: Vec::new(), assignments: Vec::new() };
        let mut at = 1;
        let mut options_end = false;
        while at < argv.len() {
            let word = &argv[at];
            let head = word.head();
            let is_option = !options_end && head.len() > 1 && head.starts_with('-');
            if is_option && word.text().is_some_and(|text| text == "--") {
                options_end = true;
                at += 1;
            } else if is_option && !program.ends_options(&parsed.operands) {
                at += parsed.option(program, at);
            } else {
                let assignment = (program.options.assignments && parsed.operands.is_empty())
                    .then(|| split_assignment(word))
                    .flatten();
                match assignment {
                    Some(assignment) => parsed.assignments.push(assignment),
                    None => parsed.operands.push(Operand { word, position: at }),
                }
                at += 1;
            }
        }
        parsed
    }

    /// Reads the option at `at`; gives how many words it takes.
    fn option(&mut self, program: &Program, at: usize) -> usize {
        let spec = &program.options;
        let word = &self.argv[at];
        let head = word.head();
        let verb = self.operands.first().and_then(|operand| operand.word.text());
        let takes_value = |name: &str| {
            let of_verb = spec.verbs.iter().filter(|options| {
                verb.as_ref().is_some_and(|verb| options.verb.iter().any(|name| name == verb))
            });
            spec.value.iter().chain(of_verb.flat_map(|options| &options.value)).any(|v| v == name)
        };
        let next = self.argv.get(at + 1);
        let mut push =
            |name: &str, value: Option<Word>| self.options.push((name.to_owned(), value));

        if let Some((name, _)) = head
            .split_once('=')
            .filter(|(name, _)| name.starts_with("--") || spec.single_dash || takes_value(name))
        {
            push(name, Some(tail(word, name.len() + 1)));
            return 1;
        }
        if head.starts_with("--") || spec.single_dash || takes_value(head) {
            if takes_value(head) && word.is_known() {
                push(head, next.cloned());
                return 2;
            }
            let optional = spec.optional.iter().any(|option| option == head);
            if optional && next.is_some_and(|next| !next.head().starts_with('-')) {
                push(head, next.cloned());
                return 2;
            }
            push(head, None);
            return 1;
        }
        // A cluster, `-abc`: the first option that takes a value takes the rest of the word.
        for (offset, letter) in head.char_indices().skip(1) {
            let name = format!("-{letter}");
            let rest = offset + letter.len_utf8();
            let optional = spec.optional.contains(&name);
            if takes_value(&name) || optional {
                if rest < head.len() || !word.is_known() {
                    push(&name, Some(tail(word, rest)));
                    return 1;
                }
                if takes_value(&name) || next.is_some_and(|next| !next.head().starts_with('-')) {
                    push(&name, next.cloned());
                    return 2;
                }
            }
            push(&name, None);
        }
        // As a whole too, for those that are spelt with one dash: `-0`, `-KILL`, `-delete`.
        if head.len() > 2 {
            push(head, None);
        }
        1
    }

    pub fn has(&self, names: &[String]) -> bool {
        self.options.iter().any(|(option, _)| names.contains(option))
    }

    /// The spelling of an option that is used.
    pub fn first_of(&self, names: &[String]) -> &str {
        let used = self.options.iter().find(|(option, _)| names.contains(option));
        used.map_or("", |(option, _)| option)
    }

    pub fn operand_words(&self) -> Vec<&'a Word> {
        self.operands.iter().map(|operand| operand.word).collect()
    }

    /// The words of the argv that `source` means; nothing where the call has none.
    pub fn source(&self, source: &Source) -> Option<Vec<Word>> {
        match source {
            Source::Stdin => None,
            Source::Operand(n) => Some(vec![self.operands.get(*n)?.word.clone()]),
            Source::Operands(n) => {
                let first = self.operands.get(*n)?.position;
                Some(self.argv[first..].to_vec())
            }
            Source::Option(names) => {
                let given = self.options.iter().filter(|(option, _)| names.contains(option));
                let values: Vec<Word> = given.filter_map(|(_, value)| value.clone()).collect();
                (!values.is_empty()).then_some(values)
            }
            Source::After(names) => {
                let range = self.after(names)?;
                Some(self.argv[range].to_vec())
            }
        }
    }

    fn after(&self, names: &[String]) -> Option<Range<usize>> {
        let is = |word: &Word, names: &[String]| {
            word.text().is_some_and(|t| names.iter().any(|n| *n == t))
        };
        let first = self.argv.iter().position(|word| is(word, names))? + 1;
        let ends = [";".to_owned(), "+".to_owned()];
        let len = self.argv[first..].iter().position(|word| is(word, &ends));
        let last = len.map_or(self.argv.len(), |len| first + len);
        (first < last).then_some(first..last)
    }
}

impl Program {
    /// Whether what follows these operands belongs to another program.
    fn ends_options(&self, operands: &[Operand<'_>]) -> bool {
        self.runs.iter().any(|runs| {
            let last = match runs.what.source() {
                Source::Operands(n) | Source::Operand(n) => *n,
                _ => return false,
            };
            let own = matches!(runs.what, RunsWhat::Script(_) | RunsWhat::Make(_));
            let verb = || operands.first().and_then(|operand| operand.word.text());
            !own && operands.len() > last
                && (runs.verb.is_empty()
                    || verb().is_some_and(|v| runs.verb.iter().any(|r| *r == v)))
        })
    }
}

impl RunsWhat {
    pub fn source(&self) -> &Source {
        match self {
            Self::Argv(source)
            | Self::Shell(source)
            | Self::JavaScript(source)
            | Self::Python(source)
            | Self::Sql(source)
            | Self::MongoDb(source)
            | Self::Lines(source)
            | Self::File(source)
            | Self::Script(source)
            | Self::Make(source) => source,
        }
    }
}

/// The word without its first `bytes` bytes, which are known text.
fn tail(word: &Word, bytes: usize) -> Word {
    let mut pieces = word.pieces.iter();
    let mut rest = Word::default();
    if let Some(Piece::Known(text)) = pieces.next() {
        rest.push(Piece::Known(text.slice(bytes..text.len())));
    }
    pieces.for_each(|piece| rest.push(piece.clone()));
    rest
}

/// `NAME=value`, taken apart.
pub fn split_assignment(word: &Word) -> Option<(String, Word)> {
    let (name, _) = word.head().split_once('=')?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| (name.to_owned(), tail(word, name.len() + 1)))
}
