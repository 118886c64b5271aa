//! How long a snapshot takes, of a real PM2 with 50 processes, a real systemd with 50 units and a real
//! Docker with 20 containers, each where it can be started here.

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::json;
use std::time::{Duration, Instant};
use support::{Docker, Pm2, Systemd};
use tagout::config::Config;
use tagout::host::{self, Manager, ManagerKind, snapshot};

const ROUNDS: usize = 50;

fn main() {
    let pm2 = Pm2::new();
    let sleepers = (0..50).map(|number| {
        json!({"name": format!("app-{number}"), "script": "/bin/sleep", "args": "1000",
            "interpreter": "none"})
    });
    pm2.start(&sleepers.collect::<Vec<_>>());
    measure("PM2, 50 processes", &[Box::new(host::pm2::Pm2::at(&pm2.home(), &pm2.socket()))]);
    measure("listening ports", &[Box::new(host::ports::Ports)]);

    let systemd = Systemd::start();
    if let Some(systemd) = &systemd {
        for number in 0..50 {
            systemd.service(&format!("unit-{number}"));
        }
        let runtime = systemd.folder().join("run");
        measure("systemd, 50 units", &[Box::new(host::systemd::Systemd::of_user_in(&runtime))]);
    }
    let docker = Docker::start();
    if let Some(docker) = &docker {
        for number in 0..20 {
            docker.run(&format!("container-{number}"), json!({}));
        }
        let docker = host::docker::Docker::at(&docker.socket(), Vec::new());
        measure("Docker, 20 containers", &[Box::new(docker)]);
    }
    let mut all: Vec<Box<dyn Manager>> = vec![
        Box::new(host::pm2::Pm2::at(&pm2.home(), &pm2.socket())),
        Box::new(host::ports::Ports),
    ];
    if let Some(docker) = &docker {
        all.push(Box::new(host::docker::Docker::at(&docker.socket(), Vec::new())));
    }
    measure("these but systemd, at the same time", &all);
    if let Some(systemd) = &systemd {
        let runtime = systemd.folder().join("run");
        all.push(Box::new(host::systemd::Systemd::of_user_in(&runtime)));
        measure("all of them at the same time", &all);
    }
}

fn measure(what: &str, managers: &[Box<dyn Manager>]) {
    let config = Config::default();
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            let taken = snapshot::take(managers, &config);
            let time = begun.elapsed();
            for section in &taken.sections {
                let counted = section.processes.len();
                assert!(section.state.is_running(), "{}", section.state.describe(section.manager));
                assert!(counted >= 20 || section.manager == ManagerKind::Ports, "{counted}");
            }
            time
        })
        .collect();
    times.sort();
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    println!("{what}: median {}, best {}", shown(times[ROUNDS / 2]), shown(times[0]));
}
