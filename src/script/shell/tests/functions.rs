use super::{each_calls, each_is_dangerous, each_is_harmless};

#[test]
fn functions_get_their_arguments() {
    each_is_dangerous(&[
        "f() { pm2 delete $1; }; f all",
        "function f { pm2 delete $1; }; f all",
        "function f() { pm2 delete \"$1\"; }\nf all",
        "f() ( pm2 delete $1 ); f all",
        "run() { \"$@\"; }; run pm2 delete all",
        "run() { echo \"+ $*\"; $*; }; run pm2 delete all",
        "f() { g; }; g() { pm2 delete all; }; f",
        "f() { local t=$1; shift; pm2 delete \"$t\"; }; f all",
        "f() { pm2 \"$@\"; }; f delete all",
        "f() { T=all; }; T=web; f; pm2 delete $T",
        "f() { echo all; }; pm2 delete $(f)",
        "f() { printf -v \"$1\" %s all; }; f T; pm2 delete $T",
        "f() { local t=$1; pm2 delete ${t:-all}; }; f",
        "f() { pm2 delete all; }; export -f f; bash -c f",
        "f() if true; then pm2 delete all; fi\nf",
        "f() { echo x; }; f() { pm2 delete all; }; f",
    ]);
    each_calls(
        &["pm2 delete web", "pm2 delete all"],
        &[
            "f() { pm2 delete $1; }; f web; f all",
            "f() { for a in \"$@\"; do pm2 delete $a; done; }; f web all",
            "f() { [ $# -eq 0 ] && return; pm2 delete $1; shift; f \"$@\"; }; f web all",
            "f() { if $C; then T=all; return; fi; T=web; }; f; pm2 delete $T",
        ],
    );
}

#[test]
fn a_function_that_is_never_called_does_nothing() {
    each_is_harmless(&[
        "f() { pm2 delete all; }",
        "f() { pm2 delete all; }; g() { f; }; echo",
        "f() { pm2 delete all; }; unset -f f; f",
        "f() { pm2 delete all; }; bash -c f",
        "pm2() { echo; }; pm2 delete all",
    ]);
}

#[test]
fn local_variables_end_with_their_function() {
    each_calls(
        &["pm2 delete web"],
        &[
            "f() { local T=all; }; T=web; f; pm2 delete $T",
            "f() { declare T; T=all; }; T=web; f; pm2 delete $T",
            "f() { local T; T=all; return; }; T=web; f; pm2 delete $T",
        ],
    );
    each_is_dangerous(&["f() { declare -g T=all; }; T=web; f; pm2 delete $T"]);
}

#[test]
fn a_function_may_have_several_bodies() {
    each_is_dangerous(&[
        "if [ \"$DRY\" = 1 ]; then run() { echo \"$@\"; }; else run() { \"$@\"; }; fi; run pm2 delete all",
    ]);
}

#[test]
fn recursion_ends() {
    each_is_dangerous(&["f() { pm2 delete all; f; }; f"]);
    assert!(super::calls("f() { pm2 delete $1; f x$1; }; f a").len() > 3);
    assert!(super::calls("f() { f; f; g; }; g() { f; f; }; f").is_empty());
}

#[test]
fn aliases_and_eval_resolve() {
    each_is_dangerous(&[
        "alias p='pm2 delete'\np all",
        "eval \"pm2 delete all\"",
        "C='pm2 delete'; eval \"$C all\"",
        "eval 'T=all'; pm2 delete $T",
        "T=all; eval pm2 delete '\"$T\"'",
    ]);
    each_is_harmless(&["alias p='pm2 delete all'", "alias p='pm2 delete all'\nunalias p\np"]);
}

#[test]
fn the_command_itself_is_called_past_a_function() {
    each_is_dangerous(&[
        "pm2() { command pm2 \"$@\"; }; pm2 delete all",
        "echo() { pm2 delete all; }; echo hi; builtin echo x",
        "exec pm2 delete all",
        "time pm2 delete all",
        "coproc pm2 delete all",
        "! pm2 delete all",
        "pm2 delete all &",
        "{ pm2 delete all; } > log 2>&1",
        "( pm2 delete all ) &",
        "X=$(pm2 delete all)",
        "X=`pm2 delete all`",
        "X=`echo \\`pm2 delete all\\``",
        "diff <(pm2 delete all) x",
        "echo x > >(pm2 delete all)",
        "[ -n \"$(pm2 delete all)\" ]",
        "echo \"$(pm2 delete all)\"",
        ": ${X:=$(pm2 delete all)}",
    ]);
}
