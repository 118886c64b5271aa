use super::{each_calls, each_is_dangerous, each_is_harmless};

#[test]
fn what_is_known_to_be_false_is_not_run() {
    each_is_harmless(&[
        "if false; then pm2 delete all; fi",
        "while false; do pm2 delete all; done",
        "false && pm2 delete all",
        "true || pm2 delete all",
        "E=dev; if [ \"$E\" = prod ]; then pm2 delete all; fi",
        "E=dev; [ $E = prod ] && pm2 delete all",
        "E=dev; [[ $E == prod* ]] && pm2 delete all",
        "E=dev; test \"$E\" != dev && pm2 delete all",
        "E=dev; [[ $E =~ ^prod ]] && pm2 delete all",
        "N=2; if [ $N -gt 3 ]; then pm2 delete all; fi",
        "N=2; if (( N > 3 )); then pm2 delete all; fi",
        "E=; [ -n \"$E\" ] && pm2 delete all",
        "E=x; [ -z \"$E\" ] && pm2 delete all",
        "E=x; [[ -z $E || $E == y ]] && pm2 delete all",
        "E=x; [ \"$E\" = y -o \"$E\" = z ] && pm2 delete all",
        "E=x; if ! [ \"$E\" = x ]; then pm2 delete all; fi",
        "E=x; [[ ! ( $E == x ) ]] && pm2 delete all",
        "E=dev; case $E in prod) pm2 delete all;; esac",
        "E=dev; case $E in dev|test) ;; *) pm2 delete all;; esac",
        "E=dev-1; case \"$E\" in dev-*) echo;; *) pm2 delete all;; esac",
        "set --; if [ $# -gt 0 ]; then pm2 delete all; fi",
        "until true; do pm2 delete all; done",
    ]);
}

#[test]
fn what_may_be_true_is_run() {
    each_is_dangerous(&[
        "read -p 'Sure? ' yes; [[ ! $yes =~ ^[Yy]$ ]] && exit; pm2 delete all",
        "read -n 1 -r; if [ \"$REPLY\" = y ]; then pm2 delete all; fi",
        "if true; then pm2 delete all; fi",
        "if [ \"$E\" = prod ]; then pm2 delete all; fi",
        "if [ -f x ]; then pm2 delete all; fi",
        "if curl -f localhost; then :; else pm2 delete all; fi",
        "grep -q x y || pm2 delete all",
        "pm2=1; [ $(date +%u) -gt 3 ] && pm2 delete all",
        "[[ $E =~ ^prod ]] && pm2 delete all",
        "E=prod; [[ $E == prod ]] && pm2 delete all",
        "E=prod; [ \"$E\" == \"prod\" ] && pm2 delete all",
        "case $E in prod) pm2 delete all;; esac",
        "E=prod; case $E in p?od) pm2 delete all;; *) pm2 delete web;; esac",
        "E=x; case $E in x) ;& y) pm2 delete all;; esac",
        "E=x; case $E in x) ;;& [a-z]) pm2 delete all;; esac",
        "(exit 1); pm2 delete all",
        "! false && pm2 delete all",
        "[ -n \"$(pm2-list)\" ] || pm2 delete all",
        "if [[ -n $E && $E != prod ]]; then pm2 delete all; fi",
        "[ ! -e /tmp/lock ] && pm2 delete all",
        "test -d x; pm2 delete all",
        "if [ \"$#\" -eq 0 ]; then pm2 delete all; fi",
    ]);
}

#[test]
fn a_condition_tells_what_a_variable_is() {
    each_is_dangerous(&[
        "if [ \"$T\" = all ]; then pm2 delete $T; fi",
        "[[ $T == all ]] && pm2 delete \"$T\"",
        "[ \"$T\" != all ] && exit; pm2 delete $T",
        "case $T in all) pm2 delete $T;; esac",
    ]);
    each_calls(&["pm2 delete web-‹*?›"], &["[[ $T == web-* ]] && pm2 delete $T"]);
    each_calls(
        &["rm -rf ‹$DIR›/‹*›"],
        &[
            "if [ -n \"$DIR\" ]; then rm -rf \"$DIR\"/*; fi",
            "[ -n \"$DIR\" ] && rm -rf \"$DIR\"/*",
            "[ -z \"$DIR\" ] && exit 1; rm -rf \"$DIR\"/*",
            "[ -z \"$DIR\" ] || rm -rf \"$DIR\"/*",
            "[[ -z \"$DIR\" ]] && { echo missing; exit 1; }\nrm -rf \"$DIR\"/*",
            "if [ -z \"${DIR:-}\" ]; then\n  exit 1\nfi\nrm -rf \"$DIR\"/*",
            "[ -d \"$DIR\" ] || exit 1\nrm -rf \"$DIR\"/*",
            "set -e\n[ -n \"$DIR\" ]\nrm -rf \"$DIR\"/*",
            "test -n \"$DIR\" || exit 1; rm -rf \"$DIR\"/*",
            "if [ \"$DIR\" = \"\" ]; then exit; fi; rm -rf \"$DIR\"/*",
        ],
    );
    each_calls(
        &["rm -rf ‹$DIR?›/‹*›"],
        &[
            "[ -n \"$DIR\" ] || echo missing; rm -rf \"$DIR\"/*",
            "[ -n \"$OTHER\" ] && rm -rf \"$DIR\"/*",
            "if [ -n \"$DIR\" ]; then :; fi; rm -rf \"$DIR\"/*",
        ],
    );
}

#[test]
fn each_case_sees_what_it_chose() {
    each_calls(
        &["pm2 delete web", "pm2 delete web-test"],
        &[
            "case $ENV in prod) A=web;; test) A=web-test;; *) exit 1;; esac; pm2 delete $A",
            "if [ $ENV = prod ]; then A=web; elif [ $ENV = test ]; then A=web-test; else exit; fi\npm2 delete $A",
        ],
    );
}
