use super::{
    Measure, Measuring,
    facts::{Facts, list, map},
    filling::Filling,
    process::pm2_named,
};
use crate::{config::Env, host::proc};
use cel::Value;
use std::{collections::BTreeMap, path::PathBuf, time::Instant};

/// A look at variables.
pub struct Prober {
    env: Env,
    file: Option<PathBuf>,
}

impl Prober {
    pub fn new(env: &Env, filling: &mut Filling) -> Result<Self, String> {
        let file = env.file.as_ref().map(|file| filling.fill(file)).transpose()?;
        Ok(Self { env: env.clone(), file: file.map(|file| filling.folder.join(file)) })
    }

    /// All named variables that are set and not empty.
    async fn set(&self) -> Result<BTreeMap<String, String>, String> {
        let names = self.env.names().map(str::to_owned);
        let found: BTreeMap<String, String> = match (&self.file, &self.env.pm2) {
            (Some(file), _) => {
                let text = std::fs::read_to_string(file);
                let text = text.map_err(|e| format!("{} cannot be read: {e}", file.display()))?;
                let all = assignments(&text);
                names.filter_map(|name| Some((name.clone(), all.get(&name)?.clone()))).collect()
            }
            (None, Some(process)) => {
                let instances = pm2_named(process).await?;
                let pid = instances.iter().find_map(|instance| instance.pid);
                let pid = pid.ok_or_else(|| format!("no process {process:?} runs"))?;
                names.filter_map(|name| Some((name.clone(), proc::variable(pid, &name)?))).collect()
            }
            (None, None) => {
                names.filter_map(|name| Some((name.clone(), std::env::var(&name).ok()?))).collect()
            }
        };
        Ok(found.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }
}

/// `NAME=value` lines, as systemd and dotenv write them.
fn assignments(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let value = value.trim();
        let quotes = ['"', '\''];
        let quoted = quotes.iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
        Some((name.trim().to_owned(), quoted.unwrap_or(value).to_owned()))
    });
    pairs.collect()
}

impl Measure for Prober {
    fn measure(&mut self) -> Measuring<'_> {
        Box::pin(async {
            let started = Instant::now();
            let set = self.set().await?;
            let mut facts = Facts::after(started.elapsed());
            let is_missing = |name: &&String| !set.contains_key(*name);
            let missing: Vec<&String> = self.env.set.iter().filter(is_missing).collect();
            let partly = |names: &&Vec<String>| {
                let there = names.iter().filter(|name| set.contains_key(*name)).count();
                there > 0 && there < names.len()
            };
            let torn = self.env.together.iter().filter(partly).flatten();
            let torn: Vec<&String> = torn.filter(is_missing).collect();
            let names = |names: &[&String]| list(names.iter().map(|name| name.as_str().into()));
            facts.set("complete", missing.is_empty());
            facts.set("missing", names(&missing));
            facts.set("consistent", torn.is_empty());
            facts.set("torn", names(&torn));
            let absent: Vec<&str> = missing.iter().chain(&torn).map(|name| name.as_str()).collect();
            facts.note = (!absent.is_empty()).then(|| format!("not set: {}", absent.join(", ")));
            facts.secrets = set.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let values = set.into_iter().map(|(name, value)| (name, Value::from(value)));
            facts.set("values", map(values));
            Ok(facts)
        })
    }
}
