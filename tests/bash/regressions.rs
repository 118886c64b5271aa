//! Scripts of which a call was once missing, or was said although it is not made.

use crate::{reader, recorder::Recorder};
use std::collections::BTreeSet;
use tagout::script;

/// bash makes these calls, and tagout says exactly the same.
fn both_say(code: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|call| (*call).to_owned()).collect();
    let made = Recorder::new().calls(code, &[]);
    let made: BTreeSet<String> = made.iter().map(|argv| argv.join(" ")).collect();
    assert_eq!(made, expected, "bash, of {code}");
    let said = reader::calls(code);
    let said: BTreeSet<String> = said.iter().map(|call| script::display(&call.argv)).collect();
    assert_eq!(said, expected, "tagout, of {code}");
}

#[test]
fn a_test_ends_on_its_line() {
    both_say("[ $# -gt 1 ] || pm2 a > /dev/null 2>&1\n[ $# -gt 1 ] || pm2 b", &["pm2 a", "pm2 b"]);
}

#[test]
fn a_variable_before_a_call_is_not_in_its_words() {
    both_say("X=all; X=app pm2 stop \"$X\"", &["pm2 stop all"]);
    both_say("X=app bash -c 'pm2 stop $X'", &["pm2 stop app"]);
}

#[test]
fn a_file_is_the_same_with_a_dot_before_it() {
    both_say("echo 'pm2 kill' > x.sh; . ./x.sh", &["pm2 kill"]);
    both_say("echo 'pm2 kill' > ./x.sh; bash x.sh", &["pm2 kill"]);
}

#[test]
fn sequences_in_braces_are_counted() {
    both_say("pm2 stop {08..10} {c..a} x{1..5..2}", &["pm2 stop 08 09 10 c b a x1 x3 x5"]);
    both_say("pm2 stop {a..5x} '{1..3}'", &["pm2 stop {a..5x} {1..3}"]);
}

#[test]
fn a_word_goes_on_after_a_line_break() {
    both_say("pm2 stop a\\\nb \\\n  c", &["pm2 stop ab c"]);
}

#[test]
fn xargs_calls_for_each_item_and_takes_quotes_off() {
    both_say("printf '%s\\n' a 'b c' | xargs -I{} pm2 stop {}", &["pm2 stop a", "pm2 stop b c"]);
    both_say("echo a b | xargs -n1 pm2 stop", &["pm2 stop a", "pm2 stop b"]);
    both_say("echo '\"a b\" c\\d' | xargs pm2 stop", &["pm2 stop a b cd"]);
}

#[test]
fn an_alias_keeps_the_quotes_of_its_words() {
    let alias = "shopt -s expand_aliases\nalias g='pm2 stop'\n";
    both_say(&format!("{alias}g \"a  b\" '$X'"), &["pm2 stop a  b $X"]);
}

#[test]
fn quotes_in_a_default_in_quotes_stay() {
    both_say("X=; pm2 stop \"${X:-'a'}\" ${X:-'b c'}", &["pm2 stop 'a' b c"]);
}

#[test]
fn a_case_in_a_quoted_substitution_ends_with_it() {
    both_say("X=\"$(case a in a) echo b ;; esac)\"; pm2 stop \"$X\"", &["pm2 stop b"]);
}

#[test]
fn a_command_that_starts_with_a_backslash_is_one_of_its_own() {
    both_say("pm2 stop a\n\\pm2 stop b", &["pm2 stop a", "pm2 stop b"]);
}
