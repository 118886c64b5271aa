use super::reading;
use crate::script::evaluator::shown::command;
use proptest::{prelude::*, sample::select};

/// What is read of a script, and whether it says that not all was.
fn read(script: &str) -> (Vec<String>, bool) {
    let reading = reading(script);
    (reading.calls.iter().map(command).collect(), !reading.unread.is_empty())
}

#[test]
fn what_does_not_parse_is_reported_and_the_rest_is_read() {
    for script in [
        "import os\nos.system('pm2 kill')\ndef = 3\n",
        "import os\nx = = 1\nos.system('pm2 kill')\n",
        "import os\nif x:\n  os.system('pm2 kill')\n    )\n",
    ] {
        let (found, is_reported) = read(script);
        assert_eq!(found, ["$ pm2 kill"], "{script}");
        assert!(is_reported, "{script}");
    }
}

#[test]
fn very_deep_scripts_are_given_up_not_crashed_on() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("not ", ""), ("f(", ")"), ("f'{", "}'")]
    {
        let script = format!("x = {}1{}\n", open.repeat(5_000), close.repeat(5_000));
        assert!(read(&script).1, "{open}");
    }
}

#[test]
fn tangled_scripts_end() {
    for script in [
        "import os\ndef f():\n  f()\n  g()\ndef g():\n  f()\n  os.system('pm2 kill')\nf()"
            .to_owned(),
        format!("import os\na = 'pm2 kill'; b = 'x'\n{}os.system(a)", "b = b + b\n".repeat(60)),
        format!("import os\nb = []\n{}os.system('pm2 kill')", "b = [*b, b, 1]\n".repeat(60)),
        format!(
            "import os\nb = {{}}\n{}os.system('pm2 kill')",
            "b = {'x': b, 'y': b}\n".repeat(60)
        ),
        "import os\nclass A(B): pass\nclass B(A): pass\nB()\nos.system('pm2 kill')".to_owned(),
    ] {
        assert_eq!(read(&script).0, ["$ pm2 kill"], "{script:.60}");
    }
}

const FRAGMENTS: [&str; 48] = [
    "os.system(",
    "'pm2 delete '",
    ")",
    "(",
    "{",
    "}",
    "[",
    "]",
    "list",
    "for p in ",
    ":",
    "\n",
    "\n  ",
    "if ",
    "p['name']",
    "==",
    "'web'",
    "return ",
    ";",
    "import os\n",
    "from os import *\n",
    "=",
    "+",
    "f'a{",
    "}'",
    "%",
    "'",
    "\"",
    "\\",
    "'''",
    "lambda x: ",
    ".format(",
    "def f(",
    "*",
    "**",
    "await ",
    "async ",
    "with ",
    " as ",
    "class A(",
    "@",
    "not ",
    " in ",
    " is ",
    ",",
    "💥",
    "os.environ[",
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
