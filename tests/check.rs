//! `tagout check`: the real program against real servers, commands and processes.

mod support;

use insta::assert_snapshot;
use regex::Regex;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::{Pm2, Project, Ran, wait_for};

#[test]
fn a_healthy_service_passes() {
    let project = Project::probes(
        r#"
  ready:
    http: http://[SERVER]/ok
    expect:
      - status == 200
      - json.status == "healthy" && json.queue < 50
      - json.parts.all(part, part.up)
      - latency < duration("5s")
  no-such-page:
    http: http://[SERVER]/500
    expect: status == 500
  port:
    tcp: "[SERVER]"
    expect: connected
  version:
    command: [sh, -c, "echo '{\"major\": 2}'"]
    expect: [exit_code == 0, json.major == 2, 'stderr == ""']
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @"
      ✓  ready  [TIME]
      ✓  no-such-page  [TIME]
      ✓  port  [TIME]
      ✓  version  [TIME]

    post-deploy: healthy (4 passed)
    ");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn a_sick_service_fails_and_shows_what_was_seen() {
    let project = Project::probes(
        r#"
  ready:
    http: http://[SERVER]/500
    expect: [status == 200, 'json.status == "healthy"']
    severity: P1
  queue:
    http: http://[SERVER]/ok
    expect: json.queue < 3
    severity: P3
  smoke:
    command: [sh, -c, "echo no such table >&2; exit 3"]
    expect: exit_code == 0 && stderr == ""
  port:
    tcp: 127.0.0.1:1
    expect: connected
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @r#"
      ✗  ready  [TIME]  failed, P1
           ╭─ tagout.yml:5:14
          5│     expect: [status == 200, 'json.status == "healthy"']
           │              ^^^^^^^^^^^^^
           ╰─ status is 500
           ╭─ tagout.yml:5:29
          5│     expect: [status == 200, 'json.status == "healthy"']
           │                             ^^^^^^^^^^^^^^^^^^^^^^^^
           ╰─ json.status is "down"
      ✗  queue  [TIME]  failed, P3
           ╭─ tagout.yml:9:13
          9│     expect: json.queue < 3
           │             ^^^^^^^^^^^^^^
           ╰─ json.queue is 3
      ✗  smoke  [TIME]  failed, P2
            ╭─ tagout.yml:13:13
          13│     expect: exit_code == 0 && stderr == ""
            │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ exit_code is 3, stderr is "no such table"
      ✗  port  [TIME]  failed, P2
            ╭─ tagout.yml:16:13
          16│     expect: connected
            │             ^^^^^^^^^
            ╰─ connected is false; no connection: Connection refused (os error 111)

    post-deploy: unhealthy, P1 (4 failed)
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn nothing_passes_on_nothing() {
    let project = Project::probes(
        r#"
  missing:
    http: http://[SERVER]/ok
    expect: json.dead_letters < 50
  is-null:
    http: http://[SERVER]/null
    expect: json.queue < 50
  no-items:
    http: http://[SERVER]/null
    expect: json.items.all(item, item.ok)
  no-body:
    http: http://[SERVER]/empty
    expect: '!body.contains("error")'
  not-json:
    http: http://[SERVER]/text
    expect: json.queue < 50
  swallowed:
    http: http://[SERVER]/ok
    expect: json.nope == 1 || status == 200
  no-such-program:
    command: [no-such-program]
    expect: stdout == ""
  ended-by-a-signal:
    command: [sh, -c, kill -9 $$]
    expect: exit_code != 1
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @r#"
      ?  missing  [TIME]  error, P2
           ╭─ tagout.yml:5:13
          5│     expect: json.dead_letters < 50
           │             ^^^^^^^^^^^^^^^^^^^^^^
           ╰─ json.dead_letters is missing
      ?  is-null  [TIME]  error, P2
           ╭─ tagout.yml:8:13
          8│     expect: json.queue < 50
           │             ^^^^^^^^^^^^^^^
           ╰─ json.queue is null
      ?  no-items  [TIME]  error, P2
            ╭─ tagout.yml:11:13
          11│     expect: json.items.all(item, item.ok)
            │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ json.items is empty
      ?  no-body  [TIME]  error, P2
            ╭─ tagout.yml:14:13
          14│     expect: '!body.contains("error")'
            │             ^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ body is empty
      ?  not-json  [TIME]  error, P2
            ╭─ tagout.yml:17:13
          17│     expect: json.queue < 50
            │             ^^^^^^^^^^^^^^^
            ╰─ there is no `json`: the body is not JSON: expected value at line 1 column 1
      ?  swallowed  [TIME]  error, P2
            ╭─ tagout.yml:20:13
          20│     expect: json.nope == 1 || status == 200
            │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ json.nope is missing
      ?  no-such-program  [TIME]  error, P2
          no-such-program cannot be run: No such file or directory (os error 2)
      ?  ended-by-a-signal  [TIME]  error, P2
            ╭─ tagout.yml:26:13
          26│     expect: exit_code != 1
            │             ^^^^^^^^^^^^^^
            ╰─ there is no `exit_code`: it was ended by signal 9

    post-deploy: unhealthy, P2 (8 could not be answered)
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_server_that_never_finishes_ends_at_the_timeout() {
    let project = Project::probes(
        r#"
  hanging:
    http: http://[SERVER]/hang
    timeout: 400ms
    expect: status == 200
  dripping:
    http: http://[SERVER]/drip
    timeout: 400ms
    expect: status == 200
  breaking-off:
    http: http://[SERVER]/half
    timeout: 5s
    expect: status == 200
  huge:
    http: http://[SERVER]/huge
    timeout: 5s
    expect: status == 200 && body.contains("x")
  redirecting:
    http: {url: "http://[SERVER]/loop", follow_redirects: true}
    timeout: 5s
    expect: status == 200
  redirected:
    http: http://[SERVER]/loop
    expect: status == 302 && headers["location"] == "/loop"
  silent:
    tcp: {address: "[SERVER]", send: "no request"}
    timeout: 400ms
    expect: reply == "+PONG"
  endless:
    command: ["yes"]
    timeout: 400ms
    expect: exit_code == 0
"#,
    );
    let begun = Instant::now();
    let ran = project.check(&[]);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_snapshot!(ran.out, @r#"
      ?  hanging  [TIME]  error, P2
          it did not end within 400ms
      ?  dripping  [TIME]  error, P2
          it did not end within 400ms
      ?  breaking-off  [TIME]  error, P2
          the answer broke off: end of file before message length reached
      ?  huge  [TIME]  error, P2
            ╭─ tagout.yml:18:13
          18│     expect: status == 200 && body.contains("x")
            │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ there is no `body`: it is longer than 1 MiB
      ?  redirecting  [TIME]  error, P2
          the server sent over 10 redirects
      ✓  redirected  [TIME]
      ?  silent  [TIME]  error, P2
          it did not end within 400ms
      ?  endless  [TIME]  error, P2
          it did not end within 400ms

    post-deploy: unhealthy, P2 (1 passed, 7 could not be answered)
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_service_that_needs_a_moment_is_flaky_and_one_that_falls_over_fails() {
    let project = Project::probes(
        r#"
  starting:
    http: http://[SERVER]/starting
    expect: status == 200
    within: 20s
    every: 50ms
  falling:
    http: http://[SERVER]/falling
    expect: status == 200
    hold: 20s
    every: 50ms
  steady:
    http: http://[SERVER]/ok
    expect: status == 200
    hold: 200ms
    every: 50ms
  never:
    http: http://[SERVER]/500
    expect: status == 200
    within: 300ms
    every: 50ms
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @"
      ~  starting  [TIME]  flaky
          attempt 3 passed; at first: status == 200 (status is 503)
      ✗  falling  [TIME]  failed, P2
            ╭─ tagout.yml:10:13
          10│     expect: status == 200
            │             ^^^^^^^^^^^^^
            ╰─ status is 503
      ✓  steady  [TIME]
      ✗  never  [TIME]  failed, P2
            ╭─ tagout.yml:20:13
          20│     expect: status == 200
            │             ^^^^^^^^^^^^^
            ╰─ status is 500

    post-deploy: unhealthy, P2 (1 passed, 1 passed after a retry, 2 failed)
    ");
    assert_eq!(ran.code, 1);
}

#[test]
fn the_json_report_has_every_probe() {
    let project = Project::probes(
        r#"
  ready:
    http: http://[SERVER]/ok
    expect: status == 200
  starting:
    http: http://[SERVER]/starting
    expect: status == 200
    within: 20s
    every: 10ms
  queue:
    http: http://[SERVER]/ok
    expect: json.queue < 3
    severity: P3
"#,
    );
    let ran = project.check(&["--format", "json"]);
    assert_snapshot!(ran.out, @r#"
    {
      "version": 1,
      "checklist": "post-deploy",
      "overall": "degraded",
      "severity": "P3",
      "probes": [
        {
          "name": "ready",
          "kind": "http",
          "outcome": "pass",
          "severity": "P2",
          "attempts": 1,
          "latency_ms": [TIME],
          "message": null
        },
        {
          "name": "starting",
          "kind": "http",
          "outcome": "flaky",
          "severity": "P2",
          "attempts": 3,
          "latency_ms": [TIME],
          "message": "attempt 3 passed; at first: status == 200 (status is 503)"
        },
        {
          "name": "queue",
          "kind": "http",
          "outcome": "fail",
          "severity": "P3",
          "attempts": 1,
          "latency_ms": [TIME],
          "message": "json.queue < 3 (json.queue is 3)"
        }
      ]
    }
    "#);
    assert_eq!(ran.code, 1);
    let both = project.check(&["--format", "human", "--format", "json=report.json"]);
    assert!(both.out.starts_with("  ✓  ready"), "{}", both.out);
    let report = fs::read_to_string(project.folder.path().join("report.json")).unwrap();
    assert!(report.contains(r#""overall": "degraded""#), "{report}");
}

#[test]
fn a_hundred_slow_probes_run_at_once() {
    let probes: String = (0..100)
        .map(|n| format!("\n  p{n}:\n    http: http://[SERVER]/slow\n    expect: status == 200"))
        .collect();
    let project = Project::probes(&probes);
    let begun = Instant::now();
    let ran = project.check(&[]);
    // One after the other they take 20 seconds.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let last = ran.out.lines().last().unwrap();
    assert_eq!(last, "post-deploy: healthy (100 passed)");
}

#[test]
fn a_secret_is_used_and_never_shown() {
    let mut project = Project::probes(
        r#"
  with-token:
    http:
      url: http://[SERVER]/token
      headers: {authorization: "Bearer ${env:TAGOUT_TEST_TOKEN}"}
    expect: json.token == "another"
  without-variable:
    http: http://[SERVER]/ok?key=${env:TAGOUT_TEST_UNSET}
    expect: status == 200
  in-an-error:
    command: ["/no/${env:TAGOUT_TEST_TOKEN}/program"]
    expect: exit_code == 0
  in-the-output:
    command:
      run: [sh, -c, "printf %070d 7; echo $TOKEN"]
      env: {TOKEN: "${env:TAGOUT_TEST_TOKEN}"}
    expect: stdout == "no token"
  as-argument:
    command: [echo, "${env:TAGOUT_TEST_TOKEN}"]
    expect: stdout.contains("other")
"#,
    );
    project.env = vec![("TAGOUT_TEST_TOKEN".into(), "s3cret\"value".into())];
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @r#"
      ✗  with-token  [TIME]  failed, P2
           ╭─ tagout.yml:7:13
          7│     expect: json.token == "another"
           │             ^^^^^^^^^^^^^^^^^^^^^^^
           ╰─ json.token is "Bearer ${env:TAGOUT_TEST_TOKEN}"
      ?  without-variable  error, P2
          the environment variable TAGOUT_TEST_UNSET is not set
      ?  in-an-error  [TIME]  error, P2
          /no/${env:TAGOUT_TEST_TOKEN}/program cannot be run: No such file or directory (os error 2)
      ✗  in-the-output  [TIME]  failed, P2
            ╭─ tagout.yml:18:13
          18│     expect: stdout == "no token"
            │             ^^^^^^^^^^^^^^^^^^^^
            ╰─ stdout is "0000000000000000000000000000000000000000000000000000000000000000000007${env:TAGOUT_TEST_TOKEN}…
      ✗  as-argument  [TIME]  failed, P2
            ╭─ tagout.yml:21:13
          21│     expect: stdout.contains("other")
            │             ^^^^^^^^^^^^^^^^^^^^^^^^
            ╰─ stdout is "${env:TAGOUT_TEST_TOKEN}"

    post-deploy: unhealthy, P2 (3 failed, 2 could not be answered)
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn a_command_that_takes_too_long_ends_with_its_children() {
    let project = Project::probes(
        r#"
  slow:
    command: [sh, -c, "sleep 86399 & echo $! > pid; wait"]
    timeout: 1s
    expect: exit_code == 0
"#,
    );
    let ran = project.check(&[]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let pid = fs::read_to_string(project.folder.path().join("pid")).unwrap();
    wait_for("the command's child to end", || (!runs(pid.trim())).then_some(()));
}

#[test]
fn an_interrupted_check_leaves_nothing_running() {
    let project = Project::probes(
        r#"
  slow:
    command: [sh, -c, "sleep 86399 & echo $! > pid; wait"]
    timeout: 1h
    expect: exit_code == 0
"#,
    );
    let mut child = project.command(&[]).stderr(Stdio::null()).spawn().unwrap();
    let pid = wait_for("the command to start", || {
        let pid = fs::read_to_string(project.folder.path().join("pid")).ok()?;
        pid.ends_with('\n').then(|| pid.trim().to_owned())
    });
    let tagout = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(tagout, rustix::process::Signal::TERM).unwrap();
    assert!(!child.wait().unwrap().success());
    wait_for("the command's child to end", || (!runs(&pid)).then_some(()));
}

fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    // A zombie has ended; nobody has asked how, yet.
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn without_a_pm2_daemon_a_process_is_an_error_and_none_is_started() {
    let project = Project::probes(
        r#"
  api:
    process: api
    expect: status == "online"
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @"
      ?  api  [TIME]  error, P2
          no PM2 daemon runs here (there is no [FOLDER]/pm2/rpc.sock)

    post-deploy: unhealthy, P2 (1 could not be answered)
    ");
    assert_eq!(ran.code, 1);
    assert!(!project.folder.path().join("pm2").exists(), "PM2's home was made");
}

#[test]
fn a_crash_loop_fails_although_pm2_calls_it_online() {
    let pm2 = Pm2::new();
    pm2.write("crash.js", "setTimeout(() => process.exit(1), 150)");
    pm2.start(&[
        support::app("steady"),
        serde_json::json!({"name": "crashing", "script": "crash.js", "max_restarts": 1000}),
    ]);
    pm2.write(
        "tagout.yml",
        r#"
version: 1
probes:
  steady: {process: steady, expect: [status == "online", instances == 1, restarts == 0], every: 300ms}
  crashing: {process: {manager: pm2, name: crashing}, expect: status == "online", every: 300ms}
  missing: {process: nobody, expect: status == "online"}
  vacuous: {process: nobody, expect: restarts == 0}
checklists: {post-deploy: [steady, crashing, missing, vacuous]}
"#,
    );
    let ran = pm2.tagout(&["check"]);
    let counts = Regex::new(r" +[0-9.]+ m?s\b *|(restarts|pids) [0-9]+").unwrap();
    assert_snapshot!(counts.replace_all(&ran.out, "  #  "), @r#"
      ✓  steady  #  
      ✗  crashing  #  failed, P2
           ╭─ tagout.yml:5:63
          5│   crashing: {process: {manager: pm2, name: crashing}, expect: status == "online", every: 300ms}
           │                                                               ^^^^^^^^^^^^^^^^^^
           ╰─ status is "restarting"; while it was watched:   #  , new   #  
      ✗  missing  #  failed, P2
           ╭─ tagout.yml:6:38
          6│   missing: {process: nobody, expect: status == "online"}
           │                                      ^^^^^^^^^^^^^^^^^^
           ╰─ status is "missing"
      ?  vacuous  #  error, P2
           ╭─ tagout.yml:7:38
          7│   vacuous: {process: nobody, expect: restarts == 0}
           │                                      ^^^^^^^^^^^^^
           ╰─ there is no `restarts`: there is no process "nobody"

    post-deploy: unhealthy, P2 (1 passed, 2 failed, 1 could not be answered)
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn neighbours_are_compared_with_the_newest_snapshot() {
    let pm2 = Pm2::new();
    pm2.start(&[support::app("ours"), support::app("stock-api")]);
    pm2.write(
        "tagout.yml",
        "
version: 1
inventory: {shop: {environments: {production: {pm2: [ours]}}}}
checklists: {post-deploy: [neighbours]}
",
    );
    let tidy = |ran: &Ran| {
        let times = Regex::new(r" +[0-9.]+ m?s\b *").unwrap();
        times.replace_all(&ran.out, "  [TIME]  ").into_owned()
    };
    let ran = pm2.tagout(&["check"]);
    assert_snapshot!(tidy(&ran), @"
      !  neighbours  [TIME]  warning
          not compared: there is no snapshot in [FOLDER]/state/snapshots yet

    post-deploy: degraded (1 to look at)
    ");
    assert_eq!(ran.code, 0);
    pm2.snapshot();
    let ran = pm2.tagout(&["check"]);
    assert_snapshot!(tidy(&ran), @"
      ✓  neighbours  [TIME]  

    post-deploy: healthy (1 passed)
    ");
    assert_eq!(ran.code, 0);
    pm2.pm2(&["delete", "stock-api"]);
    let ran = pm2.tagout(&["check"]);
    assert_snapshot!(tidy(&ran), @"
      ✗  neighbours  [TIME]  failed, P1
          since the snapshot [ID]: stock-api is missing

    post-deploy: unhealthy, P1 (1 failed)
    ");
    assert_eq!(ran.code, 1);
}

#[test]
fn what_is_wrong_in_the_config_is_said_at_its_place() {
    let all = [
        ("no condition", "{http: http://127.0.0.1/}"),
        ("an empty list", "{http: http://127.0.0.1/, expect: []}"),
        ("an empty condition", r#"{http: http://127.0.0.1/, expect: ["status == 200", ""]}"#),
        ("null", "{http: http://127.0.0.1/, expect: }"),
        ("a tag", "{http: http://127.0.0.1/, expect: !has(x)}"),
        ("a tag before a condition", "{http: http://127.0.0.1/, expect: !x status == 200}"),
        ("not a text", "{http: http://127.0.0.1/, expect: true}"),
        ("a mapping", "{http: http://127.0.0.1/, expect: {status: 200}}"),
        ("an unknown name", "{http: http://127.0.0.1/, expect: statsu == 200}"),
        ("a name of another kind", "{tcp: 127.0.0.1:1, expect: status == 200}"),
        ("bad syntax in quotes", "{http: http://127.0.0.1/, expect: 'latency < == 200'}"),
        ("no kind", "{expect: status == 200}"),
        ("two kinds", "{http: http://127.0.0.1/, tcp: 127.0.0.1:1, expect: status == 200}"),
        ("an unknown key", "{http: http://127.0.0.1/, expect: status == 200, timout: 5s}"),
        (
            "an unknown key inside",
            "{http: {url: http://127.0.0.1/, metod: POST}, expect: status == 200}",
        ),
        ("no URL", "{http: 127.0.0.1:3000/health, expect: status == 200}"),
        ("a password", "{http: 'http://me:geheim@127.0.0.1/', expect: status == 200}"),
        ("a variable of the shell", "{http: 'http://${HOST}/', expect: status == 200}"),
        ("a key twice", "{http: http://127.0.0.1/, expect: status == 200, expect: status > 1}"),
        ("a list for a mapping", "[http://127.0.0.1/]"),
        ("a length of time", "{http: http://127.0.0.1/, expect: latency < 5s}"),
        ("no address", "{tcp: localhost, expect: connected}"),
        ("a command as text", "{command: npm run smoke, expect: exit_code == 0}"),
        ("a broken variable", "{http: 'http://${env:HOST/', expect: status == 200}"),
        ("a time without unit", "{http: http://127.0.0.1/, expect: status == 200, timeout: 5}"),
        (
            "times in disorder",
            "{http: http://127.0.0.1/, expect: status == 200, timeout: 5s 1m 500ms}",
        ),
        (
            "timeout over within",
            "{http: http://127.0.0.1/, expect: status == 200, timeout: 10s, within: 5s}",
        ),
        (
            "every over within",
            "{http: http://127.0.0.1/, expect: status == 200, every: 10s, within: 6s}",
        ),
        (
            "every over hold",
            "{http: http://127.0.0.1/, expect: status == 200, every: 10s, hold: 6s}",
        ),
        ("a process not watched", r#"{process: api, expect: status == "online", hold: 0s}"#),
        (
            "successes without time",
            "{http: http://127.0.0.1/, expect: status == 200, successes: 3}",
        ),
        (
            "a list that YAML cannot read",
            "{http: http://127.0.0.1/, expect: [json.rows[0].n < 50]}",
        ),
        ("an unknown severity", "{http: http://127.0.0.1/, expect: status == 200, severity: high}"),
    ];
    let report: Vec<String> = all
        .iter()
        .map(|(what, probe)| {
            let project = Project::new(&format!("probes:\n  a: {probe}\nchecklists: {{c: [a]}}\n"));
            let ran = project.check(&["c"]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{what}: {}", ran.err);
            format!("{what}\n{}", brief(&ran.err))
        })
        .collect();
    assert_snapshot!(report.join("\n"), @r#"
    no condition
      × `expect` is missing: a probe without a condition would pass whatever it
      │ measures
       ╭─[[FOLDER]/tagout.yml:3:6]
     3 │   a: {http: http://127.0.0.1/}
       ·      ┬

    an empty list
      × `expect` is empty: a probe without a condition would pass whatever it
      │ measures
       ╭─[[FOLDER]/tagout.yml:3:40]
     3 │   a: {http: http://127.0.0.1/, expect: []}
       ·                                        ┬

    an empty condition
      × the condition is empty
       ╭─[[FOLDER]/tagout.yml:3:58]
     3 │   a: {http: http://127.0.0.1/, expect: ["status == 200", ""]}
       ·                                                          ─┬

    null
      × `expect` is empty: a probe without a condition would pass whatever it
      │ measures
       ╭─[[FOLDER]/tagout.yml:3:38]
     3 │   a: {http: http://127.0.0.1/, expect: }
       ·                                      ▲

    a tag
      × unsupported tag `!has(x)`; write what begins with `!` in quotes
       ╭─[[FOLDER]/tagout.yml:3:47]
     3 │   a: {http: http://127.0.0.1/, expect: !has(x)}
       ·                                               ▲

    a tag before a condition
      × unsupported tag `!x`; write what begins with `!` in quotes
       ╭─[[FOLDER]/tagout.yml:3:43]
     3 │   a: {http: http://127.0.0.1/, expect: !x status == 200}
       ·                                           ──────┬──────

    not a text
      × invalid type: boolean `true`, expected a condition as text, like `status
      │ == 200`, or a list of conditions
       ╭─[[FOLDER]/tagout.yml:3:32]
     3 │   a: {http: http://127.0.0.1/, expect: true}
       ·                                ───┬──

    a mapping
      × invalid type: map, expected a condition as text, like `status == 200`, or
      │ a list of conditions
       ╭─[[FOLDER]/tagout.yml:3:40]
     3 │   a: {http: http://127.0.0.1/, expect: {status: 200}}
       ·                                        ┬

    an unknown name
      × an http probe measures no `statsu`; it has `status`, `headers`, `body`,
      │ `json`, `latency`, `phases`, `redirects` and `version`; did you mean
      │ `status`?
       ╭─[[FOLDER]/tagout.yml:3:40]
     3 │   a: {http: http://127.0.0.1/, expect: statsu == 200}
       ·                                        ───┬──

    a name of another kind
      × a tcp probe measures no `status`; it has `connected`, `connect_time`,
      │ `latency` and `reply`
       ╭─[[FOLDER]/tagout.yml:3:33]
     3 │   a: {tcp: 127.0.0.1:1, expect: status == 200}
       ·                                 ───┬──

    bad syntax in quotes
      × the condition does not parse: `==` does not belong here
       ╭─[[FOLDER]/tagout.yml:3:51]
     3 │   a: {http: http://127.0.0.1/, expect: 'latency < == 200'}
       ·                                                   ─┬

    no kind
      × the probe does not say what to measure; it needs one of `http`, `tcp`,
      │ `tls`, `dns`, `sql`, `redis`, `process`, `log`, `metrics`, `host`, `file`,
      │ `env` and `command`, like `http: http://127.0.0.1:3000/health`
       ╭─[[FOLDER]/tagout.yml:3:6]
     3 │   a: {expect: status == 200}
       ·      ┬

    two kinds
      × a probe measures one thing, and this one has `http` and `tcp`; make it two
      │ probes
       ╭─[[FOLDER]/tagout.yml:3:6]
     3 │   a: {http: http://127.0.0.1/, tcp: 127.0.0.1:1, expect: status == 200}
       ·      ┬

    an unknown key
      × the key `timout` is not known here; did you mean `timeout`?
      │ there are `http`, `tcp`, `tls`, `dns`, `sql`, `redis`, `process`, `log`,
      │ `metrics`, `host`, `file`, `env`, `command`, `expect`, `warn`, `timeout`,
      │ `within`, `every`, `hold`, `successes`, `sample`, `after` and `severity`
       ╭─[[FOLDER]/tagout.yml:3:55]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, timout: 5s}
       ·                                                       ───┬──

    an unknown key inside
      × the key `metod` is not known here; did you mean `method`?
      │ there are `url`, `method`, `headers`, `body`, `json`, `follow_redirects`
      │ and `tls`
       ╭─[[FOLDER]/tagout.yml:3:38]
     3 │   a: {http: {url: http://127.0.0.1/, metod: POST}, expect: status == 200}
       ·                                      ──┬──

    no URL
      × "127.0.0.1:3000/health" is no URL: relative URL without a base
       ╭─[[FOLDER]/tagout.yml:3:7]
     3 │   a: {http: 127.0.0.1:3000/health, expect: status == 200}
       ·       ──┬─

    a password
      × the URL has a password in it; keep it in the environment and write
      │ `${env:NAME}`
       ╭─[[FOLDER]/tagout.yml:3:7]
     3 │   a: {http: 'http://me:******@127.0.0.1/', expect: status == 200}
       ·       ──┬─

    a variable of the shell
      × `${HOST}` means nothing in a URL; write `${env:HOST}`
       ╭─[[FOLDER]/tagout.yml:3:7]
     3 │   a: {http: 'http://${HOST}/', expect: status == 200}
       ·       ──┬─

    a key twice
      × the key `expect` is here twice
       ╭─[[FOLDER]/tagout.yml:3:55]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, expect: status > 1}
       ·                                                       ───┬──

    a list for a mapping
      × a mapping is needed here, like `{key: value}`
       ╭─[[FOLDER]/tagout.yml:3:6]
     3 │   a: [http://127.0.0.1/]
       ·      ┬

    a length of time
      × the condition does not parse: write `duration("5s")` for `5s`
       ╭─[[FOLDER]/tagout.yml:3:51]
     3 │   a: {http: http://127.0.0.1/, expect: latency < 5s}
       ·                                                   ┬

    no address
      × "localhost" must be a host and a port, like 127.0.0.1:4000
       ╭─[[FOLDER]/tagout.yml:3:7]
     3 │   a: {tcp: localhost, expect: connected}
       ·       ─┬─

    a command as text
      × invalid type: string "npm run smoke", expected something like `command:
      │ [npm, run, smoke]`, or a mapping
       ╭─[[FOLDER]/tagout.yml:3:7]
     3 │   a: {command: npm run smoke, expect: exit_code == 0}
       ·       ───┬───

    a broken variable
      × `${env:` in "http://${env:HOST/" needs a variable's name and a `}`
       ╭─[[FOLDER]/tagout.yml:3:13]
     3 │   a: {http: 'http://${env:HOST/', expect: status == 200}
       ·             ──────────┬─────────

    a time without unit
      × invalid type: integer `5`, expected a time with its unit, like `10s`,
      │ `500ms` or `1m 30s`
       ╭─[[FOLDER]/tagout.yml:3:55]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, timeout: 5}
       ·                                                       ───┬───

    times in disorder
      × invalid value: string "5s 1m 500ms", expected a time with its unit, like
      │ `10s`, `500ms` or `1m 30s`
       ╭─[[FOLDER]/tagout.yml:3:55]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, timeout: 5s 1m 500ms}
       ·                                                       ───┬───

    timeout over within
      × one attempt may take 10s, but all must end within 5s
       ╭─[[FOLDER]/tagout.yml:3:64]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, timeout: 10s, within: 5s}
       ·                                                                ─┬─

    every over within
      × with a pause of 10s there is no second attempt in 6s
       ╭─[[FOLDER]/tagout.yml:3:62]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, every: 10s, within: 6s}
       ·                                                              ─┬─

    every over hold
      × with a pause of 10s there is no second attempt in 6s
       ╭─[[FOLDER]/tagout.yml:3:62]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, every: 10s, hold: 6s}
       ·                                                              ─┬─

    a process not watched
      × a process must be watched for a while: one look at it cannot tell a crash
      │ loop from health
       ╭─[[FOLDER]/tagout.yml:3:55]
     3 │   a: {process: api, expect: status == "online", hold: 0s}
       ·                                                       ─┬

    successes without time
      × 3 attempts with pauses of 1s need a `within` of at least 2s
       ╭─[[FOLDER]/tagout.yml:3:66]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, successes: 3}
       ·                                                                  ┬

    a list that YAML cannot read
      × while parsing a flow sequence, expected ',' or ']'; write a text in quotes
      │ that has brackets in it, or a comma
       ╭─[[FOLDER]/tagout.yml:3:50]
     3 │   a: {http: http://127.0.0.1/, expect: [json.rows[0].n < 50]}
       ·                                                  ▲

    an unknown severity
      × "high" is no severity; they are `P1`, `P2`, `P3` and `P4`
       ╭─[[FOLDER]/tagout.yml:3:65]
     3 │   a: {http: http://127.0.0.1/, expect: status == 200, severity: high}
       ·                                                                 ──┬─
    "#);
}

/// An error with its source line, without the frame around it.
fn brief(error: &str) -> String {
    let is_frame = |line: &str| {
        line.contains("╰────") || line.contains("help: the format") || line.trim().is_empty()
    };
    let lines = error.lines().filter(|line| !is_frame(line) && !line.contains("╰──"));
    let near = lines.filter(|line| !line.trim_start().starts_with(['1', '2', '4']));
    near.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_checklist_names_only_what_exists() {
    let all = [
        ("an unknown probe", "{c: [redy]}"),
        ("itself", "{c: [d], d: [ready, c]}"),
        ("nothing", "{c: []}"),
        ("a list by the name of a probe", "{ready: [neighbours]}"),
        ("no list", "{c: ready}"),
    ];
    let report: Vec<String> = all
        .iter()
        .map(|(what, checklists)| {
            let probe = "ready: {http: http://127.0.0.1/, expect: status == 200}";
            let config = format!("probes:\n  {probe}\nchecklists: {checklists}\n");
            let ran = Project::new(&config).check(&["c"]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{what}: {}", ran.err);
            format!("{what}\n{}", ran.err)
        })
        .collect();
    assert_snapshot!(report.join("\n"), @r#"
    an unknown probe
      × there is no probe or checklist "redy"; did you mean `ready`?
      │ there are `ready`, `c`, `neighbours`, `lint`, `lock` and `inventory`
       ╭─[[FOLDER]/tagout.yml:4:18]
     3 │   ready: {http: http://127.0.0.1/, expect: status == 200}
     4 │ checklists: {c: [redy]}
       ·                  ──┬─
       ·                    ╰── here
       ╰────
      help: the format is described in the README, section Configuration

    itself
      × the checklist contains itself: c → d → c
       ╭─[[FOLDER]/tagout.yml:4:33]
     3 │   ready: {http: http://127.0.0.1/, expect: status == 200}
     4 │ checklists: {c: [d], d: [ready, c]}
       ·                                 ┬
       ·                                 ╰── here
       ╰────
      help: the format is described in the README, section Configuration

    nothing
      × the checklist "c" is empty and would always pass
       ╭─[[FOLDER]/tagout.yml:4:17]
     3 │   ready: {http: http://127.0.0.1/, expect: status == 200}
     4 │ checklists: {c: []}
       ·                 ┬
       ·                 ╰── here
       ╰────
      help: the format is described in the README, section Configuration

    a list by the name of a probe
      × "ready" is the name of a probe, too; rename one
       ╭─[[FOLDER]/tagout.yml:4:14]
     3 │   ready: {http: http://127.0.0.1/, expect: status == 200}
     4 │ checklists: {ready: [neighbours]}
       ·              ──┬──
       ·                ╰── here
       ╰────
      help: the format is described in the README, section Configuration

    no list
      × a list is needed here, like `[a, b]`
       ╭─[[FOLDER]/tagout.yml:4:17]
     3 │   ready: {http: http://127.0.0.1/, expect: status == 200}
     4 │ checklists: {c: ready}
       ·                 ──┬──
       ·                   ╰── here
       ╰────
      help: the format is described in the README, section Configuration
    "#);
}

#[test]
fn a_checklist_contains_others_and_each_probe_runs_once() {
    let project = Project::new(
        "
probes:
  ready: {http: 'http://[SERVER]/ok', expect: status == 200}
  port: {tcp: '[SERVER]', expect: connected}
checklists:
  quick: [ready]
  full: [port, quick, ready]
",
    );
    let ran = project.check(&["full"]);
    assert_snapshot!(ran.out, @"
      ✓  port  [TIME]
      ✓  ready  [TIME]

    full: healthy (2 passed)
    ");
    assert_eq!(ran.code, 0);
}

#[test]
fn a_checklist_that_is_not_there_is_said_and_how_to_write_one() {
    let project = Project::new("probes: {}\n");
    let ran = project.check(&[]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × there is no checklist `post-deploy`
    help: tagout.yml has none; write one there:

          version: 1
          probes:
            ready:
              http: http://127.0.0.1:3000/health
              expect: status == 200
          checklists:
            post-deploy: [ready]
    ");
    fs::remove_file(project.folder.path().join("tagout.yml")).unwrap();
    let ran = project.check(&[]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × there is no checklist `post-deploy`
    help: there is no tagout.yml here or in a folder above; write one:

          version: 1
          probes:
            ready:
              http: http://127.0.0.1:3000/health
              expect: status == 200
          checklists:
            post-deploy: [ready]
    ");
    let project = Project::probes("\n  ready:\n    tcp: 127.0.0.1:1\n    expect: connected");
    let ran = project.check(&["post-deplyo"]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @"
    × there is no checklist `post-deplyo`; did you mean `post-deploy`?
    help: tagout.yml has `post-deploy`
    ");
}
