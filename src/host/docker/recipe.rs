//! What Docker needs to create a container again, and whether two of those are the same.

use crate::host::{Difference, Recipe};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The settings that make a container what it is.
const SETTINGS: &[(&str, &str)] = &[
    ("/Image", "image"),
    ("/Config/Cmd", "command"),
    ("/Config/Entrypoint", "entrypoint"),
    ("/Config/User", "user"),
    ("/Config/WorkingDir", "folder"),
    ("/Config/Healthcheck", "health check"),
    ("/HostConfig/Tmpfs", "mounts"),
    ("/HostConfig/PortBindings", "ports"),
    ("/HostConfig/NetworkMode", "networks"),
    ("/HostConfig/RestartPolicy", "restart policy"),
    ("/HostConfig/Memory", "limits"),
    ("/HostConfig/NanoCpus", "limits"),
    ("/HostConfig/CpuShares", "limits"),
    ("/HostConfig/Privileged", "privileges"),
    ("/HostConfig/CapAdd", "privileges"),
    ("/HostConfig/CapDrop", "privileges"),
];

/// How the settings and the environment of two recordings differ.
pub fn differences(before: &Recipe, after: &Recipe) -> BTreeSet<Difference> {
    let plain = |recipe: &Recipe, pointer: &str| {
        at(recipe, pointer).filter(|value| !is_nothing(value)).cloned()
    };
    let settings = SETTINGS
        .iter()
        .filter(|(pointer, _)| plain(before, pointer) != plain(after, pointer))
        .map(|(_, name)| Difference::Setting(name));
    let (then, now) = (variables(before), variables(after));
    let changed = then.symmetric_difference(&now).map(|variable| {
        let name = variable.split_once('=').map_or(*variable, |(name, _)| name);
        Difference::Variable(name.to_owned())
    });
    let mut found: BTreeSet<Difference> = settings.chain(changed).collect();
    if networks(before).keys().ne(networks(after).keys()) {
        found.insert(Difference::Setting("networks"));
    }
    if mounts(before) != mounts(after) {
        found.insert(Difference::Setting("mounts"));
    }
    found
}

/// What a container has mounted where, however that was asked for.
fn mounts(recipe: &Recipe) -> BTreeSet<(&str, &str, bool)> {
    let listed = recipe.0.get("Mounts").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(mounted).collect()
}

fn mounted(mount: &Value) -> Option<(&str, &str, bool)> {
    let text = |key: &str| mount.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let writable = mount.get("RW") != Some(&Value::Bool(false));
    Some((text("Destination")?, text("Name").or_else(|| text("Source")).unwrap_or(""), writable))
}

fn variables(recipe: &Recipe) -> BTreeSet<&str> {
    let listed = at(recipe, "/Config/Env").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn at<'a>(recipe: &'a Recipe, pointer: &str) -> Option<&'a Value> {
    let (key, rest) = pointer.get(1..)?.split_once('/').unwrap_or((pointer.get(1..)?, ""));
    let value = recipe.0.get(key)?;
    if rest.is_empty() { Some(value) } else { value.pointer(&pointer[1 + key.len()..]) }
}

/// Docker writes what is not set in several ways.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}

/// The networks that a container is in, by name, in the order of names.
pub fn networks(recipe: &Recipe) -> std::collections::BTreeMap<&str, &Value> {
    let found = recipe.0.get("Networks").and_then(Value::as_object);
    found.into_iter().flatten().map(|(name, endpoint)| (name.as_str(), endpoint)).collect()
}

/// The volumes that a container keeps its data in: their names, and where it has them.
pub fn volumes(recipe: &Recipe) -> Vec<(&str, &str, bool)> {
    let mounts = recipe.0.get("Mounts").and_then(Value::as_array);
    let volume = |mount: &&Value| mount.get("Type").and_then(Value::as_str) == Some("volume");
    mounts.into_iter().flatten().filter(volume).filter_map(named).collect()
}

fn named(mount: &Value) -> Option<(&str, &str, bool)> {
    let text = |key: &str| mount.get(key).and_then(Value::as_str);
    let writable = mount.get("RW") != Some(&Value::Bool(false));
    Some((text("Name")?, text("Destination")?, writable))
}

/// The body of the request that creates it again from `image`, and the networks that it has to be
/// connected to afterwards: older daemons take only one of them at once.
pub fn creation(recipe: &Recipe, image: &str) -> Option<(Value, Vec<(String, Value)>)> {
    let mut body = recipe.0.get("Config")?.as_object()?.clone();
    let mut host = recipe.0.get("HostConfig")?.as_object()?.clone();
    let id = recipe.0.get("Id")?.as_str()?;
    let short = id.get(..12)?;
    body.insert("Image".into(), image.into());
    let mode = host.get("NetworkMode").and_then(Value::as_str).unwrap_or("default").to_owned();
    let borrowed = mode == "host" || mode.starts_with("container:");
    // Docker called it after its id, and so it will the next one.
    if borrowed || body.get("Hostname").and_then(Value::as_str) == Some(short) {
        body.remove("Hostname");
    }
    if borrowed {
        body.remove("ExposedPorts");
    }
    let nameless = nameless_volumes(recipe, &host);
    if !nameless.is_empty() {
        let mut binds = host.get("Binds").and_then(Value::as_array).cloned().unwrap_or_default();
        binds.extend(nameless.into_iter().map(Value::from));
        host.insert("Binds".into(), binds.into());
    }
    if let Some(links) = host.get("Links").and_then(Value::as_array) {
        let links: Vec<Value> = links.iter().filter_map(Value::as_str).filter_map(link).collect();
        host.insert("Links".into(), links.into());
    }
    body.insert("HostConfig".into(), host.into());
    let mut endpoints: Vec<(String, Value)> = networks(recipe)
        .into_iter()
        .filter(|_| !borrowed && mode != "none")
        .map(|(name, endpoint)| (name.to_owned(), endpoint_settings(endpoint, short)))
        .collect();
    // Without a network of its own it is in the one called `bridge`.
    let first = if matches!(mode.as_str(), "default" | "bridge") { "bridge" } else { &mode };
    let first = endpoints.iter().position(|(name, _)| name == first);
    if let Some((name, settings)) = first.map(|place| endpoints.remove(place)) {
        body.insert("NetworkingConfig".into(), json!({"EndpointsConfig": {name: settings}}));
    }
    Some((body.into(), endpoints))
}

/// What was chosen of an endpoint, and not given to it.
fn endpoint_settings(endpoint: &Value, short: &str) -> Value {
    let kept = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];
    let mut settings: Map<String, Value> = kept
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), endpoint.get(*key)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect();
    if let Some(Value::Array(aliases)) = settings.get_mut("Aliases") {
        aliases.retain(|alias| alias != short);
    }
    settings.into()
}

/// Volumes that have only a number for a name: unless told, a new container gets new and empty ones.
fn nameless_volumes(recipe: &Recipe, host: &Map<String, Value>) -> Vec<String> {
    let list = |key: &str| host.get(key).and_then(Value::as_array).into_iter().flatten();
    let binds = list("Binds").filter_map(Value::as_str).filter_map(|bind| bind.split(':').nth(1));
    let mounts = list("Mounts").filter_map(|mount| mount.get("Target")?.as_str());
    let told: BTreeSet<&str> = binds.chain(mounts).collect();
    volumes(recipe)
        .into_iter()
        .filter(|(_, place, _)| !told.contains(place))
        .map(|(name, place, writable)| {
            format!("{name}:{place}{}", if writable { "" } else { ":ro" })
        })
        .collect()
}

/// A link as it is asked for, from how it is told: `/db:/web/database`.
fn link(told: &str) -> Option<Value> {
    let (from, alias) = told.split_once(':')?;
    let alias = alias.rsplit('/').next()?;
    Some(format!("{}:{alias}", from.trim_start_matches('/')).into())
}

/// A network as it is asked for, from how it is told.
pub fn network_creation(network: &Value) -> Value {
    let kept = [
        "Name",
        "Driver",
        "Internal",
        "Attachable",
        "Ingress",
        "EnableIPv4",
        "EnableIPv6",
        "IPAM",
        "Options",
        "Labels",
    ];
    let found = kept.iter().filter_map(|key| Some(((*key).to_owned(), network.get(*key)?.clone())));
    Value::Object(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5f2b7c1d9e8a46035f2b7c1d9e8a46035f2b7c1d9e8a46035f2b7c1d9e8a4603";

    fn recipe(parts: Value) -> Recipe {
        let mut all = json!({"Id": ID, "Image": "sha256:1", "Config": {}, "HostConfig": {}});
        for (key, value) in parts.as_object().unwrap() {
            all[key] = value.clone();
        }
        Recipe(all.as_object().unwrap().clone())
    }

    #[test]
    fn what_docker_chose_itself_is_left_to_it_and_what_people_chose_is_kept() {
        let (body, later) = creation(
            &recipe(json!({
                "Config": {"Hostname": "5f2b7c1d9e8a", "Env": ["KEY=k"], "Image": "shop"},
                "HostConfig": {"NetworkMode": "shop_default", "Links": ["/db:/web/database"],
                    "Binds": ["data:/data"]},
                "Mounts": [
                    {"Type": "volume", "Name": "data", "Destination": "/data", "RW": true},
                    {"Type": "volume", "Name": "0f3a", "Destination": "/cache", "RW": false}],
                "Networks": {
                    "shop_default": {"Aliases": ["web", "5f2b7c1d9e8a"], "IPAddress": "172.18.0.2"},
                    "front": {"IPAMConfig": {"IPv4Address": "10.0.0.5"}, "Aliases": null}},
            })),
            "sha256:1",
        )
        .unwrap();
        assert_eq!(
            body,
            json!({
                "Env": ["KEY=k"], "Image": "sha256:1",
                "HostConfig": {"NetworkMode": "shop_default", "Links": ["db:database"],
                    "Binds": ["data:/data", "0f3a:/cache:ro"]},
                "NetworkingConfig": {"EndpointsConfig": {"shop_default": {"Aliases": ["web"]}}},
            })
        );
        assert_eq!(later, [("front".into(), json!({"IPAMConfig": {"IPv4Address": "10.0.0.5"}}))]);
    }

    #[test]
    fn the_name_of_the_host_is_not_given_to_one_that_has_the_hosts_network() {
        let (body, later) = creation(
            &recipe(json!({
                "Config": {"Hostname": "server-1"}, "HostConfig": {"NetworkMode": "host"},
                "Networks": {"host": {}},
            })),
            "shop",
        )
        .unwrap();
        assert_eq!(body.get("Hostname"), None);
        assert_eq!(later, []);
    }

    #[test]
    fn other_settings_and_variables_are_named_without_their_values() {
        let before = recipe(json!({"Config": {"Env": ["A=1", "B=2"], "Cmd": null}}));
        let after = recipe(json!({
            "Image": "sha256:2", "Config": {"Env": ["A=1", "B=secret"], "Cmd": []},
            "HostConfig": {"Memory": 0, "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}},
        }));
        let told: Vec<_> = differences(&before, &after).into_iter().collect();
        assert_eq!(
            told,
            [
                Difference::Setting("image"),
                Difference::Setting("ports"),
                Difference::Variable("B".into())
            ]
        );
        assert!(differences(&after, &after).is_empty());
    }
}
