//! Whether a script can matter at all, told by its words in one pass, so that most scripts need no
//! parsing: no call in it can have an effect that is known, lead to a file, or set something for a
//! later step. It errs on one side only: whatever could put a program's name together counts, and
//! whatever could be one of its subcommands that have effects.

mod called;
mod hooks;
mod scan;
mod strings;
#[cfg(test)]
mod tests;

use crate::source::{Expression, Language, Script, expressions};
pub(super) use called::{Called, Stands, called, is_own_path, literal};
pub(super) use hooks::{hooks, module};
use scan::Scan;

/// Why a script has to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matters {
    Not,
    /// Only for what it sets for later steps.
    Later,
    /// What its expressions come to decides it.
    Open,
    Itself,
}

/// Why a script has to be read, as far as its own text says that.
pub fn matters_as_written(script: &Script) -> Matters {
    if script.language != Language::Shell || script.template.is_some() {
        return Matters::Itself;
    }
    let text = script.text.as_str();
    let repository = script.text.file().map(|file| file.repository());
    let is_open = |expression: Expression<'_>| !expression.is_for_the_run();
    match Scan::of(text).in_repository(repository).matters() {
        Matters::Not | Matters::Later if expressions(text).any(is_open) => Matters::Open,
        matters => matters,
    }
}

/// Why shell text has to be read, as far as its words say that.
pub fn of_text(text: &str) -> Matters {
    Scan::of(text).matters()
}

/// Whether a string of a line would matter as code: `echo "pm2 kill" > x.sh`.
pub fn has_code_in_strings(line: &str) -> bool {
    // As `printf` writes it.
    let lines = |string: &str| string.replace("\\n", "\n");
    strings_in(line).any(|string| Scan::of(&lines(string)).matters() == Matters::Itself)
}

/// What stands between the quotes of a line.
fn strings_in(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(['"', '\''])?;
        let quote = rest[start..].chars().next()?;
        let inner = &rest[start + 1..];
        let end = inner.find(quote)?;
        rest = &inner[end + 1..];
        Some(&inner[..end])
    })
}

/// Why a script has to be read that is known with all that is around it.
pub fn matters(script: &Script) -> Matters {
    match matters_as_written(script) {
        Matters::Open => {
            let ways = script.alternatives();
            let matters = ways.iter().map(|way| of_text(way.text.as_str()));
            matters.max().unwrap_or(Matters::Not)
        }
        matters => matters,
    }
}
