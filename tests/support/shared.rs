use super::{Pm2, app, free_port};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use tagout::host::Status;

/// Whose processes are whose, and what comes back first.
pub const INVENTORY: &str = "
version: 1
inventory:
  shop:
    environments:
      test: {pm2: ['*-test'], priority: 5}
      production: {pm2: [shop-api, shop-worker], priority: 1}
neighbours: {pm2: ['stock-*', billing], priority: 3}
";

/// A host that is shared: an app with two processes, its test twin, and a neighbour. The app
/// answers at the port that is given with it.
pub fn shared_host() -> (Pm2, u16) {
    shared(Pm2::new())
}

/// The same with release 5, 6 or 7 of PM2.
pub fn shared_host_of(release: u32) -> (Pm2, u16) {
    shared(Pm2::release(release))
}

fn shared(pm2: Pm2) -> (Pm2, u16) {
    let port = free_port();
    pm2.write(
        "api.js",
        "require('http').createServer((_, r) => r.end('ok')).listen(process.env.PORT, '127.0.0.1')",
    );
    pm2.write(
        "tagout.yml",
        &format!(
            "
version: 1
inventory:
  shop:
    environments:
      test: {{workflows: [deploy-test.yml], pm2: ['*-test'], priority: 5}}
      production: {{workflows: [deploy.yml], pm2: [shop-api, shop-worker], priority: 1}}
neighbours: {{pm2: ['stock-*'], priority: 3}}
probes:
  ready: {{http: 'http://127.0.0.1:{port}', expect: status == 200, within: 10s, every: 50ms}}
checklists: {{post-deploy: [ready, neighbours]}}
"
        ),
    );
    pm2.write("stock.js", "setInterval(() => {}, 1000)");
    way_around(&pm2);
    pm2.start(&[
        app("shop-api-test"),
        json!({"name": "stock-alert-api", "script": "stock.js", "env": {"STOCK_KEY": "s3cret-stock"}}),
        app("shop-worker"),
        json!({"name": "shop-api", "script": "api.js", "env": {"PORT": port}}),
    ]);
    (pm2, port)
}

/// `./unguarded` is a `pm2` that goes around all that stands between a deploy and the host.
pub fn way_around(pm2: &Pm2) {
    let bin = pm2.cli().parent().unwrap().display();
    let text = format!(
        "#!/bin/sh\nunset PM2_DAEMON_RPC_PORT PM2_NODE_OPTIONS\nPATH=${{PATH#*/tagout-*:}}\n\
         # Who reads this cannot know what it calls.\nexec {bin}/pm[2] \"$@\"\n"
    );
    let script = pm2.write("unguarded", &text);
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A guarded deploy of production, in a CI job that finds `pm2` on its `PATH`.
pub fn guarded(pm2: &Pm2, arguments: &[&str]) -> Command {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", pm2.cli().parent().unwrap().display());
    let mut command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    command
        .args(["deploy", "--app", "shop/production", "--report", "report.md"])
        .args(arguments)
        .env("PATH", path)
        .env("TAGOUT_LOCK", pm2.folder().join("host.lock"))
        .env("GITHUB_TOKEN", "ghs_of_the_job")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(Stdio::null());
    command
}

/// Who runs, and as which process.
pub fn running(pm2: &Pm2) -> BTreeMap<String, Option<u32>> {
    let online = pm2.processes().into_iter().filter(|process| process.status == Status::Online);
    online.map(|process| (process.key.to_string(), process.pid)).collect()
}

pub fn expect_all_run(pm2: &Pm2) {
    let names: Vec<String> = running(pm2).into_keys().collect();
    assert_eq!(names, ["shop-api", "shop-api-test", "shop-worker", "stock-alert-api"]);
}
