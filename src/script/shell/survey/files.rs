//! Files that statements write, which others may run or read.

use super::{Does, MAX_DEPTH, Span, Surveyor, words::names};
use crate::script::{
    relevance::{Matters, of_text},
    shell::{is_of_the_system, syntax::Direction},
};

/// Files that the runner reads after the step, and one that nothing but people read.
const EXPORTS: [&str; 4] = ["_ENV", "_OUTPUT", "github.env", "github.output"];
const SUMMARY: &str = "$GITHUB_STEP_SUMMARY";

/// How the names of pages end, which people read and nothing runs.
const PAGES: [&str; 7] = [".html", ".htm", ".css", ".md", ".svg", ".xml", ".csv"];

/// Whether the file that a word names is a page.
pub(super) fn is_page(word: &str) -> bool {
    let name = word.trim_matches(['"', '\'']);
    PAGES.iter().any(|ending| name.ends_with(ending))
}

impl Surveyor<'_> {
    pub(super) fn redirect(&mut self, direction: Direction, file: &Span, does: &mut Does) {
        let written = self.str(file);
        let is_descriptor = written.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        match direction {
            Direction::Duplicate if is_descriptor => {}
            Direction::Output | Direction::Append | Direction::Duplicate => self.file(file, does),
            Direction::Input | Direction::Other => {}
        }
    }

    /// A file that is written, by the word that names it.
    pub(super) fn file(&mut self, file: &Span, does: &mut Does) {
        let written = self.str(file).trim_matches(['"', '\'']);
        if written == "/dev/null" || written == SUMMARY {
            return;
        }
        does.puts_files = true;
        does.matters |= is_of_the_system(written) || written.contains("bin/");
        if written.contains('$') {
            does.matters |= EXPORTS.iter().any(|name| written.contains(name));
            let is_said = |place: &str| self.text.contains(place) || self.run.says(place);
            does.matters |= written.starts_with('$') && (is_said("/etc/") || is_said("/dev/"));
            // Which file that is, other words may say as well.
            does.writes = true;
            return;
        }
        // What names it elsewhere names it by the last part of its path.
        let base = written.rfind('/').map_or(0, |slash| slash + 1);
        let start = file.start + self.str(file).find(written).unwrap_or(0) + base;
        let longest = names(&written[base..]).max_by_key(Span::len);
        match longest {
            Some(name) => does.sets.push(name.start + start..name.end + start),
            None => does.writes = true,
        }
    }

    /// Whether text that is written to a file can do something if it is run as a script.
    pub(super) fn may_be_code(&mut self, body: &Span) -> bool {
        if of_text(self.str(body)) != Matters::Itself {
            return false;
        }
        let survey = match self.depth < MAX_DEPTH {
            true => self.run.survey(&self.text[body.clone()], self.depth + 1),
            false => None,
        };
        survey.is_none_or(|survey| {
            survey.whole.matters || survey.whole.reads_all || !survey.functions.is_empty()
        })
    }
}
