//! How this process was called, and the script that says the same.

use crate::guard::masking::in_single_quotes;
use crate::policy::Finding;
use crate::program::Catalog;
use crate::source::{Language, Repository, Script, SourceFile, Text};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the file that the command stands in when it is read.
const COMMAND_LINE: &str = "the command line";

/// An argv, under the name of another program.
#[derive(Debug)]
pub struct Called {
    /// The name of the program, without a folder.
    pub name: String,
    pub argv: Vec<OsString>,
    pub folder: PathBuf,
}

impl Called {
    /// None if this process was called by a name that no known program has: tagout's own.
    pub fn of_this_process() -> Option<Self> {
        let argv: Vec<OsString> = std::env::args_os().collect();
        let name = Path::new(argv.first()?).file_name()?.to_str()?.to_owned();
        let folder = || std::env::current_dir().unwrap_or_default();
        Catalog::built_in().knows(&name).then(|| Self { name, argv, folder: folder() })
    }

    /// The command as a line of shell, in which every word stands for itself.
    pub fn script(&self) -> Script {
        let (mut line, arguments) = match self.script_called() {
            Some(name) => (name.to_owned(), 2),
            None => (self.name.clone(), 1),
        };
        for word in self.argv.iter().skip(arguments) {
            line.push(' ');
            line.push_str(&quoted(&word.to_string_lossy()));
        }
        let file = SourceFile::new(self.folder.join(COMMAND_LINE), line)
            .in_repository(Repository::on_host(&self.folder));
        let folder = self.folder.to_str().map(made_up);
        Script { folder, ..Script::alone(Text::of_file(Arc::new(file)), Language::Shell) }
    }

    /// The known program that is a script for this one: whoever calls `/opt/bin/pm2` calls
    /// `node /opt/bin/pm2` by its first line, and so past us.
    fn script_called(&self) -> Option<&str> {
        Language::of_interpreter(&self.name)?;
        let path = self.argv.get(1)?.to_str().filter(|path| path.contains('/'))?;
        let name = Path::new(path).file_name()?.to_str()?;
        Catalog::built_in().knows(name).then_some(name)
    }

    /// Whether a finding is about what stands in the call itself, not in a file that it runs.
    pub fn wrote(&self, finding: &Finding) -> bool {
        self.is_command_line(finding.location.path())
    }

    pub fn is_command_line(&self, file: &Path) -> bool {
        file == self.folder.join(COMMAND_LINE)
    }
}

/// The variables that this process was given.
pub fn environment() -> Arc<IndexMap<String, Text>> {
    let known = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, made_up(value.to_str()?))));
    Arc::new(known.collect())
}

fn made_up(text: &str) -> Text {
    let mut made_up = Text::default();
    made_up.push_made_up(text, None);
    made_up
}

/// A word so that a shell would take it as it is; a plain one stays one that can name a program.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(in_single_quotes(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::read;

    fn called(words: &[&str]) -> Called {
        let argv = words.iter().map(OsString::from).collect();
        Called { name: words[0].into(), argv, folder: "/srv/web".into() }
    }

    #[test]
    fn a_script_of_a_known_program_is_that_program() {
        for (words, line) in [
            (&["node", "/opt/bin/pm2", "delete", "all"][..], "pm2 delete all"),
            (&["node", "./pm2.js", "all"], "node ./pm2.js all"),
            (&["node", "pm2"], "node pm2"),
            (&["rm", "/opt/bin/pm2"], "rm /opt/bin/pm2"),
        ] {
            assert_eq!(called(words).script().text.as_str(), line);
        }
    }

    #[test]
    fn every_word_of_an_argv_is_read_as_it_is() {
        let words =
            ["rm", "-rf", "a b", "", "it's", "$HOME", "*", "~", "x\ny", "--a=b", "{a,b}", "é"];
        let read = read(&called(&words).script());
        let argv: Vec<_> = read.invocations[0].argv.iter().map(|word| word.text()).collect();
        let wanted: Vec<_> = words.iter().map(|word| Some((*word).into())).collect();
        assert_eq!(argv, wanted);
    }
}
