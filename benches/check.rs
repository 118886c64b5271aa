//! `tagout check` as people run it, whole processes: a hundred probes of all kinds, each of which
//! takes 200 ms, on real services; and fifty requests beside hurl, if that is installed (on `PATH`,
//! or named by `HURL`).

#[path = "support/late.rs"]
mod late;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    env,
    error::Error,
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use support::{Dns, Pm2, Postgres, Prometheus, Redis, Server, TlsServer, app};
use tempfile::TempDir;

/// How long each probe takes at least.
const EACH: Duration = Duration::from_millis(200);
const PROBES: usize = 100;
const REQUESTS: usize = 50;
const RUNS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    mixed()?;
    beside_hurl()
}

/// What was at least needed, and what half of the runs needed at most.
struct Took {
    best: Duration,
    median: Duration,
}

impl Took {
    fn of(mut runs: Vec<Duration>) -> Self {
        runs.sort_unstable();
        Self { best: runs[0], median: runs[runs.len() / 2] }
    }

    fn show(&self, name: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{name:<34} {:>7.1} ms {:>7.1} ms", ms(self.best), ms(self.median));
    }
}

/// How long a command takes, which must succeed.
fn run(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let wall = start.elapsed();
    if !output.status.success() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        return Err(format!("{command:?}: {}{}", text(&output.stdout), text(&output.stderr)).into());
    }
    Ok(wall)
}

/// Every kind of probe, each made to take [`EACH`]: by its service, or, where nothing can make it
/// wait, by having to hold for as long.
fn mixed() -> Result<(), Box<dyn Error>> {
    let (pm2, http, postgres, redis) = (Pm2::new(), Server::new(), Postgres::new(), Redis::new());
    let (tls, prometheus) = (TlsServer::new(30), Prometheus::new());
    let dns = Dns::new(&["--address=/shop.test/203.0.113.7"]);
    pm2.start(&[app("api")]);
    pm2.write("app.log", &"GET / 200\n".repeat(500));
    let sqlite = rusqlite::Connection::open(pm2.folder().join("app.db"))?;
    sqlite.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (1)")?;

    let door = |port| late::tcp(port, EACH);
    let kinds = [
        ("http", format!("http: http://{}/slow", http.address), "status == 200", false),
        (
            "tcp",
            format!("tcp: {{address: '127.0.0.1:{}', send: \"PING\\r\\n\"}}", door(redis.port)?),
            "reply == '+PONG'",
            false,
        ),
        ("tls", format!("tls: localhost:{}", door(tls.port)?), "'localhost' in names", false),
        (
            "dns",
            format!("dns: {{name: shop.test, server: '127.0.0.1:{}'}}", late::udp(dns.port, EACH)?),
            "found",
            false,
        ),
        (
            "postgres",
            format!(
                "sql: {{url: '{}', query: SELECT pg_sleep({})}}",
                postgres.url(),
                EACH.as_secs_f64()
            ),
            "row_count == 1",
            false,
        ),
        (
            "sqlite",
            "sql: {url: 'sqlite:app.db', query: SELECT n FROM t}".to_owned(),
            "value == 1",
            true,
        ),
        (
            "redis",
            format!("redis: redis://127.0.0.1:{}", door(redis.port)?),
            "reply == 'PONG'",
            false,
        ),
        (
            "metrics",
            format!(
                "metrics: {{url: 'http://127.0.0.1:{}/metrics', select: prometheus_ready}}",
                door(prometheus.port)?
            ),
            "value == 1",
            false,
        ),
        ("command", format!("command: [sleep, '{}']", EACH.as_secs_f64()), "exit_code == 0", false),
        ("process", "process: api".to_owned(), "status == 'online'", true),
        ("file", "file: app.log".to_owned(), "size > 0", true),
        ("log", "log: {file: app.log, match: ERROR}".to_owned(), "count == 0", true),
        ("host", "host: /".to_owned(), "memory.available > 0", true),
        ("env", "env: [PATH]".to_owned(), "complete", true),
    ];
    let mut config = "version: 1\nprobes:\n".to_owned();
    for (number, (name, measure, expect, is_held)) in kinds.iter().cycle().take(PROBES).enumerate()
    {
        let each = EACH.as_millis();
        let times =
            if *is_held { format!(", hold: {each}ms, every: {each}ms") } else { String::new() };
        config += &format!("  {name}-{number}: {{{measure}, expect: {expect:?}{times}}}\n");
    }
    pm2.write("tagout.yml", &with_all(&config));

    let check = || run(pm2.command(env!("CARGO_BIN_EXE_tagout")).arg("check"));
    let runs = (0..RUNS).map(|_| check()).collect::<Result<_, _>>()?;
    println!("{:<34} {:>10} {:>10}", "", "best", "median");
    Took::of(runs).show(&format!("{PROBES} probes of {} kinds", kinds.len()));
    Ok(())
}

/// The configuration with all of its probes in one checklist.
fn with_all(config: &str) -> String {
    let names = config.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once(':')?.0));
    let names: Vec<&str> = names.collect();
    format!("{config}checklists: {{post-deploy: [{}]}}\n", names.join(", "))
}

/// The same requests by tagout and by hurl, turn by turn; hurl as it is the fastest.
fn beside_hurl() -> Result<(), Box<dyn Error>> {
    let (folder, server) = (TempDir::new()?, Server::new());
    let (folder, url) = (folder.path(), format!("http://{}/slow", server.address));
    let probes: String = (0..REQUESTS)
        .map(|number| format!("  p{number}: {{http: '{url}', expect: status == 200}}\n"))
        .collect();
    fs::write(folder.join("tagout.yml"), with_all(&format!("version: 1\nprobes:\n{probes}")))?;
    let mut files = Vec::new();
    for number in 0..REQUESTS {
        files.push(folder.join(format!("{number}.hurl")));
        fs::write(&files[number], format!("GET {url}\nHTTP 200\n"))?;
    }
    let tagout = || run(check_in(folder).arg("check"));
    let program = env::var_os("HURL").unwrap_or_else(|| OsString::from("hurl"));
    let hurl = |jobs: usize| {
        let mut hurl = Command::new(&program);
        run(hurl.args(["--test", "--parallel", "--jobs", &jobs.to_string()]).args(&files))
    };
    let jobs = [10, 25, REQUESTS];
    let (mut ours, mut theirs) = (Vec::new(), jobs.map(|_| Vec::new()));
    for _ in 0..RUNS {
        ours.push(tagout()?);
        for (jobs, runs) in jobs.into_iter().zip(&mut theirs) {
            runs.extend(hurl(jobs));
        }
    }
    Took::of(ours).show(&format!("{REQUESTS} requests"));
    for (jobs, runs) in jobs.into_iter().zip(theirs) {
        let name = format!("{REQUESTS} requests, hurl --jobs {jobs}");
        if runs.is_empty() {
            println!("{name:<34} is not installed");
        } else {
            Took::of(runs).show(&name);
        }
    }
    Ok(())
}

fn check_in(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagout"));
    command
        .current_dir(folder)
        .env("PM2_HOME", folder.join("pm2"))
        .env("TAGOUT_STATE", folder.join("state"))
        .env("TAGOUT_LOCK", folder.join("lock"));
    command
}
