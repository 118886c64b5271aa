use super::{Ran, wait_for};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// The image of every container here: it has nothing, and is given the host's programs.
pub const IMAGE: &str = "tagout-test:1";

/// A Docker of one test: its own containers, its own socket.
pub struct Docker {
    folder: TempDir,
    child: Child,
}

impl Docker {
    /// Starts one, or says why that cannot be done here.
    pub fn start() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return skipped("that takes root");
        }
        let folder = tempfile::Builder::new().prefix("td").tempdir_in("/tmp").unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("dockerd")
            .args(["--iptables=false", "--ip6tables=false", "--bridge=none"])
            .args(["--storage-driver=vfs", "--data-root", &at("data"), "--exec-root", &at("exec")])
            .args(["--pidfile", &at("pid"), "--host", &format!("unix://{}", at("docker.sock"))])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(cause) => return skipped(&format!("dockerd cannot be run: {cause}")),
        };
        let mut docker = Self { folder, child };
        let ready = wait_for("Docker to start or to give up", || {
            if docker.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            let stream = UnixStream::connect(docker.socket()).ok()?;
            let (status, _) = exchange(stream, "GET", "/_ping", b"");
            (status == 200).then_some(true)
        });
        if !ready {
            let log = fs::read_to_string(docker.folder().join("log")).unwrap_or_default();
            return skipped(log.lines().last().unwrap_or_default());
        }
        docker.import();
        Some(docker)
    }

    /// An image of links to the programs of the host, which every container is given.
    fn import(&self) {
        let root = self.folder().join("root");
        for name in ["usr", "data", "proc", "dev", "sys", "etc"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for name in ["bin", "lib", "lib64"] {
            std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name)).unwrap();
        }
        let packed = Command::new("tar").arg("-C").arg(&root).args(["-c", "."]).output().unwrap();
        let path = "/images/create?fromSrc=-&repo=tagout-test&tag=1";
        let (status, said) = self.exchange("POST", path, &packed.stdout);
        assert_eq!(status, 200, "{said}");
    }

    /// Creates a container and starts it. It does nothing but stay, if not told otherwise.
    pub fn run(&self, name: &str, settings: Value) -> String {
        let mut body = json!({
            "Image": IMAGE, "Cmd": ["/bin/sleep", "1000"],
            "HostConfig": {"NetworkMode": "none"},
        });
        for (key, value) in settings.as_object().unwrap() {
            match (body.get_mut(key), value) {
                (Some(Value::Object(there)), Value::Object(more)) => there.extend(more.clone()),
                _ => body[key] = value.clone(),
            }
        }
        let host = body["HostConfig"].as_object_mut().unwrap();
        let binds = host.entry("Binds").or_insert(json!([])).as_array_mut().unwrap();
        binds.push("/usr:/usr:ro".into());
        let created = self.api("POST", &format!("/containers/create?name={name}"), &body);
        self.api("POST", &format!("/containers/{name}/start"), &Value::Null);
        created["Id"].as_str().unwrap().to_owned()
    }

    pub fn inspect(&self, name: &str) -> Value {
        self.api("GET", &format!("/containers/{name}/json"), &Value::Null)
    }

    pub fn status(&self, name: &str) -> String {
        self.inspect(name)["State"]["Status"].as_str().unwrap().to_owned()
    }

    /// Does something to a container, such as `stop`.
    pub fn post(&self, name: &str, verb: &str) {
        self.api("POST", &format!("/containers/{name}/{verb}"), &Value::Null);
    }

    pub fn remove(&self, name: &str) {
        self.api("DELETE", &format!("/containers/{name}?force=true"), &Value::Null);
    }

    /// Calls the API and expects that it succeeds.
    pub fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, said) = self.exchange(method, path, body.as_bytes());
        assert!(status < 400, "{method} {path}: {status} {said}");
        serde_json::from_str(&said).unwrap_or_default()
    }

    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        exchange(UnixStream::connect(self.socket()).unwrap(), method, path, body)
    }

    /// Runs tagout, which sees nothing but this Docker.
    pub fn tagout(&self, arguments: &[&str]) -> Ran {
        Ran::of(tagout(self.folder(), &self.socket()).args(arguments), self.folder())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder().join("docker.sock")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // The bridge of a network would outlive its Docker.
        for (kind, list, key) in [("containers", "json?all=true", "Id"), ("networks", "", "Name")] {
            let Ok(stream) = UnixStream::connect(self.socket()) else { return };
            let (_, listed) = exchange(stream, "GET", &format!("/{kind}/{list}"), b"");
            let listed: Value = serde_json::from_str(&listed).unwrap_or_default();
            for one in listed.as_array().into_iter().flatten().filter_map(|one| one[key].as_str()) {
                if let Ok(stream) = UnixStream::connect(self.socket()) {
                    exchange(stream, "DELETE", &format!("/{kind}/{one}?force=true&v=true"), b"");
                }
            }
        }
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// A Docker that says what was recorded, whatever is asked after: paths that are not recorded are
/// not found.
pub struct Recorded {
    folder: TempDir,
}

impl Recorded {
    /// The answers, by path without its parameters: a status and a body.
    pub fn new(answers: &'static [(&'static str, u16, &'static str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("td").tempdir_in("/tmp").unwrap();
        let listener = UnixListener::bind(folder.path().join("docker.sock")).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                thread::spawn(move || answer(stream, answers));
            }
        });
        Self { folder }
    }

    pub fn tagout(&self, arguments: &[&str]) -> Ran {
        let socket = self.folder.path().join("docker.sock");
        Ran::of(tagout(self.folder.path(), &socket).args(arguments), self.folder.path())
    }
}

fn answer(mut stream: UnixStream, answers: &[(&str, u16, &str)]) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let found = answers.iter().find(|(known, ..)| *known == path);
    let (status, body) = found
        .map_or((404, r#"{"message":"page not found"}"#), |(_, status, body)| (*status, *body));
    // Who asks may have gone.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Recorded\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
}

fn tagout(folder: &Path, socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagout"));
    command
        .current_dir(folder)
        .env("TAGOUT_MANAGERS", "docker")
        .env("TAGOUT_STATE", folder.join("state"))
        .env("TAGOUT_LOCK", folder.join("lock"))
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .env("NO_COLOR", "1");
    command
}

/// One request, and its answer without what HTTP puts around it.
fn exchange(mut stream: UnixStream, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut answer = Vec::new();
    // What could not be said shows in the answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

fn skipped<T>(reason: &str) -> Option<T> {
    eprintln!("SKIPPED: no Docker can be started here: {reason}");
    None
}
