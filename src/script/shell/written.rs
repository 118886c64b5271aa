//! Files that a script writes, copies and reads again.

use super::{Output, Shell};
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
        let mut contents = Contents(words.map(|word| self.run.marks.text(word)).collect());
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

    /// Notes what `cp`, `mv`, `install` and `ln` do to a file that was written here, and `scp` and
    /// `rsync`, which take it to another host.
    pub(super) fn copied(&mut self, name: &str, arguments: &[Word]) {
        if !matches!(name, "cp" | "mv" | "install" | "ln" | "scp" | "rsync")
            || self.state.files.is_empty()
        {
            return;
        }
        let takes_value = |word: &Word| {
            word.text().is_some_and(|text| match name {
                "install" => matches!(text.as_ref(), "-m" | "-o" | "-g"),
                "scp" => matches!(text.as_ref(), "-P" | "-i" | "-o" | "-F" | "-J" | "-c" | "-l"),
                "rsync" => matches!(text.as_ref(), "-e" | "--exclude" | "--include"),
                _ => false,
            })
        };
        let (mut paths, mut skip): (Vec<&Word>, bool) = (Vec::new(), false);
        for word in arguments {
            if skip || takes_value(word) {
                skip = !skip;
            } else if !word.head().starts_with('-') {
                paths.push(word);
            }
        }
        let Some((target, sources)) = paths.split_last() else { return };
        let target = without_host(target);
        for source in sources {
            let source = without_host(source);
            let Some(held) = self.state.files.get(&self.path(&source)).cloned() else { continue };
            let text = held.as_ref().clone();
            let to = self.path(&target);
            let from = self.path(&source);
            let file = from.rsplit('/').next().unwrap_or(&from).to_owned();
            let is_folder = to.is_empty() || target.to_string().ends_with(['/', '.', '~']);
            if is_folder || sources.len() > 1 {
                self.state.files.set(plain(&format!("{to}/{file}")), text.clone());
            } else {
                // A folder, or the name of the copy.
                self.state.files.set(format!("{to}/{file}"), text.clone());
                self.state.files.set(to, text);
            }
        }
    }
}

/// `host:path`, as a path of that host.
fn without_host(word: &Word) -> Word {
    let mut path = Word::default();
    let mut found = false;
    for piece in &word.pieces {
        match piece {
            Piece::Known(text) if !found => match text.as_str().split_once(':') {
                Some((host, _)) if !host.contains('/') => {
                    found = true;
                    path = Word::default();
                    path.push(Piece::Known(text.slice(host.len() + 1..text.len())));
                }
                _ => path.push(piece.clone()),
            },
            _ => path.push(piece.clone()),
        }
    }
    path
}

fn key_of(hole: &Hole) -> String {
    match (&hole.origin, &hole.location) {
        (Origin::Variable(name), _) => format!("${name}"),
        (Origin::Expression | Origin::Glob, _) | (_, None) => hole.written.clone(),
        (_, Some(location)) => format!("{}@{}", hole.written, location.range.start),
    }
}

/// Without `.` and repeated slashes.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
