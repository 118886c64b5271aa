//! What the tests stand on: a real PM2 of its own for each, in a private `PM2_HOME`, and the real
//! `tagout`. Everything that a test starts is ended with it, also when it fails.

#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(unused_imports, reason = "each test file uses a part of this")]

mod docker;
mod install;
mod lint;
mod pm2;
mod port;
mod project;
mod server;
mod services;
mod shared;
mod systemd;

pub use docker::{Docker, Recorded};
pub use install::pm2 as pm2_command;
pub use lint::{all_findings, findings, repository, tagout, workflow};
pub use pm2::{Pm2, Ran, app, kill};
pub use port::free_port;
pub use project::Project;
pub use server::{Server, endless_after};
pub use services::{Dns, MailServer, MariaDb, Postgres, Prometheus, Redis, S3, TlsServer};
pub use shared::{
    INVENTORY, expect_all_run, guarded, running, shared_host, shared_host_of, way_around,
};
pub use systemd::Systemd;

use std::time::{Duration, Instant};

/// Looks again and again until `found` has something; fails after 20 seconds.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "waited 20 s for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
