use super::{
    counts,
    excerpt::{Excerpt, markable},
};
use crate::{
    policy::{Finding, Level, LintReport},
    source::{Location, Place},
};
use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, Severity, SourceCode};
use std::{
    cmp::Reverse,
    fmt::{self, Write},
    sync::Arc,
};

/// Nobody reads on after so many findings; of more, the worst are shown.
const MAX_SHOWN: usize = 500;

/// Every finding with its source and the steps that lead to it, then a line that counts them.
pub fn human(report: &LintReport, colours: bool) -> String {
    let theme = match colours {
        true => miette::GraphicalTheme::unicode(),
        false => miette::GraphicalTheme::unicode_nocolor(),
    };
    // A terminal wraps lines where it ends.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_context_lines(1)
        .with_wrap_lines(false);
    let mut text = String::new();
    let mut shown: Vec<&Finding> = report.open().collect();
    if shown.len() > MAX_SHOWN {
        shown.sort_by_key(|finding| Reverse(finding.level));
        shown.truncate(MAX_SHOWN);
    }
    for finding in &shown {
        let mut one = String::new();
        // Writing to a string does not fail; what miette could not draw is said in a plain line.
        if handler.render_report(&mut one, &Drawn::new(finding)).is_err() {
            one = format!("{}: {}", finding.location.path().display(), finding.message);
        }
        let _ = writeln!(text, "{}\n", one.trim_end());
    }
    let hidden = report.open().count() - shown.len();
    if hidden > 0 {
        let more = counted(hidden, "more finding");
        let _ = writeln!(text, "{more} not shown here; `--format json` has them all\n");
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

fn summary(report: &LintReport) -> String {
    let coverage = &report.coverage;
    let parts = counts(report);
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}", word(*level, *count)))
        .collect();
    let allowed = report.findings.len() - report.open().count();
    let allowed = (allowed > 0).then(|| format!("{allowed} allowed"));
    let parts: Vec<String> = parts.into_iter().chain(allowed).collect();
    let found = if parts.is_empty() { "nothing to report".to_owned() } else { parts.join(", ") };
    let read =
        format!("{} in {}", counted(coverage.scripts, "script"), counted(coverage.files, "file"));
    match coverage.skipped.as_slice() {
        [] => format!("{found}; read {read}"),
        skipped => {
            let places: Vec<String> = skipped
                .iter()
                .map(|gap| {
                    let line = gap.line.map_or(String::new(), |line| format!(":{line}"));
                    format!("  {}{line}: {}", gap.path.display(), gap.reason)
                })
                .collect();
            let gaps = counted(skipped.len(), "gap");
            format!("{found}; read {read}, with {gaps}:\n{}", places.join("\n"))
        }
    }
}

fn word(level: Level, count: usize) -> &'static str {
    match (level, count) {
        (Level::Deny, _) => "denied",
        (Level::Warn, 1) => "warning",
        (Level::Warn, _) => "warnings",
        (Level::Note, 1) => "note",
        (Level::Note, _) => "notes",
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// A finding as miette draws it.
#[derive(Debug)]
struct Drawn<'f> {
    finding: &'f Finding,
    source: Excerpt<'f>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
}

impl<'f> Drawn<'f> {
    fn new(finding: &'f Finding) -> Self {
        let location = &finding.location;
        let source = Excerpt(&location.file);
        let same_file = |hop: &Location| Arc::ptr_eq(&hop.file, &location.file);
        let mut labels = vec![LabeledSpan::new_primary_with_span(
            Some(finding.place.as_ref().map_or("here".into(), runs)),
            markable(location.file.text(), location.range.clone()),
        )];
        let mut elsewhere = Vec::new();
        for hop in &finding.via {
            match &hop.location {
                Some(at) if same_file(at) && at.range != location.range => {
                    let first_line = first_line(at);
                    let seen = labels.iter().any(|l| l.offset() == first_line.start);
                    if !seen {
                        labels.push(LabeledSpan::new_with_span(Some(hop.step.clone()), first_line));
                    }
                }
                Some(at) if !same_file(at) => {
                    elsewhere.push(format!("{}:{} {}", at.path().display(), at.line(), hop.step));
                }
                _ => {}
            }
        }
        let mut help = finding.help.clone();
        if !elsewhere.is_empty() {
            let way = format!("it is reached from {}", elsewhere.join(" → "));
            help = Some(help.map_or(way.clone(), |help| format!("{help}\n{way}")));
        }
        Self { finding, source, labels, help }
    }
}

/// The part of a step that stands on its first line, so that a label stays one line.
fn first_line(at: &Location) -> std::ops::Range<usize> {
    let text = &at.file.text()[at.range.clone()];
    let line = at.range.start..at.range.start + text.find('\n').unwrap_or(text.len());
    markable(at.file.text(), line)
}

fn runs(place: &Place) -> String {
    match place {
        Place::Ephemeral(name) => format!("on {name}, which is thrown away after the job"),
        Place::Host(name) => format!("on the host of the runner ({name})"),
        Place::Remote(name) => format!("on {name}"),
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.finding.rule))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.finding.level {
            Level::Deny => Severity::Error,
            Level::Warn => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
