//! `tagout init`: what it writes of a real host can be checked at once.

mod support;

use insta::assert_snapshot;
use serde_json::json;
use std::fs;
use std::net::TcpStream;
use support::{Pm2, Ran, Systemd, free_port, wait_for};

#[test]
fn what_is_written_from_a_host_and_a_repository_passes_at_once() {
    let pm2 = Pm2::new();
    let shop = pm2.folder().join("shop");
    fs::create_dir_all(shop.join(".github/workflows")).unwrap();
    let write = |name: &str, text: &str| fs::write(shop.join(name), text).unwrap();
    write(".github/workflows/deploy-prod.yml", "on: push\njobs: {}\n");
    write(".github/workflows/deploy-test.yml", "on: push\njobs: {}\n");
    write(".github/workflows/lint.yml", "on: push\njobs: {}\n");
    write("package.json", r#"{"name": "shop"}"#);
    write(
        "ecosystem.config.cjs",
        "module.exports = {apps: [{name: 'shop-api', script: 'api.js'}, {name: 'shop-worker', script: 'worker.js'}]};",
    );
    write(
        "ecosystem-test.config.cjs",
        "module.exports = {apps: [{name: 'shop-api-test', script: 'api.js'}]};",
    );
    write("worker.js", "setInterval(() => {}, 1000)");
    write(
        "api.js",
        "require('http').createServer((q, r) => { r.statusCode = q.url === '/api/health' ? 200 : 404;
         r.end(JSON.stringify({data: {status: 'healthy'}})) }).listen(0, '127.0.0.1',
         function () { require('fs').writeFileSync('port', String(this.address().port)) })",
    );
    pm2.start(&[support::app("stock-alert-api")]);
    let mut start = pm2.command(support::pm2_command());
    assert!(
        start
            .args(["start", "ecosystem.config.cjs"])
            .current_dir(&shop)
            .output()
            .unwrap()
            .status
            .success()
    );
    let port = wait_for("the API", || fs::read_to_string(shop.join("port")).ok());

    let tagout = |arguments: &[&str]| {
        let mut command = pm2.command(env!("CARGO_BIN_EXE_tagout"));
        let output = command.args(arguments).current_dir(&shop).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, _, said) = tagout(&["init"]);
    assert_eq!(code, 0, "{said}");
    let written = fs::read_to_string(shop.join("tagout.yml")).unwrap();
    // What else runs on the host that tests this is its own affair.
    let of_the_host = ["# It listens", "postgres", "redis", "mysql", "mongodb", "rabbitmq"];
    assert_eq!(written.contains("\n  disk:"), !written.contains("# The disk is at"));
    let ours = written.split("\nchecklists:").next().unwrap();
    let ours = ours.split("  # It listens").next().unwrap();
    let ours = ours.split("  disk:\n").next().unwrap().split("  # The disk").next().unwrap();
    let first = ours.lines().next().unwrap().to_owned();
    let ours = ours.replace(&first, "# [FIRST]").replace(&port, "[PORT]");
    assert_snapshot!(ours, @r#"
    # [FIRST]
    # Read it through: names, thresholds and severities are guesses. `tagout check` tries it.
    version: 1

    # Whose things are whose; what comes back first after an outage has the lowest priority.
    inventory:
      shop:
        environments:
          production:
            workflows: [deploy-prod.yml]
            pm2: [shop-api, shop-worker]
            ecosystem: ecosystem.config.cjs
            priority: 1
          test:
            workflows: [deploy-test.yml]
            pm2: [shop-api-test]
            ecosystem: ecosystem-test.config.cjs
            priority: 2

    # What runs here and is not of this repository: no deploy of ours may touch it.
    neighbours:
      pm2: [stock-alert-api]

    # What healthy means.
    probes:
      # PM2 says `online` all through a crash loop: it is watched for three seconds.
      shop-api-runs:
        process: shop-api
        expect: [status == "online", restarts == 0]
        severity: P1
      shop-api-health:
        http: http://127.0.0.1:[PORT]/api/health
        expect:
          - status == 200
          - json.data.status == "healthy"
          - latency < duration("5s")
        within: 30s
        severity: P1
      # PM2 says `online` all through a crash loop: it is watched for three seconds.
      shop-worker-runs:
        process: shop-worker
        expect: [status == "online", restarts == 0]
        severity: P1
    "#);
    assert!(of_the_host.iter().all(|word| !ours.contains(word)));
    let (code, printed, said) = tagout(&["check"]);
    assert_eq!(code, 0, "{printed}{said}");
    assert!(printed.contains("✓  shop-api-health"), "{printed}");

    let (code, _, said) = tagout(&["init"]);
    assert_eq!(code, 2);
    assert!(said.contains("--force"), "{said}");
    assert_eq!(tagout(&["init", "--force"]).0, 0);
}

#[test]
fn ports_of_clusters_which_pm2_itself_listens_on_are_told_apart() {
    let pm2 = Pm2::new();
    pm2.write(
        "web.js",
        "for (const port of [process.env.PORT, process.env.ADMIN_PORT].filter(Boolean))
           require('http').createServer((q, r) => { r.statusCode = q.url === '/healthz' ? 200 : 404; r.end() })
             .listen(port, '127.0.0.1')",
    );
    let ports = [free_port(), free_port(), free_port()];
    fs::create_dir_all(pm2.folder().join("other")).unwrap();
    fs::copy(pm2.folder().join("web.js"), pm2.folder().join("other/web.js")).unwrap();
    let cluster = |name: &str, folder: &str, env: serde_json::Value| {
        json!({"name": name, "script": "web.js", "exec_mode": "cluster", "instances": 2,
               "cwd": pm2.folder().join(folder), "env": env})
    };
    fs::create_dir_all(pm2.folder().join("shop")).unwrap();
    fs::rename(pm2.folder().join("web.js"), pm2.folder().join("shop/web.js")).unwrap();
    pm2.start(&[
        cluster("shop-web", "shop", json!({"PORT": ports[0], "ADMIN_PORT": ports[1]})),
        cluster("other-web", "other", json!({"PORT": ports[2]})),
    ]);
    for port in ports {
        wait_for("the apps", || TcpStream::connect(("127.0.0.1", port)).ok());
    }
    let mut init = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    let output = init.arg("init").current_dir(pm2.folder().join("shop")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let written = fs::read_to_string(pm2.folder().join("shop/tagout.yml")).unwrap();
    let named: Vec<bool> =
        ports.iter().map(|port| written.contains(&format!("127.0.0.1:{port}"))).collect();
    assert_eq!(named, [true, true, false], "{written}");
    assert!(written.contains("neighbours:\n  pm2: [other-web]"), "{written}");
}

#[test]
fn units_that_people_wrote_are_found_with_what_they_listen_on() {
    let Some(systemd) = Systemd::start() else { return };
    let (shop, port) = (systemd.folder().join("shop"), free_port());
    fs::create_dir_all(&shop).unwrap();
    fs::write(
        shop.join("api.js"),
        format!(
            "require('http').createServer((q, r) => {{ r.statusCode = q.url === '/healthz' ? 200 : 404; r.end() }})
               .listen({port}, '127.0.0.1')"
        ),
    )
    .unwrap();
    let api = format!(
        "[Service]\nExecStart=/usr/bin/env node {}/api.js\n[Install]\nWantedBy=default.target\n",
        shop.display()
    );
    systemd.write("shop-api.service", &api);
    systemd.ctl(&["enable", "--now", "shop-api"]);
    systemd.service("stock-alert");
    wait_for("the API", || TcpStream::connect(("127.0.0.1", port)).ok());
    let tagout = |argument: &str| {
        let mut command = systemd.command(env!("CARGO_BIN_EXE_tagout"));
        command.env("TAGOUT_MANAGERS", "systemd").arg(argument).current_dir(&shop);
        Ran::of(&mut command, systemd.folder())
    };
    let ran = tagout("init");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written = fs::read_to_string(shop.join("tagout.yml")).unwrap();
    let ours = written.split("  # It listens").next().unwrap().split("  disk:").next().unwrap();
    let ours = ours.split("  # The disk").next().unwrap().split_once("version: 1").unwrap().1;
    assert_snapshot!(ours.replace(&port.to_string(), "[PORT]").trim(), @r#"
    # Whose things are whose; what comes back first after an outage has the lowest priority.
    inventory:
      shop:
        environments:
          production:
            units: [shop-api]
            priority: 1

    # What runs here and is not of this repository: no deploy of ours may touch it.
    neighbours:
      units: [stock-alert]

    # What healthy means.
    probes:
      shop-api-runs:
        process: {manager: systemd, name: user/shop-api}
        expect: [status == "online", restarts == 0]
        severity: P1
      shop-api-health:
        http: http://127.0.0.1:[PORT]/healthz
        expect:
          - status == 200
          - latency < duration("5s")
        within: 30s
        severity: P1
    "#);
    let ran = tagout("check");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("✓  shop-api-runs"), "{}", ran.out);
}

#[test]
fn on_a_host_where_nothing_runs_it_says_little_and_passes() {
    let pm2 = Pm2::new();
    let mut init = pm2.command(env!("CARGO_BIN_EXE_tagout"));
    assert!(init.arg("init").output().unwrap().status.success());
    let ran = pm2.tagout(&["check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(!pm2.home().exists(), "a PM2 was started");
}
