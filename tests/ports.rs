//! Ports that somebody listens on: compared, and never restored.

mod support;

use insta::assert_snapshot;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use support::Ran;

fn tagout(folder: &Path, managers: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagout"));
    command
        .current_dir(folder)
        .env("TAGOUT_MANAGERS", managers)
        .env("TAGOUT_STATE", folder.join("state"))
        .env("TAGOUT_LOCK", folder.join("lock"))
        .env("NO_COLOR", "1");
    Ran::of(command.args(arguments), folder)
}

#[test]
fn a_neighbours_port_that_is_not_served_any_more_is_harm() {
    let folder = tempfile::tempdir().unwrap();
    let [theirs, nobodys] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = theirs.local_addr().unwrap().port();
    let config = format!("version: 1\nneighbours: {{ports: [{port}]}}\n");
    fs::write(folder.path().join("tagout.yml"), config).unwrap();
    let ran = tagout(folder.path(), "ports", &["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);

    drop(nobodys);
    let ran = tagout(folder.path(), "ports", &["snapshot", "diff"]);
    assert_eq!(ran.code, 0, "a port of those that come and go: {}", ran.out);
    drop(theirs);
    let ran = tagout(folder.path(), "ports", &["snapshot", "diff"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let said: Vec<&str> = ran.out.split_whitespace().collect();
    let said = said.join(" ");
    assert!(said.contains(&format!("HARM tcp port {port} neighbour missing")), "{}", ran.out);

    // Nobody can open it again but who listens on it, and that is said.
    let ran = tagout(folder.path(), "ports", &["rollback"]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
}

#[test]
fn a_manager_that_is_not_known_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let ran = tagout(folder.path(), "pm2, podman", &["snapshot", "take"]);
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.err, @r#"
      × TAGOUT_MANAGERS names "podman", which is no process manager
      help: it is a list of pm2, systemd, docker and ports, such as `pm2,docker`;
            unset, it means all that are here
    "#);
}
