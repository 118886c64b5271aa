//! What one call of PM2's command line would hit as a whole. The daemon is told of each process by
//! itself, and by the time that a foreign one is asked for, `pm2 delete all` would have deleted
//! others.

use crate::effect;
use crate::host::Process;
use crate::invocation::{Invocation, Word};
use crate::program::Scope;
use crate::source::Place;
use regex::Regex;
use std::path::{Path, PathBuf};

/// The processes that `pm2 WORDS…` names, if it does something to any; those that it reads from a
/// file are not among them.
pub fn hit<'p>(words: &[String], folder: &Path, processes: &'p [Process]) -> Vec<&'p Process> {
    let argv = ["pm2"].into_iter().chain(words.iter().map(String::as_str));
    let call = Invocation {
        argv: argv.map(Word::made_up).collect(),
        stdin: None,
        location: None,
        folder: Word::made_up(""),
        place: Place::Host(String::new()),
        via: Vec::new(),
    };
    let effects = effect::of(&call).into_iter().filter(|effect| effect.resource == "pm2-process");
    let targets = effects.flat_map(|effect| match effect.scope {
        Scope::All if effect.targets.is_empty() => vec!["all".to_owned()],
        _ => effect.targets,
    });
    targets.flat_map(|target| named(&target, folder, processes)).collect()
}

/// What PM2 takes a word for, in the order in which it tries: everything, a pattern, a name or
/// script, a namespace. A number is asked for as such.
fn named<'p>(word: &str, folder: &Path, processes: &'p [Process]) -> Vec<&'p Process> {
    let all = |is: &dyn Fn(&Process) -> bool| -> Vec<&'p Process> {
        processes.iter().filter(|process| is(process)).collect()
    };
    if word == "all" {
        return all(&|process| !process.module);
    }
    if word.starts_with('/') && word.ends_with('/') {
        // One that only JavaScript reads may mean anything.
        let pattern = Regex::new(&word.replace('/', "")).ok();
        return all(&|process| pattern.as_ref().is_none_or(|one| one.is_match(&process.key.name)));
    }
    let script = folder.join(word);
    let script = script.components().collect::<PathBuf>();
    let own = all(&|process| process.key.name == word || process.script.as_ref() == Some(&script));
    if own.is_empty() { all(&|process| process.key.namespace == word) } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Names, in namespaces, with scripts.
    const HOST: [(&str, &str, &str); 5] = [
        ("shop-api", "default", "/srv/shop/run.js"),
        ("shop-worker", "default", "/srv/shop/work.js"),
        ("billing", "payments", "/srv/billing/run.js"),
        ("payroll", "payments", "/srv/payroll/run.js"),
        ("pm2-logrotate", "default", "/root/.pm2/modules/app.js"),
    ];

    fn named_by(words: &[&str]) -> Vec<String> {
        let processes: Vec<Process> = HOST
            .iter()
            .enumerate()
            .map(|(id, (name, namespace, script))| {
                serde_json::from_value(json!({
                    "manager": "pm2", "name": name, "namespace": namespace, "instance": 0, "id": id,
                    "status": "online", "pid": id + 1, "pid_start": null, "restarts": 0,
                    "started": null, "memory": 0, "cpu": 0.0, "script": script, "cwd": null,
                    "exec_mode": null, "watch": false, "autorestart": true, "cron": false,
                    "module": name.starts_with("pm2-"), "recipe": {},
                }))
                .unwrap()
            })
            .collect();
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let hit = hit(&words, Path::new("/srv/shop"), &processes);
        hit.iter().map(|process| process.key.name.clone()).collect()
    }

    #[test]
    fn a_call_hits_what_pm2_takes_its_words_for() {
        let apps = ["shop-api", "shop-worker", "billing", "payroll"];
        assert_eq!(named_by(&["-s", "delete", "all"]), apps);
        assert_eq!(named_by(&["start", "all"]), apps, "it restarts all");
        assert_eq!(named_by(&["restart", "all", "--namespace", "payments"]), apps);
        assert_eq!(named_by(&["delete", "/^shop/"]), ["shop-api", "shop-worker"]);
        assert_eq!(named_by(&["stop", "//"]).len(), 5);
        assert_eq!(named_by(&["stop", "payments"]), ["billing", "payroll"]);
        assert_eq!(named_by(&["reload", "shop-api", "billing"]), ["shop-api", "billing"]);
        assert_eq!(named_by(&["delete", "./run.js"]), ["shop-api"]);
        assert!(named_by(&["delete", "ecosystem.config.js"]).is_empty());
        assert!(named_by(&["start", "run.js", "--name", "all"]).is_empty());
        assert!(named_by(&["logs", "all"]).is_empty());
    }
}
