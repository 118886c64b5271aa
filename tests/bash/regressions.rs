//! Scripts of which a call was once missing, or was said although it is not made.

use crate::{
    reader,
    recorder::{Recorder, USUAL, World},
};
use std::collections::BTreeSet;
use tagout::script;

/// bash makes these calls, and tagout says exactly the same.
fn both_say(code: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|call| (*call).to_owned()).collect();
    let made = Recorder::new().calls(code, &World { arguments: &[], ..USUAL }).unwrap();
    let made: BTreeSet<String> = made.iter().map(|argv| argv.join(" ")).collect();
    assert_eq!(made, expected, "bash, of {code}");
    let said = reader::calls(code);
    let said: BTreeSet<String> = said.iter().map(|call| script::display(&call.argv)).collect();
    assert_eq!(said, expected, "tagout, of {code}");
}

/// What tagout says covers each of these calls, which bash makes.
fn is_covered(code: &str, expected: &[&[&str]]) {
    let made = Recorder::new().calls(code, &USUAL).unwrap();
    assert_eq!(made, expected, "bash, of {code}");
    let said = reader::calls(code);
    for argv in &made {
        let covered = said.iter().any(|call| reader::covers(call, argv));
        assert!(covered, "{argv:?} is not covered by what is said of {code}");
    }
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

#[test]
fn an_assignment_that_goes_on_after_a_line_break_is_one() {
    both_say("export X=a\\\nb Y=c\\\nd; pm2 $X $Y", &["pm2 ab cd"]);
    both_say("A=(a\\\nb); declare X=\\\nc; pm2 ${A[0]}\\\n$X", &["pm2 abc"]);
}

#[test]
fn the_name_of_code_is_its_first_argument() {
    both_say(
        "bash -c 'pm2 $0 $1' stop app; bash -c 'pm2 \"${@:0:2}\"' stop app",
        &["pm2 stop app"],
    );
    is_covered("bash -c 'f() { pm2 stop \"${0##*/}\"; }; f'", &[&["pm2", "stop", "bash"]]);
}

#[test]
fn an_unknown_word_may_be_several_or_none() {
    let docker: &[&str] = &["docker", "ps"];
    is_covered("X=$(docker ps); pm2 $X a", &[docker, &["pm2", "out", "1", "a"]]);
    is_covered("pm2 \"$(printf '%s-%s.' $1 $2 $3)\"", &[&["pm2", "in-1-in.2-."]]);
    is_covered("pm2 \"$(echo a $NONE b)\" \"$*\"", &[&["pm2", "a b", "in-1 in 2"]]);
    is_covered("f() { pm2 $# \"$2\"; }; f $2 b", &[&["pm2", "3", "2"]]);
    is_covered("A=($2 b); pm2 ${#A[@]} \"${A[1]}\" \"${A[@]:2}\"", &[&["pm2", "3", "2", "b"]]);
    is_covered("set -- $2 a; shift; for X; do pm2 $X; done", &[&["pm2", "2"], &["pm2", "a"]]);
    is_covered("read X Y Z <<< \"$2 b\"; pm2 $Y $Z", &[&["pm2", "2", "b"]]);
}

#[test]
fn a_quoted_unknown_word_is_one() {
    let code = "for X in \"$1\" \"$2\"; do pm2 $# \"$X\"; done; set -- \"$2\" b; pm2 $# \"$2\"";
    is_covered(code, &[&["pm2", "2", "in-1"], &["pm2", "2", "in 2"], &["pm2", "2", "b"]]);
    let said: Vec<String> =
        reader::calls(code).iter().map(|call| script::display(&call.argv)).collect();
    assert_eq!(said, ["pm2 $# $1", "pm2 $# $2", "pm2 2 b"]);
}

#[test]
fn a_list_that_only_one_way_extends_may_be_shorter() {
    let code = "A=(a); [ \"$1\" = x ] && A+=(b); pm2 \"${A[@]}\"";
    is_covered(code, &[&["pm2", "a"]]);
}

#[test]
fn unknown_text_passes_through_base64() {
    is_covered("echo \"pm2 stop $1\" | base64 | base64 -d | bash", &[&["pm2", "stop", "in-1"]]);
}

#[test]
fn a_value_of_which_one_alternative_matches_takes_other_arms_too() {
    let code = "printf '%s\\n' a $1 | while read X; do case $X in a) ;; *) pm2 $X ;; esac; done";
    is_covered(code, &[&["pm2", "in-1"]]);
}

#[test]
fn what_a_failed_expansion_leaves_out_may_be_missing() {
    is_covered("pm2 \"$(echo ${!NONE} a)\"", &[&["pm2", ""]]);
}

#[test]
fn read_keeps_blanks_in_the_last_variable() {
    both_say("read -r X Y <<< ' a  b   c '; pm2 \"$X\" \"$Y\"", &["pm2 a b   c"]);
    both_say("IFS=: read -r X Y Z <<< 'a::c:d'; pm2 \"$X\" \"$Y\" \"$Z\"", &["pm2 a  c:d"]);
    both_say("read X <<< 'a\\b'; pm2 \"$X\"", &["pm2 ab"]);
}

#[test]
fn an_alias_is_known_from_the_next_statement_on() {
    let alias = "shopt -s expand_aliases\n";
    both_say(
        &format!("{alias}if true; then\nalias pm2='pm2 stop'\npm2 a\nfi\npm2 b"),
        &["pm2 a", "pm2 stop b"],
    );
}

#[test]
fn items_stand_where_their_keys_put_them() {
    both_say("A[2]=c; A[0]=a; pm2 \"${A[@]}\" ${!A[@]}", &["pm2 a c 0 2"]);
    let keyed = "declare -A M=([k]=v [app]=x [web]=y [all]=z)";
    both_say(
        &format!("{keyed}; M[new]=n; pm2 \"${{M[@]}}\" ${{!M[@]}}"),
        &["pm2 z x v y n all app k web new"],
    );
}

#[test]
fn a_line_ends_its_command_whatever_follows() {
    both_say("X=stop Y=$X\nprintf 'a\\n' | while read -r X; do :; done\npm2 $Y", &["pm2 stop"]);
    let code = "set -e\n[ a = b ] && echo x | cat\npm2 b\nbash -s <<'EOF'\npm2 c\nEOF";
    both_say(code, &["pm2 b", "pm2 c"]);
    both_say("A=(\n a # it's\n b\n)\nfor X in \"${A[@]}\"\ndo\n pm2 $X\ndone", &["pm2 a", "pm2 b"]);
}

#[test]
fn a_list_that_fails_before_a_redirected_command_does_not_end_the_shell() {
    both_say("set -e\n[ a = b ] && echo x > y\npm2 a", &["pm2 a"]);
}

#[test]
fn the_outcome_of_an_assignment_is_that_of_its_substitution() {
    both_say("X=$(false) || pm2 a; X=$(true) || pm2 b; X=y && pm2 $?", &["pm2 a", "pm2 0"]);
}

#[test]
fn a_negated_pipeline_fails_where_its_last_command_succeeds() {
    both_say("! echo a | false && pm2 a; ! false | echo a || pm2 b", &["pm2 a", "pm2 b"]);
}

#[test]
fn a_local_variable_is_set_from_the_outer_one() {
    both_say("f() { local X=$X-b; pm2 $X; }; X=a; f; pm2 $X", &["pm2 a-b", "pm2 a"]);
}

#[test]
fn a_file_may_have_one_of_several_contents() {
    let code = "if [ \"$1\" = x ]; then echo a > f; else echo b > f; fi; pm2 $(cat f)";
    is_covered(code, &[&["pm2", "b"]]);
    is_covered("echo \"${NONE:-b}\" > f; pm2 $(cat f)", &[&["pm2", "b"]]);
}

#[test]
fn quoted_lists_in_defaults_stay_lists() {
    both_say(
        "A=('a b' c); pm2 ${A[@]+\"${A[@]}\"}; unset B; pm2 \"${B-\"${A[@]}\"}\" x",
        &["pm2 a b c", "pm2 a b c x"],
    );
    both_say("A=(a 'b c'); pm2 \"${A[@]/#/--}\" \"${A[@]/%/!}\"", &["pm2 --a --b c a! b c!"]);
}

#[test]
fn set_u_ends_the_shell_at_what_is_not_set() {
    both_say("set -u; f() { echo \"$1\"; }; pm2 x\"$(f)\"; unset X; echo $X; pm2 b", &["pm2 x"]);
}

#[test]
fn null_bytes_end_the_items_of_xargs() {
    both_say("printf '%s\\0' 'a b' '' c | xargs -0 pm2", &["pm2 a b  c"]);
}

#[test]
fn every_round_of_a_loop_is_read() {
    both_say("f() { pm2 $X; }; for X in a b; do f; done", &["pm2 a", "pm2 b"]);
    both_say(
        "while read X; do pm2 $X; done < <(printf '%s\\n' {08..10})",
        &["pm2 08", "pm2 09", "pm2 10"],
    );
}

#[test]
fn an_item_of_an_unknown_key_may_be_any() {
    is_covered(
        "declare -A M=([k]=v); M[$1]=x; pm2 \"${M[k]}\" \"${M[in-1]}\"",
        &[&["pm2", "v", "x"]],
    );
    is_covered("A=(a b); A[$#-1]=x; pm2 \"${A[@]}\"", &[&["pm2", "a", "x"]]);
    both_say("A=(a b c); unset 'A[0]'; pm2 \"${A[-1]}\"", &["pm2 c"]);
}

#[test]
fn the_keys_of_an_array_with_an_unknown_one_may_be_any() {
    let code = "declare -A M=([k]=v); M[$1]=w; pm2 ${!M[@]}; pm2 \"${M[@]}\"";
    is_covered(code, &[&["pm2", "in-1", "k"], &["pm2", "w", "v"]]);
    let code = "declare -A M=([k]=v); M[$ZERO-q]=w; pm2 ${!M[@]}; pm2 \"${M[@]}\"";
    is_covered(code, &[&["pm2", "k", "-q"], &["pm2", "v", "w"]]);
}

#[test]
fn arguments_in_a_heredoc_are_joined_by_blanks() {
    both_say(
        "IFS=,; set -- a b; A=(x y); pm2 \"$(cat <<E\n$* \"$*\" ${*:1} ${A[*]}\nE\n)\" \"$*\"",
        &["pm2 a b \"a b\" a b x,y a,b"],
    );
}

#[test]
fn a_list_that_only_one_way_sets_may_be_none() {
    is_covered("if [ \"$1\" = x ]; then A+=(b); fi; pm2 \"${A[@]}\" ${#A[@]}", &[&["pm2", "0"]]);
}

#[test]
fn what_prints_nothing_leaves_no_line() {
    is_covered("{ [ \"$1\" ] || docker ps; true; } > f; pm2 \"$(cat f)\"", &[&["pm2", ""]]);
    is_covered("f() { local IFS=,; echo \"$*\"; }; pm2 $(f a $3 b)", &[&["pm2", "a,b"]]);
}

#[test]
fn a_trap_that_is_replaced_may_have_run() {
    both_say("trap 'pm2 a' ERR; false; trap 'pm2 b' ERR; false", &["pm2 a", "pm2 b"]);
}

#[test]
fn a_last_separator_is_no_part_of_a_field() {
    both_say(
        "IFS=- read -r X Y <<< 'a-b-'; pm2 $X $Y; IFS=- read -r X <<< a-; pm2 $X",
        &["pm2 a b", "pm2 a"],
    );
}

#[test]
fn a_list_of_the_lines_of_one_of_two_texts_has_those_of_one() {
    is_covered(
        "mapfile -t A < <(printf '%s\\n' a ${1:+b}); pm2 \"${#A[@]}\" ${A[*]}",
        &[&["pm2", "2", "a", "b"]],
    );
}

#[test]
fn what_is_read_last_is_nothing() {
    is_covered(
        "while read -r X; do :; done <<< \"$1\"; pm2 \"$X\" ${X:+--opt} $X all",
        &[&["pm2", "", "all"]],
    );
}

#[test]
fn a_failed_expansion_leaves_the_next_program_without_input() {
    is_covered("P=; printf '%s\\0' a ${!P} | xargs -0 pm2", &[&["pm2"]]);
}

#[test]
fn an_unknown_number_may_be_that_of_no_item() {
    is_covered("A=(a b); pm2 \"${A[$((${#1} + 1))]}\" all", &[&["pm2", "", "all"]]);
}

#[test]
fn quotes_in_backticks_in_quotes_are_written_with_backslashes() {
    is_covered("pm2 \"`echo \\\"a  b\\\"`\" `echo \\\"a b\\\"`", &[&["pm2", "a  b", "\"a", "b\""]]);
}

#[test]
fn a_substituted_file_is_not_what_is_piped_in() {
    both_say("bash <(echo 'pm2 a') <<< 'pm2 b'", &["pm2 a"]);
    both_say("bash /dev/fd/0 <<< 'pm2 b'; bash /dev/stdin <<< 'pm2 c'", &["pm2 b", "pm2 c"]);
    both_say("cat <(echo 'pm2 a') <(echo 'pm2 b') | bash", &["pm2 a", "pm2 b"]);
}

#[test]
fn patterns_in_arguments_that_are_not_quoted_are_files() {
    is_covered("> a.txt; set -- '*.txt' b; pm2 $* \"$*\"", &[&["pm2", "a.txt", "b", "*.txt b"]]);
}

#[test]
fn a_key_that_only_one_way_sets_may_be_none() {
    is_covered(
        "declare -A M=([k]=v); [ \"$1\" = x ] && M[z]=w; pm2 ${!M[@]} all",
        &[&["pm2", "k", "all"]],
    );
}

#[test]
fn what_is_added_to_an_array_comes_behind_the_last_item_even_if_others_are_missing() {
    let makes = "A=(a b); unset 'A[0]'; A+=(c d)";
    both_say(
        &format!("{makes}; pm2 \"x${{A[0]}}\" ${{A[1]}} ${{A[2]}} ${{A[3]}} ${{!A[@]}}"),
        &["pm2 x b c d 1 2 3"],
    );
}

#[test]
fn an_error_leaves_the_functions_before_the_trap_runs_and_exit_does_not() {
    let traps = |ends: &str| {
        format!("X=out; trap 'pm2 stop \"$X\"' EXIT; f() {{ local X=in; {ends}; }}; f")
    };
    both_say(&traps("set -e; false"), &["pm2 stop out"]);
    both_say(&traps("unset NO; set -u; : \"$NO\""), &["pm2 stop out"]);
    both_say(&traps("unset NO; set -eu; : \"$NO\""), &["pm2 stop in"]);
    both_say(&traps("exit 1"), &["pm2 stop in"]);
}

#[test]
fn what_fails_in_the_text_that_a_command_is_given_ends_only_that() {
    both_say("Z=; pm2 a <<< \"${Z:?}\"; pm2 b", &["pm2 b"]);
    both_say("Z=; pm2 a <<E\n${Z:?}\nE\npm2 b", &["pm2 b"]);
    both_say("Z=; cat <<< \"${Z:?}\" | xargs docker", &["docker"]);
    both_say("cat <<E > log\n$(echo 'pm2 kill' > x.sh)\nE\nbash x.sh", &["pm2 kill"]);
    both_say("Z=; read -r X <<< \"${Z:?}\"; pm2 b", &[]);
    both_say("Z=; cat <<< \"${Z:=3}\" > log; pm2 a \"$Z\"", &["pm2 a "]);
    both_say("Z=; read -r X <<< \"${Z:=3}\"; pm2 a $Z", &["pm2 a 3"]);
}

#[test]
fn an_array_of_which_one_item_is_set_need_not_have_others() {
    is_covered("A[1]=a; docker down \"${!A[@]}\"", &[&["docker", "down", "1"]]);
    is_covered("A[1]=a; docker down \"${A[@]%1}\"", &[&["docker", "down", "a"]]);
    let unset = "A=(a b)\nif [ $# -gt 1 ]; then unset 'A[0]'; fi\npm2 stop ${A[0]}";
    is_covered(unset, &[&["pm2", "stop"]]);
}

#[test]
fn what_is_cut_off_a_pattern_is_text_in_a_file_too() {
    is_covered(
        "f() { for X; do :; done; }; f *.none app; echo \"${X:0:2}\" > x; pm2 stop $(cat x)",
        &[&["pm2", "stop", "ap"]],
    );
}

#[test]
fn a_pattern_that_was_printed_into_a_file_is_the_names_of_files_there() {
    is_covered(
        "> a.none; echo *.none app > list; xargs pm2 stop < list; pm2 start $(cat list)",
        &[&["pm2", "stop", "a.none", "app"], &["pm2", "start", "a.none", "app"]],
    );
}
