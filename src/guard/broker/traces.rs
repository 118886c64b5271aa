//! What of a guarded deploy must not stay in an app: PM2 gives an app the environment of the shell
//! that starts it, and keeps it for every later start.

use serde_json::{Map, Value};
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// How deep an environment may be in a request.
const DEPTH: usize = 8;

/// The variables of the guard, and what they were without it.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    variables: Vec<Trace>,
    /// Where all is that the guard has put on the disk for the command.
    folder: PathBuf,
}

#[derive(Clone, Debug)]
struct Trace {
    name: String,
    /// What the guard sets it to.
    guarded: OsString,
    before: Option<OsString>,
}

impl Traces {
    /// Those of `environment`, which a guarded command has beside ours, and of `folder`.
    pub fn of(environment: &[(OsString, OsString)], folder: &Path) -> Self {
        let trace = |(name, guarded): &(OsString, OsString)| {
            let guarded = guarded.clone();
            Some(Trace { name: name.to_str()?.to_owned(), guarded, before: std::env::var_os(name) })
        };
        let variables = environment.iter().filter_map(trace).collect();
        Self { variables, folder: folder.to_owned() }
    }

    /// Takes them out of all environments in a request. Whether there were any.
    pub fn wipe(&self, request: &mut Value) -> bool {
        self.wipe_below(request, DEPTH)
    }

    fn wipe_below(&self, value: &mut Value, depth: usize) -> bool {
        let mut wiped = false;
        match value {
            Value::Object(map) if depth > 0 => {
                for trace in &self.variables {
                    wiped |= trace.wipe(map, &self.folder);
                }
                for value in map.values_mut() {
                    wiped |= self.wipe_below(value, depth - 1);
                }
            }
            Value::Array(list) if depth > 0 => {
                for value in list {
                    wiped |= self.wipe_below(value, depth - 1);
                }
            }
            _ => {}
        }
        wiped
    }

    /// An environment without them.
    pub fn without<'e>(
        &'e self,
        environment: &'e [(OsString, OsString)],
    ) -> impl Iterator<Item = (&'e OsStr, OsString)> {
        environment.iter().filter_map(|(name, value)| {
            let trace = self.variables.iter().find(|trace| OsStr::new(&trace.name) == name);
            let value = trace
                .map_or_else(|| Some(value.clone()), |trace| trace.unguarded(value, &self.folder));
            Some((name.as_os_str(), value?))
        })
    }
}

impl Trace {
    fn wipe(&self, environment: &mut Map<String, Value>, folder: &Path) -> bool {
        let Some(Value::String(found)) = environment.get(&self.name) else { return false };
        match self.unguarded(OsStr::new(found), folder).map(OsString::into_string) {
            Some(Ok(value)) if value == *found => return false,
            Some(Ok(value)) => environment.insert(self.name.clone(), value.into()),
            _ => environment.remove(&self.name),
        };
        true
    }

    /// What the variable would be without the guard, where it is `found` now. The command may have
    /// put something before or behind what we set, or have put a `PATH` together anew.
    fn unguarded(&self, found: &OsStr, folder: &Path) -> Option<OsString> {
        if found == self.guarded {
            return self.before.clone();
        }
        if self.name == "PATH" {
            let others = env::split_paths(found).filter(|path| !path.starts_with(folder));
            return Some(env::join_paths(others).unwrap_or_else(|_| found.to_owned()));
        }
        let (Some(found), Some(guarded)) = (found.to_str(), self.guarded.to_str()) else {
            return Some(found.to_owned());
        };
        let before = self.before.as_deref().and_then(OsStr::to_str).unwrap_or_default();
        Some(found.replace(guarded, before).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn traces() -> Traces {
        let trace = |name: &str, guarded: &str, before: Option<&str>| Trace {
            name: name.to_owned(),
            guarded: guarded.into(),
            before: before.map(OsString::from),
        };
        Traces {
            folder: "/tmp/t".into(),
            variables: vec![
                trace("PM2_DAEMON_RPC_PORT", "/tmp/t/s", None),
                trace("PATH", "/tmp/t/bin:/usr/bin", Some("/usr/bin")),
            ],
        }
    }

    #[test]
    fn an_app_gets_its_environment_as_it_would_be_without_the_guard() {
        let mut request = json!({"type": "call", "args": [{
            "name": "api", "PM2_DAEMON_RPC_PORT": "/tmp/t/s",
            "env": {"PATH": "/opt/bin:/tmp/t/bin:/sbin", "KEY": "k", "PM2_DAEMON_RPC_PORT": "/tmp/t/s"},
            "current_conf": {"env": {"PATH": "/tmp/t/bin:/usr/bin"}},
        }]});
        assert!(traces().wipe(&mut request));
        assert_eq!(
            request,
            json!({"type": "call", "args": [{
                "name": "api", "env": {"PATH": "/opt/bin:/sbin", "KEY": "k"},
                "current_conf": {"env": {"PATH": "/usr/bin"}},
            }]})
        );
        assert!(!traces().wipe(&mut request), "nothing is left");
    }

    #[test]
    fn a_variable_that_the_command_set_itself_stays() {
        let mut request = json!({"env": {"PM2_DAEMON_RPC_PORT": "/own.sock", "PATH": "/bin"}});
        assert!(!traces().wipe(&mut request));
    }
}
