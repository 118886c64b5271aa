use super::{Environment, Found, Repository, Service};
use crate::host::ManagerKind;
use serde_json::Value;
use std::fmt::Write;

/// The text of a first `tagout.yml`.
pub fn write(repository: &Repository, found: &Found) -> String {
    let mut text = format!(
        "# Written by `tagout init` from what runs on {} and what this repository says.\n\
         # Read it through: names, thresholds and severities are guesses. `tagout check` tries it.\n\
         version: 1\n",
        found.host
    );
    inventory(&mut text, repository, found);
    let names = probes(&mut text, found);
    checklists(&mut text, found, &names);
    text
}

fn inventory(text: &mut String, repository: &Repository, found: &Found) {
    let environments = declared(repository, found);
    if !environments.is_empty() {
        let _ = write!(
            text,
            "\n# Whose things are whose; what comes back first after an outage has the lowest priority.\n\
             inventory:\n  {}:\n    environments:\n",
            word(&repository.app)
        );
        for (place, environment) in environments.iter().enumerate() {
            let _ = writeln!(text, "      {}:", word(&environment.name));
            let mut line = |key: &str, names: &[String]| {
                if !names.is_empty() {
                    let _ = writeln!(text, "        {key}: {}", list(names));
                }
            };
            line("workflows", &environment.workflows);
            line("pm2", &environment.processes);
            line("units", &environment.units);
            if let Some(ecosystem) = &environment.ecosystem {
                let _ = writeln!(text, "        ecosystem: {}", word(ecosystem));
            }
            let _ = writeln!(text, "        priority: {}", place + 1);
        }
    }
    let others = [("pm2", &found.neighbours), ("units", &found.units_of_others)];
    if others.iter().any(|(_, names)| !names.is_empty()) {
        text.push_str(
            "\n# What runs here and is not of this repository: no deploy of ours may touch it.\n\
             neighbours:\n",
        );
        for (key, names) in others.iter().filter(|(_, names)| !names.is_empty()) {
            let _ = writeln!(text, "  {key}: {}", list(names));
        }
    }
}

/// The environments that there is something to say of; production first. What runs here and no
/// ecosystem file declares counts as production's, and so do units.
fn declared(repository: &Repository, found: &Found) -> Vec<Environment> {
    let known = |name: &String| {
        repository.environments.iter().any(|environment| environment.processes.contains(name))
    };
    let names = |of_pm2: bool| {
        let of_it = move |it: &&Service| (it.manager == ManagerKind::Pm2) == of_pm2;
        found.services.iter().filter(of_it).map(|it| it.name.clone())
    };
    let undeclared: Vec<String> = names(true).filter(|name| !known(name)).collect();
    let units: Vec<String> = names(false).collect();
    let mut all = repository.environments.clone();
    all.sort_by_key(|environment| environment.name != "production");
    if undeclared.is_empty() && units.is_empty() {
        return all;
    }
    match all.first_mut().filter(|first| first.name == "production") {
        Some(production) => {
            production.processes.extend(undeclared);
            production.units = units;
        }
        None => all.insert(
            0,
            Environment {
                name: "production".to_owned(),
                ecosystem: None,
                processes: undeclared,
                units,
                workflows: Vec::new(),
            },
        ),
    }
    all
}

/// Writes the probes, and gives their names.
fn probes(text: &mut String, found: &Found) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut body = String::new();
    for service in &found.services {
        let name = &service.name;
        let process = format!("{name}-runs");
        if service.manager == ManagerKind::Pm2 {
            body.push_str(
                "  # PM2 says `online` all through a crash loop: it is watched for three seconds.\n",
            );
        }
        let called = match service.manager {
            ManagerKind::Systemd => format!("{{manager: systemd, name: {}}}", word(name)),
            ManagerKind::UserSystemd => {
                format!("{{manager: systemd, name: {}}}", word(&format!("user/{name}")))
            }
            _ => word(name),
        };
        let _ = write!(
            body,
            "  {}:\n    process: {called}\n    expect: [status == \"online\", restarts == 0]\n    severity: P1\n",
            word(&process)
        );
        names.push(process);
        if let Some(page) = &service.page {
            let health = format!("{name}-health");
            let _ = write!(
                body,
                "  {}:\n    http: {}\n    expect:\n      - status == 200\n",
                word(&health),
                page.url
            );
            if let Some(condition) = page.json.as_ref().and_then(|json| well(json, "json", 0)) {
                let _ = writeln!(body, "      - {condition}");
            }
            body.push_str(
                "      - latency < duration(\"5s\")\n    within: 30s\n    severity: P1\n",
            );
            names.push(health);
        }
        for port in &service.ports {
            let listens = format!("{name}-listens-on-{port}");
            let _ = write!(
                body,
                "  {}:\n    tcp: 127.0.0.1:{port}\n    expect: connected\n    within: 30s\n",
                word(&listens)
            );
            names.push(listens);
        }
    }
    for (name, port) in &found.stores {
        let _ = write!(
            body,
            "  # It listens; with an address in the environment a `sql` or `redis` probe can ask it more.\n  \
             {name}:\n    tcp: 127.0.0.1:{port}\n    expect: connected\n    severity: P1\n"
        );
        names.push((*name).to_owned());
    }
    match found.disk_used {
        Some(used) if used < 90.0 => {
            body.push_str(
                "  disk:\n    host: /\n    expect: disk[\"/\"].used_percent < 95\n    \
                 warn: disk[\"/\"].used_percent < 90\n    severity: P2\n",
            );
            names.push("disk".to_owned());
        }
        Some(used) => {
            let _ = writeln!(
                body,
                "  # The disk is at {used:.0} %: make room, then check it here with `host: /` and\n  \
                 # `expect: disk[\"/\"].used_percent < 95`."
            );
        }
        None => {}
    }
    if !names.is_empty() {
        let _ = write!(text, "\n# What healthy means.\nprobes:\n{body}");
    }
    names
}

/// Where a page says in a word that all is well: `json.data.status == "healthy"`.
fn well(json: &Value, path: &str, depth: usize) -> Option<String> {
    const WELL: [&str; 6] = ["healthy", "ok", "up", "pass", "ready", "UP"];
    let object = json.as_object()?;
    for key in ["status", "overall", "state"] {
        if let Some(said) = object.get(key).and_then(Value::as_str)
            && WELL.contains(&said)
        {
            return Some(format!("{path}.{key} == {said:?}"));
        }
    }
    let inside = object.get("data").filter(|_| depth == 0)?;
    well(inside, &format!("{path}.data"), 1)
}

fn checklists(text: &mut String, found: &Found, names: &[String]) {
    let mut after: Vec<String> = names.to_vec();
    if found.pm2 || !found.units_of_others.is_empty() {
        after.push("neighbours".to_owned());
    }
    if after.is_empty() {
        after.push("lock".to_owned());
    }
    let _ = write!(
        text,
        "\nchecklists:\n  # Before `tagout deploy` touches anything: does nobody else deploy?\n  \
         pre-deploy: [lock]\n  # After every deploy, and by `tagout check`.\n  post-deploy: {}\n",
        list(&after)
    );
}

fn list(names: &[String]) -> String {
    let words: Vec<String> = names.iter().map(|name| word(name)).collect();
    format!("[{}]", words.join(", "))
}

/// A word as YAML reads it back, in quotes where it must be.
fn word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let begins_well = word.starts_with(|c: char| c.is_ascii_alphabetic());
    let means_more = matches!(
        word.to_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if begins_well && word.chars().all(is_plain) && !means_more {
        word.to_owned()
    } else {
        Value::from(word).to_string()
    }
}
