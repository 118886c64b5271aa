//! Docker, over its Engine API on a Unix socket. In comes a socket, out goes the section of a
//! snapshot with every container on the host; and single ones are started, stopped, paused and, where
//! they were removed or replaced, created again from what was recorded.
//!
//! A container is its image, its settings, its networks and its volumes. Images and data are not in
//! a snapshot: where those are gone, a container is not created, because it would come up empty and
//! look as if it were well.

mod api;
mod read;
mod recipe;
mod restore;

pub use read::{condition, ran_to_its_end};
pub use recipe::differences;

use super::systemd;
use super::{ActionError, Condition, Manager, ManagerKind, ManagerState, Process, Section};
use api::{Api, CallError};
use hyper::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the daemon may take to answer what it only has to look up.
const READ: Duration = Duration::from_secs(5);
/// How long it may take to start or end a container.
const ACT: Duration = Duration::from_secs(60);
/// How long it may take to start.
const WAKE: Duration = Duration::from_secs(30);

/// A Docker: its socket, and what was recorded of its networks.
#[derive(Clone, Debug)]
pub struct Docker {
    socket: PathBuf,
    networks: Vec<Value>,
}

/// What a snapshot holds of Docker besides the containers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DockerFacts {
    pub socket: PathBuf,
    /// The networks that people made, as Docker tells them.
    pub networks: Vec<Value>,
}

impl Docker {
    /// The Docker that `docker` itself would use, if its socket is on this host: `DOCKER_HOST`, else
    /// the host's, else this user's own.
    pub fn from_env() -> Option<Self> {
        let of_this_user = || Some(Path::new(&env::var_os("XDG_RUNTIME_DIR")?).join("docker.sock"));
        let named = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        let socket = match named.as_deref().map(|host| host.strip_prefix("unix://")) {
            Some(Some(socket)) => PathBuf::from(socket),
            // Another host's, if that; this one may still have its own.
            None | Some(None) => [Some("/var/run/docker.sock".into()), of_this_user()]
                .into_iter()
                .flatten()
                .find(|socket: &PathBuf| socket.exists())?,
        };
        socket.exists().then(|| Self::at(&socket, Vec::new()))
    }

    /// A certain one.
    pub fn at(socket: &Path, networks: Vec<Value>) -> Self {
        Self { socket: socket.to_owned(), networks }
    }

    /// The container of this name, if there is one.
    pub fn named(&self, name: &str) -> Result<Option<Process>, ManagerState> {
        let api = Api::new(&self.socket);
        api.look()?;
        let path = format!("/containers/{name}/json");
        match self.wait_for(api.get(&path, READ)) {
            Ok(inspected) => Ok(read::container(&inspected)),
            Err(CallError::NotFound(_)) => Ok(None),
            Err(error) => Err(api.state_after(error)),
        }
    }

    fn read_running(&self) -> Result<(String, Vec<Process>, Vec<Value>), ManagerState> {
        let api = Api::new(&self.socket);
        api.look()?;
        self.wait_for(all(&api)).map_err(|error| api.state_after(error))
    }

    /// Waits for what a thread of its own does, for we may be called from within a runtime.
    fn wait_for<T: Send>(
        &self,
        work: impl Future<Output = Result<T, CallError>> + Send,
    ) -> Result<T, CallError> {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(CallError::Broken)?.block_on(work)
        };
        std::thread::scope(|scope| scope.spawn(run).join())
            .unwrap_or_else(|_| Err(CallError::Broken(ErrorKind::Other.into())))
    }

    /// Does something to one container.
    fn act(
        &self,
        what: String,
        work: impl Future<Output = Result<(), CallError>> + Send,
    ) -> Result<(), ActionError> {
        let manager = ManagerKind::Docker;
        self.wait_for(work).map_err(|error| match error {
            CallError::NotFound(reason) | CallError::Refused(reason) => {
                ActionError::Refused { manager, what, reason }
            }
            CallError::Unanswered(seconds) => ActionError::Unanswered { manager, what, seconds },
            CallError::Broken(cause) => ActionError::Unreachable(format!("{manager}: {cause}")),
        })
    }
}

/// Everything that a snapshot needs: the version, the containers, the networks that people made.
async fn all(api: &Api) -> Result<(String, Vec<Process>, Vec<Value>), CallError> {
    let asked = ["/version", "/containers/json?all=true", "/networks"].map(str::to_owned);
    let mut answers = api.get_all(&asked, READ).await.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Ok(Value::Null));
    let (version, listed, networks) = (next()?, next()?, next()?);
    let version = version.get("Version").and_then(Value::as_str).unwrap_or("(unknown)").to_owned();
    let Value::Array(listed) = listed else {
        return Err(CallError::Refused("its list of containers is not a list".to_owned()));
    };
    let ids = listed.iter().filter_map(|one| one.get("Id")?.as_str());
    let paths: Vec<String> = ids.map(|id| format!("/containers/{id}/json")).collect();
    let mut containers = Vec::new();
    for answer in api.get_all(&paths, READ).await {
        match answer {
            Ok(inspected) => containers.extend(read::container(&inspected)),
            // Removed since it was listed.
            Err(CallError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    note_who_was_stopped(api, &mut containers).await;
    let made = |network: &&Value| {
        let name = network.get("Name").and_then(Value::as_str);
        !matches!(name, None | Some("bridge" | "host" | "none"))
    };
    let networks = networks.as_array().into_iter().flatten().filter(made).cloned().collect();
    Ok((version, containers, networks))
}

/// Of a container that has ended well and is not started again by Docker, its state does not tell
/// whether it ended by itself. Docker's list of events does, as far back as that goes.
async fn note_who_was_stopped(api: &Api, containers: &mut [Process]) {
    let now = Timestamp::now().as_second();
    let in_question = |one: &&mut Process| !one.autorestart && ran_to_its_end(one);
    let mut in_question: Vec<&mut Process> = containers.iter_mut().filter(in_question).collect();
    let paths: Vec<String> = in_question
        .iter()
        .map(|container| {
            let id = restore::id_of(container);
            let since = container.started.map_or(0, Timestamp::as_second);
            let filters = json!({"container": [id], "event": ["kill", "stop"]}).to_string();
            let filters: String =
                url::form_urlencoded::byte_serialize(filters.as_bytes()).collect();
            format!("/events?since={since}&until={now}&filters={filters}")
        })
        .collect();
    let answers = api.get_all(&paths, READ).await;
    for (container, answer) in in_question.iter_mut().zip(answers) {
        if answer.is_ok_and(|events| !events.is_null()) {
            read::asked_to_stop(container);
        }
    }
}

impl Manager for Docker {
    fn kind(&self) -> ManagerKind {
        ManagerKind::Docker
    }

    fn read(&self) -> Section {
        let (state, containers, networks) = match self.read_running() {
            Ok((version, containers, networks)) => {
                (ManagerState::Running { version }, containers, networks)
            }
            Err(state) => (state, Vec::new(), Vec::new()),
        };
        let used: BTreeSet<&str> =
            containers.iter().flat_map(|one| recipe::networks(&one.recipe).into_keys()).collect();
        let is_used = |network: &Value| {
            network.get("Name").and_then(Value::as_str).is_some_and(|name| used.contains(name))
        };
        let networks = networks.into_iter().filter(is_used).collect();
        let facts = DockerFacts { socket: self.socket.clone(), networks };
        Section { docker: Some(facts), ..Section::of(self.kind(), state, containers) }
    }

    fn wake(&self, _recorded: &Section) -> Result<(), ActionError> {
        let failed = |reason: String| ActionError::Wake { manager: ManagerKind::Docker, reason };
        let is_hosts = self.socket.starts_with("/run") || self.socket.starts_with("/var/run");
        let Some(systemd) = systemd::Systemd::of_the_host().filter(|_| is_hosts) else {
            return Err(failed("start it by hand, then run `tagout rollback` again".to_owned()));
        };
        systemd.start("docker.service", false).map_err(|error| failed(error.to_string()))?;
        let api = Api::new(&self.socket);
        let begun = Instant::now();
        while let Err(error) = self.wait_for(api.get("/version", READ)) {
            if begun.elapsed() >= WAKE {
                return Err(failed(api.state_after(error).describe(ManagerKind::Docker)));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn put_back(&self, recorded: &Process) -> Result<(), ActionError> {
        let api = Api::new(&self.socket);
        let creation = self.prepared(&api, recorded)?;
        self.act(format!("create {}", recorded.key), async {
            let id = restore::create(&api, &recorded.key.name, &creation).await?;
            if recorded.ran() { post(&api, &id, "start").await } else { Ok(()) }
        })
    }

    fn restart(&self, current: &Process) -> Result<(), ActionError> {
        let verb = match (current.status.as_str(), current.condition()) {
            ("paused", _) => "unpause",
            (_, Condition::Up | Condition::Changing) => "restart",
            _ => "start",
        };
        let api = Api::new(&self.socket);
        self.act(format!("{verb} {}", current.key), post(&api, restore::id_of(current), verb))
    }

    fn stop(&self, current: &Process, recorded: &Process) -> Result<(), ActionError> {
        let verb = if recorded.status.as_str() == "paused" { "pause" } else { "stop" };
        let api = Api::new(&self.socket);
        self.act(format!("{verb} {}", current.key), post(&api, restore::id_of(current), verb))
    }

    fn replace(&self, current: &Process, recorded: &Process) -> Result<(), ActionError> {
        let api = Api::new(&self.socket);
        let creation = self.prepared(&api, recorded)?;
        let what = format!("replace {}", current.key);
        self.act(what, restore::replace(&api, current, recorded, &creation))
    }
}

impl Docker {
    /// Makes sure that all is there that a container needs.
    fn prepared(&self, api: &Api, recorded: &Process) -> Result<restore::Creation, ActionError> {
        let bad = |reason| ActionError::BadRecipe { name: recorded.key.to_string(), reason };
        let prepared = async { Ok(restore::prepare(api, &recorded.recipe, &self.networks).await) };
        let Ok(prepared) = self.wait_for(prepared) else {
            return Err(ActionError::Unreachable("Docker cannot be asked".to_owned()));
        };
        prepared.map_err(bad)
    }
}

/// `start`, `stop`, `pause` and the like. That it is so already is no error.
async fn post(api: &Api, id: &str, verb: &str) -> Result<(), CallError> {
    let path = format!("/containers/{id}/{verb}");
    api.call(Method::POST, &path, None, ACT).await.map(drop)
}
