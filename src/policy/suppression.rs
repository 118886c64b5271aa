//! `# tagout: allow(pm2-all) until=2027-01-31 reason="…"`, in a comment of YAML or of a script. Behind
//! code it is about its own line; on a line of its own it is about the next line and all that is
//! indented below that. One that says no reason, knows no such rule, is over or finds nothing to allow is a
//! finding itself, so that none outlives what it was written for.

use super::{Finding, Judge};
use crate::config::did_you_mean;
use crate::source::{Location, SourceFile};
use foldhash::HashSet;
use jiff::civil::Date;
use memchr::memmem::Finder;
use regex::Regex;
use std::{
    collections::HashMap,
    ffi::OsStr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

/// What all of them have; few files have it.
const MARK: &str = "tagout: allow";

#[expect(clippy::expect_used, reason = "the pattern is a constant, and the tests compile it")]
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?:#|//|--|::|\bREM\b|/\*|<!--)[ \t]*tagout: allow[ \t]*(?:\((?<rules>[^)\n]*)\))?(?<more>[^\n]*)"#,
    )
    .expect("a constant pattern")
});

#[expect(clippy::expect_used, reason = "the pattern is a constant, and the tests compile it")]
static KEYS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\b(?<key>[a-z]+)=(?:\\?"(?<quoted>[^"\n]*?)\\?"|'(?<single>[^'\n]*)'|(?<bare>[^\s"']+))"#)
        .expect("a constant pattern")
});

struct Suppression {
    rules: Vec<String>,
    until: Option<Date>,
    reason: String,
    /// The comment.
    location: Location,
    /// The lines that it is about.
    lines: RangeInclusive<usize>,
    /// The rules of it that have allowed something.
    used: Vec<bool>,
}

/// Marks the findings that are allowed where they stand.
pub fn by_comments(findings: Vec<Finding>, judge: Judge<'_>) -> Vec<Finding> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut findings = findings;
    let count = findings.len();
    apply(&[], &mut findings, |_| judge, today);
    // What is wrong with comments is for who wrote them to see, not for who runs them.
    findings.truncate(count);
    findings
}

/// Whether there may be one in a text.
pub(super) fn is_in(text: &str) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
    FINDER.find(text.as_bytes()).is_some()
}

/// Marks the findings that are allowed, in these files and in those that findings are in, and adds
/// what is wrong with the comments that allow.
pub(super) fn apply<'j>(
    files: &[Arc<SourceFile>],
    findings: &mut Vec<Finding>,
    judge_of: impl Fn(&Path) -> Judge<'j>,
    today: Date,
) {
    let mut by_path: HashMap<PathBuf, Vec<Suppression>> = HashMap::new();
    let mut wrong = Vec::new();
    let places = findings.iter().flat_map(|finding| {
        let hops = finding.via.iter().filter_map(|hop| hop.location.as_ref());
        hops.chain([&finding.location]).map(|location| &location.file)
    });
    let mut seen: HashSet<&OsStr> = HashSet::default();
    for file in files.iter().chain(places) {
        if seen.insert(file.path().as_os_str()) && is_in(file.text()) {
            let judge = judge_of(file.path());
            by_path.insert(file.path().to_owned(), read(file, judge, today, &mut wrong));
        }
    }
    if by_path.is_empty() {
        return;
    }
    for finding in findings.iter_mut() {
        let own = (finding.location.path().to_owned(), lines_of(&finding.location));
        // What leads to a command is allowed with it where it stands.
        let hops = finding.via.iter().filter_map(|hop| hop.location.as_ref());
        let hops = hops.map(|at| (at.path().to_owned(), at.line()..=at.line()));
        for (path, lines) in std::iter::once(own).chain(hops) {
            let all = by_path.get_mut(&path).into_iter().flatten();
            for suppression in all.filter(|one| meet(&one.lines, &lines)) {
                for (rule, used) in suppression.rules.iter().zip(&mut suppression.used) {
                    if *rule == finding.rule {
                        *used = true;
                        finding.suppressed = Some(suppression.reason.clone());
                    }
                }
            }
        }
    }
    for suppression in by_path.into_values().flatten() {
        for (rule, used) in suppression.rules.iter().zip(&suppression.used) {
            if !used {
                let location = suppression.location.clone();
                let judge = judge_of(location.path());
                wrong.push(judge.about("suppression-unused", rule, location));
            }
        }
    }
    findings.extend(wrong.into_iter().flatten());
}

fn meet(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

fn lines_of(location: &Location) -> RangeInclusive<usize> {
    let end = location.range.end.saturating_sub(1).max(location.range.start);
    location.line()..=location.file.line_column(end).line
}

/// The suppressions of a file that hold today; what is wrong with the others goes to `wrong`.
fn read(
    file: &Arc<SourceFile>,
    judge: Judge<'_>,
    today: Date,
    wrong: &mut Vec<Option<Finding>>,
) -> Vec<Suppression> {
    let text = file.text();
    let mut found = Vec::new();
    for written in WRITTEN.captures_iter(text) {
        let Some(whole) = written.get(0) else { continue };
        let range = whole.start()..whole.start() + whole.as_str().trim_end().len();
        let location = Location { file: Arc::clone(file), range };
        match parse(&written, text, &location, judge) {
            Ok(suppression) if suppression.until.is_some_and(|until| until < today) => {
                let until = suppression.until.map(|date| date.to_string()).unwrap_or_default();
                wrong.push(judge.about("suppression-expired", &until, location));
            }
            Ok(suppression) => found.push(suppression),
            Err(why) => wrong.push(judge.about("suppression-invalid", &why, location)),
        }
    }
    found
}

fn parse(
    written: &regex::Captures<'_>,
    text: &str,
    location: &Location,
    judge: Judge<'_>,
) -> Result<Suppression, String> {
    let named = written.name("rules").map_or("", |rules| rules.as_str());
    let rules: Vec<String> = named
        .split(',')
        .map(|rule| rule.trim().to_owned())
        .filter(|rule| !rule.is_empty())
        .collect();
    if rules.is_empty() {
        return Err("it names no rule; write `tagout: allow(RULE) reason=\"…\"`".to_owned());
    }
    let known = || judge.rules().map(|rule| rule.name.as_str());
    if let Some(unknown) = rules.iter().find(|rule| known().all(|name| name != *rule)) {
        let near = did_you_mean(unknown, known());
        return Err(format!("there is no rule `{unknown}`{near}"));
    }
    let (mut until, mut reason) = (None, None);
    let more = written.name("more").map_or("", |more| more.as_str());
    for key in KEYS.captures_iter(more) {
        let value = ["quoted", "single", "bare"].iter().find_map(|name| key.name(name));
        let value = value.map_or("", |value| value.as_str());
        match &key["key"] {
            "until" => {
                let date = value.parse();
                until = Some(date.map_err(|_| {
                    format!("`{value}` is no date; write it like until=2027-01-31")
                })?);
            }
            "reason" => reason = Some(value.trim().to_owned()),
            other => return Err(format!("it can have `until` and `reason`, but no `{other}`")),
        }
    }
    let reason = reason.filter(|reason| !reason.is_empty());
    let reason = reason.ok_or("it says no reason; add reason=\"…\"")?;
    let used = vec![false; rules.len()];
    let lines = lines_covered(text, location);
    Ok(Suppression { rules, until, reason, location: location.clone(), lines, used })
}

/// The lines that a comment is about.
fn lines_covered(text: &str, location: &Location) -> RangeInclusive<usize> {
    let own = location.line();
    let line_start = text[..location.range.start].rfind('\n').map_or(0, |end| end + 1);
    let before = &text[line_start..location.range.start];
    if !before.trim().is_empty() {
        return own..=own;
    }
    let is_comment = |line: &str| ["#", "//", "--", "::"].iter().any(|mark| line.starts_with(mark));
    let mut after = text.lines().enumerate().skip(own).filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !is_comment(line)
    });
    let Some((first, line)) = after.next() else { return own..=own };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let deeper = after.take_while(|(_, below)| indent(below) > indent(line));
    let last = deeper.last().map_or(first, |(number, _)| number);
    first + 1..=last + 1
}
