use super::{command, nothing_around, read, reading};
use crate::invocation::{Hole, Origin, Piece, Word};
use crate::source::{SourceFile, Text};
use std::sync::Arc;

#[test]
fn a_call_is_found_at_its_very_bytes() {
    let script = "await exec('pm2 delete ' + id, { a: 1 });\n$`pm2 kill`";
    let found: Vec<&str> = reading(script)
        .calls
        .iter()
        .map(|call| &script[call.location.as_ref().unwrap().range.clone()])
        .collect();
    assert_eq!(found, ["exec('pm2 delete ' + id, { a: 1 })", "$`pm2 kill`"]);
}

#[test]
fn a_call_in_an_indented_block_is_found_in_the_file() {
    let yaml = "run: |\n    const id = 'all';\n    exec('pm2 delete ' +\n      id)\n";
    let file = Arc::new(SourceFile::new("w.yml", yaml));
    let mut text = Text::default();
    let mut at = 7;
    for line in yaml[7..].split_inclusive('\n') {
        text.push(&Text::of_range(Arc::clone(&file), at + 4..at + line.len()));
        at += line.len();
    }
    let reading = read(&Word::known(text), &nothing_around());
    let call = &reading.calls[0];
    let range = call.location.clone().unwrap().range;
    assert_eq!(&yaml[range], "exec('pm2 delete ' +\n      id)");
    assert_eq!(command(call), "$ pm2 delete all");
    let super::Command::Shell(value) = &call.command else { panic!("{call:?}") };
    let Piece::Known(text) = &value.alternatives()[0].pieces[0] else { panic!("{call:?}") };
    let written = |range| &yaml[text.locate(range).unwrap().range];
    assert_eq!(written(4..10), "delete");
    assert_eq!(written(11..14), "all");
}

#[test]
fn an_escape_is_where_it_was_written() {
    let script = r"exec('pm2\x20delete all')";
    let reading = reading(script);
    let super::Command::Shell(value) = &reading.calls[0].command else { panic!() };
    let Piece::Known(text) = &value.alternatives()[0].pieces[0] else { panic!() };
    assert_eq!(&script[text.locate(3..4).unwrap().range], r"\x20");
    assert_eq!(&script[text.locate(11..14).unwrap().range], "all");
}

#[test]
fn a_hole_of_the_shell_stays_the_hole_that_it_was() {
    let file = Arc::new(SourceFile::new("x.sh", "exec('pm2 delete $APP'); exec($APP)"));
    let hole = Hole {
        origin: Origin::Variable("APP".into()),
        written: "$APP".into(),
        location: None,
        may_be_empty: true,
        splits: false,
    };
    let part = |range| Piece::Known(Text::of_range(Arc::clone(&file), range));
    let pieces =
        vec![part(0..17), Piece::Hole(hole.clone()), part(21..30), Piece::Hole(hole), part(34..35)];
    let reading = read(&Word { pieces }, &nothing_around());
    let found: Vec<String> = reading.calls.iter().map(command).collect();
    assert_eq!(found, ["$ pm2 delete ‹$APP›", "$ ‹$APP›"]);
}

#[test]
fn the_function_is_named_as_it_is_written() {
    for (script, function) in [
        ("exec('a')", "exec"),
        ("const cp = require('child_process'); cp.spawn('a')", "cp.spawn"),
        ("require('child_process').execSync('a')", "child_process.execSync"),
        ("require('pm2').delete('a')", "pm2.delete"),
        ("$`a`", "$"),
    ] {
        assert_eq!(reading(script).calls[0].function, function, "{script}");
    }
}
