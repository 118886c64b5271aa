//! What hosts share, on each kind of store: a folder, a real PostgreSQL, a real S3 server.

mod support;

use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Postgres, S3};
use tagout::store::backend::{Backend, Expected, open};
use tagout::store::lease::{Attempt, Lease, LeaseHolder, LostError, Terms, take};

const TTL: Duration = Duration::from_millis(1500);
const NOW: Duration = Duration::ZERO;

/// Runs a test on each kind of store.
fn on_each(test: impl Fn(&str, &[(&str, String)])) {
    let folder = tempfile::tempdir().unwrap();
    test(&format!("file:{}", folder.path().join("shared").display()), &[]);
    let postgres = Postgres::new();
    test(&postgres.url(), &[]);
    let s3 = S3::new();
    test("s3://fleet/tagout", &s3.variables());
}

/// The variables of S3 are the process's, so each test that needs them is a process of its own.
fn in_own_process(name: &str, url: &str, variables: &[(&str, String)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", name])
        .env("TAGOUT_TEST_STORE", url)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{url}: {}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 passed"), "{url}: {name} is no test");
}

fn store() -> Box<dyn Backend> {
    open(&std::env::var("TAGOUT_TEST_STORE").unwrap()).unwrap()
}

fn holder(host: &str) -> LeaseHolder {
    let since = "2026-11-28T03:00:00Z".parse().unwrap();
    LeaseHolder { host: host.to_owned(), command: "npm run deploy".to_owned(), run: None, since }
}

fn asked(store: &dyn Backend, terms: &Terms, host: &str, wait: Duration) -> Attempt {
    take(store, terms, &holder(host), wait, TTL, |_| {}).unwrap()
}

fn taken(store: &dyn Backend, terms: &Terms, host: &str) -> Lease {
    match asked(store, terms, host, NOW) {
        Attempt::Taken(lease) => lease,
        Attempt::Busy(by) => panic!("{host} had to wait for {by:?}"),
    }
}

fn terms(limit: u32) -> Terms {
    Terms { scope: "app/shop".to_owned(), limit }
}

#[test]
fn what_is_written_is_read_and_only_over_what_was_read() {
    on_each(|url, variables| in_own_process("items_of_a_store", url, variables));
}

#[test]
#[ignore = "it is run on each store by the test above"]
fn items_of_a_store() {
    let store = store();
    assert_eq!(store.read("a/none").unwrap(), None);
    assert_eq!(store.list("a/").unwrap(), [""; 0]);
    let first = store.write("a/one", b"1", Expected::Nothing).unwrap().unwrap();
    assert_eq!(store.write("a/one", b"2", Expected::Nothing).unwrap(), None);
    assert_eq!(store.read("a/one").unwrap().unwrap().bytes, b"1");
    let second = store.write("a/one", b"3", Expected::Version(&first)).unwrap().unwrap();
    assert_eq!(store.write("a/one", b"4", Expected::Version(&first)).unwrap(), None, "it is stale");
    assert_eq!(store.read("a/one").unwrap().unwrap().version, second);
    assert_eq!(
        store.write("a/none", b"5", Expected::Version(&second)).unwrap(),
        None,
        "it is not there"
    );
    store.write("a/two", b"", Expected::Anything).unwrap().unwrap();
    store.write("b", &[0, 255], Expected::Anything).unwrap().unwrap();
    assert_eq!(store.read("b").unwrap().unwrap().bytes, [0, 255]);
    assert_eq!(store.list("a/").unwrap(), ["a/one", "a/two"]);
    assert_eq!(store.list("").unwrap(), ["a/one", "a/two", "b"]);
    store.remove("a/one").unwrap();
    store.remove("a/one").unwrap();
    assert_eq!(store.list("a/").unwrap(), ["a/two"]);
}

#[test]
fn of_all_who_count_up_at_once_nobody_is_lost() {
    on_each(|url, variables| in_own_process("counting_in_a_store", url, variables));
}

#[test]
#[ignore = "it is run on each store by the test above"]
fn counting_in_a_store() {
    store().write("count", b"0", Expected::Nothing).unwrap().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let store = store();
                for _ in 0..5 {
                    loop {
                        let item = store.read("count").unwrap().unwrap();
                        let count: u32 = String::from_utf8(item.bytes).unwrap().parse().unwrap();
                        let next = (count + 1).to_string();
                        let expected = Expected::Version(&item.version);
                        if store.write("count", next.as_bytes(), expected).unwrap().is_some() {
                            break;
                        }
                    }
                }
            });
        }
    });
    assert_eq!(store().read("count").unwrap().unwrap().bytes, b"20");
}

#[test]
fn a_fleet_deploys_one_after_the_other_or_as_many_at_a_time_as_it_says() {
    on_each(|url, variables| in_own_process("leases_of_a_fleet", url, variables));
}

#[test]
#[ignore = "it is run on each store by the test above"]
fn leases_of_a_fleet() {
    let store = store();
    let lease = taken(&*store, &terms(1), "web-1");
    let Attempt::Busy(by) = asked(&*store, &terms(1), "web-2", NOW) else { panic!("two hold it") };
    assert_eq!(by.unwrap().host, "web-1");
    // Of another app nobody deploys.
    let other = Terms { scope: "app/blog".to_owned(), limit: 1 };
    taken(&*store, &other, "web-2").release(&*store).unwrap();
    // Two at a time.
    let second = taken(&*store, &terms(2), "web-2");
    assert!(matches!(asked(&*store, &terms(2), "web-3", NOW), Attempt::Busy(_)));
    let token = lease.token();
    lease.release(&*store).unwrap();
    let lease = taken(&*store, &terms(1), "web-3");
    assert!(lease.token() > token, "{} after {token}", lease.token());
    second.release(&*store).unwrap();
    lease.release(&*store).unwrap();
}

#[test]
fn a_lease_that_nobody_renews_is_taken_over_and_its_holder_can_do_nothing_more() {
    on_each(|url, variables| in_own_process("a_dead_holder", url, variables));
}

#[test]
#[ignore = "it is run on each store by the test above"]
fn a_dead_holder() {
    let store = store();
    let mut dead = taken(&*store, &terms(1), "web-1");
    assert!(dead.write(&*store, "deploys/shop", json!({"host": "web-1"})).unwrap());
    let Attempt::Taken(lease) = asked(&*store, &terms(1), "web-2", TTL * 4) else {
        panic!("a dead holder strands all others");
    };
    assert!(lease.token() > dead.token());
    assert!(lease.write(&*store, "deploys/shop", json!({"host": "web-2"})).unwrap());
    // It was only asleep.
    assert!(matches!(dead.renew(&*store), Err(LostError::Taken { .. })));
    assert!(!dead.write(&*store, "deploys/shop", json!({"host": "web-1"})).unwrap());
    let written = store.read("deploys/shop").unwrap().unwrap().bytes;
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written["value"]["host"], "web-2");
}

#[test]
fn a_lease_that_is_renewed_is_never_taken_over() {
    on_each(|url, variables| in_own_process("a_living_holder", url, variables));
}

#[test]
#[ignore = "it is run on each store by the test above"]
fn a_living_holder() {
    let store = store();
    let mut lease = taken(&*store, &terms(1), "web-1");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| asked(&*self::store(), &terms(1), "web-2", TTL * 2));
        while !waiting.is_finished() {
            lease.renew(&*store).unwrap();
            std::thread::sleep(TTL / 5);
        }
        assert!(matches!(waiting.join().unwrap(), Attempt::Busy(_)));
    });
    // Another process of the same deploy goes on with it.
    let mut resumed = Lease::resume(&*store, lease.key(), lease.token()).unwrap().unwrap();
    resumed.renew(&*store).unwrap();
    assert!(Lease::resume(&*store, lease.key(), lease.token() + 1).unwrap().is_none());
}

#[test]
fn an_address_that_is_none_is_told_without_its_password() {
    let why = |url: &str| open(url).map(drop).unwrap_err().to_string();
    assert_eq!(why("ftp://x"), "`store:` is no address of a store: `ftp:` is not known");
    assert_eq!(
        why("file:here"),
        "`store:` is no address of a store: `file:here` does not start at the root"
    );
    assert!(why("s3://").contains("it names no bucket"));
    let nobody = open("postgres://me:secret@127.0.0.1:1/db").unwrap().read("a").unwrap_err();
    let said = format!("{nobody}");
    assert!(said.contains("postgres://127.0.0.1/db") && !said.contains("secret"), "{said}");
}
