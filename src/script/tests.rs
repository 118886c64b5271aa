//! No text makes the shell reader panic, hang or point outside of the file.

use crate::{
    effect, script,
    source::{Language, Script, SourceFile, Text},
};
use proptest::prelude::*;
use std::sync::Arc;

/// Text of the pieces that shell syntax is made of, in any order.
fn shell_like() -> impl Strategy<Value = String> {
    let pieces = [
        "pm2 delete all",
        "rm -rf",
        " ",
        "\n",
        ";",
        "|",
        "&",
        "&&",
        "||",
        "(",
        ")",
        "((",
        "))",
        "{",
        "}",
        "[[",
        "]]",
        "'",
        "\"",
        "`",
        "\\",
        "$",
        "$(",
        "${",
        "${{",
        "}}",
        "$'",
        "<",
        "<<EOF",
        "<<-'A'",
        "\nEOF\n",
        "\nA\n",
        "<<<",
        ">",
        ">>",
        "#",
        "=",
        "A=",
        "$A",
        "${A:-",
        "${A[@]}",
        "${A%",
        "*",
        "?",
        "~",
        "/",
        "-",
        "é",
        "→",
        "\u{e000}0\u{e001}",
        "if ",
        " then ",
        " fi",
        "for x in ",
        " do ",
        " done",
        "case ",
        " in ",
        ") ",
        ";;",
        " esac",
        "f() ",
        "while ",
        "eval ",
        "bash -c ",
        "ssh h ",
        "node -e ",
        "xargs ",
        "printf '%s'",
        "echo ",
        "alias a=",
        "set -- ",
        "\t",
        "\r\n",
        "{a,b}",
        "!",
        "trap ",
        "exec('pm2 kill')",
        "cat > x.sh ",
        "sh x.sh",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_shell_reader_panic(code in shell_like()) {
        let file = Arc::new(SourceFile::new("/nowhere/x.sh", code.as_str()));
        let reading = script::read(&Script::alone(Text::of_file(file), Language::Shell));
        for invocation in &reading.invocations {
            effect::of(invocation);
            if let Some(location) = &invocation.location {
                prop_assert!(code.get(location.range.clone()).is_some(), "{:?}", location.range);
            }
        }
    }
}
