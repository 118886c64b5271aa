//! No script is too long, too deep or too tangled: what is not read is said.

use std::sync::Arc;
use tagout::{
    script::{self, Reading},
    source::{Language, Script, SourceFile, Text},
};

fn read(code: String) -> Reading {
    let file = Arc::new(SourceFile::new("/nowhere/script.sh", code));
    script::read(&Script::alone(Text::of_file(file), Language::Shell))
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
    ] {
        let reading = read(code + "\npm2 delete all");
        let last = reading.invocations.last().map(|call| script::display(&call.argv));
        assert!(last.as_deref() == Some("pm2 delete all") || !reading.unread.is_empty());
    }
}

#[test]
fn every_language_ends_with_what_was_not_read_said() {
    let code = "(".repeat(100_000) + &"pm2 stop a; ".repeat(400_000);
    for language in [Language::JavaScript, Language::Python, Language::PowerShell, Language::Batch]
    {
        let file = Arc::new(SourceFile::new("/nowhere/script", code.clone()));
        let reading = script::read(&Script::alone(Text::of_file(file), language));
        assert!(!reading.unread.is_empty(), "{language}");
    }
}

#[test]
fn an_expression_that_is_left_open_hides_no_command() {
    let reading = read("echo ${{ a\npm2 delete all".to_owned());
    assert_eq!(reading.invocations.len(), 2);
}
