use super::{Judge, Level, LintReport, Reach, carry::Carried, lint::Gap, practice::Jobs, secrets};
use crate::{
    invocation::{Invocation, Word},
    script::{self, Matters, Unread},
    source::{Language, Location, Place, Repository, Script, SourceFile, time_is_up},
    workflow,
};
use regex::Regex;
use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

/// Said of the scripts of a file that were not begun.
const TOO_LONG: &str = "this file takes too long to read; the rest of it was not read";

/// Lints one file.
pub(super) fn lint(file: &Arc<SourceFile>, judge: Judge<'_>) -> LintReport {
    let reading = workflow::read(Arc::clone(file), &judge.policy.config);
    let mut scripts = Scripts {
        file,
        judge,
        carried: Carried::default(),
        jobs: Jobs::default(),
        waiting: Vec::new(),
        report: LintReport::default(),
    };
    let report = &mut scripts.report;
    report.coverage.files = 1;
    for problem in &reading.problems {
        report.findings.extend(judge.problem(problem));
        report.coverage.skipped.push(Gap::at(&problem.location, problem.kind.to_string()));
    }
    if reading.scripts.is_empty() && time_is_up() {
        let whole = Location { range: 0..file.text().len(), file: Arc::clone(file) };
        report.coverage.skipped.push(Gap::at(&whole, TOO_LONG.to_owned()));
    }
    scripts.all(reading.scripts);
    let notes = scripts.jobs.notes(judge, file.path());
    scripts.report.findings.extend(notes);
    scripts.report
}

/// The scripts of a file, read in their order, as far as they matter.
struct Scripts<'f> {
    file: &'f SourceFile,
    judge: Judge<'f>,
    carried: Carried,
    jobs: Jobs,
    /// Those of this job that only set something for later ones. They are read when one of those
    /// has to be.
    waiting: Vec<Script>,
    report: LintReport,
}

impl Scripts<'_> {
    fn all(&mut self, scripts: Vec<Script>) {
        let mut scripts = scripts.into_iter();
        while let Some(script) = scripts.next() {
            if time_is_up() {
                return self.cut(&script, scripts.len());
            }
            if self.carried.is_of_another_job(&script) {
                self.end_job();
            }
            if let Some(gives) = &script.gives {
                self.read_waiting();
                self.carried.end_of(&script, gives);
                continue;
            }
            self.carried.pass(&script);
            self.jobs.begin(&script);
            match script::matters_as_written(&script) {
                _ if self.reads_all_of(&script) => {
                    self.read_waiting();
                    self.read(script, Matters::Itself);
                }
                Matters::Not => self.count(true),
                Matters::Later => self.waiting.push(script),
                matters @ (Matters::Open | Matters::Itself) => {
                    self.read_waiting();
                    self.read(script, matters);
                }
            }
        }
        self.end_job();
    }

    fn reads_all_of(&self, script: &Script) -> bool {
        self.judge.reads_all || wants_all(script)
    }

    /// Counts a script; whether all of it was read.
    fn count(&mut self, analysed: bool) {
        self.report.coverage.scripts += 1;
        self.report.coverage.analysed += usize::from(analysed);
    }

    fn end_job(&mut self) {
        if self.carried.has_results() {
            self.read_waiting();
        }
        for _ in self.waiting.drain(..) {
            self.report.coverage.scripts += 1;
            self.report.coverage.analysed += 1;
        }
        self.carried.end_job();
    }

    fn read_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        while let Some(script) = waiting.next() {
            if time_is_up() {
                return self.cut(&script, waiting.len());
            }
            self.read(script, Matters::Later);
        }
    }

    /// Reads a script with what those before it left.
    fn read(&mut self, mut script: Script, matters: Matters) {
        if !self.carried.give(&mut script) {
            return;
        }
        if matters == Matters::Open && script::matters(&script) == Matters::Not {
            return self.count(true);
        }
        let read = match self.reads_all_of(&script) {
            true => script::read_all_with(&script, self.carried.files()),
            false => script::read_with(&script, self.carried.files()),
        };
        self.count(read.unread.is_empty());
        self.carried.take(&script, read.exports);
        for unread in &read.unread {
            self.unread(&script, unread);
        }
        for invocation in &read.invocations {
            let path = self.file.path();
            self.report.findings.extend(secrets::given(self.judge, invocation));
            if self.judge.reads_all {
                note_files_named_by(invocation, self.file.repository());
            }
            for (effect, mut finding) in self.judge.invocation(path, invocation) {
                if let Some(finding) = finding.as_mut().filter(|found| found.level > Level::Note)
                    && let Some(guard) = self.jobs.guard()
                {
                    finding.message += &format!("; it is behind the {guard}");
                }
                self.jobs.effect(invocation, &effect);
                if self.judge.keeps_all {
                    let job = script.origin.job.clone();
                    let reach =
                        Reach::new(path.to_owned(), job, invocation, effect, finding.as_ref());
                    self.report.reaches.push(reach);
                }
                self.report.findings.extend(finding);
            }
        }
    }

    fn unread(&mut self, script: &Script, unread: &Unread) {
        self.report.findings.extend(self.judge.unread(script, unread));
        let location = unread.location.clone().or_else(|| script.text.location());
        let gap = location.map(|location| Gap::at(&location, unread.reason.clone()));
        self.report.coverage.skipped.extend(gap);
    }

    /// Says that this script and `more` after it are not read.
    fn cut(&mut self, script: &Script, more: usize) {
        self.report.coverage.scripts += self.waiting.len() + 1 + more;
        let rest = script
            .text
            .location()
            .map(|place| Location { range: place.range.start..place.file.text().len(), ..place });
        self.unread(script, &Unread::code(rest, TOO_LONG));
    }
}

/// A file that a command names is one that the workflow reaches, whatever is done with it there.
fn note_files_named_by(invocation: &Invocation, repository: &Repository) {
    for word in invocation.argv.iter().filter_map(Word::text) {
        let is_file = word.contains(['.', '/']) && repository.root().join(&*word).is_file();
        if is_file && Path::new(&*word).is_relative() {
            // It is the asking that is noted.
            repository.file(Path::new(&*word));
        }
    }
}

/// A pattern in which words end where they do in ASCII, which is told fastest.
fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).ok()
}

/// Whether a script is read with all that has no effect, too: what it downloads and runs, or the
/// secrets that it hands on, matter where they do.
fn wants_all(script: &Script) -> bool {
    // What is fetched and run in one line, fetched in the place of text, and run anywhere.
    static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let piped = r"\b(?:curl|wget)\b[^\n;]*\|\s*(?:sudo\b[^|\n]*)?\b(?:ba|da|z|k)?sh\b";
        let saved = r"\b(?:curl|wget)\b[^|]*\n?[^|]*\b(?:ba|da|z|k)?sh \S";
        regex(&format!("{piped}|{saved}"))
    });
    static FETCHED: LazyLock<Option<Regex>> =
        LazyLock::new(|| regex(r"(?:[<$]\(\s*|`)(?:curl|wget)\b"));
    static RUNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // A word of prose is no command.
        let words = "if|elif|while|until|then|do|else|time|coproc|builtin|command";
        let starts = format!(r"(?m)(?:^|[;&|({{`!'\x22]|\b(?:{words})\s|\b\w+=\S*\s)");
        let sourced = format!(r"{starts}[\t ]*(?:source|\.)\s");
        regex(&format!(r"\b(?:(?:ba|da|z|k)?sh|eval)\b|{sourced}"))
    });
    let downloads = || {
        let text = script.text.as_str();
        let has = |regex: &Option<Regex>| regex.as_ref().is_some_and(|regex| regex.is_match(text));
        (text.contains("curl") || text.contains("wget"))
            && (has(&RUN) || has(&FETCHED) && has(&RUNS))
    };
    script.language == Language::Shell
        && !matches!(script.place, Place::Ephemeral(_))
        && (secrets::may_be_given(script) || downloads())
}
