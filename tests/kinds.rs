//! Each kind of probe against the real thing: PostgreSQL, MariaDB, SQLite, Redis, OpenSSL, dnsmasq,
//! Prometheus, PM2 and the files and processes of this host. `make test` installs what they need.

mod support;

use insta::assert_snapshot;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{
    Dns, MailServer, MariaDb, Pm2, Postgres, Project, Prometheus, Redis, TlsServer, wait_for,
};

/// What became of each probe, a line each, and why: without times and places.
fn outcomes(project: &Project) -> String {
    let output = project.command(&["--format", "json"]).output().unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    told(project, &report)
}

fn told(project: &Project, report: &serde_json::Value) -> String {
    let probes = report["probes"].as_array().unwrap().iter().map(|probe| {
        let text = |name: &str| project.tidy(probe[name].as_str().unwrap_or("").to_owned());
        format!("{} {}: {}", text("outcome"), text("name"), text("message"))
    });
    let lines = probes.collect::<Vec<_>>().join("\n");
    lines.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn postgresql_is_asked_and_its_types_are_understood() {
    let postgres = Postgres::new();
    postgres.sql(
        "CREATE TABLE jobs (state text, at timestamptz);
         INSERT INTO jobs SELECT 'failed', now() - interval '3 minutes' FROM generate_series(1, 73);
         CREATE TABLE ticks (at timestamptz);
         CREATE TYPE mood AS ENUM ('sad', 'glad')",
    );
    let project = Project::probes(
        r#"
  few-failed:
    sql: {url: "${env:DB}", query: "SELECT count(*) AS n FROM jobs WHERE state = 'failed'"}
    expect: ['rows[0].n < 50', value == 73, row_count == 1]
  fresh:
    sql: {url: "${env:DB}", query: SELECT now() - max(at) AS age FROM jobs}
    expect: ['rows[0].age < duration("10m")', 'value > duration("2m")']
  stale-is-not-fresh:
    sql: {url: "${env:DB}", query: SELECT max(at) FROM jobs}
    expect: now - value < duration("1m")
  an-empty-table-is-not-fresh:
    sql: {url: "${env:DB}", query: SELECT now() - max(at) AS age FROM ticks}
    expect: value < duration("10m")
  no-rows:
    sql: {url: "${env:DB}", query: SELECT at FROM ticks}
    expect: value < now
  types:
    sql:
      url: ${env:DB}
      query: >
        SELECT true AS b, 7::smallint AS s, 2.5::real AS r, 12345.678::numeric AS d, -0.0001::numeric AS small,
        99999999::numeric AS whole, 'x'::varchar AS t, '{"a": [1]}'::jsonb AS j, 'glad'::mood AS m,
        '2026-01-31'::date AS day, '1 day 01:00:00'::interval AS i,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u
    expect:
      - rows[0].b && rows[0].s == 7 && rows[0].r == 2.5 && rows[0].d == 12345.678
      - rows[0].small == -0.0001 && rows[0].whole == 99999999 && rows[0].t == "x"
      - rows[0].j.a[0] == 1 && rows[0].m == "glad" && rows[0].i == duration("25h")
      - rows[0].day == timestamp("2026-01-31T00:00:00Z")
      - rows[0].u == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
  not-a-number:
    sql: {url: "${env:DB}", query: "SELECT 'NaN'::float8"}
    expect: value < 5
  a-type-that-is-not-known:
    sql: {url: "${env:DB}", query: "SELECT '10.0.0.1'::inet"}
    expect: value == "10.0.0.1"
"#,
    )
    .with("DB", &postgres.url());
    assert_snapshot!(outcomes(&project), @r#"
    fail few-failed: rows[0].n < 50 (rows[0].n is 73)
    pass fresh:
    fail stale-is-not-fresh: now - value < duration("1m") (now - value is 3m)
    error an-empty-table-is-not-fresh: value < duration("10m") (value is null)
    error no-rows: value < now (there is no `value`: there are no rows)
    pass types:
    error not-a-number: value < 5 (value: NaN is no number and cannot be compared)
    error a-type-that-is-not-known: the column inet: values of the type inet are not known; cast it: `::text`
    "#);
}

#[test]
fn a_probe_changes_nothing_in_postgresql_and_ends_in_time() {
    let postgres = Postgres::new();
    postgres.sql("CREATE TABLE t (n int); INSERT INTO t VALUES (1)");
    let project = Project::probes(
        r#"
  writing-inside:
    sql: {url: "${env:DB}", query: "WITH gone AS (DELETE FROM t RETURNING n) SELECT count(*) FROM gone"}
    expect: value == 1
  two-statements:
    sql: {url: "${env:DB}", query: "SELECT 1; DROP TABLE t"}
    expect: value == 1
  writing-function:
    sql: {url: "${env:DB}", query: "SELECT nextval('s'), set_config('a.b', 'c', false)"}
    expect: row_count == 1
  slow:
    sql: {url: "${env:DB}", query: SELECT pg_sleep(60)}
    timeout: 500ms
    expect: row_count == 1
  too-many:
    sql: {url: "${env:DB}", query: "SELECT generate_series(1, 100000000)"}
    expect: row_count > 1
  mistaken:
    sql: {url: "${env:DB}", query: SELECT nope FROM t}
    expect: value == 1
  wrong-password:
    sql: {url: "postgres://nobody:${env:SECRET}@127.0.0.1:${env:PORT}/postgres", query: SELECT 1}
    expect: value == 1
"#,
    )
    .with("DB", &postgres.url())
    .with("PORT", &postgres.port.to_string())
    .with("SECRET", "hunter2-hunter2");
    let begun = Instant::now();
    let outcomes = outcomes(&project);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_snapshot!(outcomes, @r#"
    error writing-inside: cannot execute SELECT in a read-only transaction
    error two-statements: cannot insert multiple commands into a prepared statement
    error writing-function: relation "s" does not exist
    error slow: it did not end within 500ms
    error too-many: there are over 1000 rows
    error mistaken: column "nope" does not exist
    error wrong-password: no connection: role "nobody" does not exist
    "#);
    assert_eq!(postgres.sql("SELECT count(*) FROM t"), "1");
    // What was given up does not go on.
    wait_for("the server to end what is too slow", || {
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()";
        (postgres.sql(busy) == "0").then_some(())
    });
}

#[test]
fn a_database_that_is_down_is_an_error_and_no_pass() {
    let mut postgres = Postgres::new();
    let project = Project::probes(
        r#"
  up:
    sql: {url: "${env:DB}", query: SELECT 1}
    expect: value == 1
"#,
    )
    .with("DB", &postgres.url());
    assert_snapshot!(outcomes(&project), @"pass up:");
    postgres.stop();
    assert_snapshot!(outcomes(&project), @"error up: no connection: Connection refused (os error 111)");
    postgres.start_again();
    assert_snapshot!(outcomes(&project), @"pass up:");
}

#[test]
fn mariadb_is_asked_read_only_and_its_types_are_understood() {
    let mariadb = MariaDb::new();
    mariadb.sql(
        "USE test; CREATE TABLE jobs (state varchar(9), at timestamp);
         INSERT INTO jobs SELECT 'failed', now() - interval 3 minute FROM seq_1_to_73;
         CREATE TABLE ticks (at timestamp)",
    );
    let project = Project::probes(
        r#"
  few-failed:
    sql: {url: "${env:DB}", query: "SELECT count(*) AS n FROM jobs WHERE state = 'failed'"}
    expect: ['rows[0].n < 50', value == 73]
  fresh:
    sql: {url: "${env:DB}", query: SELECT max(at) AS at FROM jobs}
    expect: ['now - rows[0].at < duration("10m")', 'now - value > duration("2m")']
  stale-is-not-fresh:
    sql: {url: "${env:DB}", query: "SELECT timediff(now(), max(at) - interval 3 hour) FROM jobs"}
    expect: value < duration("1m")
  an-empty-table-is-not-fresh:
    sql: {url: "${env:DB}", query: SELECT max(at) FROM ticks}
    expect: now - value < duration("10m")
  no-rows:
    sql: {url: "mariadb://root@127.0.0.1:${env:PORT}/test", query: SELECT at FROM ticks}
    expect: value < now
  types:
    sql:
      url: ${env:DB}
      query: >
        SELECT true AS b, 7 AS i, 2.5e0 AS r, 12345.678 AS d, sum(40) AS s, 'x' AS t,
        json_object('a', 1) AS j, date'2026-01-31' AS day, 18446744073709551615 AS big
    expect:
      - rows[0].b == 1 && rows[0].i == 7 && rows[0].r == 2.5 && rows[0].d == 12345.678
      - rows[0].s == 40 && rows[0].t == "x" && rows[0].day == timestamp("2026-01-31T00:00:00Z")
      - rows[0].big > 0u
  no-text:
    sql: {url: "${env:DB}", query: "SELECT x'00ff'"}
    expect: value == "x"
  writing:
    sql: {url: "${env:DB}", query: "WITH x AS (SELECT 1) SELECT nextval(s) FROM x"}
    expect: value == 1
  two-statements:
    sql: {url: "${env:DB}", query: "SELECT 1; DROP TABLE jobs"}
    expect: value == 1
  slow:
    sql: {url: "${env:DB}", query: SELECT sleep(61)}
    timeout: 500ms
    expect: value == 1
  too-many:
    sql: {url: "${env:DB}", query: "SELECT * FROM seq_1_to_100000000"}
    expect: row_count > 1
  too-long:
    sql: {url: "${env:DB}", query: "SELECT repeat('x', 10000000)"}
    expect: value == "x"
  mistaken:
    sql: {url: "${env:DB}", query: SELECT nope FROM jobs}
    expect: value == 1
  wrong-password:
    sql: {url: "mysql://nobody:${env:SECRET}@127.0.0.1:${env:PORT}/test", query: SELECT 1}
    expect: value == 1
  has-to-prove-itself:
    sql: {url: "${env:DB}", query: SELECT 1, ca: /etc/ssl/certs/ca-certificates.crt}
    expect: value == 1
  down:
    sql: {url: "mysql://root@127.0.0.1:1/test", query: SELECT 1}
    expect: value == 1
"#,
    )
    .with("DB", &mariadb.url())
    .with("PORT", &mariadb.port.to_string())
    .with("SECRET", "hunter2-hunter2");
    mariadb.sql("USE test; CREATE SEQUENCE s");
    assert_snapshot!(outcomes(&project), @r#"
    fail few-failed: rows[0].n < 50 (rows[0].n is 73)
    pass fresh:
    fail stale-is-not-fresh: value < duration("1m") (value is 3h3m)
    error an-empty-table-is-not-fresh: now - value < duration("10m") (value is null)
    error no-rows: value < now (there is no `value`: there are no rows)
    pass types:
    error no-text: the column x'00ff': it is no text; cast it: `CAST(… AS CHAR)`
    error writing: Cannot execute statement in a READ ONLY transaction
    error two-statements: You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near 'DROP TABLE jobs' at line 1
    error slow: it did not end within 500ms
    error too-many: there are over 1000 rows
    error too-long: Packet is larger than max_allowed_packet
    error mistaken: Unknown column 'nope' in 'SELECT'
    error wrong-password: no connection: Access denied for user 'nobody'@'localhost' (using password: YES)
    error has-to-prove-itself: no connection: Client asked for SSL but server does not have this capability
    error down: no connection: Connection refused (os error 111)
    "#);
    assert_eq!(mariadb.sql("SELECT count(*) FROM test.jobs"), "73");
    assert_eq!(mariadb.sql("SELECT next_not_cached_value FROM test.s"), "1");
    // What was given up does not go on.
    wait_for("the server to end what is too slow", || {
        let busy =
            "SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(61)'";
        (mariadb.sql(busy) == "0").then_some(())
    });
}

#[test]
fn sqlite_is_asked_read_only() {
    let project = Project::probes(
        r#"
  count:
    sql: {url: "sqlite:backup.db", query: SELECT count(*) AS n FROM documents}
    expect: ['rows[0].n == 3', 'columns == ["n"]']
  intact:
    sql: {url: "sqlite:backup.db", query: PRAGMA integrity_check}
    expect: value == "ok"
  torn:
    sql: {url: "sqlite:torn.db", query: PRAGMA integrity_check}
    expect: value == "ok"
  missing:
    sql: {url: "sqlite:nowhere.db", query: SELECT 1}
    expect: value == 1
  nothing-there:
    sql: {url: "sqlite:backup.db", query: SELECT max(n) FROM documents WHERE n > 99}
    expect: value < 5
  two-statements:
    sql: {url: "sqlite:backup.db", query: SELECT 1; DROP TABLE documents}
    expect: value == 1
  writing:
    sql: {url: "sqlite:backup.db", query: PRAGMA user_version = 7}
    expect: row_count == 0
  endless:
    sql:
      url: sqlite:backup.db
      query: WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c
    timeout: 400ms
    expect: value == 1
"#,
    );
    let make = "CREATE TABLE documents (n int); INSERT INTO documents VALUES (1), (2), (3)";
    let sqlite = |statements: &str| {
        let mut sqlite = Command::new("sqlite3");
        sqlite.arg("backup.db").arg(statements).current_dir(project.folder.path());
        assert!(sqlite.status().unwrap().success());
    };
    sqlite(make);
    let whole = fs::read(project.folder.path().join("backup.db")).unwrap();
    fs::write(project.folder.path().join("torn.db"), &whole[..whole.len() - 4000]).unwrap();
    assert_snapshot!(outcomes(&project), @r#"
    pass count:
    pass intact:
    fail torn: value == "ok" (value is "*** in database main ***\nTree 2 page 2 cell 1: Rowid 0 out of order\nTree 2 pa…)
    error missing: unable to open database file: [FOLDER]/nowhere.db
    error nothing-there: value < 5 (value is null)
    error two-statements: there is more than one statement
    error writing: the query would write, and a probe only asks
    error endless: it did not end within 400ms
    "#);
    assert_eq!(fs::read(project.folder.path().join("backup.db")).unwrap(), whole);
    let left = fs::read_dir(project.folder.path()).unwrap().count();
    assert_eq!(left, 3, "a probe made a file");
}

#[test]
fn redis_is_asked_by_commands_that_only_read() {
    let mut redis = Redis::new();
    for entry in ["a", "b", "c"] {
        redis.run(&["XADD", "orders", "*", "entry", entry]);
    }
    redis.run(&["RPUSH", "queue:mail", "1", "2"]);
    redis.run(&["SET", "offset", "17"]);
    let project = Project::probes(
        r#"
  ping:
    redis: "${env:REDIS}"
    expect: reply == "PONG"
  backlog:
    redis:
      url: ${env:REDIS}
      run: {orders: [XLEN, orders], mail: [LLEN, "queue:mail"], offset: [GET, offset]}
    expect: [replies.orders < 3, replies.mail == 2, int(replies.offset) > 10]
  nothing-there:
    redis: {url: "${env:REDIS}", run: [GET, nowhere]}
    expect: reply == "x"
  memory:
    redis: {url: "${env:REDIS}", run: [INFO]}
    expect: ['reply.used_memory < 512 * MiB', 'reply.role == "master"', reply.connected_clients > 0]
  groups:
    redis: {url: "${env:REDIS}", run: [XINFO, STREAM, orders]}
    expect: 'size(reply) > 0'
  mistaken:
    redis: {url: "${env:REDIS}", run: [LLEN, orders]}
    expect: reply == 0
"#,
    )
    .with("REDIS", &redis.url());
    assert_snapshot!(outcomes(&project), @r#"
    pass ping:
    fail backlog: replies.orders < 3 (replies.orders is 3)
    error nothing-there: reply == "x" (reply is null)
    pass memory:
    pass groups:
    error mistaken: LLEN orders: WRONGTYPE Operation against a key holding the wrong kind of value
    "#);
    redis.stop();
    assert!(outcomes(&project).lines().all(|line| line.starts_with("error ")));
    redis.start_again();
    assert!(outcomes(&project).starts_with("pass ping"));
}

#[test]
fn a_certificate_is_looked_at_whoever_signed_it() {
    let server = TlsServer::new(10);
    let soon = TlsServer::new(-1);
    let project = Project::probes(
        r#"
  nobody-knows-it:
    tls: "localhost:${env:PORT}"
    expect: [trusted, expires_in > duration("336h")]
  known:
    tls: {address: "127.0.0.1:${env:PORT}", ca: "${CA}"}
    expect: [trusted, '"localhost" in names', '"127.0.0.1" in names', expires_in > duration("216h"),
      subject == "CN=probe", issuer == subject, version == "TLSv1.3"]
  of-another-name:
    tls: {address: "127.0.0.1:${env:PORT}", ca: "${CA}", name: shop.example}
    expect: trusted
  expired:
    tls: {address: "localhost:${env:SOON}", ca: "${SOON}"}
    expect: trusted && expires_in > duration("0s")
  not-encrypted:
    tls: "[SERVER]"
    timeout: 2s
    expect: trusted
  over-http:
    http: {url: "https://localhost:${env:PORT}/", tls: {ca: "${CA}"}}
    expect: [status == 200, 'phases.tls > duration("0s")']
  over-http-to-nobody:
    http: https://localhost:${env:PORT}/
    expect: status == 200
  over-http-to-anybody:
    http: {url: "https://localhost:${env:PORT}/", tls: {verify: false}}
    expect: status == 200
"#,
    );
    let file = project.folder.path().join("tagout.yml");
    let config = fs::read_to_string(&file).unwrap();
    let config = config.replace("${CA}", &server.certificate());
    fs::write(&file, config.replace("${SOON}", &soon.certificate())).unwrap();
    let project =
        project.with("PORT", &server.port.to_string()).with("SOON", &soon.port.to_string());
    let numbers = regex::Regex::new(r"\d+(d\d+h|h\d+m|m\d+s|\.\d+s|ms|s)").unwrap();
    assert_snapshot!(numbers.replace_all(&outcomes(&project), "[TIME]"), @r#"
    fail nobody-knows-it: trusted (trusted is false; nobody who is trusted has issued the certificate); expires_in > duration("336h") (expires_in is [TIME]; nobody who is trusted has issued the certificate)
    pass known:
    fail of-another-name: trusted (trusted is false; the certificate is of another name)
    fail expired: trusted && expires_in > duration("[TIME]") (trusted is false, expires_in is -1d; the certificate has expired)
    error not-encrypted: no encrypted connection: tls handshake eof
    pass over-http:
    error over-http-to-nobody: no encrypted connection: nobody who is trusted has issued the certificate
    pass over-http-to-anybody:
    "#);
}

#[test]
fn names_are_looked_up_on_the_server_that_is_asked() {
    let dns = Dns::new(&[
        "--address=/shop.test/203.0.113.7",
        "--txt-record=shop.test,v=1,two",
        "--mx-host=shop.test,mail.test,10",
    ]);
    let project = Project::probes(
        r#"
  address:
    dns: {name: shop.test, server: "127.0.0.1:${env:PORT}"}
    expect: ['records == ["203.0.113.7"]', 'ttl == duration("5m")']
  moved:
    dns: {name: shop.test, server: "127.0.0.1:${env:PORT}"}
    expect: '"203.0.113.8" in records'
  mail:
    dns: {name: shop.test, type: MX, server: "127.0.0.1:${env:PORT}"}
    expect: 'records == ["10 mail.test."]'
  nobody:
    dns: {name: nobody.test, server: "127.0.0.1:${env:PORT}"}
    expect: 'size(records) == 0'
  not-there-any-more:
    dns: {name: nobody.test, server: "127.0.0.1:${env:PORT}"}
    expect: "!found"
  no-server:
    dns: {name: shop.test, server: "127.0.0.1:1"}
    timeout: 2s
    expect: found
"#,
    )
    .with("PORT", &dns.port.to_string());
    assert_snapshot!(outcomes(&project), @r#"
    pass address:
    fail moved: "203.0.113.8" in records (records is ["203.0.113.7"])
    pass mail:
    error nobody: size(records) == 0 (there is no `records`: there is no A record of nobody.test.)
    pass not-there-any-more:
    error no-server: it did not end within 2s
    "#);
}

#[test]
fn metrics_of_a_real_prometheus_both_ways() {
    let prometheus = Prometheus::new();
    let project = Project::probes(
        r#"
  shown:
    metrics: {url: "http://127.0.0.1:${env:PORT}/metrics", select: prometheus_ready}
    expect: value == 1
  several:
    metrics:
      url: http://127.0.0.1:${env:PORT}/metrics
      select: {memory: process_resident_memory_bytes, ready: prometheus_ready}
    expect: [values.memory < 4 * GiB, values.ready == 1]
  which-one:
    metrics: {url: "http://127.0.0.1:${env:PORT}/metrics", select: go_gc_duration_seconds}
    expect: value < 1
  missing:
    metrics: {url: "http://127.0.0.1:${env:PORT}/metrics", select: 'nowhere{a="b"}'}
    expect: value < 1
  none-of-these:
    metrics: {url: "http://127.0.0.1:${env:PORT}/metrics", select: 'nowhere{a="b"}'}
    expect: found == 0
  no-metrics:
    metrics: {url: "http://[SERVER]/ok", select: up}
    expect: value == 1
  asked:
    metrics: {server: "http://127.0.0.1:${env:PORT}", query: 'up{job="itself"}'}
    expect: [value == 1, 'series[0].labels.job == "itself"']
    within: 20s
    every: 500ms
  asked-in-vain:
    metrics: {server: "http://127.0.0.1:${env:PORT}", query: 'up{job="other"}'}
    expect: value == 1
  not-a-number:
    metrics: {server: "http://127.0.0.1:${env:PORT}", query: "scalar(vector(0)) / 0"}
    expect: value < 5
  mistaken:
    metrics: {server: "http://127.0.0.1:${env:PORT}", query: "sum("}
    expect: value < 5
"#,
    )
    .with("PORT", &prometheus.port.to_string());
    let outcomes = outcomes(&project);
    // Whether the first scrape has been is chance.
    let outcomes = regex::Regex::new("(pass|flaky) asked: .*")
        .unwrap()
        .replace(&outcomes, "pass asked:")
        .into_owned();
    assert_snapshot!(outcomes, @r#"
    pass shown:
    pass several:
    error which-one: value < 1 (there is no `value`: there are 5 series; choose one by its labels)
    error missing: value < 1 (there is no `value`: there is no such series)
    pass none-of-these:
    error no-metrics: line 1 is not in Prometheus' format: "{\"status\": \"healthy\", \"queue\": 3, \"parts\": [{\"name\": \"db\", \"up\": true}]}"
    pass asked:
    error asked-in-vain: value == 1 (there is no `value`: there is no such series)
    error not-a-number: value < 5 (value: NaN is no number and cannot be compared)
    error mistaken: the server refuses: invalid parameter "query": 1:5: parse error: unclosed left parenthesis
    "#);
}

#[test]
fn a_server_of_mail_is_talked_to() {
    let project = Project::probes(
        r#"
  starttls:
    tcp:
      address: 127.0.0.1:${env:PORT}
      talk: [{wait: "^220 "}, {send: "EHLO probe\r\n"}, {wait: "(?m)^250 "}]
    expect: reply.contains("STARTTLS")
  banner:
    tcp: "127.0.0.1:${env:PORT}"
    expect: reply.startsWith("220 ")
  nonsense:
    tcp: {address: "127.0.0.1:${env:PORT}", talk: [{send: "QUIT\r\n"}, {wait: "^999"}]}
    expect: connected
"#,
    )
    .with("PORT", &mail_server().to_string());
    assert_snapshot!(outcomes(&project), @r#"
    pass starttls:
    pass banner:
    error nonsense: the connection ended before anything matched `^999`; there came "220 mail.test ESMTP\r\n221 bye\r\n"
    "#);
}

#[test]
fn a_server_of_mail_shows_its_certificate_when_it_is_asked_for_encryption() {
    let mail = MailServer::new();
    let project = Project::probes(
        r#"
  trusted:
    tls: {address: "localhost:${env:PORT}", ca: "[CA]", starttls: smtp}
    expect: [trusted, '"localhost" in names', 'expires_in > duration("216h")']
  by-nobody:
    tls: {address: "localhost:${env:PORT}", starttls: smtp}
    expect: trusted
  not-encrypted-from-the-start:
    tls: {address: "localhost:${env:PORT}", ca: "[CA]"}
    timeout: 2s
    expect: trusted
  no-mail:
    tls: {address: "[SERVER]", starttls: smtp}
    timeout: 2s
    expect: trusted
  only-plain:
    tls: {address: "127.0.0.1:${env:PLAIN}", starttls: smtp}
    expect: trusted
"#,
    );
    let file = project.folder.path().join("tagout.yml");
    let config = fs::read_to_string(&file).unwrap().replace("[CA]", &mail.certificate());
    fs::write(&file, config.replace("localhost:${env:PORT}", &format!("localhost:{}", mail.port)))
        .unwrap();
    let project = project.with("PLAIN", &mail_server().to_string());
    assert_snapshot!(outcomes(&project), @r#"
    pass trusted:
    fail by-nobody: trusted (trusted is false; nobody who is trusted has issued the certificate)
    error not-encrypted-from-the-start: no encrypted connection: received corrupt message of type InvalidContentType
    error no-mail: it did not end within 2s
    error only-plain: the mail server does not offer it: "221 bye"
    "#);
}

/// A few words of SMTP, on a port of its own.
fn mail_server() -> u16 {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                stream.write_all(b"220 mail.test ESMTP\r\n").ok()?;
                let lines = BufReader::new(stream.try_clone().ok()?).lines();
                for line in lines.map_while(Result::ok) {
                    if line.starts_with("EHLO") {
                        stream
                            .write_all(b"250-mail.test\r\n250-STARTTLS\r\n250 SIZE 1000\r\n")
                            .ok()?;
                    } else {
                        stream.write_all(b"221 bye\r\n").ok()?;
                        return Some(());
                    }
                }
                Some(())
            });
        }
    });
    port
}

#[test]
fn lines_of_a_log_are_counted() {
    let project = Project::probes(
        r#"
  few-errors:
    log: {file: app.log, match: "ERROR|FATAL", last: 100}
    expect: count < 2
  by-name:
    log:
      file: app.log
      match: {error: ERROR, oom: heap out of memory, started: "listening on \\d+"}
      ignore: [ECONNRESET]
    expect: [matches.error == 2, matches.oom == 0, matches.started == 1, lines == 203]
  near-the-end:
    log: {file: app.log, match: ERROR, last: 2}
    expect: [count == 1, lines == 2, 'newest.contains("third")']
  empty:
    log: {file: empty.log, match: ERROR}
    expect: [count == 0, lines == 0]
  missing:
    log: {file: nowhere.log, match: ERROR}
    expect: count == 0
  since-a-deploy-that-never-was:
    log: {file: app.log, match: ERROR, since: deploy}
    expect: count == 0
"#,
    );
    let mut log = "listening on 3000\n".to_owned();
    log += &"GET / 200\n".repeat(198);
    log += "ERROR first\nERROR ECONNRESET by peer\nGET / 200\nERROR third\n";
    fs::write(project.folder.path().join("app.log"), log).unwrap();
    fs::write(project.folder.path().join("empty.log"), "").unwrap();
    assert_snapshot!(outcomes(&project), @r#"
    fail few-errors: count < 2 (count is 3; the last was "ERROR third")
    pass by-name:
    pass near-the-end:
    pass empty:
    error missing: [FOLDER]/nowhere.log cannot be read: No such file or directory (os error 2)
    error since-a-deploy-that-never-was: no snapshot says where the log was; `tagout snapshot take` and `tagout deploy` record it
    "#);
}

/// A journal in a folder, as the journal's own program writes it: messages of units, and how many
/// seconds ago each was.
fn write_journal(folder: &Path, entries: &[(&str, u64, &str)]) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let entries = entries.iter().enumerate().map(|(number, (unit, ago, message))| {
        format!(
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID=4a2b1f3c5d6e7f8091a2b3c4d5e6f708\n\
             _MACHINE_ID=00000000000000000000000000000001\n_SYSTEMD_UNIT={unit}\n_UID=0\nMESSAGE={message}\n\n",
            (now.as_secs() - ago) * 1_000_000 + number as u64,
            number + 1,
        )
    });
    let exported = folder.join("exported");
    fs::write(&exported, entries.collect::<String>()).unwrap();
    // It is looked for under the number of this machine.
    let machine = fs::read_to_string("/etc/machine-id").unwrap();
    let journal = folder.join("journal").join(machine.trim());
    fs::create_dir_all(&journal).unwrap();
    let mut writer = Command::new("/lib/systemd/systemd-journal-remote");
    writer.arg("-o").arg(journal.join("system.journal")).arg(&exported);
    assert!(writer.stderr(Stdio::null()).status().unwrap().success());
}

#[test]
fn the_journal_of_a_unit_is_read() {
    let project = Project::probes(
        r#"
  errors:
    log: {journal: web, match: ERROR}
    expect: [count == 1, lines == 3]
  recent:
    log: {journal: web.service, match: "ERROR|GET", since: 10m}
    expect: [count == 2, 'newest == "ERROR new"']
  last:
    log: {journal: web, match: "ERROR", last: 1}
    expect: [count == 1, lines == 1]
  quiet-for-a-while:
    log: {journal: db, match: "ERROR", since: 10m}
    expect: [count == 0, lines == 0]
  no-such-unit:
    log: {journal: wbe, match: "ERROR"}
    expect: count == 0
  since-the-deploy:
    log: {journal: web, match: "ERROR", since: deploy}
    expect: count == 0
"#,
    );
    let folder = project.folder.path();
    write_journal(
        folder,
        &[
            ("web.service", 3600, "ERROR old"),
            ("db.service", 3600, "ERROR of the database"),
            ("web.service", 60, "GET / 200"),
            ("web.service", 30, "ERROR new"),
        ],
    );
    // The journal of this host is its own affair: the test has one in a name space of its own.
    let own = "mount -t tmpfs none /var/log && mkdir /var/log/journal && cp -r journal /var/log && exec \"$@\"";
    let inside = |arguments: &[&str]| {
        let tagout = project.command(&[]);
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", own, "sh"]).arg(tagout.get_program()).args(arguments);
        let variables = tagout.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.current_dir(folder).envs(variables).output().unwrap()
    };
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|it| it.success()) {
        eprintln!("the journal is not tried: this host lets nobody mount one");
        return;
    }
    let said = |output: std::process::Output| {
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        told(&project, &report)
    };
    assert_snapshot!(said(inside(&["check", "--format", "json"])), @r#"
    fail errors: count == 1 (count is 2; the last was "ERROR new")
    pass recent:
    pass last:
    pass quiet-for-a-while:
    error no-such-unit: the journal has nothing of the unit "wbe": is that its name, and may this user see it?
    error since-the-deploy: no snapshot says where the log was; `tagout snapshot take` and `tagout deploy` record it
    "#);
    assert!(inside(&["snapshot", "take"]).status.success());
    let since = said(inside(&["check", "--format", "json"]));
    assert!(since.ends_with("pass since-the-deploy:"), "{since}");
}

#[test]
fn files_are_looked_at_the_newest_first() {
    let project = Project::probes(
        r#"
  backup:
    file: backups/app-*.db
    expect: [exists, count == 2, size == 2048, 'age < duration("25h")', 'path.endsWith("app-2.db")']
  too-old:
    file: backups/app-1.db
    expect: age < duration("25h")
  private:
    file: backups/app-2.db
    expect: mode == "600"
  folder:
    file: backups
    expect: kind == "folder"
  missing:
    file: backups/other-*.db
    expect: size > 0
  not-there:
    file: backups/other.db
    expect: "!exists"
"#,
    );
    let backups = project.folder.path().join("backups");
    fs::create_dir(&backups).unwrap();
    for (name, size) in [("app-1.db", 1024), ("app-2.db", 2048)] {
        fs::write(backups.join(name), vec![0; size]).unwrap();
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(backups.join("app-2.db"), mode).unwrap();
    let old = std::time::SystemTime::now() - Duration::from_secs(30 * 3600);
    fs::File::options()
        .write(true)
        .open(backups.join("app-1.db"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    assert_snapshot!(outcomes(&project), @r#"
    pass backup:
    fail too-old: age < duration("25h") (age is 1d6h; it is [FOLDER]/backups/app-1.db)
    fail private: mode == "600" (mode is "644"; it is [FOLDER]/backups/app-2.db)
    pass folder:
    error missing: size > 0 (there is no `size`: there is no [FOLDER]/backups/other-*.db)
    pass not-there:
    "#);
}

#[test]
fn the_host_and_its_variables_are_looked_at() {
    let project = Project::probes(
        r#"
  host:
    host: {disks: ["/", /tmp]}
    expect:
      - disk["/"].free > 1 && disk["/tmp"].used_percent <= 100
      - disk["/"].free_inodes_percent > 0 && fullest.used_percent > 0
      - memory.available > 1 * MiB && memory.total > memory.available
      - swap.used_percent <= 100 && cpus > 0 && load1 >= 0
  full:
    host: /
    expect: disk["/"].total < 1 * kB
  no-such-disk:
    host: /nowhere
    expect: disk["/nowhere"].free > 0
  set:
    env: [SMTP_ADDR, SMTP_USER]
    expect: complete
  missing:
    env: [SMTP_ADDR, SMTP_NOBODY, SMTP_EMPTY]
    expect: complete
  torn:
    env: {together: [[SMTP_USER, SMTP_PASSWORD]]}
    expect: consistent
  of-a-file:
    env: {file: mail.env, set: [MODE, ADDR], together: [[USER, PASSWORD]]}
    expect: [complete, consistent, values.MODE == "stub"]
"#,
    )
    .with("SMTP_ADDR", "127.0.0.1:25")
    .with("SMTP_USER", "mailer-account")
    .with("SMTP_EMPTY", "");
    let env = "# mail\nMODE='smtp-relay'\nexport ADDR=127.0.0.1:25\nUSER=\nOTHER=1\n";
    fs::write(project.folder.path().join("mail.env"), env).unwrap();
    let sizes = regex::Regex::new(r"is [0-9.]+ [KMGT]iB").unwrap();
    assert_snapshot!(sizes.replace_all(&outcomes(&project), "is [SIZE]"), @r#"
    pass host:
    fail full: disk["/"].total < 1 * kB (disk["/"].total is [SIZE])
    error no-such-disk: /nowhere cannot be looked at: No such file or directory (os error 2)
    pass set:
    fail missing: complete (complete is false; not set: SMTP_NOBODY, SMTP_EMPTY)
    fail torn: consistent (consistent is false; not set: SMTP_PASSWORD)
    fail of-a-file: values.MODE == "stub" (values.MODE is "${env:MODE}")
    "#);
}

/// A process of this test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_without_a_manager_is_known_by_its_command_line() {
    let mark = format!("tagout-kinds-{}", std::process::id());
    let sleep = |name: &str| {
        let mut sleep = Command::new("bash");
        sleep.args(["-c", "exec -a \"$0\" sleep 600", name]).stdin(Stdio::null());
        Ends(sleep.spawn().unwrap())
    };
    let _steady = sleep(&format!("{mark}-steady"));
    let probes = r#"
  steady:
    process: {manager: none, name: MARK-steady}
    expect: [status == "online", instances == 1, 'uptime > duration("0s")', memory > 0]
    hold: 300ms
  nobody:
    process: {manager: none, name: MARK-nobody}
    expect: status == "online"
    hold: 300ms
  crashing:
    process: {manager: none, name: MARK-crash}
    expect: status == "online"
    hold: 1500ms
    every: 200ms
"#;
    let project = Project::probes(&probes.replace("MARK", &mark));
    let mut looping = Command::new("bash");
    let again = format!("while :; do (exec -a {mark}-crash sleep 0.3); done");
    let _looping = Ends(looping.args(["-c", &again]).stdin(Stdio::null()).spawn().unwrap());
    wait_for("the first of many", || runs(&format!("{mark}-crash")));
    let outcomes = outcomes(&project).replace(&mark, "MARK");
    let counts = regex::Regex::new(r"(restarts|pids) \d+").unwrap();
    let outcomes = counts.replace_all(&outcomes, "$1 [N]");
    // The loop may be between two, or in one.
    assert!(
        outcomes.contains("crashing: it passed") || outcomes.contains("crashing: status"),
        "{outcomes}"
    );
    let first: Vec<&str> = outcomes.lines().take(2).collect();
    assert_snapshot!(first.join("\n"), @r#"
    pass steady:
    fail nobody: status == "online" (status is "missing")
    "#);
}

fn runs(name: &str) -> Option<()> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.into_iter().any(|line| line.starts_with(name)).then_some(())
}

#[test]
fn what_pm2_logged_since_the_snapshot_counts() {
    let pm2 = Pm2::new();
    pm2.write("log.js", "console.error('ERROR old'); setInterval(() => {}, 1000)");
    pm2.start(&[serde_json::json!({"name": "api", "script": "log.js"})]);
    pm2.write(
        "tagout.yml",
        r#"
version: 1
probes:
  errors: {log: {pm2: api, match: ERROR, since: deploy}, expect: count == 0}
  grown: {log: {pm2: api, match: ERROR}, expect: size <= before.size}
checklists: {post-deploy: [errors, grown]}
"#,
    );
    wait_for("the first line", || {
        let log = fs::read_to_string(pm2.home().join("logs/api-error.log")).ok()?;
        log.contains("old").then_some(())
    });
    let without = pm2.tagout(&["check"]);
    assert!(without.out.contains("no snapshot says where the log was"), "{}", without.out);
    assert!(without.out.contains("there is no snapshot"), "{}", without.out);
    pm2.snapshot();
    let clean = pm2.tagout(&["check"]);
    assert!(clean.out.contains("post-deploy: healthy (2 passed)"), "{}", clean.out);
    let log = pm2.home().join("logs/api-error.log");
    append(&log, "ERROR new\n");
    let ran = pm2.tagout(&["check", "--format", "markdown"]);
    let times = regex::Regex::new(r"\([0-9.]+ ms\)").unwrap();
    assert_snapshot!(times.replace_all(&ran.out, "([TIME])"), @r#"
    ## post-deploy: unhealthy, P2

    - [ ] **errors** ([TIME]) fail, P2
      count == 0 (count is 1; the last was "ERROR new")
    - [ ] **grown** ([TIME]) fail, P2
      size \<= before.size (size is 20, before.size is 10; the last was "ERROR new")
    "#);
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    fs::File::options().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}
