use super::{command, reading};
use proptest::{prelude::*, sample::select};

/// What is read of a script, and whether it says that not all was.
fn read(script: &str) -> (Vec<String>, bool) {
    let reading = reading(script);
    (reading.calls.iter().map(command).collect(), !reading.unread.is_empty())
}

#[test]
fn what_does_not_parse_is_reported_and_the_rest_is_read() {
    for script in [
        "exec('pm2 kill'); const = ;",
        "const = ;\nexec('pm2 kill')",
        "if (x) { exec('pm2 kill')",
        ")))\nexec('pm2 kill')",
    ] {
        let (found, is_reported) = read(script);
        assert_eq!(found, ["$ pm2 kill"], "{script}");
        assert!(is_reported, "{script}");
    }
}

#[test]
fn very_deep_scripts_are_given_up_not_crashed_on() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("!", ""),
        ("f(", ")"),
        ("if(a)", ""),
        ("{a:", "}"),
        ("`${", "}`"),
        ("(()=>{", "})()"),
        ("[1].map(x=>", ")"),
    ] {
        let script = format!("x = {}1{}\n", open.repeat(10_000), close.repeat(10_000));
        assert!(read(&script).1, "{open}");
    }
    let script = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(read(&script).1);
}

#[test]
fn long_chains_are_read_to_their_end() {
    let sum = format!("const x = 'a'{}; exec('pm2 kill')", " + 'a'".repeat(3000));
    assert_eq!(read(&sum), (vec!["$ pm2 kill".to_owned()], false));
    let cases = "else if (x) { exec('pm2 kill') } ".repeat(500);
    assert_eq!(read(&format!("if (y) {{}} {cases}")).0.len(), 500);
}

#[test]
fn tangled_scripts_end() {
    for script in [
        "function f() { f(); g() } function g() { f(); exec('pm2 kill') } f()".to_owned(),
        "const f = () => f; f()()()()(); exec('pm2 kill')".to_owned(),
        format!("let a = 'pm2 kill'; let b = 'x'; {} exec(a)", "b = b + b;".repeat(60)),
        format!("let b = []; {} exec('pm2 kill')", "b = [...b, b, 1];".repeat(60)),
        format!("let b = {{}}; {} exec('pm2 kill')", "b = { x: b, y: b };".repeat(60)),
        format!("let b = []; {} exec('pm2 kill')", "b = [b];".repeat(5000)),
        "let s = ''; while (true) { s += s; } exec('pm2 kill')".to_owned(),
        "const f = x => x(x); f(f); exec('pm2 kill')".to_owned(),
    ] {
        assert_eq!(read(&script).0, ["$ pm2 kill"], "{script:.60}");
    }
    let calls: String =
        (0..40).map(|n| format!("function f{n}() {{ f{m}(); f{m}() }}\n", m = n + 1)).collect();
    read(&format!("{calls} f0()"));
}

#[test]
fn a_bundle_is_not_read() {
    let (found, is_reported) = read(&format!("exec('a'); {}", "x();\n".repeat(300_000)));
    assert_eq!((found.len(), is_reported), (0, true));
}

#[test]
fn an_empty_script_runs_nothing() {
    for script in ["", " ", "\n", "#!/usr/bin/env node\n", "'use strict'", "\u{feff}"] {
        assert_eq!(read(script), (vec![], false), "{script:?}");
    }
}

const FRAGMENTS: [&str; 48] = [
    "exec(",
    "'pm2 delete '",
    ")",
    "(",
    "{",
    "}",
    "[",
    "]",
    "list",
    ".forEach(",
    "p",
    " => ",
    "if (",
    "p.name",
    "===",
    "'web'",
    "return",
    ";",
    "\n",
    "const ",
    "let ",
    "=",
    "+",
    "`a${",
    "}`",
    "`",
    "'",
    "\"",
    "\\",
    "/",
    "/^a(b|c)$/",
    ".test(",
    "function f(",
    "for (const ",
    " of ",
    "await ",
    "async ",
    "...",
    "?.",
    "&&",
    "||",
    "!",
    ",",
    "💥",
    "process.env.",
    "require('child_process')",
    "class A ",
    "\u{0}",
];

proptest! {
    #[test]
    fn no_script_crashes_it(parts in proptest::collection::vec(select(&FRAGMENTS[..]), 0..60)) {
        let script = parts.concat();
        for call in reading(&script).calls {
            let range = call.location.map(|location| location.range);
            prop_assert!(range.is_some_and(|range| script.get(range).is_some()));
        }
    }
}
