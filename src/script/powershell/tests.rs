use crate::{
    script::{self, display},
    source::{Language, Place, Script, SourceFile, Text},
};
use proptest::prelude::*;
use std::sync::Arc;

fn read(code: &str) -> script::Reading {
    let file = Arc::new(SourceFile::new("x.ps1", code));
    script::read(&Script::alone(Text::of_file(file), Language::PowerShell))
}

/// The programs that a script calls, as a person would type them.
fn calls(code: &str) -> Vec<String> {
    read(code).invocations.iter().map(|call| display(&call.argv)).collect()
}

#[test]
fn a_hyphen_in_a_name_is_part_of_it() {
    assert_eq!(calls("& redis-cli flushall"), ["redis-cli flushall"]);
}

#[test]
fn a_command_is_found_however_it_is_called() {
    for code in [
        "pm2 delete all",
        "& pm2 delete all",
        "& 'pm2' delete all",
        "& { pm2 delete all }",
        "pm2 delete `\n  all",
        "pm2 'delete' \"all\"",
        "pm2 --% delete all",
        "pm2 delete all 2>&1 | Out-Null",
        "$null = pm2 delete all",
        "$out = $(pm2 delete all)",
        "$cmd = 'pm2'; & $cmd delete all",
        "$what = 'all'; pm2 delete $what",
        "$what = 'all'; pm2 delete \"$what\"",
        "$env:WHAT = 'all'; pm2 delete $env:WHAT",
        "$a = 'delete', 'all'; pm2 $a",
        "$a = @('delete'); $a += 'all'; pm2 @a",
        "Start-Process pm2 -ArgumentList 'delete', 'all' -Wait",
        "Start-Process -FilePath pm2 -ArgumentList 'delete all'",
        "Invoke-Expression 'pm2 delete all'",
        "$s = 'pm2 ' + 'delete all'; iex $s",
        "'pm2 delete all' | iex",
        "'pm2 {0} all' -f 'delete' | iex",
        "('pm2', 'delete', 'all' -join ' ') | iex",
        "$s = @\"\npm2 delete all\n\"@\niex $s",
        "[System.Diagnostics.Process]::Start('pm2', 'delete all')",
        "foreach ($p in @('all')) { pm2 delete $p }",
        "'all' | ForEach-Object { pm2 delete $_ }",
        "function Stop-Apps($what) { pm2 delete $what }\nStop-Apps -what all",
        "function Stop-Apps { param($what)\npm2 delete $what }\nStop-Apps all",
        "if ($true) { pm2 delete all }",
        "if (Test-X) { pm2 delete all }",
        "try { pm2 delete all } catch { }",
        "Start-Job -ScriptBlock { pm2 delete all }",
        "param([string]$what = 'all')\npm2 delete $what",
        "pm2 delete all; exit 1; pm2 kill",
    ] {
        let found = calls(code);
        assert!(found.iter().any(|call| call == "pm2 delete all"), "{code}: {found:?}");
        assert!(!found.iter().any(|call| call == "pm2 kill"), "{code}: {found:?}");
    }
}

#[test]
fn what_is_only_text_or_never_run_is_no_command() {
    for code in [
        "Write-Host 'pm2 delete all'",
        "echo pm2 delete all",
        "# pm2 delete all",
        "<# pm2 delete all #>",
        "$x = 'pm2 delete all'",
        "if ($false) { pm2 delete all }",
        "function f { pm2 delete all }",
        "$x = { pm2 delete all }",
        "'pm2 delete all' | Out-File notes.txt",
        "exit; pm2 delete all",
    ] {
        let found = calls(code);
        assert!(!found.iter().any(|call| call.starts_with("pm2")), "{code}: {found:?}");
    }
}

#[test]
fn several_possible_values_are_several_calls() {
    assert_eq!(
        calls("foreach ($c in 'stop', 'delete') { pm2 $c all }"),
        ["pm2 stop all", "pm2 delete all"]
    );
}

#[test]
fn a_block_for_another_computer_runs_there() {
    let reading = read("Invoke-Command -ComputerName web1 -ScriptBlock { pm2 delete all }");
    assert_eq!(reading.invocations[0].place, Place::Remote("web1".into()));
}

#[test]
fn code_for_another_program_is_read_there() {
    for code in [
        "cmd /c \"pm2 delete all\"",
        "ssh deploy@web 'pm2 delete all'",
        "bash -c 'pm2 delete all'",
        "powershell -NoProfile -Command \"pm2 delete all\"",
        "Set-Content -Path x.ps1 -Value 'pm2 delete all'; ./x.ps1",
    ] {
        let found = calls(code);
        assert!(found.iter().any(|call| call == "pm2 delete all"), "{code}: {found:?}");
    }
}

#[test]
fn an_unknown_value_is_a_hole() {
    assert_eq!(calls("pm2 delete $app"), ["pm2 delete $app"]);
    assert_eq!(calls("pm2 delete \"$($x.name)-test\""), ["pm2 delete $x.name-test"]);
    assert_eq!(calls("pm2 delete ${{ inputs.app }}"), ["pm2 delete ${{ inputs.app }}"]);
}

#[test]
fn around_a_syntax_error_the_rest_is_read_and_the_error_is_told() {
    let reading = read("if ( {\npm2 delete all\n");
    assert!(!reading.unread.is_empty());
    assert!(reading.invocations.iter().any(|call| display(&call.argv) == "pm2 delete all"));
}

/// Text of the pieces that PowerShell is made of, in any order.
fn powershell_like() -> impl Strategy<Value = String> {
    let pieces = [
        "pm2 delete all",
        "& ",
        "$x",
        "$env:X",
        "${x}",
        "$(",
        ")",
        "(",
        "{",
        "}",
        "@(",
        "@{",
        "'",
        "\"",
        "`",
        "\n",
        ";",
        "|",
        " ",
        "=",
        "+=",
        "-f",
        "-join",
        "iex ",
        "foreach ($p in ",
        "if ",
        "else ",
        "function f",
        "param(",
        "@\"\n",
        "\n\"@",
        "@'\n",
        "\n'@",
        "é",
        "\u{e000}0\u{e001}",
        "${{ x }}",
        "#",
        "<#",
        "#>",
        "--%",
        "[x]",
        "::Start",
        ".y",
        "Start-Process ",
        "-ArgumentList ",
        ",",
        "% ",
        "? ",
        ">",
        "2>&1",
        "&&",
        "switch ",
        "try ",
        "catch ",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_the_powershell_reader_panic(code in powershell_like()) {
        for call in read(&code).invocations {
            if let Some(location) = &call.location {
                prop_assert!(code.get(location.range.clone()).is_some());
            }
        }
    }
}
