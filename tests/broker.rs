//! What the commands of a guarded deploy may ask PM2 for, with PM2 5, 6 and 7.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use support::{
    Pm2, app, expect_all_run, guarded, pm2_command, running, shared_host, shared_host_of, wait_for,
};
use tagout::host::{Process, Status, proc};

/// How a deploy went.
struct Deployed {
    code: i32,
    out: String,
    /// What tagout said.
    said: String,
}

impl Deployed {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Self { code, out: text(&output.stdout), said: text(&output.stderr) }
    }

    /// What was refused, in order.
    fn refused(&self) -> Vec<&str> {
        let lines = self.said.lines().filter_map(|line| line.strip_prefix("tagout: "));
        lines.filter(|line| line.contains(" refused: ")).collect()
    }
}

/// Runs `script` in a guarded deploy of production.
fn deploy(pm2: &Pm2, script: &str) -> Deployed {
    // As after `npm ci` in the app's folder.
    let modules = pm2.cli().parent().unwrap().parent().unwrap();
    let _ = symlink(modules, pm2.folder().join("node_modules"));
    // The programs that stand in for others would see most before the broker does.
    pm2.write("deploy.sh", &format!("PATH=${{PATH#*/tagout-*:}}\n{script}"));
    Deployed::of(&guarded(pm2, &["--", "/bin/bash", "deploy.sh"]).output().unwrap())
}

/// What must not have changed: the processes of others, with all that PM2 knows of them but time.
fn of_others(pm2: &Pm2) -> Vec<(String, Option<u32>, u64)> {
    let processes = pm2.processes().into_iter();
    let others = processes
        .filter(|process| !["shop-api", "shop-worker", "shop-cron"].contains(&&*process.key.name));
    others.map(|process| (process.key.to_string(), process.pid, process.restarts)).collect()
}

/// Each line is a way to reach others; whatever it ends with, it must not succeed.
const REACHES_OTHERS: &str = r#"
try() { "$@" >>tried.log 2>&1 && echo "it succeeded: $*"; }
try pm2 delete all
try pm2 -s stop default
try pm2 restart /api/
try pm2 reload all
try pm2 stop stock-alert-api shop-worker
try pm2 restart 1
pm2 scale stock-alert-api 3 >>tried.log 2>&1
try pm2 sendSignal SIGKILL stock-alert-api
try pm2 -s start stay.js --name stock-alert-api
try pm2 -s start stay.js --name nobodys
try pm2 kill
try pm2 -s update
try npx pm2 delete all
try "$(readlink -f node_modules/.bin/pm2)" stop all
node -e "require('net').connect(process.env.PM2_DAEMON_RPC_PORT).on('error', () => {}).end('nonsense')"
try node restart-all.js
try node restart-each.js
exit 0
"#;

const RESTART_ALL: &str = "
require('pm2').restart('all', (error) => process.exit(error ? 1 : 0));
";

const RESTART_EACH: &str = "
const pm2 = require('pm2');
pm2.connect(() => pm2.list((_, list) => {
  const one = (n) => n == list.length ? process.exit(failed) : pm2.restart(list[n].pm_id, (error) => {
    if (error) failed = 1;
    one(n + 1);
  });
  let failed = 0;
  one(0);
}));
";

fn others_cannot_be_reached(release: u32) {
    let (pm2, _) = shared_host_of(release);
    pm2.write("restart-all.js", RESTART_ALL);
    pm2.write("restart-each.js", RESTART_EACH);
    let before = of_others(&pm2);
    let daemon = pm2.daemon_pid();
    let ran = deploy(&pm2, REACHES_OTHERS);
    let log = fs::read_to_string(pm2.folder().join("tried.log")).unwrap();
    assert_eq!(ran.out, "", "{log}\n{}", ran.said);
    assert_eq!(before, of_others(&pm2), "{log}\n{}", ran.said);
    assert_eq!(daemon, pm2.daemon_pid());
    assert_eq!(ran.code, 0, "{}", ran.said);
    expect_all_run(&pm2);
    let all = "it would hit shop-api-test (shop/test), stock-alert-api (a neighbour); nothing was touched. \
               Name the app's own processes instead";
    let stock = "it belongs to a neighbour (`neighbours: {pm2: [stock-*]}`)";
    let ends = "it would end the daemon that all apps on this host share, and all apps with it";
    let nobody = "that name is not the deploy's own; if it is to be, \
                  add it to inventory.shop.environments.production.pm2 in tagout.yml";
    let test = "it belongs to shop/test, and this deploys shop/production";
    let expected: Vec<String> = [
        ("delete all", all),
        ("-s stop default", all),
        ("restart /api/", all),
        ("reload all", all),
        (
            "stop stock-alert-api shop-worker",
            "it would hit stock-alert-api (a neighbour); nothing was touched. \
             Name the app's own processes instead",
        ),
        ("restart stock-alert-api", stock),
        ("scale stock-alert-api 3", stock),
        ("sendSignal SIGKILL stock-alert-api", stock),
        ("start stock-alert-api", stock),
        ("start nobodys", nobody),
        ("kill", ends),
        ("-s update", ends),
        ("delete all", all),
        ("stop all", all),
    ]
    .iter()
    .map(|(what, why)| format!("pm2 {what} refused: {why}"))
    .collect();
    let refused = ran.refused();
    assert_eq!(refused[..expected.len()], expected, "{log}");
    // From code that calls PM2's library only single processes are heard of.
    for one in [
        format!("pm2 restart shop-api-test refused: {test}"),
        format!("pm2 restart stock-alert-api refused: {stock}"),
    ] {
        assert!(refused[expected.len()..].contains(&one.as_str()), "{one}\n{}", ran.said);
    }
    let report = fs::read_to_string(pm2.folder().join("report.md")).unwrap();
    let escaped = "pm2 kill refused: it would end the daemon";
    assert!(report.contains(escaped), "{report}");
}

#[test]
fn others_cannot_be_reached_with_pm2_5() {
    others_cannot_be_reached(5);
}

#[test]
fn others_cannot_be_reached_with_pm2_6() {
    others_cannot_be_reached(6);
}

#[test]
fn others_cannot_be_reached_with_pm2_7() {
    others_cannot_be_reached(7);
}

/// What a deploy does with its own app.
const OWN_APP: &str = r#"
set -e
exec >>own.log 2>&1
pm2 reload shop-api --update-env
pm2 restart shop-worker
pm2 stop shop-worker
pm2 start shop-worker
pm2 scale shop-worker 3
pm2 scale shop-worker 1
pm2 delete shop-worker
pm2 startOrReload own.json --update-env
npx pm2 restart own.json --only shop-worker
node -e "require('pm2').restart('shop-worker', (error) => { console.log(error); process.exit(error ? 1 : 0) })"
pm2 sendSignal SIGCONT shop-worker
cat >own.config.js <<END
module.exports = {apps: [{name: 'shop-cron', script: 'stay.js', exec_mode: 'cluster'}]}
END
pm2 start own.config.js
pm2 describe shop-worker
pm2 logs --nostream --lines 1
pm2 save
"#;

fn the_own_app_stays_manageable(release: u32) {
    let (pm2, port) = shared_host_of(release);
    pm2.write(
        "own.json",
        &format!(
            r#"{{"apps": [
                {{"name": "shop-api", "script": "api.js", "env": {{"PORT": {port}}}}},
                {{"name": "shop-worker", "script": "stay.js", "exec_mode": "cluster", "instances": 2}}
            ]}}"#
        ),
    );
    // The file is not there yet: this deploy brings it, and a process that is new.
    let config = fs::read_to_string(pm2.folder().join("tagout.yml")).unwrap();
    let own = "pm2: [shop-api, shop-worker]";
    pm2.write("tagout.yml", &config.replace(own, &format!("{own}, ecosystem: own.config.js")));
    let before = of_others(&pm2);
    let ran = deploy(&pm2, OWN_APP);
    let log = fs::read_to_string(pm2.folder().join("own.log")).unwrap();
    assert_eq!(ran.code, 0, "{log}\n{}", ran.said);
    assert_eq!(ran.refused(), Vec::<&str>::new());
    assert_eq!(pm2.one("shop-cron").status, Status::Online);
    assert_eq!(before, of_others(&pm2));
    assert_eq!(pm2.named("shop-worker").len(), 2);
    for process in pm2.processes() {
        expect_no_trace(&pm2, &process);
    }
}

/// Nothing of the guard stays in an app, nor in what PM2 keeps for its next start.
fn expect_no_trace(pm2: &Pm2, process: &Process) {
    let environment = fs::read(format!("/proc/{}/environ", process.pid.unwrap())).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let kept = serde_json::to_string(&process.recipe).unwrap();
    for text in [environment, kept] {
        for trace in
            ["PM2_DAEMON_RPC_PORT", "no-second-daemon", "TAGOUT_JOURNAL", "TAGOUT_PM2_BROKER"]
        {
            assert!(!text.contains(trace), "{}: {trace}: {text}", process.key);
        }
        assert!(text.contains(pm2.state().to_str().unwrap()) || !text.contains("TAGOUT_STATE"));
    }
}

#[test]
fn the_own_app_stays_manageable_with_pm2_5() {
    the_own_app_stays_manageable(5);
}

#[test]
fn the_own_app_stays_manageable_with_pm2_6() {
    the_own_app_stays_manageable(6);
}

#[test]
fn the_own_app_stays_manageable_with_pm2_7() {
    the_own_app_stays_manageable(7);
}

fn daemons(pm2: &Pm2) -> Vec<u32> {
    let is_daemon = |pid: &u32| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains("God Daemon") || line.contains("Daemon.js")
    };
    pm2.belonging().into_iter().filter(is_daemon).collect()
}

fn the_first_call_starts_one_daemon(release: u32) {
    let pm2 = Pm2::release(release);
    pm2.write(
        "tagout.yml",
        "version: 1\ninventory: {shop: {environments: {production: {pm2: ['shop-*']}}}}",
    );
    let script = "
        for name in a b c; do pm2 -s start stay.js --name shop-$name & done
        wait
        node -e \"require('pm2').list((error, list) => { console.log(list.length); process.exit() })\"
    ";
    let ran = deploy(&pm2, script);
    assert_eq!((ran.code, ran.out.as_str()), (0, "3\n"), "{}", ran.said);
    let daemons = daemons(&pm2);
    assert_eq!(daemons.len(), 1, "PM2 alone starts up to three here");
    assert!(pm2.socket().exists());
    for variable in ["PM2_DAEMON_RPC_PORT", "PM2_NODE_OPTIONS", "TAGOUT_JOURNAL", "GITHUB_TOKEN"] {
        assert_eq!(proc::variable(daemons[0], variable), None, "{variable}");
    }
    for process in pm2.processes() {
        expect_no_trace(&pm2, &process);
    }
}

#[test]
fn on_a_host_without_a_daemon_the_first_call_starts_one_and_only_one() {
    for release in [5, 6, 7] {
        the_first_call_starts_one_daemon(release);
    }
}

#[test]
fn a_deploy_that_asks_nothing_of_pm2_starts_no_daemon() {
    let pm2 = Pm2::new();
    pm2.write("tagout.yml", "version: 1\ninventory: {shop: {environments: {production: {}}}}");
    assert_eq!(deploy(&pm2, "true").code, 0);
    assert_eq!(daemons(&pm2), Vec::<u32>::new());
}

fn no_second_daemon_when_the_guard_is_killed(release: u32) {
    let (pm2, _) = shared_host_of(release);
    let daemon = pm2.daemon_pid();
    let pid_file = fs::read_to_string(pm2.home().join("pm2.pid")).unwrap();
    // The command goes on for a moment: what it asks of PM2 then must do no harm.
    let script = "
        trap '' TERM
        echo $PM2_DAEMON_RPC_PORT > socket
        kill -9 $PPID
        timeout 4 pm2 -s delete stock-alert-api
        timeout 4 pm2 -s jlist > list
        touch went-on
    ";
    let ran = deploy(&pm2, script);
    assert_eq!(ran.code, -1, "it was killed");
    let socket = fs::read_to_string(pm2.folder().join("socket")).unwrap();
    let reports = pm2.state().join("reports");
    wait_for("the watchdog to finish", || fs::read_dir(&reports).ok()?.next()?.ok());
    wait_for("the files of the guard to be gone", || {
        (!Path::new(socket.trim()).parent().unwrap().exists()).then_some(())
    });
    assert!(pm2.folder().join("went-on").exists());
    assert_eq!(fs::read_to_string(pm2.folder().join("list")).unwrap(), "");
    assert_eq!(daemons(&pm2), [daemon.unwrap()]);
    assert_eq!(fs::read_to_string(pm2.home().join("pm2.pid")).unwrap(), pid_file);
    expect_all_run(&pm2);
}

#[test]
fn when_the_guard_is_killed_pm2_starts_no_second_daemon() {
    for release in [5, 6, 7] {
        no_second_daemon_when_the_guard_is_killed(release);
    }
}

#[test]
fn a_call_for_another_pm2_home_reaches_that_home() {
    let (pm2, _) = shared_host();
    let other = Pm2::new();
    other.start(&[app("shop-worker")]);
    let before = (running(&pm2), running(&other));
    let script = format!("PM2_HOME={} pm2 -s restart shop-worker", other.home().display());
    let ran = deploy(&pm2, &script);
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert_eq!(before.0, running(&pm2));
    assert_ne!(before.1, running(&other));
}

#[test]
fn without_an_inventory_what_is_named_passes_and_what_is_wide_is_refused() {
    let pm2 = Pm2::new();
    pm2.start(&[app("a"), app("b"), app("c"), app("d")]);
    let before = running(&pm2);
    pm2.write("restart-all.js", RESTART_ALL);
    let script = r#"
        pm2 -s restart a
        pm2 -s restart b c
        pm2 -s restart apps.json --only b,c
        pm2 -s start stay.js --name e
        pm2 -s restart all || echo refused all
        pm2 -s restart default || echo refused default
        pm2 -s kill 2>/dev/null || echo refused kill
        node restart-all.js || echo refused the library
    "#;
    pm2.write("deploy.sh", &format!("PATH=${{PATH#*/tagout-*:}}\n{script}"));
    let modules = pm2_command().parent().unwrap().parent().unwrap();
    symlink(modules, pm2.folder().join("node_modules")).unwrap();
    let path = format!("{}/.bin:{}", modules.display(), std::env::var("PATH").unwrap());
    let mut command: Command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    command.args(["deploy", "--", "/bin/bash", "deploy.sh"]).env("PATH", path);
    let ran = Deployed::of(&command.output().unwrap());
    assert_eq!(
        ran.out, "refused all\nrefused default\nrefused kill\nrefused the library\n",
        "{}",
        ran.said
    );
    assert_eq!(ran.code, 0, "{}", ran.said);
    let restarts: Vec<u64> = ["a", "b", "c"].iter().map(|name| pm2.one(name).restarts).collect();
    // The library's sweep had begun with the first when it was seen to be one.
    assert_eq!(restarts, [2, 2, 2]);
    assert_eq!(pm2.one("d").pid, before["d"]);
}
