//! Services that answer without end, or never: each probe ends at its timeout, and what it keeps has
//! a bound. In a program of its own: the kernel tells the peak memory of all children together.

mod support;

use insta::assert_snapshot;
use nix::sys::resource::{UsageWho, getrusage};
use support::{Project, endless_after};

/// What the largest process needed that this one has started, in bytes.
fn peak_of_children() -> u64 {
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as u64 * unit
}

#[test]
fn services_without_end_cost_a_bounded_amount_of_memory() {
    let redis = endless_after(b"$1073741824\r\n");
    let postgres =
        endless_after(&[b"R\0\0\0\x08\0\0\0\0".as_slice(), b"S\x3f\xff\xff\xff"].concat());
    // Eight of each at once, or what one costs is lost in what tagout itself needs.
    let each = r#"
  hanging-N: {http: "http://[SERVER]/hang", expect: status == 200, timeout: 2s}
  dripping-N: {http: "http://[SERVER]/drip", expect: status == 200, timeout: 2s}
  half-closed-N: {http: "http://[SERVER]/half-closed", expect: status == 200, timeout: 2s}
  wandering-N: {http: {url: "http://[SERVER]/wander", follow_redirects: true}, expect: status == 200, timeout: 500ms}
  gigabyte-N: {http: "http://[SERVER]/gigabyte", expect: 'body.contains("x")', timeout: 10s}
  headers-N: {http: "http://[SERVER]/headers", expect: status == 200, timeout: 10s}
  metrics-N: {metrics: {url: "http://[SERVER]/gigabyte", select: up}, expect: value == 1, timeout: 10s}
  line-N: {tcp: {address: "[SERVER]", talk: [{send: "GET /gigabyte HTTP/1.1\r\n\r\n"}, {wait: "yes"}]}, expect: connected, timeout: 10s}
  redis-N: {redis: "redis://127.0.0.1:[REDIS]", expect: reply == "PONG", timeout: 10s}
  postgres-N: {sql: {url: "postgres://u@127.0.0.1:[POSTGRES]/d?sslmode=disable", query: SELECT 1}, expect: value == 1, timeout: 10s}
  printing-N: {command: ["yes"], expect: 'stdout.contains("x")', timeout: 1s}
"#;
    let each =
        each.replace("[REDIS]", &redis.to_string()).replace("[POSTGRES]", &postgres.to_string());
    let probes: String = (0..8).map(|n| each.replace("-N:", &format!("-{n}:"))).collect();
    let names: Vec<&str> =
        probes.lines().filter_map(|line| Some(line.trim().split_once(": {")?.0)).collect();
    let project = Project::new(&format!(
        "probes:{probes}\nchecklists: {{post-deploy: [{}]}}\n",
        names.join(", ")
    ));
    let output = project.command(&["--format", "json"]).output().unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let said = report["probes"].as_array().unwrap().iter();
    let mut said: Vec<String> = said
        .map(|probe| {
            let text = |name: &str| probe[name].as_str().unwrap_or_default();
            let kind = text("name").trim_end_matches(|c: char| c == '-' || c.is_ascii_digit());
            format!("{} {kind}: {}", text("outcome"), text("message"))
        })
        .collect();
    said.sort();
    said.dedup();
    assert_snapshot!(said.join("\n"), @r#"
    error dripping: it did not end within 2s
    error gigabyte: body.contains("x") (there is no `body`: it is longer than 1 MiB)
    error half-closed: the answer broke off: end of file before message length reached
    error hanging: it did not end within 2s
    error headers: no answer: message head is too large
    error line: nothing matched `yes`; there came "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    error metrics: the answer is longer than 16 MiB
    error postgres: no connection: the answer is longer than 4 MiB
    error printing: it did not end within 1s
    error redis: no connection: the answer is longer than 4 MiB
    error wandering: it did not end within 500ms
    "#);
    let peak = peak_of_children();
    assert!(peak < 512 << 20, "it needed {} MiB", peak >> 20);
}
