//! Files that a script writes, copies and reads again.

use super::{super::marks::Marks, Output, Shell};
use crate::{
    invocation::{Hole, Origin, Piece, Value, Word},
    source::Text,
};

/// The contents that a file may have, with marks.
#[derive(Clone, Debug, Default)]
pub struct Contents(Vec<Text>);

/// As many contents are told apart.
const MAX_CONTENTS: usize = 8;

impl Contents {
    pub fn of(text: Text) -> Self {
        Self(vec![text])
    }

    /// All of them, one after the other, as code that may run.
    pub fn code(&self) -> Text {
        // What one way only wrote on to is in the other.
        let is_start = |text: &Text| {
            self.0
                .iter()
                .any(|other| other.len() > text.len() && other.as_str().starts_with(text.as_str()))
        };
        let mut code = Text::default();
        for (position, text) in self.0.iter().filter(|text| !is_start(text)).enumerate() {
            if position > 0 {
                code.push_made_up("\n", None);
            }
            code.push(text);
        }
        code
    }

    /// Each of them, its marks as holes.
    pub fn values(&self, marks: &Marks) -> Vec<Value> {
        self.0.iter().map(|text| marks.value(text)).collect()
    }

    /// Those, or others.
    pub fn or(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for text in &other.0 {
            if both.0.len() < MAX_CONTENTS
                && both.0.iter().all(|held| held.as_str() != text.as_str())
            {
                both.0.push(text.clone());
            }
        }
        both
    }

    /// Each of them with each of the others after it.
    fn then(&self, next: &Self) -> Self {
        let mut all = Vec::new();
        for text in &self.0 {
            for next in &next.0 {
                let mut text = text.clone();
                text.push(next);
                all.push(text);
            }
        }
        all.truncate(MAX_CONTENTS);
        Self(all)
    }
}

impl Shell<'_> {
    /// The name under which a path is known: absolute as far as the folder is, holes as they are
    /// written, with their place where the same words need not mean the same file.
    pub fn path(&self, word: &Word) -> String {
        let key = |word: &Word| -> String {
            let pieces = word.pieces.iter().map(|piece| match piece {
                Piece::Known(text) => text.as_str().to_owned(),
                Piece::Hole(hole) => key_of(hole),
            });
            pieces.collect()
        };
        let path = key(word);
        let starts_anywhere = path.starts_with(['/', '~']) || word.head().is_empty();
        let folder = key(&self.state.directory);
        let whole = match starts_anywhere || folder.is_empty() {
            true => path,
            false => format!("{folder}/{path}"),
        };
        plain(&whole)
    }

    /// The code of a file that was written here.
    pub fn written_file(&self, word: &Word) -> Option<Text> {
        Some(self.state.files.get(&self.path(word))?.code())
    }

    /// The text of a file that was written here.
    pub fn written_text(&self, word: &Word) -> Option<Value> {
        let contents = self.state.files.get(&self.path(word))?;
        contents.0.iter().map(|text| self.run.marks.value(text)).reduce(Value::or)
    }

    /// The text of a file that was written here, or of one of the repository.
    pub fn text_of_file(&self, word: &Word) -> Option<Value> {
        let own = || Some(self.run.marks.value(&self.file_of(word)?));
        self.written_text(word).or_else(own)
    }

    /// The code of a file that was written here; nothing if all of it is what some program printed.
    pub fn written_code(&self, path: &Word) -> Option<Text> {
        let text = self.written_file(path)?;
        let value = self.run.marks.value(&text);
        let is_known = |word: &Word| word.pieces.iter().any(|p| matches!(p, Piece::Known(_)));
        value.alternatives().iter().any(is_known).then_some(text)
    }

    /// Notes what is written to a file, in case the file is run later.
    pub(in crate::script) fn written(&mut self, path: &Word, output: &Output, appends: bool) {
        if self.exported(path, output) {
            return;
        }
        let path = self.path(path);
        if path.is_empty() || path == "/dev/null" {
            return;
        }
        let value = match output {
            Output::Known(value) => value.clone(),
            Output::Silent if appends => return,
            output => output.value("the output of a command".into(), None),
        };
        let words = value.alternatives().iter().take(MAX_CONTENTS);
        let mut contents = Contents(words.map(|word| self.run.marks.printed(word)).collect());
        if appends && let Some(held) = self.state.files.get(&path) {
            contents = held.then(&contents);
        }
        self.state.files.set(path, contents);
    }

    /// What reading a file or `<(…)` gives.
    pub(super) fn file_content(&self, word: &Word) -> Output {
        if let [Piece::Hole(hole)] = word.pieces.as_slice()
            && let Origin::Output(stages) = &hole.origin
        {
            return Output::Of(stages.to_vec());
        }
        if let Some(text) = self.written_text(word) {
            return Output::Known(text).into_stages();
        }
        match word.text().and_then(|path| self.script_text(&path)) {
            Some(text) => Output::Known(self.run.marks.value(&text)),
            None => Output::Of(Vec::new()),
        }
    }

    /// Notes what `cp`, `mv`, `install` and `ln` do to files that may be run later.
    pub(super) fn copied(&mut self, name: &str, arguments: &[Word]) {
        if !matches!(name, "cp" | "mv" | "install" | "ln") {
            return;
        }
        let takes_value = |word: &Word| {
            name == "install"
                && word.text().is_some_and(|text| matches!(text.as_ref(), "-m" | "-o" | "-g"))
        };
        let (mut paths, mut skip): (Vec<Word>, bool) = (Vec::new(), false);
        for word in arguments {
            if skip || takes_value(word) {
                skip = !skip;
            } else if !word.head().starts_with('-') {
                paths.push(word.clone());
            }
        }
        self.copies(&paths);
    }
}

fn key_of(hole: &Hole) -> String {
    match (&hole.origin, &hole.location) {
        (Origin::Variable(name), _) => format!("${name}"),
        (Origin::Expression | Origin::Glob | Origin::Repository, _) | (_, None) => {
            hole.written.clone()
        }
        (_, Some(location)) => format!("{}@{}", hole.written, location.range.start),
    }
}

/// Without `.` and repeated slashes.
pub fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
