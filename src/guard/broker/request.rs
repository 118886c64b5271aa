//! What a request to PM2's daemon asks for: the one place that knows the daemon's methods, which
//! are the same in PM2 5, 6 and 7.

use serde_json::Value;

/// A request, by what it would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Changes nothing that anybody could miss.
    Read,
    /// Reads the list of processes, by which clients find what they then change.
    List,
    Change(Change),
    /// Ends the daemon, or tells it that it is about to be ended, and with it everything.
    EndDaemon,
    /// Of a later PM2, or of nobody's.
    Unknown(String),
}

/// A change of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As PM2's command line calls it.
    pub verb: &'static str,
    pub subjects: Vec<Subject>,
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The process of this number.
    Id(u64),
    /// All processes of this name.
    Name(String),
    /// All that have this name, namespace or script, or `all`.
    Group(String),
    /// Everything.
    All,
    /// A process that would be called so.
    New(String),
}

impl Request {
    pub fn read(message: &Value) -> Self {
        match message.get("type").and_then(Value::as_str) {
            Some("methods") => return Self::Read,
            Some("call") => {}
            _ => return Self::Unknown(String::new()),
        }
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        let arguments = message.get("args").and_then(Value::as_array);
        let argument = |at: usize| arguments.and_then(|all| all.get(at)).unwrap_or(&Value::Null);
        let first = argument(0);
        let field = |name: &str| first.get(name).unwrap_or(&Value::Null);
        let change = |verb, subjects| Self::Change(Change { verb, subjects });
        match method {
            "getMonitorData" => Self::List,
            "getSystemData" | "getVersion" | "getReport" | "ping" | "profileCPU" | "profileMEM"
            | "reloadLogs" | "notifyByProcessId" => Self::Read,
            "killMe" | "notifyKillPM2" => Self::EndDaemon,
            "prepare" => {
                let names = [first.get("name"), first.pointer("/env/name")];
                let names = names.into_iter().flatten().filter_map(Value::as_str);
                let new = names.map(|name| Subject::New(name.to_owned()));
                // With a number it would take the place of that process.
                change("start", new.chain(id(field("pm_id"))).collect())
            }
            "startProcessId" => change("start", by_id(first)),
            "stopProcessId" => change("stop", by_id(first)),
            "deleteProcessId" => change("delete", by_id(first)),
            "resetMetaProcessId" => change("reset", by_id(first)),
            "duplicateProcessId" => change("scale", by_id(first)),
            "monitor" => change("monitor", by_id(first)),
            "unmonitor" => change("unmonitor", by_id(first)),
            "restartProcessId" => change("restart", renamed(first)),
            "reloadProcessId" | "softReloadProcessId" => change("reload", renamed(first)),
            "sendSignalToProcessId" => change("sendSignal", by_id(field("process_id"))),
            "sendSignalToProcessName" => change("sendSignal", by_name(field("process_name"))),
            "sendLineToStdin" => change("send", by_id(field("pm_id"))),
            "sendDataToProcessId" => change("send", by_id(field("id"))),
            "msgProcess" => match field("name").as_str() {
                Some(group) if first.get("id").is_none() => {
                    change("trigger", vec![Subject::Group(group.to_owned())])
                }
                _ => change("trigger", by_id(field("id"))),
            },
            "stopWatch" => watched(first, argument(1)),
            "startWatch" | "toggleWatch" => watched(first, argument(1)),
            unknown => Self::Unknown(unknown.to_owned()),
        }
    }
}

/// PM2 switches watching off right before it stops, deletes or restarts, by the same method's name.
fn watched(method: &Value, value: &Value) -> Request {
    let method = method.as_str().unwrap_or_default();
    let verb = match method {
        _ if method.starts_with("stop") => "stop",
        _ if method.starts_with("delete") => "delete",
        _ => "restart",
    };
    let subjects = if method.ends_with("All") {
        vec![Subject::All]
    } else if method.ends_with("Name") {
        by_name(value)
    } else {
        by_id(value.get("id").unwrap_or(value))
    };
    Request::Change(Change { verb, subjects })
}

/// PM2 takes numbers as text, too. Of what is no number it has no process.
fn id(value: &Value) -> Option<Subject> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()).map(Subject::Id)
}

fn by_id(value: &Value) -> Vec<Subject> {
    id(value).into_iter().collect()
}

fn by_name(value: &Value) -> Vec<Subject> {
    match value.as_str() {
        Some("all") => vec![Subject::All],
        Some(name) => vec![Subject::Name(name.to_owned())],
        None => Vec::new(),
    }
}

/// A restart may bring other settings, among them another name.
fn renamed(value: &Value) -> Vec<Subject> {
    let name = value.pointer("/env/current_conf/name").and_then(Value::as_str);
    let new = name.map(|name| Subject::New(name.to_owned()));
    id(value.get("id").unwrap_or(&Value::Null)).into_iter().chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(method: &str, arguments: Value) -> Request {
        Request::read(&json!({"type": "call", "method": method, "args": arguments}))
    }

    fn change(verb: &'static str, subjects: impl IntoIterator<Item = Subject>) -> Request {
        Request::Change(Change { verb, subjects: subjects.into_iter().collect() })
    }

    #[test]
    fn every_method_says_whom_it_changes() {
        use Subject::{All, Group, Id, Name, New};
        let name = |name: &str| Name(name.to_owned());
        for (method, arguments, expected) in [
            ("getMonitorData", json!([{}]), Request::List),
            ("getVersion", json!([{}]), Request::Read),
            ("killMe", json!([{"pid": 1}]), Request::EndDaemon),
            ("notifyKillPM2", json!([{}]), Request::EndDaemon),
            ("deleteProcessId", json!([3]), change("delete", [Id(3)])),
            ("stopProcessId", json!(["3"]), change("stop", [Id(3)])),
            (
                "restartProcessId",
                json!([{"id": 3, "env": {"current_conf": {"name": "b"}}}]),
                change("restart", [Id(3), New("b".into())]),
            ),
            (
                "prepare",
                json!([{"name": "a", "env": {"name": "b"}, "pm_id": 4}]),
                change("start", [New("a".into()), New("b".into()), Id(4)]),
            ),
            ("stopWatch", json!(["deleteAll", {}]), change("delete", [All])),
            ("stopWatch", json!(["stopProcessId", 2]), change("stop", [Id(2)])),
            ("toggleWatch", json!(["restartProcessId", {"id": 2}]), change("restart", [Id(2)])),
            (
                "sendSignalToProcessName",
                json!([{"process_name": "a", "signal": 9}]),
                change("sendSignal", [name("a")]),
            ),
            (
                "sendSignalToProcessName",
                json!([{"process_name": "all", "signal": 9}]),
                change("sendSignal", [All]),
            ),
            (
                "msgProcess",
                json!([{"name": "default", "msg": "gc"}]),
                change("trigger", [Group("default".into())]),
            ),
            ("msgProcess", json!([{"id": "1", "name": "x"}]), change("trigger", [Id(1)])),
            ("eraseDisk", json!([]), Request::Unknown("eraseDisk".into())),
        ] {
            assert_eq!(read(method, arguments), expected, "{method}");
        }
        assert_eq!(Request::read(&json!({"type": "methods"})), Request::Read);
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(method in "[a-zA-Z2]{0,24}", text: String, number: i64) {
            let _ = read(&method, json!([text, {"id": number, "env": text}, number]));
            let _ = Request::read(&json!([method, text]));
        }
    }
}
