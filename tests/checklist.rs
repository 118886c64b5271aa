//! Checklists: what is in them beside probes, in which order it goes, what it comes to, and how it is
//! printed.

mod support;

use insta::assert_snapshot;
use regex::Regex;
use std::fs;
use std::time::{Duration, Instant};
use support::{Pm2, Postgres, Project, Redis, app, guarded, shared_host};

#[test]
fn a_question_for_a_person_is_confirmed_or_left_open() {
    let project = Project::new(
        r#"
probes:
  ready: {http: "http://[SERVER]/ok", expect: status == 200}
checklists:
  release:
    - ready
    - {name: notes-read, confirm: The release notes were read by the whole team}
    - {name: on-call, confirm: Somebody is on call, severity: P1, required: true}
"#,
    );
    let open = project.check(&["release"]);
    assert_snapshot!(open.out, @"
      ✓  ready  [TIME]
      ☐  notes-read          open
          left open: The release notes were read by the whole team
      ?  on-call  error, P1
          nobody has confirmed: Somebody is on call; `--confirm on-call` does

    release: unhealthy, P1 (1 passed, 1 left open, 1 could not be answered)
    ");
    assert_eq!(open.code, 1);
    let confirmed = project.check(&["release", "--confirm", "on-call"]);
    assert_snapshot!(confirmed.out, @"
      ✓  ready  [TIME]
      ☐  notes-read          open
          left open: The release notes were read by the whole team
      ✓  on-call
          confirmed: Somebody is on call

    release: healthy (2 passed, 1 left open)
    ");
    assert_eq!(confirmed.code, 0);
    let mistaken = project.check(&["release", "--confirm", "on-cal"]);
    assert_snapshot!(mistaken.err, @r#"  × no checklist asks "on-cal"; did you mean `on-call`?"#);
    assert_eq!(mistaken.code, 2);
}

#[test]
fn a_deploy_begins_when_a_person_has_confirmed_what_must_be_confirmed() {
    let (pm2, _) = shared_host();
    let config = fs::read_to_string(pm2.folder().join("tagout.yml")).unwrap();
    let lists = "
checklists:
  pre-deploy: [{name: backed-up, confirm: The database is backed up, required: true}]
  post-deploy: [ready, {name: looked-at, confirm: Somebody has looked at the shop}]
";
    let (before, _) = config.split_once("checklists:").unwrap();
    pm2.write("tagout.yml", &format!("{before}{lists}"));
    let deploy = |confirm: &[&str]| {
        let arguments = [confirm, &["--", "touch", "deployed"]].concat();
        let output = guarded(&pm2, &arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let said: Vec<&str> = said.lines().filter(|line| !line.contains("snapshot")).collect();
        (output.status.code().unwrap(), said.join("\n"), pm2.folder().join("deployed").exists())
    };
    let (code, said, deployed) = deploy(&[]);
    assert_snapshot!(said, @"
      ?  backed-up    error, P2
          nobody has confirmed: The database is backed up; `--confirm backed-up` does

    pre-deploy: unhealthy, P2 (1 could not be answered)
    tagout: nothing was run: the host is not fit for a deploy
    ");
    assert_eq!((code, deployed), (1, false));
    let (code, said, deployed) = deploy(&["--confirm", "backed-upp"]);
    assert_snapshot!(said, @r#"  × no checklist asks "backed-upp"; did you mean `backed-up`?"#);
    assert_eq!((code, deployed), (2, false));
    let (code, said, deployed) = deploy(&["--confirm", "backed-up"]);
    assert_eq!((code, deployed), (0, true), "{said}");
}

#[test]
fn a_team_has_its_own_scale_and_its_own_decision_tree() {
    let config = r#"
severities: [S0, S1, S2, S3]
probes:
  shop: {http: "http://[SERVER]/[SHOP]", expect: status == 200, severity: S2}
  stock: {http: "http://[SERVER]/[STOCK]", expect: status == 200, severity: S2}
  shop-test: {http: "http://[SERVER]/[TEST]", expect: status == 200, severity: S2}
checklists:
  production: [shop, stock]
  all: [production, shop-test]
triage:
  - {when: down.shop && down.stock, severity: S0}
  - {when: down.production, severity: S1}
  - {when: 'down["shop-test"]', severity: S3}
"#;
    let last_line = |shop: &str, stock: &str, test: &str| {
        let config = config.replace("[SHOP]", shop).replace("[STOCK]", stock);
        let ran = Project::new(&config.replace("[TEST]", test)).check(&["all"]);
        ran.out.lines().last().unwrap().to_owned()
    };
    assert_snapshot!(last_line("ok", "ok", "ok"), @"all: healthy (3 passed)");
    assert_snapshot!(last_line("500", "500", "ok"), @"all: unhealthy, S0 (1 passed, 2 failed)");
    assert_snapshot!(last_line("ok", "500", "500"), @"all: unhealthy, S1 (1 passed, 2 failed)");
    assert_snapshot!(last_line("ok", "ok", "500"), @"all: degraded, S3 (2 passed, 1 failed)");
}

#[test]
fn what_is_only_worth_a_look_does_not_fail() {
    let project = Project::probes(
        r#"
  queue:
    http: http://[SERVER]/ok
    expect: json.queue < 50
    warn: json.queue < 3
  fine:
    http: http://[SERVER]/ok
    warn: json.queue < 5
  unclear:
    http: http://[SERVER]/ok
    expect: status == 200
    warn: json.nope < 5
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.out, @"
      !  queue  [TIME]  warning
           ╭─ tagout.yml:6:11
          6│     warn: json.queue < 3
           │           ^^^^^^^^^^^^^^
           ╰─ json.queue is 3
      ✓  fine  [TIME]
      !  unclear  [TIME]  warning
            ╭─ tagout.yml:13:11
          13│     warn: json.nope < 5
            │           ^^^^^^^^^^^^^
            ╰─ json.nope is missing

    post-deploy: degraded (1 passed, 2 to look at)
    ");
    assert_eq!(ran.code, 0);
}

#[test]
fn probes_wait_for_those_they_come_after() {
    let project = Project::probes(
        r#"
  last:
    command: [sh, -c, "echo last >> order"]
    expect: exit_code == 0
    after: [middle]
  middle:
    command: [sh, -c, "sleep 0.2; echo middle >> order"]
    expect: exit_code == 0
    after: [first]
  first:
    command: [sh, -c, "sleep 0.3; echo first >> order; exit 1"]
    expect: exit_code == 0
"#,
    );
    let ran = project.check(&[]);
    let order = fs::read_to_string(project.folder.path().join("order")).unwrap();
    assert_eq!(order, "first\nmiddle\nlast\n");
    assert_eq!(ran.code, 1, "a probe that comes after a failed one is measured all the same");
}

#[test]
fn a_series_is_judged_as_a_whole() {
    let project = Project::probes(
        r#"
  bounded:
    command: [sh, -c, "echo x >> n; wc -l < n"]
    sample: {count: 4, every: 100ms, value: int(stdout)}
    expect: [max(samples) <= 4, first(samples) == 1, last(samples) == 4, size(samples) == 4]
  growing:
    command: [sh, -c, "echo x >> m; wc -l < m"]
    sample: {count: 4, every: 100ms, value: int(stdout)}
    expect: slope(samples) < 1.0
  broken:
    command: [sh, -c, "exit 3"]
    sample: {count: 4, every: 100ms, value: int(stdout)}
    expect: max(samples) < 1
"#,
    );
    let ran = project.check(&[]);
    let slope = Regex::new(r"slope\(samples\) is [0-9.]+").unwrap();
    assert_snapshot!(slope.replace(&ran.out, "slope(samples) is [N]"), @"
      ✓  bounded  [TIME]
      ✗  growing  [TIME]  failed, P2
            ╭─ tagout.yml:10:13
          10│     expect: slope(samples) < 1.0
            │             ^^^^^^^^^^^^^^^^^^^^
            ╰─ slope(samples) is [N]
      ?  broken  [TIME]  error, P2
          measurement 1 of 4: int(stdout) (stdout is empty)

    post-deploy: unhealthy, P2 (1 passed, 1 failed, 1 could not be answered)
    ");
}

#[test]
fn every_format_has_every_entry() {
    let project = Project::new(
        r#"
probes:
  ready: {http: "http://[SERVER]/ok", expect: status == 200}
  starting: {http: "http://[SERVER]/starting", expect: status == 200, within: 20s, every: 10ms}
  queue: {http: "http://[SERVER]/ok", expect: json.queue < 3, severity: P3}
  errors: {http: "http://[SERVER]/null", expect: json.queue < 3}
  look: {http: "http://[SERVER]/ok", warn: json.queue < 3}
checklists:
  all: [ready, starting, queue, errors, look, {name: seen, confirm: Somebody has *looked* at it}]
"#,
    );
    let ran = project.check(&[
        "all",
        "--format",
        "junit",
        "--format",
        "markdown=report.md",
        "--format",
        "prometheus=report.prom",
    ]);
    let written = |name: &str| {
        let text = fs::read_to_string(project.folder.path().join(name)).unwrap();
        let numbers = Regex::new(r"\(?\d+(\.\d+)? ms\)?|(seconds\{[^}]*\}) [0-9.e-]+").unwrap();
        numbers.replace_all(&project.tidy(text), "$2 [TIME]").into_owned()
    };
    let times = Regex::new(r#"time="[0-9.]+"|uuid="[^"]*""#).unwrap();
    assert_snapshot!(times.replace_all(&ran.out, "[TIME]"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="tagout check" tests="6" skipped="1" failures="1" errors="1">
        <testsuite name="all" tests="6" skipped="1" errors="1" failures="1">
            <testcase name="ready" classname="http" [TIME]/>
            <testcase name="starting" classname="http" [TIME]>
                <flakyFailure message="attempt 3 passed; at first: status == 200 (status is 503)">
                </flakyFailure>
            </testcase>
            <testcase name="queue" classname="http" [TIME]>
                <failure message="json.queue &lt; 3 (json.queue is 3)" type="P3"/>
            </testcase>
            <testcase name="errors" classname="http" [TIME]>
                <error message="json.queue &lt; 3 (json.queue is null)" type="P2"/>
            </testcase>
            <testcase name="look" classname="http" [TIME]>
                <system-out>warning: json.queue &lt; 3 (json.queue is 3)</system-out>
            </testcase>
            <testcase name="seen" classname="manual">
                <skipped message="left open: Somebody has *looked* at it" type="P2"/>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
    assert_snapshot!(written("report.md"), @r#"
    ## all: unhealthy, P2

    - [x] **ready**  [TIME]
    - [x] **starting**  [TIME] flaky
      attempt 3 passed; at first: status == 200 (status is 503)
    - [ ] **queue**  [TIME] fail, P3
      json.queue \< 3 (json.queue is 3)
    - [ ] **errors**  [TIME] error, P2
      json.queue \< 3 (json.queue is null)
    - [x] **look**  [TIME] warn
      json.queue \< 3 (json.queue is 3)
    - [ ] **seen** open
      left open: Somebody has \*looked\* at it
    "#);
    assert_snapshot!(written("report.prom"), @r#"
    # HELP tagout_check_overall Whether the checklist came to this.
    # TYPE tagout_check_overall gauge
    tagout_check_overall{checklist="all",overall="healthy"} 0
    tagout_check_overall{checklist="all",overall="degraded"} 0
    tagout_check_overall{checklist="all",overall="unhealthy"} 1
    # HELP tagout_check_outcome Whether the probe came to this.
    # TYPE tagout_check_outcome gauge
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="pass"} 1
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="flaky"} 0
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="warn"} 0
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="open"} 0
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="fail"} 0
    tagout_check_outcome{checklist="all",probe="ready",kind="http",severity="P2",outcome="error"} 0
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="pass"} 0
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="flaky"} 1
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="warn"} 0
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="open"} 0
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="fail"} 0
    tagout_check_outcome{checklist="all",probe="starting",kind="http",severity="P2",outcome="error"} 0
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="pass"} 0
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="flaky"} 0
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="warn"} 0
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="open"} 0
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="fail"} 1
    tagout_check_outcome{checklist="all",probe="queue",kind="http",severity="P3",outcome="error"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="pass"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="flaky"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="warn"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="open"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="fail"} 0
    tagout_check_outcome{checklist="all",probe="errors",kind="http",severity="P2",outcome="error"} 1
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="pass"} 0
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="flaky"} 0
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="warn"} 1
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="open"} 0
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="fail"} 0
    tagout_check_outcome{checklist="all",probe="look",kind="http",severity="P2",outcome="error"} 0
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="pass"} 0
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="flaky"} 0
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="warn"} 0
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="open"} 1
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="fail"} 0
    tagout_check_outcome{checklist="all",probe="seen",kind="manual",severity="P2",outcome="error"} 0
    # HELP tagout_check_attempts How many attempts the probe took.
    # TYPE tagout_check_attempts gauge
    tagout_check_attempts{checklist="all",probe="ready"} 1
    tagout_check_attempts{checklist="all",probe="starting"} 3
    tagout_check_attempts{checklist="all",probe="queue"} 1
    tagout_check_attempts{checklist="all",probe="errors"} 1
    tagout_check_attempts{checklist="all",probe="look"} 1
    tagout_check_attempts{checklist="all",probe="seen"} 1
    # HELP tagout_check_latency_seconds How long the last attempt took.
    # TYPE tagout_check_latency_seconds gauge
    tagout_check_latency_seconds{checklist="all",probe="ready"} [TIME]
    tagout_check_latency_seconds{checklist="all",probe="starting"} [TIME]
    tagout_check_latency_seconds{checklist="all",probe="queue"} [TIME]
    tagout_check_latency_seconds{checklist="all",probe="errors"} [TIME]
    tagout_check_latency_seconds{checklist="all",probe="look"} [TIME]
    "#);
}

#[test]
fn a_retry_is_said_on_a_plain_line_where_there_is_no_terminal() {
    let project = Project::probes(
        r#"
  starting:
    http: http://[SERVER]/starting
    expect: status == 200
    within: 20s
    every: 10ms
"#,
    );
    let ran = project.check(&[]);
    assert_snapshot!(ran.err, @"tagout: starting: not yet, trying again for  [TIME]  : status == 200 (status is 503)");
    assert!(!ran.err.contains('\u{1b}') && !ran.out.contains('\u{1b}'));
}

#[test]
fn the_repository_the_lock_and_the_inventory_can_be_checked() {
    let pm2 = Pm2::new();
    pm2.start(&[app("shop-api"), app("stranger")]);
    fs::create_dir_all(pm2.folder().join(".github/workflows")).unwrap();
    let workflow = "on: push\njobs: {a: {runs-on: self-hosted, steps: [{run: pm2 delete all}]}}\n";
    pm2.write(".github/workflows/deploy.yml", workflow);
    pm2.write(
        "tagout.yml",
        "
version: 1
inventory: {shop: {environments: {production: {pm2: [shop-api, shop-worker]}}}}
checklists: {pre-deploy: [lint, lock, inventory]}
",
    );
    let times = Regex::new(r" +[0-9.]+ m?s\b *").unwrap();
    let ran = pm2.tagout(&["check", "pre-deploy"]);
    assert_snapshot!(times.replace_all(&ran.out, "  [TIME]  "), @"
      ✗  lint  [TIME]  failed, P1
          [FOLDER]/.github/workflows/deploy.yml: deletes every PM2 process that matches `all`, those of other apps too
      ✓  lock  [TIME]  
      ✗  inventory  [TIME]  failed, P1
          shop-worker is missing

    pre-deploy: unhealthy, P1 (1 passed, 2 failed)
    ");
    // A host that is not fit is not deployed to.
    let deploy = pm2.tagout(&["deploy", "--app", "shop", "--", "touch", "deployed"]);
    assert_eq!(deploy.code, 1, "{}", deploy.err);
    assert!(deploy.err.contains("nothing was run"), "{}", deploy.err);
    assert!(!pm2.folder().join("deployed").exists());

    pm2.write(".github/workflows/deploy.yml", &workflow.replace("all", "shop-api"));
    pm2.start(&[app("shop-worker")]);
    let ran = pm2.tagout(&["check", "pre-deploy"]);
    assert_snapshot!(times.replace_all(&ran.out, "  [TIME]  "), @"
      ✓  lint  [TIME]  
      ✓  lock  [TIME]  
      !  inventory  [TIME]  warning
          in no list: stranger

    pre-deploy: degraded (2 passed, 1 to look at)
    ");
    let deploy = pm2.tagout(&["deploy", "--app", "shop", "--", "touch", "deployed"]);
    assert_eq!(deploy.code, 0, "{}", deploy.err);
    assert!(pm2.folder().join("deployed").exists());
}

#[test]
fn a_deploy_compares_with_what_was_measured_before_it() {
    let pm2 = Pm2::new();
    pm2.start(&[app("shop-api")]);
    pm2.write(
        "tagout.yml",
        r#"
version: 1
inventory: {shop: {environments: {production: {pm2: [shop-api]}}}}
probes:
  not-smaller: {file: data, expect: size >= before.size}
checklists: {post-deploy: [not-smaller]}
"#,
    );
    pm2.write("data", "many rows");
    let grow = pm2.tagout(&["deploy", "--app", "shop", "--", "sh", "-c", "echo more >> data"]);
    assert_eq!(grow.code, 0, "{}", grow.err);
    let shrink = pm2.tagout(&["deploy", "--app", "shop", "--", "sh", "-c", "echo > data"]);
    assert_eq!(shrink.code, 4, "what was lost is not brought back: {}", shrink.err);
    assert!(shrink.err.contains("size >= before.size"), "{}", shrink.err);
}

/// 100 probes of seven kinds, each of which takes its 200 ms.
#[test]
fn a_hundred_mixed_probes_run_at_once() {
    let (postgres, redis) = (Postgres::new(), Redis::new());
    let mut probes = String::new();
    for n in 0..100 {
        let probe = match n % 5 {
            0 => r#"sql: {url: "${env:DB}", query: SELECT pg_sleep(0.2)}, expect: row_count == 1"#,
            1 => r#"command: [sleep, "0.2"], expect: exit_code == 0"#,
            2 => r#"redis: "${env:REDIS}", expect: reply == "PONG", hold: 200ms, every: 200ms"#,
            3 => r#"tcp: "[SERVER]", expect: connected, hold: 200ms, every: 200ms"#,
            _ => r#"http: "http://[SERVER]/slow", expect: status == 200"#,
        };
        probes += &format!("\n  p{n}: {{{probe}}}");
    }
    let names: Vec<String> = (0..100).map(|n| format!("p{n}")).collect();
    let project = Project::new(&format!(
        "probes:{probes}\nchecklists: {{post-deploy: [{}]}}\n",
        names.join(", ")
    ))
    .with("DB", &postgres.url())
    .with("REDIS", &redis.url());
    let begun = Instant::now();
    let ran = project.check(&[]);
    // One after the other they take 20 seconds; how much less is measured by `cargo bench`.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(ran.out.lines().last().unwrap(), "post-deploy: healthy (100 passed)", "{}", ran.out);
}
