//! Each fixture with its real services, as its runbook knows them: healthy, degraded, and broken in
//! every way that the runbook names. What fails must be the right probe, with the right severity.

mod support;

use insta::assert_snapshot;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::{Pm2, Postgres, Redis, free_port, wait_for};
use tempfile::TempDir;

/// A copy of a fixture, with what runs of it.
struct Bench {
    folder: TempDir,
    env: Vec<(String, String)>,
    running: Vec<(String, Child)>,
}

impl Bench {
    fn new(fixture: &str) -> Self {
        // A disk of its own, where there is one: how full the host's is must not matter here.
        let shm = Path::new("/dev/shm");
        let disk = if shm.is_dir() { shm } else { Path::new("/tmp") };
        let folder = tempfile::Builder::new().prefix("tg").tempdir_in(disk).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        for entry in ignore::WalkBuilder::new(&source).hidden(false).build() {
            let entry = entry.unwrap();
            let target = folder.path().join(entry.path().strip_prefix(&source).unwrap());
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                fs::create_dir_all(target).unwrap();
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
        Self { folder, env: Vec::new(), running: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&mut self, name: &str, value: impl ToString) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_string()));
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("TAGOUT_STATE", self.path("state"))
            .env("TAGOUT_LOCK", self.path("lock"))
            .env("PM2_HOME", self.path(".pm2"))
            .env_remove("PM2_DAEMON_RPC_PORT")
            .env("NO_COLOR", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a script, and waits until it listens.
    fn start(&mut self, script: &str, port: u16) {
        let mut node = self.command("node");
        let child = node.arg(script).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        self.running.push((script.to_owned(), child.unwrap()));
        wait_for(script, || TcpStream::connect(("127.0.0.1", port)).ok());
    }

    fn stop(&mut self, script: &str) {
        let at = self.running.iter().position(|(name, _)| name == script).unwrap();
        let (_, mut child) = self.running.remove(at);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// What a checklist comes to: `unhealthy S1 (exit 1): fail outbox-drains, warn disk`.
    fn check(&self, checklist: &str) -> String {
        let tagout = Path::new(env!("CARGO_BIN_EXE_tagout"));
        self.judged(self.command(tagout).args(["check", checklist, "--format", "json"]))
    }

    fn judged(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let probes = report["probes"].as_array().unwrap().iter();
        let noted: Vec<String> = probes
            .filter(|probe| !matches!(probe["outcome"].as_str(), Some("pass" | "flaky")))
            .map(|probe| format!("{} {}", word(&probe["outcome"]), word(&probe["name"])))
            .collect();
        let severity = report["severity"].as_str().map(|severity| format!(" {severity}"));
        format!(
            "{}{} (exit {}): {}",
            word(&report["overall"]),
            severity.unwrap_or_default(),
            output.status.code().unwrap(),
            if noted.is_empty() { "all well".to_owned() } else { noted.join(", ") }
        )
    }

    /// What lint says of the fixture's workflows: how many scripts it read, and what it denies.
    fn lint(&self) -> (u64, u64) {
        let mut lint = self.command(env!("CARGO_BIN_EXE_tagout"));
        let output = lint.args(["lint", "--format", "json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let number = |part: &str, name: &str| report[part][name].as_u64().unwrap();
        (number("coverage", "analysed"), number("summary", "deny"))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for (_, child) in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn word(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    let mut file = fs::File::options().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn flyer_crawler() {
    let pm2 = Pm2::new();
    let mut bench = Bench::new("flyer-crawler");
    let ports = ["API_PORT", "API_TEST_PORT", "STOCK_ALERT_PORT"].map(|name| (name, free_port()));
    for (name, port) in ports {
        bench.set(name, port);
    }
    bench.set("PM2_HOME", pm2.home().display().to_string());
    bench.set("HOME", pm2.folder().display().to_string());
    let run = |bench: &Bench, arguments: &[&str]| {
        let output = bench.command(support::pm2_command()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let ecosystems = [
        "ecosystem.config.cjs",
        "ecosystem-test.config.cjs",
        "neighbours/stock-alert/ecosystem.config.cjs",
    ];
    for ecosystem in ecosystems {
        run(&bench, &["start", ecosystem]);
    }
    for (name, port) in ports {
        wait_for(name, || TcpStream::connect(("127.0.0.1", port)).ok());
    }
    assert_snapshot!(bench.check("post-deploy"), @"healthy (exit 0): all well");
    assert_snapshot!(bench.check("initial-assessment"), @"healthy (exit 0): all well");
    assert_snapshot!(bench.check("immediate-response"), @"healthy (exit 0): open deploys-cancelled");

    // The list of processes is saved, or it is not.
    assert_snapshot!(bench.check("after-incident"), @"degraded P3 (exit 1): warn neighbours, error list-is-saved");
    run(&bench, &["save"]);
    let mut snapshot = bench.command(env!("CARGO_BIN_EXE_tagout"));
    assert!(snapshot.args(["snapshot", "take"]).output().unwrap().status.success());
    assert_snapshot!(bench.check("after-incident"), @"healthy (exit 0): all well");

    // A workflow that kills everybody's processes, and an ecosystem that starts others than it should.
    assert_snapshot!(bench.check("before-triggering"), @"unhealthy P1 (exit 1): fail lint, open changes-reviewed");
    fs::remove_file(bench.path(".gitea/workflows/deploy-to-prod.yml")).unwrap();
    let ecosystem = bench.path("ecosystem-test.config.cjs");
    let mistaken = fs::read_to_string(&ecosystem).unwrap().replace("api-test", "api");
    fs::write(&ecosystem, mistaken).unwrap();
    assert_snapshot!(bench.check("before-triggering"), @"degraded P3 (exit 1): fail ecosystem-test, open changes-reviewed");

    // As the users see it: there is an answer, and a certificate that nobody trusts.
    let server = support::TlsServer::new(10);
    bench.set("PUBLIC_URL", format!("http://127.0.0.1:{}", ports[0].1));
    bench.set("PUBLIC_ADDRESS", format!("localhost:{}", server.port));
    assert_snapshot!(bench.check("outside"), @"unhealthy P2 (exit 1): fail certificate");

    // The test environment only; one app of production; both.
    run(&bench, &["stop", "flyer-crawler-worker-test"]);
    assert_snapshot!(bench.check("initial-assessment"), @"degraded P3 (exit 1): fail worker-runs-test, fail inventory");
    run(&bench, &["stop", "stock-alert-api"]);
    assert_snapshot!(quick(&bench, "initial-assessment"), @"unhealthy P2 (exit 1): error stock-alert-ready, fail stock-alert-runs, fail worker-runs-test, fail inventory");
    run(&bench, &["delete", "flyer-crawler-worker"]);
    assert_snapshot!(quick(&bench, "initial-assessment"), @"unhealthy P1 (exit 1): fail worker-runs, error stock-alert-ready, fail stock-alert-runs, fail worker-runs-test, fail inventory, error worker-log");
    assert_snapshot!(quick(&bench, "after-incident"), @"unhealthy P1 (exit 1): fail inventory, fail worker-runs, error stock-alert-ready, fail stock-alert-runs, fail worker-runs-test, fail neighbours");
    run(&bench, &["start", "ecosystem.config.cjs", "--only", "flyer-crawler-worker"]);
    run(&bench, &["start", "stock-alert-api", "flyer-crawler-worker-test"]);

    // The API is degraded, and says so; then a burst of errors, and a crash loop.
    fs::create_dir_all(bench.path("data/production")).unwrap();
    fs::write(bench.path("data/production/health"), "degraded").unwrap();
    assert_snapshot!(quick(&bench, "production"), @"unhealthy P2 (exit 1): fail api-ready");
    fs::remove_file(bench.path("data/production/health")).unwrap();
    let api = pm2.one("flyer-crawler-api");
    let log = api.recipe.0["pm_err_log_path"].as_str().unwrap();
    append(Path::new(log), &"Error: no flyer\n".repeat(9));
    assert_snapshot!(bench.check("root-cause"), @"degraded P3 (exit 1): fail api-log, open workflow-runs-read, open history-read, open no-manual-commands");
    fs::write(bench.path("src/worker.js"), "setTimeout(() => process.exit(1), 200)").unwrap();
    run(&bench, &["restart", "flyer-crawler-worker"]);
    assert_snapshot!(quick(&bench, "production"), @"unhealthy P2 (exit 1): fail worker-runs");
    wait_for("PM2 to write it down", || {
        bench.check("root-cause").contains("fail daemon-log").then_some(())
    });
}

/// What a checklist comes to that nobody hopes for any more.
fn quick(bench: &Bench, checklist: &str) -> String {
    let config = fs::read_to_string(bench.path("tagout.yml")).unwrap();
    fs::write(bench.path("tagout.yml"), config.replace("within: 20s", "within: 1s")).unwrap();
    bench.check(checklist)
}

#[test]
fn dms() {
    let mut postgres = Postgres::new();
    let mut bench = Bench::new("dms");
    postgres.sql(&fs::read_to_string(bench.path("schema.sql")).unwrap());
    let (port, partner) = (free_port(), free_port());
    bench.set("DATABASE_URL", postgres.url());
    bench.set("DMS_PORT", port);
    bench.set("DMS_LOG", bench.path("dms-backend.log").display().to_string());
    bench.set("PARTNER_PORT", partner);
    bench.set("PARTNER_URL", format!("http://127.0.0.1:{partner}"));
    bench.start("src/partner.js", partner);
    bench.start("src/backend.js", port);
    let fresh = "SELECT count(*) FROM meesho.data_sync";
    wait_for("the first routing data", || (postgres.sql(fresh) == "1").then_some(()));
    assert_snapshot!(bench.check("post-deploy"), @"healthy (exit 0): all well");
    assert_snapshot!(bench.check("first-five-minutes"), @"healthy (exit 0): open alert-is-real, open team-knows");
    assert_eq!(bench.lint().1, 0);

    // Data stale, or none.
    postgres.sql("UPDATE meesho.data_sync SET updated_at = now() - interval '11 minutes'");
    assert_snapshot!(bench.check("post-deploy"), @"unhealthy S1 (exit 1): fail routing-data-is-fresh");
    postgres.sql("DELETE FROM meesho.data_sync");
    assert_snapshot!(bench.check("post-deploy"), @"unhealthy S1 (exit 1): fail routing-data-is-there, error routing-data-is-fresh");
    postgres.sql("INSERT INTO meesho.data_sync VALUES ('AWB1', 'HUB7', now())");

    // The token expires: 401 until the backend is restarted.
    let expire = format!("fetch('http://127.0.0.1:{partner}/expire', {{method: 'POST'}})");
    assert!(Command::new("node").args(["-e", &expire]).status().unwrap().success());
    postgres.sql("INSERT INTO meesho.inscan_sync DEFAULT VALUES");
    let log = || fs::read_to_string(bench.path("dms-backend.log")).unwrap();
    wait_for("a refusal", || log().contains("returned 401").then_some(()));
    assert_snapshot!(bench.check("token"), @"unhealthy S1 (exit 1): fail token-is-valid");

    // The partner is gone, and what waits grows: a look at 50, a failure at 100.
    bench.stop("src/partner.js");
    fs::write(bench.path("dms-backend.log"), "").unwrap();
    postgres.sql(
        "INSERT INTO meesho.inscan_sync (status) SELECT 'Pending' FROM generate_series(1, 60)",
    );
    assert_snapshot!(bench.check("outbox"), @"degraded S2 (exit 1): warn outbox-drains, error partner-health");
    postgres.sql(
        "INSERT INTO meesho.inscan_sync (status) SELECT 'Pending' FROM generate_series(1, 60)",
    );
    assert_snapshot!(bench.check("outbox"), @"degraded S2 (exit 1): fail outbox-drains, error partner-health");

    // A burst of errors.
    append(&bench.path("dms-backend.log"), &"ERROR scan failed\n".repeat(30));
    let triage = bench.check("first-five-minutes");
    assert!(triage.contains("fail few-errors") && triage.contains(" S2 "), "{triage}");

    // A crash, after which it was started again.
    append(&bench.path("dms-backend.log"), "FATAL: out of memory\n");
    assert_snapshot!(bench.check("process-down"), @"unhealthy S1 (exit 1): fail no-crash");

    // The database, then the process.
    postgres.stop();
    assert_snapshot!(bench.check("database"), @"unhealthy S0 (exit 1): error postgres");
    let down = bench.check("process-down");
    assert!(down.starts_with("unhealthy S0 (exit 1)"), "{down}");
    bench.stop("src/backend.js");
    assert_snapshot!(bench.check("process-down"), @"unhealthy S0 (exit 1): fail backend-runs, error backend-health, fail no-crash");
}

#[test]
fn mail_service() {
    let (mut postgres, mut redis) = (Postgres::new(), Redis::with_password("streams-and-offsets"));
    let mut bench = Bench::new("mail-service");
    let (port, smtp) = (free_port(), free_port());
    bench.set("DATABASE_URL", postgres.url());
    bench.set("MAIL_POSTGRES_PRIMARY_DSN", postgres.url());
    bench.set("MAIL_REDIS_MASTER_ADDR", format!("127.0.0.1:{}", redis.port));
    bench.set("MAIL_REDIS_PASSWORD", "streams-and-offsets");
    bench.set("MAIL_INTERNAL_HTTP_ADDR", format!("127.0.0.1:{port}"));
    bench.set("MAIL_TEMPLATE_DIR", "templates");
    bench.set("MAIL_LOG", bench.path("mail.log").display().to_string());
    bench.set("MAIL_SMTP_MODE", "smtp");
    bench.set("MAIL_SMTP_ADDR", format!("127.0.0.1:{smtp}"));
    bench.set("SMTP_PORT", smtp);
    bench.start("src/smtp-server.js", smtp);
    bench.start("src/service.js", port);
    let send = |redis: &Redis, id: &str| {
        redis.run(&["XADD", "mail:delivery_commands", "*", "delivery_id", id, "to", "a@mail.test"])
    };
    send(&redis, "d1");
    let sent = "SELECT count(*) FROM mail.deliveries WHERE status = 'sent'";
    wait_for("the first mail", || (postgres.sql(sent) == "1").then_some(()));
    assert_snapshot!(bench.check("all"), @"healthy (exit 0): open exporter-is-healthy");
    assert_eq!(bench.lint().1, 0);

    // Credentials that belong together, of which one is missing.
    bench.set("MAIL_SMTP_USERNAME", "mailer-account");
    assert_snapshot!(bench.check("startup"), @"unhealthy P2 (exit 1): fail smtp-is-configured");
    bench.set("MAIL_SMTP_USERNAME", "");

    // The wrong Redis, or none.
    bench.set("MAIL_REDIS_PASSWORD", "of-another-redis");
    let refused = bench.check("steady-state");
    assert!(refused.contains("error redis") && refused.contains(" P1 "), "{refused}");
    bench.set("MAIL_REDIS_PASSWORD", "");
    assert_snapshot!(bench.check("startup"), @"unhealthy P1 (exit 1): fail redis-is-configured");
    bench.set("MAIL_REDIS_PASSWORD", "streams-and-offsets");

    // Malformed entries of the stream.
    redis.run(&["XADD", "mail:delivery_commands", "*", "payload_mode", "odd"]);
    let kept = "SELECT count(*) FROM mail.malformed_commands";
    wait_for("the malformed command", || (postgres.sql(kept) == "1").then_some(()));
    assert_snapshot!(bench.check("malformed"), @"degraded P3 (exit 1): fail no-malformed-commands, fail no-command-rejected");

    // The mail server is gone, and mail comes back until it is dead.
    bench.stop("src/smtp-server.js");
    assert_snapshot!(bench.check("smtp-authentication"), @"unhealthy P2 (exit 1): error smtp-takes-mail, open sender-matches");
    postgres.sql(
        "INSERT INTO mail.deliveries (id, recipient, attempts) SELECT 'x' || n, 'b@mail.test', 3 FROM generate_series(1, 12) n",
    );
    let dead = "SELECT count(*) FROM mail.dead_letters";
    wait_for("the dead letters", || (postgres.sql(dead) == "12").then_some(()));
    assert_snapshot!(bench.check("dead-letter-spike"), @"unhealthy P2 (exit 1): fail few-dead-letters, error smtp-takes-mail");

    // A backlog that nobody works on.
    postgres.sql(
        "INSERT INTO mail.deliveries (id, recipient, next_attempt_at) SELECT 'y' || n, 'b@mail.test', now() + interval '1 hour' FROM generate_series(1, 1100) n;
         INSERT INTO mail.deliveries (id, recipient, status, next_attempt_at) VALUES ('z', 'b@mail.test', 'suppressed', now())",
    );
    let backlog = bench.check("backlog-grows");
    assert!(backlog.contains("fail schedule-is-bounded") && backlog.contains(" P2 "), "{backlog}");
    assert!(!backlog.contains("scheduler-works"), "{backlog}");
    assert_snapshot!(bench.check("suppressed"), @"degraded P3 (exit 1): fail suppressed-by-the-provider");
    bench.set("MAIL_SMTP_MODE", "stub");
    assert_snapshot!(bench.check("suppressed"), @"degraded P3 (exit 1): fail suppressed-by-the-provider, fail smtp-is-not-a-stub");

    // Redis, then PostgreSQL, then the process.
    redis.stop();
    let without_redis = bench.check("steady-state");
    assert!(
        without_redis.contains("error redis") && without_redis.contains(" P1 "),
        "{without_redis}"
    );
    redis.start_again();
    postgres.stop();
    let without_database = bench.check("backlog-grows");
    assert!(without_database.contains("error postgres"), "{without_database}");
    bench.stop("src/service.js");
    let without_process = bench.check("steady-state");
    assert!(without_process.contains("fail listener"), "{without_process}");
    assert!(without_process.contains("fail process-stays"), "{without_process}");
    let stopped = bench.check("backlog-grows");
    assert!(stopped.contains("fail scheduler-works"), "{stopped}");
}

#[test]
fn document_ingestion() {
    let mut postgres = Postgres::new();
    let mut bench = Bench::new("document-ingestion");
    postgres.sql(&fs::read_to_string(bench.path("schema.sql")).unwrap());
    let port = free_port();
    for (name, folder) in
        [("INGESTION_DATA", "data"), ("INGESTION_LOGS", "log"), ("INGESTION_BACKUPS", "backups")]
    {
        fs::create_dir(bench.path(folder)).unwrap();
        bench.set(name, bench.path(folder).display().to_string());
    }
    for log in ["error.log", "auth.log", "access.log", "security.log"] {
        fs::write(bench.path("log").join(log), "").unwrap();
    }
    bench.set("INGESTION_CATALOG", bench.path("catalog.db").display().to_string());
    bench.set("INGESTION_PORT", port);
    bench.set("DATABASE_URL", postgres.url());
    postgres.sql("INSERT INTO documents (status, processing_ms) SELECT 'done', 1200 FROM generate_series(1, 100)");
    let sqlite = |bench: &Bench, statements: &str| {
        let mut sqlite = bench.command("sqlite3");
        assert!(sqlite.arg("catalog.db").arg(statements).status().unwrap().success());
    };
    sqlite(
        &bench,
        "CREATE TABLE documents (id int, name text); INSERT INTO documents VALUES (1, 'a')",
    );
    sqlite(&bench, "CREATE INDEX by_name ON documents (name)");
    assert!(bench.command("./scripts/backup.sh").arg("weekly").status().unwrap().success());
    bench.start("src/api.js", port);
    assert_snapshot!(bench.check("all"), @"healthy (exit 0): all well");
    assert_snapshot!(bench.check("weekly"), @"healthy (exit 0): open uploaded, open versions-archived, open vacuumed, open performance-report");
    assert_snapshot!(bench.check("monthly"), @"healthy (exit 0): open restored, open updated, open capacity");
    assert_snapshot!(bench.check("recovery"), @"healthy (exit 0): all well");
    assert_eq!(bench.lint().1, 0);

    // The error rate: over 5 % a look, over 10 % a failure.
    postgres.sql("INSERT INTO documents (status) SELECT 'failed' FROM generate_series(1, 7)");
    assert_snapshot!(bench.check("morning"), @"degraded (exit 0): warn error-rate");
    postgres.sql("INSERT INTO documents (status) SELECT 'failed' FROM generate_series(1, 10)");
    assert_snapshot!(bench.check("morning"), @"unhealthy P2 (exit 1): fail error-rate");
    postgres.sql("DELETE FROM documents WHERE status = 'failed'");

    // Dead letters, alerts, slow and stuck documents.
    postgres.sql("INSERT INTO dead_letters (priority, created_at) SELECT 'high', now() - interval '2 days' FROM generate_series(1, 60)");
    assert_snapshot!(bench.check("dead-letter-issues"), @"degraded P3 (exit 1): fail dead-letters, fail no-old-dead-letters");
    postgres.sql("INSERT INTO alerts (severity) VALUES ('critical')");
    assert_snapshot!(bench.check("morning"), @"unhealthy P1 (exit 1): fail dead-letters, fail alerts");
    postgres.sql("UPDATE documents SET processing_ms = 40000; INSERT INTO documents (status, created_at) VALUES ('processing', now() - interval '1 hour')");
    assert_snapshot!(bench.check("processing"), @"unhealthy P2 (exit 1): fail processing-time, fail nothing-stuck");

    // A source that is not reachable.
    postgres.sql("UPDATE sources SET reachable = false WHERE name = 's3'");
    assert_snapshot!(bench.check("sources"), @"unhealthy P2 (exit 1): fail s3");

    // A query that blocks another.
    let mut blocking = bench.command("psql");
    let hold = "BEGIN; LOCK TABLE alerts; SELECT pg_sleep(30)";
    let mut blocking = blocking
        .args(["-qd", &postgres.url(), "-c", hold])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'alerts'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    wait_for("the lock to be held", || (postgres.sql(held) == "1").then_some(()));
    let mut blocked = bench.command("psql");
    let wants = "UPDATE alerts SET resolved = true";
    let mut blocked =
        blocked.args(["-qd", &postgres.url(), "-c", wants]).stderr(Stdio::null()).spawn().unwrap();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0";
    wait_for("one to be blocked", || (postgres.sql(waiting) == "1").then_some(()));
    assert_snapshot!(bench.check("database-issues"), @"unhealthy P2 (exit 1): fail no-blocked-queries");
    postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%alerts%' AND pid <> pg_backend_pid()");
    for child in [&mut blocking, &mut blocked] {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    // Queries that wait for each other, again and again.
    let is_checked = AtomicBool::new(false);
    thread::scope(|scope| {
        for (first, second) in [(1, 2), (2, 1)] {
            let (bench, url, is_checked) = (&bench, postgres.url(), &is_checked);
            scope.spawn(move || {
                let one_by_one = format!(
                    "SET deadlock_timeout = '10ms'; BEGIN; SELECT pg_advisory_xact_lock({first}); \
                     SELECT pg_sleep(0.02); SELECT pg_advisory_xact_lock({second}); COMMIT"
                );
                while !is_checked.load(Ordering::Acquire) {
                    // The one or the other is ended.
                    let _ = bench.command("psql").args(["-qd", &url, "-c", &one_by_one]).output();
                }
            });
        }
        let deadlocks = "SELECT sum(deadlocks) > 0 FROM pg_stat_database";
        wait_for("a deadlock", || (postgres.sql(deadlocks) == "t").then_some(()));
        let checked = bench.check("database-issues");
        is_checked.store(true, Ordering::Release);
        assert!(checked.contains("fail no-deadlocks"), "{checked}");
    });

    // Reviews that nobody ends, and what should have been deleted or archived long ago.
    postgres.sql(
        "INSERT INTO dead_letters (state, created_at) VALUES ('in_review', now() - interval '40 days');
         INSERT INTO metrics VALUES ('old', now() - interval '40 days')",
    );
    fs::write(bench.path("log/application.log.9"), "").unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(9 * 24 * 3600);
    let log = fs::File::options().write(true).open(bench.path("log/application.log.9")).unwrap();
    log.set_modified(old).unwrap();
    for entry in fs::read_dir(bench.path("backups")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("code_backup") {
            fs::File::options().write(true).open(entry.path()).unwrap().set_modified(old).unwrap();
        }
    }
    assert_snapshot!(bench.check("daily"), @"degraded P4 (exit 1): fail logs-are-rotated, fail old-data-is-deleted");
    assert_snapshot!(bench.check("weekly"), @"degraded P3 (exit 1): fail code-is-backed-up, fail dead-letters, fail no-old-dead-letters, fail no-stuck-reviews, fail dead-letters-are-archived, open uploaded, open versions-archived, open vacuumed, open performance-report");

    // Errors, intruders, old logs.
    append(&bench.path("log/error.log"), &"ERROR too many connections\n".repeat(60));
    append(&bench.path("log/access.log"), "GET /documents/../../etc/passwd\n");
    assert_snapshot!(bench.check("file-system-issues"), @"unhealthy P2 (exit 1): fail no-denied-permissions, fail logs-are-rotated");
    append(&bench.path("log/security.log"), &"authentication failed for root\n".repeat(30));
    let security = bench.check("security");
    assert!(security.contains("fail no-suspicious-access"), "{security}");
    assert!(security.contains("fail few-refusals"), "{security}");
    let critical = bench.check("critical-alert");
    assert!(critical.contains("fail few-recent-errors"), "{critical}");

    // A backup that is old, and a catalog that is torn.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(30 * 3600);
    for entry in fs::read_dir(bench.path("backups")).unwrap().flatten() {
        fs::File::options().write(true).open(entry.path()).unwrap().set_modified(old).unwrap();
    }
    let catalog = fs::read(bench.path("catalog.db")).unwrap();
    fs::write(bench.path("catalog.db"), &catalog[..catalog.len() / 2]).unwrap();
    let backup = bench.check("backup");
    assert!(
        backup.contains("fail backup-is-fresh") && backup.contains("backup-is-whole"),
        "{backup}"
    );
    assert!(backup.starts_with("unhealthy P1 (exit 1)"), "{backup}");

    // A full disk: where one may be mounted, in a name space of its own.
    let tagout = env!("CARGO_BIN_EXE_tagout");
    let full = format!(
        "mount -t tmpfs -o size=1m none data && dd if=/dev/zero of=data/all bs=1k count=2000 2>/dev/null; \
         exec {tagout} check file-system-issues --format json"
    );
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status();
    if may_mount.is_ok_and(|status| status.success()) {
        let judged = bench.judged(bench.command("unshare").args(["-rm", "sh", "-c", &full]));
        assert!(judged.contains("fail data-disk") && judged.contains(" P1 "), "{judged}");
    } else {
        eprintln!("the full disk is not tried: this host lets nobody mount one");
    }

    // The database, then the process.
    postgres.stop();
    let down = bench.check("morning");
    assert!(down.contains("fail health, fail health-database"), "{down}");
    bench.stop("src/api.js");
    let gone = bench.check("critical-alert");
    assert!(gone.contains("error health") && gone.contains("error process"), "{gone}");
}

#[test]
fn partner_monitoring() {
    let mut redis = Redis::new();
    let pm2 = Pm2::new();
    let mut bench = Bench::new("partner-monitoring");
    let (port, partner) = (free_port(), free_port());
    bench.set("PM2_HOME", pm2.home().display().to_string());
    bench.set("REDIS_ADDR", format!("127.0.0.1:{}", redis.port));
    bench.set("API_PORT", port);
    bench.set("PARTNER_PORT", partner);
    bench.set("PARTNER_URL", format!("http://127.0.0.1:{partner}"));
    bench.set("PARTNER_TOKEN", "token-of-today");
    bench.set("PARTNER_TOKEN_FILE", bench.path("token").display().to_string());
    fs::write(bench.path("token"), "token-of-today").unwrap();
    for n in 0..10 {
        redis.run(&["SADD", "users:active", &format!("u{n}")]);
    }
    redis.run(&["RPUSH", "queue:job_upload", "job"]);
    bench.start("src/partner.js", partner);
    let pm2_start = |bench: &Bench, arguments: &[&str]| {
        let output = bench.command(support::pm2_command()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    pm2_start(&bench, &["start", "ecosystem.config.cjs"]);
    wait_for("the worker", || (redis.run(&["GET", "metric:processed"]) == "1").then_some(()));
    wait_for("the API", || TcpStream::connect(("127.0.0.1", port)).ok());
    assert_snapshot!(bench.check("overall"), @"healthy (exit 0): all well");
    assert_eq!(bench.lint().1, 0);

    // More than half of the users cannot sync.
    for n in 0..6 {
        redis.run(&["SADD", "users:error", &format!("u{n}")]);
    }
    assert_snapshot!(bench.check("health"), @"degraded P2 (exit 1): warn overall-health, fail partner-users");
    redis.run(&["DEL", "users:error"]);

    // The token expires.
    fs::write(bench.path("token"), "token-of-tomorrow").unwrap();
    let expired = bench.check("partner-issues");
    assert!(expired.contains("fail partner-api") && expired.contains(" P1 "), "{expired}");
    fs::write(bench.path("token"), "token-of-today").unwrap();

    // A burst of errors of the partner's API, and of refusals.
    let mut bursts = ["requests:error", "auth_failures", "sync_failed"].map(|metric| {
        let mut client = bench.command("redis-cli");
        client.args(["-p", &redis.port.to_string(), "-r", "400", "-i", "0.05"]);
        let client = client.args(["INCR", &format!("metric:{metric}")]);
        client.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
    });
    assert_snapshot!(bench.check("partner-issues"), @"unhealthy P1 (exit 1): fail no-authentication-failures, fail few-partner-errors");
    assert_snapshot!(bench.check("sync-issues"), @"degraded P2 (exit 1): fail few-failed-syncs");
    for burst in &mut bursts {
        burst.kill().unwrap();
        burst.wait().unwrap();
    }
    redis.run(&["SET", "metric:assignments:failed", "10"]);
    redis.run(&["SET", "metric:assignments:success", "90"]);
    assert_snapshot!(bench.check("sync-issues"), @"degraded P2 (exit 1): fail assignments-succeed");
    redis.run(&["DEL", "metric:assignments:failed"]);

    // Queues that are too deep, and nothing that was synced for an hour.
    pm2_start(&bench, &["stop", "partner-sync-worker"]);
    for _ in 0..12 {
        redis.run(&[
            "EVAL",
            "for i = 1, 100 do redis.call('RPUSH', 'queue:job_upload', i) end",
            "0",
        ]);
    }
    redis.run(&["SET", "sync:last", "1700000000"]);
    assert_snapshot!(bench.check("sync-issues"), @"unhealthy P1 (exit 1): fail processing-goes-on, fail queue-depth");
    redis.run(&["DEL", "queue:job_upload"]);

    // The worker in a crash loop, which PM2 calls online.
    fs::write(bench.path("src/sync-worker.js"), "setTimeout(() => process.exit(1), 300)").unwrap();
    pm2_start(&bench, &["start", "partner-sync-worker"]);
    let looping = bench.check("queue-issues");
    assert!(looping.contains("fail worker-process") && looping.contains(" P1 "), "{looping}");

    // The partner, then Redis.
    bench.stop("src/partner.js");
    let without_partner = bench.check("partner-issues");
    assert!(without_partner.contains("error partner-is-reachable"), "{without_partner}");
    redis.stop();
    let without_redis = bench.check("queue-issues");
    assert!(without_redis.contains("error redis"), "{without_redis}");
    assert!(without_redis.starts_with("unhealthy P0 (exit 1)"), "{without_redis}");
}
