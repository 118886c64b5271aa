use super::{each_calls, each_is_dangerous, each_is_harmless, reading};

#[test]
fn what_follows_an_exit_is_dead() {
    each_is_harmless(&[
        "exit 0\npm2 delete all",
        "exit; pm2 delete all",
        "if true; then exit; fi; pm2 delete all",
        "if [ x ]; then exit; else exit 1; fi; pm2 delete all",
        "die() { echo \"$1\"; exit 1; }; die no; pm2 delete all",
        "f() { return; pm2 delete all; }; f",
        "set -e; false; pm2 delete all",
        "exec node x.js; pm2 delete all",
        "bash -c 'exit; pm2 delete all'",
        "for i in 1 2; do exit; done; pm2 delete all",
        "while true; do sleep 1; done; pm2 delete all",
        "case x in x) exit;; esac; pm2 delete all",
        "{ exit 1; }; pm2 delete all",
    ]);
}

#[test]
fn what_follows_an_exit_elsewhere_is_alive() {
    each_is_dangerous(&[
        "(exit 0); pm2 delete all",
        "X=$(exit 1); pm2 delete all",
        "bash -c 'exit 1'; pm2 delete all",
        "f() { exit; }; (f); pm2 delete all",
        "f() { exit; }; pm2 delete all",
        "if $C; then exit; fi; pm2 delete all",
        "test -f x || exit 1; pm2 delete all",
        "cd /srv || exit; pm2 delete all",
        "f() { return; }; f; pm2 delete all",
        "echo x | while read l; do exit; done; pm2 delete all",
        "set -e; false || true; pm2 delete all",
        "set -e; if false; then :; fi; pm2 delete all",
        "set -e; ! true; pm2 delete all",
        "set +e; false; pm2 delete all",
        "exit & pm2 delete all",
        "while true; do if $C; then break; fi; done; pm2 delete all",
        "case $X in x) exit;; esac; pm2 delete all",
        "ssh h 'exit'; pm2 delete all",
        "exec 2>&1; pm2 delete all",
        "set -euo pipefail\npm2 delete all",
    ]);
}

#[test]
fn loops_go_through_their_list() {
    each_calls(
        &["pm2 stop all", "pm2 delete all"],
        &[
            "for c in stop delete; do pm2 $c all; done",
            "for c in stop delete\ndo\n  pm2 $c all\ndone",
            "L='stop delete'; for c in $L; do pm2 $c all; done",
            "L=(stop delete); for c in \"${L[@]}\"; do pm2 $c all; done",
            "set -- stop delete; for c; do pm2 $c all; done",
            "for c in {stop,delete}; do pm2 $c all; done",
            "for c in $(echo stop delete); do pm2 $c all; done",
            "printf 'stop\\ndelete\\n' | while read -r c; do pm2 $c all; done",
            "while read -r c; do pm2 $c all; done <<EOF\nstop\ndelete\nEOF",
            "while read c; do pm2 $c all; done < <(printf 'stop\\ndelete\\n')",
            "while read c; do pm2 $c all; done <<< $'stop\\ndelete'",
            "set -- stop delete; while [ $# -gt 0 ]; do pm2 $1 all; shift; done",
            "set -- stop delete; while [[ -n \"$1\" ]]; do pm2 $1 all; shift; done",
            "L=(stop delete); for ((i=0; i<${#L[@]}; i++)); do pm2 ${L[i]} all; done",
            "L=(stop delete); i=0; while [ $i -lt 2 ]; do pm2 ${L[$i]} all; i=$((i+1)); done",
            "L=(stop delete); for i in 0 1; do pm2 ${L[$i]} all; done",
        ],
    );
    each_calls(
        &["pm2 delete 1", "pm2 delete 2", "pm2 delete 3"],
        &[
            "for i in {1..3}; do pm2 delete $i; done",
            "for i in $(seq 3); do pm2 delete $i; done",
            "for ((i = 1; i <= 3; i++)); do pm2 delete $i; done",
            "seq 1 3 | while read i; do pm2 delete $i; done",
            "i=1; until [ $i -gt 3 ]; do pm2 delete $i; ((i++)); done",
        ],
    );
}

#[test]
fn loops_end_where_they_are_left() {
    each_calls(
        &["pm2 delete web"],
        &[
            "for a in web all; do pm2 delete $a; break; done",
            "for a in all web; do [ $a = all ] && continue; pm2 delete $a; done",
            "for a in web all; do [ $a = all ] && break; pm2 delete $a; done",
            "for x in 1; do for a in web all; do pm2 delete $a; break 2; done; done",
            "for a in web all; do case $a in all) continue;; esac; pm2 delete $a; done",
            "A=web; for x in 1 2; do break; A=all; done; pm2 delete $A",
        ],
    );
    each_calls(
        &["pm2 delete web", "pm2 delete all"],
        &["for a in web; do if $C; then A=all; break; fi; A=web; done; pm2 delete $A"],
    );
}

#[test]
fn what_grows_in_an_unknown_loop_is_not_lost() {
    let growing = super::calls("A=; while curl x; do A=\"$A -s\"; done; pm2 delete $A");
    for call in ["pm2 delete", "pm2 delete -s", "pm2 delete ‹$A›"] {
        assert!(growing.iter().any(|read| read == call), "{growing:?}");
    }
    each_calls(
        &["pm2 delete web", "pm2 delete all"],
        &[
            "A=web; while curl x; do A=all; done; pm2 delete $A",
            "A=web; for x in $(ls); do A=all; done; pm2 delete $A",
            "A=web; for x in *; do A=all; done; pm2 delete $A",
        ],
    );
    each_calls(
        &["pm2 delete web", "pm2 delete all"],
        &["A=web; while curl x; do pm2 delete $A; A=all; done"],
    );
}

#[test]
fn traps_run_at_the_end() {
    each_is_dangerous(&[
        "trap 'pm2 delete all' EXIT; echo",
        "trap 'pm2 delete $T' EXIT; T=all; exit",
        "cleanup() { pm2 delete all; }; trap cleanup EXIT INT",
        "(trap 'pm2 delete all' EXIT; echo)",
    ]);
    each_is_harmless(&["trap 'pm2 delete all' EXIT; trap - EXIT", "trap '' INT"]);
    // A trap that ends the shell runs once.
    let again = "back() { pm2 delete all; exit 1; }; trap 'back; exit 1' ERR; set -e; false";
    assert!(reading(again).unread.is_empty());
}

#[test]
fn the_body_of_an_endless_loop_runs() {
    each_is_dangerous(&[
        "while true; do pm2 delete all; sleep 60; done",
        "while :; do pm2 delete all; done",
        "for ((;;)); do pm2 delete all; done",
        "until curl -f localhost; do pm2 delete all; done",
        "select x in a b; do pm2 delete all; done",
    ]);
}
