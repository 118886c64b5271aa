//! What is passed over changes nothing that is found.

use crate::{
    effect,
    script::{Reading, read, read_what_matters},
    source::{Language, Script, SourceFile, Text},
};
use proptest::{prelude::*, test_runner::RngSeed};
use std::{collections::BTreeSet, sync::Arc};

fn script(text: &str) -> Script {
    let file = Arc::new(SourceFile::new("x.sh", text));
    Script::alone(Text::of_file(file), Language::Shell)
}

/// The effects that a reading finds, what of it is not there, and what it sets for later steps.
fn found(reading: &Reading) -> BTreeSet<String> {
    let effects = reading.invocations.iter().flat_map(|invocation| {
        let place = invocation.location.as_ref().map(|location| location.range.clone());
        effect::of(invocation).into_iter().map(move |effect| format!("{place:?} {effect:?}"))
    });
    let unread = reading.unread.iter().map(|unread| unread.reason.clone());
    let exports = [&reading.exports.variables, &reading.exports.outputs];
    let exports =
        exports.into_iter().flatten().map(|(name, setting)| format!("{name} {setting:?}"));
    effects.chain(unread).chain(exports).collect()
}

/// The commands that are read of what matters in a script, by their names.
fn read_of(text: &str) -> Vec<String> {
    let reading = read_what_matters(&script(text));
    reading.invocations.iter().map(|invocation| crate::script::display(&invocation.argv)).collect()
}

#[test]
fn what_a_dangerous_command_does_not_depend_on_is_passed_over() {
    assert_eq!(
        read_of(
            "log() { printf '%s\\n' \"$1\"; date; }\n\
             log start\nVERSION=$(git describe)\nAPP=web\ncurl -fsS https://x\n\
             pm2 delete \"$APP\"\nlog end\nhostname\n"
        ),
        ["pm2 delete web"],
    );
    assert_eq!(read_of("make-it() { hostname; }\nmake-it\nX=$(uptime)\n"), [""; 0]);
}

/// Statements that set, steer, write and call in many ways.
const STATEMENTS: &[&str] = &[
    "X=all",
    "X=$Y",
    "X=\"$1\"",
    "Y=$(echo all)",
    "Y=${X:-web}",
    ": \"${Y:=all}\"",
    "X+=l",
    "export X",
    "export Y=all",
    "read -r X < list",
    "X=web Y=api",
    "A=(web all)",
    "A+=(api)",
    "P=X",
    "set -e",
    "set -u",
    "set -- all web",
    "shift",
    "cd /srv/app",
    "IFS=,",
    "unset X",
    "echo hello",
    "echo \"$X\" > list",
    "echo 'pm2 kill' > x.sh",
    "echo 'pm2 kill' > /tmp/x.sh",
    "echo \"pm2 delete $X\" >> \"$Y.sh\"",
    "cat > conf <<EOF\n$(pm2 kill)\nEOF",
    "cat > x.sh <<'EOF'\npm2 delete all\nEOF",
    "cp x.sh y.sh",
    "F=/etc/hosts",
    "echo x > $F",
    "echo x > /etc/hosts",
    "echo x | sudo tee \"$F\"",
    "curl -fsS https://x",
    "grep -q x y || exit 1",
    "[ -n \"$X\" ] || exit 1",
    "[ -z \"$X\" ] && X=web",
    "[[ $X == all ]] && exit",
    "test \"$X\" = web",
    "false",
    "exit 0",
    "return 1",
    "trap 'pm2 delete $X' EXIT",
    "trap f EXIT",
    "f() { X=all; }",
    "f() { echo \"$1\"; }",
    "f() { pm2 delete \"$1\"; }",
    "f() { local X=web; g; }",
    "f() { echo all; }",
    "f() { \"$@\"; }",
    "g() { f \"$1\"; }",
    "g() { Y=all; return 1; }",
    "g() { exit 1; }",
    "g() { pm2 delete $X; }",
    "f",
    "f all",
    "f \"$Y\"",
    "f pm2 kill",
    "g",
    "g all && X=web",
    "X=$(f)",
    "for X in web all; do echo $X; done",
    "for X in web all; do f $X; done",
    "for i in 1 2 3; do curl -f https://x && break; sleep 1; done",
    "for i in 1 2; do [ $X = all ] && break; X=all; done",
    "while read -r Y; do X=$Y; done < list",
    "echo all | while read -r Y; do f $Y; done",
    "if [ \"$X\" = all ]; then Y=web; else Y=all; fi",
    "if curl -f https://x; then echo up; else exit 1; fi",
    "if f; then pm2 kill; fi",
    "case $X in all) Y=web ;; *) Y=all ;; esac",
    "case $1 in x) exit 1 ;; esac",
    "((i = 1))",
    "Y=$((i + 1))",
    "(X=all; cd /x; exit 1)",
    "{ X=all; echo; }",
    "X=all & wait",
    "pm2 delete $X",
    "pm2 delete \"$Y\"",
    "pm2 delete ${A[1]}",
    "pm2 delete ${!P}",
    "pm2 delete \"$1\"",
    "pm2 delete $(cat list)",
    "rm -rf \"$X/\"*",
    "bash x.sh",
    "./y.sh",
    "sh /tmp/x.sh",
    "source x.sh",
    "eval \"$X\"",
    "eval \"pm2 delete $Y\"",
    "bash -c 'pm2 delete $X'",
    "ssh host \"pm2 delete $X\"",
    "ssh host <<EOF\nY=all\necho $X\nhostname\npm2 delete \\$Y\nEOF",
    "sudo -u me pm2 delete $X",
    "echo $X | xargs pm2 delete",
    "echo \"pm2 delete $X\" | sh",
    "$X kill",
    "X=pm2",
    "alias e=pm2",
    "e kill",
    "echo \"T=$X\" >> \"$GITHUB_ENV\"",
    "echo \"::set-output name=t::$Y\"",
    "mapfile -t A < list",
    "declare -A A",
    "declare \"X=all\"",
    "printf -v X all",
    "psql -c \"DROP TABLE $X\"",
    "call() { curl -X POST \"$1\"; }",
    "call https://x/health",
    "call https://x/reboot",
    "ask() { call \"$U\"; }",
    "U=https://x/reboot",
    "ask",
    "U=https://x",
    "run_sql() { psql \"$X\"; }",
    "echo 'DROP DATABASE x' | run_sql",
];

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::with_cases(2500)
    })]

    #[test]
    fn a_reading_of_what_matters_finds_what_a_whole_reading_does(
        parts in prop::collection::vec(prop::sample::select(STATEMENTS), 2..12),
    ) {
        let script = script(&parts.join("\n"));
        let (some, all) = (found(&read_what_matters(&script)), found(&read(&script)));
        prop_assert!(some.is_superset(&all), "{:?} is not found", all.difference(&some));
        // Where a function that is passed over ends the shell, because it lacks an argument, what
        // comes after it is read still.
        if !parts.contains(&"set -u") {
            prop_assert_eq!(some, all);
        }
    }
}
