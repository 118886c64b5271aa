use super::*;
use crate::{script::display, source::SourceFile};
use proptest::prelude::*;
use std::sync::Arc;

fn steps(code: &str, dialect: SqlDialect) -> Vec<Step> {
    read(&Text::of_file(Arc::new(SourceFile::new("x.sql", code))), &Marks::default(), dialect)
}

/// What a text does, one line for each call.
fn calls(code: &str) -> Vec<String> {
    steps(code, SqlDialect::Postgres)
        .iter()
        .map(|step| match step {
            Step::Call(argv, _) => display(&argv[1..]),
            Step::Shell(code) => format!("shell {}", code.as_str().trim()),
            Step::File(path, _) => format!("file {path}"),
            Step::Unread(word, _) => format!("unread {word}"),
        })
        .collect()
}

#[test]
fn statements_that_destroy_are_told_in_plain_words() {
    for (code, expected) in [
        ("DROP DATABASE IF EXISTS \"app\" WITH (FORCE);", "drop database app"),
        ("drop schema public cascade; create schema public", "drop schema public"),
        ("DROP TABLE a, b.c CASCADE", "drop table a b.c"),
        ("DROP OWNED BY app", "drop owned app"),
        ("TRUNCATE TABLE a, b RESTART IDENTITY CASCADE", "truncate a b"),
        ("truncate only users", "truncate users"),
        ("DELETE FROM users", "delete users"),
        ("DELETE FROM users WHERE 1=1", "delete users"),
        ("DELETE FROM users WHERE (true OR id = 3)", "delete users"),
        ("DELETE FROM users WHERE id = 3 AND true", "delete users --where"),
        ("DELETE FROM users WHERE 1 = 0", "delete users --where"),
        ("DELETE FROM users USING old WHERE users.id = old.id", "delete users --where"),
        ("UPDATE users SET admin = false", "update users"),
        ("UPDATE users SET admin = false WHERE id = 3", "update users --where"),
        ("ALTER TABLE users DROP COLUMN name", "alter drop users"),
        ("WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone", "delete users"),
        ("EXPLAIN ANALYZE DELETE FROM users", "delete users"),
        ("DROP TABLE ${{ inputs.table }}", "drop table ${{ inputs.table }}"),
        ("DELETE FROM app_${{ inputs.x }}.users", "delete app_${{ inputs.x }}.users"),
        ("DO $$ BEGIN DELETE FROM users; END $$", "delete users"),
    ] {
        assert_eq!(calls(code), [expected], "{code}");
    }
}

#[test]
fn what_only_reads_adds_or_names_is_nothing() {
    for code in [
        "SELECT 'DROP DATABASE app'",
        "-- DROP DATABASE app\nSELECT 1",
        "/* TRUNCATE users; */ SELECT 1",
        "INSERT INTO log VALUES ('DELETE FROM users')",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM users; END $$ LANGUAGE plpgsql",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "CREATE TABLE t (id int REFERENCES u ON DELETE CASCADE)",
        "EXPLAIN DELETE FROM users",
        "CREATE TEMP TABLE t (id int); DROP TABLE t",
        "ALTER TABLE users ADD COLUMN truncate int",
        "GRANT DELETE, TRUNCATE ON users TO app",
        "SELECT 'CREATE DATABASE app' WHERE NOT EXISTS (SELECT FROM pg_database) \\gexec",
        "\\c app\n\\echo DROP DATABASE app",
        "",
    ] {
        assert_eq!(calls(code), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn statements_that_are_built_at_run_time_are_followed() {
    let loop_ = "DO $$ DECLARE r RECORD; BEGIN FOR r IN (SELECT tablename FROM pg_tables) LOOP
        EXECUTE 'DROP TABLE IF EXISTS ' || quote_ident(r.tablename) || ' CASCADE'; END LOOP; END $$;";
    assert_eq!(calls(loop_), ["drop table …"]);
    let format = "DO $$ BEGIN EXECUTE format('TRUNCATE TABLE %I.%I', a, b); END $$";
    assert_eq!(calls(format), ["truncate ….…"]);
    let gexec = "SELECT 'DROP TABLE ' || tablename FROM pg_tables \\gexec";
    assert_eq!(calls(gexec), ["drop table …"]);
}

#[test]
fn an_exotic_statement_hides_nothing_and_is_told_if_it_is_dangerous() {
    assert_eq!(calls("FROBNICATE THE users; DROP TABLE a"), ["drop table a"]);
    assert_eq!(calls("WITH x AS (DELETE FROM a NOT A WORD) SELECT 1"), ["unread delete"]);
    assert_eq!(calls("DROP TABLE a FROBNICATE SIDEWAYS"), ["drop table a"]);
    assert_eq!(calls("DELETE FROM 'open"), ["delete 'open"]);
}

#[test]
fn what_is_meant_for_the_client_is_followed() {
    assert_eq!(
        calls("\\i x.sql\n\\! pm2 delete all\nDROP TABLE a"),
        ["file x.sql", "shell pm2 delete all", "drop table a"]
    );
    let sqlite = steps(".read x.sql\n.shell ls\n.tables", SqlDialect::Sqlite);
    assert!(matches!(&sqlite[..], [Step::File(path, _), Step::Shell(_)] if path == "x.sql"));
}

#[test]
fn a_statement_is_found_at_its_own_bytes() {
    let steps = steps("SELECT 1;\n  DROP TABLE a ;", SqlDialect::Postgres);
    let [Step::Call(_, Some(location))] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(location.range, 12..24);
}

/// Text of the pieces that SQL is made of, in any order.
fn sql_like() -> impl Strategy<Value = String> {
    let pieces = [
        "DROP ",
        "TABLE ",
        "DATABASE ",
        "DELETE FROM ",
        "TRUNCATE ",
        "users",
        " WHERE ",
        "1=1",
        "(",
        ")",
        ";",
        "'",
        "\"",
        "`",
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "/*!",
        "\\",
        "\\!",
        "\n",
        ".read ",
        "GO\n",
        "DO ",
        "BEGIN ",
        "END",
        "EXECUTE ",
        "||",
        "format(",
        "%",
        "é",
        "ꙮ0ꙮ",
        "\u{e000}0\u{e001}",
        "${{ a }}",
        "WITH x AS (",
        "CREATE TRIGGER ",
        "DELIMITER //",
        "//",
        "[",
        "]",
        ",",
        ".",
        "E'",
        "NOT ",
        "UPDATE ",
        "SET a=1",
        "\\gexec",
        "#",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_makes_the_sql_reader_panic(code in sql_like()) {
        for dialect in [SqlDialect::Postgres, SqlDialect::MySql, SqlDialect::Sqlite, SqlDialect::MsSql, SqlDialect::Any] {
            for step in steps(&code, dialect) {
                if let Step::Call(_, Some(location)) = step {
                    prop_assert!(code.get(location.range).is_some());
                }
            }
        }
    }
}
