//! What runs under Docker: with a real one for each test where one can be started, and with what one
//! was recorded to say everywhere.

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use std::fs;
use support::{Docker, Recorded, wait_for};

const CONFIG: &str = "
version: 1
inventory:
  shop:
    environments:
      production: {containers: [shop], priority: 1}
neighbours: {containers: ['stock-*']}
";

fn host() -> Option<Docker> {
    let docker = Docker::start()?;
    fs::write(docker.folder().join("tagout.yml"), CONFIG).unwrap();
    Some(docker)
}

fn snapshot(docker: &Docker) {
    let ran = docker.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// What two inspections of one container must share.
fn lasting(container: &Value) -> Value {
    let mut host = container["HostConfig"].clone();
    // A volume without a name is asked for by its number, the second time.
    host["Binds"] = Value::Null;
    let mut mounts = container["Mounts"].as_array().unwrap().clone();
    mounts.sort_by_key(|mount| mount["Destination"].to_string());
    for mount in &mut mounts {
        mount["Mode"] = Value::Null;
    }
    let mut config = container["Config"].clone();
    config["Hostname"] = Value::Null;
    config["Volumes"] = Value::Null;
    let networks = container["NetworkSettings"]["Networks"].as_object().unwrap();
    let networks: Vec<&String> = networks.keys().collect();
    json!({
        "name": container["Name"], "image": container["Image"], "config": config, "host": host,
        "mounts": mounts, "networks": networks,
    })
}

#[test]
fn a_container_that_was_removed_is_created_again_as_it_was() {
    let Some(docker) = host() else { return };
    docker.api("POST", "/volumes/create", &json!({"Name": "stock-data"}));
    // Docker finds free addresses by the routes of the host, and not on every host.
    for (name, subnet) in [("stock_default", "198.18.77.0/28"), ("front", "198.18.77.16/28")] {
        let network = json!({
            "Name": name, "Internal": true, "Labels": {"of": "stock"},
            "IPAM": {"Config": [{"Subnet": subnet}]},
        });
        docker.api("POST", "/networks/create", &network);
    }
    docker.run(
        "stock-db",
        json!({
            "Env": ["POSTGRES_PASSWORD=hunter2"],
            "Labels": {"com.docker.compose.project": "stock", "com.docker.compose.service": "db"},
            "Volumes": {"/cache": {}},
            "HostConfig": {
                "Binds": ["stock-data:/data"], "NetworkMode": "stock_default",
                "RestartPolicy": {"Name": "unless-stopped"}, "Memory": 64 << 20,
            },
            "NetworkingConfig": {"EndpointsConfig": {"stock_default": {"Aliases": ["db"]}}},
        }),
    );
    docker.api("POST", "/networks/front/connect", &json!({"Container": "stock-db"}));
    let of_shop = json!({"com.docker.compose.project": "shop"});
    docker.run("shop-old", json!({"Labels": of_shop}));
    docker.post("shop-old", "stop?t=0");
    let before = docker.inspect("stock-db");
    snapshot(&docker);

    // As `docker compose down` of somebody else does.
    docker.remove("stock-db");
    docker.remove("shop-old");
    docker.api("DELETE", "/networks/stock_default", &Value::Null);
    let diff = docker.tagout(&["snapshot", "diff"]);
    assert_eq!(diff.code, 1);
    assert_snapshot!(diff.out, @"
    since [ID]: 2 processes harmed

      HARM  container shop-old  shop production  missing  was exited (137), is not there
      HARM  container stock-db  neighbour        missing  was running, is not there
    ");
    let rolled_back = docker.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 0, "{}{}", rolled_back.out, rolled_back.err);
    assert_snapshot!(rolled_back.out, @"
    back to [ID]:
      1.  container shop-old  shop production  put back into the list, not started
      2.  container stock-db  neighbour        start again as recorded
    ok      container shop-old is back in the list, not started
    ok      container stock-db runs again
    comparing the host with the snapshot
    done: 2 processes restored, and verified
    ");
    let after = docker.inspect("stock-db");
    assert_eq!(lasting(&after), lasting(&before));
    assert_eq!(after["State"]["Status"], "running");
    assert_eq!(docker.status("shop-old"), "created");
    let network = docker.api("GET", "/networks/stock_default", &Value::Null);
    assert_eq!((&network["Internal"], &network["Labels"]["of"]), (&json!(true), &json!("stock")));
    assert!(!(diff.out + &rolled_back.out + &rolled_back.err).contains("hunter2"));
}

#[test]
fn a_container_whose_data_is_gone_is_not_created_empty() {
    let Some(docker) = host() else { return };
    docker.api("POST", "/volumes/create", &json!({"Name": "stock-data"}));
    docker.run("stock-db", json!({"HostConfig": {"Binds": ["stock-data:/data"]}}));
    snapshot(&docker);
    docker.remove("stock-db");
    docker.api("DELETE", "/volumes/stock-data", &Value::Null);
    let rolled_back = docker.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 4, "{}", rolled_back.err);
    assert_snapshot!(rolled_back.out, @"
    back to [ID]:
      1.  container stock-db  neighbour  start again as recorded
    FAILED  container stock-db: what is recorded of container stock-db cannot be started again: its volume stock-data (at /data) is gone, and the data with it: restore that from a backup, then run `tagout rollback` again
    comparing the host with the snapshot
    INCOMPLETE, a person is needed: 1 of 1 process failed
    since [ID]: 1 process harmed

      HARM  container stock-db  neighbour  missing  was running, is not there
    ");
    assert_eq!(docker.api("GET", "/volumes", &Value::Null)["Volumes"], json!([]));
}

#[test]
fn stopped_paused_and_started_containers_are_as_they_were() {
    let Some(docker) = host() else { return };
    for name in ["stock-api", "stock-feed", "stock-old", "stock-frozen"] {
        docker.run(name, json!({}));
    }
    docker.post("stock-old", "stop?t=0");
    docker.post("stock-frozen", "pause");
    snapshot(&docker);

    docker.post("stock-api", "stop?t=0");
    docker.post("stock-feed", "pause");
    docker.post("stock-old", "start");
    docker.post("stock-frozen", "unpause");
    let rolled_back = docker.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 0, "{}{}", rolled_back.out, rolled_back.err);
    assert_eq!(docker.status("stock-api"), "running");
    assert_eq!(docker.status("stock-feed"), "running");
    assert_eq!(docker.status("stock-old"), "exited");
    assert_eq!(docker.status("stock-frozen"), "paused");
}

#[test]
fn a_container_with_other_settings_is_replaced_by_what_was_recorded() {
    let Some(docker) = host() else { return };
    docker.run("stock-api", json!({"Env": ["KEY=hunter2"]}));
    let before = docker.inspect("stock-api");
    snapshot(&docker);
    docker.remove("stock-api");
    docker.run("stock-api", json!({"Env": ["KEY=other"], "Cmd": ["/bin/sleep", "2000"]}));
    let diff = docker.tagout(&["snapshot", "diff"]);
    assert_snapshot!(diff.out, @"
    since [ID]: 1 process harmed

      HARM  container stock-api  neighbour  reconfigured  other command, 1 variable
    ");
    let rolled_back = docker.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 0, "{}{}", rolled_back.out, rolled_back.err);
    assert_eq!(lasting(&docker.inspect("stock-api")), lasting(&before));
    let all = docker.api("GET", "/containers/json?all=true", &Value::Null);
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
}

#[test]
fn what_cannot_be_replaced_stays_as_it_is() {
    let Some(docker) = host() else { return };
    let folder = docker.folder().join("of-the-host");
    fs::create_dir(&folder).unwrap();
    let mount = json!([{"Type": "bind", "Source": folder, "Target": "/data"}]);
    docker.run("stock-api", json!({"HostConfig": {"Mounts": mount}}));
    snapshot(&docker);
    docker.remove("stock-api");
    fs::remove_dir(&folder).unwrap();
    let other = docker.run("stock-api", json!({}));
    let rolled_back = docker.tagout(&["rollback"]);
    assert_eq!(rolled_back.code, 4, "{}{}", rolled_back.out, rolled_back.err);
    let now = docker.inspect("stock-api");
    assert_eq!((&now["Id"], &now["State"]["Status"]), (&json!(other), &json!("running")));
}

#[test]
fn a_job_may_end_and_a_neighbour_may_not_be_stopped() {
    let Some(docker) = host() else { return };
    // It ends well when it is told to, as servers do.
    let server = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    docker.run("stock-api", json!({"Cmd": ["/bin/sh", "-c", server]}));
    docker.run("stock-job", json!({"Cmd": ["/bin/sleep", "3"]}));
    docker.run("build", json!({"Cmd": ["/bin/sleep", "3"], "HostConfig": {"AutoRemove": true}}));
    snapshot(&docker);
    wait_for("the job to end", || (docker.status("stock-job") == "exited").then_some(()));
    docker.post("stock-api", "stop");
    assert_eq!(docker.inspect("stock-api")["State"]["ExitCode"], 0);
    let diff = docker.tagout(&["snapshot", "diff"]);
    assert_snapshot!(diff.out, @"
    since [ID]: 1 process harmed

      HARM  container stock-api  neighbour        stopped  was running, is stopped
            container stock-job  neighbour        ended    was running, is exited (0)
            container build      in no inventory  ended    was running, is not there
    ");
}

#[test]
fn a_deploy_that_removes_a_neighbours_container_is_rolled_back() {
    let Some(docker) = host() else { return };
    docker.run("stock-api", json!({}));
    docker.run("web", json!({"Labels": {"com.docker.compose.project": "shop"}}));
    let remove = format!(
        "curl -sS --unix-socket {} -X DELETE 'http://docker/containers/stock-api?force=true'",
        docker.socket().display()
    );
    let deploy = docker.tagout(&["deploy", "--app", "shop/production", "--", "sh", "-c", &remove]);
    assert_eq!(deploy.code, 3, "{}{}", deploy.out, deploy.err);
    assert!(
        deploy.err.contains("harmed: container stock-api (a neighbour): missing"),
        "{}",
        deploy.err
    );
    assert_eq!(docker.status("stock-api"), "running");
}

/// As Docker 20.10 says it, shortened.
const RECORDED: &[(&str, u16, &str)] = &[
    ("/version", 200, r#"{"Version":"20.10.24","ApiVersion":"1.41"}"#),
    ("/networks", 200, r#"[{"Name":"bridge"},{"Name":"shop_default","Driver":"bridge"}]"#),
    ("/containers/json", 200, r#"[{"Id":"aa01"},{"Id":"aa02"},{"Id":"aa03"},{"Id":"gone"}]"#),
    (
        "/containers/aa01/json",
        200,
        r#"{"Id":"aa01aa01aa01aa01","Name":"/shop-web-1","RestartCount":0,"Image":"sha256:1",
            "State":{"Status":"running","Pid":812,"StartedAt":"2026-11-28T10:00:00.5Z",
                "Health":{"Status":"healthy"}},
            "Config":{"Labels":{"com.docker.compose.project":"shop"},"Env":["KEY=hunter2"]},
            "HostConfig":{"RestartPolicy":{"Name":"always"}},
            "NetworkSettings":{"Networks":{"shop_default":{}}}}"#,
    ),
    (
        "/containers/aa02/json",
        200,
        r#"{"Id":"aa02aa02aa02aa02","Name":"/stock-db","RestartCount":3,
            "State":{"Status":"exited","ExitCode":137,"OOMKilled":true},
            "HostConfig":{"RestartPolicy":{"Name":"on-failure"}}}"#,
    ),
    (
        "/containers/aa03/json",
        200,
        r#"{"Id":"aa03aa03aa03aa03","Name":"/somebodys","State":{"Status":"paused","Pid":99}}"#,
    ),
];

#[test]
fn a_snapshot_tells_of_containers_and_compose_projects_and_no_secret() {
    let docker = Recorded::new(RECORDED);
    let ran = docker.tagout(&["snapshot", "take"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = docker.tagout(&["snapshot", "show"]);
    assert_snapshot!(shown.out, @"
    snapshot [ID]
      host [HOST], [TIME]
      Docker 20.10.24 runs: 3 containers, 1 of them up

      container shop-web-1  in no inventory  running (healthy)            pid [PID]  0 restarts
      container somebodys   in no inventory  paused                       pid [PID]  0 restarts
      container stock-db    in no inventory  exited (137, out of memory)  pid -  3 restarts
    ");
}

#[test]
fn a_docker_that_does_not_answer_as_one_is_said_to_be_unreadable() {
    for answers in [
        [("/version", 500, r#"{"message":"no space left"}"#)].as_slice(),
        &[("/version", 200, "<html>")],
        &[
            ("/version", 200, "{}"),
            ("/networks", 200, "[]"),
            ("/containers/json", 200, r#"{"not": "a list"}"#),
        ],
    ] {
        let docker = Recorded::new(answers);
        let ran = docker.tagout(&["snapshot", "take"]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(
            ran.err.contains("Docker cannot be asked over [FOLDER]/docker.sock"),
            "{}",
            ran.err
        );
    }
}
