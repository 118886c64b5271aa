use super::{
    Program, Runs, Source,
    definition::{RunsWhat, VerbOptions},
};
use crate::invocation::{Piece, Word};

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
    /// It stands behind an option, of which it may be the value.
    pub may_be_value: bool,
}

impl<'a> Arguments<'a> {
    /// Takes the words after the program's name apart.
    pub fn parse(program: &Program, argv: &'a [Word]) -> Self {
        let mut parsed =
            Self { argv, options: Vec::new(), operands: Vec::new(), assignments: Vec::new() };
        let mut at = 1;
        let (mut options_end, mut may_be_value) = (false, false);
        while at < argv.len() {
            let word = &argv[at];
            let head = word.head();
            let dash = head.starts_with('-') || (program.options.slash && head.starts_with('/'));
            let is_option = !options_end && (head.len() > 1 && dash || program.takes(head, "+"));
            if is_option && word.text().is_some_and(|text| text == "--") {
                options_end = true;
                at += 1;
            } else if is_option && !program.ends_options(&parsed) {
                let taken = parsed.option(program, at);
                may_be_value = taken == 1 && !head.contains('=') && !parsed.operands.is_empty();
                at += taken;
            } else {
                let assignment = (program.options.assignments && parsed.operands.is_empty())
                    .then(|| split_assignment(word))
                    .flatten();
                match assignment {
                    Some(assignment) => parsed.assignments.push(assignment),
                    None => parsed.operands.push(Operand { word, position: at, may_be_value }),
                }
                may_be_value = false;
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
        let of_verb = |options: &&VerbOptions| options.verb.iter().any(|verb| self.calls(verb));
        let of_verbs: Vec<&VerbOptions> = spec.verbs.iter().filter(of_verb).collect();
        let takes_value = |name: &str| {
            let anywhere = spec.value.iter().chain(&spec.folder).chain(&spec.variable);
            let after_verb = of_verbs.iter().flat_map(|options| &options.value);
            anywhere.chain(after_verb).any(|option| option == name)
                && !of_verbs.iter().any(|options| options.flags.iter().any(|flag| flag == name))
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
            if spec.attached.contains(&name) {
                let value = (rest < head.len() || !word.is_known()).then(|| tail(word, rest));
                push(&name, value);
                return 1;
            }
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

    /// The values of an option, in order.
    pub fn values_of(&self, names: &[String]) -> impl Iterator<Item = &Word> {
        let named = self.options.iter().filter(|(option, _)| names.contains(option));
        named.filter_map(|(_, value)| value.as_ref())
    }

    /// Whether the operands start with a subcommand such as `compose exec`; `_` is any word,
    /// `*/artisan` a file in any folder.
    pub fn calls(&self, verb: &str) -> bool {
        let mut operands = self.operands.iter();
        verb.split(' ').all(|name| {
            operands.next().is_some_and(|operand| {
                name == "_" || operand.word.text().is_some_and(|text| is_called(&text, name))
            })
        })
    }

    /// Whether one of these stands there, `-m` or `-m=shell`.
    pub fn says(&self, options: &[String]) -> bool {
        options.iter().any(|option| match option.split_once('=') {
            Some((name, value)) => self
                .values_of(&[name.to_owned()])
                .any(|word| word.text().is_some_and(|text| text == value)),
            None => self.has(std::slice::from_ref(option)),
        })
    }

    pub fn operand_words(&self) -> Vec<&'a Word> {
        self.operands.iter().map(|operand| operand.word).collect()
    }

    /// The words of the argv that `source` means, once for each command that they are; none where
    /// the call has none, or where it is not in the argv.
    pub fn commands(&self, source: &Source) -> Vec<Vec<Word>> {
        let one = |word: &Word| vec![word.clone()];
        match source {
            Source::Stdin | Source::Content(_) => Vec::new(),
            Source::Program => {
                let called = self.argv.first();
                let folder = called.and_then(|word| word.head().rfind('/'));
                let name = called.map(|word| tail(word, folder.map_or(0, |at| at + 1)));
                name.map(|name| vec![name]).into_iter().collect()
            }
            Source::Operand(n) => {
                self.operands.get(*n).map(|operand| one(operand.word)).into_iter().collect()
            }
            Source::Operands(n) => {
                let first = self.operands.get(*n).map(|operand| operand.position);
                first.map(|first| self.argv[first..].to_vec()).into_iter().collect()
            }
            Source::Rest(n) => {
                let last = n.checked_sub(1).and_then(|last| self.operands.get(last));
                let rest = last.map(|operand| self.argv[operand.position + 1..].to_vec());
                rest.filter(|words| !words.is_empty()).into_iter().collect()
            }
            Source::Each(n) => self.operands.iter().skip(*n).map(|o| one(o.word)).collect(),
            Source::Option(names) => self.values_of(names).map(one).collect(),
            Source::Values(names) => {
                let ends = |word: &Word| word.head().starts_with("--");
                self.after(names, ends).into_iter().flatten().map(one).collect()
            }
            Source::Words(words) => words.iter().map(|word| vec![Word::made_up(word)]).collect(),
            Source::After(names) => {
                let ends = |word: &Word| word.text().is_some_and(|text| text == ";" || text == "+");
                let commands = self.after(names, ends).into_iter();
                commands.filter(|words| !words.is_empty()).map(<[Word]>::to_vec).collect()
            }
        }
    }

    /// What stands after each of these words, up to where that ends.
    fn after(&self, names: &[String], ends: impl Fn(&Word) -> bool) -> Vec<&'a [Word]> {
        let is_name =
            |word: &Word| word.text().is_some_and(|text| names.iter().any(|n| *n == text));
        // `--` counts once: what stands after it is the command's own.
        let once = names.iter().any(|name| name == "--");
        let mut found = Vec::new();
        let mut rest = self.argv.get(1..).unwrap_or_default();
        while let Some(at) = rest.iter().position(is_name).filter(|_| !once || found.is_empty()) {
            let words = &rest[at + 1..];
            let (own, others) = words.split_at(words.iter().position(&ends).unwrap_or(words.len()));
            found.push(own);
            rest = others;
        }
        found
    }
}

impl Program {
    /// Whether it runs files that it is given.
    pub fn runs_files(&self) -> bool {
        self.runs.iter().any(|runs| matches!(runs.what, RunsWhat::File(_)))
    }

    /// Whether what follows these operands belongs to another program.
    fn ends_options(&self, arguments: &Arguments<'_>) -> bool {
        self.runs.iter().any(|runs| {
            let needed = match runs.what.source() {
                Source::Operands(n) | Source::Operand(n) => n + 1,
                Source::Rest(n) => *n,
                _ => return false,
            };
            let own = matches!(
                runs.what,
                RunsWhat::Script(_)
                    | RunsWhat::Job(_)
                    | RunsWhat::Playbook(_)
                    | RunsWhat::Make(_)
                    | RunsWhat::Just(_)
                    | RunsWhat::Task(_)
                    | RunsWhat::Copies(_)
                    | RunsWhat::Nothing(_)
            );
            !own && arguments.operands.len() >= needed && runs.applies(arguments)
        })
    }

    /// Whether it has options that start with this sign, and `word` looks like one.
    fn takes(&self, word: &str, sign: &str) -> bool {
        word.len() > 1
            && word.starts_with(sign)
            && self.options.value.iter().any(|option| option.starts_with(sign))
    }
}

impl Runs {
    /// The names of the file that has what it runs.
    pub fn files(&self) -> Vec<String> {
        match self.of.as_slice() {
            [] => vec!["package.json".to_owned()],
            files => files.to_vec(),
        }
    }

    /// Whether a call is of the kind that this entry is for.
    pub fn applies(&self, arguments: &Arguments<'_>) -> bool {
        (self.verb.is_empty() || self.verb.iter().any(|verb| arguments.calls(verb)))
            && (self.when.is_empty() || arguments.says(&self.when))
    }
}

impl RunsWhat {
    /// Whether it runs something even where the call names nothing.
    pub fn has_default(&self) -> bool {
        matches!(self, Self::Make(_) | Self::Just(_) | Self::Task(_) | Self::Job(_))
    }

    pub fn source(&self) -> &Source {
        match self {
            Self::Argv(source)
            | Self::Shell(source)
            | Self::JavaScript(source)
            | Self::Python(source)
            | Self::PowerShell(source)
            | Self::Encoded(source)
            | Self::Batch(source)
            | Self::Sql(source)
            | Self::MongoDb(source)
            | Self::Lines(source)
            | Self::Calls(source)
            | Self::Unread(source)
            | Self::File(source)
            | Self::Copies(source)
            | Self::Crontab(source)
            | Self::Parameters(source)
            | Self::Script(source)
            | Self::Folder(source)
            | Self::Module(source)
            | Self::Playbook(source)
            | Self::Job(source)
            | Self::Make(source)
            | Self::Just(source)
            | Self::Task(source)
            | Self::Deploy(source)
            | Self::Nothing(source) => source,
        }
    }
}

fn is_called(text: &str, name: &str) -> bool {
    match name.strip_prefix("*/") {
        Some(file) => text.rsplit('/').next() == Some(file),
        None => text == name,
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
