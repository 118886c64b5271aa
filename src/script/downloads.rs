//! Code that is fetched from the network and run: `curl … | sh`, `bash <(curl …)`, and a file that an
//! earlier command of the script fetched.

use super::{
    Unread, UnreadKind, display,
    nested::is_no_file,
    shell::{Output, Shell},
};
use crate::{
    invocation::{Invocation, Origin, Word},
    program::{Arguments, Catalog, Runs, RunsWhat, Source},
    source::program_name,
};
use std::sync::Arc;

impl Shell<'_> {
    /// Says so where what a call runs comes from the network.
    pub(super) fn tell_of_downloads(
        &mut self,
        runs: &Runs,
        arguments: &Arguments<'_>,
        invocation: &Arc<Invocation>,
    ) {
        // Where only what has effects is read, what fetches was passed over.
        if self.run.selective {
            return;
        }
        if let Some(fetched) = self.fetched(runs, arguments) {
            let fetched = display(&fetched.argv);
            self.run.unread.push(Unread {
                location: invocation.location.clone(),
                reason: format!("what `{fetched}` fetches is not known"),
                kind: UnreadKind::Downloaded(fetched),
                names: None,
            });
        }
    }

    /// The call that fetches what is run.
    fn fetched(&self, runs: &Runs, arguments: &Arguments<'_>) -> Option<Arc<Invocation>> {
        use RunsWhat::{File, JavaScript, PowerShell, Python, Shell};
        let (Shell(source) | JavaScript(source) | Python(source) | PowerShell(source)
        | File(source)) = &runs.what
        else {
            return None;
        };
        if matches!(source, Source::Stdin) {
            return self.fetched_on_stdin();
        }
        let words = arguments.commands(source).concat();
        let word = words.first()?;
        if is_no_file(word) {
            return self.fetched_on_stdin();
        }
        let in_word = words.iter().flat_map(Word::holes).find_map(|hole| match &hole.origin {
            Origin::Output(stages) => downloader(stages),
            _ => None,
        });
        in_word.or_else(|| self.fetched_before(word))
    }

    fn fetched_on_stdin(&self) -> Option<Arc<Invocation>> {
        match &self.stdin {
            Output::Of(stages) => downloader(stages),
            _ => None,
        }
    }

    /// The call that fetched a file of this name, by what it is told.
    fn fetched_before(&self, file: &Word) -> Option<Arc<Invocation>> {
        let path = file.text()?;
        let name = program_name(&path);
        let is_it = |word: &Word| word.text().is_some_and(|word| program_name(&word) == name);
        let fetches =
            |call: &&Arc<Invocation>| downloads(call) && call.argv.iter().skip(1).any(is_it);
        self.run.invocations.iter().rev().find(fetches).cloned()
    }
}

fn downloader(stages: &[Arc<Invocation>]) -> Option<Arc<Invocation>> {
    stages.iter().find(|stage| downloads(stage)).cloned()
}

fn downloads(call: &Invocation) -> bool {
    let program = call.argv.first().and_then(Word::text);
    let program = program.and_then(|name| Catalog::built_in().find(&name));
    program.is_some_and(|program| program.downloads)
}
