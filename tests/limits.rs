//! No script is too long, too deep or too tangled: what is not read is said.

use std::sync::Arc;
use tagout::{
    policy::{self, Configs, LintReport},
    report,
    script::{self, Reading},
    source::{Language, Script, SourceFile, SqlDialect, Text},
};

fn read(code: String) -> Reading {
    read_as(Language::Shell, code)
}

fn read_as(language: Language, code: String) -> Reading {
    let file = Arc::new(SourceFile::new("/nowhere/script.sh", code));
    script::read(&Script::alone(Text::of_file(file), language))
}

fn lint(path: &str, content: String) -> LintReport {
    let file = SourceFile::of_bytes(path, content.into_bytes());
    policy::lint(vec![file], &Configs::One(Box::default()), false)
}

/// What is said to be unread of a script with a dangerous command at its end.
fn said(code: &str) -> Vec<String> {
    let reading = read(format!("{code}\npm2 delete all\n"));
    let mut said: Vec<String> = reading.unread.into_iter().map(|unread| unread.reason).collect();
    said.dedup();
    said
}

const TOO_LONG: &str = "it is longer than 256 kB; the rest was not read";
const TOO_MANY_BRACKETS: &str = "more than 300 brackets are open; the rest was not read";
const TOO_SLOW: &str = "it takes too long to read; not all of it was read";

#[test]
fn a_line_of_5_mb_is_read_up_to_a_limit() {
    for code in ["echo ".to_owned() + &"x".repeat(5 << 20), "#".repeat(5 << 20)] {
        assert_eq!(said(&code), [TOO_LONG]);
    }
}

#[test]
fn a_hundred_thousand_brackets_are_read_up_to_a_limit() {
    for bracket in ["(", "$(", "$((", "${a:-", "{ ", "\"$(", "{a,", "["] {
        let said = said(&("echo ".to_owned() + &bracket.repeat(100_000)));
        let limits = [TOO_MANY_BRACKETS, TOO_LONG, TOO_SLOW];
        assert!(said.iter().any(|reason| limits.contains(&reason.as_str())), "{said:?}");
    }
}

#[test]
fn code_in_code_is_read_up_to_a_depth() {
    let nested = (0..12).fold("pm2 stop app".to_owned(), |code, _| {
        format!("bash -c '{}'", code.replace('\'', "'\\''"))
    });
    let reading = read(nested);
    assert!(!reading.unread.is_empty() || reading.invocations.len() == 13);
    assert_eq!(said(&"eval ".repeat(1_000)), ["code is nested more than 60 deep here"]);
}

#[test]
fn what_doubles_itself_ends() {
    for code in [
        "a=x\n".to_owned() + &"a=$a$a\n".repeat(60) + "pm2 stop $a",
        "pm2 stop ".to_owned() + &"{a,b}".repeat(30),
        "find . -exec ".repeat(5_000) + "pm2 stop a",
        "if pm2 stop a; fi ) {\n".repeat(2_000),
        format!("case $X in {}) pm2 stop a;; esac", "a|".repeat(20_000)),
        format!("perl -e '{}'", "system ".repeat(10_000)),
    ] {
        let reading = read(code + "\npm2 delete all");
        let last = reading.invocations.last().map(|call| script::display(&call.argv));
        assert!(last.as_deref() == Some("pm2 delete all") || !reading.unread.is_empty());
    }
}

#[test]
fn a_list_that_doubles_again_and_again_is_given_up() {
    let code = "A=(a b)\nif git diff --quiet; then A=(c d); fi\nfor x in $(seq 1 20); do A=(\"${A[@]}\" \"${A[@]}\"); done";
    assert_eq!(said(code), ["it expands to more than can be followed; not all of it was read"]);
}

#[test]
fn every_language_ends_with_what_was_not_read_said() {
    let code = "(".repeat(100_000) + &"pm2 stop a; ".repeat(400_000);
    for language in [
        Language::JavaScript,
        Language::Python,
        Language::PowerShell,
        Language::Batch,
        Language::MongoDb,
        Language::Sql(SqlDialect::Any),
    ] {
        let reading = read_as(language, code.clone());
        assert!(!reading.unread.is_empty(), "{language}");
    }
}

#[test]
fn what_comes_after_a_limit_is_a_finding_where_it_names_something_dangerous() {
    let rounds = |n: usize| format!("{}for x in [1, 2, 3, 4, 5, 6, 7, 8, 9]:\n", " ".repeat(n));
    let loops: String = (0..12).map(rounds).collect();
    for (path, code) in [
        ("deploy.sh", "pm2 stop app\n".repeat(6_000) + "pm2 delete all"),
        ("deploy.py", format!("import os\n{loops}            y = x\nos.system('pm2 delete all')")),
        ("deploy.sh", "# nothing\n".repeat(30_000) + "pm2 delete all"),
        ("deploy.ps1", "# nothing\n".repeat(30_000) + "pm2 delete all"),
        ("deploy.bat", "rem nothing\n".repeat(30_000) + "pm2 delete all"),
        ("deploy.sql", "-- nothing\n".repeat(30_000) + "DROP DATABASE app;"),
        ("deploy.sql", format!("SELECT {}1; DROP DATABASE app", "(SELECT ".repeat(1_000))),
    ] {
        let report = lint(path, code);
        let rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
        assert_eq!(rules, ["unread-script"], "{path}");
    }
}

#[test]
fn a_file_is_read_up_to_a_megabyte() {
    let step = "    - run: echo hello\n";
    let head = "on: push\nconcurrency: a\njobs:\n  a:\n    runs-on: prod\n    steps:\n    - run: pm2 delete all; curl -f :80\n";
    let comment = format!("# {}\n", "x".repeat(78)).repeat(20_000);
    let report = lint(".github/workflows/a.yml", [head, &comment, step].concat());
    let messages: Vec<&str> = report.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "deletes every PM2 process that matches `all`, those of other apps too",
            "this file is longer than 1 MB; the rest of it was not read",
        ]
    );
    assert_eq!(report.coverage.scripts, 1);
}

#[test]
fn a_line_that_windows_does_not_run_is_said() {
    let said = read_as(Language::Batch, "set A=x\n".to_owned() + &"set A=%A%%A%\n".repeat(60));
    let reasons: Vec<&str> = said.unread.iter().map(|unread| unread.reason.as_str()).collect();
    assert_eq!(reasons[0], "`cmd` runs no line of more than 8191 characters");
}

#[test]
fn findings_on_endless_lines_are_shown_with_what_is_near() {
    let line = "pm2 stop a; ".repeat(20_000) + "pm2 delete all\n";
    let argv = format!("pm2 delete all {}\n", "app ".repeat(50_000));
    for code in [line, argv] {
        let shown = report::lint::human(&lint("deploy.sh", code), false);
        assert!(shown.contains("pm2"), "{shown}");
        assert!(shown.len() < 50_000, "{}", shown.len());
    }
}

#[test]
fn of_very_many_findings_the_worst_are_shown() {
    let code = "pm2 stop $APP\n".repeat(600) + "pm2 delete all\n";
    let shown = report::lint::human(&lint("deploy.sh", code), false);
    assert!(shown.contains("pm2 delete all"));
    assert!(shown.contains("\n101 more findings not shown here; `--format json` has them all\n"));
}

#[test]
fn an_expression_that_is_left_open_hides_no_command() {
    let reading = read("echo ${{ a\npm2 delete all".to_owned());
    assert_eq!(reading.invocations.len(), 2);
}
