use super::{each_calls, each_is_dangerous, each_is_harmless};

#[test]
fn arrays_keep_their_items() {
    each_is_dangerous(&[
        "T=(web all); pm2 delete ${T[1]}",
        "T=(web); T+=(all); pm2 delete \"${T[1]}\"",
        "T[3]=all; pm2 delete ${T[3]}",
        "declare -a T=(all); pm2 delete $T",
        "CMD=(pm2 delete all); \"${CMD[@]}\"",
        "CMD=(pm2 delete); CMD+=(all); ${CMD[*]}",
        "CMD=(\n  pm2 # the manager\n  delete all\n)\n\"${CMD[@]}\"",
        "T=(x pm2 delete all); \"${T[@]:1}\"",
        "declare -A T=([web]=one [prod]=all); pm2 delete ${T[prod]}",
        "declare -A T; T[prod]=all; K=prod; pm2 delete \"${T[$K]}\"",
    ]);
    each_calls(
        &["pm2 delete web api"],
        &["T=(web api); pm2 delete \"${T[@]}\"", "T=(web api); pm2 delete ${T[*]}"],
    );
    each_calls(&["pm2 delete web api"], &["T=(web api); pm2 delete \"${T[*]}\""]);
    each_calls(
        &["pm2 delete prod", "pm2 delete dev"],
        &["declare -A T=([prod]=1 [dev]=2); for k in \"${!T[@]}\"; do pm2 delete $k; done"],
    );
    each_calls(&["pm2 delete"], &["T=(); pm2 delete \"${T[@]}\""]);
}

#[test]
fn text_is_appended() {
    each_is_dangerous(&[
        "C='pm2 delete'; C+=' all'; $C",
        "C=pm2; C=\"$C delete\"; C=\"$C all\"; $C",
        "CMD=\"pm2 delete all\"; $CMD",
        "printf -v C '%s %s' pm2 delete; $C all",
    ]);
}

#[test]
fn read_splits_a_line() {
    each_is_dangerous(&[
        "read a b c <<< 'pm2 delete all'; $a $b $c",
        "read -r a rest <<< 'pm2 delete all'; $a $rest",
        "IFS=, read -r a b c <<< 'pm2,delete,all'; $a $b $c",
        "IFS=: read -ra W <<< pm2:delete:all; \"${W[@]}\"",
        "read -ra W <<< 'pm2 delete all'; ${W[@]}",
        "mapfile -t W <<< $'pm2\\ndelete\\nall'; \"${W[@]}\"",
        "readarray -t W < <(printf '%s\\n' pm2 delete all); \"${W[@]}\"",
        "read X <<EOF\npm2 delete all\nEOF\n$X",
        "W=pm2,delete,all; IFS=,; $W",
    ]);
}

#[test]
fn positional_parameters_are_set_shifted_and_counted() {
    each_is_dangerous(&[
        "set -- pm2 delete all; \"$@\"",
        "set -- x pm2 delete all; shift; $*",
        "set -- a b pm2 delete all; shift 2; $@",
        "set -- x pm2 delete all; \"${@:2}\"",
        "set -- 1 2 3 4 5 6 7 8 9 all; pm2 delete ${10}",
        "set -- web all; pm2 delete \"${@: -1}\"",
        "set -- web all; pm2 delete ${!#}",
        "bash -c 'pm2 delete $1' name all",
        "bash -s -- all <<'EOF'\npm2 delete $1\nEOF",
    ]);
    each_calls(&["pm2 delete 2"], &["set -- a b; pm2 delete $#"]);
    each_calls(&["pm2 delete"], &["set --; pm2 delete \"$@\""]);
}

#[test]
fn programs_see_only_what_is_exported() {
    each_is_dangerous(&[
        "export T=all; bash -c 'pm2 delete $T'",
        "T=all; export T; bash -c 'pm2 delete $T'",
        "T=all bash -c 'pm2 delete $T'",
        "set -a; T=all; bash -c 'pm2 delete $T'",
        "declare -x T=all; bash -c 'pm2 delete $T'",
        "T=all; (pm2 delete $T)",
    ]);
    each_calls(&["pm2 delete ‹$T?›"], &["T=all; bash -c 'pm2 delete $T'"]);
    each_calls(&["pm2 delete web"], &["T=web; T=all true; pm2 delete $T"]);
}

#[test]
fn a_variable_may_be_set_in_one_branch_only() {
    each_calls(
        &["pm2 delete web", "pm2 delete api"],
        &["if $C; then T=web; else T=api; fi; pm2 delete $T", "T=api; $C && T=web; pm2 delete $T"],
    );
}

#[test]
fn unset_variables_are_empty() {
    each_calls(&["pm2 delete"], &["T=all; unset T; pm2 delete $T"]);
    each_is_harmless(&["C=pm2; unset C; $C echo"]);
}

#[test]
fn an_item_whose_number_is_one_of_several_may_be_none() {
    each_calls(
        &["pm2 ''", "pm2 b"],
        &[
            "A=(a b); N=1; if npm test; then N=3; fi; pm2 \"${A[N]}\"",
            "A=(a b); N=1; if npm test; then let N=2+1; fi; pm2 \"${A[N]}\"",
            "A=(a b); N=1; if npm test; then ((N++)); fi; pm2 \"${A[$N]}\"",
        ],
    );
    each_calls(&["pm2 b", "pm2 a"], &["A=(a b); N=0; if npm test; then N=1; fi; pm2 \"${A[N]}\""]);
}
